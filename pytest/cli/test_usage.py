# SPDX-License-Identifier: BSD-3-Clause
"""Wrong words get status 2 and a sentence that says which word and why."""
import json

import pytest


@pytest.mark.parametrize("words, says", [
    ([], "test-backend"),
    (["nonsense"], "nonsense"),
    (["test-backend", "--no-such-option"], "--no-such-option"),
    (["test-backend", "--memory", "tape"], "tape"),
    (["test-backend", "--filter", "no.such.case"], "no.such.case"),
    (["test-backend", "--filter", "!*"], "!*"),
    (["test-backend", "--level", "perhaps"], "perhaps"),
    (["test-backend", "--hardening", "perhaps"], "perhaps"),
    (["test-backend", "--effort", "much"], "much"),
    (["test-backend", "--output", "yaml"], "yaml"),
    (["test-backend", "-m", "lots"], "lots"),
    (["test-backend", "-m", "0"], "0"),
    (["test-backend", "-j", "0"], "0"),
    (["test-backend", "--repeat", "-1"], "-1"),
    (["test-backend", "--timeout", "soon"], "soon"),
    (["test-backend", "--shuffle=abc"], "abc"),
    (["test-backend", "--restart", "sometimes"], "sometimes"),
    (["test-backend", "--device", "toaster"], "toaster"),
    (["test-backend", "--device", "blk,wings=2"], "wings"),
    (["test-backend", "--fault", "no.such.fault"], "no.such.fault"),
    (["test-backend", "--socket", "/x", "--", "true"], "--socket"),
    (["explain", "no.such.thing"], "no.such.thing"),
    (["list", "--format", "stone"], "stone"),
    (["list", "no.such.*"], "no.such.*"),
    (["coverage", "--format", "stone"], "stone"),
])
def test_refused(vuspec, words, says):
    run = vuspec(*words)
    assert run.returncode == 2, run.stderr
    assert says in run.stderr
    assert run.stdout == ""


def test_output_that_cannot_be_written_is_refused_before_anything_runs(
        vuspec, tmp_path):
    target = tmp_path / "ran"
    run = vuspec("test-backend", "--output", "json=/no/such/folder/x.json",
                 "--", "/usr/bin/touch", target)
    assert run.returncode == 2
    assert "/no/such/folder/x.json" in run.stderr
    assert not target.exists()


@pytest.mark.parametrize("words", [
    ["--help"], ["test-backend", "--help"], ["list", "--help"],
    ["explain", "--help"], ["coverage", "--help"]])
def test_help(vuspec, words):
    run = vuspec(*words)
    assert run.returncode == 0
    assert "Usage" in run.stdout
    assert run.stderr == ""


def test_version(vuspec):
    run = vuspec("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("vuspec 0.")


def test_list_has_the_promised_keys(vuspec):
    run = vuspec("list", "--format", "json")
    assert run.returncode == 0
    cases = json.loads(run.stdout)
    assert len(cases) >= 30
    keys = {"id", "group", "name", "title", "rules", "level", "needs",
            "devices", "each_memory"}
    for case in cases:
        assert keys <= set(case), case
        assert case["id"] == f"{case['group']}.{case['name']}"
        assert case["rules"], case["id"]
    assert len({c["id"] for c in cases}) == len(cases)


def test_coverage_has_every_rule(vuspec):
    run = vuspec("coverage", "--format", "json")
    assert run.returncode == 0
    rules = json.loads(run.stdout)
    assert len(rules) >= 908
    for rule in rules:
        assert set(rule) == {"id", "level", "party", "chapter",
                             "testability", "cases", "faults", "reason"}


def test_every_case_and_rule_it_cites_can_be_explained(vuspec):
    cases = json.loads(vuspec("list", "--format", "json").stdout)
    for word in {cases[0]["id"], cases[-1]["id"], *cases[0]["rules"]}:
        run = vuspec("explain", word)
        assert run.returncode == 0, run.stderr
        assert word in run.stdout
