# SPDX-License-Identifier: BSD-3-Clause
"""What fake-backend recorded of a session (harness/link/record.h).

Payloads are decoded here as far as tests look at memory; everything else is
judged by vuspec itself."""
import dataclasses
import struct

REGION = struct.Struct("<QQQQ")
MEMORY_MESSAGES = {"SET_MEM_TABLE", "ADD_MEM_REG"}


@dataclasses.dataclass(frozen=True)
class Region:
    """A region as announced, with what its descriptor's file is."""
    guest_addr: int
    size: int
    user_addr: int
    mmap_offset: int
    file: dict


def regions_of(message):
    """The regions of one SET_MEM_TABLE or ADD_MEM_REG."""
    payload = bytes.fromhex(message["payload_hex"])
    rows = [REGION.unpack_from(payload, at)
            for at in range(8, len(payload) - REGION.size + 1, REGION.size)]
    files = message["fds"]
    assert len(files) == len(rows), (
        f"{message['name']}: {len(rows)} regions, {len(files)} descriptors")
    return [Region(*row, file) for row, file in zip(rows, files)]


def is_request(message, name):
    return (message.get("name") == name and message.get("dir") == "fe->be" and
            message.get("chan") == "main")


def is_end(message):
    """A connection has come to its end."""
    return "the connection ends" in message.get("event", "")


def announced(messages):
    """The regions in force after these messages."""
    table = {}
    for m in messages:
        if is_request(m, "SET_MEM_TABLE"):
            table = {(r.guest_addr, r.size): r for r in regions_of(m)}
        elif is_request(m, "ADD_MEM_REG"):
            for r in regions_of(m):
                table[r.guest_addr, r.size] = r
        elif is_request(m, "REM_MEM_REG"):
            payload = bytes.fromhex(m["payload_hex"])
            addr, size = REGION.unpack_from(payload, 8)[:2]
            table.pop((addr, size), None)
    return sorted(table.values(), key=lambda r: r.guest_addr)
