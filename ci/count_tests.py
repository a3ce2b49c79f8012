#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How many tests passed, failed and were skipped in a run of meson.

Usage: count_tests.py BUILD   prints three numbers

A test that speaks TAP counts as its subtests; one that failed although none of
them did counts as a failure more, and so does one that told of none (unless it
says why: `1..0 # SKIP`).  What was to be seen and was not is a failure."""
import json
import pathlib
import re
import sys

LINE = re.compile(r"(not )?ok\b(?:[^#\\]|\\.)*(?:#\s*(SKIP|TO" r"DO)?)?", re.I)
PLAN = re.compile(r"1\.\.(\d+)\s*(#\s*SKIP)?", re.I)


def count_tap(text):
    """Passed, failed, skipped; whether all that was planned was seen."""
    passed = failed = skipped = 0
    planned = None
    for line in text.splitlines():
        plan, test = PLAN.match(line), LINE.match(line)
        if plan:
            if plan[1] == "0" and plan[2]:
                return 0, 0, 1, True
            planned = int(plan[1])
        elif test:
            word = (test[2] or "").upper()
            if word == "SKIP" and not test[1]:
                skipped += 1
            elif bool(test[1]) != bool(word and word != "SKIP"):
                failed += 1
            else:
                passed += 1
    seen = passed + failed + skipped
    return passed, failed, skipped, seen > 0 and seen == planned


def count(result, tap):
    """Passed, failed, skipped of one test of meson."""
    good = result["result"] in ("OK", "EXPECTEDFAIL")
    skip = result["result"] == "SKIP"
    if not tap:
        return int(good), int(not good and not skip), int(skip)
    passed, failed, skipped, whole = count_tap(result["stdout"] or "")
    if failed == 0 and not (whole and (good or skip)):
        failed = 1
    return passed, failed, skipped


def main():
    build = pathlib.Path(sys.argv[1])
    tests = json.loads((build / "meson-info" / "intro-tests.json").read_text())
    taps = {t["name"] for t in tests if t["protocol"] == "tap"}
    sums = [0, 0, 0]
    log = build / "meson-logs" / "testlog.json"
    for line in log.read_text().splitlines():
        result = json.loads(line)
        name = result["name"].split(" / ")[-1]
        for i, n in enumerate(count(result, name in taps)):
            sums[i] += n
    print(*sums)


if __name__ == "__main__":
    main()
