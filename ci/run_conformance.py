#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on a target and hold its verdicts against what is expected.

Usage: run_conformance.py VUSPEC TARGET [OPTION...] [-- CMD...]

TARGET names the section of ci/expected-skips, and of ci/expected/TARGET.tsv
where a real peer has known deviations (case, verdict, rule).  Every skip, warn
and fail must be listed there, and everything listed must happen."""
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def rows(path, columns):
    if not path.exists():
        return []
    lines = [x.split("\t") for x in path.read_text().splitlines()
             if x and not x.startswith("#")]
    for x in lines:
        assert len(x) >= columns, f"{path}: {x}: want {columns} columns"
    return lines


def glob(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def main():
    vuspec, target, *words = sys.argv[1:]
    skips = [x[1:] for x in rows(ROOT / "ci" / "expected-skips", 3)
             if x[0] == target]
    known = rows(ROOT / "ci" / "expected" / f"{target}.tsv", 3)
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run = subprocess.run([vuspec, "test-backend", "--output",
                              f"json={out.name}", "--output", "human", *words],
                             capture_output=True, text=True, check=False)
        report = json.load(open(out.name))
    bad, used_skips, used_known = [], set(), set()
    counts = {}
    for r in report["results"]:
        verdict, rule = r["verdict"], r.get("rule") or ""
        counts[verdict] = counts.get(verdict, 0) + 1
        if verdict == "pass":
            continue
        if verdict == "skip":
            hits = {i for i, (case, reason, *_) in enumerate(skips)
                    if glob(case, r["id"]) and glob(reason, r["reason"])}
            used_skips |= hits
            expected = bool(hits)
        else:
            hits = {i for i, (case, v, want, *_) in enumerate(known)
                    if glob(case, r["id"]) and v == verdict and want == rule}
            used_known |= hits
            expected = bool(hits) and verdict != "broken"
        if not expected:
            bad.append(f"not expected: {r['id']} {verdict} {rule} "
                       f"({r.get('reason')})")
    for i, x in enumerate(skips):
        if i not in used_skips:
            bad.append(f"ci/expected-skips: did not happen: {target} {x}")
    for i, x in enumerate(known):
        if i not in used_known:
            bad.append(f"ci/expected/{target}.tsv: did not happen: {x}")
    if bad:
        print(run.stdout[-20000:], run.stderr[-4000:])
    for line in bad:
        print(line)
    print(f"{target}: exit status {run.returncode},",
          ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    if not counts.get("pass"):
        bad.append("nothing passed")
    return 1 if bad else 0


sys.exit(main())
