#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What ci/count_tests.py counts."""
import sys
import unittest

import tap
from count_tests import count


def tap_test(text, result="OK"):
    return count({"result": result, "stdout": text}, True)


class Counts(unittest.TestCase):
    def test_a_program_is_one(self):
        for result, sums in (("OK", (1, 0, 0)), ("SKIP", (0, 0, 1)),
                             ("FAIL", (0, 1, 0)), ("TIMEOUT", (0, 1, 0))):
            self.assertEqual(count({"result": result, "stdout": ""}, False),
                             sums)

    def test_subtests_are_counted(self):
        text = ("TAP version 13\n1..4\nok 1 - a\nok 2 - b # SKIP x\n"
                "not ok 3 - c\n# ok\nok 4 - not ok\n")
        self.assertEqual(tap_test(text, "FAIL"), (2, 1, 1))

    def test_a_skip_of_all_is_one(self):
        self.assertEqual(tap_test("1..0 # SKIP no peer\n", "SKIP"), (0, 0, 1))

    def test_what_was_not_seen_is_a_failure(self):
        for text in ("", "1..0\n", "1..2\nok 1 - a\n", "ok 1 - a\n"):
            for result in ("OK", "SKIP"):
                self.assertEqual(tap_test(text, result)[1], 1, text)

    def test_a_bad_end_is_a_failure(self):
        self.assertEqual(tap_test("1..1\nok 1 - a\n", "ERROR"), (1, 1, 0))
        self.assertEqual(tap_test("1..1\nnot ok 1\n", "ERROR"), (0, 1, 0))

    def test_a_skip_that_is_not_ok_is_a_failure(self):
        self.assertEqual(tap_test("1..1\nnot ok 1 - a # SKIP\n", "FAIL"),
                         (0, 1, 0))


sys.exit(tap.unittests())
