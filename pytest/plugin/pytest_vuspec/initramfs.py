# SPDX-License-Identifier: BSD-3-Clause
"""A small guest: Debian's kernel, busybox, and the modules a test names.

The archive is the kernel's own format (newc); nothing needs root."""
import gzip
import lzma
import pathlib
import re
import stat

DEPENDS = re.compile(rb"\0?depends=([^\0]*)\0")
APPLETS = ("sh mount insmod cat echo dd cmp sync poweroff reboot stty mkdir ls "
           "head tail sleep grep sha256sum blockdev hexdump mdev ip ifconfig "
           "umount").split()
# They look for their disks at once, and wait for a back-end that has none; so
# does the loading of the modules after them.
SLOW = ("virtio_scsi",)
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -echo -onlcr
{modules}
echo vuspec-guest-ready
while read -r line; do
	eval "$line"
	echo "vuspec-status $?"
done
poweroff -f
"""


def _entry(name, mode, data=b"", ino=[1]):
    ino[0] += 1
    head = b"070701" + b"".join(
        b"%08x" % n for n in (ino[0], mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                              len(name) + 1, 0))
    out = head + name.encode() + b"\0"
    out += b"\0" * (-len(out) % 4)
    return out + data + b"\0" * (-len(data) % 4)


def cpio(files):
    """{path: (mode, bytes)}, folders first."""
    out = b"".join(_entry(path, mode, data)
                   for path, (mode, data) in files.items())
    return out + _entry("TRAILER!!!", 0)


def _module_bytes(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


class Modules:
    """The modules of one kernel, with what each needs."""

    def __init__(self, folder):
        self.paths = {}
        for path in pathlib.Path(folder).rglob("*.ko*"):
            name = path.name.split(".ko")[0].replace("-", "_")
            self.paths[name] = path

    def with_needs(self, names):
        """In the order in which they must be loaded."""
        order = []

        def add(name):
            name = name.replace("-", "_")
            if name in order or name not in self.paths:
                return  # built in, or there already
            found = DEPENDS.search(_module_bytes(self.paths[name]))
            for need in (found[1].decode() if found else "").split(","):
                if need:
                    add(need)
            order.append(name)

        for name in names:
            add(name)
        return order


def build(target, busybox, module_folder, modules):
    """Write an initramfs that loads `modules` and reads commands from the
    console."""
    have = Modules(module_folder)
    order = sorted(have.with_needs(modules), key=SLOW.__contains__)
    folder, program = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755
    files = {name: (folder, b"")
             for name in ("bin", "dev", "proc", "sys", "mnt", "modules")}
    files["bin/busybox"] = (program, pathlib.Path(busybox).read_bytes())
    for name in order:
        files[f"modules/{name}.ko"] = (program,
                                       _module_bytes(have.paths[name]))
    load = "\n".join(f"insmod /modules/{name}.ko"
                     + (" &" if name in SLOW else "") for name in order)
    files["init"] = (program, INIT.format(modules=load).encode())
    with gzip.open(target, "wb", compresslevel=1) as out:
        out.write(cpio(files))
    return target
