# SPDX-License-Identifier: BSD-3-Clause
"""Known deviations: green while nothing changes, and only then."""
import pytest

from conftest import SMOKE

WORDS = ["--filter", SMOKE, "--filter", "fd.missing*", "--level", "should"]
FAULT = ["--fault", "fd.accepts_missing"]


@pytest.fixture
def baseline(vuspec, folder):
    """One that vuspec wrote for a back-end with a fault."""
    path = folder / "baseline"
    run = vuspec.test(*WORDS, *FAULT, "--write-baseline", path)
    assert run.returncode == 0
    return path


def lines(path):
    return [x.split("\t") for x in path.read_text().splitlines()
            if x and not x.startswith("#")]


def test_written_file_has_a_line_for_each_deviation(vuspec, baseline):
    run = vuspec.test(*WORDS, *FAULT)
    seen = [[r["id"], r["verdict"], r["rule"]] for r in run.report.results
            if r["verdict"] != "pass"]
    assert sorted(x[:3] for x in lines(baseline)) == sorted(seen)
    assert seen


def test_known_deviations_do_not_fail_the_run(vuspec, baseline):
    run = vuspec.test(*WORDS, *FAULT, "--baseline", baseline)
    assert run.returncode == 0
    assert "known" in run.stdout
    assert not any(r["fails_run"] for r in run.report.results)


def test_a_new_deviation_fails_the_run(vuspec, baseline):
    rows = baseline.read_text().splitlines(keepends=True)
    baseline.write_text("".join(rows[:-1]))
    run = vuspec.test(*WORDS, *FAULT, "--baseline", baseline)
    assert run.returncode == 1
    assert sum(r["fails_run"] for r in run.report.results) == 1


def test_a_target_that_got_better_fails_the_run_until_the_file_is_true(
        vuspec, baseline):
    run = vuspec.test(*WORDS, "--baseline", baseline)
    assert run.returncode == 1
    assert run.stdout.count("better: warn is now pass") == len(lines(baseline))
    assert vuspec.test(*WORDS, "--write-baseline", baseline).returncode == 0
    assert lines(baseline) == []
    assert vuspec.test(*WORDS, "--baseline", baseline).returncode == 0


def test_what_people_wrote_is_kept(vuspec, baseline):
    text = baseline.read_text()
    last = text.splitlines()[-1]
    cells = last.split("\t")
    mine = "\t".join([*cells[:3], "we are slow", "https://example.org/7"])
    baseline.write_text("# ours\n" + text.replace(last, mine))
    vuspec.test(*WORDS, *FAULT, "--write-baseline", baseline)
    assert mine in baseline.read_text().splitlines()
    assert baseline.read_text().startswith("# ours\n")


def test_lines_of_cases_that_did_not_run_are_left_alone(vuspec, baseline):
    run = vuspec.test("--filter", SMOKE, "--baseline", baseline)
    assert run.returncode == 0


@pytest.mark.parametrize("text, says", [
    ("no tabs here\n", ":1: "),
    ("#\n\nfd.missing_descriptor_is_refused\n", ":3: "),
    ("fd.missing_descriptor_is_refused\tperhaps\thdr.version\n", ":1: "),
    ("fd.missing_descriptor_is_refused\tfail\tno.such\n", ":1: "),
])
def test_file_that_makes_no_sense_is_refused(vuspec, folder, text, says):
    path = folder / "b"
    path.write_text(text)
    run = vuspec("test-backend", *WORDS, "--baseline", path)
    assert run.returncode == 2
    assert f"{path}{says}" in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize("path, says", [
    ("/no/such", "No such file"), ("/tmp", "Is a directory")])
def test_file_that_cannot_be_read_is_refused(vuspec, path, says):
    run = vuspec("test-backend", *WORDS, "--baseline", path)
    assert run.returncode == 2
    assert says in run.stderr


def test_file_that_cannot_be_written_is_status_4(vuspec):
    run = vuspec("test-backend", "--filter", SMOKE, "--write-baseline",
                 "/no/such/x")
    assert run.returncode == 4
    assert "No such file" in run.stderr
