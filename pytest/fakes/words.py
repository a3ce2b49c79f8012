# SPDX-License-Identifier: BSD-3-Clause
"""Words for fake-frontend, which are QEMU's."""

DEVICES = {  # the back-end's name, and QEMU's word
    "blk": "vhost-user-blk-pci",
    "rng": "vhost-user-rng-pci",
    "invert": "vhost-user-test-device-pci,virtio-id=65535",
}


def obj(kind, size, folder="/tmp", id="mem", more=""):
    """A memory object that can be shared."""
    rest = f",share=on,mem-path={folder}" if kind == "file" else ""
    return ["-object",
            f"memory-backend-{kind},id={id},size={size}{rest}{more}"]


def memory(kind, size="16M", folder="/tmp", m=None, more=""):
    """Guest memory in one piece."""
    return ["-m", m or size, *obj(kind, size, folder, more=more),
            "-machine", "q35,memory-backend=mem"]


def device(path, name="blk", id="c0", more="", chardev=""):
    return ["-chardev", f"socket,id={id},path={path}{chardev}",
            "-device", f"{DEVICES.get(name, name)},chardev={id}{more}"]


def requests(backend, name):
    """What the back-end was asked, by name."""
    return [m for m in backend.messages.items
            if m.get("name") == name and m.get("dir") == "fe->be"]
