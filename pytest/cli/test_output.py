# SPDX-License-Identifier: BSD-3-Clause
"""What is written where: progress, colours, TAP, what is kept."""
import os
import pty
import re
import select
import shutil
import stat
import subprocess

import pytest

from conftest import SMOKE

FAULTY = ["--filter", "ring_stop.*", "--fault", "ring_stop.names_another_ring"]
CRASH = ["--filter", "header.undefined_flags_do_no_harm", "--fault",
         "header.aborts_on_reserved_bits"]


def on_terminal(vuspec, *words, both=False, env=None):
    """Run with standard error (and output, if `both`) on a terminal; what was
    shown there, and what went through the pipe."""
    ours, theirs = pty.openpty()
    env = {**vuspec.env, "TERM": "xterm", **(env or {})}
    run = subprocess.Popen(
        [vuspec.program, "test-backend", *map(str, words)], env=env,
        stdin=subprocess.DEVNULL, stderr=theirs,
        stdout=theirs if both else subprocess.PIPE)
    os.close(theirs)
    shown = b""
    pipe = b""
    fds = [ours] + ([] if both else [run.stdout.fileno()])
    while fds:
        for fd in select.select(fds, [], [], 60)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the terminal has nobody left
                data = b""
            if not data:
                fds.remove(fd)
            elif fd == ours:
                shown += data
            else:
                pipe += data
    os.close(ours)
    status = run.wait(60)
    return status, shown.decode(), pipe.decode()


def test_progress_on_a_terminal(vuspec):
    status, shown, pipe = on_terminal(vuspec, "--filter", "ring_stop.*")
    assert status == 0
    assert re.search(r"\r\d+/\d+  \d+ running  \d+\.\d s  ring_stop\.", shown)
    # It leaves no line behind.
    assert shown.rstrip().endswith("\033[K")
    assert "\r" not in pipe and "\033" not in pipe


def test_progress_counts_what_did_not_pass(vuspec):
    _, shown, _ = on_terminal(vuspec, *FAULTY)
    assert re.search(r"\r\d+/\d+  [1-9]\d* not passed  ", shown)


def test_progress_and_report_share_a_terminal(vuspec):
    status, shown, _ = on_terminal(vuspec, "--filter", "ring_stop.*", both=True)
    assert status == 0
    # The line is cleared before a line of the report is written.
    for line in shown.split("\n"):
        if "passed" in line and "running" in line:
            assert "\033[K" in line[:line.index("passed")]
    assert "\033[32m" in shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_none_are_wanted(vuspec, env):
    status, shown, _ = on_terminal(vuspec, "--filter", SMOKE, both=True,
                                   env=env)
    assert status == 0
    assert not re.search(r"\033\[\d*m", shown)


def test_pipes_are_quiet(vuspec):
    run = vuspec("test-backend", "--filter", "ring_stop.*",
                 env={"TERM": "xterm"})
    assert run.stderr == ""
    assert "\r" not in run.stdout and "\033" not in run.stdout


def read_tap(text):
    """(ok, number, id, directive) of each line; checks the plan."""
    head, plan, *rest = text.splitlines()
    assert head == "TAP version 13"
    results = []
    block = False
    for line in rest:
        if line == "  ---":
            assert not block
            block = True
        elif line == "  ...":
            block = False
        elif block:
            assert line.startswith("  "), line
        elif not line.startswith(("#", "Bail out!")):
            m = re.fullmatch(r"(not )?ok (\d+) - (\S+)(?: \(repeat \d+\))?"
                             r"(?: # (.*))?", line)
            assert m, line
            results.append((not m[1], int(m[2]), m[3], m[4]))
    assert not block
    assert [r[1] for r in results] == list(range(1, len(results) + 1))
    assert plan == f"1..{len(results)}" or "Bail out!" in text
    return results


@pytest.mark.parametrize("words", [["--filter", "ring_*"], FAULTY, CRASH,
                                   ["--filter", SMOKE, "--trace"]])
