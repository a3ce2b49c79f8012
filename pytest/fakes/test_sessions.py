# SPDX-License-Identifier: BSD-3-Clause
"""Whole sessions of fake-frontend with fake-backend: what was asked for is what
arrives, and the data is right."""
import json
import re
import stat

import pytest
from words import DEVICES, device, memory, obj, requests

KINDS = ["shm", "memfd", "file"]
GIB = 1 << 30
MIB = 1 << 20


def passed(one, verified=64):
    """It ended well, and says how much it verified."""
    assert one.wait() == 0, one.stderr.text()
    assert one.stderr.text() == ""
    counts = [int(n) for n in re.findall(r"(\d+) requests verified",
                                         one.stdout.text())]
    assert counts and all(n >= verified for n in counts), one.stdout.text()
    return one.stdout.text()


def check_file(kind, file):
    """Is the descriptor what the object promises?"""
    assert file["nlink"] == 0
    assert file["access"] == "rw"
    if kind == "shm":
        assert stat.S_IMODE(int(file["mode"], 8)) == 0
        assert file["path"].startswith("/dev/shm/")
        assert file["seals"] == 1
    elif kind == "memfd":
        assert file["path"].startswith("/memfd:")
        assert file["seals"] == 7
    else:
        assert "vuspec-memory" in file["path"]
        assert stat.S_IMODE(int(file["mode"], 8)) == 0o600


