#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the memory faults of fake-frontend through the tests of pytest/qemu.

Usage: run_qemu_faults.py BUILD [--write] [--gone] [FAULT...]

Each fault of fake-frontend that pytest proves (the fifth column of
--list-faults) runs in QEMU's place over the tests that mark its rule
(@pytest.mark.rule), which all pass without it.  It is caught when a test fails
that marks its rule; rules in its `also` that the test marks too are proved with
it.  Each is a test of TAP.
--write records what was seen of these faults in harness/spec/proofs_pytest
(fault, test, rule), keeps the rows of all others, and records every mark in
harness/spec/tests.tsv (test, rule); without it both must be what is seen.
--gone forgets the rows of faults that no longer exist, and runs nothing."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from proofs import TESTS, Proofs
from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT / "harness" / "spec"


def faults(fake):
    """Name, rule and `also` of each."""
    out = subprocess.run([fake, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return [(name, rule, also.split())
            for name, rule, also, _says, proved_by, _chance in rows
            if proved_by == "pytest"]


def pytest(build, *words):
    """What the plugin saw: {"marks": [[test, rule]], "failed": [...]}."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "--rootdir", ROOT / "pytest", ROOT / "pytest" / "qemu",
             f"--vuspec-build={build}", f"--rules-json={out.name}", *words],
            cwd=ROOT / "pytest" / "qemu", capture_output=True, text=True,
            check=False, timeout=300)
        text = pathlib.Path(out.name).read_text()
        return json.loads(text) if text else None, done.stdout + done.stderr


def clear():
    """What faulty programs left behind that were killed."""
    for path in pathlib.Path("/dev/shm").glob("vuspec-fault-*"):
        path.unlink(missing_ok=True)


def hold_marks(marks, write):
    """Complaints when harness/spec/tests.tsv does not hold these rows."""
    path = SPEC / "tests.tsv"
    lines = ["test\trule", *sorted({"\t".join(x) for x in marks})]
    if write:
        path.write_text("\n".join(lines) + "\n")
        return []
    recorded = path.read_text().splitlines()
    return [f"harness/spec/tests.tsv:1: differs in {line.replace(chr(9), ' ')};"
            " run ci/record --all"
            for line in sorted(set(recorded) ^ set(lines))]


def judge(fault, seen, text):
    """Complaints, and rows that prove the fault."""
    name, rule, also = fault
    rows = {(name, t, r) for t, r in (seen or {}).get("failed", [])
            if r in (rule, *also)}
    bad = []
    if not seen or seen["errors"]:
        bad.append(f"tests are broken:\n{text}")
    if rule not in {r for _, _, r in rows}:
        bad.append(f"no test that marks {rule} failed: "
                   + (text.strip().splitlines() or ["?"])[-1])
    return bad, rows


def run_faults(tap, build, wanted, proofs, write):
    """Each as it comes, in order; the rows that were seen."""
    fake = build / "fake-frontend" / "fake-frontend"
    found = {}

    def one(fault):
        name, rule, _also = fault
        return fault, *pytest(build, f"--qemu={fake}",
                              "--qemu-word=--fault", f"--qemu-word={name}",
                              f"--rule={rule}")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for fault, seen, text in pool.map(one, wanted):
            name = fault[0]
            bad, rows = judge(fault, seen, text)
            if not bad:
                found[name] = rows
                if not write:
                    bad = [*proofs.differences(name, rows)]
            tap.test(name, not bad, bad)
    return found


def main():
    build, *only = [w for w in sys.argv[1:] if not w.startswith("--")]
    build = pathlib.Path(build).resolve()
    write = "--write" in sys.argv
    fake = build / "fake-frontend" / "fake-frontend"
    proofs, known = Proofs(TESTS), faults(fake)
    gone = set(proofs.rows) - {f[0] for f in known}
    if "--gone" in sys.argv:
        proofs.forget(gone)
        return 0
    unknown = set(only) - {f[0] for f in known}
    if unknown:
        sys.exit("no such fault of memory: " + ", ".join(sorted(unknown))
                 + "; see fake-frontend --list-faults")
    wanted = [f for f in known if not only or f[0] in only]
    tap = Tap(plan=len(wanted) + 1 + (not only))
    marks, text = pytest(build, "--collect-only")
    if marks is None:
        return tap.bail_out(text)
    found = run_faults(tap, build, wanted, proofs, write)
    clear()
    if not only:
        bad = [*proofs.unknown({f[0] for f in known})]
        tap.test("every recorded fault exists", not bad, bad)
    bad = hold_marks(marks["marks"], write)
    tap.test("every mark is recorded", not bad, bad)
    if write:
        proofs.record(found)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
