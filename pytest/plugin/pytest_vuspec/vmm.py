# SPDX-License-Identifier: BSD-3-Clause
"""A front-end without a guest: QEMU, or fake-frontend in its place.

Both read the same words.  Nothing here needs a monitor: a VMM is started, looked
at from outside, and ended by SIGTERM."""
import pathlib
import subprocess

from . import wire
from .child import Child
from .stream import LONG, Lines

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg"]
DEVICE = "vhost-user-blk-pci"


class Vmm(Child):
    name = "the VMM"

    def __init__(self, command, words, prefix=()):
        self.words = [*prefix, *command, *BASE, *map(str, words)]
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.stdout = Lines(self.process.stdout, "VMM's stdout")
        self.stderr = Lines(self.process.stderr, "VMM's stderr")
        self.streams = [self.stdout, self.stderr]

    def starts_with(self, backend, timeout=LONG):
        """The regions that are announced first; None: it ended."""
        return self.until("a start or an end", backend.regions, timeout)

    def ends_before(self, backend, timeout=LONG):
        """The exit status of a start that must fail; it has not failed as soon as
        memory is announced to the back-end."""
        regions = self.starts_with(backend, timeout)
        assert not regions, f"it started with {regions}"
        return self.wait()

    def settle(self, backend, driven=True):
        """It has brought all of its rings up, or made the device at least where
        no driver takes it: it is ended, so that what follows the last is no
        question."""
        if driven:
            backend.saw("SET_VRING_KICK")
            backend.saw("SET_VRING_ENABLE")
        else:  # QEMU makes a device as a whole before it hears SIGTERM
            backend.saw("SET_VRING_CALL")
        self.end()
        backend.hear(wire.is_end, "the end")

    def mapped(self, inode):
        """Permissions ("rw-s") of its mappings of a file."""
        try:
            text = pathlib.Path(f"/proc/{self.pid}/maps").read_text()
        except (ProcessLookupError, FileNotFoundError):  # it has ended
            text = ""
        rows = [line.split() for line in text.splitlines()]
        return {row[1] for row in rows if row[4] == str(inode)}

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
    """Options that connect a device to a back-end."""
    return ["-chardev", f"socket,id=c0,path={backend.socket}",
            "-device", f"{device},chardev=c0{more}"]
