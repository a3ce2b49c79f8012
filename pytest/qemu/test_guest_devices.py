# SPDX-License-Identifier: BSD-3-Clause
"""Guests that use their devices for a while: rings of several sizes and
kinds, memory that is plugged in, a back-end that comes back."""
import os
import struct

import pytest
from pytest_vuspec import Memory, attach, wire

import qtest
from disk import disk, reads

MIB = 1 << 20
SHARED = Memory("memfd", "256M", more=",share=on")


@pytest.mark.parametrize("device", [
    pytest.param("vhost-user-rng-pci", id="rng",
                 marks=pytest.mark.rule("qemu_device.variants")),
    # The guest finds the device whose number it was given.
    pytest.param("vhost-user-test-device-pci,virtio-id=4", id="generic",
                 marks=[pytest.mark.qemu_since(10, 1),
                        pytest.mark.rule("qemu_device.generic_id")])])
def test_rng(vhost_user_backend, qemu_guest, device):
    backend = vhost_user_backend(words=["--device", "rng"])
    guest = qemu_guest(backend, device)
    sums = {guest.run("head -c 512 /dev/hwrng | sha256sum")[0]
            for _ in range(3)}
    assert len(sums) == 3
    assert guest.poweroff() == 0


@pytest.mark.qemu_since(10, 1)
@pytest.mark.rule("qemu_device.generic_config")
@pytest.mark.rule("qemu_device.generic_queues")
def test_generic_disk(vhost_user_backend, qemu_guest, tmp_path):
    """What the guest knows of the disk comes by GET_CONFIG, of that size."""
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path, "--num-queues", 2])
    guest = qemu_guest(
        backend, "vhost-user-test-device-pci,virtio-id=2,num_vqs=2,vq_size=64,"
                 "config_size=60", words=["-smp", 2])
    assert reads(guest, digest)
    assert guest.poweroff() == 0
    asked = {m["payload_hex"][8:16] for m in backend.said("GET_CONFIG")}
    assert asked == {(60).to_bytes(4, "little").hex()}
    sizes = {m["payload_hex"][8:] for m in backend.said("SET_VRING_NUM")}
    assert sizes == {(64).to_bytes(4, "little").hex()}


@pytest.mark.rule("ring_enable.frontend_enables")
@pytest.mark.parametrize("queues", [1, 2, 4])
@pytest.mark.parametrize("size", [16, 256])
def test_queues(vhost_user_backend, qemu_guest, tmp_path, queues, size):
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path, "--num-queues",
                                        queues])
    guest = qemu_guest(
        backend, f"vhost-user-blk-pci,num-queues={queues},queue-size={size}",
        words=["-smp", queues])
    assert reads(guest, digest)
    assert guest.poweroff() == 0
    enabled = {m["payload_hex"][:8] for m in backend.said("SET_VRING_ENABLE")
               if m["payload_hex"][8:] == "01000000"}
    assert len(enabled) == queues


@pytest.mark.parametrize("off", ["indirect_desc", "event_idx"])
def test_ring_features_off(vhost_user_backend, qemu_guest, tmp_path, off):
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path])
    guest = qemu_guest(backend, f"vhost-user-blk-pci,{off}=off")
    assert reads(guest, digest)
    assert guest.poweroff() == 0


@pytest.mark.rule("socket.reconnect_optional")
def test_backend_comes_back(vhost_user_backend, qemu_guest, tmp_path):
    """Killed and started again while the guest is idle: it goes on."""
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path])
    guest = qemu_guest(backend, chardev=",reconnect-ms=100")
    assert reads(guest, digest)
    backend.kill()
    os.unlink(backend.socket)
    again = vhost_user_backend(words=["--blk-file", path], wait=False)
    again.listens()
    os.rename(again.socket, backend.socket)
    again.saw("SET_VRING_ENABLE")
    assert reads(guest, digest)
    assert guest.poweroff() == 0


