# SPDX-License-Identifier: BSD-3-Clause
"""report and doctor: what was found as a page, and what this host allows."""
import html.parser
import json

import pytest

from conftest import SMOKE

FAULTY = ["--filter", "vstop.*", "--fault", "vstop.names_another_ring"]


class Page(html.parser.HTMLParser):
    """A page whose elements are all closed, and its text."""

    EMPTY = {"meta", "br", "hr", "img", "link", "input", "col"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], set(), ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_page_shows_every_peer_and_its_evidence(vuspec, folder):
    files = []
    for name, words in (("good", ["--filter", "vstop.*"]), ("bad", FAULTY)):
        vuspec.test(*words)
        files.append(folder / f"{name}.json")
        vuspec.json.rename(files[-1])
    run = vuspec("report", "--title", "<two> & more", "--html",
                 folder / "page.html", *files)
    assert run.returncode == 0, run.stderr
    page = Page((folder / "page.html").read_text())
    assert "script" not in page.seen
    assert "<two> & more" in page.text
    assert "vstop.reply_is_a_vring_state_of_that_ring" in page.text
    assert "GET_VRING_BASE" in page.text


@pytest.mark.parametrize("text, says", [
    ("", "{file}"), ("{", "{file}"), ("[]", "{file}"),
    ("{}", "not a report of vuspec"),
    ('{"schema": 999, "program": "vuspec"}', "not a report of vuspec"),
])
def test_what_is_no_report_is_refused(vuspec, folder, text, says):
    file = folder / "r.json"
    file.write_text(text)
    run = vuspec("report", "--html", "-", file)
    assert run.returncode == 2
    assert says.format(file=file) in run.stderr
    assert run.stdout == ""


def test_page_that_cannot_be_written(vuspec, folder):
    vuspec.test("--filter", SMOKE)
    for where, status in (("/no/such/x", 2), (folder, 2), ("/dev/full", 4)):
        run = vuspec("report", "--html", where, vuspec.json)
        assert run.returncode == status, where
        assert str(where) in run.stderr


def test_doctor_says_what_lacks_and_the_remedy(vuspec):
    run = vuspec("doctor", "--format", "json")
    assert run.returncode == 0
    seen = json.loads(run.stdout)
    assert {"pidfd", "memfd", "shm"} <= {x["name"] for x in seen}
    for x in seen:
        assert isinstance(x["ok"], bool)
        assert x["seen"] and (x["ok"] or x["remedy"]), x
    text = vuspec("doctor")
    assert text.returncode == 0
    lines = [x.split()[:2] for x in text.stdout.splitlines()
             if x and not x.startswith(" ")]
    assert lines == [["ok" if x["ok"] else "lacks", x["name"]] for x in seen]
