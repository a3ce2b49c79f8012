#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on a target and hold its verdicts against what is expected.

Usage: run_conformance.py VUSPEC COMMAND TARGET [OPTION...] [-- CMD...]

COMMAND is test-backend or test-frontend.

TARGET is PEER-KIND.  Skips that are expected stand in ci/expected-skips
(target, case, reason, why), what a real peer is known to do otherwise in
ci/expected/PEER.tsv (target, case, verdict, rule, why).  Target, case and
reason are globs.  A skip, warn or fail must have its row, and the case of a
row must come to what the row says, every time: only rows whose verdict (or
reason) begins with "sometimes " may also not happen.

Exit status: 0 as expected, 1 not, 77 the peer is not here (CMD is a script of
ci/peers that says so to --check)."""
import collections
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


def run(vuspec, command, words):
    """The report, the finished process."""
    fd, name = tempfile.mkstemp(suffix=".json")
    os.close(fd)
    try:
        done = subprocess.run([vuspec, command, "--output", f"json={name}",
                               "--output", "human", *words],
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


class Row:
    """One expectation: a case, and what it comes to."""

    def __init__(self, words):
        self.case, text, *rest = words[1:]
        self.sometimes = text.startswith("sometimes ")
        self.text = text.removeprefix("sometimes ")
        # A row of ci/expected-skips has no rule.
        self.rule = rest[0] if len(rest) > 1 else None
        self.happened = False

    def names(self, result):
        return glob(self.case, result["id"])

    def says(self, result):
        if self.rule is None:
            return (result["verdict"] == "skip"
                    and glob(self.text, result["reason"]))
        return (result["verdict"] == self.text
                and (result["rule"] or "") == self.rule)

    def __str__(self):
        return "\t".join(x for x in [self.case, self.text, self.rule] if x)


def judge(results, known, skips):
    """What is not as it was expected, a line each."""
    bad = []
    for r in results:
        said = [x for x in known + skips if x.names(r) and x.says(r)]
        for x in said:
            x.happened = True
        if r["verdict"] == "broken" or (r["verdict"] != "pass" and not said):
            bad.append(f"not expected: {as_row(r)}")
        elif r["verdict"] in ("pass", "skip") and not said:
            bad += [f"did not happen ({r['verdict']} of {r['id']}): {x}"
                    for x in known if x.names(r) and not x.sometimes]
    bad += [f"did not happen: {x}" for x in known + skips
            if not x.happened and not x.sometimes]
    return bad


def main():
    vuspec, command, target, *words = sys.argv[1:]
    if not is_here(words):
        return 77
    table = ROOT / "ci" / "expected" / f"{target.split('-')[0]}.tsv"
    skips = [Row(x) for x in rows(ROOT / "ci" / "expected-skips", 3)
             if glob(x[0], target)]
    known = [Row(x) for x in rows(table, 5) if glob(x[0], target)]
    report, done = run(vuspec, command, words)
    bad = judge(report["results"], known, skips)
    counts = collections.Counter(r["verdict"] for r in report["results"])
    if bad:
        print(done.stdout[-20000:], done.stderr[-4000:])
    for line in bad:
        print(f"{target}: {line}")
    print(f"{target}: exit status {done.returncode},",
          ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    return 0 if counts["pass"] and not bad else 1


sys.exit(main())
