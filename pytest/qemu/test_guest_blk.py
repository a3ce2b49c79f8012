# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest on fake-backend's disk: boots, does I/O, shuts down."""
import hashlib

import pytest
from pytest_vuspec import Memory

from disk import disk, reads

KINDS = [Memory("shm", "256M"), Memory("memfd", "256M", more=",share=on"),
         Memory("memfd", "256M", form="numa", more=",share=on,seal=off")]


@pytest.mark.rule("memory_fds.visible")
@pytest.mark.parametrize("memory", KINDS,
                         ids=lambda m: f"{m.kind}-{m.form}{m.more}")
def test_content_both_ways(vhost_user_backend, qemu_guest, tmp_path, memory):
    path, before = disk(tmp_path, 8 << 20)
    backend = vhost_user_backend(words=["--blk-file", path])
    guest = qemu_guest(backend, memory=memory)

    # What the device wrote into guest memory is what the disk holds.
    assert reads(guest, before)
    # What the guest wrote into its memory is what the disk gets.
    guest.run("head -c 65536 /dev/urandom >/mnt/x && "
              "dd if=/mnt/x of=/dev/vda bs=4096 seek=16 conv=fsync")
    want = guest.run("sha256sum </mnt/x")[0].split()[0]
    assert guest.poweroff() == 0
    written = path.read_bytes()[16 * 4096:16 * 4096 + 65536]
    assert hashlib.sha256(written).hexdigest() == want
    assert backend.end() == 0
