# SPDX-License-Identifier: BSD-3-Clause
"""QEMU as the front-end under test: vuspec test-frontend, steered by QMP."""
import pathlib

import pytest
import pytest_vuspec

CONTROL = (pathlib.Path(pytest_vuspec.__file__).resolve().parent.parent
           / "vuspec-qmp-control")


@pytest.mark.qemu_only
def test_qemu_is_judged(vuspec, qemu_program):
    """Its firmware drives the disk; what is said on the channel of the
    back-end is judged."""
    done = vuspec(
        "test-frontend", "--device", "blk", "-m", "128M", "--memory", "memfd",
        "--filter", "channel.*", "--timeout", 100, "--start-timeout", 30,
        "--control", CONTROL, "--", qemu_program, "-nodefaults",
        "-no-user-config", "-display", "none", "-accel", "tcg", "-S",
        "-machine", "q35,memory-backend=mem", "-m", "128M",
        "-object", "memory-backend-{memory},id=mem,size=128M,share=on",
        "-chardev", "socket,id=c0,path={socket}",
        "-device", "vhost-user-blk-pci,chardev=c0",
        "-qmp", "unix:{ctl},server=on,wait=off", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
