#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What ci/tap.py and ci/run_pytest.py print."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

CI = pathlib.Path(__file__).resolve().parent.parent


def lines_of(tell, **more):
    out = io.StringIO()
    with contextlib.redirect_stderr(io.StringIO()):
        one = tap.Tap(out, **more)
        tell(one)
        return out.getvalue().splitlines(), one.end()


class TheProtocol(unittest.TestCase):
    def test_lines_are_numbered_and_counted(self):
        def tell(one):
            one.test("a[row=x]", True)
            one.test("b", True, skip="not\nhere")
            one.test("c # SKIP", False, ["why"], skip="never said")

        lines, status = lines_of(tell, plan=3)
        self.assertEqual(lines, [
            "TAP version 13", "1..3", "ok 1 - a[row=x]",
            "ok 2 - b # SKIP not here", "not ok 3 - c \\# SKIP"])
        self.assertEqual(status, 1)

    def test_nothing_to_test_is_said(self):
        lines, status = lines_of(lambda one: one.skip_all("no peer"), plan=None)
        self.assertEqual(lines[1], "1..0 # SKIP no peer")
        self.assertEqual(status, 0)


class OfPytest(unittest.TestCase):
    def test_each_test_is_a_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "test_x.py"
            path.write_text("import pytest\n"
                            "def test_a(): print('ok 7 - a lie')\n"
                            "def test_b(): pytest.skip('env: no b')\n"
                            "def test_c(): assert False, 'cc'\n")
            done = subprocess.run(
                [sys.executable, CI / "run_pytest.py", "-q", "-s", "-p",
                 "no:cacheprovider", path], cwd=folder, check=False,
                capture_output=True, text=True,
                env={**os.environ, "PYTHONPATH": str(CI)})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines(), [
            "TAP version 13", "ok 1 - test_x.py::test_a",
            "ok 2 - test_x.py::test_b # SKIP env: no b",
            "not ok 3 - test_x.py::test_c", "ok 4 - pytest's exit status",
            "1..4"])
        self.assertIn("AssertionError: cc", done.stderr)


sys.exit(tap.unittests())
