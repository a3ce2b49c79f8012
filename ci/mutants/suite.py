# SPDX-License-Identifier: BSD-3-Clause
"""Runs of the suite: on the program as it is, and on its mutants."""
import json
import os
import signal
import subprocess
import tempfile

# What is neither the program's doing nor the suite's.
NO_TARGET, NOTHING_PASSED = 3, 5
BAD = ("fail", "broken", "warn")
GRACE_S = 30


def finding(result):
    """A case that found something, and the rule: one row of a case may fail
    by chance what another row of it fails every time."""
    return result["id"].split("[")[0], result["rule"] or ""


class Original:
    """How the program does before it is changed: what fails or warns, in any
    of its runs, tells nothing of a mutant."""

    def __init__(self, known=(), failing=(), passing=0):
        self.known = {tuple(x) for x in known}
        self.failing, self.passing = sorted(failing), passing

    def add(self, results):
        """Is any of it news?"""
        before = len(self.known)
        bad = [r for r in results if r["verdict"] in BAD]
        self.known |= set(map(finding, bad))
        self.failing = sorted({*self.failing, *(r["id"] for r in bad
                                                if r["verdict"] != "warn")})
        self.passing = max(self.passing, sum(r["verdict"] == "pass"
                                             for r in results))
        return len(self.known) > before

    def row(self):
        return {"known": sorted(map(list, self.known)),
                "failing": self.failing, "passing": self.passing}


class Suite:
    def __init__(self, vuspec, party, words, limit):
        self.words = [vuspec, f"test-{party}", *words]
        self.limit, self.running = limit, set()

    def stop(self):
        """End what runs: each ends what it has started."""
        for it in list(self.running):
            it.send_signal(signal.SIGTERM)

    def run(self, command, filters=(), first_only=False):
        """Results, exit status (None where the time limit ended it), and what
        it complained of."""
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            words = [*self.words, "--output", f"json={out.name}"]
            for name in filters:
                words += ["--filter", name]
            if first_only:
                words.append("--fail-fast")
            with subprocess.Popen([*words, "--", *command],
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True,
                                  start_new_session=True) as it:
                self.running.add(it)
                status, said = self._wait(it)
                self.running.discard(it)
            try:
                return json.load(open(out.name))["results"], status, said
            except (ValueError, KeyError):
                return [], status, said

    def _wait(self, it):
        try:
            _, said = it.communicate(timeout=self.limit)
            return it.returncode, said
        except subprocess.TimeoutExpired:
            pass
        # It ends what it has started, and reports what it saw.
        it.send_signal(signal.SIGTERM)
        try:
            _, said = it.communicate(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(it.pid, signal.SIGKILL)
            _, said = it.communicate()
        return None, said


def judge(original, results, status, said=""):
    """What became of a mutant: (outcome, by, passes that it lost, the id of
    the case that tells it).  `broken`, `time`: no verdict was come to."""
    new = [r for r in results if r["verdict"] in BAD
           and finding(r) not in original.known]
    lost = max(original.passing - sum(r["verdict"] == "pass"
                                      for r in results), 0)
    for verdict in BAD:
        for r in new:
            # Of what was ended, only what failed before is true.
            if r["verdict"] == verdict and (verdict == "fail"
                                            or status is not None):
                return (verdict, f"{r['id']} {r['rule'] or r['reason']}",
                        lost, r["id"])
    if status is None:
        return "time", "the time limit", lost, None
    if status in (NO_TARGET, NOTHING_PASSED):
        return "fail", f"exit status {status}", lost, None
    if not results:
        return ("broken", (said.strip().splitlines() or ["no report"])[-1],
                lost, None)
    return "pass", None, lost, None
