#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""C sources are as clang-format leaves them (.def tables are aligned by
hand).  Usage: check_format.py [--fix]"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = re.compile(r"^(/[^:]+):(\d+):\d+: error: ", re.M)


def main():
    tool = shutil.which("clang-format")
    if not tool:
        print("clang-format is not installed (ci/setup test)")
        return 77
    files = [str(f) for top in ("harness", "fake-frontend", "fake-backend",
                                "fuzz")
             for f in sorted((ROOT / top).rglob("*.[ch]"))]
    if "--fix" in sys.argv:
        return subprocess.run([tool, "-i", *files], check=False).returncode
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], check=False,
                          cwd=ROOT, capture_output=True, text=True)
    bad = sorted(set(PLACE.findall(done.stderr)))
    for file, line in bad:
        print(f"{pathlib.Path(file).relative_to(ROOT)}:{line}: clang-format "
              "writes it otherwise; run ci/check_format.py --fix")
    if done.returncode and not bad:
        print(done.stderr)
    return done.returncode


sys.exit(main())
