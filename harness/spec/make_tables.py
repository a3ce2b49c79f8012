#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the C tables of rule.h and proof.h from the tab separated catalogue.

Usage: make_tables.py RULES UNCOVERED PROOFS TESTS TEST_PROOFS CHECK_PROOFS
                      OUTPUT [DEPFILE]

PROOFS, TEST_PROOFS and CHECK_PROOFS are folders with a file for each group of faults.
Rows that are malformed are refused, each as "file:line: what is wrong"; then
nothing is written and the exit status is 1.  Lines that begin with # are
comments; the first other line names the columns."""
import os
import re
import sys

RULE_COLUMNS = ["id", "level", "party", "chapter", "section", "since", "title",
                "rule", "preconditions", "observable", "test", "testability",
                "note", "because"]
UNCOVERED_COLUMNS = ["rule", "reason"]
PROOF_COLUMNS = ["fault", "case", "rule", "verdict"]
# Of pytest: which test marks which rule, and which fault failed it.
TEST_COLUMNS = ["test", "rule"]
TEST_PROOF_COLUMNS = ["fault", "test", "rule"]
# Checks by the names that reports give them.
CHECK_PROOF_COLUMNS = ["fault", "check"]
WORDS = {
    "level": ["MUST", "SHOULD", "MAY", "DEF", "HARDEN"],
    "party": ["backend", "frontend", "both", "vmm"],
    "testability": ["auto", "manual"],
    # "abort": a fail because the peer ended itself, which says no more than
    # that an end is seen.
    "verdict": ["pass", "fail", "warn", "skip", "broken", "abort"],
}
ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
# Results keep a rule's id in 64 bytes (run/result.h).
ID_MAX = 63
# What begins so in uncovered.tsv is no reason: a case is wanted.
PLANNED = "planned: "
# What proofs name: a case, and its row where it has rows.
VARIANT = re.compile(ID.pattern + r"(\[row=[^][\s,]+\])?")
# C promises 4095 characters of a literal, and C files are made of these.
CELL_MAX = 4000


class Table:
    """The rows of a file, or of all files of a folder, with the place (file and
    line) that each came from."""

    def __init__(self, path, columns, bad):
        self.columns, self.bad = columns, bad
        self.rows, self.paths = [], [path]
        if os.path.isdir(path):
            self.paths = [os.path.join(path, f) for f in sorted(
                os.listdir(path)) if f.endswith(".tsv")]
        for file in self.paths:
            self.read(file)

    def read(self, path):
        header = None
        with open(path, encoding="utf-8", newline="\n") as f:
            for n, line in enumerate(f, 1):
                if line.startswith("#"):
                    continue
                cells, n = line.rstrip("\n").split("\t"), f"{path}:{n}"
                if header is None:
                    header = cells
                    if header != self.columns:
                        self.complain(n, f"the columns are {', '.join(header)}"
                                      f"; wanted {', '.join(self.columns)}")
                        return
                elif self.well_formed(n, cells):
                    self.rows.append((n, dict(zip(self.columns, cells))))
        if header is None:
            self.complain(f"{path}:1",
                          f"no columns; wanted {', '.join(self.columns)}")

    def complain(self, place, what):
        self.bad.append(f"{place}: {what}")

    def well_formed(self, n, cells):
        before = len(self.bad)
        if len(cells) != len(self.columns):
            self.complain(n, f"{len(cells)} columns, not "
                          f"{len(self.columns)} ({cells[0]!r})")
            return False
        for column, cell in zip(self.columns, cells):
            if column in WORDS and cell not in WORDS[column]:
                self.complain(n, f"unknown {column} {cell!r}; one of "
                              f"{', '.join(WORDS[column])}")
            if any(ord(c) < 0x20 or ord(c) == 0x7f for c in cell):
                self.complain(n, f"a control character in {column}")
            if len(cell.encode()) > CELL_MAX:
                self.complain(n, f"{column} is longer than {CELL_MAX} bytes")
        return len(self.bad) == before


def check_rules(table):
    """The rules by id; complains about what the columns alone do not show."""
    rules, lines = {}, {}
    for n, row in table.rows:
        rid = row["id"]
        if not ID.fullmatch(rid) or len(rid) > ID_MAX:
            table.complain(n, f"id {rid!r} is not dotted lower case of at "
                           f"most {ID_MAX} characters")
        if rid in rules:
            table.complain(n, f"duplicate id {rid!r}; first at "
                           f"{lines[rid]}")
            continue
        for column in ("chapter", "section", "title", "rule"):
            if not row[column]:
                table.complain(n, f"{rid}: {column} is empty")
        derived = row["section"].startswith("derived/")
        counts = row["level"] == "HARDEN" or (derived and
                                              row["level"] == "MUST")
        if row["because"] and not counts:
            table.complain(n, f"{rid}: because is for a MUST whose section "
                           "is derived/, and for HARDEN")
        if derived and row["level"] == "MUST" and not row["because"]:
            table.complain(n, f"{rid}: a MUST whose section is derived/ says "
                           "because; what loses, damages, leaks and hangs "
                           "nothing is a SHOULD")
        rules[rid], lines[rid] = row, n
    return rules


def check_uncovered(table, rules):
    """The reason of each rule that has one: an exact id wins over a glob, an
    earlier glob over a later one."""
    exact, by_glob = {}, {}
    for n, row in table.rows:
        glob, reason = row["rule"], row["reason"]
        if not reason.removeprefix(PLANNED):
            table.complain(n, f"{glob}: the reason is empty")
        if glob in rules:
            if glob in exact:
                table.complain(n, f"duplicate rule {glob!r}")
            exact[glob] = reason
            continue
        pattern = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
        matches = [r for r in rules if re.fullmatch(pattern, r)]
        if not matches:
            table.complain(n, f"{glob!r} is no rule and matches none")
        for rid in matches:
            by_glob.setdefault(rid, reason)
    return {**by_glob, **exact}


def check_proofs(table, rules):
    seen = set()
    for n, row in table.rows:
        for column, form in (("fault", ID), ("case", VARIANT)):
            if not form.fullmatch(row[column]):
                table.complain(n, f"{column} {row[column]!r} is not dotted "
                               "lower case")
        # A run that judged nothing names no rule.
        if row["rule"] not in rules and (row["rule"] or
                                         row["verdict"] in ("fail", "warn",
                                                            "abort")):
            table.complain(n, f"unknown rule {row['rule']!r}")
        # Variants of one case may differ in their verdicts.
        key = tuple(row.values())
        if key in seen:
            table.complain(n, f"duplicate row {' '.join(key)!r}")
        seen.add(key)


def check_check_proofs(table):
    seen = set()
    for n, row in table.rows:
        if not ID.fullmatch(row["fault"]):
            table.complain(n, f"fault {row['fault']!r} is not dotted lower "
                           "case")
        if ": " not in row["check"]:
            table.complain(n, f"{row['check']!r} is no name of a check")
        key = tuple(row.values())
        if key in seen:
            table.complain(n, f"duplicate row {' '.join(key)!r}")
        seen.add(key)


def check_tests(tests, proofs, rules):
    """Marks of rules that exist, and proofs of marks that exist."""
    for n, row in tests.rows:
        if row["rule"] not in rules:
            tests.complain(n, f"unknown rule {row['rule']!r}")
    marks = {(row["test"], row["rule"]) for _, row in tests.rows}
    for n, row in proofs.rows:
        if (row["test"], row["rule"]) not in marks:
            proofs.complain(n, f"{row['test']} does not mark {row['rule']}")


def literal(text):
    """A C string literal; bytes beyond ASCII as octal escapes."""
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif byte < 0x80:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def write(path, rules, reasons, proofs, tests, checks):
    lines = ["/* Made by make_tables.py; change the .tsv files instead. */",
             '#include "spec/rule.h"', '#include "spec/proof.h"', "",
             "const struct vus_rule vus_rules[] = {"]
    for rid in sorted(rules):
        row = rules[rid]
        lines.append("\t{")
        for column in RULE_COLUMNS:
            value = (f"VUS_{row[column]}" if column == "level"
                     else literal(row[column]))
            lines.append(f"\t\t.{column} = {value},")
        if rid in reasons:
            why = reasons[rid]
            lines.append(f"\t\t.uncovered = "
                         f"{literal(why.removeprefix(PLANNED))},")
            if why.startswith(PLANNED):
                lines.append("\t\t.planned = true,")
        lines.append("\t},")
    lines += ["};", f"const size_t vus_nrules = {len(rules)};", "",
              # One row more: C has no empty array.
              "const struct vus_proof vus_proofs[] = {"]
    for _, row in proofs:
        lines.append(f"\t{{ .fault = {literal(row['fault'])}, "
                     f".case_id = {literal(row['case'])}, "
                     f".rule = {literal(row['rule'])}, "
                     f".verdict = {literal(row['verdict'])} }},")
    lines += ["\t{ 0 },", "};", f"const size_t vus_nproofs = {len(proofs)};"]
    lines += ["", "const struct vus_test_mark vus_test_marks[] = {"]
    for _, row in tests:
        lines.append(f"\t{{ .test = {literal(row['test'])}, "
                     f".rule = {literal(row['rule'])} }},")
    lines += ["\t{ 0 },", "};",
              f"const size_t vus_ntest_marks = {len(tests)};"]
    lines += ["", "const struct vus_check_proof vus_check_proofs[] = {"]
    for _, row in checks:
        lines.append(f"\t{{ .fault = {literal(row['fault'])}, "
                     f".check = {literal(row['check'])} }},")
    lines += ["\t{ 0 },", "};",
              f"const size_t vus_ncheck_proofs = {len(checks)};"]
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


def main():
    if len(sys.argv) not in (8, 9):
        print(__doc__, file=sys.stderr)
        return 2
    bad = []
    tables = [Table(path, columns, bad) for path, columns in
              zip(sys.argv[1:7],
                  (RULE_COLUMNS, UNCOVERED_COLUMNS, PROOF_COLUMNS,
                   TEST_COLUMNS, TEST_PROOF_COLUMNS, CHECK_PROOF_COLUMNS))]
    rules = check_rules(tables[0])
    if not rules and not bad:
        tables[0].complain(f"{sys.argv[1]}:1", "no rules")
    # Rows that were refused would only be missed again below.
    reasons = {} if bad else check_uncovered(tables[1], rules)
    if not bad:
        check_proofs(tables[2], rules)
        check_tests(tables[3], tables[4], rules)
        check_check_proofs(tables[5])
    if bad:
        print("\n".join(bad), file=sys.stderr)
        return 1
    proofs = [*tables[2].rows,
              *((n, {"fault": row["fault"], "case": row["test"],
                     "rule": row["rule"], "verdict": "fail"})
                for n, row in tables[4].rows)]
    write(sys.argv[7], rules, reasons, proofs, tables[3].rows, tables[5].rows)
    if len(sys.argv) == 9:
        # A folder is newer when a file has come or gone.
        read = [*sys.argv[1:7], *(p for t in tables for p in t.paths)]
        with open(sys.argv[-1], "w", encoding="utf-8") as f:
            f.write(f"{sys.argv[7]}: {' '.join(dict.fromkeys(read))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
