# SPDX-License-Identifier: BSD-3-Clause
"""Words that are refused: what QEMU refuses with status 1, in a line that says
both numbers, before anybody is connected to; what cannot be followed with 2.

(pytest/qemu/test_refusals.py asks the same of QEMU and fake-frontend.)"""
import os

import pytest
from words import device, memory, obj

MEMORY = memory("memfd")


def refused(one, says, status=1):
    assert one.wait() == status
    text = one.stderr.text()
    assert len(text.splitlines()) == 1, text
    assert text.startswith("fake-frontend: "), text
    for part in [says] if isinstance(says, str) else says:
        assert part in text, text
    assert one.stdout.text() == ""


def sized(kind, size, m, form):
    use = (["-machine", "memory-backend=mem"] if form == "machine" else
           ["-numa", "node,memdev=mem"])
    return ["-m", m, *obj(kind, size), *use]


@pytest.mark.parametrize("kind", ["shm", "memfd", "file"])
@pytest.mark.parametrize("form, says", [
    ("machine", "does not match the size of the memory backend"),
    ("numa", "total memory for NUMA nodes"),
])
@pytest.mark.parametrize("size", ["128M", "512M"])
def test_sizes_that_differ_are_both_said(frontend, vhost_user_backend, kind,
                                         form, says, size):
    backend = vhost_user_backend()
    refused(frontend(*sized(kind, size, "256", form), *device(backend.socket)),
            [says, "256M", size])
    backend.end()
    assert not backend.messages.items


MISMATCH = [
    # Unlike QEMU: memory that no back-end would see.
    (["-m", "16M"], "guest memory is not shared"),
    (["-m", "16M", *obj("memfd", "16M")], ["'mem' of 16M", "not used"]),
    (memory("memfd", more=",share=off"), ["'mem' is private", "share=on"]),
    (memory("file", more=",share=off"), ["'mem' is private", "share=on"]),
    (["-m", "16M", "-object",
      "memory-backend-file,id=mem,size=16M,mem-path=/tmp", "-machine",
      "memory-backend=mem"], ["'mem' is private", "share=on"]),
    (["-m", "16M", "-object", "memory-backend-ram,id=mem,size=16M",
      "-machine", "memory-backend=mem"], "memory-backend-ram"),
    (["-m", "4097", *obj("shm", "4G"), "-numa", "node,memdev=mem"],
     ["4G", "-m 4097M"]),
    (["-m", "16M,maxmem=8M", *obj("shm", "16M"), "-machine",
      "memory-backend=mem"], ["(8M)", "(16M)"]),
    (["-m", "0.01", *obj("shm", "12288"), "-machine", "memory-backend=mem"],
     ["12K", "16K"]),
    (memory("memfd", "4097", m="8K"), ["8K", "4097"]),
]


@pytest.mark.parametrize("words, says", MISMATCH)
def test_memory(frontend, vhost_user_backend, words, says):
    backend = vhost_user_backend()
    refused(frontend(*words, *device(backend.socket)), says)
    backend.end()
    assert not backend.messages.items


CHARDEV = "socket,id=c0,path=/nowhere/x"
BLK = ["-device", "vhost-user-blk,chardev=c0"]
DEVICES = [
    (["-device", "vhost-user-blk"], "chardev is mandatory"),
    (BLK, "can't find value 'c0'"),
    (["-chardev", "null,id=c0", *BLK], "can't find value 'c0'"),
    (["-chardev", CHARDEV, *BLK, *BLK], "it's in use"),
    (["-chardev", CHARDEV, "-chardev", CHARDEV, *BLK], "duplicate ID 'c0'"),
    (["-chardev", "socket,path=/x", *BLK], "Parameter 'id' is missing"),
    (["-chardev", "socket,id=c0", *BLK], "one of 'path' and 'fd'"),
    (["-chardev", "socket,id=c0,path=/x,fd=3", *BLK], "one of 'path'"),
    (["-chardev", "socket,id=c0,host=h,port=1", *BLK], "'host'"),
    (["-chardev", f"{CHARDEV},server=on,reconnect=1", *BLK], "'reconnect'"),
    (["-chardev", f"{CHARDEV},server", *BLK], "'server'"),
    (["-chardev", "socket,id=c0,fd=99", *BLK], "Bad file descriptor"),
    (["-chardev", "socket,id=c0,path=/" + 200 * "x", *BLK],
     ["201 characters", "at most 107"]),
    (["-chardev", CHARDEV, "-device", "vhost-user-toaster,chardev=c0"],
     "vhost-user-toaster"),
    (["-chardev", CHARDEV, "-device", "e1000"], "none of the devices"),
    (["-chardev", CHARDEV, "-device", "vhost-user-test-device,chardev=c0"],
     "virtio-id is mandatory"),
] + [
    (["-chardev", CHARDEV, "-device", f"vhost-user-blk,chardev=c0,{word}"],
     says)
    for word, says in [
        ("wings=2", "property 'vhost-user-blk.wings' not found"),
        ("virtio-id=2", "not found"),
        ("num-queues=0", "from 1 to 16"),
        ("num-queues=17", "from 1 to 16"),
        ("queue-size=0", "from 1 to 1024"),
        ("queue-size=2048", "from 1 to 1024"),
        ("queue-size=100", "100 descriptors: the size must be a power of 2"),
        ("packed=on", "packed"),
        ("event_idx=often", "'often'"),
    ]
]


