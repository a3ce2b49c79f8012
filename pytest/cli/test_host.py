# SPDX-License-Identifier: BSD-3-Clause
"""Hosts that lack something: it is said, and it is not the peer's fault."""
import json
import os
import subprocess

import pytest

from conftest import SMOKE, why_not


def mounting():
    """Words that make a mount namespace, or None."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        try:
            if subprocess.run([*words, "mount", "-t", "tmpfs", "none",
                               "/dev/shm"], capture_output=True,
                              check=False).returncode == 0:
                return words
        except OSError:
            pass
    return None


def apart(script):
    """Words that run a command by a script that may mount what it likes."""
    words = mounting()
    if not words:
        pytest.skip("env: no mount namespaces here (run as root, or allow "
                    "user namespaces)")
    return [*words, "sh", "-c", script, "sh"]


def with_mount(options, where):
    return apart(f'mount -t tmpfs -o {options} none {where} && exec "$@"')


@pytest.fixture
def each_memory(vuspec):
    """Words for the cases that run on every kind of memory."""
    cases = json.loads(vuspec("list", "--format", "json").stdout)
    return ["--memory", "shm", *[f"--filter={c['id']}" for c in cases
                                 if c["each_memory"] and
                                 c["party"] == "backend"]]


def test_read_only_dev_shm_is_said(vuspec, each_memory):
    run = vuspec.test(*each_memory, prefix=with_mount("ro", "/dev/shm"))
    assert run.returncode == 5
    assert set(run.report.verdicts()) == {"skip"}
    for r in run.report.results:
        assert r["reason"].startswith("env: ")
        assert "in /dev/shm: Read-only file system; mount a" in r["reason"]


def test_full_dev_shm_is_said(vuspec, each_memory):
    """It has a single page; nobody's memory got shorter."""
    run = vuspec.test(*each_memory, prefix=with_mount("size=4k", "/dev/shm"))
    assert run.returncode in (0, 5)
    assert run.report.summary["fail"] + run.report.summary["broken"] == 0
    for r in run.report.results:
        if r["verdict"] != "pass":
            assert r["verdict"] == "skip"
            assert r["reason"].startswith("env: ")
            assert "give /dev/shm more room" in r["reason"]


def test_memory_of_other_kinds_needs_no_dev_shm(vuspec):
    run = vuspec.test("--memory", "memfd", "--filter", SMOKE,
                      prefix=with_mount("ro", "/dev/shm"))
    assert run.returncode == 0


@pytest.mark.parametrize("tmp, says", [
    ("/no/such/folder", "No such file or directory"),
    ("/etc/passwd", "Not a directory"),
    # Not even root may.
    ("/sys/kernel", why_not(os.mkdir, "/sys/kernel/x")),
])
def test_temporary_folder_that_cannot_be_used(vuspec, tmp, says):
    run = vuspec.test("--filter", SMOKE, env={"TMPDIR": tmp})
    assert run.returncode == 4
    assert f"a temporary folder in {tmp}" in run.stdout
    assert says in run.stdout
    assert says in run.report.all["no_target"]


def test_full_temporary_folder_is_not_the_target_s_fault(vuspec):
    run = vuspec.test("--filter", SMOKE, env={"TMPDIR": "/mnt"},
                      prefix=with_mount("nr_inodes=2", "/mnt"))
    assert run.returncode == 4
    assert "No space left on device" in run.stdout


def test_long_temporary_folder(vuspec):
    """A Unix socket's path has 107 bytes: a short folder serves instead, and
    nothing is left in it either."""
    # The program may itself live in /tmp.
    words = apart('mount --bind "$(dirname "$1")" /mnt && '
                  'mount -t tmpfs none /tmp && shift && '
                  '/mnt/vuspec "$@"; status=$?; ls -A /tmp | grep vuspec; '
                  'exit $status')
    run = vuspec("test-backend", "--filter", SMOKE, prefix=words,
                 env={"TMPDIR": str(vuspec.tmp / ("d" * 100))})
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == "pass: 1 passed"
