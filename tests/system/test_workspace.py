"""A workspace: what is written there takes its target's place whole; two writers and files of others don't lose each other's."""

from __future__ import annotations

import pytest

from makini_analytics import ConfigError
from makini_analytics.reporting import checked_out
from makini_analytics.system import in_the_way, whole
from makini_analytics.system._files import Workspace


def test_a_folder_that_is_being_written_is_left_alone_by_the_next_writer(tmp_path):
    first = Workspace(tmp_path / "a")
    first.new.write_text("first")
    with whole(tmp_path / "b") as new:
        new.write_text("second")
    first.swap()
    first.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "a").read_text() == "first"


def test_what_comes_while_a_folder_is_written_is_moved_to_the_new_one(tmp_path):
    def written(text):
        with whole(tmp_path / "d", {"a", "x/b"}) as new:
            (new / "x").mkdir(parents=True)
            (new / "a").write_text(text)
            (new / "x" / "b").write_text(text)
            if text == "2":
                (tmp_path / "d" / "x" / "late.txt").write_text("mine")
                (tmp_path / "d" / ".DS_Store").write_text("the system's")

    written("1")
    written("2")
    found = {p.relative_to(tmp_path / "d").as_posix() for p in (tmp_path / "d").rglob("*") if p.is_file()}
    assert found == {"a", "x/b", "x/late.txt", ".DS_Store"}
    assert (tmp_path / "d" / "x" / "b").read_text() == "2"
    assert "late.txt" in in_the_way(tmp_path / "d", {"a", "x/b"})
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(RuntimeError), whole(tmp_path / "a") as new:
        new.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_nothing_can_be_made_under_a_file_and_the_error_says_so(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file" / "x.png", tmp_path / "file" / "a" / "b" / "x.png"):
        with pytest.raises(ConfigError, match=r"x\.png can't be made: .*file"):
            Workspace(path)


def test_a_report_that_has_no_place_is_refused_before_it_is_computed(tmp_path):
    (tmp_path / "file").write_text("mine")
    for ending in (".html", ".xlsx", ".pptx"):
        with pytest.raises(ConfigError, match="file is a file"):
            checked_out(tmp_path / "file" / f"x{ending}")
