# SPDX-License-Identifier: BSD-3-Clause
"""A front-end without a guest: QEMU, or fake-frontend in its place.

Both read the same words.  Nothing here needs a monitor: a VMM is started, looked
at from outside, and ended by SIGTERM."""
import pathlib
import subprocess

from .stream import Lines

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg"]
DEVICE = "vhost-user-blk-pci"


class Vmm:
    def __init__(self, command, words, prefix=()):
        self.words = [*prefix, *command, *BASE, *map(str, words)]
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.stdout = Lines(self.process.stdout, "VMM's stdout")
        self.stderr = Lines(self.process.stderr, "VMM's stderr")

    @property
    def pid(self):
        return self.process.pid

    def wait(self, timeout=30):
        """Its end by itself; the exit status, negative for a signal."""
        status = self.process.wait(timeout)
        self.stdout.join()
        self.stderr.join()
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.stdout.join()
        self.stderr.join()
        return self.process.returncode

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
