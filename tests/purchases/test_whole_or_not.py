"""Killed at any moment, or out of room: what is written is there whole or as it was, and nothing is left beside it after the next write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import makini_analytics as ma
from tests.purchases import killed
from tests.tiers import one_in

pytest.importorskip("pyarrow", reason="pyarrow, the extra 'fast', is not installed")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="trials are forks")
ROOT = Path(__file__).parents[2]


def trials(folder, what, how, n, *more):
    """Run the script, and return how often what was there afterwards."""
    words = [sys.executable, killed.__file__, what, how, str(n), str(folder), *more]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=1500, check=False, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    return {word: said.count(word) for word in said}


@pytest.mark.parametrize("what", one_in(2, ["files", "files-aside"]))
def test_killed_at_each_call_of_the_file_system_the_old_or_the_new_is_there_whole(tmp_path, what):
    """What every writer stands on, at every third of its calls."""
    assert set(trials(tmp_path, what, "calls:42", 14)) == {"old", "new"}


@pytest.mark.full
def test_killed_while_purchases_are_saved_the_old_or_the_new_is_there_whole(tmp_path):
    got = trials(tmp_path, "save", "time", 3)
    assert set(got) <= {"old", "new"}
    assert sum(got.values()) == 3


@pytest.mark.full
@pytest.mark.parametrize("what", ["save", "save-aside", "report", "report-xlsx"])
def test_killed_at_fifty_random_moments_the_old_or_the_new_is_there_whole(tmp_path, what):
    got = trials(tmp_path, what, "time", 50)
    print(what, got)
    assert set(got) <= {"old", "new"}
    assert sum(got.values()) == 50


@pytest.mark.full
def test_killed_fifty_times_while_orders_are_written_as_they_come_the_old_or_the_new_is_there_whole(tmp_path):
    with ma.sandbox() as server:
        tokens = [f"{name}={server.tokens[name]}" for name in ("emea", "us")]
        got = trials(tmp_path, "to", "time", 50, server.base_url, *tokens)
    print("to", got)
    assert set(got) <= {"old", "new"}
    assert sum(got.values()) == 50


@pytest.mark.full
@pytest.mark.parametrize("what", ["save", "save-aside", "report"])
def test_killed_at_sixty_calls_of_the_file_system_the_old_or_the_new_is_there_whole(tmp_path, what):
    assert set(trials(tmp_path, what, f"calls:{400 if what == 'report' else 60}", 60)) == {"old", "new"}


@pytest.mark.parametrize(
    "what", ["files", *(pytest.param(w, marks=pytest.mark.full) for w in ("save", "report", "report-xlsx"))]
)
def test_a_full_disk_leaves_what_was_there(tmp_path, what):
    assert trials(tmp_path, what, "full", 3) == {"old": 3}


def test_modes_and_links_stay(tmp_path):
    (tmp_path / "there").mkdir(mode=0o750)
    (tmp_path / "link").symlink_to("there", target_is_directory=True)
    ma.load_sample(["us"]).save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").stat().st_mode & 0o777 == 0o750
    assert len(ma.Purchases.load(tmp_path / "there").lines)


def test_the_folder_where_this_runs_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ma.SchemaError, match="where this runs"):
        ma.load_sample(["us"]).save(tmp_path)
    with pytest.raises(ma.ConfigError, match="where this runs"):
        ma.report(ma.load_sample(["us"]), ".")


MINE = ["notes.txt", "lines/part-99999.csv", "orders.parquet.bak", "sub/empty/"]


@pytest.mark.parametrize("name", one_in(2, MINE))
def test_a_file_of_the_users_in_a_folder_of_purchases_stops_the_next_write_before_anything_is_asked(tmp_path, name):
    data = ma.load_sample(["us"])
    folder = data.save(tmp_path / "d")
    mine = folder / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.mkdir() if name.endswith("/") else mine.write_text("mine")
    with ma.sandbox() as server:
        client = server.client("us", progress=False)
        for write, why in ((data.save, "other files"), (lambda f: client.fetch_purchases(to=f), "something else")):
            with pytest.raises(ma.MakiniError, match=why):
                write(folder)
        assert server.requests == []
    assert mine.exists()
    assert len(ma.Purchases.load(folder).lines) == len(data.lines)


@pytest.mark.parametrize("name", [".makini-notes", f".makini-{'0' * 32}", f".makini-{'a' * 32}"])
def test_a_folder_that_only_looks_like_a_workspace_stays(tmp_path, name):
    mine = tmp_path / name / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    ma.load_sample(["us"]).save(tmp_path / "d")
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    "said",
    one_in(
        3,
        [
            '{"target": "..", "known": []}',
            "[" * 100_000,
            '{"target": "d", "known": [[1]]}',
            "[]",
            '{"target": "\\u0000", "known": []}',
        ],
    ),
)
def test_a_workspace_that_was_tampered_with_moves_nothing_elsewhere(tmp_path, said):
    place = tmp_path / "a" / f".makini-{'1' * 32}"
    (place / "new").mkdir(parents=True)
    (place / "new" / "x").write_text("x")
    (place / "names.json").write_text(said)
    ma.load_sample(["us"]).save(tmp_path / "a" / "d")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert {p.name for p in (tmp_path / "a").iterdir()} == {"d"}


def test_folders_that_can_not_be_made_are_said_to_be_so(tmp_path, monkeypatch):
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    data = ma.load_sample(["us"])
    places = {loop: "back to itself", "/dev/null/x": "is a file", tmp_path / "loop" / "x": "back to itself"}
    places |= {"/proc/x": "can't be written"} if Path("/proc/self").exists() else {}
    for place, why in places.items():
        with pytest.raises(ma.SchemaError, match=why):
            data.save(place)
        with pytest.raises(ma.ConfigError, match=why):
            ma.report(data, place)
    with pytest.raises(ma.SchemaError, match="is a file"):
        ma.History(__file__)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for do in (data.save, ma.Purchases.load, lambda f: ma.report(data, f)):
        with pytest.raises(ma.ConfigError, match="is gone"):
            do("here")
    assert {p.name for p in tmp_path.iterdir()} == {"loop"}
