# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the command line share: the programs, and proof that a
run leaves nothing behind."""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import xml.etree.ElementTree

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BAD_PEER = [sys.executable, str(HERE / "bad_peer.py")]

# Every honest back-end passes it, whatever else changes.
SMOKE = "session_lifecycle.a_session_goes_from_start_to_stop"


def wait_until(what, condition, within=60.0):
    """Poll for something that no event tells of; what it was at the end."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {within} s for {what}"
        select.select([], [], [], 0.01)


def why_not(make, path):
    """What this host says to what it does not allow: containers have other
    words than machines."""
    with pytest.raises(OSError) as refused:
        make(path)
    return refused.value.strerror


class Process:
    """What /proc says of a process."""

    def __init__(self, pid):
        folder = pathlib.Path("/proc") / str(pid)
        self.pid = int(pid)
        self.environ = (folder / "environ").read_bytes()
        # Others' words and names are any bytes.
        words = (folder / "cmdline").read_bytes().decode(errors="replace")
        self.words = words.split("\0")
        stat = (folder / "stat").read_text(errors="replace")
        fields = stat.rsplit(")", 1)[1].split()
        self.state, self.parent = fields[0], int(fields[1])
        self.session = int(fields[3])

    def __repr__(self):
        return f"{self.pid}: {' '.join(self.words)}"


def processes():
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            yield Process(folder.name)
        except (OSError, IndexError):
            continue  # it has just ended


class Report:
    """What a run wrote with --output json=FILE."""

    def __init__(self, path):
        self.all = json.loads(path.read_text())
        self.results = self.all["results"]
        self.summary = self.all["summary"]

    def verdicts(self):
        return [r["verdict"] for r in self.results]


class Vuspec:
    """Runs vuspec with a temporary folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.tmp = folder / "t"
        self.tmp.mkdir()
        self.mark = f"VUSPEC_TEST_MARK={uuid.uuid4()}"
        name, value = self.mark.split("=")
        self.env = dict(os.environ, TMPDIR=str(self.tmp), **{name: value})
        self.env.pop("NO_COLOR", None)
        self.json = folder / "report.json"

    def start(self, *words, prefix=(), env=None, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(
            [*prefix, self.program, *map(str, words)], text=True,
            stdin=subprocess.DEVNULL, env={**self.env, **(env or {})}, **more)

    def __call__(self, *words, timeout=120, **more):
        run = self.start(*words, **more)
        try:
            out, err = run.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            run.kill()
            raise
        return subprocess.CompletedProcess(words, run.returncode, out, err)

    def test(self, *words, side="backend", **more):
        """Test a back-end, or a front-end, and read what the run reported."""
        run = self(f"test-{side}", "--output", f"json={self.json}",
                   "--output", "human", *words, **more)
        run.report = Report(self.json)
        return run

    def running(self):
        return [p for p in processes()
                if self.mark.encode() in p.environ and p.state != "Z"]

    def left(self):
        # A name belongs to the process in it; those of others that live
        # come and go.
        shm = [f for f in os.listdir("/dev/shm")
               if (m := re.match(r"vuspec-(\d+)-", f)) and
               not os.path.exists(f"/proc/{m[1]}")]
        return [*self.running(), *os.listdir(self.tmp), *shm]

    def kill_all(self):
        """Whatever of it still runs; it may end by itself meanwhile."""
        for process in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def leaves_nothing(self):
        """A guardian has 2 s to clean up after a runner that was killed; a
        busy machine may take longer."""
        wait_until("the run to leave nothing",
                   lambda: not self.left(), within=30)


def environment(name):
    path = os.environ.get(name)
    if not path:
        pytest.exit(f"set {name} to the program (meson test does)", 2)
    return path


@pytest.fixture(scope="session")
def program():
    return environment("VUSPEC")


@pytest.fixture(scope="session")
def fake_backend():
    return environment("FAKE_BACKEND")


@pytest.fixture(scope="session")
def fake_frontend():
    return environment("FAKE_FRONTEND")


@pytest.fixture
def folder():
    """A short path: the path of a Unix socket has at most 107 bytes."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="vus-cli-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def vuspec(program, folder):
    tool = Vuspec(program, folder)
    yield tool
    try:
        tool.leaves_nothing()
    finally:
        tool.kill_all()


@pytest.fixture
def bad_peer():
    """Words of a target that misbehaves in the named way."""
    return lambda mode, *more: ["--", *BAD_PEER, mode, "{socket}",
                                *map(str, more)]


@pytest.fixture
def honest(fake_backend):
    """Words of a target that keeps the rules."""
    return ["--device", "blk", "--", fake_backend, "--socket-path",
            "{socket}", "--device", "blk"]


def junit_of(path):
    """The root of a JUnit file, which must be well-formed and add up."""
    root = xml.etree.ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        add_up(suite, suite.findall("testcase"))
    add_up(root, root.findall("testsuite/testcase"))
    return root


def add_up(element, cases):
    for attribute, kind in [("failures", "failure"), ("errors", "error"),
                            ("skipped", "skipped")]:
        found = sum(case.find(kind) is not None for case in cases)
        assert int(element.get(attribute)) == found, element.attrib
    assert int(element.get("tests")) == len(cases)
    assert float(element.get("time")) >= 0
