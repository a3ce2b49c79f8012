# SPDX-License-Identifier: BSD-3-Clause
"""A process of a test: how it fares, and its end."""
import subprocess
import time

from .stream import LONG

GRACE = 30  # seconds from SIGTERM to SIGKILL


class Child:
    """What subclasses start as `process`, and hear on `streams`."""
    name = "the process"
    process = None
    streams = ()

    @property
    def pid(self):
        return self.process.pid

    def fares(self):
        """How it is and what it said last, for those who wait in vain."""
        status = self.process.poll()
        if status is None and any(x.ended for x in self.streams):
            status = self._ending()
        if status is not None:
            self.drain()
        how = "runs" if status is None else f"ended with {status}"
        said = "".join(f"; {x.name}: {x.items[-8:]}" for x in self.streams)
        return f"{self.name} {how}{said}"

    def _ending(self):
        """It has closed a stream: then it is about to end, mostly."""
        try:
            return self.process.wait(2)
        except subprocess.TimeoutExpired:
            return None

    def drain(self):
        """After its end: all that it said is here."""
        for stream in self.streams:
            stream.join()

    def runs(self):
        """It must not have ended."""
        assert self.process.poll() is None, self.fares()
        return self

    def heard(self, lines, accept, what, timeout=LONG, start=0):
        """Wait for one of the lines; where none comes, how it fares is told
        with it."""
        try:
            return lines.wait(accept, timeout, what, start)
        except TimeoutError as why:
            raise TimeoutError(f"{why}; {self.fares()}") from None

    def wait(self, timeout=LONG):
        """Its end by itself; the exit status, negative for a signal."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{timeout} s passed, and {self.fares()}") \
                from None
        self.drain()
        return status

    def end(self, grace=GRACE):
        """Whatever state it is in, it is gone afterwards; the exit status."""
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
        """Wait for something that nobody tells of but its end, which wakes
        us; what the condition came to, or None: it ended."""
        deadline = time.monotonic() + timeout
        while True:
            came = condition()
            if came or self.process.poll() is not None:
                return came or None
            if time.monotonic() > deadline:
                raise TimeoutError(f"{timeout} s passed without {what}, and "
                                   f"{self.fares()}")
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
