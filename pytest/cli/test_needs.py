# SPDX-License-Identifier: BSD-3-Clause
"""What cases need on the way is accounted for: a back-end that refuses what
everybody needs is not green."""
import sys

import pytest

# Fault, a case that needs what it refuses, and the rule that fails.
REFUSALS = [
    ("mem_slots.add_is_refused", "used_ring.*", "mem_slots.add"),
    ("ring_size.is_refused", "used_ring.*", "ring_size.set"),
    ("ring_base.is_refused", "used_ring.*", "ring_base.set"),
    ("ring_addr.is_refused", "used_ring.*", "ring_addr.set"),
    ("ring_fds.call_is_refused", "used_ring.*", "ring_fds.set"),
    ("ring_enable.is_refused", "used_ring.*", "ring_enable.set"),
    ("backend_channel.is_refused",
     "backend_channel.second_channel_replaces_the_first",
     "backend_channel.set"),
]


@pytest.mark.parametrize("fault, cases, rule", REFUSALS)
def test_a_need_that_nothing_explains_fails(vuspec, fault, cases, rule):
    run = vuspec.test("--filter", cases, "--fault", fault)
    assert run.returncode == 1, run.stdout
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert [r["rule"] for r in fails] == [rule]
    assert fails[0]["reason"].startswith(f"needs {rule}: ")
    assert fails[0]["exchange"]
    others = [r for r in run.report.results if r["verdict"] == "skip"]
    assert {r["rule"] for r in others} <= {rule, None}
    assert all(r["id"] > fails[0]["id"] for r in others if r["rule"])


def test_a_need_that_is_explained_is_a_skip(vuspec):
    run = vuspec.test("--filter", "ring_state.*", "--filter", "used_ring.*",
                      "--fault", "ring_enable.is_refused")
    assert run.returncode == 1
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert fails
    assert not any(r["reason"].startswith("needs ") for r in fails)
    assert any(r["rule"] == "ring_enable.set" for r in run.report.results
               if r["verdict"] == "skip")


def test_a_known_deviation_explains_a_need(vuspec, folder):
    words = ["--filter", "used_ring.*", "--fault", "ring_addr.is_refused"]
    known = folder / "known.tsv"
    vuspec.test(*words, "--write-baseline", known)
    run = vuspec.test(*words, "--baseline", known)
    assert run.report.summary["fail"] == 0
    assert {r["verdict"] for r in run.report.results} == {"skip"}
    assert run.returncode == 5


def test_a_forgotten_device_is_no_pass(vuspec, fake_backend):
    run = vuspec.test("--device", "generic", "--filter", "split_ring.*",
                      "--filter", "ring_stop.*", "--", fake_backend,
                      "--socket-path", "{socket}", "--device", "blk")
    assert run.report.summary["pass"] > 0
    assert "--device NAME" in run.report.summary["incomplete"]
    assert run.returncode == 5
    assert "Not a pass: " in run.stdout
    assert run.stdout.splitlines()[-1].startswith("incomplete: ")


# What is needed on the way has a case that judges it.
JUDGED = [
    ("backend_channel.is_refused", "backend_channel.*", "backend_channel.set"),
    ("protocol_feature_bits.log_is_refused", "ring_live_changes.*",
     "dirty_log.base.reply"),
    ("program.cuts_its_path", "program.*", "program.socket_path"),
]


@pytest.mark.parametrize("fault, cases, rule", JUDGED)
def test_what_is_needed_is_judged_by_a_case(vuspec, fault, cases, rule):
    run = vuspec.test("--memory", "memfd", "--filter", cases, "--fault", fault)
    assert run.returncode == 1, run.stdout
    assert any(r["rule"] == rule and rule in r["judged"] and
               not r["reason"].startswith("needs ")
               for r in run.report.results if r["verdict"] == "fail")


# Honest once, which is when it is asked whether there is a target.
ONCE = """
import os, signal, sys
seen, program, *words = sys.argv[1:]
try:
    os.close(os.open(seen, os.O_CREAT | os.O_EXCL))
except FileExistsError:
    signal.pause()
os.execv(program, [program, *words])
"""


def test_a_front_end_that_connects_no_more_fails(vuspec, folder, fake_frontend):
    run = vuspec.test(
        "--memory", "memfd", "--timeout", "30", "--start-timeout", "8",
        "--filter", "requests.requests_*", "--", sys.executable, "-c", ONCE,
        folder / "seen", fake_frontend, "-m", "64M", "-object",
        "memory-backend-{memory},id=mem,size=64M,share=on", "-machine",
        "memory-backend=mem", "-chardev", "socket,id=c0,path={socket}",
        "-device", "vhost-user-blk,chardev=c0", side="frontend")
    assert run.returncode == 1, run.stdout
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert [r["rule"] for r in fails] == ["socket.unix_stream"]
    assert fails[0]["reason"].startswith("needs socket.unix_stream: ")
    assert run.report.summary["pass"] == 0
