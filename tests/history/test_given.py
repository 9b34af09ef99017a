"""What goes into a history, at its edges: connections without an order, odd names, moments and days, the log that outlives `forget`."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.history import _table
from tests.faults.server import order


def table(n, connection="table", day="2025-02-01"):
    rows = pd.DataFrame({"order_number": [f"45{i}" for i in range(n)], "amount": [1.0] * n})
    return ma.Purchases.from_table(rows, currency="EUR", as_of=day, connection=connection)


def counts(told):
    return told[["n_new", "n_changed", "n_gone", "n_same"]].to_numpy().tolist()


@pytest.mark.full
def test_a_connection_without_an_order_is_a_snapshot(tmp_path):
    history = ma.History(tmp_path / "history")
    assert counts(history.add(table(0), seen_at="2025-01-01")) == [[0, 0, 0, 0]]
    assert counts(history.add(table(3), seen_at="2025-02-01")) == [[3, 0, 0, 0]]
    assert counts(history.add(table(0), seen_at="2025-02-02")) == [[0, 0, 3, 0]]
    assert counts(history.add(table(2), seen_at="2025-02-01 12:00")) == [
        [0, 0, 1, 2]
    ]  # in its place between the others
    days = ["2025-01-01", "2025-02-01 00:00", "2025-02-01", "2025-02-02"]
    assert [len(history.at(day).orders) for day in days] == [0, 3, 2, 0]
    assert history.scan().lines.fetchall() == []
    both = [ma.concat([table(n, "x"), table(2, "y")]) for n in (2, 0)]
    for n, data in enumerate(both):
        history.add(data, seen_at=f"2025-03-0{n + 1}")
    assert history.at().lines.connection.tolist() == ["y", "y"]


@pytest.mark.full
def test_an_empty_fetch_and_an_empty_folder_are_snapshots(tmp_path):
    history = ma.History(tmp_path / "history")
    rows = [order(i) for i in range(3)]
    with ma.sandbox({"purchase-orders": rows}) as server, server.client(progress=False) as client:
        assert counts(client.fetch_purchases(to=history)) == [[3, 0, 0, 0]]
        for row in rows:
            server.delete("sandbox", row["key"])
        assert counts(client.fetch_purchases(to=history, refresh=True)) == [[0, 0, 3, 0]]
        assert len(history.at().orders) == 0
        saved = client.fetch_purchases(refresh=True).save(tmp_path / "saved")
        assert counts(history.add(saved)) == [[0, 0, 0, 0]]


def test_the_separator_in_a_name_made_by_hand_takes_no_row_away(tmp_path):
    odd, other = table(2), table(1, "a")
    for frame in (odd.orders, odd.lines, odd.sources):
        frame["connection"] = "a\x1fb"
    for frame in (other.orders, other.lines):
        frame["order_id"] = "b\x1f7"
    history = ma.History(tmp_path / "history")
    data = ma.concat([odd, other])
    assert counts(history.add(data, seen_at="2025-02-01")) == [[2, 0, 0, 0], [1, 0, 0, 0]]
    assert counts(history.add(data, seen_at="2025-02-02")) == [[0, 0, 0, 2], [0, 0, 0, 1]]
    assert history.versions().order_id.tolist() == ["b\x1f7", "450", "451"]


@pytest.mark.parametrize("name", ["a\x1fb", "a\nb", "a\x85"])
def test_names_with_control_characters_are_refused(name):
    with pytest.raises(ma.ConfigError, match="control characters"):
        table(1, name)
    with pytest.raises(ma.ConfigError, match="control characters"):
        ma.Client("tok-1234", connection=name, cache_dir=None)


@pytest.mark.full
def test_a_midnight_with_a_zone_or_a_time_is_a_moment_and_a_date_a_day(tmp_path):
    history = ma.History(tmp_path / "history")
    history.add(table(2), seen_at="2025-02-10 00:00")
    history.add(table(5), seen_at="2025-02-10 15:00")
    moments = [history.snapshots.seen_at[0], pd.Timestamp("2025-02-10 01:00", tz="Europe/Berlin"), "2025-02-10T00:00:00Z", "2025-02-10 00:00"]  # fmt: skip
    days = ["2025-02-10", "20250210", dt.date(2025, 2, 10), pd.Timestamp("2025-02-10"), history.days[0]]
    assert [len(history.at(m).lines) for m in moments] == [2] * 4
    assert [len(history.at(d).lines) for d in days] == [5] * 5


def test_a_forgotten_connection_is_named_in_no_file(tmp_path):
    history = ma.History(tmp_path / "history")
    history.add(ma.concat([table(2, "acme-secret"), table(2, "other")]), seen_at="2025-02-01")
    history.forget(connection="acme-secret")
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert not [p for p in files if b"acme-secret" in p.read_bytes()]


def test_a_history_that_names_its_connections_goes_on_under_these_names(tmp_path, monkeypatch):
    with monkeypatch.context() as m:
        m.setattr(_table, "application", lambda delta, connection: f"connection {connection}")
        ma.History(tmp_path / "history").add(table(2), seen_at="2025-02-01")
    history = ma.History(tmp_path / "history")
    history.add(table(3), seen_at="2025-02-02")
    delta = history._table.open()
    assert delta.transaction_version("connection table") == 2
    assert _table.application(delta, "table") == "connection table" != _table.application(delta, "new")
    assert len(history.at().lines) == 3


def test_what_no_history_can_be_is_said(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ma.ConfigError, match="leads nowhere"):
        ma.History(tmp_path / "loop")
    history = ma.History(tmp_path / "history")
    history.add(table(1))
    with pytest.raises(ma.ConfigError, match="keep=1000000000"):
        history.compact(keep=10**9)
