# SPDX-License-Identifier: BSD-3-Clause
"""What arrives in the announced table, for every kind of guest memory.

The firmware brings the disk up, so no guest is needed.  Each test waits until
the back-end has answered the last region, then looks at what was recorded of
each descriptor."""
import os
import stat

import pytest
from pytest_vuspec import attach, wire
from pytest_vuspec.memory import size_of, sparse_file

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
    # One that ends before it connects is seen so; later its connection ends.
    one.until("a message", lambda: backend.messages.items)
    one.runs()
    while sum(r.size for r in backend.regions()) < total:
        at, got = backend.hear(
            lambda m: (m.get("name") in ("SET_MEM_TABLE", "ADD_MEM_REG") or
                       wire.is_end(m)), "a table", start=at)
        assert not wire.is_end(got), one.fares()
        at += 1
    return one, backend.regions()


def machine_words(size, machine="q35"):
    return ["-m", size, "-machine", f"{machine},memory-backend=mem", "-object"]


@pytest.mark.rule("memory_fds.size")
@pytest.mark.rule("memory_fds.writable")
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


@pytest.mark.rule("memory_fds.split_4g")
@pytest.mark.parametrize("machine, below", [("q35", 2 * GIB), ("pc", 3 * GIB)])
def test_split_around_the_pci_hole(vmm, vhost_user_backend, tmp_path, machine,
                                   below):
    words = [*machine_words("4G", machine), object_words("shm", "4G", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 4 * GIB)
    last = regions[-1]
    assert (last.guest_addr, last.mmap_offset) == (4 * GIB, below)
    assert {(r.file["dev"], r.file["ino"]) for r in regions} == {
        (last.file["dev"], last.file["ino"])}


@pytest.mark.rule("memory_fds.anonymous")
@pytest.mark.parametrize("kind", [*KINDS, "path"])
def test_links_of_the_file(vmm, vhost_user_backend, tmp_path, kind):
    words = [*machine_words("128M"), object_words(kind, "128M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    want = 1 if kind == "path" else 0
    assert {r.file["nlink"] for r in regions} == {want}


@pytest.mark.rule("memory_backend.shm.mode_zero")
def test_shm_has_mode_zero(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("128M"), object_words("shm", "128M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    for r in regions:
        assert stat.S_IMODE(int(r.file["mode"], 8)) == 0, r
        assert r.file["path"].startswith("/dev/shm/"), r
        assert r.file["path"].endswith("(deleted)"), r


@pytest.mark.parametrize("kind, more, seals", [
    pytest.param("memfd", "", 7, marks=pytest.mark.rule("memory_backend.memfd.seals")),
    pytest.param("memfd", ",seal=off", 1,
                 marks=pytest.mark.rule("memory_backend.memfd.seal_off")),
    pytest.param("shm", "", 1, marks=pytest.mark.rule("memory_backend.shm.not_sealed")),
])
def test_seals(vmm, vhost_user_backend, tmp_path, kind, more, seals):
    words = [*machine_words("128M"),
             object_words(kind, "128M", tmp_path, more=more)]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert {r.file["seals"] for r in regions} == {seals}


@pytest.mark.rule("memory_backend.memfd.resize_blocked")
def test_sealed_memory_keeps_its_size(vmm, vhost_user_backend, tmp_path):
    backend = vhost_user_backend()
    words = [*machine_words("128M"), object_words("memfd", "128M", tmp_path)]
    _one, regions = started(vmm, backend, words, 128 << 20)
    backend.saw("SET_VRING_KICK")
    with backend.mapping(regions[0]) as fd:
        for size in (4096, 256 << 20):
            with pytest.raises(PermissionError):
                os.ftruncate(fd, size)


@pytest.mark.rule("memory_fds.file_offset")
def test_offset_of_a_file(vmm, vhost_user_backend, tmp_path):
    path = sparse_file(tmp_path / "ram", 192 << 20)
    words = [*machine_words("128M"),
             f"memory-backend-file,id=mem,size=128M,share=on,mem-path={path},"
             "offset=64M"]
    _one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert regions[0].mmap_offset == 64 << 20


@pytest.mark.rule("qemu_memory_size.numa.sum")
@pytest.mark.parametrize("second", ["memfd", "shm"])
def test_two_nodes(vmm, vhost_user_backend, tmp_path, second):
    words = ["-m", "256M", "-machine", "q35",
             "-object", object_words("shm", "128M", tmp_path),
             "-object", object_words(second, "128M", tmp_path, id="two"),
             "-numa", "node,memdev=mem", "-numa", "node,memdev=two"]
    _one, regions = started(vmm, vhost_user_backend(), words, 256 << 20)
    assert len({r.file["ino"] for r in regions}) == 2


UNITS = ["256", "256M", "256m", "0.25G", "262144K", "268435456B"]


@pytest.mark.rule("qemu_memory_size.unit.suffix")
@pytest.mark.rule("qemu_memory_size.unit.m")
@pytest.mark.parametrize("m", UNITS)
def test_spellings_of_m(vmm, vhost_user_backend, tmp_path, m):
    words = [*machine_words(m), object_words("memfd", "256M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 256 << 20)
    assert sum(r.size for r in regions) == 256 << 20


@pytest.mark.parametrize("m", [
    pytest.param([], marks=pytest.mark.rule("qemu_memory_size.machine.default")),
    pytest.param(["-m", "0"], marks=pytest.mark.rule("qemu_memory_size.zero_m"))],
    ids=["none", "zero"])
def test_size_comes_from_the_object(vmm, vhost_user_backend, tmp_path, m):
    words = [*m, "-machine", "q35,memory-backend=mem", "-object",
             object_words("shm", "64M", tmp_path)]
    _one, regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    assert sum(r.size for r in regions) == 64 << 20


@pytest.mark.rule("qemu_memory_size.example")
@pytest.mark.parametrize("kind", ["memfd", "shm"])
def test_the_example_of_the_manual(vmm, vhost_user_backend, tmp_path, kind):
    """docs/system/devices/vhost-user.rst, "Example"."""
    words = ["-m", "4096", "-object", object_words(kind, "4G", tmp_path),
             "-numa", "node,memdev=mem"]
    _one, regions = started(vmm, vhost_user_backend(), words, 4 * GIB)
    assert sum(r.size for r in regions) == 4 * GIB


@pytest.mark.rule("qemu_memory_size.round_8k")
def test_m_is_rounded_up(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("131076K"),
             object_words("shm", 134225920, tmp_path)]
    started(vmm, vhost_user_backend(), words, 134225920)


@pytest.mark.rule("memory_backend.shm.exists")
@pytest.mark.rule("memory_backend.shm.size")
@pytest.mark.parametrize("size", ["64M", "128M", "4G"])
def test_shm_has_the_size_asked_for(vmm, vhost_user_backend, tmp_path, size):
    words = [*machine_words(size),
             object_words("shm", size, tmp_path, more=",merge=off,dump=off")]
    _one, regions = started(vmm, vhost_user_backend(), words, size_of(size))
    assert {r.file["size"] for r in regions} == {size_of(size)}


@pytest.mark.parametrize("kind", [
    pytest.param("shm", marks=pytest.mark.rule("memory_backend.shm.share_default")),
    pytest.param("memfd", marks=pytest.mark.rule("memory_backend.memfd.share_default"))])
def test_is_mapped_shared(vmm, vhost_user_backend, tmp_path, kind):
    words = [*machine_words("64M"),
             f"memory-backend-{kind},id=mem,size=64M"]
    one, regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    assert one.mapped(regions[0].file["ino"]) == {"rw-s"}


@pytest.mark.rule("memory_backend.shm.cloexec")
def test_no_other_program_gets_it(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("64M"), object_words("shm", "64M", tmp_path)]
    one, _regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    flags = [one.flags(fd) for fd, target in one.files().items()
             if target.startswith("/dev/shm/")]
    assert flags and all(f & os.O_CLOEXEC for f in flags), flags


@pytest.mark.rule("memory_backend.shm.name")
def test_names_count_from_0(vmm, vhost_user_backend, tmp_path):
    words = ["-m", "128M", "-machine", "q35",
             "-object", object_words("shm", "64M", tmp_path),
             "-object", object_words("shm", "64M", tmp_path, id="two"),
             "-numa", "node,memdev=mem", "-numa", "node,memdev=two"]
    one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    name = "vuspec-{}-{}" if vmm.is_fake else "qemu-{}-shm-{}"
    want = ({f"/dev/shm/{name.format(one.pid, 0)} (deleted)"}
            if vmm.is_fake else  # whose second finds the first name free again
            {f"/dev/shm/{name.format(one.pid, n)} (deleted)" for n in (0, 1)})
    assert {r.file["path"] for r in regions} == want


@pytest.mark.rule("memory_backend.file.share_default")
def test_files_are_private_unless_shared(vmm, vhost_user_backend, tmp_path):
    """It need not start; what starts maps the file privately."""
    path = sparse_file(tmp_path / "ram", 64 << 20)
    backend = vhost_user_backend()
    one = vmm(*machine_words("64M"),
              f"memory-backend-file,id=mem,size=64M,mem-path={path}",
              *attach(backend))
    modes = one.until("a mapping", lambda: one.mapped(path.stat().st_ino))
    if modes:
        assert modes == {"rw-p"}
    else:
        assert one.wait() == 1


@pytest.mark.rule("memory_fds.private_refused")
@pytest.mark.parametrize("kind", ["memfd", "file"])
def test_private_memory_is_not_handed_out(vmm, vhost_user_backend, tmp_path,
                                          request, kind):
    """It does not start, or its device gets rings and no memory."""
    if not vmm.is_fake and vmm.version < (11, 0):
        request.applymarker(pytest.mark.xfail(
            strict=True, reason="QEMU before 11 hands it out: the back-end "
                                "sees other content than the guest"))
    backend = vhost_user_backend()
    words = object_words(kind, "64M", tmp_path).replace("share=on", "share=off")
    one = vmm(*machine_words("64M"), words, *attach(backend))
    if vmm.is_fake:
        assert one.ends_before(backend) != 0
        return
    backend.saw("SET_VRING_ENABLE")
    assert backend.regions() == []


@pytest.mark.qemu_only
@pytest.mark.rule("memory_fds.no_shared")
@pytest.mark.rule("mem_table.frontend_needs_shared")
@pytest.mark.parametrize("ram", ["", "memory-backend-ram,id=mem,size=64M"])
def test_nothing_to_share(vmm, vhost_user_backend, ram):
    backend = vhost_user_backend(words=["--without-slots"])
    words = ["-m", "64M", *(["-machine", "q35,memory-backend=mem", "-object",
                             ram] if ram else [])]
    one = vmm(*words, *attach(backend))
    one.heard(one.stderr, lambda x: "Failed initializing vhost-user memory map"
              in x, "the reason")
    one.runs()
    assert backend.regions() == []


@pytest.mark.qemu_since(10, 0)
@pytest.mark.rule("memory_fds.ram_share_on")
def test_shared_ram_has_a_descriptor(vmm, vhost_user_backend):
    words = [*machine_words("64M"),
             "memory-backend-ram,id=mem,size=64M,share=on"]
    _one, regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    assert regions[0].file["path"].startswith("/memfd:mem")


@pytest.mark.rule("memory_fds.mixed")
@pytest.mark.rule("mem_table.frontend_needs_shared")
def test_what_has_no_descriptor_is_left_out(vmm, vhost_user_backend, tmp_path):
    words = ["-m", "128M", "-machine", "q35",
             "-object", object_words("shm", "64M", tmp_path),
             "-object", "memory-backend-ram,id=two,size=64M",
             "-numa", "node,memdev=mem", "-numa", "node,memdev=two"]
    backend = vhost_user_backend()
    started(vmm, backend, words, 64 << 20)
    backend.saw("SET_VRING_ADDR")  # comes behind all memory
    assert [r.size for r in backend.regions()] == [64 << 20]


@pytest.mark.rule("memory_fds.one_per_region")
@pytest.mark.rule("memory_fds.slots_same")
def test_table_and_slots_say_the_same(vmm, vhost_user_backend, tmp_path):
    """A back-end with memory slots is told a region at a time, another gets
    a table; the regions are the same."""
    seen = []
    for words in ([], ["--without-slots"]):
        backend = vhost_user_backend(words=words)
        one, regions = started(vmm, backend, [
            *machine_words("4G"), object_words("shm", "4G", tmp_path)],
            4 * GIB)
        assert len(regions) == 2
        seen.append([(r.guest_addr, r.size, r.mmap_offset) for r in regions])
        one.end()
    assert seen[0] == seen[1]


@pytest.mark.rule("memory_fds.visible")
def test_what_it_writes_is_seen(vmm, vhost_user_backend, tmp_path):
    """Firmware or driver has written rings: the back-end's mapping has them."""
    backend = vhost_user_backend()
    words = [*machine_words("64M"), object_words("memfd", "64M", tmp_path)]
    _one, regions = started(vmm, backend, words, 64 << 20)
    backend.saw("SET_VRING_KICK")
    with backend.mapping(regions[0]) as fd:
        assert any(os.pread(fd, 64 << 20, 0))


@pytest.mark.rule("memory_fds.readonly")
def test_readonly_memory_is_not_announced(vmm, vhost_user_backend, tmp_path):
    """fake-frontend refuses it; QEMU's machine has ROM for RAM."""
    path = sparse_file(tmp_path / "ram", 64 << 20)
    backend = vhost_user_backend()
    one = vmm(*machine_words("64M"),
              f"memory-backend-file,id=mem,size=64M,share=on,readonly=on,"
              f"mem-path={path}", *attach(backend))
    if vmm.is_fake:
        one.wait()
        backend.end()  # all that it was told is written down then
    else:
        backend.answered("GET_FEATURES")
        one.end()
    assert [r for r in backend.regions() if r.file["access"] != "rw"] == []
