# SPDX-License-Identifier: BSD-3-Clause
"""A vhost-user back-end as a child process of a test."""
import contextlib
import json
import os
import pathlib
import subprocess

from . import wire
from .child import Child
from .stream import LONG, Lines

SOCKETS = pathlib.Path("/proc/net/unix")
LISTENS = 1 << 16  # in its fourth column


class Backend(Child):
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
        self.name = self.command[0]
        self.stderr = Lines(self.process.stderr, "back-end's stderr")
        self.streams = [self.stderr]
        if records:
            os.close(writer)
            self.messages = Lines(os.fdopen(reader, "rb"),
                                  "back-end's record", json.loads)
            self.streams.append(self.messages)

    def listens(self, timeout=LONG):
        """Wait for the socket without connecting, so that the first connection
        is the front-end's."""
        if not self.until("its socket", self._accepts, timeout):
            raise RuntimeError(self.fares())
        return self

    def _accepts(self):
        """Its name is there before it listens, and who connects between the
        two is refused.  One that the table does not have by this name is
        believed."""
        if not self.socket.is_socket():
            return False
        path = os.path.realpath(self.socket)
        rows = [x.split(None, 7)
                for x in SOCKETS.read_text(errors="replace").splitlines()]
        flags = [int(x[3], 16) for x in rows
                 if len(x) == 8 and os.path.realpath(x[7]) == path]
        return not flags or any(x & LISTENS for x in flags)

    def hear(self, accept, what, timeout=LONG, start=0):
        """Wait for a line of the record; its place and the line."""
        return self.heard(self.messages, accept, what, timeout, start)

    def saw(self, name, timeout=LONG, start=0):
        """Wait for a request of the front-end; its place and the message."""
        return self.hear(lambda m: wire.is_request(m, name), name, timeout,
                         start)

    def said(self, name, start=0):
        """The front-end's requests of this name so far."""
        return [m for m in self.messages.items[start:]
                if wire.is_request(m, name)]

    def answered(self, name, timeout=LONG, start=0):
        """Wait for the answer to a request."""
        return self.hear(
            lambda m: (m.get("name") == name and m.get("dir") == "be->fe"
                       and m.get("chan") == "main"),
            f"the answer to {name}", timeout, start)

    def sessions(self):
        """How many connections have ended."""
        return sum(wire.is_end(m) for m in self.messages.items)

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
        self.process.kill()
        return self.process.wait()
