# SPDX-License-Identifier: BSD-3-Clause
"""Back-ends that misbehave at the level of the process or the stream.

Usage: bad_peer.py MODE SOCKET [NUMBER FAKE_BACKEND [FILE]]

The modes with a number stand between vuspec and an honest back-end."""
import os
import select
import signal
import socket
import struct
import subprocess
import sys

READY = 60  # seconds until the honest back-end listens


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


def closes_after_bytes(path, n):
    """Every connection is closed when it has brought n bytes."""
    s = listen(path)
    while True:
        c, _ = s.accept()
        with c:
            got = 0
            while got < int(n) and c.recv(1):
                got += 1


def floods(path):
    """Answers before it was asked, without end."""
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


def detaches_and_hangs(path):
    """A child that leaves the process group, as daemons do."""
    if os.fork() == 0:
        os.setsid()
        select.select([], [], [])
    hangs_after_accept(path)


def connect(path):
    """To the honest back-end: there is no event to wait for but its answer."""
    for _ in range(READY * 100):
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            select.select([], [], [], 0.01)
    sys.exit("the honest back-end does not listen")


def forward(source, to, at_most=None):
    """One piece with its descriptors; how many bytes, 0 at the end."""
    data, fds, _, _ = socket.recv_fds(source, at_most or 65536, 16)
    try:
        if fds:
            socket.send_fds(to, [data], fds)
        elif data:
            to.sendall(data)
    except OSError:
        return 0
    finally:
        for fd in fds:
            os.close(fd)
    return len(data)


def relay(front, back, answer_bytes=None):
    """Until one side closes, or so many bytes were answered."""
    left = answer_bytes
    while left is None or left > 0:
        ready = select.select([front, back], [], [])[0]
        if front in ready and not forward(front, back):
            return
        if back in ready:
            n = forward(back, front, left)
            if n == 0:
                return
            left = None if left is None else left - n


def between(path, fake_backend):
    """Pairs of connections: one that came, one to an honest back-end."""
    honest = path + "b"
    with subprocess.Popen([fake_backend, "--socket-path", honest, "--device",
                           "blk"]):
        s = listen(path)
        while True:
            front, _ = s.accept()
            with front, connect(honest) as back:
                yield front, back


def cuts_answers(path, n, fake_backend):
    """An honest back-end whose connections close after n answered bytes."""
    for front, back in between(path, fake_backend):
        relay(front, back, int(n))


def forgets_to_count(path, _n, fake_backend):
    """The first connection is honest; GET_VRING_BASE (11) of any other is
    answered with an index that is one too high."""
    for i, (front, back) in enumerate(between(path, fake_backend)):
        while i > 0:
            ready = select.select([front, back], [], [])[0]
            if front in ready and not forward(front, back):
                break
            if back in ready:
                data = back.recv(65536)
                if not data:
                    break
                if len(data) == 20 and data[0] == 11:
                    num, = struct.unpack("=I", data[16:])
                    data = data[:16] + struct.pack("=I", num + 1)
                front.sendall(data)
        if i == 0:
            relay(front, back)


def leaves_after_config(path, n, fake_backend):
    """Ends behind each session in which the configuration was read (24), with
    this status."""
    for front, back in between(path, fake_backend):
        seen = False
        while True:
            ready = select.select([front, back], [], [])[0]
            if front in ready:
                seen |= front.recv(4, socket.MSG_PEEK)[:1] == b"\x18"
                if not forward(front, back):
                    break
            if back in ready and not forward(back, front):
                break
        if seen:
            if int(n) == 101:
                print("thread 'main' panicked at src/main.rs:7:5:",
                      file=sys.stderr, flush=True)
            os._exit(int(n))


def serves_one(path, n, fake_backend):
    """Ends with its connection; with n, as soon as it has told its
    configuration (24)."""
    for front, back in between(path, fake_backend):
        seen = False
        while True:
            ready = select.select([front, back], [], [])[0]
            if front in ready:
                seen |= front.recv(4, socket.MSG_PEEK)[:1] == b"\x18"
                if not forward(front, back):
                    break
            if back in ready and (not forward(back, front) or
                                  (seen and int(n))):
                break
        os._exit(0)


def dawdles(path, n, fake_backend):
    """Sleeps for n seconds over each ADD_MEM_REG (37)."""
    for front, back in between(path, fake_backend):
        while True:
            ready = select.select([front, back], [], [])[0]
            if front in ready:
                if front.recv(4, socket.MSG_PEEK)[:1] == b"\x25":
                    select.select([], [], [], float(n))
                if not forward(front, back):
                    break
            if back in ready and not forward(back, front):
                break


def stalls(path, n, fake_backend, seen):
    """The first connection is honest; the next answers n bytes, and then
    stands still with everything open.  A file says that it does.  Whoever
    sleeps on without a break is given up soon: this one looks up."""
    for i, (front, back) in enumerate(between(path, fake_backend)):
        relay(front, back, int(n) if i > 0 else None)
        if i > 0:
            with open(seen, "w", encoding="ascii"):
                pass
            while True:
                select.select([], [], [], 0.05)


def stalls_deaf(*words):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stalls(*words)


def dies_at_connection(path, n, fake_backend):
    """Honest until connection n (from 0), which it does not survive."""
    for i, (front, back) in enumerate(between(path, fake_backend)):
        if i == int(n):
            os.kill(os.getpid(), signal.SIGABRT)
        relay(front, back)


def main():
    mode, *words = sys.argv[1:]
    globals()[mode](*words)


main()
