#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on a target and hold its verdicts against what is expected.

Usage: run_conformance.py VUSPEC TARGET [OPTION...] [-- CMD...]

TARGET is PEER-KIND.  Skips that are expected stand in ci/expected-skips
(target, case, reason, why), what a real peer is known to do otherwise in
ci/expected/PEER.tsv (target, case, verdict, rule, why).  Every skip, warn and
fail must be listed there, and everything listed must happen.

Exit status: 0 as expected, 1 not, 77 the peer is not here (CMD is a script of
ci/peers that says so to --check)."""
import fnmatch
import json
import os
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


def is_here(words):
    """Whether the peer that the words name can be tried; says why not."""
    command = words[words.index("--") + 1] if "--" in words else ""
    if pathlib.Path(command).parent.name != "peers":
        return True
    return subprocess.run([command, "--check"], check=False).returncode == 0


def run(vuspec, words):
    """The report, the finished process."""
    fd, name = tempfile.mkstemp(suffix=".json")
    os.close(fd)
    try:
        done = subprocess.run([vuspec, "test-backend", "--output",
                               f"json={name}", "--output", "human", *words],
                              capture_output=True, text=True, check=False)
        text = pathlib.Path(name).read_text()
    finally:
        os.unlink(name)
    return json.loads(text) if text else {"results": []}, done


def as_row(result):
    """How an expected verdict is written down."""
    # What a crash leaves is private: its end is not.
    why = result.get("reason") or result["peer_end"] or ""
    if result["verdict"] == "skip":
        return "\t".join([result["id"], why])
    return "\t".join([result["id"], result["verdict"], result["rule"] or "",
                      why])


def main():
    vuspec, target, *words = sys.argv[1:]
    if not is_here(words):
        return 77
    skips = [x[1:] for x in rows(ROOT / "ci" / "expected-skips", 3)
             if glob(x[0], target)]
    table = ROOT / "ci" / "expected" / f"{target.split('-')[0]}.tsv"
    known = [x[1:] for x in rows(table, 4) if glob(x[0], target)]
    report, done = run(vuspec, words)
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
            bad.append(f"not expected: {target}\t{as_row(r)}")
    for i, x in enumerate(skips):
        if i not in used_skips:
            bad.append(f"ci/expected-skips: did not happen: {target} {x}")
    for i, x in enumerate(known):
        if i not in used_known:
            bad.append(f"{table.name}: did not happen: {target} {x}")
    if bad:
        print(done.stdout[-20000:], done.stderr[-4000:])
    for line in bad:
        print(line)
    print(f"{target}: exit status {done.returncode},",
          ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    if not counts.get("pass"):
        bad.append("nothing passed")
    return 1 if bad else 0


sys.exit(main())
