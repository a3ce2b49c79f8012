# SPDX-License-Identifier: BSD-3-Clause
"""Targets that die, hang or talk nonsense: the promised status and words."""
import os
import re
import signal
import socket
import subprocess

import pytest

from conftest import BAD_PEER, SMOKE, junit_of, wait_until

# Long enough for an interpreter to start on a busy machine, where one that never
# speaks is to have started, too.  Where nothing is started it is short.
FEW = ["--filter", SMOKE, "--start-timeout", "60"]
FEW_OF_FRONT_ENDS = ["--filter", "requests.*", "--start-timeout", "60"]
SILENT = ["--filter", SMOKE, "--start-timeout", "15"]
SHORT = ["--filter", SMOKE, "--start-timeout", "3"]


@pytest.fixture
def beside(vuspec):
    """Starts a program that vuspec does not start itself, and ends it with
    all that it has started."""
    started = []

    def start(*words, listens_at):
        peer = subprocess.Popen([*map(str, words)], env=vuspec.env)
        started.append(peer)
        wait_until(f"{listens_at}", lambda: os.path.exists(listens_at))
        return peer

    yield start
    vuspec.kill_all()
    for peer in started:
        peer.wait()


@pytest.mark.parametrize("command, says", [
    ("/no/such/program", "/no/such/program {socket}: cannot be run: "
                         "No such file or directory"),
    ("no-such-program", "cannot be run: No such file or directory"),
    ("/", "cannot be run: Permission denied"),
    ("/etc/passwd", "cannot be run: Permission denied"),
    ("true", "before it answered a message; it must not go to the background"),
    ("false", "false {socket}: exit status 1 after"),
    ("no-such-program in a shell",
     "exit status 127: the shell could not run the command; last output: "
     "sh: 1: no-such-program: not found"),
])
@pytest.mark.parametrize("side", ["backend", "frontend"])
def test_commands_that_never_serve(vuspec, command, says, side):
    program, *in_a_shell = command.split(" ", 1)
    words = (["sh", "-c", f"{program} {{socket}}"] if in_a_shell
             else [program, "{socket}"])
    few = FEW if side == "backend" else FEW_OF_FRONT_ENDS
    run = vuspec.test(*few, "--", *words, side=side)
    assert run.returncode == 3
    assert says in run.stdout
    assert says in run.report.all["no_target"]
    assert run.report.results == []


def test_exits_at_once_shows_its_last_words(vuspec, bad_peer):
    run = vuspec.test(*FEW, *bad_peer("exits_at_once"))
    assert run.returncode == 3
    assert "exit status 3 after" in run.stdout
    assert "last output: cannot open the disk" in run.stdout


@pytest.mark.parametrize("mode, says", [
    ("never_listens", "no socket appeared"),
    ("hangs_after_accept", "GET_FEATURES: no answer"),
    ("forks_and_hangs", "GET_FEATURES: no answer"),
    ("detaches_and_hangs", "GET_FEATURES: no answer"),
    ("ignores_sigterm", "GET_FEATURES: no answer"),
])
def test_never_speaks(vuspec, bad_peer, mode, says):
    run = vuspec.test(*SILENT, *bad_peer(mode))
    assert run.returncode == 3
    assert re.search(f"it never answered: .*{says}", run.stdout)
    assert "more than --start-timeout 15" in run.stdout


def test_dies_at_accept(vuspec, bad_peer):
    run = vuspec.test(*FEW, *bad_peer("dies_at_accept"))
    assert run.returncode == 3
    assert "signal 6 (SIGABRT) after" in run.stdout


# GET_FEATURES, the first question, has 12.
@pytest.mark.parametrize("n", [0, 1, 11, 12])
def test_closes_before_it_answers(vuspec, bad_peer, n):
    run = vuspec.test(*FEW, *bad_peer("closes_after_bytes", n))
    assert run.returncode == 3
    # Closing with bytes unread is a reset.
    assert re.search("GET_FEATURES: the peer (has |)(closed|reset) the "
                     "connection", run.stdout)


# A header has 12 bytes, the first reply 20.
@pytest.mark.parametrize("n, status, says", [
    (0, 3, "(has closed|reset) the connection"),
    (1, 3, "closed the connection inside a header"),
    (11, 3, "closed the connection inside a header"),
    (12, 3, "closed the connection inside a payload"),
    (19, 3, "closed the connection inside a payload"),
    *[(n, 1, "needs ") for n in (20, 21, 32, 40, 53, 100, 180)],
    (100000, 0, "pass"),
])
def test_answers_that_are_cut_at_every_byte(vuspec, bad_peer, fake_backend, n,
                                            status, says):
    """What the case needs and no other judges is a failure, and never broken."""
    run = vuspec.test("--device", "blk", *FEW,
                      *bad_peer("cuts_answers", n, fake_backend))
    assert run.returncode == status, run.stdout
    assert re.search(says, run.stdout)
    assert run.report.summary["broken"] == 0


