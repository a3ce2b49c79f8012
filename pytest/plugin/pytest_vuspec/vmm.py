# SPDX-License-Identifier: BSD-3-Clause
"""A front-end without a guest: QEMU, or fake-frontend in its place.

Both read the same words.  Nothing here needs a monitor: a VMM is started, looked
at from outside, and ended by SIGTERM."""
import pathlib
import subprocess
import time

from .stream import Lines

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg"]
DEVICE = "vhost-user-blk-pci"


class Vmm:
    def __init__(self, command, words, prefix=()):
        self.words = [*prefix, *command, *BASE, *map(str, words)]
        self.since = time.monotonic()
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.stdout = Lines(self.process.stdout, "VMM's stdout")
        self.stderr = Lines(self.process.stderr, "VMM's stderr")

    @property
    def pid(self):
        return self.process.pid

    def wait(self, timeout=60):
        """Its end by itself; the exit status, negative for a signal."""
        status = self.process.wait(timeout)
        self.stdout.join()
        self.stderr.join()
        return status

    def ends_before(self, backend, timeout=60):
        """The exit status of a start that must fail; as soon as the back-end
        is told of memory, it has not."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            assert not backend.regions(), (
                f"it started with {backend.regions()}")
            assert time.monotonic() < deadline, "it neither starts nor ends"
            try:  # woken by the end
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        return self.wait()

    def settle(self, backend):
        """It has brought all of its rings up: it is ended, so that what
        follows the last is no question."""
        backend.saw("SET_VRING_KICK")
        backend.saw("SET_VRING_ENABLE")
        self.end()
        backend.messages.wait(lambda m: "the connection ends" in
                              m.get("event", ""), 60, "the end")

    def mapped(self, inode):
        """Permissions ("rw-s") of its mappings of a file."""
        lines = pathlib.Path(f"/proc/{self.pid}/maps").read_text().splitlines()
        rows = [line.split() for line in lines]
        return {row[1] for row in rows if row[4] == str(inode)}

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.stdout.join()
        self.stderr.join()
        return self.process.returncode

    def flags(self, fd):
        """The open flags of one of its descriptors."""
        text = pathlib.Path(f"/proc/{self.pid}/fdinfo/{fd}").read_text()
        return next(int(x.split()[1], 8) for x in text.splitlines()
                    if x.startswith("flags:"))

    def files(self):
        """{descriptor: target} of what it has open."""
        found = {}
        for link in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found[int(link.name)] = str(link.readlink())
            except OSError:
                continue
        return found


def attach(backend, device=DEVICE, more=""):
    """Words that connect a device to a back-end."""
    return ["-chardev", f"socket,id=c0,path={backend.socket}",
            "-device", f"{device},chardev=c0{more}"]
