"""The command line as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

import makini_analytics as ma
from makini_analytics.cli import main


def run(*words, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "makini_analytics.cli", *map(str, words)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_demo_twice(tmp_path):
    first = run("demo", "--out", tmp_path / "r")
    assert first.returncode == 0, first.stderr
    assert "a 503 and a rate limit on the way" in first.stdout
    assert (tmp_path / "r" / "report.html").exists()
    assert len(list((tmp_path / "r" / "charts").glob("*.png"))) >= 5
    again = run("demo", "--out", tmp_path / "r")
    assert "came from the cache" in again.stdout


def test_report_and_fetch_of_a_connection(tmp_path, capsys, monkeypatch):
    with ma.sandbox() as server:
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens["us"])
        base = ["--base-url", server.base_url, "--connection", "us", "--since", "2025-01-01"]
        assert main(["report", *base, "--out", str(tmp_path / "page.html")]) == 0
        assert main(["fetch", *base, "--out", str(tmp_path / "data")]) == 0
        assert main(["doctor", "--base-url", server.base_url]) == 0
        said = capsys.readouterr().out
        assert server.tokens["us"] not in said
    assert "answers to the token" in said
    data = ma.Purchases.load(tmp_path / "data")
    assert data.orders.order_date.min().year == 2025
    assert "Ordered spend, USD" in said


def test_errors_are_a_sentence_and_exit_code_1(capsys):
    assert main(["report"]) == 1
    said = capsys.readouterr().err
    assert "MAKINI_API_TOKEN" in said
    assert "Traceback" not in said


def test_wrong_usage_is_exit_code_2():
    assert run("dance").returncode == 2


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


def test_lab_serves_copies_of_the_notebooks_and_keeps_changed_ones(tmp_path):
    pytest.importorskip("jupyterlab")
    mine = tmp_path / "books" / "01_first_look.ipynb"
    mine.parent.mkdir()
    mine.write_text("{}")
    words = [sys.executable, "-m", "makini_analytics.cli", "lab", "--no-browser", "--folder", str(mine.parent)]
    folders = {f"JUPYTER_{k}_DIR": str(tmp_path / k) for k in ("CONFIG", "DATA", "RUNTIME")}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | folders, start_new_session=True)  # fmt: skip
    try:
        address = None
        for line in process.stdout:
            address = re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line)
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
