"""Fetches that go into a history: only what changed, everything from time to time; on the command line; of the sandbox's weeks."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import cli
from makini_analytics.fetch import _into_history
from tests.faults.server import order
from tests.fetch.test_update_random import same
from tests.purchases.in_parts import fetched_in_parts, loaded

OPTIONS = {"progress": False, "delivery_date": "actual", "per_page": 7}


def pages(server, since):
    return sum(
        q.path.endswith("erp/purchase-orders") and q.query.get("per_page") != "1" for q in server.requests[since:]
    )


@pytest.mark.full
def test_only_what_changed_is_fetched_and_everything_from_time_to_time(tmp_path, monkeypatch):
    rows = [order(i, updatedAt=f"2025-0{1 + i % 6}-15T00:00:00Z") for i in range(40)]
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": rows}) as server, server.client(**OPTIONS) as client:
        first = client.fetch_purchases(to=history)
        assert first.n_new.tolist() == [40]
        server.edit("sandbox", "0003", title="edited", updatedAt="2025-06-20T00:00:00Z")
        n = len(server.requests)
        assert history.add(client)[["n_new", "n_changed", "n_gone", "n_same"]].to_numpy().tolist() == [[0, 1, 0, 39]]
        assert pages(server, n) < 6  # of everything there are six pages
        assert history.snapshots.whole.tolist() == [True, False]
        same(history.at(), client.fetch_purchases(refresh=True))
        server.delete("sandbox", "0007")
        assert client.fetch_purchases(to=history).n_gone.tolist() == [1]
        assert history.snapshots.whole.tolist() == [True, False, True]  # the number of orders did not fit
        monkeypatch.setattr(_into_history, "FULL_EVERY", pd.Timedelta(0))
        n = len(server.requests)
        history.add(client)
        assert pages(server, n) >= 6  # everything, past the cache, which may be older than what is known
        got = ma.fetch_all({"us": server.tokens["sandbox"], "old": "expired"}, base_url=server.base_url, cache_dir=None, progress=False, to=history)  # fmt: skip
        assert got.data is None and got.snapshots.connection.tolist() == ["us"] and list(got.errors) == ["old"]
        assert "1 snapshots added" in repr(got) and "FAILED old" in repr(got)


@pytest.mark.full
def test_where_more_lines_are_known_than_fit_into_memory_all_are_fetched_by_parts(tmp_path, monkeypatch):
    rows = [order(i, updatedAt=f"2025-0{1 + i % 6}-15T00:00:00Z") for i in range(40)]
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": rows}) as server, server.client(**OPTIONS) as client:
        client.fetch_purchases(to=history)
        monkeypatch.setattr(_into_history, "MOST_LINES", 40)
        server.edit("sandbox", "0003", title="first", updatedAt="2025-06-20T00:00:00Z")
        assert client.fetch_purchases(to=history).n_changed.item() == 1
        monkeypatch.setattr(_into_history, "MOST_LINES", 39)
        server.edit("sandbox", "0003", title="second", updatedAt="2025-06-21T00:00:00Z")
        with monkeypatch.context() as without_memory:
            without_memory.setattr(ma.History, "at", None)
            assert client.fetch_purchases(to=history, refresh=True).n_changed.item() == 1
        assert history.snapshots.whole.tolist() == [True, False, True]
        assert "more than 5,000,000 lines are known" in history.at().sources.notes.item()
        client.fetch_purchases(to=history, modified_since="2025-06-21", refresh=True)
    assert not history.snapshots.whole.iloc[-1]
    assert "Everything was fetched" not in history.at().sources.notes.item()


def test_the_command_adds_to_a_history_and_is_quiet(tmp_path, monkeypatch, capsys):
    folder = str(tmp_path / "history")
    with ma.sandbox({"purchase-orders": [order(i) for i in range(5)]}) as server:
        monkeypatch.setenv("MAKINI_BASE_URL", server.base_url)
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens["sandbox"])
        monkeypatch.setenv("MAKINI_CACHE_DIR", str(tmp_path / "cache"))
        command = ["fetch", "--connection", "emea", "--delivery-date", "actual", "--history", folder]
        assert cli.main(command) == 0
        assert "emea: 5 new orders, 0 changed, 0 gone, 0 the same" in capsys.readouterr().out
        server.edit("sandbox", "0003", title="edited", updatedAt="2026-01-01T00:00:00Z")
        assert cli.main([*command, "--quiet", "--refresh"]) == 0
        assert capsys.readouterr().out == ""
        assert ma.History(folder).snapshots.n_changed.tolist() == [0, 1]
        assert cli.main(["fetch", "--history", str(tmp_path), "--quiet"]) == 1  # the folder of something else
        with pytest.raises(SystemExit):
            cli.main(["fetch", "--history", folder, "--out", "x"])


@pytest.mark.full
def test_a_fetch_of_changes_marks_nothing_as_gone(tmp_path):
    rows = [order(i, updatedAt=f"2025-0{1 + i % 6}-15T00:00:00Z") for i in range(12)]
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": rows}) as server, server.client(**OPTIONS) as client:
        history.add(client)
        changed = client.fetch_purchases(modified_since="2025-06-01")
        assert len(changed.orders) == 2
        with pytest.raises(ma.ConfigError, match=r"\(changed since 2025-06-01\): pass whole=False"):
            history.add(changed)
        for got in (history.add(changed, whole=False), client.fetch_purchases(modified_since="2025-05-01", to=history)):
            assert got[["n_changed", "n_gone"]].to_numpy().sum() == 0
    assert len(history.at().orders) == 12


@pytest.mark.full
def test_the_weeks_of_a_sandbox_are_found_again(tmp_path):
    """What the sandbox says that it did is what the history finds."""
    history = ma.History(tmp_path / "history")
    with ma.sandbox(ma.load_sample("us")) as server, server.client(**OPTIONS | {"per_page": 500}) as client:
        history.add(client, seen_at="2025-12-31")
        events = server.live(2)
        got = history.add(client, seen_at="2026-01-14")
    kinds = {order: set(rows.event) for order, rows in events.groupby("order_number")}
    placed, removed = ({i for i, k in kinds.items() if name in k} for name in ("placed", "removed"))
    assert got.n_new.item() == len(placed - removed) > 2
    assert got.n_gone.item() == len(removed - placed)
    assert got.n_changed.item() == len(kinds.keys() - placed - removed) > 5
    versions = history.versions(["order_number", "required_date"])
    moved = events[(events.event == "postponed") & ~events.order_number.isin(placed | removed)]
    assert set(moved.order_number) <= set(versions[versions.ended_at.notna()].order_number)


@pytest.mark.full
def test_a_folder_that_was_saved_in_parts_is_added_part_by_part(tmp_path, monkeypatch):
    from makini_analytics.purchases import _spool

    monkeypatch.setattr(_spool, "PART_LINES", 10)
    history = ma.History(tmp_path / "history")
    with ma.sandbox({"purchase-orders": [order(i) for i in range(40)]}) as server, server.client(**OPTIONS) as client:
        folder = fetched_in_parts(client, tmp_path / "parts")
    assert len(list((folder / "lines").iterdir())) >= 3
    assert history.add(folder).n_new.tolist() == [40]
    same(history.at(), loaded(folder))
    assert len(history.add(str(folder))) == 0
    assert len(history.add(loaded(folder))) == 0


@pytest.mark.full
def test_a_field_in_lower_case_after_one_that_differs_in_capitals_alone(tmp_path):
    with ma.sandbox({"purchase-orders": [order(1, Foo="x"), order(2, FOO="z")]}) as server:
        client = server.client(progress=False)
        client.fetch_purchases(to=tmp_path / "h")
        server.insert("sandbox", order(3, foo="y"))
        for _ in range(2):
            client.fetch_purchases(to=tmp_path / "h", refresh=True)
        same(ma.History(tmp_path / "h").at(), client.fetch_purchases(refresh=True))
