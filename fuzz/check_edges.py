#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Fuzz for ten seconds: no finding, and more than 100 edges seen.

Usage: check_edges.py TARGET SEEDS

A target whose libraries are not instrumented never finds anything; the number of
edges shows that they are."""
import re
import subprocess
import sys
import tempfile

LEAST = 100


def main():
    target, seeds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [target, "-max_total_time=10", "-print_final_stats=1",
             f"-artifact_prefix={folder}/", folder, seeds],
            capture_output=True, text=True, errors="replace", check=False,
            timeout=110)
    edges = [int(n) for n in re.findall(r"\bcov: (\d+)", run.stderr)]
    if run.returncode != 0 or not edges or max(edges) <= LEAST:
        print(run.stderr[-6000:])
        print(f"exit status {run.returncode}, "
              f"{max(edges, default=0)} edges, want more than {LEAST}")
        return 1
    print(f"{max(edges)} edges")
    return 0


sys.exit(main())
