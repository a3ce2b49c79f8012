#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every header compiles alone.  Usage: check_headers.py CC"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    bad = 0
    for top in ("harness", "fake-frontend", "fake-backend", "fuzz"):
        for header in sorted((ROOT / top).rglob("*.h")):
            run = subprocess.run(
                sys.argv[1:] + ["-std=gnu17", "-D_GNU_SOURCE", "-Wall",
                                "-Wextra", "-Werror", "-fsyntax-only",
                                "-x", "c", "-include", str(header),
                                "/dev/null"],
                capture_output=True, text=True, check=False)
            if run.returncode:
                print(f"{header.relative_to(ROOT)}: does not compile alone:")
                print(run.stderr)
                bad += 1
    return 1 if bad else 0


sys.exit(main())
