#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Refuse each legal value once, accept each malformed message once, and see that
this is caught.

Usage: run_value_faults.py VUSPEC FAKE_BACKEND [FAULT...]

The faults are those of `fake-backend --list-value-faults`, made from
harness/wire/legal.def: strict.MESSAGE.FIELD.VALUE refuses one value of one
field.  Each runs over the rows of legal_*.* that send the message.  It is
caught when its rule, and no other, is named by a fail or a warn, and when
nothing is broken.  All values of a field are one test of TAP.

sloppy.MESSAGE.COMPLAINT takes what the message table complains of for carried
out.  Each runs over the cases about such messages, and is caught when any fails
or warns.  Those that are not seen stand in ci/sloppy-unseen (fault, why; a
glob), where each row must be needed.  All of a complaint are one test of
TAP."""
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
# Where a complaint shows.
SLOPPY = {
    "version": ["header.*"],
    "reply": ["header.*"],
    "size": ["message_framing.*", "payload.*", "config.*", "backend_channel.*"],
    "fds": ["fds.*", "mem_*.*", "ring_fds.*", "backend_channel.*"],
    "gate": ["header.messages_need_their_feature*"],
    "ring": ["ring_setup.ring_index_is_bounded*"],
}


def unseen():
    """Globs of faults that nothing shows."""
    lines = (ROOT / "ci" / "sloppy-unseen").read_text().splitlines()
    return [x.split("\t")[0] for x in lines if x and x[0] != "#"]


def faults(program):
    """Names, rules, and the devices to try them with."""
    out = subprocess.run([program, "--list-value-faults"], check=True,
                         capture_output=True, text=True).stdout
    return [tuple(line.split("\t")) for line in out.splitlines()]


def judge(results, rule):
    """What is wrong with what a fault was seen to do."""
    seen = {r["rule"] for r in results if r["verdict"] in ("fail", "warn")}
    broken = [r["id"] for r in results if r["verdict"] == "broken"]
    if broken:
        return "broken: " + ", ".join(broken)
    if seen == {rule} or seen and rule == "-":
        return None
    if rule == "-":
        return "nothing failed or warned"
    return (f"{rule} was not named alone, but "
            + (", ".join(sorted(seen)) or "nothing"))


def run(vuspec, name, rule, device):
    """None: it is caught."""
    kind, message, what = name.split(".")[:3]
    filters = (SLOPPY[what] if kind == "sloppy"
               else [f"legal_*.*row={message.lower()}]"])
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [vuspec, "test-backend", "--fault", name, "--device", device,
                 "--memory", "memfd", "--level", "may", "-j", "1", "--output",
                 f"json={out.name}"]
        for f in filters:
            words += ["--filter", f]
        try:
            done = subprocess.run(words, capture_output=True, text=True,
                                  check=False, timeout=LONGEST_S)
            return judge(json.load(open(out.name))["results"], rule)
        except subprocess.TimeoutExpired:
            return f"not done after {LONGEST_S} s"
        except ValueError:
            return done.stdout + done.stderr


def field_of(name):
    """What is one test."""
    words = name.split(".")
    return f"sloppy.*.{words[2]}" if words[0] == "sloppy" else ".".join(
        words[:3])


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
    known, needed = [] if args.faults else unseen(), set()
    fields = collections.defaultdict(list)
    for fault in all_faults:
        fields[field_of(fault[0])].append(fault)
    tap = Tap(plan=len(fields) + (not args.faults))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() * 2) as pool:
        for field, group in fields.items():
            seen = pool.map(lambda f: run(args.vuspec, *f), group)
            bad = []
            for (name, *_), what in zip(group, seen):
                rows = [x for x in known if what and
                        fnmatch.fnmatchcase(name, x)]
                needed.update(rows)
                if what and not rows:
                    bad.append(f"{name}: {what}")
            tap.test(f"{field} ({len(group)} faults)", not bad, bad)
    if not args.faults:
        idle = [x for x in known if x not in needed]
        tap.test("each row of ci/sloppy-unseen is needed", not idle, idle)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
