# SPDX-License-Identifier: BSD-3-Clause
"""Interrupts and sudden deaths: reports are complete, nothing is left."""
import os
import signal

import pytest

from conftest import SMOKE, Report, junit_of, wait_until

# More than any of these tests lets it finish.
ROUNDS = 3000
LONG = ["--filter", SMOKE, "--repeat", ROUNDS]
# For a case that waits for a target which stands still: it does so until it is
# met, however slowly.
PATIENT = ["--timeout", "360", "--start-timeout", "60", "--device", "blk"]


class Run:
    """A long run against a back-end of its own program, so that each of its
    processes can be told from the others."""

    def __init__(self, vuspec, target):
        self.tool = vuspec
        self.junit = vuspec.folder / "report.xml"
        self.tap = vuspec.folder / "report.tap"  # grows by each result
        self.run = vuspec.start(
            "test-backend", *LONG, "-j", "1", "--output",
            f"json={vuspec.json}", "--output", f"junit={self.junit}",
            "--output", f"tap={self.tap}", "--output", "human", *target)
        self.seen = set()

    def kind_of(self, p):
        if p.parent != self.run.pid:
            return None
        if p.session == p.pid:
            return "guardian"
        return "case" if p.words[1:2] == ["test-backend"] else "instance"

    def next(self, kind):
        """A process of that kind that was not met before."""
        def look():
            assert self.run.poll() is None, self.run.communicate()
            for p in self.tool.running():
                if p.pid not in self.seen and self.kind_of(p) == kind:
                    self.seen.add(p.pid)
                    return p.pid
            return None
        return wait_until(f"a new {kind}", look)

    def until(self, seen):
        """Until its instance stands still, which makes this file."""
        def look():
            assert self.run.poll() is None, self.run.communicate()
            return seen.exists()
        wait_until("the instance to stand still", look)

    def results(self):
        return self.tap.read_text().count("\nok ") if self.tap.exists() else 0

    def go_on(self, cases=3):
        """Until so many more have their results: a case comes and goes too
        fast to be met for sure."""
        enough = self.results() + cases

        def look():
            assert self.run.poll() is None, self.run.communicate()
            return self.results() >= enough
        wait_until(f"{cases} results", look)

    def end(self, signum=signal.SIGINT, status=130):
        self.run.send_signal(signum)
        out, err = self.run.communicate(timeout=60)
        assert self.run.returncode == status, out + err
        return out


@pytest.fixture
def start(vuspec):
    started = []

    def go(target):
        started.append(Run(vuspec, target))
        return started[-1]

    yield go
    for run in started:
        if run.run.poll() is None:
            run.run.kill()
        run.run.communicate()


@pytest.fixture
def long_run(start, honest):
    return start(honest)


@pytest.fixture
def standing(start, folder, bad_peer, fake_backend):
    """A run whose first case waits for an instance that stands still, which
    made the file `stalled`."""
    seen = folder / "stalled"
    run = start([*PATIENT, *bad_peer("stalls", 60, fake_backend, seen)])
    run.until(seen)
    run.stalled = seen
    return run


@pytest.mark.parametrize("signum, status",
                         [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_reports_all_that_it_was_to_do(vuspec, long_run,
                                                       signum, status):
    long_run.go_on()
    out = long_run.end(signum, status)
    report = Report(vuspec.json)
    assert "interrupted" in out
    assert report.summary["interrupted"] is True
    assert report.summary["signal"] == signum
    assert len(report.results) == ROUNDS
    assert set(report.verdicts()) <= {"pass", "skip"}
    assert {r["reason"] for r in report.results
            if r["verdict"] == "skip"} == {"not run: interrupted"}
    root = junit_of(long_run.junit)
    assert root.find("testsuite[@name='run']/testcase/error") is not None


def test_interrupt_while_the_target_hangs(vuspec, standing):
    standing.end()
    assert Report(vuspec.json).summary["interrupted"] is True


def test_second_interrupt_asks_no_more(vuspec, start, bad_peer, fake_backend,
                                       folder):
    """An instance that ignores SIGTERM is not waited for."""
    seen = folder / "stalled"
    run = start([*PATIENT, *bad_peer("stalls_deaf", 60, fake_backend, seen)])
    run.until(seen)
    run.run.send_signal(signal.SIGINT)
    run.end()
    assert Report(vuspec.json).summary["interrupted"] is True


def test_interrupt_before_the_target_speaks(vuspec, bad_peer):
    run = vuspec.start("test-backend", "--output", f"json={vuspec.json}",
                       "--start-timeout", "60",
                       *bad_peer("hangs_after_accept"))
    wait_until("the target", lambda: [p for p in vuspec.running()
                                      if p.parent == run.pid and
                                      "hangs_after_accept" in p.words])
    run.send_signal(signal.SIGTERM)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 143, out + err
    report = Report(vuspec.json)
    assert report.all["no_target"] is None
    assert set(report.verdicts()) == {"skip"}


def test_interrupt_of_the_whole_process_group(vuspec, honest):
    """What a terminal does: everybody gets the signal."""
    run = vuspec.start("test-backend", *LONG, *honest, start_new_session=True)
    wait_until("the run", lambda: len(vuspec.running()) >= 4)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130, out + err


def test_killed_runner_leaves_nothing(vuspec, standing):
    standing.run.kill()
    standing.run.communicate()
    vuspec.leaves_nothing()


def test_killed_guardian_costs_nothing_but_its_help(vuspec, long_run):
    guardian = long_run.next("guardian")
    long_run.go_on(1)  # there is none before the guardian has said it is up
    os.kill(guardian, signal.SIGKILL)
    long_run.go_on()
    long_run.end()
    assert set(Report(vuspec.json).verdicts()) <= {"pass", "skip"}


def test_killed_case_is_broken_and_the_run_goes_on(vuspec, standing):
    os.kill(standing.next("case"), signal.SIGKILL)
    standing.next("case")
    standing.end()
    report = Report(vuspec.json)
    broken = [r for r in report.results if r["verdict"] == "broken"]
    assert [r["reason"][:40] for r in broken] == [
        "the case's process: signal 9 (SIGKILL)"]
    assert set(report.verdicts()) <= {"pass", "skip", "broken"}


def test_killed_instance_fails_its_case_and_the_run_goes_on(vuspec, standing):
    standing.stalled.unlink()
    os.kill(standing.next("instance"), signal.SIGKILL)
    # Once more on a fresh instance, and the next case, which stands still.
    standing.until(standing.stalled)
    standing.end()
    report = Report(vuspec.json)
    failed = [r for r in report.results if r["verdict"] == "fail"]
    assert [r["peer_end"] for r in failed] == ["signal 9 (SIGKILL)"]
    assert [r["crashed"] for r in failed] == [True]
    assert report.summary["broken"] == 0


def test_reader_of_the_report_goes_away(vuspec):
    """`vuspec ... | head -1`: it ends, and says that nobody read it."""
    run = vuspec.start("test-backend", "--filter", SMOKE, "--repeat", "50")
    run.stdout.close()
    assert run.wait(timeout=60) in (4, -signal.SIGPIPE)
    run.stderr.close()


def test_closed_standard_streams(vuspec):
    """No descriptor of ours takes the place of 0, 1 or 2."""
    script = ('exec 0<&- 1>&- 2>&-; exec "$@"')
    run = vuspec("test-backend", "--filter", SMOKE, "--output",
                 f"json={vuspec.json}", prefix=["sh", "-c", script, "sh"])
    assert run.returncode == 0
    assert Report(vuspec.json).verdicts() == ["pass"]
