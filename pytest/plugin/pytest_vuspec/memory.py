# SPDX-License-Identifier: BSD-3-Clause
"""Options for guest memory, as QEMU and fake-frontend take them."""
import dataclasses
import re

UNITS = {"": 1 << 20, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size_of(text):
    """Bytes of '256', '256M', '4G' as -m reads them."""
    number, unit = re.fullmatch(r"(\d+)([KMG]?)", str(text)).groups()
    return int(number) * UNITS[unit]


def sparse_file(path, size):
    """A file for a guest's memory, of `size` bytes that are all zero."""
    with open(path, "wb") as f:
        f.truncate(size)
    return path


@dataclasses.dataclass(frozen=True)
class Memory:
    """One memory object and how the machine uses it."""
    kind: str              # shm, memfd, file, ram
    size: str              # of the object, with its suffix
    form: str = "machine"  # machine: -machine memory-backend=, numa: -numa
    m: str = ""            # -m; "": the object's size
    more: str = ""         # further properties, ",seal=off"
    id: str = "mem"

    def object(self):
        return (f"memory-backend-{self.kind},id={self.id},size={self.size}"
                f"{self.more}")

    def words(self, machine="q35"):
        words = ["-m", self.m or self.size]
        if self.form == "machine":
            words += ["-machine", f"{machine},memory-backend={self.id}"]
        else:
            words += ["-machine", machine, "-numa", f"node,memdev={self.id}"]
        return [*words, "-object", self.object()]
