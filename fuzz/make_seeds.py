#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Make seeds for the fuzz targets out of recorded sessions.

Usage: make_seeds.py MESSAGES_DEF CAPTURES_FOLDER OUT_FOLDER

OUT_FOLDER/fuzz_codec holds a file for each different message, and
OUT_FOLDER/fuzz_backend a file for each session; what the bytes mean stands in
fuzz/fuzz_codec.c and fuzz/session.h."""
import hashlib
import json
import pathlib
import re
import struct
import sys

ROW = re.compile(r"^MSG\((\w+),\s*(\w+),\s*(\d+)", re.M)
CHANNELS = {"main": "FE", "backend": "BE", "be": "BE", "back": "BE",
            "gpu": "GPU"}
OP_FRAME, OP_KICK, OP_OFFER = 0, 1, 2
GUEST, EVENT, SOCKET = 0, 3, 6
# Ids whose descriptors are memory, and the one that carries a socket.
MEMORY_IDS, CHANNEL_ID, KICK_ID = {5, 6, 32, 37}, 21, 12
# Offered to every ring after its kick descriptor: a header, data, a status.
SEGMENTS = [(0, 0x2000, 16), (1, 0x3000, 512), (1, 0x4000, 1)]


def messages(path):
    """The frames of one session that are whole, with their channel."""
    for line in path.read_text().splitlines():
        m = json.loads(line)
        if "req" not in m or m.get("truncated"):
            continue
        payload = bytes.fromhex(m["payload_hex"])
        if len(payload) == m["size"]:
            yield CHANNELS.get(m["chan"], "FE"), m, payload


def codec_seeds(rows, frames):
    for channel, m, payload in frames:
        row = rows.get((channel, m["req"]))
        if row is not None:
            yield (struct.pack("<BHQB", row, m["flags"] & 0xffff,
                               0x8f2b, m["nfds"] & 0x1f) + payload)


def frame_op(row, m, payload):
    kind = EVENT
    if m["req"] in MEMORY_IDS:
        kind = GUEST
    elif m["req"] == CHANNEL_ID:
        kind = SOCKET
    fds = bytes([kind] * m["nfds"])
    return (struct.pack("<BBBB", OP_FRAME, row, m["flags"] & 0x7f, len(fds)) +
            fds + struct.pack("<H", len(payload)) + payload)


def offer_op(ring):
    op = struct.pack("<BBB", OP_OFFER, ring, len(SEGMENTS))
    for flags, offset, length in SEGMENTS:
        op += struct.pack("<BIH", flags, offset, length)
    return op


def session_seed(rows, frames, device):
    out, rings = bytes([device]), set()
    for channel, m, payload in frames:
        row = rows.get((channel, m["req"]))
        if channel != "FE" or m["dir"] != "fe->be" or row is None:
            continue
        out += frame_op(row, m, payload)
        if m["req"] == KICK_ID and payload:
            rings.add(payload[0])
        if m["req"] == 18 and payload[4:5] == b"\1":
            for ring in sorted(rings):
                out += struct.pack("<BB", OP_KICK, ring) + offer_op(ring)
    return out


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in sorted(set(seeds)):
        name = hashlib.sha1(seed).hexdigest()[:16]
        (folder / name).write_bytes(seed)


def main():
    table, captures, out = map(pathlib.Path, sys.argv[1:])
    rows = {(channel, int(n)): i for i, (channel, _name, n)
            in enumerate(ROW.findall(table.read_text()))}
    codec, sessions = [], []
    for path in sorted(captures.glob("*.jsonl")):
        frames = list(messages(path))
        codec += codec_seeds(rows, frames)
        sessions += [session_seed(rows, frames, d) for d in range(3)]
    write(out / "fuzz_codec", codec)
    write(out / "fuzz_backend", sessions)
    (out / "made").write_text("")
    print(f"{len(set(codec))} messages, {len(set(sessions))} sessions")


if __name__ == "__main__":
    main()
