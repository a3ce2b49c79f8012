# SPDX-License-Identifier: BSD-3-Clause
"""pytest fixtures for vhost-user: back-ends, QEMU, guests, and vuspec itself.

	def test_my_daemon(vhost_user_backend, qemu_guest):
	    daemon = vhost_user_backend(["my-daemon", "--socket={socket}"])
	    guest = qemu_guest(daemon, device="vhost-user-blk-pci")
	    guest.run("dd if=/dev/vda of=/dev/null count=1")

See docs/pytest.md."""
import subprocess

import pytest

from . import guest as guests
from . import programs
from .backend import Backend
from .memory import Memory
from .qemu import Qemu, misses, version
from .rules import Rules
from .skips import Skips
from .stream import LONG
from .vmm import BASE, Vmm, attach

SHARED = Memory("memfd", "256M", more=",share=on")


def pytest_addoption(parser):
    group = parser.getgroup("vuspec", "vhost-user")
    group.addoption("--qemu", dest="qemu", metavar="PATH",
                    help="QEMU to test with (default: qemu-system-x86_64)")
    group.addoption("--qemu-word", dest="qemu_word", action="append",
                    default=[], metavar="WORD",
                    help="an argument before all others (repeatable), e.g. "
                         "--qemu-word=--fault --qemu-word=NAME for --qemu "
                         "fake-frontend")
    group.addoption("--vuspec-build", dest="vuspec_build", metavar="DIR",
                    help="build folder with vuspec and the fakes")
    group.addoption("--vuspec", dest="vuspec_program", metavar="PATH",
                    help="the vuspec program")
    group.addoption("--fake-backend", dest="fake_backend", metavar="PATH",
                    help="the fake-backend program")
    group.addoption("--fake-frontend", dest="fake_frontend", metavar="PATH",
                    help="the fake-frontend program")
    group.addoption("--rule", dest="rule", metavar="ID",
                    help="run the tests that mark this rule")
    group.addoption("--rules-json", dest="rules_json", metavar="FILE",
                    help="write which tests mark which rules, and failed")
    group.addoption("--expected-skips", dest="expected_skips", metavar="FILE",
                    help="fail on a skip that is not listed here for "
                         "--skips-of")
    group.addoption("--skips-of", dest="skips_of", metavar="TARGET",
                    default="pytest", help="the target in that list")


def pytest_configure(config):
    if config.getoption("rule") or config.getoption("rules_json"):
        config.pluginmanager.register(
            Rules(config.getoption("rules_json"), config.getoption("rule")),
            "vuspec-rules")
    listed = config.getoption("expected_skips")
    if listed and not hasattr(config, "workerinput"):
        config.pluginmanager.register(
            Skips(listed, config.getoption("skips_of")), "vuspec-skips")
    config.addinivalue_line(
        "markers", "rule(id): the rule of the catalogue that a test judges")
    config.addinivalue_line(
        "markers", "qemu_only: fake-frontend does not promise this")
    config.addinivalue_line(
        "markers", "qemu_since(major, minor): QEMU does this since then")


def pytest_runtest_setup(item):
    if programs.is_fake(item.config.getoption("qemu") or ""):
        guest = {"qemu", "qemu_guest"} & set(item.fixturenames)
        if guest or item.get_closest_marker("qemu_only"):
            pytest.skip("a promise of QEMU's alone")
        return
    since = item.get_closest_marker("qemu_since")
    path = since and programs.qemu(item.config)
    if path and version(path) < since.args:
        pytest.skip("QEMU does this since {}.{}".format(*since.args))


def need(path, what):
    """A missing program is a skip with its reason, never a failure."""
    if not path:
        pytest.skip(f"env: {what} is not there (see ci/setup)")
    return path


def need_words(has, words):
    """A QEMU that is too old for some of these words is a skip; `has` is its
    version, or None: whatever it is, it knows them all."""
    why = misses(has, words) if has else None
    if why:
        pytest.skip(why)


@pytest.fixture(scope="session")
def qemu_program(request):
    """The QEMU to test with."""
    pytest.importorskip("qemu.qmp", reason="env: qemu.qmp is not installed "
                                           "(ci/setup qemu)")
    return need(programs.qemu(request.config), "QEMU")


