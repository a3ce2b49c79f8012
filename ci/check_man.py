#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Man pages and --help name the same options.

Usage: check_man.py PAGE PROGRAM

Options stand in the tags (.TP) of a page.  Where `PROGRAM --help` lists
commands, the options of each are those under `.SS PROGRAM COMMAND`; a comment
`check_man.py: as PROGRAM COMMAND, without --x ...` takes over another's.  A page
that groff warns of is refused.  Prints `file:line: what; remedy`."""
import pathlib
import re
import shutil
import subprocess
import sys

OPTION = re.compile(r"(?<![\w-])-{1,2}[A-Za-z?][\w-]*|(?<![\w-])-\?")
AS = re.compile(r'^\.\\" check_man.py: as (.*), without (.*)$', re.M)


def help_of(words):
    return subprocess.run([*words, "--help"], check=True, capture_output=True,
                          text=True).stdout


def said_by_help(text):
    """Options are at the begin of a line, before a wide gap or a value."""
    found = set()
    for line in text.splitlines():
        m = re.match(r" {1,6}(-.*?)(?: {2,}|$)", line)
        if m:
            found.update(OPTION.findall(re.sub(r"(?<!,) .*", "", m[1])))
    return found


def commands_of(text):
    """Words of `  command   what it does` in a program's help."""
    return re.findall(r"^  ([a-z][\w-]*) {2,}\w", text, re.M)


def sections(page):
    """The text under the title, and under each .SS, without fonts."""
    parts, name = {"": ""}, ""
    for line in page.splitlines():
        if line.startswith(".SS "):
            name = line[4:].replace("\\-", "-")
        elif line.startswith(".SH "):
            name = ""
        parts[name] = parts.get(name, "") + line + "\n"
    return parts


def said_by_page(text):
    found, tag = set(), False
    for line in text.splitlines():
        if tag and line.startswith(".PD"):
            continue
        if tag:
            line = re.sub(r"\\f.", "", line.replace("\\-", "-"))
            line = re.sub(r"^\.[BIR]+ ", "", line)
            # After the first blank or `=` come values.
            for word in line.replace('"', "").split(","):
                found.update(OPTION.findall(word.strip().split(" ")[0])[:1])
        tag = line == ".TP"
    return found


def options(page, command, program):
    parts = sections(page)
    text = parts.get(command, "")
    if not command or command == program:
        text = "".join(v for k, v in parts.items()
                       if not k.startswith(program + " "))
    found = said_by_page(text)
    for other, without in AS.findall(text):
        found |= options(page, other, program) - set(without.split())
    return found


def line_of(page, title, name):
    """Where the section about a command begins."""
    lines = page.replace("\\-", "-").splitlines()
    head = f".SS {title}"
    return lines.index(head) + 1 if title != name and head in lines else 1


def groff_complains(path):
    if not shutil.which("groff"):
        return None
    run = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(path)],
                         capture_output=True, text=True, check=False)
    return run.stderr


def main():
    path, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    page, name = path.read_text(), path.stem
    top = help_of([program])
    bad = []
    for command in ["", *commands_of(top)]:
        text = help_of([program, command]) if command else top
        title = f"{name} {command}".strip()
        there, here = said_by_help(text), options(page, title, name)
        if not command:
            # A list of commands may name general options in one line.
            there |= set(OPTION.findall(
                "".join(re.findall(r"^  (--.*, --.*)$", text, re.M))))
        at = line_of(page, title, name)
        bad += [f"{at}: {title} --help has {x}, which the page lacks; describe "
                "it under .TP" for x in sorted(there - here)]
        bad += [f"{at}: {title} --help lacks {x}, which the page has; remove "
                "it" for x in sorted(here - there)]
    for line in bad:
        print(f"docs/man/{path.name}:{line}")
    warned = groff_complains(path)
    if warned:
        print(f"docs/man/{path.name}:1: groff warns; mend the page")
        print(warned)
        bad.append(warned)
    return 1 if bad else 0


sys.exit(main())
