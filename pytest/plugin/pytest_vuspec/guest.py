# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest in QEMU that runs commands from its console."""
import os
import pathlib

from . import initramfs
from .qemu import Qemu
from .stream import LONG

BOOT_TIMEOUT = 2 * LONG  # under TCG
# Under TCG on a busy machine a guest can fail to measure its clock, and then
# waits for ever, or find that its timer does not tick: so it does not measure.
CLOCK = "tsc_early_khz=1000000 no_timer_check"
# And its watchdogs are off: it may get no processor for a long time.
PATIENCE = "rcupdate.rcu_cpu_stall_suppress=1 nowatchdog"
# With earlyprintk a panic before there is a console is shown as well.
APPEND = f"console=ttyS0 earlyprintk=ttyS0 quiet panic=-1 {CLOCK} {PATIENCE}"
MODULES = ["virtio_pci", "virtio_mmio", "virtio_blk", "virtio_rng",
           "virtio_net", "virtio_input", "virtio_console", "virtio_balloon",
           "virtio_scsi", "virtiofs"]


class NoGuest(Exception):
    """A kernel or busybox is missing; the text names it."""


def kernel_files(folder=None):
    """Kernel image and module folder: of VUSPEC_GUEST_KERNEL (a folder into
    which a kernel package was unpacked), of this tree's build-guest/, else of
    this machine."""
    here = pathlib.Path(__file__).resolve().parents[3] / "build-guest"
    roots = [folder or os.environ.get("VUSPEC_GUEST_KERNEL"), here, "/"]
    for root in filter(None, roots):
        images = sorted(pathlib.Path(root, "boot").glob("vmlinuz-*cloud*"))
        for image in reversed(images):
            version = image.name.split("vmlinuz-", 1)[1]
            modules = pathlib.Path(root, "lib/modules", version)
            if modules.is_dir():
                return image, modules
    raise NoGuest("no Debian cloud kernel: ci/setup qemu unpacks one")


def busybox_file():
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.access(path, os.X_OK):
            return path
    raise NoGuest("no static busybox: ci/setup qemu installs it")


class Guest(Qemu):
    """Boots at once; `run` waits for a command's end."""

    def __init__(self, program, words, folder, image, initrd, reboot=False):
        super().__init__(
            program, ["-kernel", image, "-initrd", initrd, "-append",
                      APPEND,
                      *([] if reboot else ["-no-reboot"]), *words], folder)
        self._at = -1

    def boot(self, timeout=BOOT_TIMEOUT):
        self.connect()
        return self.ready(timeout)

    def ready(self, timeout=BOOT_TIMEOUT):
        """Wait until it takes commands, once more after a reset."""
        self._at, _ = self.hear(lambda x: "vuspec-guest-ready" in x,
                                "the guest", timeout, self._at + 1)
        return self

    def run(self, command, timeout=LONG, check=True):
        """Output lines of a shell command; an error status is an
        AssertionError unless check=False."""
        self.send(command)
        end, line = self.hear(lambda x: "vuspec-status " in x,
                              f"the end of '{command}'", timeout, self._at + 1)
        out = self.console.items[self._at + 1:end]
        before, status = line.rsplit("vuspec-status ", 1)
        if before:
            out.append(before)
        self._at = end
        assert not check or status.strip() == "0", (
            f"'{command}' ended with {status}: {out}")
        return out

    def poweroff(self):
        """The guest's own shut-down; returns QEMU's exit status."""
        self.send("poweroff -f")
        return self.wait()


def make_initramfs(folder, modules=None):
    """Build the guest's files into `folder`; (image, initrd)."""
    image, module_folder = kernel_files()
    initrd = pathlib.Path(folder) / "initramfs.gz"
    if not initrd.exists():
        part = initrd.with_suffix(".part")
        initramfs.build(part, busybox_file(), module_folder,
                        modules or MODULES)
        part.rename(initrd)
    return image, initrd