@pytest.fixture(scope="session")
def qemu_version(qemu_program):
    return version(qemu_program)


def finished(words, timeout):
    """Run a program to its end; the error of one that takes too long has its
    output so far."""
    try:
        return subprocess.run(words, timeout=timeout, capture_output=True,
                              text=True, check=False)
    except subprocess.TimeoutExpired as why:
        said = (why.stdout or b"") + (why.stderr or b"")
        raise TimeoutError(f"{words} still runs after {timeout} s; its output: "
                           f"{said.decode(errors='replace')[-4000:]}") \
            from None


@pytest.fixture
def vuspec(request, tmp_path):
    """Run vuspec; returns the finished process."""
    program = need(programs.vuspec(request.config), "vuspec")

    def run(*words, timeout=2 * LONG):
        return finished([program, *map(str, words)], timeout)
    return run


@pytest.fixture
def vhost_user_backend(request, tmp_path):
    """Start a back-end that listens: fake-backend with further arguments, or
    your own command with {socket} in it."""
    started = []

    def start(command=None, words=(), wait=True):
        folder = tmp_path / f"backend-{len(started)}"
        folder.mkdir()
        fake = command is None
        if fake:
            command = [need(programs.fake_backend(request.config),
                            "fake-backend"), "--socket-path", "{socket}"]
        backend = Backend([*command, *map(str, words)], folder, records=fake)
        started.append(backend)
        return backend.listens() if wait else backend

    yield start
    for backend in started:
        backend.end()


@pytest.fixture
def qemu(qemu_program, qemu_version, tmp_path):
    """Start QEMU with these arguments, paused before its first instruction only
    if they ask for it."""
    started = []

    def start(*words, monitor=True, prefix=()):
        need_words(qemu_version, words)
        folder = tmp_path / f"qemu-{len(started)}"
        folder.mkdir()
        one = Qemu(qemu_program, words, folder, monitor, prefix)
        started.append(one)
        return one.connect() if monitor else one

    yield start
    for one in started:
        one.end()


@pytest.fixture
def vmm(request):
    """Start a front-end with QEMU's options and without a guest: QEMU itself, or
    `--qemu fake-frontend`."""
    program = need(programs.qemu(request.config), "QEMU")
    is_fake = programs.is_fake(program)
    # QEMU keeps running; fake-frontend needs --stay.
    command = [program, *(["--stay"] if is_fake else []),
               *request.config.getoption("qemu_word")]
    started = []

    def start(*words, prefix=()):
        need_words(start.version, words)
        one = Vmm(command, words, prefix)
        started.append(one)
        return one

    start.is_fake = is_fake
    start.command = [*command, *BASE]
    start.version = None if is_fake else version(program)
    yield start
    for one in started:
        status = one.end()
        # A refusal of options that it does not know proves nothing.
        assert not is_fake or status != 2, one.stderr.text()


@pytest.fixture(scope="session")
def guest_files(tmp_path_factory):
    """Kernel image and initramfs, made once a run."""
    try:
        return guests.make_initramfs(tmp_path_factory.mktemp("guest"))
    except guests.NoGuest as why:
        pytest.skip(f"env: {why}")


@pytest.fixture
def qemu_guest(qemu_program, qemu_version, guest_files, tmp_path):
    """Boot a Linux guest with a vhost-user device on a back-end."""
    started = []

    def start(backend, device="vhost-user-blk-pci", memory=SHARED,
              machine="q35", words=(), chardev="", boot=True, reboot=False):
        words = [*memory.words(machine),
                 "-chardev", f"socket,id=c0,path={backend.socket}{chardev}",
                 "-device", f"{device},chardev=c0", *words]
        need_words(qemu_version, words)
        folder = tmp_path / f"guest-{len(started)}"
        folder.mkdir()
        one = guests.Guest(qemu_program, words, folder, *guest_files, reboot)
        started.append(one)
        return one.boot() if boot else one

    yield start
    for one in started:
        one.end()


__all__ = ["Backend", "Memory", "Qemu", "Vmm", "attach", "finished",
           "need_words"]
