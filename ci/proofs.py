# SPDX-License-Identifier: BSD-3-Clause
"""Recorded proofs: which fault was seen to fail which case, test or check.

A folder with a file for each group of faults (GROUP.tsv of GROUP.NAME), so that
proofs of different groups never conflict.  Rows are sorted, and begin with the
fault."""
import pathlib

SPEC = pathlib.Path(__file__).resolve().parent.parent / "harness" / "spec"
# Of cases: harness/spec/proofs; of tests of pytest: harness/spec/proofs_pytest.
CASES = ("proofs", ["fault", "case", "rule", "verdict"])
TESTS = ("proofs_pytest", ["fault", "test", "rule"])
# Of each check of a case: harness/spec/proofs_checks.
CHECKS = ("proofs_checks", ["fault", "check"])
COMMAND = "ci/record"


def group_of(fault):
    return fault.split(".")[0]


class Proofs:
    """What one folder holds: rows (tuples of cells) by fault."""

    def __init__(self, kind, folder=None):
        name, self.columns = kind
        self.folder = pathlib.Path(folder) if folder else SPEC / name
        self.rows, self.places = {}, {}
        for path in sorted(self.folder.glob("*.tsv")):
            self.read(path)

    def read(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        for n, line in enumerate(lines[1:], 2):
            row = tuple(line.split("\t"))
            self.rows.setdefault(row[0], set()).add(row)
            self.places[row] = f"{self.path(path.stem)}:{n}"

    def path(self, group):
        """As people type it."""
        path = self.folder / f"{group}.tsv"
        return path.relative_to(SPEC.parent.parent) if path.is_relative_to(
            SPEC.parent.parent) else path

    def of(self, fault):
        return self.rows.get(fault, set())

    def differences(self, fault, seen):
        """What of a fault is recorded and was not seen, and the reverse."""
        remedy = f"run {COMMAND} {fault}"
        for row in sorted(self.of(fault) - seen):
            yield f"{self.places[row]}: was not seen: {' '.join(row)}; {remedy}"
        for row in sorted(seen - self.of(fault)):
            yield (f"{self.path(group_of(fault))}:1: lacks {' '.join(row)}; "
                   f"{remedy}")

    def unknown(self, faults):
        """Rows of faults that are gone."""
        for fault in sorted(set(self.rows) - set(faults)):
            for row in sorted(self.of(fault)):
                yield (f"{self.places[row]}: there is no fault {fault}; "
                       f"run {COMMAND} --gone")

    def record(self, seen):
        """These faults have these rows; those of others stay."""
        self.rows.update(seen)
        for group in {group_of(fault) for fault in seen}:
            self.write(group)

    def forget(self, faults):
        """These are gone."""
        for fault in faults:
            self.rows.pop(fault, None)
        for group in {group_of(fault) for fault in faults}:
            self.write(group)

    def write(self, group):
        path = self.folder / f"{group}.tsv"
        lines = sorted("\t".join(row) for fault, rows in self.rows.items()
                       if group_of(fault) == group for row in rows)
        if not lines:
            path.unlink(missing_ok=True)
            return
        self.folder.mkdir(exist_ok=True)
        text = "\n".join(["\t".join(self.columns), *lines]) + "\n"
        # What has not changed is not built again.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
