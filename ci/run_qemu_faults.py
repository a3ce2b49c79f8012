#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the memory faults of fake-frontend through the tests of pytest/qemu.

Usage: run_qemu_faults.py BUILD [--write] [FAULT...]

Each fault of fake-frontend that pytest proves (the fifth column of
--list-faults) runs in QEMU's place over the tests that mark its rule
(@pytest.mark.rule), which all pass without it.  It is caught when a test fails
that marks its rule; rules in its `also` that the test marks too are proved with
it.  --write records what was seen in
harness/spec/proofs_pytest.tsv (fault, test, rule) and every mark in
harness/spec/tests.tsv (test, rule); without it both must be what is seen."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT / "harness" / "spec"


def faults(fake):
    """Name, rule and `also` of each."""
    out = subprocess.run([fake, "--list-faults"], check=True,
                         capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    return [(name, rule, also.split())
            for name, rule, also, _says, proved_by in rows
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


def held(path, head, rows, write):
    """Complaints when the file does not hold these rows."""
    lines = sorted("\t".join(r) for r in rows)
    if write:
        path.write_text("\n".join([head, *lines]) + "\n")
        return []
    recorded = path.read_text().splitlines()[1:]
    return [f"{path.name} differs (ci/run_qemu_faults.py --write): "
            + line.replace("\t", " ")
            for line in sorted(set(recorded) ^ set(lines))]


def main():
    build, *only = [w for w in sys.argv[1:] if not w.startswith("--")]
    build = pathlib.Path(build).resolve()
    write = "--write" in sys.argv
    fake = build / "fake-frontend" / "fake-frontend"

    def one(fault):
        name, rule, _also = fault
        return fault, *pytest(build, f"--qemu={fake}",
                              "--qemu-word=--fault", f"--qemu-word={name}",
                              f"--rule={rule}")

    marks, text = pytest(build, "--collect-only")
    if marks is None:
        print(text)
        return 1
    wanted = [f for f in faults(fake) if not only or f[0] in only]
    bad, proofs = [], set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, rule, also), seen, text in pool.map(one, wanted):
            failed = {(name, t, r) for t, r in (seen or {}).get("failed", [])
                      if r in (rule, *also)}
            if not seen or seen["errors"]:
                bad.append(f"{name}: tests are broken:\n{text}")
            proofs |= failed
            if rule not in {r for _, _, r in failed}:
                bad.append(f"{name} ({rule}): no test that marks it failed: "
                           + (text.strip().splitlines() or ["?"])[-1])
    clear()
    path = SPEC / "proofs_pytest.tsv"
    if only:  # the others' rows stay
        rows = [x.split("\t") for x in path.read_text().splitlines()[1:]]
        proofs |= {tuple(x) for x in rows if x[0] not in only}
    if write or not only:
        bad += held(path, "fault\ttest\trule", proofs, write)
        bad += held(SPEC / "tests.tsv", "test\trule",
                    {tuple(x) for x in marks["marks"]}, write)
    for line in bad:
        print(line)
    caught = {p[0] for p in proofs} & {f[0] for f in wanted}
    print(f"{len(caught)} of {len(wanted)} faults caught")
    return 1 if bad else 0


sys.exit(main())
