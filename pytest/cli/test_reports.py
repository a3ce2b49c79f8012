# SPDX-License-Identifier: BSD-3-Clause
"""What is run, in which order, and what the reports say of it."""
import json
import pathlib

import pytest

from conftest import SMOKE, Report, junit_of

SCHEMA = (pathlib.Path(__file__).resolve().parents[2] / "docs" /
          "report.schema.json")
CRASH = ["--filter", "header.undefined_flags_do_no_harm", "--fault",
         "header.aborts_on_reserved_bits"]
FAULTY = ["--filter", "ring_stop.*", "--fault", "ring_stop.names_another_ring"]


def ids(report):
    return [r["id"] for r in report.results]


# ---- JSON and JUnit ----

def check_schema(report):
    jsonschema = pytest.importorskip(
        "jsonschema", reason="env: no python3-jsonschema (ci/setup test)")
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(report.all)


@pytest.mark.parametrize("words", [
    ["--filter", SMOKE], FAULTY, [*FAULTY, "--trace"],
    ["--filter", SMOKE, "--repeat", "2", "--", "true"],
    CRASH, [*CRASH, "--show-crashes"],
], ids=["passes", "fails", "traced", "no-target", "crashes", "shown"])
def test_json_is_as_its_schema_says(vuspec, words):
    check_schema(vuspec.test(*words).report)


def test_json_with_a_baseline_is_as_its_schema_says(vuspec, folder):
    known = folder / "known.tsv"
    vuspec.test(*FAULTY, "--write-baseline", known)
    for words in (FAULTY, ["--filter", "ring_stop.*"]):
        run = vuspec.test(*words, "--baseline", known)
        check_schema(run.report)
        assert run.report.all["baseline"]["file"] == str(known)


def test_json_of_a_front_end_is_as_its_schema_says(vuspec):
    run = vuspec("test-frontend", "--filter", "requests.*", "--output",
                 f"json={vuspec.json}")
    assert run.returncode == 0
    check_schema(Report(vuspec.json))


def test_json_and_junit_agree(vuspec, folder):
    file = folder / "report.xml"
    run = vuspec.test(*FAULTY, "--output", f"junit={file}")
    root = junit_of(file)
    tests = {f"{t.get('classname')}.{t.get('name')}": t
             for t in root.iter("testcase")}
    assert set(tests) == set(ids(run.report))
    for r in run.report.results:
        test = tests[r["id"]]
        said = {p.get("name"): p.get("value") for p in test.iter("property")}
        assert said["verdict"] == r["verdict"]
        assert said.get("rule") == r["rule"]
        assert (test.find("failure") is not None) == r["fails_run"]
    failure = root.find(".//failure")
    assert failure.get("message").startswith("ring_stop.reply: ")
    assert "GET_VRING_BASE" in failure.text


def test_junit_is_read_by_a_consumer(vuspec, folder):
    junitparser = pytest.importorskip(
        "junitparser", reason="env: no python3-junitparser (ci/setup test)")
    file = folder / "report.xml"
    run = vuspec.test("--filter", "ring_*", *FAULTY[2:], "--output",
                      f"junit={file}")
    doc = junitparser.JUnitXml.fromfile(str(file))
    summary = run.report.summary
    assert doc.tests == len(run.report.results)
    assert (doc.failures, doc.skipped) == (summary["fail"], summary["skip"])
    assert doc.time == pytest.approx(summary["seconds"], abs=0.01)
    for suite in doc:
        # Side by side: less than the sum, never more than the run.
        assert 0 < suite.time <= doc.time
        assert suite.timestamp + "Z" == run.report.all["timestamp"]
        assert suite.hostname == run.report.all["host"]
        said = {p.name: p.value for p in suite.properties()}
        assert said["device"] == "blk"
        assert said["version"] == run.report.all["version"]


