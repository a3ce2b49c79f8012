#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on peers that do nothing, and see that nothing passes by it.

Usage: run_inert.py VUSPEC backend|frontend

A back-end that negotiates, acknowledges, and never serves a ring must pass no
case that sends requests.  A front-end that connects, asks for the features
and then waits for ever is no target: no case is run.  Neither run may be green.
Each case is a test of TAP."""
import json
import subprocess
import sys
import tempfile

from tap import Tap

# Requests that nobody serves are waited for: one deadline a case.
STATUS = {"backend": 1, "frontend": 3}
WORDS = {
    "backend": ["--device", "blk", "--memory", "memfd", "--timeout", "4",
                "--fault", "ring_state.serves_nothing"],
    "frontend": ["--memory", "memfd", "--timeout", "4", "--",
                 sys.executable, "-c", """
import signal, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.send(struct.pack("=III", 1, 1, 0))
s.recv(20)
signal.pause()""", "{socket}"],
}
NEEDED = {"backend": lambda case: case["pings"],
          "frontend": lambda case: True}


def main():
    vuspec, party = sys.argv[1:]
    cases = {c["id"]: c for c in json.loads(subprocess.run(
        [vuspec, "list", "--format", "json"], check=True,
        capture_output=True, text=True).stdout) if c["party"] == party}
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run(
            [vuspec, f"test-{party}", "--output", f"json={out.name}",
             *WORDS[party]],
            check=False, capture_output=True, text=True)
        text = out.read()
    tap, passed = Tap(), {}
    for r in json.loads(text)["results"] if text else []:
        passed.setdefault(r["id"].split("[")[0], []).extend(
            [r["id"]] if r["verdict"] == "pass" else [])
    for name in sorted(passed):
        if NEEDED[party](cases[name]):
            tap.test(name, not passed[name],
                     [f"{x} passes on a peer that does nothing"
                      for x in passed[name]])
    tap.test("cases are run of a target only", bool(passed) == (party == "backend"),
             [done.stdout, done.stderr])
    tap.test(f"the exit status is {STATUS[party]}",
             done.returncode == STATUS[party], [f"it is {done.returncode}"])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
