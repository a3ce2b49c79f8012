#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What pages show is real.  Usage: check_pages.py VUSPEC FILE...

A block of code whose first line is `$ vuspec ...` is run; its other lines must
be what the run prints, in that order.  `...` stands for lines left out.  Times
and line numbers may differ.  A block of C whose first line is a comment with a
file's name must stand in that file.  Links to files of the tree must lead
somewhere.  Prints `file:line: what; remedy`."""
import pathlib
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"^```\n\$ (vuspec .*?)\n(.*?)^```$", re.M | re.S)
QUOTE = re.compile(r"^```c\n/\* (\S+) \*/\n(.*?)^```$", re.M | re.S)
ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def plain(line):
    line = re.sub(r"in \d+\.\d s", "in N s", line)
    return re.sub(r"(\.[ch]):\d+", r"\1:N", line).rstrip()


def differs(words, shown, program):
    out = subprocess.run([program, *shlex.split(words)[1:]], check=False,
                         capture_output=True, text=True).stdout
    printed = iter([plain(x) for x in out.splitlines()])
    for line in shown.splitlines():
        if line.strip() == "..." or not line.strip():
            continue
        if not any(x == plain(line) for x in printed):
            return f"is not printed (there): {line}", out
    return None


def main():
    program, *files = sys.argv[1:]
    bad = blocks = 0
    for file in map(pathlib.Path, files):
        text = file.read_text()

        def complain(match, what, more=""):
            line = text.count("\n", 0, match.start()) + 1
            name = file.resolve().relative_to(ROOT)
            print("\n".join(filter(None, [f"{name}:{line}: {what}", more])))

        for m in BLOCK.finditer(text):
            blocks += 1
            why = differs(m[1], m[2], program)
            if why:
                complain(m, f"$ {m[1]}: {why[0]}; show what it prints", why[1])
                bad += 1
        for m in QUOTE.finditer(text):
            blocks += 1
            source = ROOT / m[1]
            if not source.exists() or m[2] not in source.read_text():
                complain(m, f"{m[1]} has no such lines; quote it as it is",
                         m[2])
                bad += 1
        for m in LINK.finditer(text):
            if not (file.parent / m[1]).exists():
                complain(m, f"there is no {m[1]}; mend the link")
                bad += 1
    print(f"{blocks} blocks, {bad} complaints")
    return 1 if bad or not blocks else 0


sys.exit(main())
