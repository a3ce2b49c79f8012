# SPDX-License-Identifier: BSD-3-Clause
"""Wrong words get status 2 and a sentence that says which word and why."""
import os

import pytest

from conftest import SMOKE, why_not

NO_CASE = "matches no case"


@pytest.mark.parametrize("words, says", [
    ([], "test-backend"),
    (["nonsense"], "'nonsense'"),
    (["-x"], "'-x'"),
    (["test-backend", "--no-such-option"], "--no-such-option"),
    (["test-backend", "--socket"], "--socket needs a value"),
    (["test-backend", "stray"], "'stray'"),
    (["test-backend", "--memory", "tape"], "'tape'"),
    (["test-backend", "--memory", "file=/no/such"], "/no/such"),
    (["test-backend", "--memory", "file=/dev/null"], "/dev/null"),
    (["test-backend", "--filter", "no.such.case"], NO_CASE),
    (["test-backend", "--filter", "session_lifecycle.*", "--filter", "no.*"], "'no.*'"),
    (["test-backend", "--filter", "!*"], "!*"),
    (["test-backend", "--device", "net", "--filter", "blk.*"],
     "'blk.*': made for blk, the device is net\n"),
    (["test-backend", "--filter", "session_lifecycle.*", "--filter", "blk.*", "--", "true", "{socket}"],
     "'blk.*': made for blk, the device is generic\n"),
    (["test-backend", "--level", "perhaps"], "'perhaps'"),
    (["test-backend", "--hardening", "perhaps"], "'perhaps'"),
    (["test-backend", "--effort", "much"], "'much'"),
    (["test-backend", "--output", "yaml"], "'yaml'"),
    (["test-backend", "--output", ""], "''"),
    (["test-backend", "-m", "lots"], "'lots'"),
    (["test-backend", "-m", "0"], "'0'"),
    (["test-backend", "-m", "99999999999999999T"], "'99999999999999999T'"),
    (["test-backend", "-j", "0"], "'0'"),
    (["test-backend", "-j", "many"], "'many'"),
    (["test-backend", "--repeat", "-1"], "'-1'"),
    (["test-backend", "--repeat", "0"], "'0'"),
    (["test-backend", "--timeout", "soon"], "'soon'"),
    (["test-backend", "--timeout", "0"], "'0'"),
    (["test-backend", "--start-timeout", ""], "''"),
    (["test-backend", "--quiet-ms", "1e3"], "'1e3'"),
    (["test-backend", "--shuffle=abc"], "'abc'"),
    (["test-backend", "--restart", "sometimes"], "'sometimes'"),
    (["test-backend", "--device", "toaster"], "'toaster'"),
    (["test-backend", "--device", "scsi"],
     "generic (devices of the embedded back-end)"),
    (["test-backend", "--device", "toaster", "--", "true", "{socket}"],
     "one of blk fs gpu input invert net rng scsi vsock generic\n"),
    (["test-backend", "--device", "toaster", "--socket", "/x"],
     "one of blk fs gpu input invert net rng scsi vsock generic\n"),
    (["test-backend", "--device", ""], "''"),
    (["test-backend", "--device", "blk,wings=2"], "wings"),
    (["test-backend", "--device", "blk,num_vqs=two"], "'two'"),
    (["test-backend", "--net-echo", "10.0.0"], "not an IPv4 address"),
    (["test-backend", "--device", "blk,null"], "'null' is not one of"),
    (["test-backend", "--", "true", "--socket"],
     "the command has neither {socket} nor {fd}"),
    (["test-backend", "--fault", "no.such.fault"], "'no.such.fault'"),
    (["test-backend", "--fault", "header.version_0_in_replies", "--fault",
      "header.version_2_in_replies"],
     "'header.version_0_in_replies' and 'header.version_2_in_replies'"),
    (["test-backend", "--fault", "ring_stop.off_by_one", "--", "true", "{socket}"],
     "ring_stop.off_by_one"),
    (["test-backend", "--socket", "/x", "--", "true", "{socket}"], "--socket"),
    (["test-backend", "--socket", "/tmp/" + "x" * 200], "107"),
    (["test-backend", "--spec", "3"], "'3'"),
    (["test-backend", "--min-judged", "few"], "'few'"),
    (["test-backend", "--keep", "/proc/x"], "/proc/x"),
    (["test-frontend", "--no-such-option"], "--no-such-option"),
    (["test-frontend", "--socket", "/x"], "--socket"),
    (["test-frontend", "--memory", "tape"], "'tape'"),
    (["test-frontend", "--filter", "no.such.case"], NO_CASE),
    (["test-frontend", "--filter", "ring_setup.*"], NO_CASE),
    (["test-frontend", "--filter", "*.fixed_queues*"],
     "made for rng, the device is blk\n"),
    (["test-frontend", "--fault", "no.such.fault"], "'no.such.fault'"),
    (["test-frontend", "--fault", "owner.never_sent", "--fault",
      "owner.first_connection_only"], "exclude each other"),
    (["test-frontend", "--control", "no-such-program"], "'no-such-program'"),
    (["test-frontend", "--control", "/etc/passwd"], "'/etc/passwd'"),
    (["test-frontend", "--control", ""], "''"),
    (["test-frontend", "--expect-refusal", "(", "--", "true", "{socket}"], "'('"),
    (["test-frontend", "--expect-refusal", "x"], "--expect-refusal"),
    (["test-frontend", "--expect-refusal", "x", "--filter", "requests.*", "--",
      "true"], NO_CASE),
    (["test-backend", "--expect-refusal", "x", "--", "true", "{socket}"],
     "--expect-refusal"),
    (["list", "--format", "stone"], "stone"),
    (["list", "--no-such-option"], "--no-such-option"),
    (["list", "-x"], "unknown option -x\n"),
    (["list", "no.such.*"], "no.such.*"),
    (["list", "session_lifecycle.*", "no.such.*"], "no.such.*"),
    (["explain"], "missing argument: a case, a rule or a fault"),
    (["explain", "no.such.thing"], "'no.such.thing'"),
    (["explain", "case:header.version"], "'case:header.version'"),
    (["explain", "rule:session_lifecycle.no_such"], "'rule:session_lifecycle.no_such'"),
    (["explain", "fault:no.such"], "'fault:no.such'"),
    (["explain", "header.version", "session_lifecycle.stop"],
     "unexpected argument 'session_lifecycle.stop'"),
    (["explain", "--no-such-option"], "--no-such-option"),
    (["coverage", "--format", "stone"], "stone"),
    (["coverage", "--only", "luck"], "luck"),
    (["coverage", "stray"], "stray"),
    (["compare"], "missing argument: "),
    (["compare", "/no/such.json", "/no/such.json"], "/no/such.json"),
    (["compare", "/no/such.json"], "a second file"),
    (["completion"], "bash, zsh or fish"),
    (["completion", "tcsh"], "'tcsh': not one of bash, zsh, fish"),
    (["help", "no-such"], "'no-such'"),
    (["help", "list", "list"], "unexpected argument 'list'"),
    (["test-backend", "--rerun", "/no/such.json"], "/no/such.json"),
    (["test-backend", "--output", "json", "--output", "human"],
     "share standard output"),
    (["report"], "missing argument: "),
    (["report", "/no/such.json"], "--html"),
    (["report", "--html", "-", "/no/such.json"], "/no/such.json"),
    (["doctor", "--format", "stone"], "stone"),
    (["doctor", "stray"], "unexpected argument 'stray'\n"),
    (["trace", "--listen"], "--listen needs a value\n"),
    (["trace", "--once=1"], "--once=1: takes no value\n"),
    (["test-backend", "--trace=1"], "--trace=1: takes no value\n"),
], ids=lambda x: " ".join(x)[:60] if isinstance(x, list) else "")
def test_refused(vuspec, words, says):
    run = vuspec(*words)
    assert run.returncode == 2, run.stdout + run.stderr
    assert says in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize("command", [
    "test-backend", "test-frontend", "list", "explain", "coverage", "report",
    "compare", "trace", "doctor", "completion", "help"])
