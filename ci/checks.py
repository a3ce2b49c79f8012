# SPDX-License-Identifier: BSD-3-Clause
"""Checks of cases: each was seen to fail by a fault, or its reason is written.

A check has the name that reports give it: file, function, and what it wants.
Which fault failed which is recorded in harness/spec/proofs_checks; those that
none failed are rows of ci/unproved-checks.tsv, with the reason.  That list only
shrinks: its first line says how many rows it has."""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNPROVED = ROOT / "ci" / "unproved-checks.tsv"
HEAD = "# Checks that no fault was seen to fail, and why: at most {}, and fewer.\n"
COLUMNS = "check\treason\n"
SIZE = re.compile("at most ([0-9]+),")


def of_program(vuspec):
    """The names of all checks, one as often as it occurs."""
    return [c["check"] for c in json.loads(subprocess.run(
        [vuspec, "coverage", "--checks", "--format", "json"], check=True,
        capture_output=True, text=True).stdout)]


class Unproved:
    """The list with the reasons, by check."""

    def __init__(self, path=UNPROVED):
        self.path = path
        self.reasons, self.places, self.most = {}, {}, 0
        if path.exists():
            self.read(path.read_text(encoding="utf-8").splitlines())

    def shown(self):
        return (self.path.relative_to(ROOT)
                if self.path.is_relative_to(ROOT) else self.path)

    def read(self, lines):
        self.most = int((SIZE.search(lines[0]) or [0, 0])[1])
        for n, line in enumerate(lines[2:], 3):
            check, _, reason = line.partition("\t")
            self.reasons[check] = reason
            self.places[check] = f"{self.shown()}:{n}"

    def prove(self, checks):
        """A fault was seen to fail these."""
        if not set(checks) & set(self.reasons):
            return
        for check in checks:
            self.reasons.pop(check, None)
        self.write()

    def write(self):
        rows = sorted(f"{c}\t{r}\n" for c, r in self.reasons.items())
        self.path.write_text(HEAD.format(len(rows)) + COLUMNS + "".join(rows),
                             encoding="utf-8")

    def complaints(self):
        """What the list itself shows."""
        rows = len(self.reasons)
        if rows != self.most:
            yield (f"{self.shown()}:1: {rows} rows, not {self.most}; it only "
                   "shrinks: write a fault rather than a row, and lower the "
                   "number when rows go")
        for check, reason in sorted(self.reasons.items()):
            if not reason.strip():
                yield f"{self.places[check]}: no reason: {check}"


def complaints(names, recorded, unproved):
    """Checks, and what is recorded and written of them, fit together.  `names`
    are all checks; `recorded` has the place of each (fault, check)."""
    yield from unproved.complaints()
    known = set(names)
    proved = {check for _, check in recorded}
    for check in sorted({c for c in names if names.count(c) > 1}):
        yield (f"{check.split('.')[0]}.c:1: two checks of a function want the "
               f"same, {check}; let one of them say more")
    for check in sorted(known - proved - set(unproved.reasons)):
        yield (f"{check.split('.')[0]}.c:1: no fault was seen to fail the "
               f"check {check}; write one, then run ci/record FAULT")
    for check in sorted(set(unproved.reasons) - known):
        yield f"{unproved.places[check]}: there is no check {check}"
    for check in sorted(set(unproved.reasons) & proved):
        yield (f"{unproved.places[check]}: a fault fails {check}; remove the "
               "row, and lower the number in the first line")
    for row, place in sorted(recorded.items()):
        if row[1] not in known:
            yield (f"{place}: there is no check {row[1]}; run ci/record "
                   f"{row[0]}")