def test_what_only_a_used_instance_shows_is_unstable(vuspec, bad_peer,
                                                     fake_backend, tmp_path):
    """State that is left behind fails the run, with both exchanges."""
    junit, tap = tmp_path / "j.xml", tmp_path / "t"
    run = vuspec.test(
        "-j", "1", "--device", "blk", "--output", f"junit={junit}",
        "--output", f"tap={tap}", "--filter", "owner.*", "--filter",
        "ring_stop.base_is_free_running",
        *bad_peer("forgets_to_count", 0, fake_backend))
    assert run.returncode == 1, run.stdout
    bad = [r for r in run.report.results if r["verdict"] == "unstable"]
    assert len(bad) == run.report.summary["unstable"] > 0
    assert bad[0]["rule"] == "ring_stop.split_value"
    assert bad[0]["fails_run"] and bad[0]["fresh"]["verdict"] == "pass"
    for exchange in bad[0]["exchange"], bad[0]["fresh"]["exchange"]:
        assert any("GET_VRING_BASE" in line for line in exchange)
    assert "on a fresh one: pass" in bad[0]["reason"]
    assert "unstable: " in run.stdout
    assert junit_of(junit).findall(".//failure")
    assert re.search(r"(?m)^not ok .*base_is_free", tap.read_text())


LEAVES = ["-j", "1", "--device", "blk", "--filter", "owner.*", "--filter",
          "config.answer_*", "--filter", "config.offset_*"]


def test_one_clean_end_is_no_way_of_life(vuspec, bad_peer, fake_backend):
    """Such a peer served others: it is not one that ends at disconnect."""
    run = vuspec.test(*LEAVES,
                      *bad_peer("leaves_after_config", 0, fake_backend))
    assert not run.report.all["one_shot"]
    bad = [r for r in run.report.results
           if r["verdict"] == "fail" and
           r["rule"] == "socket.backend_reaccepts"]
    assert bad and all(r["group"] == "config" for r in bad), run.stdout
    assert run.returncode == 1


def test_an_end_in_the_middle_of_a_session_is_a_finding(vuspec, bad_peer,
                                                        fake_backend):
    """A program that ends with its connection is not to end before it."""
    fine = vuspec.test(*LEAVES, *bad_peer("serves_one", 0, fake_backend))
    assert fine.report.all["one_shot"]
    assert fine.returncode == 0, fine.stdout
    run = vuspec.test(*LEAVES, *bad_peer("serves_one", 1, fake_backend))
    assert run.report.all["one_shot"]
    assert run.returncode == 1
    bad = [r for r in run.report.results if r["verdict"] == "fail"]
    assert bad and all(r["group"] == "config" for r in bad)
    ended = [r for r in bad if "in the middle of a session" in r["reason"]]
    assert ended, run.stdout
    assert {r["rule"] for r in ended} == {"reply_ack.alive_after_refusal"}


@pytest.mark.parametrize("status, words", [
    (3, "exit status 3"),
    (101, "exit status 101, thread 'main' panicked at src/main.rs:7:5:"),
])
def test_an_end_nobody_asked_for_is_a_crash(vuspec, bad_peer, fake_backend,
                                            status, words):
    run = vuspec.test(*LEAVES, "--show-crashes",
                      *bad_peer("leaves_after_config", status, fake_backend))
    assert run.returncode == 1, run.stdout
    bad = [r for r in run.report.results if r["crashed"]]
    assert bad and all(r["group"] == "config" for r in bad)
    assert all(words in r["reason"] for r in bad)
    assert len({r["fingerprint"] for r in bad}) == 1


# A launcher with a time limit, whatever goes on; then it ends with a status.
LAUNCHER = """
status=$1; shift
"$@" & sleep 2; kill -9 $!; exit $status
"""


@pytest.mark.parametrize("status", [0, 3])
def test_an_end_that_comes_by_itself_is_no_case_s_doing(vuspec, fake_backend,
                                                        status):
    run = vuspec.test("--device", "blk", "--memory", "memfd", "--start-timeout",
                      "60", "-j", "1", "--", "sh", "-c", LAUNCHER, "sh", status,
                      fake_backend, "--socket-path", "{socket}", "--device",
                      "blk")
    assert run.returncode == 3, run.stdout
    assert (f"it ends by itself, whatever is sent: exit status {status}"
            in run.report.all["no_target"])
    # The case that sees the session end may tell so, where the launcher lives a
    # moment longer than what it launched.
    assert len([r for r in run.report.results
                if r["verdict"] not in ("pass", "skip")]) <= 1