def test_all_commands_refuse_alike(vuspec, command):
    run = vuspec(command, "--nonsense")
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr == (f"vuspec {command}: unknown option --nonsense\n"
                          f"Try 'vuspec {command} --help'.\n")


@pytest.mark.parametrize("slip, meant", [
    ("header.versoin", "header.version"),
    ("case:session_lifecycle.a_session_goes_from_start_to_stp",
     "session_lifecycle.a_session_goes_from_start_to_stop"),
])
def test_a_mistyped_name_gets_a_suggestion(vuspec, slip, meant):
    run = vuspec("explain", slip)
    assert run.returncode == 2
    assert f"did you mean: {meant}" in run.stderr


@pytest.mark.parametrize("words, meant", [
    (["tets-backend"], "test-backend"),
    (["help", "lst"], "list"),
    (["test-backend", "--ouput", "json"], "--output"),
    (["list", "--fromat=json"], "--format"),
    (["test-backend", "--level", "shold"], "should"),
    (["test-backend", "--device", "bkl"], "blk"),
    (["test-backend", "--device", "scis", "--", "true", "{socket}"], "scsi"),
    (["test-frontend", "--device", "bkl"], "blk"),
    (["test-backend", "--filter", SMOKE[:-1] + "k"], SMOKE),
    (["test-backend", "--fault", "header.aborts_on_reserved_bts"],
     "header.aborts_on_reserved_bits"),
    (["test-frontend", "--fault", "owner.never_snt"], "owner.never_sent"),
], ids=lambda x: " ".join(x)[:60] if isinstance(x, list) else "")
def test_a_mistyped_word_gets_a_suggestion(vuspec, words, meant):
    run = vuspec(*words)
    assert run.returncode == 2
    line = run.stderr.splitlines()[0]
    assert meant in line.split("; did you mean: ")[1].split(", ")


