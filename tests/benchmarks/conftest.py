"""One Markdown table of all that was measured, at the end of the run: ours beside the peers, medians, spread, ratio in one run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

#: Says the highest memory of a process of its own, in MiB. ``ru_maxrss`` would begin with that of the process which started it.
PEAK = """
def peak():
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) / 1024
"""


def measured_by(module: str, *arguments: str) -> Any:
    """Return what a module of the benchmarks measures in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class Measured:
    """The rows of the table, and the tables of growth."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.others: list[str] = []

    def add(self, work, runs, ours="ours", *, unit="s", peaks=None):
        """Add a row per variant of ``runs``, seconds by variant in interleaved rounds, and return each one's time / ours.

        The ratio is the median of the rounds' ratios, so that what slows the whole machine in one round moves neither side.
        """
        ratios = {}
        for who, seconds in runs.items():
            ratios[who] = statistics.median(a / b for a, b in zip(seconds, runs[ours], strict=True))
            times, digits = [s * (1 if unit == "s" else 1e3) for s in seconds], 2 if unit == "s" else 1
            told = f"{statistics.median(times):.{digits}f} {unit} | {min(times):.{digits}f}-{max(times):.{digits}f}"
            peak = f"{max(peaks[who]):,.0f}" if peaks else ""
            self.rows.append(f"| {work} | {who} | {told} | {ratios[who]:.2f} | {peak} |")
        return ratios

    def tell(self, title, head, rows):
        """Add a table of its own."""
        lines = [f"\n{title}\n", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        self.others.append("\n".join([*lines, *("| " + " | ".join(map(str, r)) + " |" for r in rows)]))


MEASURED = Measured()


@pytest.fixture
def measured():
    """Return where a benchmark writes its rows."""
    return MEASURED


def pytest_terminal_summary(terminalreporter):
    """Print what was measured."""
    if MEASURED.rows:
        terminalreporter.write_line("\n| work | who | median | min-max | theirs / ours | peak MiB |")
        terminalreporter.write_line("|---|---|---|---|---|---|\n" + "\n".join(MEASURED.rows))
    for other in MEASURED.others:
        terminalreporter.write_line(other)
