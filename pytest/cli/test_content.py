# SPDX-License-Identifier: BSD-3-Clause
"""What requests bring is compared, where the device can show it."""
import pytest


def test_pings_compare_what_a_disk_holds(vuspec):
    """A read from another place spoils no case by a rule of its own."""
    run = vuspec.test("--filter", "ring_calls.*", "--filter", "blk.*",
                      "--fault", "blk.reads_another_sector")
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert "blk.in" in {r["rule"] for r in fails}
    assert all(r["rule"].startswith("blk.") for r in fails)
    assert any(r["reason"].startswith("needs blk.in: of 2 sectors")
               for r in run.report.results if r["verdict"] == "skip")


@pytest.mark.parametrize("device, status", [("blk", 1), ("blk,null=1", 0)])
def test_a_disk_that_keeps_nothing_is_told_to(vuspec, device, status):
    run = vuspec.test("--filter", "blk.*", "--device", device,
                      "--fault", "blk.drops_writes")
    assert run.returncode == status
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert all("--device blk,null=1" in str(r) for r in fails)
    assert bool(fails) == bool(status)


def net(vuspec, fake_backend, *words):
    return vuspec.test("--filter", "net.*", "--filter", "mem_table.region_*",
                       "--device", "net", *words, "--", fake_backend,
                       "--socket-path", "{socket}", "--device", "net")


def test_without_an_echo_a_network_device_shows_nothing(vuspec, fake_backend):
    results = net(vuspec, fake_backend).report.results
    content = {"net.transmit", "net.receive", "mem_table.offset_nonzero"}
    assert not [r["id"] for r in results
                if r["verdict"] == "pass" and content & set(r["judged"])]
    assert any(r["reason"] == "memory does not show what this device executed"
               for r in results)


def test_an_echo_shows_what_a_network_device_does(vuspec, fake_backend):
    run = net(vuspec, fake_backend, "--net-echo", "10.0.0.1")
    assert run.returncode == 0
    judged = {rule for r in run.report.results for rule in r["judged"]}
    assert judged >= {"net.transmit", "net.receive",
                      "mem_table.offset_nonzero"}


def test_an_echo_that_does_not_answer_is_told(vuspec, fake_backend):
    run = net(vuspec, fake_backend, "--net-echo", "10.0.0.9")
    assert run.returncode == 1
    fails = [r for r in run.report.results if r["verdict"] == "fail"]
    assert {r["rule"] for r in fails} == {"net.transmit"}
    assert all("--net-echo" in r["reason"] for r in fails)
