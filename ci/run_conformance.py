#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on a target and hold its verdicts against what is expected.

Usage: run_conformance.py [--history FOLDER] [--strict]
       VUSPEC COMMAND TARGET [OPTION...] [-- CMD...]

COMMAND is test-backend or test-frontend.

TARGET is PEER-KIND.  Skips that are expected stand in ci/expected-skips
(target, case, reason, why), what a real peer is known to do otherwise in
ci/expected/PEER.tsv (target, case, verdict, rule, why).  Target, case and
reason are globs.  A skip, warn or fail must have its row, and the case of a
row must come to what the row says, every time: only rows whose verdict (or
reason) begins with "sometimes " may also not happen.

Whether they ever do is counted in FOLDER/TARGET.tsv (runs, how often, row): a
row that never happened in ENOUGH runs is told, and with --strict it fails.

Each variant is a test of TAP, good when its verdict is the expected one in each
repeat, and so is each row: it happened.  All are skipped when the peer is not
here (CMD is a script of ci/peers that says so to --check)."""
import collections
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

# Runs after which a row of chance that never happened is a row too many.
ENOUGH = 20

ROOT = pathlib.Path(__file__).resolve().parent.parent


def rows(path, columns):
    """File, line and cells of each row."""
    if not path.exists():
        return []
    name = path.relative_to(ROOT)
    found = [(name, n, x.split("\t"))
             for n, x in enumerate(path.read_text().splitlines(), 1)
             if x and not x.startswith("#")]
    for _, n, x in found:
        if len(x) < columns:
            sys.exit(f"{name}:{n}: {len(x)} columns; {columns} are needed")
    return found


def glob(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def why_not_here(words):
    """Why the peer that the words name cannot be tried, or None."""
    command = words[words.index("--") + 1] if "--" in words else ""
    if pathlib.Path(command).parent.name != "peers":
        return None
    done = subprocess.run([command, "--check"], check=False, text=True,
                          capture_output=True)
    said = (done.stdout + done.stderr).split("\n")[0]
    return None if done.returncode == 0 else said or f"no {command}"


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

    def __init__(self, words, place):
        self.case, text, *rest = words[1:]
        self.place = place
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


def judge(result, known, skips):
    """What is not as it was expected of one result, a line each."""
    said = [x for x in known + skips if x.names(result) and x.says(result)]
    for x in said:
        x.happened = True
    if result["verdict"] == "broken" or (result["verdict"] != "pass"
                                         and not said):
        return [f"not expected: {as_row(result)}; if it is right, a row of "
                "ci/expected-skips or ci/expected"]
    if result["verdict"] in ("pass", "skip") and not said:
        return [f"did not happen ({result['verdict']}): {x}; remove or mend "
                f"{x.place}" for x in known
                if x.names(result) and not x.sometimes]
    return []


def judge_variants(tap, results, known, skips):
    """A test for each variant, in the order in which they came."""
    variants = collections.defaultdict(list)
    for r in results:
        variants[r["id"]].append(r)
    for name, repeats in variants.items():
        bad = [x for r in repeats for x in judge(r, known, skips)]
        skipped = all(r["verdict"] == "skip" for r in repeats)
        tap.test(name, not bad, bad,
                 (repeats[0]["reason"] or "skipped") if skipped else None)


class History:
    """How often rows of chance happened, over the runs of one target."""

    def __init__(self, folder, target):
        self.path = pathlib.Path(folder) / f"{target}.tsv"
        self.counts = {}
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                runs, times, row = line.split("\t", 2)
                self.counts[row] = int(runs), int(times)

    def add(self, rows):
        """One more run; rows that are gone are forgotten."""
        self.counts = {str(row): [sum(x) for x in zip(
            self.counts.get(str(row), (0, 0)), (1, row.happened))]
            for row in rows}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(
            f"{runs}\t{times}\t{row}\n"
            for row, (runs, times) in self.counts.items()), encoding="utf-8")

    def complaints(self, rows):
        for row in rows:
            runs, times = self.counts[str(row)]
            if runs >= ENOUGH and times == 0:
                yield (f"{row.place}: never happened in {runs} runs: {row}; "
                       "remove the row")


def hold_history(tap, folder, strict, target, rows):
    """Notes about rows of chance; failures, if that is asked for."""
    history = History(folder, target)
    history.add(rows)
    bad = [*history.complaints(rows)]
    if strict:
        tap.test("rows of chance happen", not bad, bad)
    else:
        for line in bad:
            tap.write(f"# {line}")


def words_of_ours(words):
    """--history FOLDER and --strict, which come first; the rest."""
    folder, strict = None, False
    while words and words[0] in ("--history", "--strict"):
        if words.pop(0) == "--strict":
            strict = True
        else:
            folder = words.pop(0)
    return folder, strict, words


def main():
    folder, strict, words = words_of_ours(sys.argv[1:])
    vuspec, command, target, *words = words
    tap, lacking = Tap(), why_not_here(words)
    if lacking:
        return tap.skip_all(lacking)
    table = ROOT / "ci" / "expected" / f"{target.split('-')[0]}.tsv"
    skips = [Row(x, f"{p}:{n}") for p, n, x in
             rows(ROOT / "ci" / "expected-skips", 3) if glob(x[0], target)]
    known = [Row(x, f"{p}:{n}") for p, n, x in rows(table, 5)
             if glob(x[0], target)]
    report, done = run(vuspec, command, words)
    judge_variants(tap, report["results"], known, skips)
    for row in known + skips:
        if not row.happened and not row.sometimes:
            tap.test(f"expected: {row}", False,
                     [f"{row.place}: did not happen; remove or mend the row"])
    if folder:
        hold_history(tap, folder, strict, target,
                     [x for x in known + skips if x.sometimes])
    counts = collections.Counter(r["verdict"] for r in report["results"])
    tap.test("something passed", counts["pass"] > 0)
    if tap.failed:
        print(done.stdout[-20000:], done.stderr[-4000:], file=sys.stderr)
    tap.write(f"# {target}: exit status {done.returncode}, "
              + ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