@pytest.mark.parametrize("words, says", DEVICES)
def test_devices_and_chardevs(frontend, words, says):
    refused(frontend(*MEMORY, *words), says)


USAGE = [
    ([], "nothing to do"),
    (MEMORY, "nothing to do"),
    (["--no-such-option"], "--no-such-option"),
    (["disk.img", *BLK], "disk.img"),
    (["-"], "'-'"),
    (["-m"], "-m needs an argument"),
    ([*BLK, "--notify"], "--notify needs an argument"),
    ([*BLK, "--notify", "bell"], "'bell'"),
    ([*BLK, "--slots", "few"], "'few'"),
    ([*BLK, "--timeout", "0"], "from 1 to"),
    ([*BLK, "--timeout", "soon"], "soon"),
    ([*BLK, "--requests", "-1"], "-1"),
    (65 * BLK, "more than 64 words"),
]


@pytest.mark.parametrize("words, says", USAGE)
def test_usage(frontend, words, says):
    refused(frontend(*words), [says, "--help"], status=2)


@pytest.mark.parametrize("word", ["--help", "-help", "-h"])
def test_help(frontend, word):
    one = frontend("-m", "1G", word)
    assert one.wait() == 0
    assert one.stdout.text().startswith("Usage: fake-frontend")
    assert max(map(len, one.stdout.text().splitlines())) < 80
    assert one.stderr.text() == ""


def test_version(frontend):
    one = frontend("--version")
    assert one.wait() == 0
    assert one.stdout.text().startswith("fake-frontend 0.")


def test_words_about_a_machine_are_passed_over(frontend, vhost_user_backend):
    backend = vhost_user_backend()
    one = frontend(
        "-nodefaults", "-no-user-config", "-nographic", "-S", "-accel", "tcg",
        "-display", "none", "-smp", "2", "-cpu", "max", "-name", "x",
        "-object", "iothread,id=io0", "-device", "virtio-rng-pci",
        "-chardev", "stdio,id=s", "-serial", "chardev:s",
        "-object", "memory-backend-shm,id=mem,size=16M,merge=off,dump=off",
        "-m", "16M", "-machine", "q35,accel=tcg",
        "-machine", "memory-backend=mem",
        *device(backend.socket, more=",id=d0,bootindex=1"))
    assert one.wait() == 0, one.stderr.text()


def test_two_dashes_are_one(frontend, vhost_user_backend):
    backend = vhost_user_backend()
    words = [("-" + w if w.startswith("-") and w[1] != "-" else w)
             for w in [*MEMORY, *device(backend.socket)]]
    assert frontend(*words).wait() == 0


@pytest.mark.parametrize("kind", ["shm", "memfd", "file"])
def test_more_than_there_is_is_said(frontend, vhost_user_backend, tmp_path,
                                    kind):
    """No file and no address space is so large."""
    backend = vhost_user_backend()
    refused(frontend(*memory(kind, "4E", tmp_path), *device(backend.socket)),
            str(4 << 60))
    assert not list(tmp_path.glob("vuspec-memory*"))


def test_a_file_that_must_be_made_is_taken_back(frontend, vhost_user_backend,
                                                tmp_path):
    backend = vhost_user_backend()
    path = tmp_path / "ram"
    refused(frontend(*memory("file", "16K", path, more=",offset=100"),
                     *device(backend.socket)), ["offset 100", "4096"])
    assert not path.exists()


def test_closed_standard_descriptors(frontend, vhost_user_backend, tmp_path):
    """Memory and sockets never take the numbers 0 to 2: what is printed would
    be found in them."""
    backend = vhost_user_backend()
    path = tmp_path / "ram"
    one = frontend(*memory("file", folder=path), *device(backend.socket),
                   preexec_fn=lambda: (os.close(0), os.close(1)))
    assert one.wait() == 0, one.stderr.text()
    assert path.read_bytes()[:4096] == bytes(4096)
