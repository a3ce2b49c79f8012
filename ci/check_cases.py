#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Cases, rules, faults and proofs fit together.

Usage: check_cases.py VUSPEC FAKE_BACKEND FAKE_FRONTEND

The linker loses nothing: as many cases as the sources define.  Each case is
proved by a fault, and each of its checks is, or says why not; each fault's rule
exists, each recorded proof names a case
and a fault that still exist.  What a case may need on the way is judged by
another one."""
import csv
import json
import pathlib
import re
import subprocess
import sys

import checks
from proofs import CASES, CHECKS, TESTS, Proofs

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("fake-frontend/backend_cases", "fake-backend/frontend_cases")
CASE = re.compile(r"^VUS_CASE\(\s*(\w+)", re.M)


# VUS_PREREQ(t, "RULE", ...) and its like; { MESSAGE, "RULE" } of a table.
NEED = re.compile(r'(?:PREREQ|_prereq|prereq_failed)\([^";]*?"([a-z_.0-9]+)"')
ROW = re.compile(r'\{ \w+, "([a-z_.0-9]+)" \}')
# Without it there is no session at all: the run itself judges it.
OF_THE_RUN = {"socket.unix_stream"}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True,
                          text=True).stdout


def cases_of_sources():
    """Where each case is defined: file and line."""
    places = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.c")):
            text = path.read_text()
            for m in CASE.finditer(text):
                line = text.count("\n", 0, m.start()) + 1
                places[f"{path.stem}.{m[1]}"] = (
                    f"{path.relative_to(ROOT)}:{line}")
    return places


def rules():
    with open(ROOT / "harness" / "spec" / "rules.tsv", newline="") as f:
        lines = (x for x in f if not x.startswith("#"))
        return {r["id"] for r in csv.DictReader(
            lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def check_cases(listed, places):
    for case in sorted(set(places) - listed):
        yield (f"{places[case]}: `vuspec list` lacks {case}; add its file to "
               "the meson.build of its program")
    for case in sorted(listed - set(places)):
        yield (f"{ROOMS[0]}:1: nothing defines {case}, which `vuspec list` "
               "has; name the file as its group, and begin the line with "
               "VUS_CASE(")


def needs_of_sources():
    """Where each rule is needed by a step on the way."""
    needs = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.c")):
            text = path.read_text()
            found = [*NEED.finditer(text)]
            if "bring_up" in text:
                found += ROW.finditer(text)
            for m in found:
                line = text.count("\n", 0, m.start(1)) + 1
                needs.setdefault(m[1], f"{path.relative_to(ROOT)}:{line}")
    return needs


def check_needs(needs, cited):
    for rule in sorted(set(needs) - cited - OF_THE_RUN):
        yield (f"{needs[rule]}: no case judges {rule}, which is needed here; "
               "write one that cites it")


def check_faults(faults, listed):
    """The rules, and names that mean one thing; faults by program."""
    known = rules()
    for program, names in faults.items():
        for fault, rule in sorted(names.items()):
            if rule not in known:
                yield (f"{program}:1: the rule {rule} of fault {fault} is not "
                       "in harness/spec/rules.tsv; add it, or name another")
            if fault in listed or fault in known:
                yield (f"{program}:1: a case or rule has the name of fault "
                       f"{fault}; rename the fault")


def check_proofs(proofs, faults, listed):
    yield from proofs.unknown(faults)
    for row, place in sorted(proofs.places.items()):
        if listed is not None and row[0] in faults and row[1].split("[")[0] not in listed:
            yield (f"{place}: there is no case {row[1]}; run ci/record "
                   f"{row[0]}")


def check_uncovered(vuspec):
    """Reasons why nothing checks a rule, of rules that something checks."""
    path = ROOT / "harness" / "spec" / "uncovered.tsv"
    globs = {line.split("\t")[0]: n for n, line in
             enumerate(path.read_text(encoding="utf-8").splitlines(), 1)}
    for rule in json.loads(run(vuspec, "coverage", "--format", "json")):
        if rule["id"] in globs and (rule["cases"] or rule["tests"]
                                    or rule["after_every_case"]):
            yield (f"{path.relative_to(ROOT)}:{globs[rule['id']]}: "
                   f"{rule['id']} is checked; remove the row")


def main():
    vuspec, backend, frontend = sys.argv[1:]
    cases = json.loads(run(vuspec, "list", "--format", "json"))
    listed = {c["id"] for c in cases}
    places = cases_of_sources()
    faults = {name: dict(x.split("\t")[:2] for x in
                         run(program, "--list-faults").splitlines())
              for name, program in (("fake-backend", backend),
                                    ("fake-frontend", frontend))}
    names = set().union(*faults.values())
    proofs, tests = Proofs(CASES), Proofs(TESTS)
    bad = [*check_cases(listed, places),
           *check_needs(needs_of_sources(),
                        {rule for c in cases for rule in c["rules"]}),
           *check_faults(faults, listed),
           *check_proofs(proofs, names, listed),
           *check_proofs(tests, names, None), *check_uncovered(vuspec)]
    of_checks = Proofs(CHECKS)
    bad += [*of_checks.unknown(names),
            *checks.complaints(checks.of_program(vuspec), of_checks.places,
                               checks.Unproved())]
    proved = {row[1].split("[")[0] for row in proofs.places}
    bad += [f"{places[case]}: no fault was seen to fail {case}; write one, "
            "then run ci/record FAULT"
            for case in sorted((listed & set(places)) - proved)]
    bad += [f"{proofs.path(fault.split('.')[0])}:1: fault {fault} was never "
            f"seen to fail a case; run ci/record {fault}"
            for fault in sorted(names - set(proofs.rows) - set(tests.rows))]
    for line in bad:
        print(line)
    print(f"{len(listed)} cases, {len(names)} faults, {len(proofs.places)} "
          f"proofs, {len(of_checks.places)} of checks")
    return 1 if bad else 0


sys.exit(main())
