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
                  rule=group + ".rule", reason="")
    with open(words["--output"].split("=")[1], "w") as f:
        json.dump(dict(results=[result]), f)
    """
HEAD = "fault\tcase\trule\tverdict\n"


def row(fault, case="case"):
    group = fault.split(".")[0]
    return f"{fault}\t{group}.{case}\t{group}.rule\tfail\n"


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
        done = self.run_it()
        self.assertIn("1..4\n", done.stdout)
        self.keep(hdr=[row("hdr.gone"), row("hdr.x", "other")])
        done = self.run_it(status=1)
        self.assertIn("not ok 3 - hdr.x", done.stdout)
        self.assertIn("not ok 4 - every recorded fault exists", done.stdout)
        self.assertIn("hdr.tsv:3: was not seen: hdr.x hdr.other", done.stderr)
        self.assertIn("; run ci/record hdr.x\n", done.stderr)

    def test_what_is_gone_is_forgotten(self):
        self.keep(mem=[row("mem.gone"), row("mem.lies")], hdr=[row("hdr.y")])
        self.run_it("--gone")
        self.assertEqual(self.kept("mem"), HEAD + row("mem.lies"))
        self.assertFalse((self.proofs / "hdr.tsv").exists())

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


sys.exit(tap.unittests())
