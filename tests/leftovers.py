"""Nothing that the suite starts outlives it: what is left of it at its end is ended, and fails the run by name.

That holds when the run is interrupted, and when it is killed: a small process (``watch.py``) waits for its end and ends the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from tests import watch
from tests.watch import MARK, PROC

#: Threads of the tools, which live as long as their process.
OF_TOOLS = ("execnet", "tqdm")


def threads_and_servers() -> list[str]:
    """Return the threads of this process that should have ended, and the ports that it still listens at."""
    until = time.monotonic() + 2
    while True:
        left = [
            f"thread {t.name!r}"
            for t in threading.enumerate()
            if t is not threading.main_thread() and not t.daemon and not t.name.lower().startswith(OF_TOOLS)
        ]
        left += [f"server at port {port}" for port in _listening()]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)


def _listening() -> list[int]:
    if not (PROC / "self/net/tcp").exists():
        return []
    own = set()
    for entry in (PROC / "self/fd").iterdir():
        try:
            own.add(str(entry.readlink()))
        except OSError:
            continue
    rows = [
        line.split()
        for f in ("tcp", "tcp6")
        if (p := PROC / "self/net" / f).exists()
        for line in p.read_text().splitlines()[1:]
    ]
    return [int(r[1].rpartition(":")[2], 16) for r in rows if r[3] == "0A" and f"socket:[{r[9]}]" in own]


class Leftovers:
    """The plugin: marks the run at its beginning, looks around at its end. A worker of pytest-xdist tells the process that started it."""

    def __init__(self, config) -> None:
        self.config, self.left, self.watch = config, [], None
        self.is_worker = hasattr(config, "workerinput")
        if not self.is_worker:
            self.mark = os.environ[MARK] = f"{os.getpid()}.{time.time_ns()}"
            words = [sys.executable, "-S", watch.__file__, self.mark]
            self.watch = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        self.left += getattr(node, "workeroutput", {}).get("left over", [])

    @pytest.hookimpl(wrapper=True, trylast=True)  # after all fixtures and workers, before the summary
    def pytest_sessionfinish(self, session):
        try:
            return (yield)
        finally:
            self.left += threads_and_servers()
            if self.is_worker:
                self.config.workeroutput["left over"] = self.left
            else:
                self.left += watch.end(self.mark, {self.watch.pid}).values()
                if self.left and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                    session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self.left:
            terminalreporter.section("outlived the run, and was ended", red=True, bold=True)
            for name in self.left:
                terminalreporter.write_line(name)

    def pytest_unconfigure(self):
        if self.watch is not None:
            self.watch.stdin.close()
            self.watch.wait(20)


def pytest_configure(config):
    """Register the plugin; a conftest that imports this function has it."""
    if (PROC / "self/stat").exists():
        config.pluginmanager.register(Leftovers(config), "leftovers")
