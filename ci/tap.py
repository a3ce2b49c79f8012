# SPDX-License-Identifier: BSD-3-Clause
"""The Test Anything Protocol, as meson counts it (protocol: 'tap').

What is wrong with a test goes to standard error, which meson shows of a test
that failed."""
import sys
import unittest


class Tap:
    """A line for each test, numbered as they come; the plan comes last where
    nobody knows it before."""

    def __init__(self, to=None, plan=None):
        self.to, self.planned = to or sys.stdout, plan
        self.number = self.failed = 0
        self.write("TAP version 13")
        if plan is not None:
            self.write(f"1..{plan}")

    def write(self, line):
        print(" ".join(line.splitlines()), file=self.to, flush=True)

    def test(self, name, good, notes=(), skip=None):
        """`skip`: why nothing was seen, which is not a failure."""
        self.number += 1
        self.failed += not good
        for note in notes:
            print(f"{name}: {note}", file=sys.stderr, flush=True)
        name = name.replace("#", "\\#")
        self.write(f"{'ok' if good else 'not ok'} {self.number} - {name}"
                   + (f" # SKIP {skip}" if good and skip else ""))

    def skip_all(self, why):
        """Nothing can be tested here; the exit status."""
        self.write(f"1..0 # SKIP {why}")
        return 0

    def bail_out(self, why):
        """Nothing can be tested, and that is wrong; the exit status."""
        self.write(f"Bail out! {why.splitlines()[0] if why else ''}")
        print(why, file=sys.stderr, flush=True)
        return 1

    def end(self):
        """The exit status."""
        if self.planned is None:
            self.write(f"1..{self.number}")
        return 1 if self.failed else 0


class Result(unittest.TestResult):
    """Tests of unittest.  Usage: sys.exit(tap.unittests())"""

    def __init__(self, tap):
        super().__init__()
        self.tap = tap

    def stopTest(self, test):
        super().stopTest(test)
        bad = [text for t, text in self.failures + self.errors if t is test]
        why = [text for t, text in self.skipped if t is test]
        self.tap.test(test.id().removeprefix("__main__."), not bad, bad,
                      why[0] if why else None)


def unittests():
    """Run those of the main program; the exit status."""
    tests = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules["__main__"])
    tap = Tap(plan=tests.countTestCases())
    tests.run(Result(tap))
    return tap.end()
