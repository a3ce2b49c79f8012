# SPDX-License-Identifier: BSD-3-Clause
"""Back-ends that misbehave at the level of the process or the stream.

Usage: bad_peer.py MODE SOCKET
"""
import os
import select
import signal
import socket
import struct
import sys
import time


def listen(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(8)
    return s


def hangs_after_accept(path):
    s = listen(path)
    kept = []
    while True:
        kept.append(s.accept()[0])


def closes_at_byte(path):
    """Every connection is closed after one byte more than the last."""
    s = listen(path)
    n = 0
    while True:
        c, _ = s.accept()
        got = 0
        while got < n % 24 and c.recv(1):
            got += 1
        c.close()
        n += 1


def floods(path):
    """Answers whatever comes with replies without end."""
    s = listen(path)
    frame = struct.pack("=IIIQ", 1, 5, 8, 0x140000000) * 512
    while True:
        c, _ = s.accept()
        try:
            while True:
                c.sendall(frame)
        except OSError:
            c.close()


def babbles(path):
    """Answers with bytes that are no message at all."""
    s = listen(path)
    while True:
        c, _ = s.accept()
        try:
            while c.recv(4096):
                c.sendall(b"\xff" * 64)
        except OSError:
            pass
        c.close()


def never_listens(_path):
    select.select([], [], [])


def exits_at_once(_path):
    print("cannot open the disk", file=sys.stderr)
    sys.exit(3)


def dies_at_accept(path):
    s = listen(path)
    s.accept()
    os.kill(os.getpid(), signal.SIGABRT)


def ignores_sigterm(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hangs_after_accept(path)


def forks_and_hangs(path):
    """A child that holds everything open, in the same process group."""
    if os.fork() == 0:
        select.select([], [], [])
    hangs_after_accept(path)


def main():
    mode, path = sys.argv[1:3]
    globals()[mode](path)
    return time.monotonic() < 0


sys.exit(main())
