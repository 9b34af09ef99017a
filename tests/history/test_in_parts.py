"""What goes into a history by way of a folder in parts is what memory would have brought, and nothing of the way is left."""

from __future__ import annotations

import warnings

import pytest

import makini_analytics as ma
from makini_analytics.purchases import _spool
from tests.faults.server import order
from tests.fetch.test_in_parts import connection, same

pytest.importorskip("deltalake", reason="deltalake, the extra 'history', is not installed")

COUNTS = ["connection", "n_new", "n_changed", "n_gone", "n_same"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(_spool, "PART_LINES", 12)


def check(seed, folder):
    it, options, span = connection(seed)
    by_parts, by_memory = ma.History(folder / "parts" / "h"), ma.History(folder / "memory")
    whole = "modified_since" not in span
    with it.server as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ma.MakiniWarning)
        client = server.client(**options)
        told = client.fetch_purchases(**span, to=by_parts)
        data = client.fetch_purchases(**span)  # of the pages that the cache has now
        assert told[COUNTS].equals(by_memory.add(data, whole=whole)[COUNTS])
        assert len(by_parts.add(data, whole=whole)) == 0  # not a digest differs
        same(by_parts.at(), by_memory.at())
        for _ in range(4):
            it.happen()
        if whole:
            told = client.fetch_purchases(**span, to=by_parts, refresh=True)
            data = client.fetch_purchases(**span)
            assert told[COUNTS].equals(by_memory.add(data)[COUNTS])
            same(by_parts.at(), by_memory.at())
    assert [p.name for p in (folder / "parts").iterdir()] == ["h"]


@pytest.mark.full
def test_a_history_by_parts_is_one_by_memory(tmp_path):
    check(5, tmp_path / "5")


@pytest.mark.full
@pytest.mark.parametrize("first", range(100, 200, 20))
def test_a_hundred_histories_by_parts_are_those_by_memory(first, tmp_path):
    for seed in range(first, first + 20):
        check(seed, tmp_path / str(seed))


def rows(n=40):
    return [order(i, updatedAt=f"2025-0{1 + i % 6}-15T00:00:00Z") for i in range(n)]


OPTIONS = {"progress": False, "delivery_date": "actual", "per_page": 7}


def test_nothing_is_left_of_a_fetch_that_failed(tmp_path):
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": rows()}) as server, server.client(backoff=0.01, **OPTIONS) as client:
        server.misbehave("500", page=5, times=None)
        with pytest.raises(ma.MakiniError):
            client.fetch_purchases(to=history)
    assert list(tmp_path.iterdir()) == []
    assert history.days.empty


@pytest.mark.full
def test_where_changes_are_not_enough_all_goes_by_parts_and_says_why(tmp_path):
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": rows()}) as server, server.client(**OPTIONS) as client:
        client.fetch_purchases(to=history)
        server.delete("sandbox", "0007")
        assert client.fetch_purchases(to=history).n_gone.tolist() == [1]
    assert history.snapshots.whole.tolist() == [True, True]
    notes = history.at().sources.notes.item()
    assert notes.endswith(
        "Everything was fetched, since the server has 39 orders, where 40 are known: some are gone, or came without a date."
    )


def test_a_history_elsewhere_takes_the_folder_of_the_system(tmp_path, monkeypatch):
    """A history in an object store, or below a folder that can't be written, has no place beside it."""
    from makini_analytics.history import scratch_for

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.access", lambda *a: False)
    with scratch_for(ma.History(tmp_path / "deep" / "history")) as place:
        assert place.is_relative_to(tmp_path) and not place.is_relative_to(tmp_path / "deep")
        assert place.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []
