# SPDX-License-Identifier: BSD-3-Clause
"""QEMU as a child process of a test, steered by QMP.

QMP is spoken by the library that QEMU publishes (qemu.qmp)."""
import pathlib
import subprocess

from .stream import Lines

BASE = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg"]
START_TIMEOUT = 30
END_TIMEOUT = 20
# Words that came with a version: an older QEMU cannot be tested with them.
CAME = {
    "memory-backend-shm,": (9, 1),
    ",offset=": (8, 1),
    ",rom=": (8, 2),
    ",reconnect-ms=": (9, 2),
}


class Qemu:
    """A running QEMU.  `console` holds the lines of its first serial port."""

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

    def _listen(self):
        from qemu.qmp.legacy import QEMUMonitorProtocol
        self.monitor = QEMUMonitorProtocol(str(self.qmp_path), server=True)

    def connect(self, timeout=START_TIMEOUT):
        """Wait for QEMU to be there.  A QEMU that ends instead is an error
        that says what it said."""
        try:
            self.monitor.accept(timeout)
        except Exception as why:
            status = self.end()
            raise RuntimeError(f"QEMU ended with {status}: "
                               f"{self.stderr.text()}") from why
        return self

    def cmd(self, name, **arguments):
        return self.monitor.cmd(name, **{k.replace("_", "-"): v
                                         for k, v in arguments.items()})

    def event(self, name, timeout=30):
        """Wait for an event of this name."""
        while True:
            got = self.monitor.pull_event(wait=float(timeout))
            if got["event"] == name:
                return got

    def hear(self, accept, timeout, what, start=0):
        """Wait for a line of the guest's console.  Where none comes, how QEMU
        fares is told with it."""
        try:
            return self.console.wait(accept, timeout, what, start)
        except TimeoutError as why:
            status = self.process.poll()
            raise TimeoutError(
                f"{why}; QEMU "
                f"{'runs' if status is None else f'ended with {status}'}: "
                f"{self.stderr.text()}") from None

    def send(self, line):
        """A line to the guest's console."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, timeout=END_TIMEOUT):
        """Wait for it to end by itself; returns the exit status."""
        status = self.process.wait(timeout)
        self.stderr.join()
        return status

    def quit(self):
        try:
            self.cmd("quit")
        except Exception:  # it may be gone before it answers
            pass
        return self.wait()

    def end(self):
        """Whatever state it is in, it is gone afterwards.  A QEMU that waits
        for a reply does not hear SIGTERM."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin,):
            try:
                stream.close()
            except OSError:
                pass
        self.console.join()
        self.stderr.join()
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
    """The reason why a QEMU of version `has` does not know these words, or
    None."""
    for word, since in CAME.items():
        if has < since and any(word in str(x) for x in words):
            return (f"QEMU {has[0]}.{has[1]} is older than "
                    f"{word.strip(',=')} ({since[0]}.{since[1]})")
    return None
