#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""ci/mutate on a small program of our own: which mutants it makes, what
becomes of them, and what it keeps."""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import tap
from mutants import operators, programs, records, suite
from mutants.c_text import Unit

CI = pathlib.Path(__file__).resolve().parent.parent
# Writes the sum of the squares of odd numbers below 10 that it finds.
EXAMPLE = r"""
#include <stdio.h>
#define ODD(x) ((x) % 2 == 1) /* if (x) { } */
struct sums { int all, odd; const char *name; };

HANDLER(SQUARE)
{
	return x * x;
}

static int unused(int a, int b)
{
	return a < b;
}

int main(void)
{
	struct sums s = { .all = 0, .odd = 0, .name = "if (sums) {" };
	int n, squared;

	for (n = 1; n < 10; n++) {
		squared = square(n);
		s.all += squared;
		if (ODD(n))
			s.odd += squared;
		else if (n > 100 && !s.name)
			return 1;
	}
	fprintf(stderr, "%d done\n", n);
	printf("%d\n", s.odd);
	return 0;
}
"""
EXAMPLE = EXAMPLE.replace("HANDLER(SQUARE)", "#define HANDLER(X) "
                          "static int square(int x)\nHANDLER(SQUARE)")
# A vuspec whose one case wants a program to print 165: its rule fails where it
# prints another number, warns where it prints nothing.
VUSPEC = """\
    #!{python}
    import json, subprocess, sys
    said = subprocess.run(sys.argv[sys.argv.index("--") + 1:], text=True,
                          capture_output=True, timeout=10).stdout.strip()
    verdict = "pass" if said == "165" else "fail" if said else "warn"
    rule = None if said == "165" else "sum.right"
    words = dict(zip(sys.argv, sys.argv[1:]))
    with open(words["--output"].split("=")[1], "w") as f:
        json.dump(dict(results=[
            dict(id="sum.case[row=1]", verdict=verdict, rule=rule, reason=""),
            dict(id="sum.known[row=1]", verdict="fail", rule="x.y",
                 reason="")]), f)
    sys.exit(said != "165")
    """


def made(text, *kinds):
    """(function, the line's new text) of the mutants."""
    found = operators.mutants_of("x.c", text, operators.members_of([text]),
                                 kinds or operators.KINDS)
    return [(m.function, m.apply(text).splitlines()[m.line(text) - 1].strip())
            for m in found]


class Text(unittest.TestCase):
    def test_functions_and_their_names(self):
        self.assertEqual([f.name for f in Unit(EXAMPLE).functions],
                         ["SQUARE", "unused", "main"])

    def test_locals_have_types(self):
        unit = Unit("int f(const char *a, char *b, struct x *c)\n"
                    "{ int i = g(1, 2), *j; struct x d = { 1 }; }")
        self.assertEqual(unit.locals(unit.functions[0]), {
            "a": "char*", "b": "char*", "c": "struct x*", "i": "int",
            "j": "int*", "d": "struct x"})

    def test_members_beside(self):
        found = Unit(EXAMPLE).members()
        self.assertEqual(found["all"], {"odd"})
        self.assertEqual(found["name"], set())


class Making(unittest.TestCase):
    def test_statements_are_left_out(self):
        self.assertEqual([x for x in made(EXAMPLE, "statement")
                          if x[0] == "main"], [
            ("main", ";"), ("main", ";"), ("main", ";"), ("main", ";")])

    def test_conditions_are_negated(self):
        self.assertEqual(made(EXAMPLE, "condition"), [
            ("main", "for (n = 1; !(n < 10); n++) {"),
            ("main", "if (!(ODD(n)))"),
            ("main", "else if (!(n > 100 && !s.name))")])

    def test_bounds_are_one_off(self):
        text = "int f(int a) { if (a <= 0x10) a = 0; return a; }"
        self.assertEqual([x for _, x in made(text, "bound")], [
            text.replace("<=", "<"), text.replace("0x10", "0x11"),
            text.replace("0x10", "0xf"), text.replace("= 0;", "= 1;")])
        self.assertEqual(operators.one_off("1.5"), [])
        self.assertEqual(operators.one_off("8UL"), ["9UL", "7UL"])

    def test_neighbours_are_used(self):
        text = ("struct s { int one; long far; int two; };\n"
                "int f(struct s *p, int a, int b, char c)\n"
                "{ return p->one + a + c; }")
        self.assertEqual([x for _, x in made(text, "neighbour")], [
            "{ return p->two + a + c; }", "{ return p->one + b + c; }"])

    def test_what_only_talks_stays(self):
        self.assertNotIn("fprintf", "".join(
            m.diff(EXAMPLE).split("\n- ")[1].split("\n")[0]
            for m in operators.mutants_of("x.c", EXAMPLE, {})))

    def test_identity_moves_with_the_lines(self):
        def ids(text):
            return [m.identity(text) for m in
                    operators.mutants_of("x.c", text, {})]
        self.assertEqual(ids(EXAMPLE), ids("\n\nint more;\n" + EXAMPLE))
        times = collections.Counter(ids(EXAMPLE))
        self.assertEqual(max(times.values()), 1)


class Judging(unittest.TestCase):
    def one(self, verdict, name="a.b[x]", rule="a.r"):
        return {"id": name, "verdict": verdict, "rule": rule, "reason": "why"}

    def judge(self, results, status=0, known=()):
        original = suite.Original(known, (), 2)
        return suite.judge(original, results, status)[:3]

    def test_the_worst_that_is_new_counts(self):
        both = [self.one("warn"), self.one("fail", "c.d", "c.r")]
        self.assertEqual(self.judge(both, 1), ("fail", "c.d c.r", 2))
        self.assertEqual(self.judge(both, 1, [("c.d", "c.r")]),
                         ("warn", "a.b[x] a.r", 2))

    def test_without_news_it_survives(self):
        self.assertEqual(self.judge([self.one("pass")]), ("pass", None, 1))
        self.assertEqual(
            self.judge([self.one("fail", "a.b[y]")], 1, [("a.b", "a.r")]),
            ("pass", None, 2))

    def test_no_target_and_nothing_passed_are_noticed(self):
        for status in (3, 5):
            self.assertEqual(self.judge([], status)[0], "fail")

    def test_the_time_limit_proves_nothing_but_what_failed_before(self):
        self.assertEqual(self.judge([self.one("warn")], None)[0], "time")
        self.assertEqual(self.judge([self.one("fail")], None)[0], "fail")


class Score(unittest.TestCase):
    ROWS = [{"outcome": x, "kind": "bound", "by": "why"} for x in
            ["fail"] * 6 + ["warn", "pass", "time", "broken"]
            + ["unbuilt"] * 5 + ["equivalent"] * 3]

    def test_only_what_was_judged_counts(self):
        text = "\n".join(records.score(self.ROWS))
        self.assertIn("10 judged: 6 fail, 1 warn, 1 broken, 1 time, 1 pass; "
                      "5 did not build, 3 are equivalent", text)
        self.assertIn("score: 70 % fail or warn, 60 % fail", text)
        self.assertEqual(records.noticed(self.ROWS), (0.6, 0.7))

    def test_globs(self):
        names = ["msg_a.c", "msg_b.c", "vring.c"]
        self.assertEqual(programs.matching(names, ["msg_*", "!*_b.c"]),
                         ["msg_a.c"])
        self.assertEqual(programs.matching(names, ["!vring.c"]),
                         ["msg_a.c", "msg_b.c"])


class Whole(unittest.TestCase):
    """From the command line to the score."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        (self.dir / "sum").mkdir()
        (self.dir / "sum/sum.c").write_text(EXAMPLE)
        vuspec = self.dir / "vuspec"
        vuspec.write_text(textwrap.dedent(VUSPEC).format(
            python=sys.executable))
        vuspec.chmod(0o755)
        self.results = self.dir / "results"
        self.equivalent = self.dir / "equivalent.tsv"

    def run_it(self, *words, status=0):
        done = subprocess.run(
            [CI / "mutate", "--source", self.dir / "sum", "--build",
             "cc -w -O1 -s -Wl,--build-id=none -o {out} sum.c", "--run",
             "{out}", "--vuspec", self.dir / "vuspec", "--results",
             self.results, "--equivalent", self.equivalent, *words],
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def rows(self):
        return [json.loads(x) for x in self.results.read_text().splitlines()]

    def test_all_of_a_small_program(self):
        text = self.run_it()
        rows = {x["mutant"]: x for x in self.rows() if "mutant" in x}
        came = collections.Counter(x["outcome"] for x in rows.values())
        self.assertIn("1 variants pass, 1 fail", text)
        self.assertGreater(came["fail"], 8)
        self.assertGreater(came["warn"], 0)
        # A function that nobody calls is not in the program at all.
        self.assertEqual({x["outcome"] for x in rows.values()
                          if x["function"] == "unused"}, {"equivalent"})
        # What makes no difference to what is printed: where the loop ends,
        # whose parity is asked, the status.
        for x in rows.values():
            if x["outcome"] == "pass":
                self.assertRegex(x["diff"], r"\+.*(<= 10|< 11|ODD|return 1)")
        # What was done is not done again.
        self.run_it()
        self.assertEqual(len(self.rows()), len(rows) + 1)

    def test_a_recorded_mutant_is_equivalent(self):
        listed = self.run_it("--list", "--function", "main")
        name = listed.split()[1]
        self.equivalent.write_text(f"sum\t{name}\tfor a reason\n")
        text = self.run_it("--mutant", name)
        self.assertIn("0 judged", text)
        self.assertIn("for a reason", text)
        self.equivalent.write_text(f"sum\t{name}\n")
        self.assertIn("three columns", self.run_it(status=2))

    def test_a_sample_and_what_is_asked_of_it(self):
        text = self.run_it("--count", "4", "--jobs", "1", "--kind",
                           "bound", "--min-score", "100", status=1)
        self.assertIn("\n4 judged", text)
        self.assertIn("\n- ", text)
        self.assertEqual(self.run_it("--score").splitlines()[-1],
                         text.splitlines()[-1])

    def test_what_cannot_be_mutated_is_told(self):
        self.assertIn("no such folder", self.run_it("--source", "/none",
                                                    status=2))
        self.assertIn("does not build as it is", self.run_it(
            "--build", "false", status=2))
        self.assertIn("it passes nothing", self.run_it("--run", "false",
                                                       status=2))
        self.assertIn("no such mutant: x", self.run_it("--mutant", "x",
                                                       status=2))


if __name__ == "__main__":
    sys.exit(tap.unittests())