def test_tap_agrees_with_json(vuspec, folder, words):
    tap = folder / "x.tap"
    run = vuspec.test(*words, "--output", f"tap={tap}")
    seen = {r[2]: r for r in read_tap(tap.read_text())}
    assert len(seen) == len(run.report.results)
    for r in run.report.results:
        ok, _, _, directive = seen[r["id"]]
        assert ok == (not r["fails_run"] and r["verdict"] != "broken")
        assert (directive or "").startswith("SKIP") == (r["verdict"] == "skip")


def test_tap_is_read_by_prove(vuspec, folder):
    """Perl's, which Debian has: it knows version 13, and refuses others."""
    if not shutil.which("prove"):
        pytest.skip("env: no prove (perl)")
    for words, status in (([], 0), (FAULTY[2:], 1)):
        tap = folder / "x.tap"
        vuspec.test(*FAULTY[:2], *words, "--output", f"tap={tap}")
        run = subprocess.run(["prove", "-e", "cat", tap], check=False,
                             capture_output=True, text=True)
        assert run.returncode == status, run.stdout + run.stderr
        assert "Parse errors" not in run.stdout


def test_annotations_for_github(vuspec, folder):
    table = folder / "summary.md"
    out = folder / "annotations"
    run = vuspec.test(*FAULTY, "--output", f"github={out}",
                      env={"GITHUB_STEP_SUMMARY": str(table)})
    assert run.returncode == 1
    failed = [r for r in run.report.results if r["fails_run"]]
    lines = out.read_text().splitlines()
    assert len(lines) == len({r["cause"] for r in run.report.results
                              if r["harm"]})
    assert lines[0].startswith(
        f"::error file={failed[0]['file']},line={failed[0]['line']},"
        f"title={failed[0]['rule']}::MUST (")
    assert "| fail | MUST |" in table.read_text()


def test_tap_without_a_target_bails_out(vuspec):
    run = vuspec("test-backend", "--filter", SMOKE, "--output", "tap", "--",
                 "false")
    assert run.returncode == 3
    assert run.stdout.splitlines()[-1].startswith("Bail out! no target: ")


def test_what_did_not_pass_is_kept_in_private(vuspec, folder):
    keep = folder / "kept"
    run = vuspec.test(*FAULTY, "--keep", keep)
    bad = [r for r in run.report.results if r["verdict"] != "pass"]
    assert sorted(os.listdir(keep)) == sorted(r["id"] for r in bad)
    assert stat.S_IMODE(keep.stat().st_mode) == 0o700
    for r in bad:
        own = keep / r["id"]
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        for file in own.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert r["reason"] in (own / "report.txt").read_text()
        assert "-> GET_FEATURES" in (own / "exchange.txt").read_text()
        assert (own / "target.log").exists()
    # Once more into the same folder.
    assert vuspec.test(*FAULTY, "--keep", keep).returncode == 1


def test_a_crash_is_kept_in_full(vuspec, folder, fake_backend):
    keep = folder / "kept"
    run = vuspec.test("--device", "blk", "--filter", CRASH[1], "--keep", keep,
                      "--", "sh", "-c", f'echo the log; exec {fake_backend} '
                      '--socket-path "$0" --fault ' + CRASH[3], "{socket}")
    crashed = [r for r in run.report.results if r["crashed"]]
    assert crashed and "exchange" not in crashed[0]
    own = keep / crashed[0]["id"]
    assert "signal 6 (SIGABRT)" in (own / "report.txt").read_text()
    assert "-> " in (own / "exchange.txt").read_text()
    assert (own / "target.log").read_text() == "the log\n"


def test_a_folder_that_cannot_be_made_is_refused(vuspec, folder):
    (folder / "file").write_text("")
    for path in (folder / "file", folder / "no" / "such"):
        run = vuspec("test-backend", "--filter", SMOKE, "--keep", path)
        assert run.returncode == 2
        assert f"--keep {path}" in run.stderr


def test_too_few_rules_fail_the_run(vuspec):
    run = vuspec.test("--filter", SMOKE, "--min-judged", "2")
    judged = run.report.summary["judged"]
    assert run.returncode == 0
    run = vuspec.test("--filter", SMOKE, "--min-judged", str(judged + 1))
    assert run.returncode == 1
    assert f"--min-judged {judged + 1}" in run.stdout