def test_a_rule_is_no_filter(vuspec):
    run = vuspec("test-backend", "--filter", "mem_table.offset_nonzero")
    assert run.returncode == 2
    said = run.stderr.split("that is a rule, not a case; it is checked by ")[1]
    assert ("mem_table.region_begins_at_its_mmap_offset"
            in said.splitlines()[0].split(", "))


@pytest.mark.parametrize("file, says", [
    ("/no/such/folder/x", "No such file or directory"),
    ("/tmp", "Is a directory"),
    # Not even root may make a file there.
    ("/sys/kernel/x", why_not(os.mknod, "/sys/kernel/x")),
])
@pytest.mark.parametrize("form", ["json", "junit", "tap", "human"])
def test_report_that_cannot_be_opened_is_refused_before_anything_runs(
        vuspec, folder, form, file, says):
    ran = folder / "ran"
    run = vuspec("test-backend", "--output", f"{form}={file}", "--",
                 "/usr/bin/touch", ran, "{socket}")
    assert run.returncode == 2
    assert f"{form}={file}: " in run.stderr
    assert says in run.stderr
    assert not ran.exists()


@pytest.mark.parametrize("form", ["json", "junit", "tap", "human"])
def test_report_that_cannot_be_written_is_status_4(vuspec, form):
    run = vuspec("test-backend", "--filter", "session_lifecycle.a_session*", "--output",
                 f"{form}=/dev/full")
    assert run.returncode == 4
    assert (f"the {form} report could not be written to /dev/full: No space "
            "left on device\n") in run.stderr


@pytest.mark.parametrize("words", [
    ["--help"], ["--version"], ["list"], ["list", "--format", "json"],
    ["explain", "header.version"], ["coverage"],
    ["coverage", "--format", "json"], ["test-backend", "--help"],
    ["doctor"]],
    ids=" ".join)
def test_standard_output_that_cannot_be_written_is_status_4(vuspec, words):
    with open("/dev/full", "w", encoding="ascii") as full:
        run = vuspec(*words, stdout=full)
    assert run.returncode == 4
    assert "No space left on device" in run.stderr


@pytest.mark.parametrize("words", [
    ["--help"], ["test-backend", "--help"], ["test-frontend", "--help"],
    ["list", "--help"],
    ["explain", "--help"], ["coverage", "--help"], ["report", "--help"],
    ["trace", "--help"], ["doctor", "--help"], ["compare", "--help"],
    ["completion", "--help"], ["help", "--help"], ["help"],
    ["help", "test-backend"]], ids=" ".join)
def test_help(vuspec, words):
    run = vuspec(*words)
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: vuspec")
    assert run.stderr == ""
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_version(vuspec):
    run = vuspec("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("vuspec 0.")
    assert run.stderr == ""
