# SPDX-License-Identifier: BSD-3-Clause
"""list, explain and coverage, as text and as JSON."""
import json

import pytest

from conftest import SMOKE


@pytest.fixture
def cases(vuspec):
    run = vuspec("list", "--format", "json")
    assert run.returncode == 0
    return json.loads(run.stdout)


@pytest.fixture
def rules(vuspec):
    run = vuspec("coverage", "--format", "json")
    assert run.returncode == 0
    return json.loads(run.stdout)


def test_list_has_the_promised_keys(cases):
    assert len(cases) >= 27
    for case in cases:
        assert {"id", "group", "name", "title", "rules", "level", "needs",
                "devices", "each_memory", "start", "pings", "writes",
                "stimuli", "early", "queues", "min_memory", "without", "rows",
                "file", "line"} <= set(case), case
        assert case["file"].startswith("fake-") and case["line"] > 0
        assert case["id"] == f"{case['group']}.{case['name']}"
        assert case["rules"] and case["title"], case
        assert isinstance(case["each_memory"], bool)
        for key in ("rules", "needs", "devices"):
            assert all(isinstance(x, str) for x in case[key])
    assert len({c["id"] for c in cases}) == len(cases)


def test_list_is_sorted(cases):
    """One party after the other, whatever a run begins with."""
    names = [(c["group"], c["name"]) for c in cases]
    assert sum(a > b for a, b in zip(names, names[1:])) == 1


def test_list_as_text_names_the_same_cases(vuspec, cases):
    run = vuspec("list")
    assert run.returncode == 0
    *lines, total = [line for line in run.stdout.splitlines()
                     if line and not line.startswith(" ")]
    assert [x.split()[0] for x in lines] == [c["id"] for c in cases]
    assert total.startswith(f"{len(cases)} cases, ")


def test_list_takes_patterns(vuspec):
    run = vuspec("list", "--format", "json", "session_lifecycle.a_session*", "fds.*")
    listed = json.loads(run.stdout)
    assert run.returncode == 0
    assert {c["group"] for c in listed} == {"session_lifecycle", "fds"}
    assert vuspec("list", SMOKE).stdout.startswith(SMOKE)


def test_list_has_what_devices_show(vuspec):
    run = vuspec("list", "--devices", "--format", "json")
    assert run.returncode == 0
    devices = {d["name"]: d for d in json.loads(run.stdout)}
    assert list(devices) == sorted(devices)
    assert devices["blk"] == {"name": "blk", "virtio_id": 2, "stores": True,
                              "shows": ["read", "written"],
                              "shows_answered": ["read", "written"]}
    assert devices["net"]["shows"] == []
    assert devices["net"]["shows_answered"] == ["read"]
    assert devices["rng"]["shows"] == ["written"]
    assert devices["input"]["shows"] == []
    text = vuspec("list", "--devices").stdout
    assert [line.split()[0] for line in text.splitlines()
            if not line.startswith(" ")] == list(devices)
    assert vuspec("list", "--devices", "fds.*").returncode == 2


def test_coverage_has_every_rule(rules, cases):
    by_id = {r["id"]: r for r in rules}
    assert len(by_id) == len(rules) >= 908
    for rule in rules:
        assert set(rule) >= {"id", "level", "party", "chapter", "testability",
                             "cases", "faults", "reason", "after_every_case",
                             "monitored"}
        assert rule["level"] in {"MUST", "SHOULD", "MAY", "DEF", "HARDEN"}
    for case in cases:
        for rule in case["rules"]:
            assert case["id"] in by_id[rule]["cases"]


def test_coverage_as_text_counts_what_json_has(vuspec, rules):
    run = vuspec("coverage")
    assert run.returncode == 0
    totals = [line.split() for line in run.stdout.splitlines()
              if line.startswith("all ")]
    assert [int(x) for x in totals[0][1:]][0] == len(rules)
    natural = [r for r in rules if r["natural"]]
    assert int(totals[0][2]) == len(natural)
    assert int(totals[0][3]) == sum(bool(r["faults"]) for r in rules) - len(
        natural)


@pytest.mark.parametrize("state", ["proved", "aborts", "cited", "reasoned",
                                   "planned", "nothing"])
def test_coverage_only_one_state(vuspec, rules, state):
    def is_in(rule):
        checked = (rule["cases"] or rule["after_every_case"] or
                   rule["monitored"] or rule.get("tests"))
        if checked and rule["faults"]:
            return state == ("proved" if rule["natural"] else "aborts")
        if checked:
            return state == "cited"
        if rule["planned"]:
            return state == "planned"
        return state == ("reasoned" if rule["reason"] else "nothing")

    run = vuspec("coverage", "--only", state)
    assert run.returncode == 0
    listed = [line.split()[0] for line in run.stdout.splitlines()
              if line and not line.startswith(" ")]
    wanted = sorted(r["id"] for r in rules if is_in(r))
    assert sorted(listed) == wanted
    run = vuspec("coverage", "--only", state, "--format", "tsv")
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    assert sorted(row[0] for row in rows) == wanted
    assert {len(row) for row in rows} <= {5}
    assert {row[3] for row in rows} <= {state}


def test_coverage_lists_variants_that_no_fault_failed(vuspec, cases):
    ids = {case["id"] for case in cases}
    lines = vuspec("coverage", "--variants").stdout.splitlines()
    assert len(lines) == len(set(lines))
    assert {line.split("[")[0] for line in lines} <= ids
    said = vuspec("coverage").stdout.splitlines()[-1]
    assert f"no fault was seen to fail {len(lines)} " in said


def test_coverage_lists_checks_that_no_fault_failed(vuspec):
    lines = vuspec("coverage", "--checks").stdout.splitlines()
    checks = json.loads(vuspec("coverage", "--checks", "--format",
                               "json").stdout)
    names = [c["check"] for c in checks]
    assert len(names) == len(set(names)) and names == sorted(names)
    assert lines == [c["check"] for c in checks if not c["faults"]]
    said = vuspec("coverage").stdout
    assert (f"Of {len(names)} checks no fault was seen to fail "
            f"{len(lines)} ") in said
    proof = {c["check"]: c["faults"] for c in checks}
    assert "header.reply_flag_missing" in proof[
        "header.reply_has_reply_flag: every reply has the reply flag set"]


def test_a_failure_names_its_check(vuspec, tmp_path):
    out = tmp_path / "out.json"
    vuspec("test-backend", "--fault", "header.reply_flag_missing",
           "--filter", "header.*reply_flag*", "--memory", "memfd",
           "--output", f"json={out}")
    results = json.loads(out.read_text())["results"]
    assert {r["check"] for r in results} == {
        "header.reply_has_reply_flag: every reply has the reply flag set"}


def test_every_case_can_be_explained(vuspec, cases):
    for case in (cases[0], cases[-1]):
        run = vuspec("explain", case["id"])
        assert run.returncode == 0, run.stderr
        assert case["title"] in " ".join(run.stdout.split())
        for rule in case["rules"]:
            assert rule in run.stdout


def test_every_kind_can_be_explained(vuspec):
    for word in ("header.version", "rule:header.version", f"case:{SMOKE}",
                 "fault:ring_stop.off_by_one", "ring_stop.off_by_one"):
        run = vuspec("explain", word)
        assert run.returncode == 0, run.stderr
        assert word.split(":")[-1] in run.stdout
        assert run.stderr == ""
