#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run pytest, and tell of each of its tests in TAP.

Usage: run_pytest.py WORD...  (those of pytest; its own text goes to standard
error).  Where a test could not run for what this host lacks, pytest's exit
status is 77 (pytest_vuspec/skips.py): those tests are skipped."""
import os
import sys

import pytest

from tap import Tap

SKIPPED = 77


def reason_of(report):
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)


class Reporter:
    """A line for each test, once it has been torn down."""

    def __init__(self, tap):
        self.tap, self.open = tap, {}

    def pytest_collectreport(self, report):
        if report.failed:
            self.tap.test(f"{report.nodeid} is collected", False)

    def pytest_runtest_logreport(self, report):
        # What is expected to fail, and does, is as it should be.
        expected = hasattr(report, "wasxfail")
        bad, skip = self.open.get(report.nodeid, (False, None))
        if report.skipped and not expected:
            skip = reason_of(report)
        self.open[report.nodeid] = bad or report.failed, skip
        if report.when == "teardown":
            self.tell(report.nodeid)

    def tell(self, name):
        bad, skip = self.open.pop(name)
        self.tap.test(name, not bad, skip=skip)

    def end(self, status):
        for name in [*self.open]:  # its process died
            self.tap.test(name, False, ["it did not end"])
        self.tap.test("pytest's exit status", status in (0, SKIPPED)
                      or self.tap.failed, [f"is {status}"])


def main():
    # pytest prints what it likes to standard output.
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    reporter = Reporter(Tap(stream))
    status = int(pytest.main(sys.argv[1:], plugins=[reporter]))
    reporter.end(status)
    return reporter.tap.end()


if __name__ == "__main__":
    sys.exit(main())
