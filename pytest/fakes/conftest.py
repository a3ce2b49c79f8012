# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of fake-frontend share: the program in a folder of its own,
and proof that it leaves nothing behind."""
import os
import pathlib
import re
import subprocess

import pytest
from pytest_vuspec import need, programs
from pytest_vuspec.child import GRACE, Child
from pytest_vuspec.stream import LONG, Lines

SHM = pathlib.Path("/dev/shm")


class Frontend(Child):
    """A fake-frontend that runs."""
    name = "fake-frontend"

    def __init__(self, command, env, **more):
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.stdout = Lines(self.process.stdout, "fake-frontend's stdout")
        self.stderr = Lines(self.process.stderr, "fake-frontend's stderr")
        self.streams = [self.stdout, self.stderr]

    def is_up(self, timeout=LONG):
        """Wait until its devices have done their requests (--stay)."""
        self.heard(self.stdout, lambda line: "requests" in line, "its summary",
                   timeout)
        return self

    def heeds(self, number):
        """Wait until a signal is no longer its death."""
        status = pathlib.Path(f"/proc/{self.pid}/status")
        assert self.until(f"care for signal {number}", lambda: any(
            int(mask, 16) >> number - 1 & 1 for mask in re.findall(
                r"^Sig(?:Blk|Cgt):\s*(\w+)", status.read_text(), re.M))), (
                    self.fares())

    def end(self, grace=GRACE):
        """It is not asked."""
        self.process.kill()
        return super().end(grace)

    def left(self):
        """Names of its shared memory (others' do not count)."""
        return [p.name for p in SHM.glob(f"vuspec-{self.process.pid}-*")]


@pytest.fixture
def frontend(request, tmp_path):
    """Start fake-frontend with these words; TMPDIR is a folder that must be
    empty in the end."""
    program = need(programs.fake_frontend(request.config), "fake-frontend")
    tmp = tmp_path / "frontend-tmp"
    tmp.mkdir()
    started = []

    def start(*words, **more):
        one = Frontend([program, *map(str, words)],
                       dict(os.environ, TMPDIR=str(tmp)), **more)
        started.append(one)
        return one

    yield start
    for one in started:
        one.end()
    assert [name for one in started for name in one.left()] == []
    assert list(tmp.iterdir()) == []
