# SPDX-License-Identifier: BSD-3-Clause
"""A driver in the guest's place, for devices that the guest's kernel has no
driver of, or whose requests must be known to the byte.

The machine is a microvm whose processor halts at once; its device is driven by
QEMU's qtest protocol, and its rings lie where nobody else writes."""
import socket
import struct

from pytest_vuspec.stream import LONG

MMIO = 0xfeb00000  # of the microvm's first transport
DEVICE_ID, FEATURES, FEATURES_SEL = 0x008, 0x020, 0x024
QUEUE_SEL, QUEUE_NUM, QUEUE_READY, NOTIFY = 0x030, 0x038, 0x044, 0x050
STATUS, ADDRESSES = 0x070, (0x080, 0x090, 0x0a0)
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
RINGS, RING, SIZE = 16 << 20, 1 << 16, 16
NEXT, WRITE = 1, 2


def words(folder):
    """Of a microvm whose firmware is one instruction over and over."""
    halts = folder / "halts"
    halts.write_bytes(b"\xf4" * (64 << 10))
    return ["-bios", halts, "-global", "virtio-mmio.force-legacy=off"]


class Driver:
    """Made before QEMU, which connects to it."""

    def __init__(self, folder):
        self._listens = socket.socket(socket.AF_UNIX)
        self._listens.settimeout(LONG)
        self._listens.bind(str(folder / "qtest"))
        self._listens.listen()
        self.words = ["-qtest", f"unix:{folder}/qtest", *words(folder)]
        self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *_why):
        if self._file:
            self._file.close()
        self._listens.close()

    def _says(self, line):
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        answer = self._file.readline().decode().split()
        assert answer[:1] == ["OK"], f"'{line}': {answer}"
        return answer[1:]

    def reads(self, address, size):
        return bytes.fromhex(self._says(f"read {address} {size}")[0][2:])

    def writes(self, address, data):
        self._says(f"write {address} {len(data)} 0x{data.hex()}")

    def register(self, offset, *value):
        """Read it, or set it."""
        for x in value:
            self._says(f"writel {MMIO + offset} {x}")
        return int(self._says(f"readl {MMIO + offset}")[0], 0)

    def starts(self, rings):
        """QEMU has connected: bring its device up; its type."""
        one, _ = self._listens.accept()
        one.settimeout(LONG)
        self._file = one.makefile("rwb")
        one.close()
        state = ACKNOWLEDGE | DRIVER
        self.register(STATUS, state)
        for word, bits in ((0, 0), (1, 1)):  # VERSION_1 alone
            self._says(f"writel {MMIO + FEATURES_SEL} {word}")
            self._says(f"writel {MMIO + FEATURES} {bits}")
        state |= FEATURES_OK
        assert self.register(STATUS, state) == state
        for ring in range(rings):
            self._says(f"writel {MMIO + QUEUE_SEL} {ring}")
            self._says(f"writel {MMIO + QUEUE_NUM} {SIZE}")
            for part, offset in enumerate(ADDRESSES):
                at = RINGS + ring * RING + part * 4096
                self._says(f"writel {MMIO + offset} {at}")
                self._says(f"writel {MMIO + offset + 4} 0")
            assert self.register(QUEUE_READY, 1) == 1
        assert self.register(STATUS, state | DRIVER_OK) == state | DRIVER_OK
        return self.register(DEVICE_ID)

    def asks(self, qemu, ring, request, room):
        """The first request of a ring: `room` bytes as the device leaves
        them, and how many it says it wrote."""
        desc = RINGS + ring * RING
        avail, used = desc + 4096, desc + 8192
        out, answer = desc + 12288, desc + 16384
        self.writes(out, request)
        self.writes(desc, struct.pack("<QIHHQIHH", out, len(request), NEXT, 1,
                                      answer, room, WRITE, 0))
        self.writes(avail, struct.pack("<HHH", 0, 1, 0))
        self._says(f"writel {MMIO + NOTIFY} {ring}")
        qemu.until("a completion",
                   lambda: self.reads(used + 2, 2) == b"\x01\x00")
        qemu.runs()
        head, length = struct.unpack("<II", self.reads(used + 4, 8))
        assert head == 0
        return self.reads(answer, room), length
