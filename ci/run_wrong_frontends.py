#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Send one thing wrong in one message of a front-end, and see that this is told
by the right rule.

Usage: run_wrong_frontends.py VUSPEC FAKE_FRONTEND [FAULT...]

The faults are those of `fake-frontend --list-value-faults`, made from the
message table: wrong.MESSAGE.FIELD.HOW, from the first such message on, or from
the second (.second), or behind a reset (.reset).  Each runs over cases that have
the front-end send all it can.  ci/wrong-frontends.tsv says what is seen: fault
(a glob; the first row that fits counts), and `told` with globs of rules, of which
one fails or warns; or `legal` (it is not wrong), `unseen` (it is, and no rule is
told) or `unsent` (the front-end does not send it; it is not run), and why.  Each
row must be needed.  All faults of a message are one test of TAP, and so is that
at least 90 % of those that are wrong fail.  Of FAULTs given by name it is told
what is seen."""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

LONGEST_S = 120
ROOT = pathlib.Path(__file__).resolve().parent.parent
FAILING = 0.9
# All messages, also of a table and of a postcopy migration.
CASES = ["stimuli.*", "memory_and_rings.every_region*", "postcopy.*",
         "memory_hotplug.*",
         "reconnect.a_new_connection*"]


def rows():
    lines = (ROOT / "ci" / "wrong-frontends.tsv").read_text().splitlines()
    return [tuple(x.split("\t")) for x in lines if x and x[0] != "#"]


def faults(program):
    out = subprocess.run([program, "--list-value-faults"], check=True,
                         capture_output=True, text=True).stdout
    return [line.split("\t")[0] for line in out.splitlines()]


def seen(vuspec, name):
    """The rules that were broken: {(verdict, rule)}, or text: no results."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [vuspec, "test-frontend", "--fault", name, "--device", "blk",
                 "--memory", "memfd", "--level", "may", "-j", "2", "--output",
                 f"json={out.name}"]
        for case in CASES:
            words += ["--filter", case]
        try:
            done = subprocess.run(words, capture_output=True, text=True,
                                  check=False, timeout=LONGEST_S)
            results = json.load(open(out.name))["results"]
        except subprocess.TimeoutExpired:
            return f"not done after {LONGEST_S} s"
        except ValueError:
            return done.stdout + done.stderr
    return {(r["verdict"], r["rule"] or "-") for r in results
            if r["verdict"] in ("fail", "warn", "broken", "unstable")}


def judge(row, what):
    """What is wrong with what a fault was seen to do."""
    if isinstance(what, str):
        return what
    told = " ".join(sorted(" ".join(x) for x in what)) or "nothing"
    if row is None:
        return f"no row of ci/wrong-frontends.tsv; it is told by: {told}"
    if any(v in ("broken", "unstable") for v, _ in what):
        return told
    if row[1] != "told":
        return None if not what else f"it is {row[1]}, and is told by: {told}"
    if any(fnmatch.fnmatchcase(rule, glob) for _, rule in what
           for glob in row[2].split()):
        return None
    return f"{row[2]} was not told, but: {told}"


def row_of(table, name):
    return next((r for r in table if fnmatch.fnmatchcase(name, r[0])), None)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[1],
                                     add_help=False)
    for name in ("vuspec", "frontend"):
        parser.add_argument(name)
    parser.add_argument("faults", nargs="*")
    args = parser.parse_args()
    names = [f for f in faults(args.frontend)
             if not args.faults
             or any(fnmatch.fnmatchcase(f, x) for x in args.faults)]
    if not names:
        sys.exit("no such fault; see fake-frontend --list-value-faults")
    table = rows()
    messages = collections.defaultdict(list)
    for name in names:
        messages[name.split(".")[1]].append(name)
    tap = Tap(plan=len(messages) + 2 * (not args.faults))
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() * 2) as pool:
        for message, group in messages.items():
            left = [n for n in group if args.faults or not
                    (row_of(table, n) or ("", ""))[1] == "unsent"]
            bad = []
            for name, what in zip(left, pool.map(
                    lambda n: seen(args.vuspec, n), left)):
                row = row_of(table, name)
                wrong = judge(row, what)
                if args.faults:
                    print(name, row, wrong or "as recorded", file=sys.stderr)
                if wrong:
                    bad.append(f"{name}: {wrong}")
                if row and row[1] in ("told", "unseen"):
                    counts["wrong"] += 1
                    counts["fail"] += any(x[0] == "fail" for x in what)
            tap.test(f"{message} ({len(left)} faults)", not bad, bad)
    if not args.faults:
        needed = {row_of(table, n) for n in names}
        idle = [r[0] for r in table if r not in needed]
        tap.test("each row of ci/wrong-frontends.tsv is needed", not idle, idle)
        tap.test(f"{counts['fail']} of {counts['wrong']} fail",
                 counts["fail"] >= FAILING * counts["wrong"])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
