#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""ci/run_faults.py records the faults it was given, and keeps all others."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import checks
import tap

CI = pathlib.Path(__file__).resolve().parent.parent
FAULTS = {"mem.lies": "mem.rule", "mem.dies": "mem.rule", "hdr.x": "hdr.rule"}
CASES = [{"id": f"{g}.case", "party": "backend", "rules": [f"{g}.rule"],
          "devices": []} for g in ("mem", "hdr")]
# A vuspec whose every fault fails the case of its group, by its rule.
VUSPEC = """\
    #!{python}
    import json, sys
    if sys.argv[1] == "list":
        sys.exit(print({cases!r}))
    if sys.argv[1] == "coverage":
        sys.exit(print("[]"))
    words = dict(zip(sys.argv, sys.argv[1:]))
    group = words["--fault"].split(".")[0]
    result = dict(id=group + ".case", group=group, name="case", verdict="fail",
                  rule=group + ".rule", reason="",
                  check=group + ".case: it is right")
    with open(words["--output"].split("=")[1], "w") as f:
        json.dump(dict(results=[result]), f)
    """
HEAD = "fault\tcase\trule\tverdict\n"
CHECKS_HEAD = "fault\tcheck\n"


def row(fault, case="case"):
    group = fault.split(".")[0]
    return f"{fault}\t{group}.{case}\t{group}.rule\tfail\n"


def check_row(fault):
    return f"{fault}\t{fault.split('.')[0]}.case: it is right\n"