def test_causes_are_told_apart(vuspec):
    run = vuspec.test("--filter", "header.*", "--filter", "ring_stop.*",
                      *CRASH[2:], *FAULTY[2:])
    bad = {r["cause"]: r["harm"] for r in run.report.results if r["harm"]}
    assert bad["ring_stop.reply"] == "MUST"
    crash = [c for c in bad if bad[c] == "crash"]
    assert crash and all("/" in c for c in crash)
    head = run.stdout.splitlines()
    assert head[1].startswith("fail: ")
    assert " no  verdict harm " in head[3]
    assert " crash " in head[4]
    assert len(head) < 300


def test_exchange_of_passing_cases_only_with_trace(vuspec):
    plain = vuspec.test("--filter", SMOKE).report.results[0]
    assert "exchange" not in plain
    run = vuspec.test("--filter", SMOKE, "--trace")
    assert any("GET_FEATURES" in line
               for line in run.report.results[0]["exchange"])
    assert "-> GET_FEATURES" in run.stdout


def test_crash_stays_private_unless_asked_for(vuspec, folder):
    words = [*CRASH, "--output", f"junit={folder / 'x'}"]

    def crash():
        run = vuspec.test(*words)
        return [r for r in run.report.results if r["crashed"]][0]

    hidden = crash()
    assert hidden["private"] is True
    assert not {"exchange", "reason", "stderr"} & set(hidden)
    assert len(hidden["fingerprint"]) == 16
    assert "GET_FEATURES" not in (folder / "x").read_text()
    words.append("--show-crashes")
    shown = crash()
    assert shown["exchange"]
    assert "private" not in shown
    assert shown["fingerprint"] == hidden["fingerprint"]


