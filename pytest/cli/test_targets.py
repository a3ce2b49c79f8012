# SPDX-License-Identifier: BSD-3-Clause
"""Targets that die, hang or talk nonsense: the promised status and words."""
import json
import socket
import subprocess

import pytest

FEW = ["--filter", "hdr.*", "--start-timeout", "2"]


@pytest.mark.parametrize("command, says", [
    (["/no/such/program"], "/no/such/program"),
    (["true"], "exit status 0"),
    (["false"], "exit status 1"),
])
def test_commands_that_never_serve(vuspec, command, says):
    run = vuspec("test-backend", *FEW, "--", *command, "{socket}")
    assert run.returncode == 3
    assert says in run.stderr + run.stdout


def test_exits_at_once_shows_its_last_words(vuspec, bad_peer):
    run = vuspec("test-backend", *FEW, *bad_peer("exits_at_once"))
    assert run.returncode == 3
    text = run.stdout + run.stderr
    assert "exit status 3" in text
    assert "cannot open the disk" in text


@pytest.mark.parametrize("mode", ["never_listens", "hangs_after_accept",
                                  "forks_and_hangs", "ignores_sigterm"])
def test_never_speaks(vuspec, bad_peer, mode):
    run = vuspec("test-backend", *FEW, *bad_peer(mode))
    assert run.returncode == 3
    assert "--start-timeout" in run.stdout + run.stderr


def test_dies_at_accept(vuspec, bad_peer):
    run = vuspec("test-backend", *FEW, *bad_peer("dies_at_accept"))
    assert run.returncode == 3
    assert "SIGABRT" in run.stdout + run.stderr


@pytest.mark.parametrize("mode", ["closes_at_byte", "floods", "babbles"])
def test_talks_nonsense(vuspec, bad_peer, mode):
    run = vuspec("test-backend", *FEW, *bad_peer(mode))
    assert run.returncode in (1, 3)
    assert "broken" not in run.stdout.splitlines()[-1]


def test_socket_that_nobody_listens_on(vuspec, tmp_path):
    run = vuspec("test-backend", *FEW, "--socket", tmp_path / "none")
    assert run.returncode == 3
    assert str(tmp_path / "none") in run.stdout + run.stderr


def test_socket_path_too_long(vuspec):
    run = vuspec("test-backend", *FEW, "--socket", "/tmp/" + "x" * 200)
    assert run.returncode in (2, 3)
    assert "107" in run.stdout + run.stderr or "108" in run.stdout + run.stderr


def test_running_back_end_by_socket(vuspec, fake_backend, tmp_path):
    path = tmp_path / "s"
    with subprocess.Popen([fake_backend, "--socket-path", path, "--device",
                           "blk"]) as peer:
        run = vuspec("test-backend", "--device", "blk", "--socket", path,
                     "--filter", "hdr.*")
        assert peer.poll() is None, "a target of --socket is never ended"
        peer.terminate()
        assert peer.wait(10) == 0
    assert run.returncode == 0, run.stdout
    assert not path.exists()


def test_connected_descriptor(vuspec, fake_backend):
    run = vuspec("test-backend", "--device", "blk", "--filter", "hdr.*", "--",
                 fake_backend, "--fd", "{fd}", "--device", "blk")
    assert run.returncode == 0, run.stdout


def test_folder_and_worker_words(vuspec, fake_backend, tmp_path):
    script = tmp_path / "start"
    script.write_text("#!/bin/sh\n"
                      'test -d "$2" && test -z "$(ls "$2")" || exit 9\n'
                      'touch "$2/worker-$3"\n'
                      f'exec {fake_backend} --socket-path "$1" --device blk\n')
    script.chmod(0o755)
    run = vuspec("test-backend", "--device", "blk", "--filter", "hdr.*", "-j",
                 "2", "--", script, "{socket}", "{dir}", "{worker}")
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_failing_back_end_gives_status_1_and_names_the_rule(
        vuspec, fake_backend, tmp_path):
    out = tmp_path / "out.json"
    run = vuspec("test-backend", "--device", "blk", "--filter", "mem.*",
                 "--output", f"json={out}", "--output", "human", "--",
                 fake_backend, "--socket-path", "{socket}", "--device", "blk",
                 "--fault", "mem.ignores_mmap_offset")
    assert run.returncode == 1
    assert "mem.offset_nonzero" in run.stdout
    assert "mem.offset_nonzero" in json.dumps(json.loads(out.read_text()))


def test_nothing_passed_is_status_5(vuspec, fake_backend):
    """`generic` has no driver: a filter of ping cases skips them all."""
    run = vuspec("test-backend", "--device", "generic", "--filter",
                 "mem.offset*", "--", fake_backend, "--socket-path",
                 "{socket}", "--device", "blk")
    assert run.returncode == 5
    assert "no driver for this device" in run.stdout


def test_file_memory_in_a_missing_folder(vuspec):
    run = vuspec("test-backend", "--memory", "file=/no/such/folder",
                 "--filter", "mem.*")
    assert run.returncode in (2, 4)
    assert "/no/such/folder" in run.stdout + run.stderr


def test_listening_but_silent_socket(vuspec, tmp_path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "s"))
        s.listen(1)
        run = vuspec("test-backend", *FEW, "--socket", tmp_path / "s")
    assert run.returncode == 3