class Recording(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.proofs = self.dir / "proofs"
        self.proofs.mkdir()
        self.program("vuspec", textwrap.dedent(VUSPEC).format(
            python=sys.executable, cases=json.dumps(CASES)))
        listed = "".join(f"echo '{f}\t{r}\t\tsays\tsuite\t'\n"
                         for f, r in FAULTS.items())
        self.program("backend", "#!/bin/sh\n" + listed)
        self.program("frontend", "#!/bin/sh\n")

    def program(self, name, text):
        (self.dir / name).write_text(text)
        (self.dir / name).chmod(0o755)

    def keep(self, **files):
        for name, rows in files.items():
            (self.proofs / f"{name}.tsv").write_text(HEAD + "".join(rows))

    def kept(self, name):
        return (self.proofs / f"{name}.tsv").read_text()

    def keep_checks(self, **files):
        folder = self.dir / "proofs_checks"
        folder.mkdir(exist_ok=True)
        for name, rows in files.items():
            (folder / f"{name}.tsv").write_text(CHECKS_HEAD + "".join(rows))

    def kept_checks(self, name):
        return (self.dir / "proofs_checks" / f"{name}.tsv").read_text()

    def run_it(self, *words, status=0):
        done = subprocess.run(
            [sys.executable, CI / "run_faults.py",
             *(self.dir / x for x in ("vuspec", "backend", "frontend")),
             "--proofs", self.proofs, *words], capture_output=True, text=True,
            check=False, env={**os.environ, "PYTHONPATH": str(CI)})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_only_the_named_fault_is_recorded(self):
        self.keep(mem=[row("mem.dies", "other"), row("mem.lies", "gone")],
                  hdr=[row("hdr.x", "other")])
        done = self.run_it("mem.lies", "--write")
        self.assertIn("ok 1 - mem.lies", done.stdout)
        self.assertEqual(self.kept("mem"), HEAD + row("mem.dies", "other")
                         + row("mem.lies"))
        self.assertEqual(self.kept("hdr"), HEAD + row("hdr.x", "other"))

    def test_the_first_of_a_group_makes_its_file(self):
        self.run_it("hdr.x", "--write")
        self.assertEqual(self.kept("hdr"), HEAD + row("hdr.x"))
        self.assertEqual([p.name for p in self.proofs.iterdir()], ["hdr.tsv"])

    def test_a_whole_run_holds_what_is_recorded(self):
        self.keep(mem=[row("mem.dies"), row("mem.lies")], hdr=[row("hdr.x")])
        self.keep_checks(mem=[check_row("mem.lies")],
                         hdr=[check_row("hdr.x")])
        done = self.run_it()
        self.assertIn("1..5\n", done.stdout)
        self.keep(hdr=[row("hdr.gone"), row("hdr.x", "other")])
        done = self.run_it(status=1)
        self.assertIn("not ok 3 - hdr.x", done.stdout)
        self.assertIn("not ok 4 - every recorded fault exists", done.stdout)
        self.assertIn("hdr.tsv:3: was not seen: hdr.x hdr.other", done.stderr)
        self.assertIn("; run ci/record hdr.x\n", done.stderr)

    def test_checks_are_recorded_by_fault(self):
        listed = self.dir / "unproved-checks.tsv"
        listed.write_text(checks.HEAD.format(2) + checks.COLUMNS
                          + "hdr.case: it is right\tno fault\nx.y: z\tno\n")
        self.keep_checks(hdr=["hdr.x\thdr.case: it was right\n",
                              "hdr.y\thdr.case: it is\n"])
        self.run_it("hdr.x", "--write")
        self.assertEqual(self.kept_checks("hdr"), CHECKS_HEAD
                         + check_row("hdr.x") + "hdr.y\thdr.case: it is\n")
        self.assertEqual(listed.read_text(), checks.HEAD.format(1)
                         + checks.COLUMNS + "x.y: z\tno\n")

    def test_a_recorded_check_must_fail(self):
        """And one that fails be recorded, of whatever fault."""
        self.keep(mem=[row("mem.dies"), row("mem.lies")], hdr=[row("hdr.x")])
        self.keep_checks(mem=["mem.dies\tmem.case: it was right\n"],
                         hdr=[check_row("hdr.x")])
        done = self.run_it(status=1)
        self.assertIn("not ok 5 - recorded checks fail", done.stdout)
        self.assertIn("mem.tsv:2: was not seen to fail: mem.case: it was right"
                      "; run ci/record mem.dies\n", done.stderr)
        self.assertIn("mem.tsv:1: lacks mem.dies mem.case: it is right; run "
                      "ci/record mem.dies\n", done.stderr)
        self.assertNotIn("mem.lies", done.stderr)

    def test_what_is_gone_is_forgotten(self):
        self.keep_checks(mem=[check_row("mem.gone"), check_row("mem.lies")])
        self.keep(mem=[row("mem.gone"), row("mem.lies")], hdr=[row("hdr.y")])
        self.run_it("--gone")
        self.assertEqual(self.kept("mem"), HEAD + row("mem.lies"))
        self.assertFalse((self.proofs / "hdr.tsv").exists())
        self.assertEqual(self.kept_checks("mem"),
                         CHECKS_HEAD + check_row("mem.lies"))

    def test_a_fault_that_is_missed_keeps_its_rows(self):
        self.program("backend", "#!/bin/sh\necho 'mem.lies\tno.rule\t\tx\tsuite\t'\n")
        self.keep(mem=[row("mem.lies")])
        done = self.run_it("mem.lies", "--write", status=1)
        self.assertIn("not ok 1 - mem.lies", done.stdout)
        self.assertEqual(self.kept("mem"), HEAD + row("mem.lies"))

    def test_rows_and_aborts_are_told_apart(self):
        text = (self.dir / "vuspec").read_text()
        self.program("vuspec", text.replace(
            'group + ".case", group', 'group + ".case[memfd,row=4_GiB]", group')
            .replace('reason=""', 'reason="", peer_end="signal 6 (SIGABRT)"'))
        self.run_it("hdr.x", "--write")
        self.assertEqual(self.kept("hdr"), HEAD + "hdr.x\thdr.case[row=4_GiB]"
                         "\thdr.rule\tabort\n")

    def test_a_fault_is_caught_in_every_try(self):
        """Caught when it is tried again by itself, and not at first: the short
        try does not count."""
        mark = self.dir / "tried"
        text = (self.dir / "vuspec").read_text()
        self.program("vuspec", text.replace(
            "result = dict(", f"import pathlib; m = pathlib.Path({str(mark)!r})\n"
            "with m.open('a') as out: out.write('x')\n"
            "first = m.stat().st_size <= 2\n"
            "result = dict(").replace(
                'verdict="fail"', 'verdict="pass" if first else "fail"'))
        done = self.run_it("hdr.x", "--write", status=1)
        self.assertIn("hdr.rule: caught in 2 of 3 tries", done.stderr)
        mark.unlink()
        self.program("backend", "#!/bin/sh\necho "
                     "'hdr.x\thdr.rule\t\tsays\tsuite\tit is a race'\n")
        done = self.run_it("hdr.x", "--write")
        self.assertIn("# hdr.x: caught in 2 of 3 tries; it is a race",
                      done.stdout)

    def test_an_unknown_fault_is_refused(self):
        done = self.run_it("no.such", status=1)
        self.assertIn("no such fault: no.such", done.stderr)


class Lists(unittest.TestCase):
    """Each check is recorded or listed, and not both."""
    NAMES = ["a.f: is proved", "a.f: is listed"]
    RECORDED = {("a.x", NAMES[0]): "a.tsv:2"}

    def complaints(self, rows, names=(), recorded=(), most=None):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "list.tsv"
            path.write_text(
                checks.HEAD.format(len(rows) if most is None else most)
                + checks.COLUMNS + "".join(f"{r}\n" for r in rows))
            said = checks.complaints([*self.NAMES, *names],
                                     {**self.RECORDED, **dict(recorded)},
                                     checks.Unproved(path))
            return [x.replace(str(folder) + "/", "") for x in said]

    def test_what_is_recorded_or_listed_is_well(self):
        self.assertEqual(self.complaints(["a.f: is listed\tnobody can"]), [])

    def test_a_check_is_neither(self):
        self.assertEqual(self.complaints([]), [
            "a.c:1: no fault was seen to fail the check a.f: is listed; write "
            "one, then run ci/record FAULT"])

    def test_a_check_is_both(self):
        row = "a.f: is listed\tnobody can"
        said = self.complaints([row], recorded={
            ("a.y", "a.f: is listed"): "a.tsv:3"})
        self.assertEqual(said, [
            "list.tsv:3: a fault fails a.f: is listed; remove the row, and "
            "lower the number in the first line"])

    def test_a_row_needs_a_reason_and_a_check(self):
        said = self.complaints(["a.f: is gone\tno", "a.f: is listed\t"])
        self.assertEqual(said, [
            "list.tsv:4: no reason: a.f: is listed",
            "list.tsv:3: there is no check a.f: is gone"])

    def test_the_list_only_shrinks(self):
        row = "a.f: is listed\tnobody can"
        for most in (0, 2):
            [said] = self.complaints([row], most=most)
            self.assertIn(f"list.tsv:1: 1 rows, not {most}; ", said)

    def test_names_are_unique(self):
        said = self.complaints(["a.f: is listed\tno"],
                               names=["a.f: is proved"])
        self.assertEqual(said, [
            "a.c:1: two checks of a function want the same, a.f: is proved; "
            "let one of them say more"])

    def test_recorded_checks_exist(self):
        said = self.complaints(["a.f: is listed\tno"], recorded={
            ("a.y", "a.f: is gone"): "a.tsv:3"})
        self.assertEqual(said, [
            "a.tsv:3: there is no check a.f: is gone; run ci/record a.y"])


sys.exit(tap.unittests())