@pytest.mark.parametrize("slots", ["on", "off"])
@pytest.mark.parametrize("notify", ["eventfd", "pipe"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DEVICES)
def test_each_device_memory_and_notifier(frontend, vhost_user_backend,
                                         tmp_path, name, kind, notify, slots):
    backend = vhost_user_backend(words=["--device", name])
    passed(frontend(*memory(kind, folder=tmp_path),
                    *device(backend.socket, name),
                    "--notify", notify, "--slots", slots))
    backend.end()
    (region,) = backend.regions()
    assert (region.guest_addr, region.size) == (0, 16 * MIB)
    assert region.file["size"] == 16 * MIB
    check_file(kind, region.file)
    assert bool(requests(backend, "ADD_MEM_REG")) == (slots == "on")
    assert bool(requests(backend, "SET_MEM_TABLE")) == (slots == "off")
    (kick,) = requests(backend, "SET_VRING_KICK")
    prefix = "pipe:" if notify == "pipe" else "anon_inode:"
    assert kick["fds"][0]["path"].startswith(prefix)
    assert len(requests(backend, "GET_VRING_BASE")) == 1
    assert not list(tmp_path.glob("vuspec-memory*"))


@pytest.mark.parametrize("kind", KINDS)
def test_five_gib_are_sparse_and_split(frontend, vhost_user_backend, tmp_path,
                                       kind):
    backend = vhost_user_backend(words=["--device", "invert"])
    text = passed(frontend(*memory(kind, "5G", tmp_path, m="5G"),
                           *device(backend.socket, "invert")))
    assert "memory: 5G, regions: 2" in text
    backend.end()
    low, high = backend.regions()
    assert (low.guest_addr, low.size, low.mmap_offset) == (0, 2 * GIB, 0)
    assert (high.guest_addr, high.size, high.mmap_offset) == (
        4 * GIB, 3 * GIB, 2 * GIB)
    assert low.file["ino"] == high.file["ino"]
    assert high.file["blocks"] * 512 < 4 * MIB


@pytest.mark.parametrize("machine, below", [
    ("q35", 2 * GIB), ("pc", 3 * GIB), ("microvm", 3 * GIB)])
def test_the_hole_is_the_machines(frontend, vhost_user_backend, machine,
                                  below):
    backend = vhost_user_backend()
    passed(frontend("-m", "4G", *obj("memfd", "4G"), "-machine",
                    f"{machine},memory-backend=mem", *device(backend.socket)))
    backend.end()
    assert [(r.guest_addr, r.size) for r in backend.regions()] == [
        (0, below), (4 * GIB, 4 * GIB - below)]


def nodes(*kinds, folder):
    words = ["-m", f"{len(kinds)}G"]
    for i, kind in enumerate(kinds):
        words += obj(kind, "1G", folder, id=f"m{i}")
        words += ["-numa", f"node,memdev=m{i}"]
    return words


def test_a_node_of_each_kind(frontend, vhost_user_backend, tmp_path):
    """The third meets the hole: four regions, three files."""
    kinds = ["shm", "file", "memfd"]
    backend = vhost_user_backend(words=["--device", "invert"])
    passed(frontend(*nodes(*kinds, folder=tmp_path),
                    *device(backend.socket, "invert")))
    backend.end()
    regions = backend.regions()
    assert [(r.guest_addr, r.size) for r in regions] == [
        (0, GIB), (GIB, GIB), (4 * GIB, GIB)]
    for kind, region in zip(kinds, regions):
        check_file(kind, region.file)


def test_more_regions_than_a_table_has(frontend, vhost_user_backend, tmp_path):
    backend = vhost_user_backend()
    text = passed(frontend(*nodes(*["memfd"] * 12, folder=tmp_path),
                           *device(backend.socket)))
    assert "regions: 12" in text
    one = frontend(*nodes(*["memfd"] * 12, folder=tmp_path),
                   *device(backend.socket), "--slots", "off")
    assert one.wait() == 1
    assert "has 12 regions, and the back-end takes 8" in one.stderr.text()


def test_several_devices_share_one_memory(frontend, vhost_user_backend):
    backends = {name: vhost_user_backend(words=["--device", name])
                for name in DEVICES}
    words = memory("shm")
    for name, backend in backends.items():
        words += device(backend.socket, name, id=name)
    text = passed(frontend(*words))
    assert len(text.splitlines()) == 3
    inodes, rings = set(), set()
    for backend in backends.values():
        backend.end()
        inodes |= {r.file["ino"] for r in backend.regions()}
        rings |= {m["payload_hex"]
                  for m in requests(backend, "SET_VRING_ADDR")}
    assert len(inodes) == 1
    assert len(rings) == 3, "two devices have a ring at one place"


def state(message):
    """Index and number of a vring state."""
    payload = bytes.fromhex(message["payload_hex"])
    return (int.from_bytes(payload[:4], "little"),
            int.from_bytes(payload[4:8], "little"))


def test_queues_and_their_size(frontend, vhost_user_backend):
    backend = vhost_user_backend(words=["--num-queues", "4"])
    text = passed(frontend(*memory("memfd"), *device(
        backend.socket, more=",num-queues=4,queue-size=256")))
    assert "rings: 4 of 256" in text
    backend.end()
    assert [state(m) for m in requests(backend, "SET_VRING_NUM")] == [
        (i, 256) for i in range(4)]
    assert [state(m)[0] for m in requests(backend, "GET_VRING_BASE")] == [
        0, 1, 2, 3]


@pytest.mark.parametrize("word, bit", [("event_idx", 29),
                                       ("indirect_desc", 28)])
@pytest.mark.parametrize("value", ["on", "off"])
def test_features_of_rings(frontend, vhost_user_backend, word, bit, value):
    backend = vhost_user_backend()
    passed(frontend(*memory("memfd"),
                    *device(backend.socket, more=f",{word}={value}")))
    backend.end()
    (message,) = requests(backend, "SET_FEATURES")
    features = int.from_bytes(bytes.fromhex(message["payload_hex"]), "little")
    assert bool(features >> bit & 1) == (value == "on")


def test_number_of_requests(frontend, vhost_user_backend):
    backend = vhost_user_backend()
    words = [*memory("memfd"), *device(backend.socket)]
    passed(frontend(*words, "--requests", "1000"), verified=1000)
    one = frontend(*words, "--requests", "0")
    assert one.wait() == 0
    assert "0 requests verified" in one.stdout.text()


def test_a_device_without_driver_is_set_up_and_stopped(frontend,
                                                       vhost_user_backend):
    backend = vhost_user_backend()
    one = frontend(*memory("memfd"), *device(
        backend.socket, "vhost-user-test-device", more=",virtio-id=77,"
        "num_vqs=2,vq_size=32,config_size=8"))
    backend.saw("GET_VRING_BASE")
    assert one.wait() == 0, one.stderr.text()
    assert "rings: 2 of 32" in one.stdout.text()
    backend.end()
    assert config_sizes(backend) == [8]


def config_sizes(backend):
    """Bytes of configuration space that were asked for: offset, size and flags
    stand before them."""
    return [m["size"] - 12 for m in requests(backend, "GET_CONFIG")]


@pytest.mark.parametrize("more, size", [(",virtio-id=2", 57),
                                        (",virtio-id=2,config_size=16", 16),
                                        (",virtio-id=2,config_size=96", 96)])
def test_configuration_is_read(frontend, vhost_user_backend, more, size):
    """By default as far as the driver reads it: up to write_zeroes_may_unmap."""
    backend = vhost_user_backend()
    passed(frontend(*memory("memfd"), *device(
        backend.socket, "vhost-user-test-device", more=more)))
    backend.end()
    assert config_sizes(backend) == [size]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_disk_keeps_is_put_back(frontend, vhost_user_backend, tmp_path,
                                       kind):
    disk = tmp_path / "disk"
    content = bytes(range(256)) * 4096
    disk.write_bytes(content)
    backend = vhost_user_backend(words=["--blk-file", disk])
    passed(frontend(*memory(kind, folder=tmp_path), *device(backend.socket),
                    "--allow-writes"))
    backend.end()
    assert disk.read_bytes() == content


def test_a_disk_that_is_only_read_is_not_written(frontend, vhost_user_backend):
    backend = vhost_user_backend(words=["--read-only"])
    one = frontend(*memory("memfd"), *device(backend.socket), "--allow-writes")
    assert one.wait() == 1
    assert "was not read back" in one.stderr.text()
    passed(frontend(*memory("memfd"), *device(backend.socket)))


def test_every_message_is_told(frontend, vhost_user_backend, tmp_path):
    backend = vhost_user_backend()
    record = tmp_path / "record.json"
    one = frontend(*memory("memfd"), *device(backend.socket), "--verbose",
                   "--record", record)
    assert one.wait() == 0
    for name in ("GET_FEATURES", "ADD_MEM_REG", "GET_VRING_BASE"):
        assert re.search(rf"^fake-frontend: .*\b{name}\b",
                         one.stderr.text(), re.M)
    backend.end()
    told = [json.loads(line) for line in record.read_text().splitlines()]

    def main(messages):
        return [(m["dir"], m["name"], m["payload_hex"]) for m in messages
                if m.get("chan") == "main"]
    assert main(told) == main(backend.messages.items)


@pytest.mark.parametrize("fault, name, size, says", [
    ("mem_table.ignores_mmap_offset", "invert", "4G", r"byte \d+ of the answer is"),
    ("mem_table.ignores_mmap_offset", "blk", "4G", "nothing was read|status byte"),
    # Only the end of a region of 6 GiB shows it.
    ("mem_table.sizes_have_32_bits", "invert", "8G", "no used entry|closed|byte"),
    ("ring_stop.off_by_one", "blk", "16M", "stopped at 65, .* stands at 64"),
    ("split_ring.used_len_too_large", "rng", "16M", "used length"),
])
def test_a_back_end_that_errs_is_found_out(frontend, vhost_user_backend, fault,
                                           name, size, says):
    backend = vhost_user_backend(words=["--device", name, "--fault", fault])
    one = frontend(*memory("shm", size), *device(backend.socket, name),
                   "--timeout", "30")
    assert one.wait() == 1, one.stdout.text()
    assert re.search(says, one.stderr.text()), one.stderr.text()
