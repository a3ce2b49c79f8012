# SPDX-License-Identifier: BSD-3-Clause
"""vuspec trace between QEMU and a back-end: what each says is as the tables
say, and the session works as without it."""
import pathlib
import shutil
import struct
import subprocess

import pytest
from pytest_vuspec import Backend, Memory, attach, programs
from pytest_vuspec.stream import LONG, Lines

import qtest

PEERS = pathlib.Path(__file__).resolve().parents[2] / "ci" / "peers"
WORDS = ["-m", "128M", "-machine", "q35,memory-backend=mem", "-object",
         "memory-backend-memfd,id=mem,size=128M,share=on"]
QSD = ["qemu-storage-daemon", "--blockdev",
       "driver=null-co,size=67108864,read-zeroes=on,node-name=d", "--export",
       "type=vhost-user-blk,id=e,addr.type=unix,addr.path={socket},"
       "node-name=d,writable=on,num-queues=1"]


@pytest.fixture
def traced(request, tmp_path):
    """Put vuspec trace in front of a back-end; its own listening end is a
    back-end to whoever connects."""
    started = []

    def start(backend):
        folder = tmp_path / "trace"
        folder.mkdir()
        with open(folder / "out", "wb") as out:
            trace = Backend([programs.vuspec(request.config), "trace",
                             "--listen", "{socket}", "--connect",
                             str(backend.socket), "--record",
                             str(folder / "session.jsonl"), "--once"],
                            folder, records=False, stdout=out)
        started.append(trace)
        return trace.listens(), folder

    yield start
    for one in started:
        one.end()


def without_complaint(trace, folder):
    """It has ended, and all that was said is as the tables say."""
    text = folder / "out"
    assert trace.wait() == 0, text.read_text()[-2000:]
    assert text.read_text().splitlines()[-1].endswith("0 complaints")


@pytest.mark.parametrize("name", ["fake-backend", "qemu-storage-daemon"])
def test_qemu_through_trace(vmm, vhost_user_backend, traced, name):
    if name != "fake-backend" and not shutil.which(name):
        pytest.skip(f"env: {name} is not there (ci/setup peers)")
    backend = vhost_user_backend(None if name == "fake-backend" else QSD)
    trace, folder = traced(backend)
    one = vmm(*WORDS, *attach(trace))
    record = folder / "session.jsonl"
    # The firmware starts the device: the ring is enabled and used.
    with subprocess.Popen(["tail", "-n", "+1", "-F", record],
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as follow:
        try:
            Lines(follow.stdout, "the record of the trace").wait(
                lambda x: '"SET_VRING_ENABLE"' in x and '"be->fe"' in x, LONG,
                "an enabled ring")
        finally:
            follow.terminate()
    one.end()
    without_complaint(trace, folder)


def peer(name):
    """A script of ci/peers, which says whether its daemon is here."""
    script = PEERS / name
    check = subprocess.run([script, "--check"], capture_output=True, text=True,
                           check=False)
    if check.returncode:
        pytest.skip(check.stdout.strip())
    return script


def tells(folder):
    """The messages that were recorded."""
    return (folder / "session.jsonl").read_text()


@pytest.mark.qemu_only
def test_guest_and_a_disk(vhost_user_backend, qemu_guest, traced, tmp_path):
    """A whole life: reads, writes, a reset of the machine, the end."""
    folder = tmp_path / "disk"
    folder.mkdir()
    trace, record = traced(vhost_user_backend(
        [peer("qsd-file"), "{socket}", folder]))
    guest = qemu_guest(trace, reboot=True)
    guest.run("dd if=/bin/busybox of=/dev/vda bs=4096 count=100 oflag=direct")
    guest.run("dd if=/dev/vda bs=4096 count=100 iflag=direct | "
              "cmp -n 409600 - /bin/busybox")
    guest.cmd("system_reset")
    guest.ready()
    guest.run("dd if=/dev/vda bs=4096 count=100 iflag=direct | "
              "cmp -n 409600 - /bin/busybox")
    assert guest.poweroff() == 0
    without_complaint(trace, record)
    assert '"GET_VRING_BASE"' in tells(record)


@pytest.mark.qemu_only
def test_guest_and_random_bytes(vhost_user_backend, qemu_guest, traced,
                                tmp_path):
    trace, record = traced(vhost_user_backend(
        [peer("rng-rust"), "{socket}", tmp_path]))
    guest = qemu_guest(trace, device="vhost-user-rng-pci")
    guest.run("head -c 512 /dev/hwrng >/mnt/x && test -s /mnt/x")
    assert guest.poweroff() == 0
    without_complaint(trace, record)


@pytest.mark.qemu_only
def test_guest_and_a_folder(vhost_user_backend, qemu_guest, traced, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "theirs").write_text("from outside\n")
    trace, record = traced(vhost_user_backend(
        [peer("virtiofsd-fs"), "--socket-path={socket}", "-o",
         f"source={folder}"]))
    guest = qemu_guest(trace, device="vhost-user-fs-pci,tag=t")
    guest.run("mount -t virtiofs t /mnt")
    assert guest.run("cat /mnt/theirs") == ["from outside"]
    guest.run("echo from inside >/mnt/ours && umount /mnt")
    assert (folder / "ours").read_text() == "from inside\n"
    assert guest.poweroff() == 0
    without_complaint(trace, record)


DISPLAY_INFO = 0x100, 0x1101  # the command, the answer


# Older ones make none without KVM.
@pytest.mark.qemu_since(8, 2)
@pytest.mark.qemu_only
def test_gpu(vhost_user_backend, qemu, traced, tmp_path):
    """No kernel of a guest's here has its driver.  What its display is asks
    QEMU in turn, on a channel of their own."""
    trace, record = traced(vhost_user_backend(
        [peer("gpu-2d"), "--socket-path={socket}"]))
    with qtest.Driver(tmp_path) as driver:
        one = qemu(*Memory("memfd", "64M", more=",share=on").words("microvm"),
                   *driver.words,
                   *attach(trace, "vhost-user-gpu,bus=virtio-mmio-bus.0,"
                                  "xres=800,yres=600"))
        assert driver.starts(rings=2) == 16
        command, answer = (struct.pack("<IIQII", x, 0, 0, 0, 0)
                           for x in DISPLAY_INFO)
        got, length = driver.asks(one, 0, command, 24 + 16 * 24)
        assert length == len(got)
        assert got[:24] == answer
        # The first display: its place, its size, and that it is on.
        assert struct.unpack("<6I", got[24:48]) == (0, 0, 800, 600, 1, 0)
        assert got[48:] == bytes(15 * 24)
        assert one.quit() == 0
    without_complaint(trace, record)
    for name in "GPU_SET_SOCKET", "SET_VRING_KICK", "SET_VRING_ENABLE":
        assert f'"{name}"' in tells(record)
