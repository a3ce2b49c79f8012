# SPDX-License-Identifier: BSD-3-Clause
"""vuspec report, compare, completion and doctor."""
import html
import html.parser
import json
import pathlib
import shutil
import subprocess

import pytest

from conftest import SMOKE

FAULTY = ["--filter", "ring_stop.*", "--fault", "ring_stop.names_another_ring"]
EMPTY = {"meta", "br", "input"}


class Page(html.parser.HTMLParser):
    """Tags that are closed as they were opened; rows of the tables."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.text = [], set(), [], []
        self.heads = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
            self.heads.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if "td" in self.open:
            self.rows[-1][-1] += data
        if "th" in self.open:
            self.heads[-1].append(data)


@pytest.fixture(name="good_bad")
def two_runs(vuspec, folder):
    files = folder / "good.json", folder / "bad.json"
    for file, words in zip(files, (FAULTY[:2], FAULTY)):
        vuspec("test-backend", *words, "--output", f"json={file}")
    return files


def test_two_peers_on_a_page(vuspec, folder):
    files = []
    for name, words in (("good", ["--filter", "ring_stop.*"]), ("bad", FAULTY)):
        files.append(folder / f"{name}.json")
        vuspec("test-backend", *words, "--output", f"json={files[-1]}")
    out = folder / "page.html"
    run = vuspec("report", *files, "--html", out, "--title", "A & <B>")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    page = Page(out.read_text())
    assert not {"script", "img", "link", "iframe"} & page.tags
    assert "A & <B>" in page.text
    good, bad = (json.loads(f.read_text()) for f in files)
    cells = {row[0]: row[1:] for row in page.rows if len(row) == 3}
    for a, b in zip(good["results"], bad["results"]):
        assert cells[a["id"]] == [
            r["verdict"] + (r["rule"] or "") +
            (r["reason"] if r["verdict"] == "skip" else "") for r in (a, b)]
    failed = [r for r in bad["results"] if r["verdict"] == "fail"]
    text = "".join(page.text)
    for r in failed:
        assert r["reason"] in text
        assert "-> GET_FEATURES" in text
    again = vuspec("report", *files, "--html", "-", "--title", "A & <B>")
    assert again.stdout == out.read_text()


# What a browser makes of the page, as its title.
LOOK = """<script>
const seen = s => [...document.querySelectorAll(s)].filter(
    e => e.getClientRects().length).length;
const all = {rows: seen(".cases tr"), quiet: seen(".cases tr.quiet"),
    wide: document.documentElement.scrollWidth > innerWidth + 1,
    sticky: getComputedStyle(document.querySelector("th")).position,
    dark: matchMedia("(prefers-color-scheme: dark)").matches};
