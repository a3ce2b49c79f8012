#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every header compiles alone, with the include path of its floor.

Usage: check_headers.py BUILD CC...  (BUILD has floors/, which meson made)"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASE_ROOMS = ("fake-frontend/backend_cases", "fake-backend/frontend_cases")


def main():
    bad, build = 0, pathlib.Path(sys.argv[1])
    floors = [f"-iquote{f}" for f in sorted((build / "floors").iterdir())]
    for top in ("harness", "fake-frontend", "fake-backend", "fuzz"):
        for header in sorted((ROOT / top).rglob("*.h")):
            rooms = [f"-iquote{ROOT / r}" for r in CASE_ROOMS
                     if str(header.relative_to(ROOT)).startswith(r + "/")]
            run = subprocess.run(
                [*sys.argv[2:], *rooms, *floors, "-std=gnu17",
                 "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                 "-fsyntax-only", "-x", "c", "-include", str(header),
                 "/dev/null"],
                capture_output=True, text=True, check=False)
            if run.returncode:
                print(f"{header.relative_to(ROOT)}:1: does not compile alone; "
                      "include what it uses")
                print(run.stderr)
                bad += 1
    return 1 if bad else 0


sys.exit(main())
