# SPDX-License-Identifier: BSD-3-Clause
"""vuspec-qmp-control, with a QEMU that is a table of answers."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

CONTROL = (pathlib.Path(__file__).resolve().parents[2]
           / "pytest/plugin/vuspec-qmp-control")
# In place of QEMU's library: it comes first on Python's path.
LIBRARY = '''
import json, pathlib
class QEMUMonitorProtocol:
    def __init__(self, path):
        self.folder = pathlib.Path(path).parent
        self.asked = self.folder / "asked"
        self.answers = json.loads((self.folder / "answers").read_text())
    def connect(self):
        pass
    close = clear_events = connect
    def cmd(self, name, **arguments):
        with self.asked.open("a") as f:
            f.write(name + "\\n")
        told = self.answers.get(name, {})
        if isinstance(told, list):
            told = told.pop(0) if len(told) > 1 else told[0]
        if "fails" in told:
            raise RuntimeError(told["fails"])
        return told.get("is", {})
'''
DISK = "/machine/peripheral-anon/device[0]/virtio-backend"
DISK_OF_PCI = {"is": [{"devices": [
    {"id": {"vendor": 0x8086}, "regions": []},
    {"id": {"vendor": 0x1af4}, "regions": [
        {"type": "io", "address": 0xc000},
        {"type": "memory", "mem_type_64": True, "address": 0xfebf8000}]}]}]}
RINGS = "x-query-virtio-vhost-queue-status"
NOT_YET = {"fails": "Error: vhost device has not started yet"}
NO_MORE = {"fails": "Invalid vhost virtqueue number 2"}
ANSWERS = {
    "x-query-virtio": {"is": [{"path": DISK}]},
    "qom-get": {"is": "vhost-user-blk"},
    "query-pci": DISK_OF_PCI,
    "human-monitor-command": {"is": "00000000febf8014: 0x0b\r\n"},
    RINGS: {"is": {"num": 128}},
}


@pytest.fixture
def control(folder):
    """Run a stimulus; its status, what it said, and what QEMU was asked."""
    library = folder / "library/qemu/qmp"
    library.mkdir(parents=True)
    for name, text in (("legacy.py", LIBRARY), ("__init__.py", ""),
                       ("../__init__.py", "")):
        (library / name).write_text(text)

    def run(stimulus, **answers):
        (folder / "answers").write_text(json.dumps({**ANSWERS, **answers}))
        done = subprocess.run(
            [sys.executable, CONTROL, stimulus], capture_output=True,
            text=True, check=False, timeout=60,
            env={**os.environ, "PYTHONPATH": str(folder / "library"),
                 "VUSPEC_CTL": str(folder), "VUSPEC_SECONDS": "20"})
        asked = (folder / "asked").read_text().splitlines()
        # It spells out features, and aborts where it has no word for one.
        assert "x-query-virtio-status" not in asked
        return done.returncode, done.stderr, asked
    return run


def test_start_waits_for_the_rings(control):
    status, said, asked = control("start", **{RINGS: [NOT_YET] * 3 + [
        {"is": {"num": 128}}]})
    assert status == 0, said
    assert asked.count(RINGS) == 4


def test_a_device_that_a_driver_took_and_that_does_not_run_has_failed(control):
    status, said, _ = control("start", **{
        RINGS: NOT_YET,
        "human-monitor-command": {"is": "00000000febf8014: 0x0f\r\n"}})
    assert (status, said) == (1, "the device did not start\n")


def test_requests_of_all_rings_are_counted(control):
    ring = {"is": {"num": 128}}
    status, said, asked = control("io", **{
        RINGS: [ring, ring, NO_MORE],
        "x-query-virtio-queue-element": [{"is": {"used": {"idx": 0}}},
                                         {"is": {"used": {"idx": 3}}}]})
    assert status == 0, said
    assert asked.count("x-query-virtio-queue-element") == 2
