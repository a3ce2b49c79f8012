#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""House rules a compiler does not see: licence lines, no sleeping, no file
above 500 lines, no sentence left for later, no unit test that calls skip(),
pytest/ without __init__.py.  Prints `file:line: what; remedy`."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SLEEP = re.compile(r"\b(usleep|nanosleep|clock_nanosleep|sleep)\s*\(")
# A poll of nothing is a sleep; its name is vus_pause().
PAUSE = re.compile(r"\b(vus_)?poll\s*\(\s*NULL\s*,\s*0\s*,(?!\s*0\))")
# In TAP, cmocka 1.1.5 calls what is skipped `not ok`.
SKIP = re.compile(r"^\s*skip\s*\(\)|;\s*skip\s*\(\)")
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
CODE = {".c", ".h", ".def", ".py"}


def complaints(path, text):
    lines = text.splitlines()
    if not any("SPDX-License-Identifier: BSD-3-Clause" in x
               for x in lines[:3]):
        yield 1, ("no SPDX line in the first three; begin with the licence: "
                  "SPDX-License-Identifier: BSD-3-Clause")
    if len(lines) > 500 and path.suffix in CODE:
        yield len(lines), (f"{len(lines)} lines, 500 are allowed; split it along "
                            "its purposes")
    for n, line in enumerate(lines, 1):
        if SLEEP.search(line) and path.name != "clock.c":
            yield n, "it sleeps; wait for an event before a deadline"
        if PAUSE.search(line) and path.stem != "clock" and \
                "unit" not in path.parts:
            yield n, "it sleeps; wait for an event, or name it vus_pause()"
        if LATER.search(line):
            yield n, "something is left for later; do it, or file an issue"
        if path.suffix == ".c" and SKIP.search(line):
            yield n, ("skip() fails in TAP; use UNIT_TEST_IF of "
                      "harness/unit/test_if.h")
        if path.suffix in {".c", ".h"} and line != line.rstrip():
            yield n, "blanks end the line; run ci/check_format.py --fix"


def main():
    files = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=True).stdout.split("\n")
    bad = 0
    for name in files:
        path = ROOT / name
        if path.suffix not in CODE or not path.is_file():
            continue
        for n, why in complaints(path, path.read_text()):
            print(f"{name}:{n}: {why}")
            bad += 1
    # A package named pytest at the top would hide pytest itself.
    if (ROOT / "pytest" / "__init__.py").exists():
        print("pytest/__init__.py:1: it hides the pytest package; remove it")
        bad += 1
    return 1 if bad else 0


sys.exit(main())