document.getElementById("bad").click();
all.left = seen(".cases tr");
all.noise = seen(".cases tr.quiet");
document.title = JSON.stringify(all);
</script>"""


@pytest.mark.parametrize("width", [1280, 500])
def test_the_page_in_a_browser(vuspec, folder, good_bad, width):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("env: no chromium (apt install chromium)")
    page = folder / "page.html"
    assert vuspec("report", *good_bad, "--html", page).returncode == 0
    page.write_text(page.read_text().replace("</body>", LOOK + "</body>"))
    picture = folder / "page.png"
    words = [browser, "--headless", "--no-sandbox", "--disable-gpu",
             f"--user-data-dir={folder}/profile",
             f"--window-size={width},900"]
    run = subprocess.run([*words, "--dump-dom", f"file://{page}"],
                         check=True, capture_output=True, text=True,
                         timeout=120)
    title = html.unescape(run.stdout.split("<title>")[1].split("</title>")[0])
    seen = json.loads(title)
    total = len(json.loads(good_bad[1].read_text())["results"])
    assert seen["rows"] == total + 1
    assert seen["quiet"] > 0 and seen["noise"] == 0
    assert 1 < seen["left"] < seen["rows"]
    assert seen["sticky"] == "sticky"
    assert not seen["wide"]
    subprocess.run([*words, f"--screenshot={picture}", f"file://{page}"],
                   check=True, capture_output=True, timeout=120)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_page_tells_causes_groups_and_the_run(vuspec, folder, good_bad):
    out = folder / "page.html"
    vuspec("report", *good_bad, "--html", out)
    page = Page(out.read_text())
    bad = json.loads(good_bad[1].read_text())
    failed = [r for r in bad["results"] if r["harm"]][0]
    assert ["MUST", failed["cause"] + failed["says"], "",
            str(sum(r["cause"] == failed["cause"] for r in bad["results"]))
            ] in page.rows
    assert any(row[0] == "ring_stop" and "1 fail" in row[2]
               for row in page.rows if len(row) == 3)
    assert ["case", "good", "bad"] in page.heads
    text = "".join(page.text)
    for word in (bad["timestamp"], bad["version"], bad["system"],
                 bad["options"]["words"]):
        assert word in text


def test_a_target_that_never_spoke_is_on_the_page(vuspec, folder):
    file = folder / "x.json"
    vuspec("test-backend", "--filter", SMOKE, "--output", f"json={file}",
           "--", "false")
    run = vuspec("report", file, "--html", "-")
    assert run.returncode == 0
    assert "exit status 1" in "".join(Page(run.stdout).text)


def test_hostile_words_stay_words(vuspec, folder):
    evil = '"><script>x</script>\x1b[2J\u202e'
    result = {"id": evil, "verdict": evil, "rule": evil, "reason": evil}
    bad = dict(result, verdict="fail", exchange=[evil], stderr=evil)
    file = folder / "x.json"
    file.write_text(json.dumps({
        "schema": 1, "program": "vuspec", "target": evil, "device": evil,
        "no_target": evil, "summary": {"pass": evil}, "results":
            [result, bad, None, 7, {"id": 3}]}))
    run = vuspec("report", file, "--html", "-", "--title", evil)
    assert run.returncode == 0
    page = Page(run.stdout)
    assert "script" not in page.tags
    assert "\x1b" not in run.stdout and "\u202e" not in run.stdout


@pytest.mark.parametrize("text, says", [
    ("", "x.json: "),
    ("{}", "not a report of vuspec with schema 1"),
    ('{"program": "vuspec", "schema": 2, "results": []}', "schema 1"),
    ('[]', "not a report"),
])
def test_other_files_are_refused(vuspec, folder, text, says):
    (folder / "x.json").write_text(text)
    out = folder / "page.html"
    run = vuspec("report", folder / "x.json", "--html", out)
    assert run.returncode == 2
    assert says in run.stderr
    assert not out.exists()


@pytest.mark.parametrize("words, says", [
    ([], "json=FILE"), (["x.json"], "--html"),
    (["/no/such.json", "--html", "-"], "/no/such.json"),
])
def test_report_wants_its_words(vuspec, words, says):
    run = vuspec("report", *words)
    assert run.returncode == 2
    assert says in run.stderr


def test_page_that_cannot_be_written(vuspec, folder):
    vuspec.test("--filter", SMOKE)
    for where, status in (("/no/such/x", 2), (folder, 2), ("/dev/full", 4)):
        run = vuspec("report", "--html", where, vuspec.json)
        assert run.returncode == status, where
        assert str(where) in run.stderr


# ---- compare, and what failed once more ----

def test_compare_tells_what_is_worse(vuspec, good_bad):
    good, bad = good_bad
    worse = [r["id"] for r in json.loads(bad.read_text())["results"]
             if r["verdict"] == "fail"]
    run = vuspec("compare", good, bad)
    assert run.returncode == 1
    assert run.stdout.startswith(f"worse ({len(worse)})\n  {worse[0]}\n"
                                 "      pass -> fail of ring_stop.reply\n")
    run = vuspec("compare", bad, good, "--format", "json")
    assert run.returncode == 0
    seen = json.loads(run.stdout)
    assert [x["id"] for x in seen["better"]] == worse
    assert not seen["worse"] + seen["changed"] + seen["new"] + seen["gone"]
    run = vuspec("compare", bad, bad)
    assert (run.returncode, run.stdout) == (
        0, "0 worse, 0 better, 0 changed, 0 new, 0 gone\n")


@pytest.mark.parametrize("was, now, change", [
    ("pass", "warn", "worse"), ("warn", "fail", "worse"),
    ("skip", "fail", "worse"), ("fail", "warn", "better"),
    ("skip", "pass", "new"), (None, "fail", "new"), ("fail", "skip", "gone"),
    ("pass", None, "gone"), ("skip", None, None), (None, "skip", None),
    ("pass", "pass", None), ("nonsense", "pass", "new"),
])
def test_compare_knows_each_change(vuspec, folder, was, now, change):
    files = []
    for verdict in (was, now):
        results = [{"id": "a.b", "verdict": verdict}] if verdict else []
        files.append(folder / f"{len(files)}.json")
        files[-1].write_text(json.dumps({"schema": 1, "program": "vuspec",
                                         "results": [*results, None, 3]}))
    run = vuspec("compare", *files, "--format", "json")
    seen = json.loads(run.stdout)
    assert [c for c in seen if seen[c]] == ([change] if change else [])
    assert run.returncode == (change == "worse")


def test_rerun_runs_what_failed(vuspec, good_bad, folder):
    good, bad = good_bad
    out = folder / "again.json"
    run = vuspec("test-backend", *FAULTY[2:], "--rerun", bad, "--output",
                 f"json={out}")
    assert run.returncode == 1
    failed = [r["id"] for r in json.loads(bad.read_text())["results"]
              if r["verdict"] not in ("pass", "skip")]
    assert [r["id"] for r in json.loads(out.read_text())["results"]] == failed
    run = vuspec("test-backend", "--rerun", good)
    assert run.returncode == 2
    assert "nothing in it has to be run again" in run.stderr
    run = vuspec("test-backend", "--rerun", bad, "--filter", "mem_table.*")
    assert run.returncode == 2
    assert "exclude each other" in run.stderr


@pytest.mark.parametrize("side", ["backend", "frontend"])
def test_faults_are_listed(vuspec, side):
    run = vuspec(f"test-{side}", "--list-faults")
    assert run.returncode == 0
    names = [line.split("\t")[0] for line in run.stdout.splitlines()]
    assert len(names) > 50
    assert vuspec("explain", f"fault:{names[0]}").returncode == 0


# ---- completion ----

def completed(vuspec, *words):
    """What bash offers for the last word."""
    script = vuspec.folder / "completion.bash"
    script.write_text(vuspec("completion", "bash").stdout)
    line = " ".join(f"'{w}'" for w in ("vuspec", *words))
    run = subprocess.run(
        ["bash", "-c", f'source "$1"; COMP_WORDS=({line}); '
         f'COMP_CWORD={len(words)}; _vuspec; printf "%s\n" "${{COMPREPLY[@]}}"',
         "bash", script], check=True, capture_output=True, text=True,
        env={"PATH": f"{pathlib.Path(vuspec.program).parent}:/usr/bin:/bin"})
    return run.stdout.split()


def test_bash_completes(vuspec):
    assert completed(vuspec, "cov") == ["coverage"]
    assert completed(vuspec, "test-backend", "--lev") == ["--level"]
    assert completed(vuspec, "test-backend", "--level", "") == [
        "must", "should", "may"]
    assert completed(vuspec, "explain", SMOKE[:-2]) == [SMOKE]
    assert completed(vuspec, "test-backend", "--filter", SMOKE[:-2]) == [SMOKE]
    assert completed(vuspec, "help", "doc") == ["doctor"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_what_the_shell_reads(vuspec, folder, shell):
    run = vuspec("completion", shell)
    assert run.returncode == 0
    for option in ("rerun", "socket", "expect-refusal"):
        assert option in run.stdout
    if not shutil.which(shell):
        pytest.skip(f"env: no {shell}")
    file = folder / "x"
    file.write_text(run.stdout)
    subprocess.run([shell, "-n", file], check=True)


# ---- doctor ----

def test_doctor_says_the_same_in_both_formats(vuspec):
    text = vuspec("doctor")
    rows = json.loads(vuspec("doctor", "--format", "json").stdout)
    assert text.returncode == any(not r["ok"] and r["cases"] for r in rows)
    for row in rows:
        assert set(row) == {"name", "ok", "needed", "seen", "remedy", "cases"}
        word = "ok" if row["ok"] else "missing"
        assert any(line.split()[:2] == [word, row["name"]]
                   for line in text.stdout.splitlines())
        assert row["seen"]
    names = {row["name"] for row in rows}
    assert names >= {"memfd", "memfd-sealing", "shm", "shm-room", "proc",
                     "huge-pages", "pidfd", "userfaultfd", "open-files",
                     "mount-namespace", "core-dumps", "sanitizers"}
    assert max(map(len, text.stdout.splitlines())) <= 80


def test_doctor_names_the_remedy_and_the_cases(vuspec):
    probe = subprocess.run(["unshare", "-m", "true"], check=False,
                           capture_output=True)
    if probe.returncode != 0:
        pytest.skip("env: no mount namespaces here (run as root, or allow "
                    "user namespaces)")
    prefix = ["unshare", "-m", "sh", "-c",
              'mount -t tmpfs -o ro none /dev/shm && exec "$@"', "sh"]
    run = vuspec("doctor", "--format", "json", prefix=prefix)
    # Memory of other kinds still serves, but some cases need it.
    assert run.returncode == 1
    row = [x for x in json.loads(run.stdout) if x["name"] == "shm"][0]
    assert not row["ok"]
    assert "Read-only file system" in row["seen"]
    assert "mount a tmpfs at /dev/shm" in row["remedy"]
    cases = json.loads(vuspec("list", "--format", "json").stdout)
    assert sorted(row["cases"]) == sorted(c["id"] for c in cases
                                          if c["each_memory"])


def test_doctor_fails_where_something_is_missing(vuspec):
    run = vuspec("doctor", env={"TMPDIR": "/no/such/folder"})
    assert run.returncode == 1
    assert "missing  tmp" in run.stdout
    assert "set TMPDIR" in run.stdout


def test_doctor_leaves_nothing(vuspec):
    assert vuspec("doctor").returncode in (0, 1)
    # Names of others that died a moment ago may still be there.
    vuspec.leaves_nothing()
