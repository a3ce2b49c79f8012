#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run faults of the fakes and see that each is caught by its rule.

Usage: run_faults.py VUSPEC FAKE_BACKEND FAKE_FRONTEND [--full] [--write]
       [--gone] [--proofs FOLDER] [FAULT...]

Each fault runs over the cases that cite its rule and over the smoke session,
on one kind of memory.  A fault is caught when its rule is named by a fail (or
by a warn, where the rule warns), when no rule outside the fault's own and
`also` is named, and when nothing is broken.  Each is a test of TAP.  It must be
caught in each try, unless its declaration says why chance decides (.chance).
--full runs each over all cases, where it is seen in more places than one can
list: a back-end that loses removed regions loses them everywhere.  There a
fault must be caught and nothing be broken; for FAULTs given by name, all that
names them is shown.
--write records what was seen of these faults in harness/spec/proofs (or in
FOLDER) and keeps the rows of all others.  Without it, what is recorded must be
what is seen; of FAULTs given by name it is only told.
Which checks each made fail is recorded in proofs_checks, beside that folder: a
check that was recorded must be seen to fail, by whatever fault.
--gone forgets the rows of faults that no longer exist, and runs nothing."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import checks
from proofs import CASES, CHECKS, Proofs, group_of
from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONGEST_S = 600
# A busy machine can miss a fault, never invent one: what was seen before and is
# not now is looked for again so often, by itself.
AGAIN = 3
NOTHING = "nothing named its rule"
# Faults of these rules have many cases, each of which waits: they begin first.
LONG = "split_ring.hardening."
# Seconds a case: most of the time is spent waiting for deaf fakes, each until
# the deadline of a request, a part of it.  What is not as recorded is looked at
# again with the time that users have.
SHORT_S, WHOLE_S = 12, 30
# Whole sessions that a fault must not break but by its own rule, and in which
# monitors see what no case looks for: one with few features, a second
# connection, memory that is added.
SMOKES = {
    "backend": ["session_lifecycle.a_session_goes_from_start_to_stop"],
    "frontend": ["requests.requests_have_version_1"],
}
MONITORED = {
    "backend": ["feature_alone.feature_opens_its_message"
                "*backend_req*"],
    "frontend": ["reconnect.a_new_connection_starts_over",
                 "memory_hotplug.*"],
}


# The same for those of rings: several requests at once, and indirect tables.
RINGS = ["socket.kicks_of_a_closed_session_do_no_harm",
         "indirect_descriptors.indirect_requests_are_served*"]


