#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the suite on peers that do nothing, and see that nothing passes by it.

Usage: run_inert.py VUSPEC backend
       run_inert.py VUSPEC frontend FAKE_FRONTEND

A back-end that negotiates, acknowledges, and never serves a ring must pass no
case that sends requests.  A front-end that connects, asks for the features
and then waits for ever is no target: no case is run.  Neither run may be green.

A front-end may also come up and then ignore what it is told, while its control
says that all was done (this file is that control, too): no case may pass in
which it was told what it ignored.
Each case is a test of TAP."""
import fnmatch
import json
import multiprocessing.pool
import os
import pathlib
import socket
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

# What an idle front-end does when told; it ignores the rest.
OBEYS = {"idle once it runs": ["start", "io"],
         "idle once it has connected": []}
# What may pass although it was told to start: what was judged came before.
EARLIER = ["backend_requests.requests_of_the_backend_are_answered*",
           "negotiation.acknowledged_features_were_offered",
           "failed_start.*row=features]", "failed_start.*row=queue_num]",
           "reconnect.a_loss_at_any_step_is_survived*"]
IDLE = ["--memory", "memfd", "--timeout", "6", "--control",
        os.path.abspath(__file__)]
# A front-end that comes up at all passes at least so many of them.
COMES_UP = 10


def control(word):
    """Told something by vuspec: pass it on, or note that it is ignored."""
    if word not in os.environ["VUS_INERT_OBEYS"].split():
        with open(os.environ["VUS_INERT_IGNORED"], "a",
                  encoding="ascii") as log:
            print(word, file=log)
        return 0
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(os.environ["VUSPEC_CTL"] + "/ctl")
        s.sendall(word.encode() + b"\n")
        return int(s.recv(16) or b"1")


def run(vuspec, party, words, **env):
    """The run, and its results (none where there was no target)."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run(
            [vuspec, f"test-{party}", "--output", f"json={out.name}", *words],
            check=False, capture_output=True, text=True,
            env={**os.environ, **env})
        text = out.read()
    return done, json.loads(text)["results"] if text else []


def test_inert(tap, vuspec, party):
    cases = {c["id"]: c for c in json.loads(subprocess.run(
        [vuspec, "list", "--format", "json"], check=True,
        capture_output=True, text=True).stdout) if c["party"] == party}
    done, results = run(vuspec, party, WORDS[party])
    passed = {}
    for r in results:
        passed.setdefault(r["id"].split("[")[0], []).extend(
            [r["id"]] if r["verdict"] == "pass" else [])
    for name in sorted(passed):
        if NEEDED[party](cases[name]):
            tap.test(name, not passed[name],
                     [f"{x} passes on a peer that does nothing"
                      for x in passed[name]])
    tap.test("cases are run of a target only",
             bool(passed) == (party == "backend"), [done.stdout, done.stderr])
    tap.test(f"the exit status is {STATUS[party]}",
             done.returncode == STATUS[party], [f"it is {done.returncode}"])


def idle_frontend(program):
    return ["--", program, "-m", "64M", "-object",
            "memory-backend-{memory},id=mem,size=64M,share=on", "-machine",
            "memory-backend=mem", "-chardev", "socket,id=c0,path={socket}",
            "-device", "vhost-user-blk,chardev=c0", "--control", "{ctl}"]


def test_idle(tap, vuspec, program, kind, folder):
    """What passes is run once more, alone: was it told what is ignored?"""
    obeys = " ".join(OBEYS[kind])

    def told(variant):
        log = folder / f"{kind} {variant}"
        again = run(vuspec, "frontend",
                    ["--filter", variant, *IDLE, *idle_frontend(program)],
                    VUS_INERT_OBEYS=obeys, VUS_INERT_IGNORED=str(log))[1]
        passes = [r["verdict"] for r in again] == ["pass"]
        return log.read_text().split() if passes and log.exists() else []

    results = run(vuspec, "frontend", [*IDLE, *idle_frontend(program)],
                  VUS_INERT_OBEYS=obeys,
                  VUS_INERT_IGNORED=str(folder / kind))[1]
    passed = [r["id"] for r in results if r["verdict"] == "pass"]
    with multiprocessing.pool.ThreadPool(os.cpu_count()) as pool:
        ignored = dict(zip(passed, pool.map(told, passed)))
    for variant in sorted(r["id"] for r in results):
        words = ignored.get(variant, [])
        may = any(fnmatch.fnmatchcase(variant, x.replace("[", "[[]"))
                  for x in EARLIER)
        good = not words or (may and words[0] == "start")
        tap.test(f"{kind}: {variant}", good, [] if good else [
            f"it passes, and the front-end ignored: {', '.join(words)}"])
    tap.test(f"{kind}: it comes up", len(passed) >= COMES_UP,
             [f"{len(passed)} pass"])


def main():
    if "VUS_INERT_OBEYS" in os.environ and len(sys.argv) == 2:
        return control(sys.argv[1])
    vuspec, party, *fakes = sys.argv[1:]
    tap = Tap()
    test_inert(tap, vuspec, party)
    with tempfile.TemporaryDirectory() as folder:
        for fake in fakes:
            for kind in OBEYS:
                test_idle(tap, vuspec, fake, kind, pathlib.Path(folder))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
