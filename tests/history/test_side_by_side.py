"""Snapshots that are added side by side, or by a process that is killed: nothing is lost, and nothing is there twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import makini_analytics as ma
from tests.history.replay import day, lived, random_days, same

ROOT = Path(__file__).parents[2]


def run(script, *words):
    command = [sys.executable, *script, *map(str, words)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def check_whole(folder, shown):
    history = ma.History(folder)
    assert len(history.snapshots) == sum(map(len, shown.values()))
    for n in range(len(next(iter(shown.values())))):
        seen = [shown[name][n] for name in sorted(shown)]
        same(history.at(day(n)), ma.concat(seen) if len(seen) > 1 else seen[0])


@pytest.mark.full
def test_the_same_snapshots_added_at_once_are_there_once(tmp_path):
    shown = lived("a", 5, random_days(3, 2, 4))

    def add(_):
        history = ma.History(tmp_path / "history")  # each with a lock of its own, as two processes have
        return sum(len(history.add(data, seen_at=day(n))) for n, data in enumerate(shown))

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(add, range(2))) == 2
    check_whole(tmp_path / "history", {"a": shown})


@pytest.mark.full
def test_a_snapshot_that_another_process_came_before_is_compared_again(tmp_path, monkeypatch):
    one, other = (ma.History(tmp_path / "history") for _ in range(2))
    shown = lived("a", 2, [[("reprice", 0, 1)], [("reprice", 0, 2), ("postpone", 1, 5)]])
    one.add(shown[0], seen_at=day(0))
    stale = other._table.commit()
    one.add(shown[1], seen_at=day(1))
    asked = []
    opened = other._table.commit
    monkeypatch.setattr(other._table, "commit", lambda: asked.append(1) or (stale if len(asked) == 1 else opened()))
    assert len(other.add(shown[1], seen_at=day(1))) == 0
    assert len(asked) == 2
    check_whole(tmp_path / "history", {"a": shown})


ADDS = """
import sys
import makini_analytics as ma
from tests.history.replay import *
folder, name, n_days = sys.argv[1], sys.argv[2], int(sys.argv[3])
history = ma.History(folder)
for n, data in enumerate(lived(name, 10, random_days(len(name), n_days, 5))):
    history.add(data, seen_at=day(n))
"""


@pytest.mark.full
@pytest.mark.parametrize("names", [["a", "bb"], ["a", "a"], ["a", "bb", "ccc", "bb"]], ids=" ".join)
def test_processes_that_add_at_once(tmp_path, names):
    running = [run(["-c", ADDS], tmp_path / "history", name, 10) for name in names]
    for process in running:
        process.communicate(timeout=300)
    assert [p.returncode for p in running] == [0] * len(names)
    check_whole(tmp_path / "history", {name: lived(name, 10, random_days(len(name), 10, 5)) for name in set(names)})


def kills(folder, trials, n_days):
    got, _ = run(["-m", "tests.history.killed"], folder / "history", trials, n_days).communicate(timeout=600)
    found = json.loads(got.splitlines()[-1])
    assert len(found) == trials and all(f["right"] for f in found)
    assert all(f["n_told"] <= f["n"] <= f["n_told"] + 1 for f in found)  # what was told to be added is there
    return found


@pytest.mark.full
def test_a_kill_leaves_the_last_commit(tmp_path):
    assert kills(tmp_path, 1, 10)[0]["killed"]


@pytest.mark.full
def test_fifty_kills_leave_the_last_commit(tmp_path):
    found = kills(tmp_path, 50, 150)
    assert sum(f["killed"] for f in found) >= 45
    assert found[-1]["n"] > 20
