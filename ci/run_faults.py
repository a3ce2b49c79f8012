#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run every fault of the fakes and see that it is caught by its rule.

Usage: run_faults.py VUSPEC FAKE_BACKEND FAKE_FRONTEND [--full] [--write]
       [FAULT...]

Each fault runs over the cases that cite its rule and over the smoke session,
on one kind of memory.  A fault is caught when its rule is named by a fail (or
by a warn, where the rule warns), when no rule outside the fault's own and
`also` is named, and when nothing is broken.
--full runs each over all cases, where it is seen in more places than one can
list: a back-end that loses removed regions loses them everywhere.  There a
fault must be caught and nothing be broken; FAULTs given by name are told with
all that names them.
--write records what was seen in harness/spec/proofs.tsv; without it the
recorded proofs must be what is seen."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROOFS = ROOT / "harness" / "spec" / "proofs.tsv"
LONGEST_S = 600
# A busy machine can miss a fault, never invent one: what was seen before and is
# not now is looked for again so often, by itself.
AGAIN = 3
NOTHING = "nothing named its rule"
# A whole session that a fault must not break but by its own rule.
SMOKES = {"backend": "session_lifecycle.a_session_goes_from_start_to_stop",
          "frontend": "requests.requests_have_version_1"}


def of_pytest(frontend):
    """Faults that no case sees: ci/run_qemu_faults.py has them."""
    out = subprocess.run([frontend, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    return {line.split("\t")[0] for line in out.splitlines()
            if line.endswith("\tpytest")}


def table(party, program):
    """Lines of `--list-faults`: name, rule, also, what it does."""
    out = subprocess.run([program, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        name, rule, also, _says = (line.split("\t") + [""] * 3)[:4]
        yield {"party": party, "name": name, "rule": rule,
               "also": also.split()}


def run(vuspec, fault, filters, device, workers):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = [vuspec, "test-" + fault["party"], "--fault", fault["name"],
                 "--device", device, "--memory", "memfd", "--level", "may",
                 "-j", workers, "--output", f"json={out.name}"]
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


def judge(fault, results, text, elsewhere):
    """Complaints, and the (case, verdict) pairs that prove the fault."""
    if results is None:
        return [f"no report:\n{text}"], []
    bad, proofs = [], []
    allowed = {fault["rule"], *fault["also"]}
    for r in results:
        verdict, rule = r["verdict"], r.get("rule")
        if verdict == "broken":
            bad.append(f"{r['id']} is broken: {r.get('reason')}")
        elif verdict in ("fail", "warn"):
            if rule not in allowed and not elsewhere:
                bad.append(f"{r['id']} names {rule}, which is neither its "
                           f"rule nor in `also`: {r.get('reason')}")
            if rule == fault["rule"]:
                proofs.append((f"{r['group']}.{r['name'].split('[')[0]}",
                               verdict))
    if not proofs:
        other = sorted(f"{r['id']}={r['verdict']}" for r in results
                       if r["verdict"] != "pass")
        bad.append(f"{NOTHING}; "
                   + (", ".join(other) or f"{len(results)} variants passed"))
    return bad, sorted(set(proofs))


def recorded():
    """The proofs of harness/spec/proofs.tsv, a line each."""
    return PROOFS.read_text().splitlines()[1:] if PROOFS.exists() else []


def lines_of(fault, proofs):
    return {"\t".join([fault["name"], case, fault["rule"], verdict])
            for case, verdict in proofs}


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    vuspec, backend, frontend, *only = words
    full, write = "--full" in sys.argv, "--write" in sys.argv
    cases = json.loads(subprocess.run(
        [vuspec, "list", "--format", "json"], check=True, capture_output=True,
        text=True).stdout)
    faults = [f for f in [*table("backend", backend),
                          *table("frontend", frontend)]
              if f["name"] in only or
              not only and f["name"] not in of_pytest(frontend)]
    unknown = set(only) - {f["name"] for f in faults}
    if unknown:
        print("no such fault: " + ", ".join(sorted(unknown))
              + " (see --list-faults of the fakes)")
        return 2

    def one(fault):
        """Complaints, and lines that prove the fault."""
        citing = [c for c in cases if fault["rule"] in c["rules"] and
                  c["party"] == fault["party"]]
        # A fault of a device shows with that device; others with blk.
        device = next((c["devices"][0] for c in citing if c["devices"]),
                      "blk")
        filters = ["*"] if full else (
            [c["id"] + "*" for c in citing if device in
             (c["devices"] or [device])] + [SMOKES[fault["party"]]])
        bad, proofs = judge(fault, *run(vuspec, fault, filters, device,
                                        workers), full and not only)
        return bad, lines_of(fault, proofs)

    def misses(fault, lines):
        """Was more seen before?"""
        return not lines or not full and any(
            line.startswith(fault["name"] + "\t") for line in known - lines)

    # Most of the time is spent waiting for what a fault keeps from coming: few
    # cases each of many faults, or all the cases of one or two.
    width, workers = (2, "16") if full else (os.cpu_count() * 5, "2")
    known, seen, stale, failed = set(recorded()), set(), [], 0
    with concurrent.futures.ThreadPoolExecutor(width) as pool:
        found = list(zip(faults, pool.map(one, faults)))
    for fault, (bad, lines) in found:
        for _ in range(AGAIN):
            if not misses(fault, lines):
                break
            worse, more = one(fault)
            bad += [x for x in worse if x not in bad]
            lines |= more
        bad = [x for x in bad if not (lines and x.startswith(NOTHING))]
        for line in bad:
            print(f"{fault['name']} ({fault['rule']}): {line}", flush=True)
        failed += bool(bad)
        if not bad:
            seen |= lines
    lines = sorted(seen)
    head = "fault\tcase\trule\tverdict"
    if write:
        PROOFS.write_text("\n".join([head, *lines]) + "\n")
    elif not only and not full:
        stale = sorted(known ^ seen)
        for line in stale:
            print("proofs.tsv differs (ci/run_faults.py --write): "
                  + line.replace("\t", " "))
    print(f"{len(faults) - failed} faults caught, {failed} not")
    return 1 if failed or stale else 0


sys.exit(main())
