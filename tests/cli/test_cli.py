"""The command line as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
import requests

import makini_analytics as ma
from makini_analytics.cli import _parser as cli
from makini_analytics.cli import main
from makini_analytics.reporting._content import PARTS
from tests.tiers import one_in


def run(*words, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "makini_analytics.cli", *map(str, words)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_demo(tmp_path):
    first = run("demo", "--out", tmp_path / "r", "--sections", "lead_times")
    assert first.returncode == 0, first.stderr
    assert "a 503 and a rate limit on the way" in first.stdout
    assert (tmp_path / "r" / "report.html").exists()
    assert len(list((tmp_path / "r" / "charts").glob("*.png"))) == 2


@pytest.mark.full
def test_demo_again(tmp_path):
    for said in ("a 503 and a rate limit on the way", "came from the cache"):
        again = run("demo", "--out", tmp_path / "r", "--sections", "left_out")
        assert said in again.stdout


def test_report_and_fetch_of_a_connection(tmp_path, capsys, monkeypatch):
    with ma.sandbox() as server:
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens["us"])
        base = ["--base-url", server.base_url, "--connection", "us", "--since", "2025-01-01"]
        assert main(["report", *base, "--out", str(tmp_path / "page.html"), "--sections", "open_orders"]) == 0
        assert main(["fetch", *base, "--out", str(tmp_path / "data")]) == 0
        assert main(["doctor", "--base-url", server.base_url]) == 0
        said = capsys.readouterr().out
        assert server.tokens["us"] not in said
    assert "answers to the token" in said
    data = ma.Purchases.load(tmp_path / "data")
    assert data.orders.order_date.min().year == 2025
    # what the figures are of stands before them
    assert (
        said.index("Twelve months, ")
        < said.index("lines accounted for")
        < said.index("Spend, ordered in twelve months")
    )


def test_a_report_takes_the_currency_the_day_and_the_title_as_the_function_does(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("makini_analytics.cli._commands._fetch", lambda options: ma.load_sample(["us"]))
    page = tmp_path / "page.html"
    words = ["--currency", "USD", "--as-of", "2025-06-30", "--title", "Board meeting", "--sections", "open_orders"]
    assert main(["report", "--out", str(page), *words]) == 0
    said = capsys.readouterr().out
    assert "All amounts in USD" in said
    assert "As of 2025-06-30." in said
    assert "Board meeting" in page.read_text(encoding="utf-8")


def test_a_report_may_be_printed_and_the_help_says_so(capsys):
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    said = capsys.readouterr().out
    assert "a .html, .pdf, .xlsx or .pptx file" in " ".join(said.split())
    assert cli.parser().parse_args(["report", "--out", "r.pdf"]).out == "r.pdf"


def test_the_package_is_run_as_its_command():
    words = [sys.executable, "-m", "makini_analytics", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, f"makini-analytics {ma.__version__}\n")


def test_errors_are_a_sentence_and_exit_code_1(capsys):
    assert main(["report"]) == 1
    said = capsys.readouterr().err
    assert "MAKINI_API_TOKEN" in said
    assert "Traceback" not in said


def test_wrong_usage_is_exit_code_2():
    assert run("dance").returncode == 2


@pytest.mark.usefixtures("ctrl_c_reaches_children")
def test_sandbox_prints_the_lines_that_connect():
    process = subprocess.Popen(
        [sys.executable, "-m", "makini_analytics.cli", "sandbox"], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        url = re.search(r"MAKINI_BASE_URL=(\S+)", lines[1])[1]
        token = re.search(r"MAKINI_API_TOKEN=(\S+)", lines[2])[1]
        assert len(ma.Client(token, base_url=url, progress=False).fetch_table("vendors")) > 10
        process.send_signal(2)
        assert process.wait(10) == 130
    finally:
        process.kill()
        process.stdout.close()


def test_doctor_without_a_token(capsys):
    assert main(["doctor"]) == 0
    assert "none set" in capsys.readouterr().out


@pytest.mark.full
@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed")
def test_lab_serves_copies_of_the_notebooks_and_keeps_changed_ones(tmp_path):
    mine = tmp_path / "books" / "01_first_look.ipynb"
    mine.parent.mkdir()
    mine.write_text("{}")
    words = [sys.executable, "-m", "makini_analytics.cli", "lab", "--no-browser", "--folder", str(mine.parent)]
    folders = {f"JUPYTER_{k}_DIR": str(tmp_path / k) for k in ("CONFIG", "DATA", "RUNTIME")}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | folders, start_new_session=True)  # fmt: skip
    try:
        address = None
        for line in process.stdout:
            address = re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/01_first_look.ipynb\?token=(\w+)", line)
            if address:
                break
        assert address
        for wait in (0.5, 1, 2, 4, 8):  # it says its address before it listens
            time.sleep(wait)
            try:
                got = requests.get(f"{address[1]}/api/contents", params={"token": address[2]}, timeout=20).json()
                break
            except requests.ConnectionError:
                continue
        assert sorted(f["name"] for f in got["content"])[::4] == [
            "01_first_look.ipynb",
            "05_report_for_the_meeting.ipynb",
        ]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        process.stdout.close()
    assert mine.read_text() == "{}"


COMMANDS = ["demo", "report", "fetch", "lab", "sandbox", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_a_newcomer_what_it_does_an_example_and_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert f"makini-analytics {command}" in said.split("example:")[1]
    assert "130  interrupted" in said
    assert "--quiet" in said
    assert max(map(len, said.splitlines())) <= 120


def test_help_loads_no_frames():
    code = "import sys\nfrom makini_analytics.cli import main\ntry:\n    main(['--help'])\nfinally:\n    assert 'pandas' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    "words",
    [["report", "--out", "x.docx"], ["report", "--sections", "nothing"], ["fetch", "--since", "yesterday"], ["fetch", "--contract", "v9"]],
)  # fmt: skip
def test_wrong_words_are_told_before_anything_is_fetched(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert words[2] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "--vendor", "A", "--vendor", "B"], "--vendor: is given twice"),
        (["report", "--sections", "spend", "--sections", "slippage"], "--sections: is given twice: name all after one"),
        (["--token", "abc", "report"], "--token: options go after the command, as in makini-analytics report --token"),
        (["--since=2025", "report"], "--since: options go after the command"),
        (["report", "--until", "2025-13"], "no day such as 2025-01-31, month such as 2025-01, or year"),
    ],
)
def test_an_option_is_given_once_and_after_its_command(words, said, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    written = capsys.readouterr().err
    assert said in written
    assert "abc" not in written


def test_a_year_or_a_month_is_a_span_as_in_python():
    options = cli.parser().parse_args(["report", "--since", "2024", "--until", "2025-06"])
    assert (options.since, options.until) == ("2024", "2025-06")


def test_the_sections_of_the_help_are_those_of_the_report():
    assert cli.SECTIONS == PARTS


@pytest.fixture
def here(monkeypatch):
    """A sandbox that the environment points at."""
    with ma.sandbox() as server:
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens["emea"])
        monkeypatch.setenv("MAKINI_BASE_URL", server.base_url)
        yield server


@pytest.mark.full
def test_quiet_prints_nothing_and_a_pipe_gets_no_bar(here, tmp_path, capfd):
    for words in (["fetch", "--out", "d"], ["report", "--out", "r.html", "--sections", "left_out"], ["doctor"]):
        assert main([*words[:2], *(str(tmp_path / w) for w in words[2:3]), *words[3:], "--quiet"]) == 0
        assert tuple(capfd.readouterr()) == ("", "")
    done = run("report", "--out", tmp_path / "r.html", "--sections", "left_out")
    assert "Report:" in done.stdout
    assert done.stderr == ""
    assert sorted(f.name for f in tmp_path.iterdir() if f.name != "cache") == ["d", "r.html"]


@pytest.mark.full
def test_a_closed_pipe_does_not_stop_the_work(here, tmp_path):
    words = [
        sys.executable,
        "-m",
        "makini_analytics.cli",
        "report",
        "--sections",
        "left_out",
        "--out",
        str(tmp_path / "r.html"),
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()  # as `| head -0` does
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert said == ""
    assert (tmp_path / "r.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_a_file_that_can_not_be_written_is_a_sentence(here, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["report", "--sections", "left_out", "--out", str(tmp_path / "taken" / "r.html")]) == 1
    said = capsys.readouterr().err
    assert "taken" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("ctrl_c_reaches_children")
@pytest.mark.full
def test_ctrl_c_in_a_fetch_ends_at_once_and_leaves_nothing(here, tmp_path):
    here.misbehave("slow", times=None, seconds=4, path="")
    words = [sys.executable, "-m", "makini_analytics.cli", "fetch", "--out", str(tmp_path / "d")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not here.requests:
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=15) == ("", "interrupted\n")
    assert process.returncode == 130
    assert time.monotonic() - began < 3
    assert [f.name for f in tmp_path.iterdir() if f.name != "cache"] == []


@pytest.mark.full
@pytest.mark.usefixtures("ctrl_c_reaches_children")
@pytest.mark.parametrize("name", one_in(2, ["folder", "r.html"]))
def test_ctrl_c_in_the_writing_of_a_report_leaves_the_one_before(name, tmp_path):
    """The interruption comes when a part is written already, whatever the speed of the machine."""
    old = tmp_path / name / "report.html" if name == "folder" else tmp_path / name
    old.parent.mkdir(exist_ok=True)
    before = "<meta name='makini-files' content=''>"  # how a report's page lists the files beside it: without it a folder is not ours
    old.write_text(before)
    code = """
import os, signal, sys
import makini_analytics as ma
from makini_analytics import cli, reporting
from makini_analytics.cli import _commands as commands
commands._fetch = lambda options: ma.load_sample(["emea"])
usual = reporting.html_page
def page(*made):
    os.kill(os.getpid(), signal.SIGINT)
    return usual(*made)
reporting.html_page = page
sys.exit(cli.main(["report", "--sections", "open_orders", "--out", sys.argv[1]]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert old.read_text() == before
    assert [f.name for f in tmp_path.iterdir()] == [name]


@pytest.mark.full
def test_a_terminal_sees_which_section_a_report_is_at(tmp_path, capfd):
    ma.report(ma.load_sample(["emea"]), tmp_path / "r.html", sections=["open_orders", "left_out"], progress=True)
    said = capfd.readouterr().err
    for step in ("report: open orders", "report: left out", "report: writing", "2/3"):
        assert step in said
    ma.report(ma.load_sample(["emea"]), tmp_path / "r.html", sections=["left_out"])
    assert capfd.readouterr().err == ""
