# SPDX-License-Identifier: BSD-3-Clause
"""Guest memory that must not start: sizes that do not match, and words that
make no sense together.  Status 1, a line that says why, and a back-end that
never saw a table."""
import os
import pathlib
import re
import subprocess

import pytest
from pytest_vuspec import attach, need_words
from pytest_vuspec.memory import sparse_file
from pytest_vuspec.stream import LONG

SHM = "memory-backend-shm,id=mem,"
MEMFD = "memory-backend-memfd,id=mem,share=on,"
FILE = "memory-backend-file,id=mem,share=on,"
MACHINE = ["-machine", "q35,memory-backend=mem"]
NUMA = ["-machine", "q35", "-numa", "node,memdev=mem"]


def case(name, rule, words, says, fake=True):
    """`fake`: fake-frontend promises the same."""
    marks = [pytest.mark.rule(rule)]
    if not fake:
        marks.append(pytest.mark.qemu_only)
    return pytest.param(words, says, id=name, marks=marks)


NO_MATCH = "does not match the size of the memory backend"
NO_SUM = r"total memory for NUMA nodes \({}\) should equal RAM size \({}\)"

SIZES = [
    case(f"machine-{kind}-{size}", "qemu_memory_size.machine.mismatch",
         ["-m", "128M", *MACHINE, "-object", f"{words}size={size}"], NO_MATCH)
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
    for size in ("64M", "256M")
] + [
    case(f"numa-{kind}-{size}", "qemu_memory_size.numa.mismatch",
         ["-m", "128M", *NUMA, "-object", f"{words}size={size}"],
         NO_SUM.format(number, "0x8000000"))
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
    for size, number in (("64M", "0x4000000"), ("256M", "0x10000000"))
] + [
    case("two-nodes-too-small", "qemu_memory_size.numa.sum",
         ["-m", "256M", "-machine", "q35", "-object", f"{SHM}size=64M",
          "-object", "memory-backend-memfd,id=two,share=on,size=128M",
          "-numa", "node,memdev=mem", "-numa", "node,memdev=two"],
         NO_SUM.format("0xc000000", "0x10000000")),
    case("object-size-counts-bytes", "qemu_memory_size.unit.object",
         ["-m", "4096", *NUMA, "-object", f"{SHM}size=4096"],
         NO_SUM.format("0x1000", "0x100000000")),
    case("both-forms", "qemu_memory_size.forms.exclusive",
         ["-m", "64M", *MACHINE, "-numa", "node,memdev=mem", "-object",
          f"{SHM}size=64M"], "mutually exclusive"),
    case("unknown-backend", "qemu_memory_size.forms.unknown_id",
         ["-m", "64M", "-machine", "q35,memory-backend=nope", "-object",
          f"{SHM}size=64M"], "Memory backend 'nope' not found"),
    case("mem-path-too", "qemu_memory_size.forms.mem_path",
         ["-m", "64M", *MACHINE, "-mem-path", "/tmp", "-object",
          f"{SHM}size=64M"], "'-mem-path' can't be used together with"),
    case("reserved-id", "qemu_memory_size.forms.reserved_id",
         ["-m", "64M", "-object", "memory-backend-shm,id=pc.ram,size=64M"],
         "'pc.ram' is reserved for the default RAM backend"),
    case("rounded-m", "qemu_memory_size.round_8k",
         ["-m", "131076K", *MACHINE, "-object", f"{SHM}size=134221824"],
         NO_MATCH),
    case("numa-default-size", "qemu_memory_size.numa.default",
         [*NUMA, "-object", f"{SHM}size=64M"],
         NO_SUM.format("0x4000000", "0x8000000")),
]
for text in ("256MB", "256X", "1e3"):
    SIZES.append(case(f"unit-{text}", "qemu_memory_size.unit.bad",
                      ["-m", text, *MACHINE, "-object", f"{SHM}size=256M"],
                      "expects|size|number"))

