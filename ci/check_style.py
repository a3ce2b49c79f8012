#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Rules that a compiler does not check: licence lines, no sleeping, no file of
more than 500 lines, no sentence left for later, pytest/ without __init__.py."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SLEEP = re.compile(r"\b(usleep|nanosleep|clock_nanosleep|sleep)\s*\(")
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
CODE = {".c", ".h", ".def", ".py"}


def complaints(path, text):
    lines = text.splitlines()
    if not any("SPDX-License-Identifier: BSD-3-Clause" in x
               for x in lines[:3]):
        yield 1, "no SPDX line in the first three"
    if len(lines) > 500 and path.suffix in CODE:
        yield len(lines), f"{len(lines)} lines; split it by purpose"
    for n, line in enumerate(lines, 1):
        if SLEEP.search(line) and path.name != "clock.c":
            yield n, "nothing sleeps; wait for an event before a deadline"
        if LATER.search(line):
            yield n, "no sentence is left for later without an issue"
        if path.suffix in {".c", ".h"} and line != line.rstrip():
            yield n, "trailing blanks"


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
        print("pytest/__init__.py: remove it; it hides the pytest package")
        bad += 1
    return 1 if bad else 0


sys.exit(main())
