#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What pages show is real.  Usage: check_pages.py [--fix] VUSPEC FILE...

A block of code whose first line is `$ vuspec ...` is run; its other lines must
be what the run prints, in that order.  `...` stands for lines left out.  Times
and line numbers may differ.  A block of C whose first line is a comment with a
file's name must stand in that file.  Links to files of the tree must lead
somewhere.  Prints `file:line: what; remedy`.

--fix writes the blocks again: a line that the run no longer prints becomes the
next line that begins with the same word, a definition in C the one of the same
name."""
import pathlib
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"^```\n\$ (vuspec .*?)\n(.*?)^```$", re.M | re.S)
QUOTE = re.compile(r"^```c\n/\* (\S+) \*/\n(.*?)^```$", re.M | re.S)
ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
# What a definition of C is called: a macro with its names, or a function.
NAME = re.compile(r"^VUS_\w+\(\w+(?:, \w+)?(?=,)|\b\w+(?=\()", re.M)


def plain(line):
    line = re.sub(r"in \d+\.\d s", "in N s", line)
    return re.sub(r"(\.[ch]):\d+", r"\1:N", line).rstrip()


def is_gap(line):
    return line.strip() in ("", "...")


def first_word(line):
    return re.match(r"\s*\S*", line)[0]


def output_block(words, shown, program):
    """The block as the program prints it now, and what had to be changed."""
    out = subprocess.run([program, *shlex.split(words)[1:]], check=False,
                         capture_output=True, text=True).stdout.splitlines()
    lines, bad, at = [], [], 0
    for line in shown.splitlines():
        later = range(at, len(out))
        found = [i for i in later if plain(out[i]) == plain(line)]
        if is_gap(line) or found:
            at = found[0] + 1 if found and not is_gap(line) else at
            lines.append(line)
            continue
        bad.append(f"is not printed (there): {line}")
        found = [i for i in later if first_word(out[i]) == first_word(line)]
        if found:
            at = found[0] + 1
            lines.append(out[found[0]])
    return "".join(x + "\n" for x in lines), bad


def definition(source, text, old):
    """The definition in `text` that has the name of `old`."""
    name = NAME.search(old)
    m = name and re.search(r"^[^\n/#]*" + re.escape(name[0]) + r"\b.*?^}\n",
                           text, re.M | re.S)
    if not m:
        return old, [f"there is no such definition:\n{old}"]
    if m[0] != old:
        return m[0], [f"it is now:\n{m[0]}"]
    return old, []


def quoted_block(source, code):
    """The same for a block of C: definitions with an empty line between."""
    path = ROOT / source
    if not path.is_file():
        return code, ["there is no such file"]
    text, pieces, bad = path.read_text(), [], []
    if code in text:
        return code, []
    for piece in re.split(r"(?<=^}\n)\n", code, flags=re.M):
        now, why = definition(source, text, piece)
        pieces.append(now)
        bad += why
    return "\n".join(pieces), bad or [f"there are no such lines:\n{code}"]


def check(file, program, fix):
    """Complaints about one page, and the number of its blocks."""
    text = fixed = file.read_text()
    bad, blocks = [], 0
    name = file.resolve()
    name = name.relative_to(ROOT) if name.is_relative_to(ROOT) else name
    remedy = f"run ci/check_pages.py --fix {program} {name}"
    for pattern, made in ((BLOCK, lambda m: output_block(m[1], m[2], program)),
                          (QUOTE, lambda m: quoted_block(m[1], m[2]))):
        for m in pattern.finditer(text):
            blocks += 1
            now, why = made(m)
            line = text.count("\n", 0, m.start()) + 1
            bad += [f"{name}:{line}: {m[1]}: {x}; {remedy}" for x in why]
            if now != m[2]:
                fixed = fixed.replace(m[2], now)
    for m in LINK.finditer(text):
        if not (file.parent / m[1]).exists():
            line = text.count("\n", 0, m.start()) + 1
            bad.append(f"{name}:{line}: there is no {m[1]}; mend the link")
    if fix:
        file.write_text(fixed)
    return bad, blocks


def main():
    fix = sys.argv[1] == "--fix"
    program, *files = sys.argv[2 if fix else 1:]
    bad, blocks = [], 0
    for file in map(pathlib.Path, files):
        more, n = check(file, program, fix)
        bad += more
        blocks += n
    print("\n".join(bad))
    print(f"{blocks} blocks, {len(bad)} complaints")
    return 1 if bad or not blocks else 0


sys.exit(main())
