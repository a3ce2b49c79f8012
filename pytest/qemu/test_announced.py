# SPDX-License-Identifier: BSD-3-Clause
"""What arrives in the announced table, for every kind of guest memory.

The firmware brings the disk up, so no guest is needed.  Each test waits until
the back-end has answered the last region, then looks at what was recorded of
each descriptor."""
import os
import stat

import pytest
from pytest_vuspec import attach
from pytest_vuspec.memory import size_of

KINDS = ["shm", "memfd", "file"]
GIB = 1 << 30


def object_words(kind, size, tmp_path, id="mem", more=""):
    return {
        "shm": f"memory-backend-shm,id={id},size={size}",
        "memfd": f"memory-backend-memfd,id={id},size={size},share=on",
        "file": f"memory-backend-file,id={id},size={size},share=on,"
                f"mem-path={tmp_path}",
        "path": f"memory-backend-file,id={id},size={size},share=on,"
                f"mem-path={tmp_path}/ram-{id}",
    }[kind] + more


def started(vmm, backend, words, total):
    """Start it, and wait until all of its memory has been announced."""
    one = vmm(*words, *attach(backend))
    at = 0
    while sum(r.size for r in backend.regions()) < total:
        at, _ = backend.messages.wait(
            lambda m: m.get("name") in ("SET_MEM_TABLE", "ADD_MEM_REG"),
            30, "a table", at)
        at += 1
    return one, backend.regions()


def machine_words(size, machine="q35"):
    return ["-m", size, "-machine", f"{machine},memory-backend=mem", "-object"]


@pytest.mark.rule("mfd.size")
@pytest.mark.rule("mfd.one_per_region")
@pytest.mark.parametrize("size", ["128M", "1G", "4096", "5G"])
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_add_up(vmm, vhost_user_backend, tmp_path, kind, size):
    total = size_of(size)
    words = [*machine_words(size),
             object_words(kind, total, tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, total)
    assert sum(r.size for r in regions) == total
    for r in regions:
        assert r.mmap_offset + r.size <= r.file["size"], r
        assert r.file["access"] == "rw", r


@pytest.mark.rule("mfd.split_4g")
@pytest.mark.parametrize("machine, below", [("q35", 2 * GIB), ("pc", 3 * GIB)])
def test_split_around_the_pci_hole(vmm, vhost_user_backend, tmp_path, machine,
                                   below):
    words = [*machine_words("4G", machine), object_words("shm", "4G", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 4 * GIB)
    last = regions[-1]
    assert (last.guest_addr, last.mmap_offset) == (4 * GIB, below)
    assert {(r.file["dev"], r.file["ino"]) for r in regions} == {
        (last.file["dev"], last.file["ino"])}


@pytest.mark.rule("mfd.anonymous")
@pytest.mark.parametrize("kind", [*KINDS, "path"])
def test_links_of_the_file(vmm, vhost_user_backend, tmp_path, kind):
    words = [*machine_words("128M"), object_words(kind, "128M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    want = 1 if kind == "path" else 0
    assert {r.file["nlink"] for r in regions} == {want}


@pytest.mark.rule("mb.shm.mode_zero")
def test_shm_has_mode_zero(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("128M"), object_words("shm", "128M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    for r in regions:
        assert stat.S_IMODE(int(r.file["mode"], 8)) == 0, r
        assert r.file["path"].startswith("/dev/shm/"), r
        assert r.file["path"].endswith("(deleted)"), r


@pytest.mark.parametrize("kind, more, seals", [
    pytest.param("memfd", "", 7, marks=pytest.mark.rule("mb.memfd.seals")),
    pytest.param("memfd", ",seal=off", 1,
                 marks=pytest.mark.rule("mb.memfd.seal_off")),
    pytest.param("shm", "", 1, marks=pytest.mark.rule("mb.shm.not_sealed")),
])
def test_seals(vmm, vhost_user_backend, tmp_path, kind, more, seals):
    words = [*machine_words("128M"),
             object_words(kind, "128M", tmp_path, more=more)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert {r.file["seals"] for r in regions} == {seals}


@pytest.mark.rule("mb.memfd.resize_blocked")
def test_sealed_memory_keeps_its_size(vmm, vhost_user_backend, tmp_path):
    backend = vhost_user_backend()
    words = [*machine_words("128M"), object_words("memfd", "128M", tmp_path)]
    _one, regions = started(vmm, backend, words, 128 << 20)
    backend.saw("SET_VRING_KICK")
    fd = backend.mapping(regions[0])
    try:
        for size in (4096, 256 << 20):
            with pytest.raises(PermissionError):
                os.ftruncate(fd, size)
    finally:
        os.close(fd)


@pytest.mark.rule("mfd.file_offset")
def test_offset_of_a_file(vmm, vhost_user_backend, tmp_path):
    path = tmp_path / "ram"
    with open(path, "wb") as f:
        f.truncate(192 << 20)
    words = [*machine_words("128M"),
             f"memory-backend-file,id=mem,size=128M,share=on,mem-path={path},"
             "offset=64M"]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert regions[0].mmap_offset == 64 << 20


@pytest.mark.rule("msz.numa.sum")
@pytest.mark.rule("mfd.mixed")
@pytest.mark.parametrize("second", ["memfd", "shm"])
def test_two_nodes(vmm, vhost_user_backend, tmp_path, second):
    words = ["-m", "256M", "-machine", "q35",
             "-object", object_words("shm", "128M", tmp_path),
             "-object", object_words(second, "128M", tmp_path, id="two"),
             "-numa", "node,memdev=mem", "-numa", "node,memdev=two"]
    _one, regions = started(vmm, vhost_user_backend(), words, 256 << 20)
    assert len({r.file["ino"] for r in regions}) == 2


UNITS = ["256", "256M", "256m", "0.25G", "262144K", "268435456B"]


@pytest.mark.rule("msz.unit.suffix")
@pytest.mark.rule("msz.unit.m")
@pytest.mark.parametrize("m", UNITS)
def test_spellings_of_m(vmm, vhost_user_backend, tmp_path, m):
    words = [*machine_words(m), object_words("memfd", "256M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 256 << 20)
    assert sum(r.size for r in regions) == 256 << 20


@pytest.mark.rule("msz.machine.default")
@pytest.mark.parametrize("m", [[], ["-m", "0"]], ids=["none", "zero"])
def test_size_comes_from_the_object(vmm, vhost_user_backend, tmp_path, m):
    words = [*m, "-machine", "q35,memory-backend=mem", "-object",
             object_words("shm", "64M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    assert sum(r.size for r in regions) == 64 << 20


@pytest.mark.rule("msz.example")
@pytest.mark.parametrize("kind", ["memfd", "shm"])
def test_the_example_of_the_manual(vmm, vhost_user_backend, tmp_path, kind):
    """docs/system/devices/vhost-user.rst, "Example"."""
    words = ["-m", "4096", "-object", object_words(kind, "4G", tmp_path),
             "-numa", "node,memdev=mem"]
    _one, regions = started(vmm, vhost_user_backend(), words, 4 * GIB)
    assert sum(r.size for r in regions) == 4 * GIB
