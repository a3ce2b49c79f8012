# SPDX-License-Identifier: BSD-3-Clause
"""What became of each mutant, as JSON lines; equivalent mutants and why; the
score."""
import collections
import json
import pathlib

JUDGED = ("fail", "warn", "broken", "time", "pass")
HEAD = "program\tmutant\treason\n"


class Results:
    """A file of JSON lines, which a later run continues."""

    def __init__(self, path, program):
        self.path = pathlib.Path(path) if path else None
        self.program, self.rows, self.original = program, {}, None
        for line in (self.path.read_text().splitlines()
                     if self.path and self.path.exists() else []):
            row = json.loads(line)
            if row["program"] == program and "original" in row:
                self.original = row["original"]
            elif row["program"] == program:
                self.rows[row["mutant"]] = row

    def _write(self, row):
        if self.path:
            with self.path.open("a") as f:
                f.write(json.dumps(row) + "\n")

    def add(self, row):
        self.rows[row["mutant"]] = row
        self._write({"program": self.program, **row})

    def set_original(self, row):
        self.original = row
        self._write({"program": self.program, "original": row})


def equivalences(path, program):
    """Reason of each mutant that is recorded as equivalent."""
    found = {}
    if not pathlib.Path(path).exists():
        return found
    for n, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not line or line.startswith("#") or line + "\n" == HEAD:
            continue
        cells = line.split("\t")
        if len(cells) != 3 or not cells[2]:
            raise ValueError(f"{path}:{n}: three columns are needed: program, "
                             "mutant, reason")
        if cells[0] == program:
            found[cells[1]] = cells[2]
    return found


def percent(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "-"


def noticed(rows):
    """Share of the judged that failed, and that failed or warned; in 1."""
    n = collections.Counter(r["outcome"] for r in rows)
    whole = sum(n[x] for x in JUDGED)
    return (n["fail"] / whole, (n["fail"] + n["warn"]) / whole) if whole else (
        0, 0)


def score(rows):
    """Lines that tell how the suite did."""
    n = collections.Counter(r["outcome"] for r in rows)
    whole = sum(n[x] for x in JUDGED)
    yield (f"{whole} judged: " + ", ".join(f"{n[x]} {x}" for x in JUDGED)
           + f"; {n['unbuilt']} did not build, {n['equivalent']} are "
           "equivalent")
    yield (f"score: {percent(n['fail'] + n['warn'], whole)} fail or warn, "
           f"{percent(n['fail'], whole)} fail")
    for kind in sorted({r["kind"] for r in rows}):
        of = collections.Counter(r["outcome"] for r in rows
                                 if r["kind"] == kind)
        all_ = sum(of[x] for x in JUDGED)
        if all_:
            yield (f"  {kind:10} {all_:4} judged, "
                   f"{percent(of['fail'] + of['warn'], all_)} fail or warn")
    reasons = collections.Counter(r["by"] for r in rows
                                  if r["outcome"] == "equivalent")
    for reason, times in reasons.most_common():
        yield f"  equivalent {times:4} {reason}"


def survivors(rows):
    """Those that nothing told from the original, with their changes."""
    for r in sorted(rows, key=lambda r: (r["file"], r["line"])):
        if r["outcome"] in ("pass", "time", "broken"):
            yield f"\n{r['outcome']} {r['mutant']} {r['kind']}" + (
                f", {r['lost']} passes fewer" if r.get("lost") else "") + (
                f": {r['by']}" if r["by"] else "")
            yield r["diff"]
