# SPDX-License-Identifier: BSD-3-Clause
"""vhost-user devices as the command line names them: chardevs, variants,
queues, and the generic device."""
import subprocess

import pytest
from pytest_vuspec import Memory, attach

MEMORY = Memory("shm", "64M").words()
MICROVM = Memory("shm", "64M").words("microvm")
CONFIG = 1 << 9  # VHOST_USER_PROTOCOL_F_CONFIG


@pytest.fixture
def generic(vmm):
    """The generic device's name; QEMU has one that can be made since 10.1."""
    if not vmm.is_fake and vmm.version < (10, 1):
        pytest.skip("QEMU before 10.1 makes no generic device")
    return "vhost-user-test-device-pci"


def fails(vmm, backend, words, says):
    one = vmm(*words)
    assert one.ends_before(backend) == 1
    assert says in one.stderr.text()


@pytest.mark.rule("qemu_device.chardev")
@pytest.mark.parametrize("device, says", [
    ("vhost-user-blk-pci", "chardev is mandatory"),
    ("vhost-user-rng-pci", "chardev")])
def test_chardev_is_mandatory(vmm, vhost_user_backend, device, says):
    backend = vhost_user_backend(
        words=["--device", device.removesuffix("-pci").split("-")[-1]])
    fails(vmm, backend, [
        *MEMORY, "-chardev", f"socket,id=c0,path={backend.socket}",
        "-device", device], says)


@pytest.mark.rule("qemu_device.chardev_unknown")
def test_unknown_chardev(vmm, vhost_user_backend):
    backend = vhost_user_backend()
    fails(vmm, backend, [
        *MEMORY, "-chardev", f"socket,id=c0,path={backend.socket}",
        "-device", "vhost-user-blk-pci,chardev=nope"],
          "can't find value 'nope'")


@pytest.mark.rule("qemu_device.chardev_dead")
def test_nobody_listens(vmm, tmp_path):
    one = vmm(*MEMORY, "-chardev", f"socket,id=c0,path={tmp_path}/nobody",
              "-device", "vhost-user-blk-pci,chardev=c0")
    assert one.wait() == 1
    assert "nobody" in one.stderr.text()


@pytest.mark.rule("qemu_device.chardev_kind")
@pytest.mark.parametrize("device", ["blk", "rng"])
def test_chardev_that_is_no_socket(vmm, device):
    one = vmm(*MEMORY, "-chardev", "null,id=c0",
              "-device", f"vhost-user-{device}-pci,chardev=c0")
    assert one.wait() == 1


@pytest.mark.rule("qemu_device.variants")
@pytest.mark.parametrize("device, machine", [
    ("vhost-user-rng-pci", MEMORY), ("vhost-user-rng", MICROVM)])
def test_both_variants(vmm, vhost_user_backend, device, machine):
    backend = vhost_user_backend(words=["--device", "rng"])
    one = vmm(*machine, *attach(backend, device))
    backend.saw("SET_OWNER")
    backend.answered("GET_FEATURES")
    one.runs()


@pytest.mark.qemu_only
@pytest.mark.rule("qemu_device.plain_bus")
def test_plain_variant_needs_a_bus(vmm, vhost_user_backend):
    backend = vhost_user_backend(words=["--device", "rng"])
    fails(vmm, backend, [*MEMORY, *attach(backend, "vhost-user-rng")],
          "No 'virtio-bus' bus found for device 'vhost-user-rng'")


@pytest.mark.rule("qemu_device.fs_tag")
@pytest.mark.parametrize("more, says", [
    ("", "missing tag property"), (",tag=" + "x" * 37, "tag"),
    (",tag=t,queue-size=100", "power of")], ids=["none", "long", "queue"])
def test_fs_needs_a_tag(vmm, vhost_user_backend, more, says):
    backend = vhost_user_backend()
    fails(vmm, backend, [
        *MEMORY, *attach(backend, "vhost-user-fs-pci", more)], says)