def of_pytest(frontend):
    """Faults that no case sees: ci/run_qemu_faults.py has them."""
    out = subprocess.run([frontend, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    return {line.split("\t")[0] for line in out.splitlines()
            if line.split("\t")[4] == "pytest"}


def table(party, program):
    """Lines of `--list-faults`: name, rule, also, what it does."""
    out = subprocess.run([program, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        name, rule, also, _says, _by, chance = line.split("\t")
        yield {"party": party, "name": name, "rule": rule,
               "also": also.split(), "chance": chance}


def run(vuspec, fault, filters, device, workers, timeout_s):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [vuspec, "test-" + fault["party"], "--fault", fault["name"],
                 "--device", device, "--memory", "memfd", "--level", "may",
                 "-j", workers, "--timeout", str(timeout_s),
                 "--output", f"json={out.name}"]
        for f in filters:
            words += ["--filter", f]
        try:
            done = subprocess.run(words, capture_output=True, text=True,
                                  check=False, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return None, f"not done after {LONGEST_S} s\n"
        try:
            report = json.load(open(out.name))
        except ValueError:
            return None, done.stdout + done.stderr
        return report.get("results", []), done.stdout + done.stderr


def variant(result):
    """The case, and its row where it has rows: of the kinds of memory there is
    one here."""
    name, _, rest = result["id"].partition("[")
    row = [x for x in rest.rstrip("]").split(",") if x.startswith("row=")]
    return name + (f"[{row[0]}]" if row else "")


def verdict_of(result):
    """A fake that ends itself shows that an end is seen, and no more."""
    return ("abort" if result["verdict"] == "fail" and
            "SIGABRT" in (result.get("peer_end") or "") else result["verdict"])


def judge(fault, results, text, elsewhere):
    """Complaints, and the (variant, verdict) pairs that prove the fault."""
    if results is None:
        return [f"no report:\n{text}"], []
    bad, proofs = [], []
    allowed = {fault["rule"], *fault["also"]}
    for r in results:
        verdict, rule = r["verdict"], r.get("rule")
        if verdict == "broken":
            bad.append(f"{r['id']} is broken: {r.get('reason')}")
        elif verdict in ("fail", "unstable", "warn"):
            if rule not in allowed and not elsewhere:
                bad.append(f"{r['id']} names {rule}, which is neither its "
                           f"rule nor in `also`: {r.get('reason')}")
            if rule == fault["rule"] and verdict != "unstable":
                proofs.append((variant(r), verdict_of(r)))
    if not proofs:
        other = sorted(f"{r['id']}={r['verdict']}" for r in results
                       if r["verdict"] != "pass")
        bad.append(f"{NOTHING}; "
                   + (", ".join(other) or f"{len(results)} variants passed"))
    return bad, sorted(set(proofs))


def chosen(args):
    """The faults that are to run, and the names of all."""
    faults = [*table("backend", args.backend),
              *table("frontend", args.frontend)]
    names = {f["name"] for f in faults}
    unknown = set(args.faults) - names
    if unknown:
        sys.exit("no such fault: " + ", ".join(sorted(unknown))
                 + "; see --list-faults of the fakes")
    hidden = set() if args.faults else of_pytest(args.frontend)
    return [f for f in faults if f["name"] not in hidden
            and (not args.faults or f["name"] in args.faults)], names


class Runs:
    """Faults, run over cases."""

    def __init__(self, args):
        self.args = args
        self.notes = []
        self.checks = {}  # of each fault, those that it was seen to fail
        self.cases = json.loads(subprocess.run(
            [args.vuspec, "list", "--format", "json"], check=True,
            capture_output=True, text=True).stdout)
        self.monitored = {r["id"] for r in json.loads(subprocess.run(
            [args.vuspec, "coverage", "--format", "json"], check=True,
            capture_output=True, text=True).stdout) if r["monitored"]}
        # Most of the time is spent waiting for what a fault keeps from coming:
        # few cases each of many faults, or all the cases of one or two.
        self.width, self.workers = ((2, "16") if args.full
                                    else (os.cpu_count() * 8, "2"))

    def watching(self, fault):
        """Sessions in which only monitors look for this rule."""
        if fault["rule"] not in self.monitored:
            return []
        return (RINGS if fault["party"] == "backend" and
                fault["rule"].startswith("split_ring.")
                else MONITORED[fault["party"]])

    def once(self, fault, timeout_s):
        """Complaints, and rows that prove the fault."""
        args = self.args
        citing = [c for c in self.cases if fault["rule"] in c["rules"] and
                  c["party"] == fault["party"]]
        # A fault of a device shows with that device; others with blk.
        device = next((c["devices"][0] for c in citing if c["devices"]),
                      "blk")
        filters = ["*"] if args.full else (
            [c["id"] + "*" for c in citing if device in
             (c["devices"] or [device])] + SMOKES[fault["party"]]
            + self.watching(fault))
        results, text = run(args.vuspec, fault, filters, device, self.workers,
                            timeout_s)
        self.checks.setdefault(fault["name"], set()).update(
            r["check"] for r in results or [] if r.get("check")
            and r["verdict"] in ("fail", "warn"))
        bad, proofs = judge(fault, results, text, args.full and not args.faults)
        return bad, {(fault["name"], case, fault["rule"], verdict)
                     for case, verdict in proofs}

    def again(self, fault, rows, missed):
        """By itself and with the whole time.  A fault that was caught until
        nothing is missed; one that was not AGAIN times, which must all catch it
        unless chance decides."""
        bad, caught, tries = [], 0, 0
        while tries < AGAIN and (tries == 0 or caught < tries
                                 or missed(fault, rows)):
            worse, more = self.once(fault, WHOLE_S)
            bad += [x for x in worse if x not in bad]
            rows |= more
            caught, tries = caught + bool(more), tries + 1
        if rows:
            bad = [x for x in bad if not x.startswith(NOTHING)]
        if 0 < caught < tries:
            said = f"caught in {caught} of {tries} tries"
            if fault["chance"]:
                self.notes.append(f"{fault['name']}: {said}; "
                                  f"{fault['chance']}")
            else:
                bad.append(f"{said}; mend the case or the fault, or say why "
                           "by .chance")
        return bad, rows

    def all(self, faults, missed):
        """Each fault with its complaints and rows: as they come, in order, and
        those that have to be run again last."""
        late = []

        def first(fault):
            return self.once(fault, WHOLE_S if self.args.full else SHORT_S)

        with concurrent.futures.ThreadPoolExecutor(self.width) as pool:
            jobs = {f["name"]: pool.submit(first, f) for f in sorted(
                faults, key=lambda f: not f["rule"].startswith(LONG))}
            for fault in faults:
                bad, rows = jobs[fault["name"]].result()
                if bad or missed(fault, rows):
                    late.append((fault, rows))
                else:
                    yield fault, bad, rows
        for fault, rows in late:
            yield fault, *self.again(fault, rows, missed)


class CheckProofs:
    """Which checks faults fail: what is recorded, and what is seen."""

    def __init__(self, args):
        folder = pathlib.Path(args.proofs) if args.proofs else None
        self.recorded = Proofs(CHECKS, folder and folder.with_name(
            folder.name + "_checks"))
        self.unproved = checks.Unproved(
            folder.with_name(checks.UNPROVED.name) if folder
            else checks.UNPROVED)
        self.names = set(checks.of_program(args.vuspec))

    def missed(self, name, seen):
        """Were more of this fault recorded, that there still are?"""
        return bool({check for _, check in self.recorded.of(name)
                     if check in self.names} - seen)

    def record(self, name, seen):
        self.recorded.record({name: {(name, check) for check in seen}})
        self.unproved.prove(seen)

    def lost(self, runs, faults):
        """Checks that no fault failed this time: looked for again by those that
        did."""
        by_check = {}
        for name, check in self.recorded.places:
            if name in faults:
                by_check.setdefault(check, []).append(name)
        for check, names in sorted(by_check.items()):
            for name in AGAIN * sorted(names):
                if any(check in seen for seen in runs.checks.values()):
                    break
                runs.once(faults[name], WHOLE_S)
            else:
                yield (f"{self.recorded.places[names[0], check]}: was not seen "
                       f"to fail: {check}; run ci/record {names[0]}")

    def new(self, runs, faults):
        """Checks that a fault fails, which are recorded by none: so it is when
        the fault runs by itself."""
        known = {check for _, check in self.recorded.places}
        for name, seen in sorted(runs.checks.items()):
            if seen <= known:
                continue
            runs.checks[name] = set()
            runs.once(faults[name], WHOLE_S)
            for check in sorted(runs.checks[name] - known):
                known.add(check)
                yield (f"{self.recorded.path(group_of(name))}:1: lacks {name} "
                       f"{check}; run ci/record {name}")


def words():
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage: ")[1],
                                     add_help=False)
    for name in ("vuspec", "backend", "frontend"):
        parser.add_argument(name)
    parser.add_argument("faults", nargs="*")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--gone", action="store_true")
    parser.add_argument("--proofs")
    return parser.parse_intermixed_args()


def main():
    args = words()
    faults, names = chosen(args)
    proofs, of_checks = Proofs(CASES, args.proofs), CheckProofs(args)
    if args.gone:
        proofs.forget(set(proofs.rows) - names)
        of_checks.recorded.forget(set(of_checks.recorded.rows) - names)
        return 0
    # Only a run of all faults, each over its own cases, sees all proofs.
    whole = not args.faults and not args.full
    holds = whole and not args.write

    def missed(fault, rows):
        """Was more seen before?"""
        return not rows or not args.full and bool(
            proofs.of(fault["name"]) - rows) or args.write and (
                of_checks.missed(fault["name"], runs.checks[fault["name"]]))

    tap = Tap(plan=len(faults) + 2 * holds)
    runs = Runs(args)
    for fault, bad, rows in runs.all(faults, missed):
        name = fault["name"]
        if args.write and not bad:
            proofs.record({name: rows})
            of_checks.record(name, runs.checks[name])
        stale = [] if bad or args.full or args.write else [
            *proofs.differences(name, rows)]
        tap.test(name, not bad and not (holds and stale),
                 [f"{fault['rule']}: {x}" for x in bad] + stale)
    for note in runs.notes:
        tap.write(f"# {note}")
    if holds:
        gone = [*proofs.unknown(names)]
        tap.test("every recorded fault exists", not gone, gone)
        by_name = {f["name"]: f for f in faults}
        bad = [*of_checks.new(runs, by_name), *of_checks.lost(runs, by_name)]
        tap.test("recorded checks fail, and no others", not bad, bad)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
