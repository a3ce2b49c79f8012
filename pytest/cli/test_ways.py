# SPDX-License-Identifier: BSD-3-Clause
"""Ways to run: in reverse, by an older text, and what must hold when a case
is over."""
import subprocess

import pytest

from conftest import SMOKE

# Cases that need no second connection.
PLAIN = ["--filter", "ring_stop.*", "--filter", SMOKE]


# ---- in reverse ----

def test_reverse_with_a_command(vuspec, fake_backend):
    run = vuspec.test(*PLAIN, "--reverse", "--device", "blk", "--",
                      fake_backend, "--client", "--socket-path", "{socket}")
    assert run.returncode == 0, run.stdout
    assert run.report.summary["pass"] > 5


def test_reverse_embedded(vuspec):
    run = vuspec.test(*PLAIN, "--reverse", "--fault",
                      "ring_stop.names_another_ring")
    assert run.returncode == 1
    assert {r["rule"] for r in run.report.results
            if r["verdict"] == "fail"} == {"ring_stop.reply"}
    failed = [r for r in run.report.results if r["verdict"] == "fail"][0]
    assert "--reverse" in failed["rerun"]


def test_reverse_with_a_socket(vuspec, fake_backend, folder):
    """Somebody else's back-end comes again and again."""
    path = folder / "s"
    peer = subprocess.Popen(
        ["sh", "-c", f'while {fake_backend} --client --socket-path "$0" '
         "2>/dev/null; do :; done", path], start_new_session=True)
    try:
        run = vuspec.test(*PLAIN, "--reverse", "--device", "blk", "--socket",
                          path, "--allow-writes")
    finally:
        peer.terminate()
        peer.wait(60)
    assert run.returncode == 0, run.stdout
    assert run.report.summary["pass"] > 5
    assert not path.exists()


def test_reverse_and_nobody_comes(vuspec):
    run = vuspec("test-backend", "--reverse", "--start-timeout", "1",
                 "--filter", SMOKE, "--", "sh", "-c", "exec sleep 60",
                 "{socket}")
    assert run.returncode == 3
    assert "--start-timeout" in run.stdout


@pytest.mark.parametrize("words, says", [
    (["--reverse", "--", "true", "{fd}"], "--reverse"),
    (["--spec", "9.0"], "not one of 10.2, 11.0, 11.1, 11.2, latest"),
    (["--min-judged", "0"], "--min-judged"),
])
def test_refused(vuspec, words, says):
    run = vuspec("test-backend", *words)
    assert run.returncode == 2
    assert says in run.stderr


# ---- by an older text ----

def test_later_rules_say_nothing(vuspec):
    """A request that completes before the front-end looks is not late: on a
    busy machine one run shows nothing, ten do."""
    def judge(spec, *fault):
        return vuspec.test("--filter", "ring_stop.answer_*", "--repeat", "10",
                           "--spec", spec, *fault)

    fault = ["--fault", "ring_stop.completes_late"]
    new = judge("11.1", *fault).report.results
    late = [r for r in new if r["rule"] == "ring_stop.drain"]
    assert late
    old = {r["id"]: r for r in judge("10.2", *fault).report.results}
    for r in late:
        assert old[r["id"]]["rule"] != "ring_stop.drain"
    for r in judge("10.2").report.results:
        assert "ring_stop.drain" not in r["judged"]
    skipped = [r for r in old.values() if r["verdict"] == "skip"]
    assert any("ring_stop.drain came with version 11.0; --spec 10.2 is judged by"
               in r["reason"] for r in skipped)


@pytest.mark.parametrize("words, spec", [
    ([], None), (["--spec", "latest"], None), (["--spec", "11.1"], "11.1"),
])
def test_the_version_judged_by_is_told(vuspec, words, spec):
    run = vuspec.test("--filter", "owner.owner_*", *words)
    assert run.report.all["options"]["spec"] == spec


# ---- when a case is over ----

@pytest.mark.parametrize("fault, rule, verdict", [
    ("socket.spins_after_disconnect", "socket.idle_quiet", "fail"),
    ("socket.deaf_after_a_stop", "socket.backend_reaccepts", "warn"),
    ("fds.keeps_all_at_disconnect", "fds.disconnect_releases", "fail"),
    ("fds.keeps_memory_at_disconnect", "fds.disconnect_releases", "fail"),
])
def test_what_must_hold_after_every_case(vuspec, fault, rule, verdict):
    run = vuspec.test("--filter", SMOKE, "--fault", fault)
    assert run.report.verdicts() == [verdict]
    assert run.report.results[0]["rule"] == rule
    assert run.report.results[0]["exchange"]


@pytest.mark.parametrize("fault, rule, verdict", [
    ("header.version_0_in_replies", "header.version", "fail"),
    ("header.reserved_bit_in_replies", "header.reserved_bits_zero", "warn"),
])
def test_what_is_watched_in_every_session(vuspec, fault, rule, verdict):
    run = vuspec.test("--filter", SMOKE, "--fault", fault)
    assert run.report.verdicts() == [verdict]
    assert run.report.results[0]["rule"] == rule
    assert f"!! {rule}: " in str(run.report.results[0]["exchange"])


def test_it_never_hides_what_the_case_found(vuspec):
    run = vuspec.test("--filter", "ring_stop.*", "--fault",
                      "ring_stop.names_another_ring", "--fault",
                      "fds.keeps_all_at_disconnect")
    found = {(r["verdict"], r["rule"]) for r in run.report.results}
    assert ("fail", "ring_stop.reply") in found
    assert ("fail", "fds.disconnect_releases") in found