@pytest.mark.rule("mem_slots.frontend_exclusive")
def test_memory_hotplug(vhost_user_backend, qemu_guest, tmp_path):
    """A DIMM comes and is announced with one ADD_MEM_REG; SET_MEM_TABLE is
    not used where slots were negotiated."""
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path])
    guest = qemu_guest(
        backend, memory=Memory("memfd", "256M", m="256M,slots=4,maxmem=2G",
                               more=",share=on"))
    assert reads(guest, digest)
    seen = len(backend.messages.items)
    guest.cmd("object-add", qom_type="memory-backend-memfd", id="more",
              share=True, size=128 * MIB)
    guest.cmd("device_add", driver="pc-dimm", id="dimm", memdev="more")
    _at, added = backend.saw("ADD_MEM_REG", start=seen)
    assert added["nfds"] == 1 and added["fds"][0]["size"] == 128 * MIB
    assert reads(guest, digest)
    assert guest.poweroff() == 0
    names = {m.get("name") for m in backend.messages.items}
    assert "SET_MEM_TABLE" not in names


@pytest.mark.rule("qemu_memory_size.example")
@pytest.mark.parametrize("kind", ["memfd", "shm"])
def test_the_example_boots(vhost_user_backend, qemu_guest, tmp_path, kind):
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path])
    guest = qemu_guest(backend, memory=Memory(
        kind, "4G", form="numa", m="4096",
        more="" if kind == "shm" else ",share=on"))
    assert reads(guest, digest)
    assert guest.poweroff() == 0


def test_microvm(vhost_user_backend, qemu_guest):
    """virtio-mmio: the device firmware leaves alone, on a machine without
    PCI."""
    backend = vhost_user_backend(words=["--device", "rng"])
    guest = qemu_guest(backend, "vhost-user-rng", machine="microvm",
                       words=["-global", "virtio-mmio.force-legacy=off"])
    guest.run("head -c 512 /dev/hwrng >/mnt/x && test -s /mnt/x")
    assert guest.poweroff() == 0


# virtio, "SCSI: Device Operation": target 0, unit 0, a tag, attributes, and
# the command, whose zeros are TEST UNIT READY.
TEST_UNIT_READY = struct.pack("<8sQ3s32s", b"\1\0\x40", 0x1122334455667788,
                              b"", b"")
SCSI_ANSWER = 108


@pytest.mark.rule("memory_fds.visible")
def test_scsi(vhost_user_backend, qemu, tmp_path):
    """No back-end here is a disk of SCSI: one that flips the request's bits
    shows that it came whole, to the right ring, and its answer back."""
    backend = vhost_user_backend(words=["--device", "invert"])
    with qtest.Driver(tmp_path) as driver:
        one = qemu(*Memory("memfd", "64M", more=",share=on").words("microvm"),
                   *driver.words,
                   *attach(backend, "vhost-user-scsi,bus=virtio-mmio-bus.0"))
        # Control, events, requests.
        assert driver.starts(rings=3) == 8
        got, length = driver.asks(one, 2, TEST_UNIT_READY, SCSI_ANSWER)
        flipped = bytes(~x & 0xff for x in TEST_UNIT_READY)
        assert length == len(flipped)
        assert got == flipped + bytes(SCSI_ANSWER - len(flipped))
        assert one.quit() == 0
    backend.hear(wire.is_end, "the end")
    enabled = [m["payload_hex"] for m in backend.said("SET_VRING_ENABLE")]
    assert enabled == [f"0{ring}000000{on:02}000000"
                       for on in (1, 0) for ring in range(3)]


@pytest.mark.rule("ring_stop.frontend_at_reset")
def test_reset_stops_every_ring(vhost_user_backend, qemu_guest, tmp_path):
    """The guest's own reboot: each started ring is stopped with
    GET_VRING_BASE before it is used again."""
    path, digest = disk(tmp_path)
    backend = vhost_user_backend(words=["--blk-file", path, "--num-queues", 2])
    guest = qemu_guest(backend, "vhost-user-blk-pci,num-queues=2",
                       words=["-smp", 2], reboot=True)
    assert reads(guest, digest)
    seen = len(backend.messages.items)
    guest.cmd("system_reset")
    backend.saw("SET_VRING_KICK", start=seen)
    stopped = {m["payload_hex"][:8]
               for m in backend.said("GET_VRING_BASE", seen)}
    assert stopped == {"00000000", "01000000"}
