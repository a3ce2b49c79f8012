#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the generator of the rule tables makes, and what it refuses.

Usage: PYTHONPATH=ci test_make_tables.py GENERATOR"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

GENERATOR = pathlib.Path(sys.argv.pop(1)).resolve()
HEAD = ("id level party chapter section since title rule preconditions "
        "observable test testability note because").split()
GOOD = dict(id="hdr.version", level="MUST", party="both", chapter="hdr",
            section="VU/Header", since="", title="Version bits",
            rule="The version is 1.", preconditions="-", observable="flags",
            test="look", testability="auto", note="", because="")


def rules(*rows):
    lines = [HEAD] + [[dict(GOOD, **row)[c] for c in HEAD] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)


class Generator(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def run_it(self, rules_text, uncovered="", proofs="", tests="",
               test_proofs="", check_proofs=""):
        texts = {"rules.tsv": rules_text,
                 "uncovered.tsv": "rule\treason\n" + uncovered,
                 "proofs/hdr.tsv": "fault\tcase\trule\tverdict\n" + proofs,
                 "tests.tsv": "test\trule\n" + tests,
                 "proofs_pytest/hdr.tsv": "fault\ttest\trule\n" + test_proofs,
                 "proofs_checks/hdr.tsv": "fault\tcheck\n" + check_proofs}
        for name, text in texts.items():
            (self.dir / name).parent.mkdir(exist_ok=True)
            (self.dir / name).write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, GENERATOR, "rules.tsv", "uncovered.tsv", "proofs",
             "tests.tsv", "proofs_pytest", "proofs_checks", "out.c", "out.d"],
            cwd=self.dir, capture_output=True, text=True, check=False)

    def makes(self, *args, **more):
        done = self.run_it(*args, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return (self.dir / "out.c").read_text()

    def refuses(self, says, *args, **more):
        out = self.dir / "out.c"
        out.unlink(missing_ok=True)
        done = self.run_it(*args, **more)
        self.assertEqual(done.returncode, 1)
        self.assertIn(says, done.stderr.splitlines())
        self.assertFalse(out.exists())

    def test_sorts_by_id(self):
        text = self.makes(rules({"id": "mem.b"}, {"id": "ack.z"},
                                {"id": "mem.a"}))
        ids = [line.split('"')[1] for line in text.splitlines()
               if ".id =" in line]
        self.assertEqual(ids, ["ack.z", "mem.a", "mem.b"])
        self.assertIn("const size_t vus_nrules = 3;", text)
        self.assertIn("const size_t vus_nproofs = 0;", text)

    def test_escapes(self):
        text = self.makes(rules({"rule": 'a "b" \\ ??/ é'}))
        self.assertIn('.rule = "a \\"b\\" \\\\ \\?\\?/ \\303\\251",', text)

    def test_comments_are_skipped(self):
        self.assertIn("hdr.version", self.makes("# why\n" + rules({})))

    def test_column_count(self):
        lines = rules({})
        self.refuses("rules.tsv:3: 13 columns, not 14 ('x.y')",
                     lines + "x.y" + "\t" * 12 + "\n")
        self.refuses("rules.tsv:3: 1 columns, not 14 ('')", lines + "\n")

    def test_header(self):
        self.refuses(f"rules.tsv:1: no columns; wanted {', '.join(HEAD)}", "")
        self.refuses(f"rules.tsv:1: the columns are id, level; wanted "
                     f"{', '.join(HEAD)}", "id\tlevel\n")

    def test_no_rules(self):
        self.refuses("rules.tsv:1: no rules", rules())

    def test_duplicate_id(self):
        self.refuses("rules.tsv:4: duplicate id 'hdr.version'; first at "
                     "rules.tsv:2", rules({}, {"id": "hdr.size"}, {}))

    def test_unknown_words(self):
        self.refuses("rules.tsv:2: unknown level 'must'; one of MUST, "
                     "SHOULD, MAY, DEF, HARDEN", rules({"level": "must"}))
        self.refuses("rules.tsv:2: unknown party 'guest'; one of backend, "
                     "frontend, both, vmm", rules({"party": "guest"}))
        self.refuses("rules.tsv:2: unknown testability 'maybe'; one of auto, "
                     "manual", rules({"testability": "maybe"}))

    def test_bad_ids(self):
        for bad in ("Hdr.version", "hdr", "hdr..x", "", "a." + "x" * 62):
            self.refuses(f"rules.tsv:2: id {bad!r} is not dotted lower case "
                         "of at most 63 characters", rules({"id": bad}))

    def test_empty_and_hostile_cells(self):
        self.refuses("rules.tsv:2: hdr.version: rule is empty",
                     rules({"rule": ""}))
        self.refuses("rules.tsv:2: a control character in title",
                     rules({"title": "a\x1b[31mb"}))
        self.refuses("rules.tsv:2: note is longer than 4000 bytes",
                     rules({"note": "x" * 4001}))

    def test_because_only_where_it_counts(self):
        self.refuses("rules.tsv:2: hdr.version: because is for a MUST whose "
                     "section is derived/, and for HARDEN",
                     rules({"because": "lost"}))
        self.makes(rules({"because": "lost", "level": "HARDEN"}))
        text = self.makes(rules({"because": "lost", "section": "derived/x"}))
        self.assertIn('.because = "lost",', text)
        self.refuses("rules.tsv:2: hdr.version: a MUST whose section is "
                     "derived/ says because; what loses, damages, leaks and "
                     "hangs nothing is a SHOULD",
                     rules({"section": "derived/x"}))

    def test_every_complaint_is_listed(self):
        done = self.run_it(rules({"level": "x"}, {"party": "y"}),
                           uncovered="no.such\twhy\n")
        self.assertEqual([line.split(":")[:2] for line in
                          done.stderr.splitlines()],
                         [["rules.tsv", "2"], ["rules.tsv", "3"]])

    def test_uncovered(self):
        three = rules({"id": "p.a"}, {"id": "p.b"}, {"id": "q.a"})
        text = self.makes(three, uncovered="p.*\tlater\np.b\tnever\n")
        self.assertEqual([line.strip() for line in text.splitlines()
                          if ".uncovered" in line],
                         ['.uncovered = "later",', '.uncovered = "never",'])
        self.refuses("uncovered.tsv:2: 'r.*' is no rule and matches none",
                     three, uncovered="r.*\tlater\n")
        self.refuses("uncovered.tsv:2: p.a: the reason is empty", three,
                     uncovered="p.a\t\n")
        self.refuses("uncovered.tsv:3: duplicate rule 'p.a'", three,
                     uncovered="p.a\tx\np.a\ty\n")
        text = self.makes(three, uncovered="p.a\tplanned: later\n")
        self.assertIn('.uncovered = "later",\n\t\t.planned = true,', text)
        self.refuses("uncovered.tsv:2: p.a: the reason is empty", three,
                     uncovered="p.a\tplanned: \n")
        self.refuses("uncovered.tsv:2: 1 columns, not 2 ('p.a')", three,
                     uncovered="p.a\n")

    def test_proofs(self):
        text = self.makes(rules({}), proofs="hdr.lies\thdr.true\t"
                          "hdr.version\tfail\n")
        self.assertIn('{ .fault = "hdr.lies", .case_id = "hdr.true", '
                      '.rule = "hdr.version", .verdict = "fail" },', text)
        self.makes(rules({}), proofs="hdr.lies\thdr.true\t\tskip\n")
        self.refuses("proofs/hdr.tsv:2: unknown rule 'no.rule'", rules({}),
                     proofs="hdr.lies\thdr.true\tno.rule\tfail\n")
        self.refuses("proofs/hdr.tsv:2: unknown verdict 'FAIL'; one of pass, "
                     "fail, warn, skip, broken, abort", rules({}),
                     proofs="hdr.lies\thdr.true\thdr.version\tFAIL\n")
        self.makes(rules({}), proofs="hdr.dies\thdr.true[row=4_GiB]\t"
                   "hdr.version\tabort\n")
        self.refuses("proofs/hdr.tsv:2: case 'hdr.true[memfd]' is not dotted "
                     "lower case", rules({}), proofs="hdr.lies\t"
                     "hdr.true[memfd]\thdr.version\tfail\n")
        row = "hdr.lies\thdr.true\thdr.version\tfail\n"
        self.refuses("proofs/hdr.tsv:3: duplicate row 'hdr.lies hdr.true "
                     "hdr.version fail'", rules({}), proofs=row * 2)

    def test_proofs_of_all_files(self):
        self.run_it(rules({}))
        (self.dir / "proofs" / "mem.tsv").write_text(
            "fault\tcase\trule\tverdict\n"
            "mem.lies\tmem.true\thdr.version\tfail\n")
        text = self.makes(rules({}), proofs="hdr.lies\thdr.true\t"
                          "hdr.version\tfail\n")
        self.assertIn("const size_t vus_nproofs = 2;", text)
        self.assertEqual(
            (self.dir / "out.d").read_text(),
            "out.c: rules.tsv uncovered.tsv proofs tests.tsv proofs_pytest "
            "proofs_checks proofs/hdr.tsv proofs/mem.tsv "
            "proofs_pytest/hdr.tsv proofs_checks/hdr.tsv\n")

    def test_tests(self):
        mark = "x.py::test_it\thdr.version\n"
        text = self.makes(rules({}), tests=mark,
                          test_proofs="hdr.lies\t" + mark)
        self.assertIn('{ .test = "x.py::test_it", .rule = "hdr.version" },',
                      text)
        self.assertIn('{ .fault = "hdr.lies", .case_id = "x.py::test_it", '
                      '.rule = "hdr.version", .verdict = "fail" },', text)
        self.refuses("tests.tsv:2: unknown rule 'no.rule'", rules({}),
                     tests="x.py::test_it\tno.rule\n")
        self.refuses("proofs_pytest/hdr.tsv:2: x.py::test_it does not mark "
                     "hdr.version", rules({}), test_proofs="hdr.lies\t" + mark)

    def test_checks(self):
        row = "hdr.lies\thdr.f: it is\n"
        text = self.makes(rules({}), check_proofs=row)
        self.assertIn('{ .fault = "hdr.lies", .check = "hdr.f: it is" },', text)
        self.refuses("proofs_checks/hdr.tsv:3: duplicate row 'hdr.lies hdr.f: "
                     "it is'", rules({}), check_proofs=row * 2)
        self.refuses("proofs_checks/hdr.tsv:2: 'it is' is no name of a check",
                     rules({}), check_proofs="hdr.lies\tit is\n")
        self.refuses("proofs_checks/hdr.tsv:2: fault 'Lies' is not dotted "
                     "lower case", rules({}), check_proofs="Lies\ta.f: it\n")


sys.exit(tap.unittests())
