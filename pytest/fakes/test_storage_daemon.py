# SPDX-License-Identifier: BSD-3-Clause
"""fake-frontend with QEMU's own back-end: each kind of memory, each way."""
import shutil

import pytest
from words import device, memory, obj

MIB = 1 << 20


@pytest.fixture
def storage_daemon(vhost_user_backend, tmp_path):
    """qemu-storage-daemon with a disk of 8 MiB that holds a pattern."""
    program = shutil.which("qemu-storage-daemon")
    if not program:
        pytest.skip("env: qemu-storage-daemon is not there (ci/setup peers)")
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(range(256)) * (8 * MIB // 256))
    backend = vhost_user_backend([
        program, "--blockdev", f"driver=file,filename={disk},node-name=d",
        "--export", "type=vhost-user-blk,id=e,addr.type=unix,"
        "addr.path={socket},node-name=d,writable=on,num-queues=2"])
    backend.disk = disk
    return backend


def passed(one):
    assert one.wait() == 0, one.stderr.text()
    assert "requests verified" in one.stdout.text()
    return one.stdout.text()


@pytest.mark.parametrize("slots", ["on", "off"])
@pytest.mark.parametrize("kind", ["shm", "memfd", "file"])
def test_each_kind_of_memory(frontend, storage_daemon, tmp_path, kind, slots):
    before = storage_daemon.disk.read_bytes()
    passed(frontend(*memory(kind, folder=tmp_path),
                    *device(storage_daemon.socket, more=",num-queues=2"),
                    "--slots", slots, "--allow-writes", "--requests", "500"))
    storage_daemon.end()
    assert storage_daemon.disk.read_bytes() == before


@pytest.mark.parametrize("slots", ["on", "off"])
def test_five_gib(frontend, storage_daemon, slots):
    text = passed(frontend(*memory("shm", "5G"),
                           *device(storage_daemon.socket), "--slots", slots))
    assert "regions: 2" in text


def test_nodes(frontend, storage_daemon, tmp_path):
    words = ["-m", "3G"]
    for i, kind in enumerate(["memfd", "shm", "file"]):
        words += [*obj(kind, "1G", tmp_path, id=f"m{i}"),
                  "-numa", f"node,memdev=m{i}"]
    assert "regions: 3" in passed(
        frontend(*words, *device(storage_daemon.socket)))


def test_one_session_after_another(frontend, storage_daemon):
    for _ in range(5):
        passed(frontend(*memory("shm"), *device(storage_daemon.socket)))


def test_too_many_queues_are_said(frontend, storage_daemon):
    one = frontend(*memory("shm"),
                   *device(storage_daemon.socket, more=",num-queues=3"))
    assert one.wait() == 1
    assert "is 2, and 3 are wanted" in one.stderr.text()
