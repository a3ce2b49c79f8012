# SPDX-License-Identifier: BSD-3-Clause
"""Known deviations: a run stays green while nothing changes."""
import pytest

from conftest import SMOKE

# A fault, the cases that see it, and one of another rule.
FAULTY = ["--filter", "ring_stop.*", "--fault", "ring_stop.names_another_ring"]
HONEST = ["--filter", "ring_stop.*"]


def lines(path):
    return [x.split("\t") for x in path.read_text().splitlines()
            if x and not x.startswith("#")]


@pytest.fixture
def known(vuspec, folder):
    """The file that accepts what the fault does."""
    path = folder / "known.tsv"
    run = vuspec.test(*FAULTY, "--write-baseline", path)
    assert run.returncode == 0
    assert run.report.summary["fail"] > 0
    return path


def test_what_is_accepted_is_green_next_time(vuspec, known):
    rows = lines(known)
    assert rows
    for id_, verdict, rule, reason, link in rows:
        assert id_.startswith("ring_stop.")
        assert (verdict, rule) == ("fail", "ring_stop.reply")
        assert reason and not link
    run = vuspec.test(*FAULTY, "--baseline", known)
    assert run.returncode == 0, run.stdout
    assert run.report.summary["known"] == len(rows)
    assert run.report.all["baseline"]["changes"] == []
    for r in run.report.results:
        assert not r["fails_run"]
        assert (r["known"] is not None) == (r["verdict"] == "fail")
    # Quiet: no exchange is shown of what is known.
    assert "GET_FEATURES" not in run.stdout
    assert f"({len(rows)} known)" in run.stdout


def test_what_got_better_is_told_and_does_not_fail(vuspec, known):
    run = vuspec.test(*HONEST, "--baseline", known)
    assert run.returncode == 0
    assert run.report.summary["fail"] == 0
    changes = run.report.all["baseline"]["changes"]
    assert [c["id"] for c in changes] == [x[0] for x in lines(known)]
    assert {(c["was"], c["now"]) for c in changes} == {("fail", "pass")}
    assert f"{changes[0]['id']}: better: fail is now pass" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("pass: ")
    # Made true, it says so no more.
    run = vuspec.test(*HONEST, "--baseline", known, "--write-baseline", known)
    assert run.returncode == 0
    assert lines(known) == []
    assert vuspec.test(*HONEST, "--baseline", known).returncode == 0


def test_what_is_new_fails(vuspec, known):
    rows = known.read_text().splitlines(keepends=True)
    gone = rows.pop().split("\t")[0]
    known.write_text("".join(rows))
    run = vuspec.test(*FAULTY, "--baseline", known)
    assert run.returncode == 1
    assert [r["id"] for r in run.report.results if r["fails_run"]] == [gone]


def test_lines_of_cases_that_did_not_run_are_left_alone(vuspec, known):
    before = known.read_text()
    words = ["--filter", SMOKE, "--baseline", known, "--write-baseline", known]
    assert vuspec.test(*words).returncode == 0
    assert known.read_text() == before


def test_people_s_words_survive(vuspec, known):
    first, *rest = lines(known)
    known.write_text("# ours\n\n" + "\t".join(
        [*first[:3], "we know", "https://bugs/7"]) + "\n# end\n")
    run = vuspec.test(*FAULTY, "--write-baseline", known)
    assert run.returncode == 0
    text = known.read_text()
    assert text.startswith("# ours\n\n" + first[0])
    assert "\twe know\thttps://bugs/7\n# end\n" in text
    assert [x[0] for x in lines(known)] == [first[0], *[x[0] for x in rest]]
    run = vuspec.test(*FAULTY, "--baseline", known)
    assert {r["known"] for r in run.report.results} >= {"we know"}


def test_another_rule_is_another_deviation(vuspec, known):
    known.write_text(known.read_text().replace("\tring_stop.reply\t",
                                               "\tring_stop.repeat\t"))
    run = vuspec.test(*FAULTY, "--baseline", known)
    assert run.returncode == 1
    assert run.report.all["baseline"]["changes"]
    assert "but no longer of ring_stop.repeat" in run.stdout


def test_junit_and_tap_tell_of_changes(vuspec, known, folder):
    xml, tap = folder / "x.xml", folder / "x.tap"
    run = vuspec.test(*HONEST, "--baseline", known, "--output",
                      f"junit={xml}", "--output", f"tap={tap}")
    assert run.returncode == 0
    assert '<failure' not in xml.read_text()
    assert 'testsuite name="baseline"' in xml.read_text()
    assert "# baseline: ring_stop." in tap.read_text()
    vuspec.test(*FAULTY, "--baseline", known, "--output", f"tap={tap}")
    assert "# TO" + "DO " in tap.read_text()


@pytest.mark.parametrize("text, says", [
    ("one\n", ":1: 1 columns"),
    ("a\tpass\theader.version\n", ":1: verdict 'pass'"),
    ("# x\na\tfail\tno.rule\n", ":2: there is no rule 'no.rule'"),
])
def test_a_bad_file_is_refused(vuspec, folder, text, says):
    path = folder / "bad.tsv"
    path.write_text(text)
    run = vuspec("test-backend", "--filter", SMOKE, "--baseline", path)
    assert run.returncode == 2
    assert f"{path}{says}" in run.stderr
    assert run.stdout == ""


def test_a_file_that_is_not_there_is_refused(vuspec, folder):
    run = vuspec("test-backend", "--baseline", folder / "none")
    assert run.returncode == 2
    assert "No such file" in run.stderr


def test_a_file_that_cannot_be_written_is_status_4(vuspec):
    run = vuspec("test-backend", "--filter", SMOKE, "--write-baseline",
                 "/no/such/x")
    assert run.returncode == 4
    assert "No such file" in run.stderr


def test_a_run_that_was_cut_writes_nothing(vuspec, folder):
    path = folder / "new.tsv"
    run = vuspec("test-backend", "--write-baseline", path, "--", "false", "{socket}")
    assert run.returncode == 3
    assert "was not written" in run.stderr
    assert not path.exists()


def test_a_crash_stays_private_in_the_file(vuspec, folder):
    path = folder / "known.tsv"
    run = vuspec.test("--filter", "header.undefined_flags_do_no_harm", "--fault",
                      "header.aborts_on_reserved_bits", "--write-baseline", path)
    assert run.returncode == 0
    rows = lines(path)
    assert rows
    for row in rows:
        assert row[3].startswith("crashed: signal 6 (SIGABRT), fingerprint ")