@pytest.mark.rule("qemu_device.scmi_arm")
def test_scmi_is_for_arm(vmm, vhost_user_backend):
    backend = vhost_user_backend()
    fails(vmm, backend, [*MEMORY, *attach(backend, "vhost-user-scmi-pci")],
          "is not a valid device model name")


@pytest.mark.qemu_only
@pytest.mark.rule("qemu_device.generic_name")
def test_name_of_the_generic_device(qemu_program, vmm):
    old, new = "vhost-user-device-pci", "vhost-user-test-device-pci"
    names = {old, new} if vmm.version >= (8, 2) else set()
    known = set()
    for name in names:
        out = subprocess.run([qemu_program, "-device", f"{name},help"],
                             check=True, capture_output=True, text=True).stdout
        if f"{name} options" in out:
            known.add(name)
    assert known == names & {new if vmm.version >= (10, 1) else old}


def rings(backend):
    """Rings that were told a call descriptor."""
    return {int(m["payload_hex"][:2], 16)
            for m in backend.said("SET_VRING_CALL")}


@pytest.mark.rule("qemu_device.queues")
@pytest.mark.parametrize("queues", [1, 4])
def test_queues_of_a_disk(vmm, vhost_user_backend, queues):
    backend = vhost_user_backend(words=["--num-queues", 4])
    one = vmm(*MEMORY, *attach(backend, more=f",num-queues={queues}"))
    one.settle(backend)
    assert rings(backend) == set(range(queues))


@pytest.mark.rule("qemu_device.generic_id")
def test_generic_device_needs_an_id(vmm, vhost_user_backend, generic):
    backend = vhost_user_backend()
    one = vmm(*MEMORY, *attach(backend, generic))
    assert one.ends_before(backend) == 1
    assert "id" in one.stderr.text()


@pytest.mark.rule("qemu_device.generic_queues")
def test_generic_queues(vmm, vhost_user_backend, generic):
    backend = vhost_user_backend(words=["--num-queues", 4])
    one = vmm(*MEMORY, *attach(backend, generic,
                               ",virtio-id=2,num_vqs=3,vq_size=16"))
    one.settle(backend, driven=vmm.is_fake)
    assert rings(backend) == {0, 1, 2}


@pytest.mark.rule("qemu_device.generic_defaults")
def test_generic_defaults(vmm, vhost_user_backend, generic):
    backend = vhost_user_backend(words=["--num-queues", 4])
    one = vmm(*MEMORY, *attach(backend, generic, ",virtio-id=2"))
    one.settle(backend, driven=vmm.is_fake)
    assert rings(backend) == {0}


@pytest.mark.rule("qemu_device.generic_limits")
def test_generic_device_has_limits(vmm, vhost_user_backend, generic, request):
    if not vmm.is_fake:
        request.applymarker(pytest.mark.xfail(
            strict=True, reason="QEMU ends with SIGABRT (seen with 11.1)"))
    backend = vhost_user_backend()
    one = vmm(*MEMORY, *attach(backend, generic, ",virtio-id=2,vq_size=2048"))
    assert one.ends_before(backend) == 1


@pytest.mark.rule("qemu_device.generic_config")
@pytest.mark.parametrize("size", [0, 12])
def test_generic_config(vmm, vhost_user_backend, generic, size):
    """Nobody reads it where QEMU has no driver: that it would be asked for
    shows in the features."""
    # A type that no driver here knows, so that nothing else asks.
    backend = vhost_user_backend()
    one = vmm(*MEMORY, *attach(backend, generic,
                               f",virtio-id=41,config_size={size}"))
    one.settle(backend, driven=vmm.is_fake)
    if vmm.is_fake:
        assert bool(backend.said("GET_CONFIG")) == (size > 0)
        return
    chosen, = backend.said("SET_PROTOCOL_FEATURES")
    bits = int.from_bytes(bytes.fromhex(chosen["payload_hex"]), "little")
    assert bool(bits & CONFIG) == (size > 0)
    assert ("VHOST_USER_PROTOCOL_F_CONFIG" in one.stderr.text()) == (size == 0)
