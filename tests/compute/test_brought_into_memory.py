"""Figures that look at single lines take any engine's frame too: they bring the columns that figures read into memory, and say so."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency, lead_times, quality, slippage, spend, units
from makini_analytics.catalogue import FIGURES
from makini_analytics.charts import captions_of
from makini_analytics.errors import ConfigError, SchemaError
from makini_analytics.frames import _collect, collect
from tests.compute.kinds import AS_OF, KINDS, arrow, same
from tests.tiers import one_in

#: What needs more than lines and a day.
OPTIONS = {
    "spend.tail": {"definition": "share"},
    "spend.per_line": {"basis": "received"},
    "spend.price_dispersion": {"item": "custom.group"},
    "spend.payment_terms": {"by": ("custom.group", "vendor_id")},
}
#: Figures of two sides.
TWO = {"spend.bridge", "slippage.date_changes"}
TAKES_LINES = [
    name
    for name, figure in FIGURES.items()
    if (figure.columns or figure.choices)
    and not figure.any_frame
    and name not in ("lead_times.receipts", "slippage.promise_history")
]


@pytest.fixture(scope="module")
def sample():
    lines = currency.convert(ma.load_sample(["us"]).lines, "EUR", {"USD": 0.9, "CAD": 0.7})
    lines["custom.group"] = lines["material_id"].str[-1:]
    lines.attrs = {}  # a frame of an engine has none
    return lines


def asked(name, make, lines):
    """Call a figure with lines that ``make`` turns into another frame."""
    figure = FIGURES[name]
    options = dict(OPTIONS.get(name, {})) | ({"as_of": AS_OF} if "as_of" in figure.options else {})
    sides = [make(lines)]
    if name == "spend.bridge":
        sides = [make(lines[lines["order_date"] < "2025"]), make(lines[lines["order_date"] >= "2025"])]
    elif name == "slippage.date_changes":
        sides.append(make(lines.assign(required_date=lines["required_date"].shift(1))))
    elif name == "spend.agreed_prices":
        list_ = lines.groupby(["material_id", "vendor_id", "currency"], as_index=False).agg(
            price=("unit_price", "median")
        )
        sides.append(list_)
    return figure.function(*sides, **options)


@pytest.mark.parametrize(("name", "kind"), one_in(9, [(n, k) for n in TAKES_LINES for k in KINDS]))
def test_every_figure_of_lines_is_that_of_pandas_in_every_engine(name, kind, sample):
    want, got = asked(name, lambda x: x, sample), asked(name, KINDS[kind], sample)
    brought = [got.attrs["notes"].pop() for _ in range(2 if name in TWO else 1)]
    same(got, want)
    for said in brought:
        assert re.match(
            r"Brought into memory from \w+: [\d,]+ lines, \d+ of \d+ columns \(connection, order_id, ", said
        )


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_what_an_engine_does_not_count_is_brought_and_the_rest_is_not(kind, sample):
    frame = KINDS[kind](sample)
    for call in (
        lambda x: lead_times.by_vendor(x, as_of=AS_OF, calendar="weekdays"),
        lambda x: slippage.by_vendor(x, as_of=AS_OF, weight="value"),
    ):
        got = call(frame)
        assert "Brought into memory" in str(ma.explain(got))
        del got.attrs["notes"][-1]
        same(got, call(sample))
    assert not any("memory" in note for note in slippage.by_vendor(frame, as_of=AS_OF).attrs["notes"])


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_steps_that_give_lines_back_bring_every_column(kind, sample):
    lines = sample.head(200)
    frame = KINDS[kind](lines)
    steps = (
        lambda x: currency.convert(x, "USD", {"EUR": 1.25}),
        lambda x: units.convert(x, "KGM"),
        lambda x: quality.rename_vendors(x, {"Kugellager Nord AG": "KN"}),
    )
    for step in steps:
        got, want = step(frame), step(lines)
        assert list(got.columns) == list(want.columns)
        pd.testing.assert_frame_equal(
            got.astype(object).fillna("-"), want.astype(object).fillna("-"), check_index_type=False
        )


def test_too_many_lines_are_refused_before_any_is_read(sample, monkeypatch):
    monkeypatch.setattr(_collect, "MOST_LINES", len(sample) - 1)
    for make in KINDS.values():
        with pytest.raises(
            ConfigError, match=r"spend\.price_changes looks at single lines.*are more than the .* that fit; pick some"
        ):
            spend.price_changes(make(sample))
        spend.by_vendor(make(sample))  # counted where they lie, however many


def test_a_missing_column_is_named_with_the_near_ones_before_any_line_is_read(sample, monkeypatch):
    monkeypatch.setattr(_collect, "MOST_LINES", 0)
    for make in KINDS.values():
        with pytest.raises(SchemaError, match=r"slippage\.otif needs the column 'delivered_date'.*near: delivered_dat"):
            slippage.otif(make(sample.rename(columns={"delivered_date": "delivered_dat"})), as_of=AS_OF)


def test_what_the_holder_of_the_lines_knows_comes_with_them(sample):
    held = SimpleNamespace(lines=arrow(sample), attrs={"as_of": "2025-06-30", "source": "lake"})
    got = slippage.open_orders(held)
    assert got.attrs["as_of"] == "2025-06-30"
    assert got.attrs["source"] == "lake"


def test_decimals_dates_beyond_the_end_and_odd_zones_are_read_as_pandas_has_them():
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.sql(
        "SELECT 'a' AS vendor_id, 12.50::DECIMAL(18, 4) AS amount, 'infinity'::DATE AS order_date, '-infinity'::TIMESTAMP AS required_date, true AS is_return"
        " UNION ALL SELECT 'b', NULL, DATE '2025-03-01', TIMESTAMP '2025-03-04 17:00', NULL"
    )
    frame, said = collect(rows)
    assert frame["amount"].tolist()[0] == 12.5
    assert np.isnan(frame["amount"][1])
    assert frame["order_date"].isna().tolist() == [True, False]
    assert frame["required_date"].isna().tolist() == [True, False]
    assert frame["required_date"][1] == pd.Timestamp("2025-03-04 17:00")
    assert str(frame["is_return"].dtype) == "boolean"
    assert said == "Brought into memory from DuckDB: 2 lines, all columns"


@pytest.mark.parametrize("by", [{"custom.group"}, np.array(["custom.group"]), pd.Index(["custom.group"])])
def test_columns_are_brought_by_whatever_list_they_are_named(by, sample):
    got, want = (slippage.by_period(x, by=by, as_of=AS_OF) for x in (arrow(sample), sample))
    pd.testing.assert_frame_equal(got, want)


@pytest.mark.full
def test_a_chart_of_single_lines_takes_them_too(sample):
    import matplotlib.pyplot as plt

    for kind, make in KINDS.items():
        axes = slippage.plot_ageing(make(sample), as_of=AS_OF)
        want = slippage.plot_ageing(sample, as_of=AS_OF)
        assert captions_of(axes).title == captions_of(want).title, kind
    plt.close("all")


def test_nothing_but_a_frame_is_taken():
    for odd in ([1, 2], {"a": 1}, pd.Series([1]), object(), None):
        with pytest.raises(SchemaError, match=r"takes the lines as a DataFrame, not \w+: pass data\.lines"):
            spend.price_changes(odd)
