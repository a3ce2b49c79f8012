# SPDX-License-Identifier: BSD-3-Clause
"""A disk of random content, and a guest that reads it."""
import hashlib
import os


def disk(folder, size=4 << 20):
    """The file, and the digest of its content."""
    path = folder / "disk"
    path.write_bytes(os.urandom(size))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def reads(guest, digest):
    """The whole disk reads as it is, past the guest's cache."""
    guest.run("echo 3 >/proc/sys/vm/drop_caches")
    return guest.run("sha256sum </dev/vda")[0].split()[0] == digest
