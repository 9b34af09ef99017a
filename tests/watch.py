"""Find and end the processes of a test run, by the mark that each inherits in its environment, whoever its parent is by now.

As a script it waits for the end of the run that started it, however that ends, and then ends what the run left. Where there is no /proc,
nothing is looked for.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

MARK = "MAKINI_ANALYTICS_TEST_RUN"
PROC = Path("/proc")


def _environment(pid: int) -> dict[str, str]:
    try:
        entries = (PROC / str(pid) / "environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(e.split("=", 1) for e in entries if "=" in e)


def _parents() -> dict[int, int]:
    """Return the parent of each process that lives (a zombie has ended)."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            found[int(folder.name)] = int(parent)
    return found


def processes(mark: str, spared: set[int]) -> dict[int, str]:
    """Return the processes of a run, and what descends from them, as pid and what to call it."""
    parents = _parents()
    spared = spared | {os.getpid()}
    ours = {pid for pid in parents if _environment(pid).get(MARK) == mark} - spared
    while more := {p for p, parent in parents.items() if parent in ours} - ours - spared:
        ours |= more
    named = {}
    for pid in sorted(ours):
        try:
            words = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
        except OSError:
            continue
        began = _environment(pid).get("PYTEST_CURRENT_TEST", "no test").removesuffix(" (call)")
        named[pid] = f"process {pid}, started in {began}: {words[:150]}"
    return named


def end(mark: str, spared: set[int]) -> dict[int, str]:
    """Kill the processes of a run until none is left, and return what they were."""
    ended: dict[int, str] = {}
    for _ in range(50):
        left = processes(mark, spared)
        if not left:
            break
        ended |= left
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.1)
    return ended


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.read()
    end(sys.argv[1], set())
