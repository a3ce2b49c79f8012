# SPDX-License-Identifier: BSD-3-Clause
"""Lines of a pipe or a socket as they come, waited for with a deadline.

A thread of its own reads, so that a program that talks never blocks, and a
test that waits is woken by the line it waits for."""
import threading
import time

LONG = 120  # seconds that anything may take on a busy machine


class Lines:
    """All lines so far; `wait` returns the first that a test accepts."""

    def __init__(self, file, name, parse=None):
        self.name = name
        self.items = []
        self.ended = False
        self._parse = parse or (lambda text: text)
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(file,),
                                        daemon=True)
        self._thread.start()

    def _read(self, file):
        try:
            for raw in iter(file.readline, b""):
                item = self._parse(raw.decode(errors="replace").rstrip("\r\n"))
                with self._news:
                    self.items.append(item)
                    self._news.notify_all()
        except (OSError, ValueError):
            pass
        finally:
            with self._news:
                self.ended = True
                self._news.notify_all()
            file.close()

    def wait(self, accept, timeout, what, start=0):
        """The first item from `start` on for which accept(item) is true, and
        its place."""
        deadline = time.monotonic() + timeout
        at = start
        with self._news:
            while True:
                while at < len(self.items):
                    if accept(self.items[at]):
                        return at, self.items[at]
                    at += 1
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "it ended" if self.ended else f"after {timeout} s"
                    raise TimeoutError(
                        f"{self.name}: {why}, {what} had not come; "
                        f"last: {self.items[-8:]}")
                self._news.wait(left)

    def join(self, timeout=60):
        """Wait until the other side has closed its end (a process that it
        left behind may hold it)."""
        self._thread.join(timeout)

    def text(self):
        return "\n".join(str(x) for x in self.items)
