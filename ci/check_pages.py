#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What pages show is real.  Usage: check_pages.py VUSPEC FILE...

A block of code whose first line is `$ vuspec ...` is run; its other lines must
be what the run prints, in that order.  `...` stands for lines left out.  Times
and line numbers may differ.  A block of C whose first line is a comment with a
file's name must stand in that file.  Links to files of the tree must lead
somewhere."""
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
            return f"not printed, or not there: {line}\n{out}"
    return None


def main():
    program, *files = sys.argv[1:]
    bad = blocks = 0
    for file in map(pathlib.Path, files):
        text = file.read_text()
        for words, shown in BLOCK.findall(text):
            blocks += 1
            why = differs(words, shown, program)
            if why:
                print(f"{file.name}: $ {words}\n{why}")
                bad += 1
        for source, code in QUOTE.findall(text):
            blocks += 1
            if code not in (ROOT / source).read_text():
                print(f"{file.name}: not, or no longer, in {source}:\n{code}")
                bad += 1
        for link in LINK.findall(text):
            if not (file.parent / link).exists():
                print(f"{file.name}: the link {link} leads nowhere")
                bad += 1
    print(f"{blocks} blocks, {bad} complaints")
    return 1 if bad or not blocks else 0


sys.exit(main())
