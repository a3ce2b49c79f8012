# SPDX-License-Identifier: BSD-3-Clause
"""QEMU as the front-end under test: vuspec test-frontend, steered by QMP.

What QEMU 10.0 does otherwise is written down in ci/expected/qemu.tsv, what is
skipped in ci/expected-skips; a change in either direction is noticed
(ci/run_conformance.py)."""
import pathlib
import sys

import pytest
import pytest_vuspec
from pytest_vuspec import BASE, finished, guest, programs

CONTROL = (pathlib.Path(pytest_vuspec.__file__).resolve().parent.parent
           / "vuspec-qmp-control")
CONFORMANCE = (pathlib.Path(__file__).resolve().parents[2] / "ci"
               / "run_conformance.py")
BLK = "vhost-user-blk-pci,chardev=c0,num-queues={queues}"
# Memory can be plugged in, and a lost connection comes again.
MEMORY = ["-m", "128M,slots=16,maxmem=4G"]
RECONNECT = ",reconnect-ms=200"
# What a booted guest goes through: its driver brings the device up in its own
# way, lets go of memory, stops, and is there when the connection is lost.
OF_A_GUEST = {
    "start": ["requests.requests_have_version_1",
              "requests.the_owner_comes_first",
              "requests.descriptors_come_first", "memory_and_rings.rings_are_*",
              "ring_start.a_ring_is_enabled*=first*"],
    "memory": ["memory_and_rings.every_region*", "memory_and_rings.added_regions*",
               "memory_hotplug.removed_regions*", "memory_sharing.*",
               "ring_start.a_ring_has_room*"],
    "going-on": ["memory_and_rings.a_reset_stops_the_rings",
                 "memory_and_rings.restarted_rings*", "requests.a_stop_asks*",
                 "ring_start.a_ring_is_enabled*after_a_stop*",
                 "reconnect.a_new_connection*",
                 "reconnect.rings_resume*=one_completed*"],
}


@pytest.fixture
def judged(request, qemu_program, qemu_version):
    """Run it over QEMU with these words; its verdicts must be those that are
    recorded for the target."""
    if qemu_version != (10, 0):
        pytest.skip("recorded are the verdicts of QEMU 10.0")

    def run(target, options, devices, memory=MEMORY, share="on", more="",
            words=(), timeout=120):
        size = memory[1].split(",")[0]
        done = finished(
            [sys.executable, CONFORMANCE, programs.vuspec(request.config),
             "test-frontend", target, "-m", size, "--memory", "memfd",
             "--timeout", str(timeout), "--start-timeout", str(timeout), "-j",
             "2", "--control", CONTROL, *options, "--", qemu_program,
             *BASE, "-S", "-machine",
             "q35,memory-backend=mem", *memory, "-object",
             "memory-backend-{memory},id=mem,size=" + size
             + f",share={share}", "-chardev",
             "socket,id=c0,path={socket}" + more, *devices, "-qmp",
             "unix:{ctl},server=on,wait=off", *map(str, words)],
            timeout=1800)
        assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.fixture
def guest_words(guest_files):
    """A guest that is steered through its console."""
    image, initrd = guest_files
    return ["-serial", "unix:{ctl}.console,server=on,wait=off", "-kernel",
            image, "-initrd", initrd, "-append",
            guest.APPEND]


def only(*globs):
    return [word for x in globs for word in ("--filter", x)]


@pytest.mark.qemu_only
def test_with_its_firmware(judged):
    """All cases; the firmware drives the disk."""
    judged("qemu-firmware", ["--device", "blk"], ["-device", BLK],
           more=RECONNECT)


@pytest.mark.qemu_only
@pytest.mark.parametrize("part", OF_A_GUEST)
def test_with_a_guest(judged, guest_words, part):
    judged("qemu-guest", ["--device", "blk", *only(*OF_A_GUEST[part])],
           ["-device", BLK], ["-m", "256M,slots=4,maxmem=2G"], more=RECONNECT,
           words=guest_words, timeout=480)


@pytest.mark.qemu_only
def test_memory_that_is_not_shared(judged):
    judged("qemu-private",
           ["--device", "blk",
            *only("memory_sharing.*", "negotiation.acknowledged_features*")],
           ["-device", BLK], share="off")


@pytest.mark.qemu_only
def test_net(judged):
    """The devices of the judge are no net device: what is said until a driver
    comes."""
    judged("qemu-net", ["--device", "invert",
                        *only("negotiation.acknowledged_features*",
                              "negotiation.selected_protocol*",
                              "negotiation.rings_are_enabled_when*",
                              "negotiation.unknown_protocol*")],
           ["-netdev", "vhost-user,id=n0,chardev=c0", "-device",
            "virtio-net-pci,netdev=n0"])


# Its guest acknowledges a bit that the judge's device does not offer, and does
# not come to rings then: with that bit, and without it.
SCSI = {
    "qemu-scsi": ("", ["negotiation.acknowledged_features*",
                       "negotiation.selected_protocol*"]),
    "qemu-scsi-rings": (",param_change=off",
                        ["negotiation.acknowledged_features*",
                         "requests.descriptors_come_first",
                         "memory_and_rings.rings_are_enabled_explicitly",
                         "ring_start.a_ring_is_enabled*=first*"]),
}


@pytest.mark.qemu_only
@pytest.mark.parametrize("target", SCSI)
def test_scsi(judged, guest_words, target):
    """No device of the judge is one of SCSI: what is said until a disk would
    be asked for."""
    more, cases = SCSI[target]
    judged(target, ["--device", "invert", *only(*cases)],
           # A firmware that looks for no disks, and so waits for none.
           ["-bios", "qboot.rom", "-device",
            f"vhost-user-scsi-pci,chardev=c0{more}"],
           ["-m", "256M"], words=guest_words, timeout=480)
