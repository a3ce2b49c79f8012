#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Cases, rules, faults and proofs fit together.  Usage: check_cases.py VUSPEC

The linker loses nothing: as many cases as the sources define.  Each case is
proved by a fault, each fault's rule exists, each recorded proof names a case
and a fault that still exist."""
import csv
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASE = re.compile(r"^VUS_CASE\(\s*(\w+)", re.M)
FAULT = re.compile(r'^FAULT\((\w+),\s*(\w+),\s*"([^"]+)"', re.M)
BE_FAULT = re.compile(r'^VUS_BE_FAULT\(\s*(\w+),\s*(\w+),\s*\.rule = "([^"]+)"',
                      re.M)


def read_tsv(name):
    with open(ROOT / "harness" / "spec" / name, newline="") as f:
        lines = (x for x in f if not x.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))


def main():
    vuspec = sys.argv[1]
    out = subprocess.run([vuspec, "list", "--format", "json"], check=True,
                         capture_output=True, text=True).stdout
    listed = {c["id"]: c for c in json.loads(out)}
    bad = []
    sources = {f"{p.stem}.{name}"
               for fake in ("fake-frontend", "fake-backend")
               for p in (ROOT / fake / "cases").glob("*.c")
               for name in CASE.findall(p.read_text())}
    for case in sorted(sources ^ set(listed)):
        bad.append(f"{case}: in the sources and in `vuspec list` only once; "
                   "is its file in fake-frontend/meson.build or "
                   "fake-backend/meson.build?")
    rules = {r["id"]: r for r in read_tsv("rules.tsv")}
    faults = {f"{g}.{n}": rule for pattern, files in (
                  (FAULT, (ROOT / "fake-frontend").glob("faults*.def")),
                  (BE_FAULT, (ROOT / "fake-backend" / "faults").glob("*.c")))
              for p in sorted(files)
              for g, n, rule in pattern.findall(p.read_text())}
    for fault, rule in sorted(faults.items()):
        if rule not in rules:
            bad.append(f"fault {fault}: its rule {rule} is not in rules.tsv")
        if fault in listed or fault in rules:
            bad.append(f"fault {fault}: a case or rule has this id already")
    proofs = read_tsv("proofs.tsv")
    for p in proofs:
        if p["fault"] not in faults or p["case"] not in listed:
            bad.append(f"proofs.tsv: {p['fault']} or {p['case']} is gone; "
                       "run ci/run_faults.py --write")
    proved = {p["case"] for p in proofs}
    for case in sorted(set(listed) - proved):
        bad.append(f"{case}: no fault was seen to fail it; "
                   "write one, then ci/run_faults.py --write")
    of_pytest = read_tsv("proofs_pytest.tsv")
    for p in of_pytest:
        if p["fault"] not in faults:
            bad.append(f"proofs_pytest.tsv: {p['fault']} is gone; "
                       "run ci/run_qemu_faults.py --write")
    shown = {p["fault"] for p in [*proofs, *of_pytest]}
    for fault in sorted(set(faults) - shown):
        bad.append(f"fault {fault}: never seen to fail a case; "
                   "run ci/run_faults.py --write, or mend it")
    for line in bad:
        print(line)
    print(f"{len(listed)} cases, {len(faults)} faults, {len(proofs)} proofs")
    return 1 if bad else 0


sys.exit(main())
