#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""C sources are as clang-format leaves them (.def tables are aligned by
hand).  Usage: check_format.py [--fix]"""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    tool = shutil.which("clang-format")
    if not tool:
        print("clang-format is not installed (ci/setup test)")
        return 77
    files = [str(f) for top in ("harness", "fake-frontend", "fake-backend",
                                "fuzz")
             for f in sorted((ROOT / top).rglob("*.[ch]"))]
    how = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror"]
    return subprocess.run([tool, *how, *files], check=False).returncode


sys.exit(main())
