# SPDX-License-Identifier: BSD-3-Clause
"""A process of a test: its state, and its end."""
import subprocess
import time

from .stream import LONG

GRACE = 30  # seconds from SIGTERM to SIGKILL


class Child:
    """Subclasses start `process`, and read `streams`."""
    name = "the process"
    process = None
    streams = ()

    @property
    def pid(self):
        return self.process.pid

    def fares(self):
        """Its state and its last output, for messages about a timeout."""
        status = self.process.poll()
        if status is None and any(x.ended for x in self.streams):
            status = self._ending()
        if status is not None:
            self.drain()
        how = "runs" if status is None else f"ended with {status}"
        said = "".join(f"; {x.name}: {x.items[-8:]}" for x in self.streams)
        return f"{self.name} {how}{said}"

    def _ending(self):
        """It has closed a stream: usually it is about to end."""
        try:
            return self.process.wait(2)
        except subprocess.TimeoutExpired:
            return None

    def drain(self):
        """After its end: wait until all of its output was read."""
        for stream in self.streams:
            stream.join()

    def runs(self):
        """It must not have ended."""
        assert self.process.poll() is None, self.fares()
        return self

    def heard(self, lines, accept, what, timeout=LONG, start=0):
        """Wait for one of the lines; the error of a timeout has the state of the
        process."""
        try:
            return lines.wait(accept, timeout, what, start)
        except TimeoutError as why:
            raise TimeoutError(f"{why}; {self.fares()}") from None

    def wait(self, timeout=LONG):
        """Its end by itself; the exit status, negative for a signal."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"after {timeout} s {self.fares()}") \
                from None
        self.drain()
        return status

    def end(self, grace=GRACE):
        """End it, whatever state it is in; the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.drain()
        return self.process.returncode

    def until(self, what, condition, timeout=LONG):
        """Wait for a condition that has no event, or for the end of the process;
        the value of the condition, or None: it ended."""
        deadline = time.monotonic() + timeout
        while True:
            came = condition()
            if came or self.process.poll() is not None:
                return came or None
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {what} within {timeout} s; "
                                   f"{self.fares()}")
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
