#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Refuse each legal value once, and see that this is caught by its rule.

Usage: run_value_faults.py VUSPEC FAKE_BACKEND [FAULT...]

The faults are those of `fake-backend --list-value-faults`, made from
harness/wire/legal.def: strict.MESSAGE.FIELD.VALUE refuses one value of one
field.  Each runs over the rows of legal_*.* that send the message.  It is
caught when its rule, and no other, is named by a fail or a warn, and when
nothing is broken.  All values of a field are one test of TAP."""
import argparse
import concurrent.futures
import itertools
import json
import os
import subprocess
import sys
import tempfile

from tap import Tap

LONGEST_S = 120


def faults(program):
    """Pairs of name and rule."""
    out = subprocess.run([program, "--list-value-faults"], check=True,
                         capture_output=True, text=True).stdout
    return [tuple(line.split("\t")) for line in out.splitlines()]


def judge(results, rule):
    """What is wrong with what a fault was seen to do."""
    seen = {r["rule"] for r in results if r["verdict"] in ("fail", "warn")}
    broken = [r["id"] for r in results if r["verdict"] == "broken"]
    if broken:
        return "broken: " + ", ".join(broken)
    if seen == {rule}:
        return None
    return (f"{rule} was not named alone, but "
            + (", ".join(sorted(seen)) or "nothing"))


def run(vuspec, name, rule):
    """None: it is caught."""
    row = name.split(".")[1].lower()
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [vuspec, "test-backend", "--fault", name, "--device", "blk",
                 "--memory", "memfd", "--filter",
                 f"legal_*.*row={row}]", "-j", "1", "--output",
                 f"json={out.name}"]
        try:
            done = subprocess.run(words, capture_output=True, text=True,
                                  check=False, timeout=LONGEST_S)
            return judge(json.load(open(out.name))["results"], rule)
        except subprocess.TimeoutExpired:
            return f"not done after {LONGEST_S} s"
        except ValueError:
            return done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[1],
                                     add_help=False)
    for name in ("vuspec", "backend"):
        parser.add_argument(name)
    parser.add_argument("faults", nargs="*")
    args = parser.parse_args()
    all_faults = [f for f in faults(args.backend)
                  if not args.faults or f[0] in args.faults]
    if not all_faults:
        sys.exit("no such fault; see fake-backend --list-value-faults")
    fields = [(field, [*group]) for field, group in itertools.groupby(
        all_faults, lambda f: f[0].rsplit(".", 1)[0])]
    tap = Tap(plan=len(fields))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() * 2) as pool:
        for field, group in fields:
            bad = [f"{name}: {what}" for (name, _), what in zip(
                group, pool.map(lambda f: run(args.vuspec, *f), group))
                if what]
            tap.test(f"{field} ({len(group)} values)", not bad, bad)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
