# SPDX-License-Identifier: BSD-3-Clause
"""vuspec trace: what goes through it is unchanged, printed and judged."""
import json
import signal
import subprocess

import pytest

from conftest import environment, wait_until

MEMORY = ["-m", "64", "-object", "memory-backend-memfd,id=m,size=64M",
          "-machine", "memory-backend=m"]


class Pair:
    """A back-end, vuspec between, and a front-end when it is wanted."""

    def __init__(self, vuspec, fake_backend, *words, fault=()):
        self.env = vuspec.env
        self.back, self.front = vuspec.folder / "b", vuspec.folder / "f"
        self.peer = subprocess.Popen(
            [fake_backend, "--socket-path", self.back, *fault], env=self.env)
        wait_until("the back-end", self.back.exists)
        self.trace = vuspec.start("trace", "--listen", self.front,
                                  "--connect", self.back, *words)
        wait_until("the trace", self.front.exists)

    def run_front_end(self):
        return subprocess.run(
            [environment("FAKE_FRONTEND"), *MEMORY, "-chardev",
             f"socket,id=c,path={self.front}", "-device",
             "vhost-user-blk,chardev=c"], env=self.env, capture_output=True,
            text=True, check=False, timeout=60)

    def end(self, signum=None):
        if signum:
            self.trace.send_signal(signum)
        out, err = self.trace.communicate(timeout=60)
        self.peer.terminate()
        self.peer.wait()
        return self.trace.returncode, out, err


@pytest.fixture
def pair(vuspec, fake_backend):
    return lambda *words, **more: Pair(vuspec, fake_backend, *words, **more)


def test_session_goes_through_unchanged(pair, folder):
    two = pair("--once", "--record", folder / "r")
    front = two.run_front_end()
    assert front.returncode == 0, front.stderr
    status, out, err = two.end()
    assert status == 0, err
    assert out.startswith("-> GET_FEATURES\n<- GET_FEATURES reply value=")
    assert " 0 complaints" in out.splitlines()[-1]
    rows = [json.loads(x) for x in (folder / "r").read_text().splitlines()]
    messages = [r for r in rows if "req" in r]
    assert [r["name"] for r in messages[:2]] == ["GET_FEATURES"] * 2
    assert [r["dir"] for r in messages[:2]] == ["fe->be", "be->fe"]
    assert any(r["nfds"] == 1 for r in messages)
    assert not two.front.exists()


def test_complaint_is_status_1(pair):
    two = pair("--once", "--quiet",
               fault=["--fault", "header.reply_flag_missing"])
    two.run_front_end()
    status, out, _ = two.end()
    assert status == 1
    assert out.startswith("!! GET_FEATURES reply: ")
    assert "1 complaints" in out.splitlines()[-1]


def test_session_after_session(pair):
    two = pair("--quiet")
    for _ in range(3):
        assert two.run_front_end().returncode == 0
    status, out, _ = two.end(signal.SIGINT)
    assert status == 0
    assert out.splitlines()[-1].startswith("3 sessions, ")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(pair, signum):
    two = pair()
    status, out, _ = two.end(signum)
    assert status == 0
    assert out.splitlines()[-1].startswith("0 sessions")
    assert not two.front.exists()


def test_nobody_behind_it(vuspec, fake_backend, folder):
    two = Pair(vuspec, fake_backend, "--once")
    two.peer.terminate()
    two.peer.wait()
    front = two.run_front_end()
    assert front.returncode == 1
    status, out, err = two.end()
    assert status == 3
    assert str(two.back) in out + err


@pytest.mark.parametrize("words, status, says", [
    ([], 2, "--listen and --connect are both needed"),
    (["--listen", "/tmp/x"], 2, "--listen and --connect are both needed"),
    (["--no-such-option"], 2, "--no-such-option"),
    (["--listen", "/tmp/" + "x" * 200, "--connect", "/x"], 2, "107"),
    (["--listen", "/no/such/x", "--connect", "/x"], 4, "/no/such/x"),
    (["--listen", "{f}", "--connect", "/x", "--record", "/no/such/r"], 4,
     "/no/such/r"),
])
def test_refused(vuspec, folder, words, status, says):
    run = vuspec("trace", *[w.format(f=folder / "f") for w in words])
    assert run.returncode == status, run.stderr
    assert says in run.stderr
    assert not (folder / "f").exists()
