"""Purchases larger than memory: what goes to a folder part by part is what a fetch into memory gives, and the engines count it there."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.purchases import _spool as parts
from tests.faults.server import order
from tests.purchases.in_parts import fetched_in_parts
from tests.tiers import one_in

for module in ("pyarrow", "duckdb", "polars"):
    pytest.importorskip(module, reason=f"{module}, of the extra 'lake' or its tests, is not installed")
OPTIONS = {"progress": False, "per_page": 50}


@pytest.fixture
def small(monkeypatch):
    """PartWriter of few lines, so that there are many."""
    monkeypatch.setattr(parts, "PART_LINES", 500)


def same(a, b):
    for table in ("orders", "lines", "issues"):
        left, right = getattr(a, table), getattr(b, table)
        if table == "issues":
            # a status that is not understood is listed once in memory, and once in each part, with its own number of rows
            statuses = [set(f.loc[f["column"] == "status", "value"]) for f in (left, right)]
            assert statuses[0] == statuses[1]
            left, right = (f[f["column"] != "status"].sort_values(list(f), ignore_index=True) for f in (left, right))
        pd.testing.assert_frame_equal(left, right[left.columns])
        assert set(left) == set(right)
    assert a.as_of == b.as_of


@pytest.mark.full
def test_a_folder_of_parts_is_the_fetch_into_memory(small, tmp_path):
    with ma.sandbox() as server:
        client = server.client("emea", **OPTIONS)
        whole = client.fetch_purchases(since="2024-06-01")
        folder = client.fetch_purchases(since="2024-06-01", to=tmp_path / "lake")
        place = fetched_in_parts(client, tmp_path / "place", since="2024-06-01")
    assert len(list((place / "lines").iterdir())) > 3
    shutil.rmtree(place.parent)
    back = ma.Purchases.load(folder)
    same(whole, back)
    told = [
        s[["n_orders", "n_lines", "n_pages", "delivery_date"]].to_dict("records") for s in (whole.sources, back.sources)
    ]
    assert told[0] == told[1]
    assert [p.name for p in tmp_path.iterdir()] == ["lake"]  # nothing is left beside it


METRICS = {
    "spend.by_vendor": lambda lines: spend.by_vendor(lines),
    "spend.by_period": lambda lines: spend.by_period(lines),
    "spend.concentration": lambda lines: spend.concentration(lines),
    "lead_times.by_vendor": lambda lines: lead_times.by_vendor(lines),
    "lead_times.curve": lambda lines: lead_times.curve(lines),
    "slippage.by_vendor": lambda lines: slippage.by_vendor(lines),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    data = ma.load_sample()
    return data, data.save(tmp_path_factory.mktemp("saved") / "sample")


@pytest.mark.parametrize("engine", one_in(3, ["duckdb", "polars"]))
@pytest.mark.parametrize("metric", one_in(3, METRICS))
def test_a_scan_gives_the_figures_of_the_lines_in_memory(saved, engine, metric):
    data, folder = saved
    got, want = METRICS[metric](ma.scan(folder, engine=engine)), METRICS[metric](data.lines)
    pd.testing.assert_frame_equal(got, want, rtol=1e-9)
    assert str(ma.explain(got)) == str(ma.explain(want))


@pytest.mark.full
def test_parts_are_scanned_as_one(small, tmp_path):
    with ma.sandbox() as server:
        data = server.client("us", **OPTIONS).fetch_purchases()
        scanned = ma.scan(server.client("us", **OPTIONS).fetch_purchases(to=tmp_path / "us"))
    for name, metric in METRICS.items():
        pd.testing.assert_frame_equal(metric(scanned), metric(data.lines), rtol=1e-9, obj=name)
    assert "lines on disk" in repr(scanned)


@pytest.mark.full
def test_custom_fields_that_come_late_or_change_their_kind(small, tmp_path):
    rows = [order(i) for i in range(1200)]
    for i, row in enumerate(rows):
        row["late"] = i if i < 700 else f"x{i}"
        if i > 600:
            row["fresh"] = True
    rows[0].pop("key")
    rows[0].pop("orderNo", None)
    rows[-1].pop("key")
    rows[-1].pop("orderNo", None)
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(delivery_date="actual", **OPTIONS)
        data = client.fetch_purchases()
        back = ma.Purchases.load(client.fetch_purchases(to=tmp_path / "x"))
    assert back.orders["custom.late"].tolist() == [str(i) if i < 700 else f"x{i}" for i in range(1200)]
    assert back.orders["custom.fresh"].isna().sum() == 601
    pd.testing.assert_frame_equal(
        back.orders.drop(columns=["custom.late"]),
        data.orders.drop(columns=["custom.late"])[back.orders.columns.drop("custom.late")],
    )
    assert back.orders.order_id.is_unique


def test_all_or_nothing(small, tmp_path):
    with ma.sandbox() as server:
        client = server.client("emea", backoff=0.01, **OPTIONS)
        server.misbehave("500", connection="emea", page=9, times=20)
        with pytest.raises(ma.MakiniError):
            client.fetch_purchases(to=tmp_path / "lake")
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with ma.sandbox() as server, pytest.raises(ma.SchemaError, match="something else"):
        server.client("emea", **OPTIONS).fetch_purchases(to=tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").exists()


@pytest.mark.full
def test_a_second_fetch_brings_what_changed_and_another_connection_goes_beside(small, tmp_path):
    with ma.sandbox() as server:
        emea, us = (server.client(name, **OPTIONS) for name in ("emea", "us"))
        folder = emea.fetch_purchases(to=tmp_path / "x")
        assert us.fetch_purchases(to=str(folder)) == folder

        def asked():
            return sum(r.path.endswith("/erp/purchase-orders") and r.connection == "us" for r in server.requests)

        before = asked()
        both = {name: server.tokens[name] for name in ("emea", "us")}
        again = ma.fetch_all(both, to=folder, base_url=server.base_url, progress=False)
        assert (again.data, again.errors) == (None, {})
        assert asked() - before < 5  # of some ten pages
        data = ma.concat([emea.fetch_purchases(), us.fetch_purchases()])
    same(ma.Purchases.load(folder), data)


@pytest.mark.full
def test_all_after_a_span_is_all_though_the_cache_held_it_first(tmp_path):
    with ma.sandbox() as server:
        client = server.client("us", progress=False, cache_dir=tmp_path / "cache")
        data = client.fetch_purchases()
        for span in ({"since": "2025-06-01"}, {}):
            folder = client.fetch_purchases(**span, to=tmp_path / "x")
    assert len(ma.Purchases.load(folder).lines) == len(data.lines)


def test_a_place_that_can_not_be_made_and_one_that_can_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with ma.sandbox() as server, pytest.raises(ma.ConfigError, match="file is a file"):
        server.client("us", **OPTIONS).fetch_purchases(to=tmp_path / "file" / "x")
    assert server.requests == []

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_dir", refused)
    with pytest.raises(ma.SchemaError, match="can't be read: Permission denied"):
        ma.Purchases.load(tmp_path)


@pytest.mark.parametrize("to", one_in(3, ["s3://bucket/orders", 5, ""]))
def test_a_place_that_is_none_is_said_before_anything_is_asked(to):
    with ma.sandbox() as server, pytest.raises(ma.ConfigError, match="to"):
        server.client("us", **OPTIONS).fetch_purchases(to=to)
    assert server.requests == []


@pytest.mark.full
def test_what_was_fetched_in_parts_by_an_earlier_version_goes_to_a_history(small, tmp_path):
    with ma.sandbox() as server:
        client = server.client("us", **OPTIONS)
        span = {"since": "2025-01-01"}
        data, old = client.fetch_purchases(**span), fetched_in_parts(client, tmp_path / "place", **span)
        assert len(list((old / "lines").iterdir())) > 1
        for read in (ma.Purchases.load, ma.scan):
            with pytest.raises(
                ma.SchemaError, match=r"in parts, by an earlier version: ma\.History\('another folder'\)\.add"
            ):
                read(old)
        ma.History(tmp_path / "history").add(old)
        client.fetch_purchases(**span, to=tmp_path / "history")
    same(ma.Purchases.load(tmp_path / "history"), data)


@pytest.mark.parametrize(
    ("make", "options", "says"),
    [
        (lambda p: p, {}, "no saved purchases"),
        (lambda p: ma.load_sample(["us"]).save(p / "x"), {"engine": "sqlite"}, "duckdb"),
    ],
)
def test_what_can_not_be_scanned_is_said(make, options, says, tmp_path):
    with pytest.raises(ma.MakiniError, match=says):
        ma.scan(make(tmp_path), **options)


@pytest.mark.full
def test_what_is_missing_in_one_part_takes_its_kind_from_the_others(small, tmp_path):
    rows = [order(i) for i in range(900)]
    for i, row in enumerate(rows):
        row |= {
            "number": None if i < 500 else i / 2,
            "flag": None if i < 500 else True,
            "day": None if i > 300 else "2025-01-05",
        }
    with ma.sandbox({"purchase-orders": rows}) as server:
        client = server.client(delivery_date="actual", **OPTIONS)
        data, folder = client.fetch_purchases(), client.fetch_purchases(to=tmp_path / "x")
    same(data, ma.Purchases.load(folder))
    assert data.orders["custom.number"].dtype == "float64"
    halves = [data.orders[:500].assign(connection="a"), data.orders[500:].assign(connection="b")]
    both = ma.concat([ma.Purchases(h, data.lines[:0]) for h in halves])
    assert [str(both.orders[f"custom.{c}"].dtype) for c in ("number", "flag")] == ["float64", "boolean"]


@pytest.mark.full
def test_offline_from_the_cache_and_into_a_folder_of_any_name(small, tmp_path):
    with ma.sandbox() as server:
        n = len(server.client("emea", cache_dir=tmp_path / "cache", progress=False).fetch_purchases().lines)
        offline = server.client("emea", cache_dir=tmp_path / "cache", offline=True, progress=False)
        folder = offline.fetch_purchases(to=tmp_path / "data *?'1'")
    for engine in ("duckdb", "polars"):
        said = lead_times.by_vendor(ma.scan(folder, engine=engine)).attrs
        assert said["included"]["n_lines"] + sum(e["n_lines"] for e in said["excluded"]) == n


@pytest.mark.full
def test_a_link_to_a_folder_stays_one(small, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there", target_is_directory=True)
    with ma.sandbox() as server:
        server.client("us", **OPTIONS).fetch_purchases(to=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(ma.Purchases.load(tmp_path / "there").lines) > 1000
