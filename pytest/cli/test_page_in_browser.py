# SPDX-License-Identifier: BSD-3-Clause
"""The page of `vuspec report --html`, as a browser shows it.

Chromium prints what its console says, and the page's elements once they are
laid out.  What it measured is asked of a second page, which has the first in a
frame of a given width: media queries and overflow are those of the frame."""
import html
import json
import os
import re
import shutil
import struct
import subprocess

import pytest

from conftest import Report

NAMES = ("chromium", "chromium-browser", "google-chrome")
FAULTY = ["--filter", "ring_stop.*", "--filter", "header.undefined_flags*",
          "--filter", "mem_slots.added_*", "--fault",
          "ring_stop.names_another_ring", "--fault",
          "header.aborts_on_reserved_bits"]
HONEST = ["--filter", "ring_stop.*", "--filter", "mem_slots.added_*"]

# Everything that is wider than its frame, but for what scrolls by itself; what
# is seen of each case, and after the box is ticked.
MEASURE = """
<!DOCTYPE html>
<html><body style="margin:0">
<iframe id="f" width="%d" height="2000" style="border:0" srcdoc="%s"></iframe>
<pre id="said"></pre>
<script>
window.onload = () => {
  const page = document.getElementById("f").contentDocument;
  const root = page.documentElement;
  const seen = () => [...page.querySelectorAll(".cases tr")].slice(1)
    .filter(r => r.getBoundingClientRect().height > 0)
    .map(r => r.cells[0].textContent);
  const all = seen();
  const links = [...page.querySelectorAll(".cases a")]
    .map(a => a.getAttribute("href").slice(1))
    .filter(id => !page.getElementById(id));
  page.getElementById("bad").click();
  document.getElementById("said").textContent = JSON.stringify({
    width: root.clientWidth, needed: root.scrollWidth, all, bad: seen(),
    broken: links,
    font: parseFloat(page.defaultView.getComputedStyle(page.body).fontSize),
    found: [...page.querySelectorAll("h3")]
      .filter(h => h.getBoundingClientRect().height > 0)
      .map(h => h.textContent)});
};
</script></body></html>
"""


@pytest.fixture(scope="module")
def browser():
    for name in NAMES:
        if shutil.which(name):
            return shutil.which(name)
    pytest.skip("env: no chromium (ci/setup browser)")


@pytest.fixture
def look(browser, folder):
    """Open a page; what was printed, and what the console said."""
    def run(page, *words):
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
             f"--user-data-dir={folder / 'profile'}",
             "--virtual-time-budget=10000", "--enable-logging=stderr",
             *words, page.as_uri()],
            env={**os.environ, "HOME": str(folder)}, cwd=folder, text=True,
            capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        console = [x for x in done.stderr.splitlines() if ":CONSOLE" in x]
        return done.stdout, console
    return run


@pytest.fixture
def page(vuspec, folder):
    """A page of two results, and the report of the one that failed."""
    files = {}
    for name, words in ("good", HONEST), ("bad", FAULTY):
        files[name] = folder / f"{name}.json"
        run = vuspec("test-backend", "--memory", "memfd", *words, "--output",
                     f"json={files[name]}")
        assert run.returncode == (name == "bad"), run.stdout + run.stderr
    out = folder / "page.html"
    assert vuspec("report", *files.values(), "--html", out).returncode == 0
    return out, Report(files["bad"])


@pytest.fixture
def measure(look, page, folder):
    def run(width):
        frame = folder / "frame.html"
        frame.write_text(MEASURE % (width, html.escape(page[0].read_text())))
        shown, console = look(frame, "--dump-dom")
        assert console == []
        said = re.search(r'<pre id="said">(.*?)</pre>', shown, re.S)
        return json.loads(html.unescape(said[1]))
    return run


def not_passed(report):
    return {r["id"] for r in report.results
            if r["verdict"] not in ("pass", "skip")}


def test_console_says_nothing(look, page):
    out, report = page
    shown, console = look(out, "--dump-dom")
    assert console == []
    bad = not_passed(report)
    assert bad
    for name in bad:
        assert html.escape(name) in shown


# A telephone, the breadth at which the page changes, a screen.
@pytest.mark.parametrize("width", [320, 400, 700, 1280])
def test_page_fits_its_window(measure, page, width):
    said = measure(width)
    assert said["width"] == width
    assert said["needed"] <= width
    bad = not_passed(page[1])
    assert {r["id"] for r in page[1].results} <= set(said["all"])
    # The box leaves what did not pass, and nothing else.
    assert set(said["bad"]) == bad
    assert said["broken"] == []
    assert said["font"] >= 14
    assert bad == {x.split(": ")[0] for x in said["found"]}


def test_page_can_be_drawn(look, page, folder):
    picture = folder / "page.png"
    _, console = look(page[0], f"--screenshot={picture}",
                      "--window-size=1280,1000")
    assert console == []
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1280, 1000)
    # A blank one is packed into a few kilobytes.
    assert len(data) > 30000
