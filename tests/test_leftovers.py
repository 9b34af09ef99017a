"""What a run leaves behind is ended and named, and what it started ends with it, also when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tiers import one_in
from tests.watch import PROC

pytestmark = pytest.mark.skipif(not PROC.joinpath("self/stat").exists(), reason="processes are looked up in /proc")
ROOT = Path(__file__).parents[1]
FORGETFUL = """
import subprocess, sys, threading, time, socket
import pytest

def test_it(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    open("pid", "w").write(str(child.pid))
    {rest}
"""


def suite(folder: Path, rest: str) -> list[str]:
    (folder / "conftest.py").write_text("from tests.leftovers import pytest_configure")
    (folder / "test_it.py").write_text(FORGETFUL.format(rest=rest))
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        f"--rootdir={folder}",
        "test_it.py",
    ]


def is_gone(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("rest", one_in(3, ["assert 1 == 2", "pass", "raise KeyboardInterrupt"]))
def test_a_child_that_outlives_the_run_is_ended_and_named(tmp_path, rest):
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        suite(tmp_path, rest), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    pid = int((tmp_path / "pid").read_text())
    assert done.returncode != 0
    assert f"process {pid}, started in test_it.py::test_it: " in done.stdout
    assert is_gone(pid, 0.1)


@pytest.mark.full
def test_a_server_and_a_thread_that_outlive_the_run_are_named(tmp_path):
    rest = "global kept; kept = socket.create_server(('127.0.0.1', 0)); threading.Thread(target=time.sleep, args=(4,), name='forgotten').start()"
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        suite(tmp_path, rest), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "thread 'forgotten'" in done.stdout
    assert "server at port " in done.stdout


def test_a_run_that_is_killed_takes_its_children_along(tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    process = subprocess.Popen(suite(tmp_path, "time.sleep(300)"), cwd=tmp_path, env=env, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert is_gone(int((tmp_path / "pid").read_text()), 10)