def test_a_death_by_sigpipe_is_one_cause(vuspec):
    """Our side closes in every case."""
    run = vuspec.test("--memory", "memfd", "--filter", "requests.*",
                      "--filter", "reconnect.a_back_end_*", "--fault",
                      "socket.stops_what_is_lost", side="frontend")
    assert run.returncode == 1
    bad = [r for r in run.report.results if r["crashed"]]
    assert len(bad) > 1
    assert {r["rule"] for r in bad} == {"socket.frontend_sigpipe"}
    assert len({r["cause"] for r in bad}) == 1


# What a silent device does with memory is unseen.
UNSEEN = [("mem_table.ignores_mmap_offset",
           "mem_table.region_begins_at_its_mmap_offset*"),
          ("mem_table.rounds_offset_down", "region_file.*")]


@pytest.mark.parametrize("fault, cases", UNSEEN)
def test_what_a_device_does_not_show_is_no_pass(vuspec, fault, cases):
    words = ["--memory", "memfd", "--filter", cases]
    seen = vuspec.test("--fault", fault, *words)
    failed = {r["id"] for r in seen.report.results if r["verdict"] == "fail"}
    run = vuspec.test("--device", "net", "--fault", fault, *words)
    passed = {r["id"] for r in run.report.results if r["verdict"] == "pass"}
    assert failed and not failed & passed, run.stdout


def test_a_slow_one_is_waited_for(vuspec, bad_peer, fake_backend):
    """It sleeps, and answers within the promised 5 s."""
    run = vuspec.test("--device", "blk", *FEW,
                      *bad_peer("dawdles", 2, fake_backend))
    assert run.returncode == 0, run.stdout
    assert any(r["seconds"] > 2 for r in run.report.results)


def test_babbles(vuspec, bad_peer):
    run = vuspec.test(*FEW, *bad_peer("babbles"))
    assert run.returncode == 3
    assert "above any payload" in run.stdout


def test_floods(vuspec, bad_peer):
    """Replies before the first question: there is a target, and nothing can
    be judged on it."""
    run = vuspec.test(*FEW, *bad_peer("floods"))
    assert run.returncode == 5
    assert run.report.verdicts() == ["skip"]


def test_a_crash_in_a_session_fails_and_the_next_case_has_a_fresh_target(
        vuspec, bad_peer, fake_backend):
    run = vuspec.test("--device", "blk", "-j", "1", "--repeat", "3", *FEW,
                      *bad_peer("dies_at_connection", 2, fake_backend))
    # Each instance is the probe's or another case's first: of three runs of
    # one case, the second meets the connection that kills.
    assert run.returncode == 1
    assert "signal 6 (SIGABRT)" in run.stdout
    assert run.report.summary["broken"] == 0
    assert [r["crashed"] for r in run.report.results
            if r["verdict"] == "fail"][:1] == [True]


# ---- --socket ----

def test_socket_that_is_not_there(vuspec, folder):
    run = vuspec.test(*SHORT, "--socket", folder / "none")
    assert run.returncode == 3
    assert f"{folder / 'none'}: no socket appeared" in run.stdout


def test_socket_that_nobody_listens_on(vuspec, folder):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(folder / "s"))
    run = vuspec.test(*SHORT, "--socket", folder / "s")
    assert run.returncode == 3
    assert "nothing listens" in run.stdout


def test_listening_but_silent_socket(vuspec, folder):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(folder / "s"))
        s.listen(1)
        run = vuspec.test(*SHORT, "--socket", folder / "s")
    assert run.returncode == 3
    assert "no answer" in run.stdout


def test_socket_that_is_a_file(vuspec):
    run = vuspec.test(*SHORT, "--socket", "/etc/passwd")
    assert run.returncode == 3
    assert "/etc/passwd" in run.stdout


def test_running_back_end_serves_on_and_is_not_ended(vuspec, beside, folder,
                                                     fake_backend):
    path = folder / "s"
    peer = beside(fake_backend, "--socket-path", path, "--device", "blk",
                  listens_at=path)
    run = vuspec.test("--device", "blk", "--socket", path, *FEW)
    assert run.returncode == 0, run.stdout
    assert run.report.verdicts() == ["pass"]
    assert peer.poll() is None, "a target of --socket is never ended"
    peer.terminate()
    assert peer.wait(60) == 0
    assert not path.exists()


def test_running_back_end_that_ends_at_disconnect_is_gone(
        vuspec, beside, folder, fake_backend):
    path = folder / "s"
    peer = beside(fake_backend, "--socket-path", path, "--device", "blk",
                  "--once", listens_at=path)
    run = vuspec.test("--device", "blk", "--socket", path, *FEW)
    assert peer.wait(60) == 0
    assert run.returncode == 5
    assert run.report.verdicts() == ["skip"]
    assert run.report.results[0]["reason"] == "the target is gone"


