# SPDX-License-Identifier: BSD-3-Clause
"""A vhost-user back-end as a child process of a test."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from . import wire
from .stream import Lines

END_TIMEOUT = 30  # seconds from SIGTERM to SIGKILL


class Backend:
    """fake-backend, or any command with {socket} in it.

    `messages` are what fake-backend recorded, as it happens; a foreign command
    has none."""

    def __init__(self, command, folder, records,
                 stdout=subprocess.DEVNULL):
        self.socket = pathlib.Path(folder) / "vhost-user.sock"
        self.command = [str(w).replace("{socket}", str(self.socket))
                        for w in command]
        self.messages = None
        pass_fds = []
        if records:
            reader, writer = os.pipe()
            self.command += ["--record", f"/dev/fd/{writer}"]
            pass_fds = [writer]
        self.process = subprocess.Popen(
            self.command, pass_fds=pass_fds, stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.PIPE)
        self.stderr = Lines(self.process.stderr, "back-end's stderr")
        if records:
            os.close(writer)
            self.messages = Lines(os.fdopen(reader, "rb", buffering=0),
                                  "back-end's record", json.loads)

    @property
    def pid(self):
        return self.process.pid

    def listens(self, timeout=60):
        """Wait for the socket; it is asked for by name only, so that the
        first connection is the front-end's."""
        deadline = time.monotonic() + timeout
        while not self.socket.is_socket():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with "
                                   f"{self.process.returncode}: "
                                   f"{self.stderr.text()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.command[0]} never listened")
            try:  # an end of the process wakes us, a socket does not
                self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                pass
        return self

    def saw(self, name, timeout=60, start=0):
        """Wait for a request of the front-end; its place and the message."""
        return self.messages.wait(lambda m: wire.is_request(m, name), timeout,
                                  name, start)

    def answered(self, name, timeout=60, start=0):
        """Wait for the answer to a request."""
        return self.messages.wait(
            lambda m: (m.get("name") == name and m.get("dir") == "be->fe"
                       and m.get("chan") == "main"), timeout,
            f"the answer to {name}", start)

    def sessions(self):
        """How many connections have come to an end."""
        return sum("the connection ends" in m.get("event", "")
                   for m in self.messages.items)

    def regions(self):
        return wire.announced(self.messages.items)

    @contextlib.contextmanager
    def mapping(self, region):
        """Our own descriptor of what the back-end has mapped for a region."""
        fd = os.open(self._map_file(region), os.O_RDWR)
        try:
            yield fd
        finally:
            os.close(fd)

    def _map_file(self, region):
        for line in pathlib.Path(f"/proc/{self.pid}/maps").read_text() \
                .splitlines():
            span, _perms, _off, dev, inode, *_ = line.split()
            major, minor = (int(x, 16) for x in dev.split(":"))
            if (int(inode) == region.file["ino"] and
                    os.makedev(major, minor) == region.file["dev"]):
                start, end = (int(x, 16) for x in span.split("-"))
                return f"/proc/{self.pid}/map_files/{start:x}-{end:x}"
        raise LookupError(f"no mapping of {region}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def end(self):
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()
        self.stderr.join()
        if self.messages:
            self.messages.join()
        return self.process.returncode
