# SPDX-License-Identifier: BSD-3-Clause
"""Skips are compared with a list, so that no test stops running unnoticed.

The list is that of the conformance suite (ci/expected-skips): target, test,
reason, why; the first three are globs, tab separated.  A skip that is not
listed fails the run, and so does a line that did not happen, unless its reason
begins with "sometimes ".  What this host
lacks ("env: ...") makes the run a skip: exit status 77."""
import fnmatch
import pathlib

SKIPPED = 77


def glob(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


class Skips:
    def __init__(self, path, target):
        self.path, self.target = path, target
        self.rows, self.sometimes = [], set()
        for line in pathlib.Path(path).read_text().splitlines():
            cells = line.split("\t")
            if not line.startswith("#") and glob(cells[0], target):
                test, reason = cells[1:3]
                if reason.startswith("sometimes "):
                    reason = reason.removeprefix("sometimes ")
                    self.sometimes.add((test, reason))
                self.rows.append((test, reason))
        self.happened, self.lacking, self.bad = set(), [], []

    def pytest_runtest_logreport(self, report):
        if not report.skipped or not isinstance(report.longrepr, tuple):
            return
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        hits = {r for r in self.rows
                if glob(r[0], report.nodeid) and glob(r[1], reason)}
        self.happened |= hits
        if hits:
            return
        if reason.startswith("env: "):
            self.lacking.append(reason)
        else:
            self.bad.append(f"not expected: {self.target}\t{report.nodeid}\t"
                            f"{reason}")

    def pytest_sessionfinish(self, session, exitstatus):
        if not self.lacking:
            self.bad += [f"did not happen: {self.target}\t{test}\t{reason}"
                         for test, reason in self.rows
                         if (test, reason) not in self.happened
                         | self.sometimes]
        if exitstatus == 0 and self.bad:
            session.exitstatus = 1
        elif exitstatus == 0 and self.lacking:
            session.exitstatus = SKIPPED

    def pytest_terminal_summary(self, terminalreporter):
        for line in self.bad:
            terminalreporter.write_line(f"{self.path}: {line}")
        for reason in sorted(set(self.lacking)):
            terminalreporter.write_line(
                f"{self.lacking.count(reason)} tests were skipped: {reason}")
