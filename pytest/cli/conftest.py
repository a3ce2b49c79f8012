# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the command line share: the program, and proof that a
run leaves nothing behind."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import uuid

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BAD_PEER = [sys.executable, str(HERE / "bad_peer.py")]


def marked(mark):
    """Processes (pid, command) that carry the mark in their environment."""
    found = []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            env = (proc / "environ").read_bytes()
            if mark.encode() in env:
                words = (proc / "cmdline").read_bytes().replace(b"\0", b" ")
                state = (proc / "stat").read_text().rsplit(")", 1)[1].split()
                if state[0] != "Z":
                    found.append((int(proc.name), words.decode().strip()))
        except OSError:
            continue
    return found


class Vuspec:
    """Runs vuspec in a temporary folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.tmp = folder
        self.mark = f"VUSPEC_TEST_MARK={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.env = dict(os.environ, TMPDIR=str(folder), **{name: value})
        self.env.pop("NO_COLOR", None)

    def start(self, *words, prefix=(), **more):
        return subprocess.Popen(
            [*prefix, self.program, *map(str, words)], env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, **more)

    def __call__(self, *words, timeout=60, prefix=(), **more):
        run = self.start(*words, prefix=prefix, **more)
        out, err = run.communicate(timeout=timeout)
        return subprocess.CompletedProcess(words, run.returncode, out, err)

    def left(self, within=3.0):
        """What the run left: processes, files, shared memory.  A guardian
        has 2 s to clean up after a runner that was killed."""
        deadline = time.monotonic() + within
        while True:
            # Names under /dev/shm of others are not ours to judge.
            shm = [f for f in os.listdir("/dev/shm") if "vuspec" in f]
            left = marked(self.mark) + sorted(os.listdir(self.tmp)) + shm
            if not left or time.monotonic() > deadline:
                return left
            select_for_a_moment()


def select_for_a_moment():
    import select
    select.select([], [], [], 0.02)


@pytest.fixture(scope="session")
def program():
    path = os.environ.get("VUSPEC")
    if not path:
        pytest.exit("set VUSPEC to the program (meson test does)", 2)
    return path


@pytest.fixture
def vuspec(program, tmp_path):
    folder = tmp_path / "tmp"
    folder.mkdir()
    tool = Vuspec(program, folder)
    yield tool
    left = tool.left()
    for entry in left:
        if isinstance(entry, tuple):
            os.kill(entry[0], signal.SIGKILL)
    assert left == [], "left behind"


@pytest.fixture
def bad_peer():
    """Words of a target that misbehaves in the named way."""
    return lambda mode, *more: ["--", *BAD_PEER, mode, "{socket}", *more]


@pytest.fixture
def fake_backend():
    path = os.environ.get("FAKE_BACKEND")
    if not path:
        pytest.exit("set FAKE_BACKEND to the program (meson test does)", 2)
    return path


def verdict_lines(text):
    return re.findall(r"^(?:pass|fail|warn|skip|broken)\b.*$", text, re.M)