OBJECTS = [
    case(f"{kind}-size-0", "memory_backend.size.zero",
         ["-m", "64M", *MACHINE, "-object", f"{words}size=0"],
         "property 'size' of .* doesn't take value '0'")
    for kind, words in (("shm", SHM), ("memfd", MEMFD),
                        ("file", FILE + "mem-path=/dev/shm,"))
] + [
    case(f"{kind}-no-size", "memory_backend.size.missing",
         ["-m", "64M", *MACHINE, "-object", words.rstrip(",")],
         "Parameter 'size' is missing")
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
] + [
    case("shm-share-off", "memory_backend.shm.share_off",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M,share=off"],
         "can't create shm backend with `share=off`"),
    case("shm-sealed", "memory_backend.shm.foreign_property",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M,seal=on"],
         "Invalid parameter 'seal'"),
    case("shm-8E", "memory_backend.shm.size_limit",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=8E"],
         "failed to resize POSIX shared memory|" + NO_MATCH),
    case("memfd-hugetlbsize-3M", "memory_backend.memfd.hugetlb_pow2",
         ["-m", "64M", *MACHINE, "-object",
          f"{MEMFD}size=64M,hugetlb=on,hugetlbsize=3M"],
         "ugepage size must be a power of 2"),
    case("memfd-hugetlbsize-0", "memory_backend.memfd.hugetlb_zero",
         ["-m", "64M", *MACHINE, "-object",
          f"{MEMFD}size=64M,hugetlb=on,hugetlbsize=0"],
         "doesn't take value '0'"),
    case("memfd-part-of-a-huge-page", "memory_backend.memfd.hugetlb_unaligned",
         ["-m", "129M", *MACHINE, "-object",
          f"{MEMFD}size=129M,hugetlb=on,hugetlbsize=2M"],
         "failed to resize memfd|must be multiples of page size"),
    case("memfd-more-huge-pages-than-there-are", "memory_backend.memfd.hugetlb_none",
         ["-m", "1024G", *MACHINE, "-object",
          f"{MEMFD}size=1024G,hugetlb=on,hugetlbsize=2M"],
         "unable to map backing store|huge pages of"),
    case("file-rom", "memory_backend.file.rom",
         ["-m", "64M", *MACHINE, "-object",
          f"{FILE}mem-path=/tmp,size=64M,rom=on"],
         "'rom' = 'on' is not supported with 'readonly' = 'off'"),
    case("file-no-path", "memory_backend.file.path",
         ["-m", "64M", *MACHINE, "-object", f"{FILE}size=64M"],
         "mem-path"),
    case("used-twice", "memory_backend.use.twice",
         ["-m", "128M", "-machine", "q35", "-object", f"{SHM}size=64M",
          "-numa", "node,memdev=mem", "-numa", "node,memdev=mem"],
         "can't be used multiple times"),
    case("same-id-twice", "memory_backend.use.duplicate_id",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M", "-object",
          f"{MEMFD}size=64M"], "[Dd]uplicate"),
    case("prealloc-without-reserve", "memory_backend.prealloc.conflicts",
         ["-m", "64M", *MACHINE, "-object",
          f"{SHM}size=64M,prealloc=on,reserve=off"], "incompatible"),
]


def no_table(backend):
    """The back-end never saw memory."""
    backend.end()
    names = [m.get("name") for m in backend.messages.items]
    assert not {"SET_MEM_TABLE", "ADD_MEM_REG"} & set(names), names


def refused(vmm, backend, words, says):
    one = vmm(*words, *attach(backend))
    status, text = one.ends_before(backend), one.stderr.text()
    assert status == 1, text
    assert re.search(says, text), text
    no_table(backend)


@pytest.mark.parametrize("words, says", SIZES + OBJECTS)
def test_refused(vmm, vhost_user_backend, words, says):
    refused(vmm, vhost_user_backend(), words, says)


@pytest.mark.rule("qemu_device.refusal")
@pytest.mark.parametrize("memory, says", [
    (f"{SHM}size=64M,share=off", "can't create shm backend with `share=off`$"),
    (f"{SHM}size=32M", NO_MATCH)], ids=["share-off", "other-size"])
def test_refusals_are_judged(vuspec, vmm, memory, says):
    """The same by vuspec test-frontend --expect-refusal."""
    need_words(vmm.version, [memory])
    done = vuspec(
        "test-frontend", "--expect-refusal", says, "--start-timeout", LONG,
        "--", *vmm.command, "-m", "64M", *MACHINE, "-object", memory, "-chardev",
        "socket,id=c0,path={socket}", "-device",
        "vhost-user-blk-pci,chardev=c0")
    assert done.returncode == 0, done.stdout + done.stderr


FILES = [
    # "does not match" in versions before 10.0.
    pytest.param(32 << 20, "", "backing store size 0x2000000 (is too small for|"
                 "does not match) 'size' option 0x4000000", id="smaller"),
    pytest.param(96 << 20, ",offset=64M", "backing store size 0x6000000 is too "
                 "small for 'size' option 0x4000000 plus 'offset' option "
                 "0x4000000", id="smaller-behind-offset"),
]


@pytest.mark.rule("memory_backend.file.smaller")
@pytest.mark.parametrize("size, more, says", FILES)
def test_file_too_small(vmm, vhost_user_backend, tmp_path, size, more, says):
    path = sparse_file(tmp_path / "ram", size)
    words = ["-m", "64M", *MACHINE, "-object",
             f"{FILE}mem-path={path},size=64M{more}"]
    refused(vmm, vhost_user_backend(), words, says)
    assert path.stat().st_size == size


@pytest.mark.rule("memory_backend.file.offset")
@pytest.mark.parametrize("offset", [100, 4097])
def test_offset_within_a_page(vmm, vhost_user_backend, tmp_path, offset):
    path = sparse_file(tmp_path / "ram", 128 << 20)
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"{FILE}mem-path={path},size=64M,offset={offset}"],
        "must be multiples? of page size|multiple of")


