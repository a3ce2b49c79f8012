# SPDX-License-Identifier: BSD-3-Clause
"""QEMU as a child process of a test, controlled through QMP by qemu.qmp, the
library that QEMU publishes."""
import asyncio
import os
import pathlib
import socket
import subprocess
import threading
import time

from .child import Child
from .stream import LONG, Lines

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg"]
# Options that came with a version: an older QEMU cannot be tested with them.
CAME = {
    "memory-backend-shm,": (9, 1),
    ",offset=": (8, 1),
    ",rom=": (8, 2),
    ",reconnect-ms=": (9, 2),
}


class Qemu(Child):
    """A running QEMU.  `console` holds the lines of its first serial port."""
    name = "QEMU"

    def __init__(self, program, words, folder, monitor=True, prefix=()):
        self.qmp_path = pathlib.Path(folder) / "qmp.sock"
        self.monitor = None
        self._wants_monitor = monitor
        self.words = [*prefix, program, *BASE, *map(str, words)]
        if monitor:
            self.words += ["-qmp", f"unix:{self.qmp_path}"]
            self._listen()
        self.process = subprocess.Popen(
            [*self.words, "-serial", "stdio"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.console = Lines(self.process.stdout, "guest's console")
        self.stderr = Lines(self.process.stderr, "QEMU's stderr")
        self.streams = [self.console, self.stderr]
        if monitor:
            threading.Thread(target=self._tell_its_end, daemon=True).start()

    def _listen(self):
        from qemu.qmp.legacy import QEMUMonitorProtocol
        self.monitor = QEMUMonitorProtocol(str(self.qmp_path), server=True)
        self.monitor.settimeout(LONG)

    def _tell_its_end(self):
        """Who waits for a QEMU that ended is woken: by a connection that ends
        as well.  Its status is left to be waited for."""
        try:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            pass
        with socket.socket(socket.AF_UNIX) as one:
            one.connect_ex(str(self.qmp_path))

    def connect(self, timeout=LONG):
        """Wait until QEMU runs.  If it ends instead, the error has its output."""
        try:
            self.monitor.accept(timeout)
        except Exception as why:
            text = self.fares()
            self.end()
            raise RuntimeError(f"no monitor, and {text}") from why
        return self

    def cmd(self, name, **arguments):
        try:
            return self.monitor.cmd(name, **{k.replace("_", "-"): v
                                             for k, v in arguments.items()})
        except asyncio.TimeoutError:
            raise TimeoutError(f"no answer to {name}, and {self.fares()}") \
                from None

    def event(self, name, timeout=LONG):
        """Wait for an event of this name."""
        deadline = time.monotonic() + timeout
        while True:
            left = max(deadline - time.monotonic(), 0.01)
            try:
                got = self.monitor.pull_event(wait=left)
            except asyncio.TimeoutError:
                raise TimeoutError(f"{name} did not come, and "
                                   f"{self.fares()}") from None
            if got["event"] == name:
                return got

    def hear(self, accept, what, timeout=LONG, start=0):
        """Wait for a line of the guest's console; its place and the line."""
        return self.heard(self.console, accept, what, timeout, start)

    def send(self, line):
        """A line to the guest's console."""
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError as why:
            raise RuntimeError(f"'{line}' cannot be sent: {why}; "
                               f"{self.fares()}") from None

    def quit(self):
        try:
            self.cmd("quit")
        except Exception:  # it may be gone before it answers
            pass
        return self.wait()

    def end(self, grace=5):
        """A QEMU that waits for a reply ignores SIGTERM."""
        super().end(grace)
        try:
            self.process.stdin.close()
        except OSError:
            pass
        if self.monitor:
            try:
                self.monitor.close()
            except Exception:
                pass
            self.monitor = None
        return self.process.returncode


def version(program):
    """(major, minor) of a QEMU."""
    out = subprocess.run([program, "--version"], capture_output=True,
                         text=True, check=True).stdout
    numbers = out.split("version", 1)[1].split()[0].split(".")
    return int(numbers[0]), int(numbers[1])


def misses(has, words):
    """The reason why a QEMU of version `has` does not know these options, or
    None."""
    for word, since in CAME.items():
        if has < since and any(word in str(x) for x in words):
            return (f"QEMU {has[0]}.{has[1]} is older than "
                    f"{word.strip(',=')} ({since[0]}.{since[1]})")
    return None
