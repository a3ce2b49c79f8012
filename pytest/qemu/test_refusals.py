# SPDX-License-Identifier: BSD-3-Clause
"""Guest memory that must not start: sizes that do not match, and words that
make no sense together.  Status 1, a line that says why, and a back-end that
never saw a table."""
import pathlib
import re

import pytest
from pytest_vuspec import attach

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
    case(f"machine-{kind}-{size}", "msz.machine.mismatch",
         ["-m", "128M", *MACHINE, "-object", f"{words}size={size}"], NO_MATCH)
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
    for size in ("64M", "256M")
] + [
    case(f"numa-{kind}-{size}", "msz.numa.mismatch",
         ["-m", "128M", *NUMA, "-object", f"{words}size={size}"],
         NO_SUM.format(number, "0x8000000"))
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
    for size, number in (("64M", "0x4000000"), ("256M", "0x10000000"))
] + [
    case("two-nodes-too-small", "msz.numa.sum",
         ["-m", "256M", "-machine", "q35", "-object", f"{SHM}size=64M",
          "-object", "memory-backend-memfd,id=two,share=on,size=128M",
          "-numa", "node,memdev=mem", "-numa", "node,memdev=two"],
         NO_SUM.format("0xc000000", "0x10000000")),
    case("object-size-counts-bytes", "msz.unit.object",
         ["-m", "4096", *NUMA, "-object", f"{SHM}size=4096"],
         NO_SUM.format("0x1000", "0x100000000")),
    case("both-forms", "msz.forms.exclusive",
         ["-m", "64M", *MACHINE, "-numa", "node,memdev=mem", "-object",
          f"{SHM}size=64M"], "mutually exclusive"),
    case("unknown-backend", "msz.forms.unknown_id",
         ["-m", "64M", "-machine", "q35,memory-backend=nope", "-object",
          f"{SHM}size=64M"], "Memory backend 'nope' not found"),
    case("numa-default-size", "msz.numa.default",
         [*NUMA, "-object", f"{SHM}size=64M"],
         NO_SUM.format("0x4000000", "0x8000000")),
]
for text in ("256MB", "256X", "1e3"):
    SIZES.append(case(f"unit-{text}", "msz.unit.bad",
                      ["-m", text, *MACHINE, "-object", f"{SHM}size=256M"],
                      "expects|size|number"))

OBJECTS = [
    case(f"{kind}-size-0", "mb.size.zero",
         ["-m", "64M", *MACHINE, "-object", f"{words}size=0"],
         "property 'size' of .* doesn't take value '0'")
    for kind, words in (("shm", SHM), ("memfd", MEMFD),
                        ("file", FILE + "mem-path=/dev/shm,"))
] + [
    case(f"{kind}-no-size", "mb.size.missing",
         ["-m", "64M", *MACHINE, "-object", words.rstrip(",")],
         "Parameter 'size' is missing")
    for kind, words in (("shm", SHM), ("memfd", MEMFD))
] + [
    case("shm-share-off", "mb.shm.share_off",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M,share=off"],
         "can't create shm backend with `share=off`"),
    case("shm-sealed", "mb.shm.foreign_property",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M,seal=on"],
         "Invalid parameter 'seal'"),
    case("shm-8E", "mb.shm.size_limit",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=8E"],
         "failed to resize POSIX shared memory", fake=False),
    case("memfd-hugetlbsize-3M", "mb.memfd.hugetlb_pow2",
         ["-m", "64M", *MACHINE, "-object",
          f"{MEMFD}size=64M,hugetlb=on,hugetlbsize=3M"],
         "ugepage size must be a power of 2"),
    case("memfd-hugetlbsize-0", "mb.memfd.hugetlb_zero",
         ["-m", "64M", *MACHINE, "-object",
          f"{MEMFD}size=64M,hugetlb=on,hugetlbsize=0"],
         "doesn't take value '0'"),
    case("file-no-path", "mb.file.path",
         ["-m", "64M", *MACHINE, "-object", f"{FILE}size=64M"],
         "mem-path"),
    case("used-twice", "mb.use.twice",
         ["-m", "128M", "-machine", "q35", "-object", f"{SHM}size=64M",
          "-numa", "node,memdev=mem", "-numa", "node,memdev=mem"],
         "can't be used multiple times"),
    case("same-id-twice", "mb.use.duplicate_id",
         ["-m", "64M", *MACHINE, "-object", f"{SHM}size=64M", "-object",
          f"{MEMFD}size=64M"], "[Dd]uplicate"),
    case("prealloc-without-reserve", "mb.prealloc.conflicts",
         ["-m", "64M", *MACHINE, "-object",
          f"{SHM}size=64M,prealloc=on,reserve=off"], "incompatible",
         fake=False),
]


def no_table(backend):
    """The back-end never saw memory."""
    backend.end()
    names = [m.get("name") for m in backend.messages.items]
    assert not {"SET_MEM_TABLE", "ADD_MEM_REG"} & set(names), names


def refused(vmm, backend, words, says):
    one = vmm(*words, *attach(backend))
    status, text = one.wait(), one.stderr.text()
    assert status == 1, text
    assert re.search(says, text), text
    no_table(backend)


@pytest.mark.parametrize("words, says", SIZES + OBJECTS)
def test_refused(vmm, vhost_user_backend, words, says):
    refused(vmm, vhost_user_backend(), words, says)


def make(path, size):
    with open(path, "wb") as f:
        f.truncate(size)
    return path


FILES = [
    pytest.param(32 << 20, "", "backing store size 0x2000000 is too small for "
                 "'size' option 0x4000000", id="smaller"),
    pytest.param(96 << 20, ",offset=64M", "backing store size 0x6000000 is too "
                 "small for 'size' option 0x4000000 plus 'offset' option "
                 "0x4000000", id="smaller-behind-offset"),
]


@pytest.mark.rule("mb.file.smaller")
@pytest.mark.parametrize("size, more, says", FILES)
def test_file_too_small(vmm, vhost_user_backend, tmp_path, size, more, says):
    path = make(tmp_path / "ram", size)
    words = ["-m", "64M", *MACHINE, "-object",
             f"{FILE}mem-path={path},size=64M{more}"]
    refused(vmm, vhost_user_backend(), words, says)
    assert path.stat().st_size == size


@pytest.mark.rule("mb.file.offset")
@pytest.mark.parametrize("offset", [100, 4097])
def test_offset_within_a_page(vmm, vhost_user_backend, tmp_path, offset):
    path = make(tmp_path / "ram", 128 << 20)
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"{FILE}mem-path={path},size=64M,offset={offset}"],
        "must be multiples? of page size|multiple of")


@pytest.mark.rule("mb.file.readonly")
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


@pytest.mark.rule("mb.file.path")
def test_folder_that_is_missing(vmm, vhost_user_backend, tmp_path):
    path = tmp_path / "nowhere" / "ram"
    refused(vmm, vhost_user_backend(), [
        "-m", "64M", *MACHINE, "-object",
        f"{FILE}mem-path={path},size=64M"], "No such file or directory")
    assert not path.parent.exists()


@pytest.mark.rule("mb.size.unaligned")
def test_size_within_a_page(vmm, vhost_user_backend, tmp_path):
    refused(vmm, vhost_user_backend(), [
        "-m", "128M", *MACHINE, "-object",
        f"{FILE}mem-path={tmp_path},size=134217729"],
        "multiple of|does not match")
    assert not list(pathlib.Path(tmp_path).glob("qemu_back_mem*"))