# Older ones make the file that is missing, to read from it.
@pytest.mark.qemu_since(8, 2)
@pytest.mark.rule("memory_backend.file.readonly")
@pytest.mark.parametrize("what", ["missing", "folder"])
def test_readonly_needs_a_file(vmm, vhost_user_backend, tmp_path, what):
    path = tmp_path / "ram"
    if what == "folder":
        path.mkdir()
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"memory-backend-file,id=mem,mem-path={path},size=64M,readonly=on,"
        "share=on"],
        "No such file or directory" if what == "missing" else
        "[Ii]s a directory")
    assert path.exists() == (what == "folder")


@pytest.mark.rule("memory_backend.file.path")
def test_folder_that_is_missing(vmm, vhost_user_backend, tmp_path):
    path = tmp_path / "nowhere" / "ram"
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"{FILE}mem-path={path},size=64M"], "No such file or directory")
    assert not path.parent.exists()


@pytest.mark.rule("memory_backend.size.unaligned")
def test_size_within_a_page(vmm, vhost_user_backend, tmp_path):
    refused(vmm, vhost_user_backend(), [
        "-m", "128M", *MACHINE, "-object",
        f"{FILE}mem-path={tmp_path},size=134217729"],
        "multiple of|does not match")
    assert not list(pathlib.Path(tmp_path).glob("qemu_back_mem*"))


@pytest.mark.rule("memory_backend.file.align")
@pytest.mark.rule("memory_backend.file.create_undo")
@pytest.mark.parametrize("align, says", [
    ("3", "must be multiples of page size"), ("12K", "must be a power of two")])
def test_alignment(vmm, vhost_user_backend, tmp_path, align, says):
    path = tmp_path / "ram"
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"{FILE}mem-path={path},size=64M,align={align}"], says)
    assert not path.exists()


def other_shm(command):
    """Words before a VMM's: a mount namespace with another /dev/shm."""
    if subprocess.run(["unshare", "-m", "true"], check=False,
                      capture_output=True).returncode:
        pytest.skip("env: no mount namespaces here (they need root)")
    return ["unshare", "-m", "sh", "-c", f'{command} && exec "$@"', "sh"]


@pytest.mark.rule("memory_backend.shm.fs_full")
def test_shm_is_full(vmm, vhost_user_backend):
    backend = vhost_user_backend()
    prefix = other_shm("mount -t tmpfs -o size=16m none /dev/shm")
    one = vmm("-m", "64M", *MACHINE, "-object", f"{SHM}size=64M,prealloc=on",
              *attach(backend), prefix=prefix)
    assert one.ends_before(backend) == 1
    assert one.stderr.text()
    no_table(backend)


@pytest.mark.rule("memory_backend.shm.fs_readonly")
def test_shm_is_readonly(vmm, vhost_user_backend):
    backend = vhost_user_backend()
    prefix = other_shm("mount -t tmpfs -o ro none /dev/shm")
    one = vmm("-m", "64M", *MACHINE, "-object", f"{SHM}size=64M",
              *attach(backend), prefix=prefix)
    assert one.ends_before(backend) == 1
    assert "Read-only file system" in one.stderr.text()
    no_table(backend)


@pytest.mark.rule("memory_backend.shm.collision")
@pytest.mark.rule("memory_backend.shm.create_flags")
def test_existing_object_is_not_taken(vmm, vhost_user_backend):
    """QEMU refuses to start; whoever takes another name may do so.  What was
    there stays as it was."""
    backend = vhost_user_backend()
    name = f"{'vuspec' if vmm.is_fake else 'qemu'}-$$-{'' if vmm.is_fake else 'shm-'}0"
    one = vmm("-m", "64M", *MACHINE, "-object", f"{SHM}size=64M",
              *attach(backend), prefix=[
                  "sh", "-c", f'echo theirs >/dev/shm/{name}; exec "$@"', "sh"])
    path = pathlib.Path("/dev/shm", name.replace("$$", str(one.pid)))
    try:
        if vmm.is_fake:
            backend.saw("SET_VRING_KICK")
        else:
            assert one.ends_before(backend) == 1
            assert "File exists" in one.stderr.text()
        assert path.read_text() == "theirs\n"
    finally:
        path.unlink(missing_ok=True)


@pytest.mark.rule("memory_backend.file.not_mappable")
@pytest.mark.parametrize("what", ["/dev/zero", "/proc/self/status", "fifo",
                                  "socket"])
def test_what_is_no_file(vmm, vhost_user_backend, tmp_path, what):
    """It is refused or works; it is no crash."""
    path = pathlib.Path(what)
    if what == "fifo":
        path = tmp_path / what
        os.mkfifo(path)
    backend = vhost_user_backend()
    if what == "socket":
        path = backend.socket
    one = vmm("-m", "64M", *MACHINE, "-object",
              f"{FILE}mem-path={path},size=64M", *attach(backend))
    status = one.end() if one.starts_with(backend) else one.wait()
    assert status in (0, 1), one.stderr.text()