def test_several_reports_at_once(vuspec, folder):
    run = vuspec("test-backend", "--filter", SMOKE, "--output",
                 f"json={folder / 'a'}", "--output", f"junit={folder / 'b'}",
                 "--output", f"human={folder / 'c'}", "--output", "json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["summary"]["pass"] == 1
    assert Report(folder / "a").verdicts() == ["pass"]
    assert len(list(junit_of(folder / "b").iter("testcase"))) == 1
    assert "1 passed" in (folder / "c").read_text()


def test_report_says_how_to_run_the_case_again(vuspec):
    first = vuspec.test(*FAULTY)
    failed = [r for r in first.report.results if r["verdict"] == "fail"][0]
    assert failed["rerun"] in " ".join(first.stdout.split())
    words = failed["rerun"].replace("'", "").split()
    assert words[:2] == ["vuspec", "test-backend"]
    again = vuspec.test(*words[2:])
    assert ids(again.report) == [failed["id"]]
    assert again.returncode == 1


def test_min_judged_fails_a_run_that_judged_little(vuspec):
    judged = vuspec.test("--filter", SMOKE).report.summary["judged"]
    for least, status in ((judged, 0), (judged + 1, 1)):
        run = vuspec.test("--filter", SMOKE, "--min-judged", least)
        assert run.report.verdicts() == ["pass"]
        assert run.returncode == status


# ---- what is run ----

def test_repeat_runs_everything_so_often(vuspec):
    run = vuspec.test("--filter", "fds.missing*", "--repeat", "3")
    assert run.returncode == 0
    assert [r["repeat"] for r in run.report.results] == [
        i for i in range(3) for _ in range(len(run.report.results) // 3)]


def test_shuffle_changes_the_order_and_a_seed_keeps_it(vuspec):
    words = ["--filter", "fds.*", "--filter", "ring_stop.*"]
    plain = ids(vuspec.test(*words).report)
    one = vuspec.test(*words, "--shuffle=1").report
    assert one.all["options"]["seed"] == "1"
    assert ids(one) == ids(vuspec.test(*words, "--shuffle=1").report)
    assert sorted(ids(one)) == sorted(plain)
    assert len({tuple(ids(vuspec.test(*words, f"--shuffle={n}").report))
                for n in (1, 2, 3)} | {tuple(plain)}) >= 3


def test_seed_of_a_shuffle_is_reported(vuspec):
    words = ["--filter", "fds.*"]
    first = vuspec.test(*words, "--shuffle").report
    seed = first.all["options"]["seed"]
    assert ids(vuspec.test(*words, f"--shuffle={seed}").report) == ids(first)


@pytest.mark.parametrize("workers", ["1", "2", "16"])
def test_any_number_of_workers_gives_the_same_verdicts(vuspec, workers):
    run = vuspec.test("--filter", "fds.*", "--filter", SMOKE, "-j", workers)
    assert run.returncode == 0, run.stdout
    assert set(run.report.verdicts()) == {"pass"}


def test_fail_fast_says_what_did_not_run(vuspec):
    run = vuspec.test("-j", "1", "--repeat", "5", "--fail-fast", "--filter",
                      "ring_stop.reply_is_a_vring_state*", "--fault",
                      "ring_stop.names_another_ring")
    assert run.returncode == 1
    assert run.report.verdicts() == ["fail"] + ["skip"] * 4
    assert {r["reason"] for r in run.report.results[1:]} == {
        "not run: --fail-fast"}


@pytest.mark.parametrize("level, status", [("must", 0), ("should", 1),
                                           ("may", 1)])
def test_level_decides_what_fails_the_run(vuspec, level, status):
    run = vuspec.test("--level", level, "--filter", SMOKE, "--filter",
                      "fds.missing*", "--fault", "fds.accepts_missing")
    assert run.returncode == status
    assert "warn" in run.report.verdicts()
    assert "fail" not in run.report.verdicts()
    for r in run.report.results:
        assert r["fails_run"] == (r["verdict"] == "warn" and status == 1)


def test_hardening_parts_the_cases_in_two(vuspec):
    def run(which):
        got = vuspec.test("--filter", "mem_slots.*", "--hardening", which)
        assert got.returncode == 0, got.stdout
        return set(ids(got.report))

    every, none, only = run("on"), run("off"), run("only")
    assert none and only
    assert not none & only
    assert none | only == every


@pytest.mark.parametrize("device", ["blk", "invert", "generic"])
def test_cases_for_other_devices_are_left_out(vuspec, device):
    """They are neither run nor skipped, and what they alone judge does not
    apply."""
    listed = json.loads(vuspec("list", "used_ring.*", "--format", "json").stdout)
    suits = [c for c in listed if device in (c["devices"] or [device])]
    every = sum(len(c["variants"]) for c in listed)
    here = sum(len(c["variants"]) for c in suits)
    run = vuspec.test("--device", device, "--filter", "used_ring.*",
                      "--repeat", "2")
    assert len(run.report.results) == 2 * here
    assert run.report.all["left_out"] == 2 * (every - here)
    assert {r["name"] for r in run.report.results} == {
        c["name"] for c in suits}
    assert run.report.summary["applying"] <= len(
        {x for c in suits for x in c["rules"]} |
        {"fds.disconnect_releases", "socket.idle_quiet",
         "socket.backend_reaccepts"})
    told = f", {2 * (every - here)} of cases for other devices left out\n"
    assert (told in run.stdout) == (every > here)


def test_filters_choose_and_leave_out(vuspec):
    listed = json.loads(vuspec("list", "session_lifecycle.*", "--format", "json").stdout)
    others = [f"--filter=!{c['id']}" for c in listed if c["id"] != SMOKE]
    for words in ([], ["--filter", "ring_stop.*", "--filter", "!ring_stop.*"]):
        run = vuspec.test("--filter", "session_lifecycle.*", *others, *words)
        assert run.returncode == 0, run.stdout
        assert ids(run.report) == [SMOKE]


def test_filter_with_the_variant_in_brackets(vuspec):
    run = vuspec.test("--filter",
                      "fds.missing_descriptor_is_refused[row=add_mem_reg]")
    assert ids(run.report) == [
        "fds.missing_descriptor_is_refused[row=add_mem_reg]"]
