# SPDX-License-Identifier: BSD-3-Clause
"""vuspec trace between QEMU and a back-end: what each says is as the tables
say, and the session works as without it."""
import shutil
import subprocess

import pytest
from pytest_vuspec import Backend, attach, programs

WORDS = ["-m", "128M", "-machine", "q35,memory-backend=mem", "-object",
         "memory-backend-memfd,id=mem,size=128M,share=on"]
QSD = ["qemu-storage-daemon", "--blockdev",
       "driver=null-co,size=67108864,read-zeroes=on,node-name=d", "--export",
       "type=vhost-user-blk,id=e,addr.type=unix,addr.path={socket},"
       "node-name=d,writable=on,num-queues=1"]


@pytest.fixture
def traced(request, tmp_path):
    """Put vuspec trace in front of a back-end; its own listening end is a
    back-end to whoever connects."""
    started = []

    def start(backend):
        folder = tmp_path / "trace"
        folder.mkdir()
        trace = Backend([programs.vuspec(request.config), "trace", "--listen",
                         "{socket}", "--connect", str(backend.socket),
                         "--record", str(folder / "session.jsonl"), "--once"],
                        folder, records=False,
                        stdout=open(folder / "out", "wb"))
        started.append(trace)
        return trace.listens(), folder

    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize("peer", ["fake-backend", "qemu-storage-daemon"])
def test_qemu_through_trace(vmm, vhost_user_backend, traced, peer):
    if peer != "fake-backend" and not shutil.which(peer):
        pytest.skip(f"env: {peer} is not there (ci/setup peers)")
    backend = vhost_user_backend(None if peer == "fake-backend" else QSD)
    trace, folder = traced(backend)
    one = vmm(*WORDS, *attach(trace))
    record = folder / "session.jsonl"
    # The firmware starts the device: the ring is enabled and used.
    with subprocess.Popen(["tail", "-n", "+1", "-F", record],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as follow:
        for line in follow.stdout:
            if '"SET_VRING_ENABLE"' in line and '"be->fe"' in line:
                break
        follow.terminate()
    one.end()
    assert trace.process.wait(20) == 0, (folder / "out").read_text()[-2000:]
    assert (folder / "out").read_text().splitlines()[-1].endswith(
        "0 complaints")
