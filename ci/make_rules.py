#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""docs/rules.md from the catalogue, as `vuspec coverage` has it.

Usage: make_rules.py VUSPEC            print it
       make_rules.py VUSPEC --check    status 1 unless the file is just that
       make_rules.py VUSPEC --write    write the file"""
import itertools
import json
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "rules.md"

HEAD = """# Rules

Made by `ci/make_rules.py` from `harness/spec/rules.tsv`; do not edit.

Every check cites one of these rules; their levels are explained in
[verdicts.md](verdicts.md). `vuspec explain RULE` shows more of each: the sentence
itself, how a breach is observed, and which faults prove that the check can fail.
Headings are those of the document named; *derived* rules follow from several
sentences or from what is lost without them.
"""


def cell(text):
    return text.replace("|", "\\|") or "-"


def row(rule):
    cases = [f"`{c}`" for c in rule["cases"]]
    if rule["after_every_case"]:
        cases.append("after every case")
    if rule["monitored"]:
        cases.append("every session")
    where = ": ".join(filter(None, [rule["document"], rule["heading"]]))
    cells = [f"`{rule['id']}`", rule["level"], rule["party"], rule["title"],
             where, ", ".join(cases)]
    return "| " + " | ".join(map(cell, cells)) + " |"


def page(rules):
    lines = [HEAD]
    rules = sorted(rules, key=lambda r: (r["chapter"], r["id"]))
    for chapter, group in itertools.groupby(rules, lambda r: r["chapter"]):
        lines += [f"## {chapter.replace('_', ' ')}", "",
                  "| id | level | party | title | heading | cases |",
                  "| --- | --- | --- | --- | --- | --- |",
                  *map(row, group), ""]
    return "\n".join(lines)


def first_difference(text):
    """The line at which the file is another text, or 0."""
    have = PAGE.read_text() if PAGE.exists() else ""
    if have == text:
        return 0
    pairs = zip(have.splitlines(), text.splitlines())
    return next((n for n, (a, b) in enumerate(pairs, 1) if a != b), 1)


def main():
    rules = json.loads(subprocess.run(
        [sys.argv[1], "coverage", "--format", "json"], check=True,
        capture_output=True, text=True).stdout)
    text = page(rules)
    if "--write" in sys.argv:
        PAGE.write_text(text)
    elif "--check" in sys.argv:
        line = first_difference(text)
        if line:
            print(f"docs/rules.md:{line}: differs from the catalogue; run "
                  "ci/record")
            return 1
    else:
        print(text, end="")
    return 0


sys.exit(main())
