# SPDX-License-Identifier: BSD-3-Clause
"""Hosts that lack something: it is said, and it is not the peer's fault."""
import errno
import json
import os
import shutil
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


# Our own sendmsg() fails for messages with one number: whatever a case makes of
# an answer that it cannot get is not the peer's doing.
CANNOT_SEND = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int);
	uint32_t head[2];

	*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	if (strcmp(program_invocation_short_name, "vuspec") == 0 &&
	    msg->msg_iovlen > 0 && msg->msg_iov[0].iov_len >= 12) {
		memcpy(head, msg->msg_iov[0].iov_base, sizeof(head));
		if (head[0] == (uint32_t)atoi(getenv("CANNOT_SEND")) &&
		    (head[1] & 3) == 1) {
			errno = atoi(getenv("CANNOT_SEND_ERRNO"));
			return -1;
		}
	}
	return real(fd, msg, flags);
}
"""


@pytest.fixture(scope="session")
def cannot_send(tmp_path_factory):
    """The environment in which messages with a number cannot be sent."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("env: no C compiler (install gcc)")
    folder = tmp_path_factory.mktemp("preload")
    (folder / "p.c").write_text(CANNOT_SEND)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "p.so",
                    folder / "p.c", "-ldl"], check=True)
    # A sanitizer's library wants to be the first one.
    options = os.environ.get("ASAN_OPTIONS", "")
    return lambda number, error: {
        "LD_PRELOAD": str(folder / "p.so"), "CANNOT_SEND": str(number),
        "CANNOT_SEND_ERRNO": str(error),
        "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0"}


# What is sent there, and what the case allows: nearly all; a set-up step; the
# step that it is about.
OURS = [(0, "header.type_zero_is_refused"),
        (8, "used_ring.*"),
        (11, "ring_stop.base_is_free_running")]


@pytest.mark.parametrize("number, cases", OURS)
def test_what_we_cannot_send_is_broken(vuspec, honest, cannot_send, number,
                                       cases):
    device, target = honest[:2], honest[2:]
    words = ["--memory", "memfd", "--filter", cases, *device]
    fine = vuspec.test(*words, *target)
    assert fine.report.summary["pass"] > 0
    run = vuspec.test(*words, *target, env=cannot_send(number, errno.EIO))
    passed = {r["id"] for r in fine.report.results if r["verdict"] == "pass"}
    for r in run.report.results:
        if r["id"] in passed:
            assert r["verdict"] == "broken", r
            assert "sending: Input/output error" in r["reason"]
    assert run.report.summary["fail"] == 0
    assert run.returncode == 4


def test_what_we_cannot_send_for_the_host_is_a_skip(vuspec, honest,
                                                    cannot_send):
    run = vuspec.test("--filter", OURS[0][1], *honest,
                      env=cannot_send(OURS[0][0], errno.EMFILE))
    assert run.report.verdicts() == ["skip"]
    assert run.report.results[0]["reason"].startswith("env: sending: ")
    assert run.returncode == 5
