# SPDX-License-Identifier: BSD-3-Clause
"""vuspec test-frontend --control: a program that steers the front-end."""
import ast
import pathlib
import re
import sys

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
# What fake-frontend is told over {ctl}.
RELAY = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.connect(os.environ["VUSPEC_CTL"] + "/ctl")
    s.sendall(sys.argv[1].encode() + b"\\n")
    sys.exit(int(s.makefile().readline()))
"""
STOP = "requests.a_stop_asks_with_zero"


@pytest.fixture
def steered(vuspec, folder, fake_frontend):
    """Judge fake-frontend, steered by a program with this text."""
    def run(text, *more, interpreter="/bin/sh"):
        program = folder / "control"
        program.write_text(f"#!{interpreter}\n{text}\n")
        program.chmod(0o755)
        return vuspec.test(
            "--control", program, *more, "--", fake_frontend, "-m", "16M",
            "-machine", "memory-backend=mem", "-object",
            "memory-backend-{memory},id=mem,size=16M,share=on", "-chardev",
            "socket,id=c0,path={socket},reconnect=1", "-device",
            "vhost-user-{device},chardev=c0", "--control", "{ctl}",
            side="frontend")
    return run


def test_front_end_is_steered(steered):
    run = steered(RELAY, "--filter", "requests.*", "--filter", "memory_and_rings.*",
                  interpreter=sys.executable)
    assert run.returncode == 0, run.stdout
    assert set(run.report.verdicts()) == {"pass"}


def test_what_cannot_be_told_is_a_skip_with_its_reason(steered):
    run = steered('echo "no such button" >&2; exit 77', "--filter", STOP)
    assert run.returncode == 5
    assert run.report.results[0]["reason"] == (
        "the front-end cannot start: no such button")


def test_a_program_that_cannot_run_ends_the_run(steered):
    run = steered("no-such-tool now", "--filter", STOP, "--filter",
                  "requests.*")
    assert run.returncode == 2
    assert "--control: " in run.report.all["no_target"]
    assert "exit status 127" in run.report.all["no_target"]
    run = steered("", "--filter", STOP, interpreter="/no/such/shell")
    assert run.returncode == 2
    assert "No such file" in run.report.all["no_target"]


def test_what_failed_says_why(steered):
    run = steered('echo not this; echo first >&2; echo "it fell" >&2; exit 3',
                  "--filter", STOP)
    assert run.returncode == 5
    assert run.report.results[0]["reason"] == (
        "told to start, the front-end failed (status 3): it fell")


def test_environment_of_a_control(steered, folder):
    kept = folder / "environment"
    run = steered(f'ls -d "$VUSPEC_CTL/dir" >{kept} || exit 1\n'
                  f'kill -0 "$VUSPEC_PID" || exit 2\n'
                  f'echo "$1 $VUSPEC_SECONDS" >>{kept}\nexit 77',
                  "--filter", STOP, "--timeout", "120")
    assert "the front-end cannot start" in run.stdout, run.stdout
    word, seconds = kept.read_text().splitlines()[1].split()
    assert word == "start"
    assert 5 < float(seconds) <= 60


@pytest.fixture
def stimuli(vuspec):
    """Those of harness/run/stimulus.c, which --help tells."""
    text = " ".join(vuspec("test-frontend", "--help").stdout.split())
    return re.search(r"to steer the front-end \((.*?)\)", text)[1].split(", ")


@pytest.mark.parametrize("page", ["vuspec.1", "fake-frontend.1"])
def test_man_pages_name_every_stimulus(stimuli, page):
    text = (TREE / "docs/man" / page).read_text().replace("\\-", "-")
    told = re.search(r"^\.BI --control.*?^\.TP$", text, re.M | re.S)[0]
    assert re.findall(r"^\.BR? ([a-z-]+)", told, re.M) == stimuli


def test_what_becomes_of_each_stimulus_in_qemu_is_told(stimuli):
    table = (TREE / "docs/pytest.md").read_text().split("| stimulus |")[1]
    rows = re.findall(r"^\| ([a-z][a-z, -]+) \|", table, re.M)
    assert sorted(", ".join(rows).split(", ")) == sorted(stimuli)
    text = (TREE / "pytest/plugin/vuspec-qmp-control").read_text()
    known = re.search(r"^STIMULI = (\(.*?\))", text, re.M | re.S)[1]
    assert set(ast.literal_eval(known)) <= set(stimuli)