def test_running_back_end_that_dies_fails_one_case_and_skips_the_rest(
        vuspec, beside, folder, fake_backend):
    path = folder / "s"
    peer = beside(*BAD_PEER, "dies_at_connection", path, 2, fake_backend,
                  listens_at=path)
    run = vuspec.test("--device", "blk", "--socket", path, "--repeat", "4",
                      *FEW)
    assert peer.wait(60) == -signal.SIGABRT
    verdicts = run.report.verdicts()
    assert verdicts[2:] == ["skip", "skip"], run.stdout
    assert {r["reason"] for r in run.report.results[2:]} == {
        "the target is gone"}
    assert verdicts[0] == "pass"
    assert verdicts[1] in ("fail", "skip")


# ---- the words that a command may hold ----

def test_connected_descriptor(vuspec, fake_backend):
    run = vuspec.test("--device", "blk", *FEW, "--", fake_backend, "--fd",
                      "{fd}", "--device", "blk")
    assert run.returncode == 0, run.stdout
    assert run.report.verdicts() == ["pass"]


def test_one_shot_target_is_found(vuspec, honest):
    run = vuspec.test("--repeat", "3", "-j", "1", *FEW, *honest, "--once")
    assert run.returncode == 0, run.stdout
    assert run.report.verdicts() == ["pass"] * 3
    assert run.report.all["one_shot"] is True
    assert "ends when its connection closes" in run.stdout


def test_target_that_serves_on_is_not_called_one_shot(vuspec, honest):
    run = vuspec.test("--repeat", "3", "-j", "1", *FEW, *honest)
    assert run.returncode == 0, run.stdout
    assert run.report.all["one_shot"] is False


RESTS = "socket.waiting_uses_no_processor*"


def test_a_polling_back_end_is_told(vuspec, honest):
    run = vuspec.test("--filter", RESTS, *FEW, *honest, "--poll")
    assert run.report.all["polls"] == "always"
    assert "The target polls: " in run.stdout
    assert run.returncode == 0, run.stdout
    quiet = vuspec.test("--filter", RESTS, *honest)
    assert quiet.report.all["polls"] is None
    assert set(quiet.report.verdicts()) == {"pass"}


def test_polling_may_be_forbidden(vuspec, honest):
    run = vuspec.test("--no-polling", "--filter", RESTS, *honest, "--poll")
    assert run.returncode == 1, run.stdout
    assert {(r["verdict"], r["rule"]) for r in run.report.results} == {
        ("fail", "socket.idle_quiet")}


def test_folder_and_worker_words(vuspec, folder, fake_backend):
    script = folder / "start"
    script.write_text("#!/bin/sh\n"
                      'test -d "$2" && test -z "$(ls "$2")" || exit 9\n'
                      'touch "$2/worker-$3"\n'
                      f'exec {fake_backend} --socket-path "$1" --device blk\n')
    script.chmod(0o755)
    run = vuspec.test("--device", "blk", *FEW, "-j", "2", "--repeat", "8",
                      "--restart", "case", "--", script, "{socket}", "{dir}",
                      "{worker}")
    assert run.returncode == 0, run.stdout
    assert run.report.verdicts() == ["pass"] * 8


def test_restart_never_keeps_the_first_instance(vuspec, honest):
    run = vuspec.test("--restart", "never", "-j", "1", "--repeat", "2", *FEW,
                      *honest, "--once")
    assert run.report.verdicts() == ["skip", "skip"]
    assert run.report.results[0]["reason"] == "the target is gone"
    assert run.returncode == 5


# ---- what comes of the verdicts ----

def test_a_failing_back_end_gives_status_1_and_names_the_rule(vuspec,
                                                              honest):
    run = vuspec.test("--filter", "ring_stop.reply_is_a_vring_state*", *honest,
                      "--fault", "ring_stop.names_another_ring")
    assert run.returncode == 1
    assert run.report.verdicts() == ["fail"]
    assert run.report.results[0]["rule"] == "ring_stop.reply"
    assert "ring_stop.reply, MUST" in run.stdout


def test_nothing_passed_is_status_5(vuspec, fake_backend):
    """`generic` has no driver: cases with requests are skipped."""
    run = vuspec.test("--device", "generic", "--filter", "split_ring.*", "--",
                      fake_backend, "--socket-path", "{socket}", "--device",
                      "blk")
    assert run.returncode == 5
    assert {r["reason"] for r in run.report.results} == {
        "no driver for this device"}
