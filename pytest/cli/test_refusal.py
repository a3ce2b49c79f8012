# SPDX-License-Identifier: BSD-3-Clause
"""vuspec test-frontend --expect-refusal: a start that must fail."""
import pytest

MEMORY = "memory-backend-shm,id=mem,size=16M"


@pytest.fixture
def judged(vuspec):
    """Run it over a command; the finished process, with its report."""
    def run(regex, *command, more=()):
        return vuspec.test("--expect-refusal", regex, *more, "--", *command,
                           side="frontend")
    return run


@pytest.fixture
def front_end(fake_frontend):
    def words(memory):
        return [fake_frontend, "-m", "16M", "-machine", "memory-backend=mem",
                "-object", memory, "-chardev", "socket,id=c0,path={socket}",
                "-device", "vhost-user-blk,chardev=c0"]
    return words


def shell(text):
    return ["sh", "-c", text]


def test_refusal_passes(judged, front_end):
    run = judged("share=off", *front_end(MEMORY + ",share=off"))
    assert run.returncode == 0, run.stdout
    assert run.report.verdicts() == ["pass"]
    assert run.report.results[0]["id"] == "refused_start.start_is_refused"


def test_front_end_that_starts_fails(judged, front_end):
    run = judged("share=off", *front_end(MEMORY))
    assert run.returncode == 1, run.stdout
    assert "it started all the same: a ring runs" in run.stdout


@pytest.mark.parametrize("text", [
    "echo no >&2; exit 1", "echo no; exit 125", "echo and; echo no; exit 2"])
def test_statuses_and_words_that_refuse(judged, text):
    run = judged("^no$", *shell(text))
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("text, says", [
    ("echo no; exit 0", "exit status 0; a refusal is"),
    ("echo no; exit 255", "exit status 255; a refusal is"),
    ("echo no; kill -TERM $$", "signal 15"),
    ("echo no; kill -SEGV $$", "signal 11"),
    ("echo nono; exit 1", "does not say '^no$': nono"),
    ("exit 1", "it says nothing"),
], ids=["status-0", "status-255", "SIGTERM", "SIGSEGV",
        "other-words", "no-words"])
def test_what_is_no_refusal(judged, text, says):
    run = judged("^no$", *shell(text))
    assert run.returncode == 1, run.stdout
    assert run.report.verdicts() == ["fail"]
    assert run.report.results[0]["rule"] == "qemu_device.refusal"
    assert says in run.stdout


@pytest.mark.parametrize("command, says", [
    (["/no/such/program", "{socket}"],
     "/no/such/program {socket}: cannot be run: No such file or directory"),
    (["no-such-program"], "cannot be run: No such file or directory"),
    (["/etc/passwd"], "cannot be run: Permission denied"),
    (shell("no-such-program {socket}"),
     "exit status 127: the shell could not run the command; last "
     "output: sh: 1: no-such-program: not found"),
    (shell("/etc/passwd"),
     "exit status 126: the shell could not run the command; last "
     "output: sh: 1: /etc/passwd: Permission denied"),
], ids=["missing", "not-in-the-path", "no-program", "shell-missing",
        "shell-no-program"])
def test_what_cannot_be_run_refuses_nothing(judged, command, says):
    run = judged("not|denied", *command, more=["--repeat", "3", "-j", "2"])
    assert run.returncode == 3, run.stdout
    assert says in run.stdout
    assert says in run.report.all["no_target"]
    assert run.report.results == []


def test_front_end_that_hangs_fails(judged):
    run = judged("no", *shell("echo no; exec sleep 60"),
                 more=["--start-timeout", "1"])
    assert run.returncode == 1, run.stdout
    assert "neither refused to start nor started" in run.stdout


def test_words_of_a_rerun_are_understood(judged):
    run = judged("a b", *shell("exit 1"))
    assert ("again     vuspec test-frontend --expect-refusal 'a b' --filter "
            "refused_start.start_is_refused -- sh -c 'exit 1'") in run.stdout
    again = judged("a b", *shell("exit 1"),
                   more=["--filter", "refused_start.start_is_refused"])
    assert again.report.verdicts() == ["fail"]
