"""What stays where a history is compacted or something is forgotten; the same for every engine; what can't be right is said."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from tests.history.replay import day, lived, random_days, same

#: Those on a history of three days; `test_replay.py` has a small one of each.
full = pytest.mark.full


@pytest.fixture(scope="module")
def three_days():
    shown = {"a": lived("a", 12, random_days(2, 3, 6)), "b": lived("b", 3, random_days(3, 3, 2))}
    return [ma.concat([shown["a"][n], shown["b"][n]]) for n in range(3)]


@pytest.fixture
def history(three_days, tmp_path):
    made = ma.History(tmp_path / "a history, é")
    for n, data in enumerate(three_days):
        made.add(data, seen_at=day(n))
    return made


@full
def test_one_add_of_several_connections_is_one_commit(history, three_days):
    assert history._table.open().version() == 3  # the first one made the table
    assert history.snapshots.connection.tolist().count("a") == 3
    got = history.add(three_days[2], seen_at=day(9))  # nothing changed, and that is known now
    assert got[["n_new", "n_changed", "n_gone"]].to_numpy().sum() == 0
    assert got.n_same.sum() == len(three_days[2].orders)
    assert day(9) in history.days


@full
def test_compaction_changes_nothing_that_is_known(history, three_days):
    history.compact()
    for n, data in enumerate(three_days):
        same(history.at(day(n)), data)
    ended = history._table.commit()
    assert not any("past=true" in f for f in ended.files("lines", past=False))
    assert any("past=true" in f for f in ended.files("lines", past=True))
    history.compact(keep=1)
    assert history.days.tolist() == [day(1), day(2)]
    for n in (1, 2):
        same(history.at(day(n)), three_days[n])
    with pytest.raises(ma.ConfigError, match="the first snapshot is of 2025-01-02"):
        history.at(day(0))


def names_of(lines):
    return sorted(lines.collect_schema().names() if hasattr(lines, "collect_schema") else lines.columns)


@full
@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_every_engine_counts_what_was_known(history, three_days, engine):
    pytest.importorskip(engine)
    for compacted in (False, True):
        for n, data in enumerate(three_days):
            got = history.scan(day(n), engine=engine)
            pd.testing.assert_frame_equal(spend.by_vendor(got), spend.by_vendor(data))
            assert got.as_of == data.as_of and names_of(got.lines) == sorted(data.lines.columns)
        one = history.scan(connection="b", engine=engine)
        pd.testing.assert_frame_equal(spend.by_vendor(one), spend.by_vendor(three_days[2].filter(connection="b")))
        if not compacted:
            history.compact()


@full
def test_what_others_put_into_the_folder_stays(history, tmp_path):
    folder = tmp_path / "a history, é"
    ours, young = (
        folder / "part=lines/past=false" / f"part-00000-{n}-c000.zstd.parquet" for n in ("killed", "running")
    )
    notes = folder / "notes.txt"
    for path in (ours, young, notes):
        path.write_text("x")
    for path in (ours, notes):
        os.utime(path, (0, 0))
    history.compact()
    assert notes.exists() and young.exists() and not ours.exists()


def bytes_of(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


@full
def test_what_is_forgotten_is_in_no_file(history, three_days, tmp_path):
    import pyarrow.parquet as pq

    folder = tmp_path / "a history, é"
    name = three_days[0].orders.vendor_name.iloc[0]
    n_named = sum(len(d.lines) for d in three_days)
    history.forget(vendor=name)
    for n, data in enumerate(three_days):
        got, kept = history.at(day(n)).lines, data.lines[data.lines.vendor_name != name]
        assert set(got.line_id) == set(kept.line_id) and len(got) == len(kept) < n_named
    erased = history.forget(text="Vendor 1")
    assert erased["lines"] > 0
    assert history.at().lines.vendor_name.isna().any()
    left = [str(pq.read_table(p)) for p in folder.rglob("*.parquet")]
    assert left and not any(name in t or '"Vendor 1"' in t for t in left)
    log = bytes_of(folder / "_delta_log")
    assert name.encode() not in log and b"Vendor 1" not in log
    history.forget(connection="b")
    assert history.snapshots.connection.unique().tolist() == ["a"]


@full
def test_a_part_of_the_purchases_marks_nothing_else_as_gone(history, three_days):
    data = three_days[2]
    with pytest.raises(ma.ConfigError, match=r"are a part \(connection a\)"):
        history.add(data.filter(connection="a"), seen_at=day(5))
    first = data.orders.order_id.iloc[:2]
    orders, lines = (f[(f.connection == "a") & f.order_id.isin(first)] for f in (data.orders, data.lines))
    few = dataclasses.replace(data, orders=orders, lines=lines)
    got = history.add(few, seen_at=day(5), whole=False)
    assert got.n_gone.sum() == 0
    assert len(history.at(day(5)).orders) == len(data.orders)
    # of a span of order dates what lies outside of it stays, and what lies within it and is not there is gone
    since = data.orders.order_date.sort_values().iloc[len(data.orders) // 2]
    sources = data.sources.assign(since=since).astype(data.sources.dtypes.to_dict())
    spanned = dataclasses.replace(few, sources=sources)
    history.add(spanned, seen_at=day(6))
    key = ["connection", "order_id"]
    kept = pd.MultiIndex.from_frame(data.orders[key]).isin(pd.MultiIndex.from_frame(orders[key]))
    before = data.orders[(data.orders.order_date < since) | kept]
    assert set(map(tuple, history.at(day(6)).orders[key].to_numpy())) == set(map(tuple, before[key].to_numpy()))
    assert history.at(day(6)).sources.n_orders.sum() == len(before)
    for engine in ("duckdb", "polars"):  # counted when they are asked for
        pytest.importorskip(engine)
        pd.testing.assert_frame_equal(history.scan(day(6), engine=engine).sources, history.at(day(6)).sources)


def test_what_cant_be_right_is_said(tmp_path):
    history = ma.History(tmp_path / "history")
    table = pd.DataFrame({"order_number": ["1"], "amount": [1.0]})
    data = ma.Purchases.from_table(table, currency="EUR", connection="a")
    with pytest.raises(ma.ConfigError, match="not known when these purchases were seen"):
        history.add(data)
    history.add(data, seen_at="2025-01-01")
    with pytest.raises(ma.ConfigError, match=r"are a part \(connection a\)"):
        history.add(data.filter(connection="a"))
    for wrong in (None, 3, pd.DataFrame(), [1]):
        with pytest.raises(ma.ConfigError, match="add takes Purchases"):
            history.add(wrong)
    with pytest.raises(ma.ConfigError, match="no connection 'c' in this history: there is a"):
        history.at(connection="c")
    with pytest.raises(ma.ConfigError, match="nothing was known yet: the first snapshot is of 2025-01-01"):
        history.at("2024-12-31")
    with pytest.raises(ma.ConfigError, match="is no date"):
        history.at("soon")
    with pytest.raises(ma.ConfigError, match="engine='pandas'"):
        history.scan(engine="pandas")
    with pytest.raises(ma.ConfigError, match="name a vendor="):
        history.forget()
    with pytest.raises(ma.ConfigError, match="can't open a path with '%'"):
        ma.History(tmp_path / "100%")
    with pytest.raises(ma.ConfigError, match=r"can't open a path with '\\n'"):
        ma.History(tmp_path / "of\nthe year")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ma.SchemaError, match="holds no history but something else"):
        ma.History(tmp_path / "mine")
    new = ma.History(tmp_path / "new")
    assert len(new.days) == len(new.snapshots) == 0
    with pytest.raises(ma.ConfigError, match="holds no history yet"):
        new.at()
    assert not (tmp_path / "new").exists()


@pytest.mark.full
def test_a_history_and_saved_purchases_are_told_apart(tmp_path):
    """Both are read alike; each folder refuses what is to be written to the other, and says what takes it."""
    data = ma.load_sample("us")
    history, saved = ma.History(tmp_path / "history"), data.save(tmp_path / "saved")
    history.add(data)
    with pytest.raises(ma.SchemaError, match=r"it is a history, of which ma\.History\(\.\.\.\)\.at\(\) gives"):
        history.add(tmp_path / "history")
    with pytest.raises(ma.SchemaError, match=r"is a history: add to it by ma\.History\('.*history'\)"):
        data.save(tmp_path / "history")
    for write in (ma.History, lambda to: ma.Client("x").fetch_purchases(to=to)):
        with pytest.raises(
            ma.SchemaError, match=r"are added to a history: ma\.History\('another folder'\)\.add\('.*saved'\)"
        ):
            write(saved)
    same(history.at(), data)
    same(ma.Purchases.load(tmp_path / "history"), data)
    scanned = spend.by_vendor(ma.scan(tmp_path / "history"))
    pd.testing.assert_frame_equal(scanned, spend.by_vendor(ma.scan(saved)), rtol=1e-9)


@pytest.mark.full
def test_what_is_nowhere_can_not_be_forgotten_and_two_kinds_are_no_question(history):
    before = len(history.at().lines)
    for wrong in ({"vendor": "NOSUCH"}, {"connection": "A"}, {"text": "nobody"}):
        with pytest.raises(ma.ConfigError, match=r"nowhere in this history.*nothing was erased"):
            history.forget(**wrong)
    with pytest.raises(ma.ConfigError, match="one of them at a time"):
        history.forget(vendor="x", connection="a")  # of both, or of either?
    for odd in ([None], "", 5, {}, b"x"):
        with pytest.raises(ma.ConfigError, match="text"):
            history.forget(text=odd)
    assert len(history.at().lines) == before


def test_a_history_of_which_all_was_forgotten_says_so(history):
    for name in ("a", "b"):
        history.forget(connection=name)
    assert repr(history).endswith(", empty)")
    for read in (history.at, history.scan, history.versions):
        with pytest.raises(ma.ConfigError, match="holds nothing any more"):
            read()


@pytest.mark.full
def test_odd_arguments_of_a_history(history, three_days):
    for odd in (5, [], {}):
        with pytest.raises(ma.ConfigError, match="connection="):
            history.at(connection=odd)
    with pytest.raises(ma.ConfigError, match="columns="):
        history.versions(None)
    with pytest.raises(ma.ConfigError, match="whole=-1: pass True or False"):
        history.add(three_days[0], whole=-1)
    with pytest.raises(ma.ConfigError, match="is no date"):
        history.at("01/06/2025")
