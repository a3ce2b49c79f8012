# SPDX-License-Identifier: BSD-3-Clause
"""Names of guest memory: gone before the first byte on the socket, and nothing
left whatever becomes of the VMM."""
import os
import pathlib

import pytest
from pytest_vuspec.memory import sparse_file

from test_announced import machine_words, object_words, started

SHM = pathlib.Path("/dev/shm")
# Where firmware that goes on writes nothing: not below 1 MiB, nor at the end.
UNTOUCHED = 48 << 20


def names_of(regions):
    """Names below /dev/shm that lead to announced memory (a name that others
    make in the meantime does not count)."""
    inodes = {r.file["ino"] for r in regions}
    return [e.name for e in os.scandir(SHM) if e.inode() in inodes]


def unlinked(one):
    """Its open files below /dev/shm that still have a name."""
    return [t for t in one.files().values()
            if t.startswith("/dev/shm/") and not t.endswith("(deleted)")]


@pytest.mark.rule("memory_backend.shm.unlink_first")
@pytest.mark.rule("memory_backend.shm.nlink")
def test_no_name_while_it_runs(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("128M"), object_words("shm", "128M", tmp_path)]
    one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert names_of(regions) == []
    assert unlinked(one) == []
    assert regions[0].file["nlink"] == 0


@pytest.mark.rule("memory_backend.shm.sigkill")
@pytest.mark.parametrize("how", ["exit", "sigkill"])
def test_nothing_left_behind(vmm, vhost_user_backend, tmp_path, how):
    words = [*machine_words("128M"), object_words("shm", "128M", tmp_path)]
    backend = vhost_user_backend()
    one, regions = started(vmm, backend, words, 128 << 20)
    if how == "sigkill":
        one.process.kill()
        assert one.wait() == -9
    else:
        assert one.end() == 0
    assert names_of(regions) == []


@pytest.mark.rule("memory_backend.shm.lifetime")
@pytest.mark.parametrize("how", ["exit", "sigkill"])
def test_content_outlives_the_vmm(vmm, vhost_user_backend, tmp_path, how):
    """Whoever kept the descriptor reads on; freed once both let go."""
    backend = vhost_user_backend()
    words = [*machine_words("128M"), object_words("shm", "128M", tmp_path)]
    one, regions = started(vmm, backend, words, 128 << 20)
    backend.saw("SET_VRING_KICK")
    with backend.mapping(regions[0]) as fd:
        assert os.pwrite(fd, b"still here", UNTOUCHED) == 10
        if how == "sigkill":
            one.process.kill()
            one.wait()
        else:
            one.end()
        assert os.pread(fd, 10, UNTOUCHED) == b"still here"
        st = os.fstat(fd)
        assert (st.st_nlink, st.st_size) == (0, 128 << 20)
        assert st.st_blocks > 0


@pytest.mark.rule("memory_backend.file.directory")
@pytest.mark.parametrize("how", ["exit", "sigkill"])
def test_file_in_a_folder_has_no_name(vmm, vhost_user_backend, tmp_path, how):
    folder = tmp_path / "memory"
    folder.mkdir()
    words = [*machine_words("128M"), object_words("file", "128M", folder)]
    one, regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert list(folder.iterdir()) == []
    assert regions[0].file["nlink"] == 0
    if how == "sigkill":
        one.process.kill()
        one.wait()
    else:
        one.end()
    assert list(folder.iterdir()) == []


@pytest.mark.rule("memory_backend.file.create")
def test_file_of_a_path_stays(vmm, vhost_user_backend, tmp_path):
    words = [*machine_words("128M"), object_words("path", "128M", tmp_path)]
    one, _regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    one.end()
    st = (tmp_path / "ram-mem").stat()
    assert st.st_size == 128 << 20
    assert st.st_mode & 0o777 == 0o644


@pytest.mark.rule("memory_backend.file.larger")
def test_larger_file_keeps_what_is_beyond(vmm, vhost_user_backend, tmp_path):
    path = sparse_file(tmp_path / "ram-mem", 256 << 20)
    with open(path, "r+b") as f:
        f.seek(200 << 20)
        f.write(b"beyond")
    words = [*machine_words("128M"), object_words("path", "128M", tmp_path)]
    one, _regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    one.end()
    assert path.stat().st_size == 256 << 20
    with open(path, "rb") as f:
        f.seek(200 << 20)
        assert f.read(6) == b"beyond"


@pytest.mark.rule("memory_backend.file.empty")
def test_empty_file_grows(vmm, vhost_user_backend, tmp_path):
    path = tmp_path / "ram-mem"
    path.touch()
    words = [*machine_words("128M"), object_words("path", "128M", tmp_path)]
    _one, _regions = started(vmm, vhost_user_backend(), words, 128 << 20)
    assert path.stat().st_size == 128 << 20


@pytest.mark.rule("memory_backend.prealloc.all")
@pytest.mark.parametrize("kind", ["shm", "memfd"])
@pytest.mark.parametrize("prealloc", ["on", "off"])
def test_prealloc(vmm, vhost_user_backend, tmp_path, kind, prealloc):
    words = [*machine_words("64M"),
             object_words(kind, "64M", tmp_path, more=f",prealloc={prealloc}")]
    _one, regions = started(vmm, vhost_user_backend(), words, 64 << 20)
    blocks = regions[0].file["blocks"] * 512
    if prealloc == "on":
        assert blocks == 64 << 20
    else:
        assert blocks < 64 << 20
