# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts and sudden deaths: reports are complete, nothing is left."""
import json
import os
import pathlib
import signal

import pytest

from conftest import marked, select_for_a_moment


def wait_for_processes(vuspec, run, at_least, within=10):
    import time
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = marked(vuspec.mark)
        if len(found) >= at_least:
            return found
        assert run.poll() is None, run.communicate()
        select_for_a_moment()
    raise AssertionError("the run never started")


@pytest.mark.parametrize("signum, status",
                         [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_reports_and_leaves_nothing(vuspec, tmp_path, signum,
                                                    status):
    out = tmp_path / "out.json"
    run = vuspec.start("test-backend", "--repeat", "200", "--output",
                       f"json={out}", "--output", "human")
    wait_for_processes(vuspec, run, 3)
    run.send_signal(signum)
    text, _ = run.communicate(timeout=10)
    assert run.returncode == status
    assert "interrupted" in text
    json.loads(out.read_text())
    assert vuspec.left() == []


def test_killed_runner_leaves_nothing(vuspec):
    run = vuspec.start("test-backend", "--repeat", "200")
    wait_for_processes(vuspec, run, 3)
    run.kill()
    run.communicate()
    assert vuspec.left() == []


def test_each_process_killed_in_turn(vuspec):
    """Whatever single process is killed, the run ends in bounded time with a
    documented status and leaves nothing."""
    for victim in range(4):
        run = vuspec.start("test-backend", "--repeat", "30", "-j", "2")
        found = sorted(wait_for_processes(vuspec, run, 4))
        pid = found[min(victim, len(found) - 1)][0]
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        run.communicate(timeout=60)
        assert run.returncode in (0, 1, 4, -signal.SIGKILL)
        assert vuspec.left() == []


def test_reader_of_the_report_goes_away(vuspec):
    """`vuspec ... | head -1`: no hang and nothing left."""
    run = vuspec.start("test-backend", "--repeat", "20")
    run.stdout.close()
    run.wait(timeout=60)
    run.stderr.close()
    assert vuspec.left() == []


def private_shm(size):
    """Words that run a command with a /dev/shm of its own of this size."""
    return ["unshare", "-m", "sh", "-c",
            f"mount -t tmpfs -o size={size} none /dev/shm && exec \"$@\"",
            "sh"]


needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or os.system(
        "unshare -m mount -t tmpfs none /dev/shm 2>/dev/null") != 0,
    reason="env: mount namespaces need root (run as root)")


@needs_mounts
def test_full_dev_shm_is_said(vuspec):
    run = vuspec("test-backend", "--memory", "shm", "--filter", "mem.*",
                 "-m", "16M", prefix=private_shm("64k"))
    assert run.returncode in (1, 4)
    assert "/dev/shm" in run.stdout
    assert not list(pathlib.Path("/dev/shm").glob("vuspec*"))


@needs_mounts
def test_read_only_dev_shm_is_said(vuspec):
    words = ["unshare", "-m", "sh", "-c",
             "mount -t tmpfs -o ro none /dev/shm && exec \"$@\"", "sh"]
    run = vuspec("test-backend", "--memory", "shm", "--filter", "mem.*",
                 prefix=words)
    assert run.returncode == 4
    assert "Read-only file system" in run.stdout
