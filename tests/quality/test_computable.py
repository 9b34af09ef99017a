"""Whether a figure can be computed is found out from a few lines: it is what all of them say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import quality
from makini_analytics.frames import FIGURE_COLUMNS
from makini_analytics.quality import _computable
from tests.tiers import one_in

WORLDS = 24


def scarce(data, seed):
    """Return purchases of which some columns have values on a few lines of a connection only, or on none."""
    rng = np.random.default_rng(seed)
    lines = data.lines.copy()
    for column in rng.choice([c for c in FIGURE_COLUMNS if c in lines and c != "connection"], 8, replace=False):
        mine = np.flatnonzero(lines["connection"] == rng.choice(["emea", "us", "apac"]))
        kept = rng.choice(mine, rng.choice([0, 1, 5, 50]), replace=False)
        lines[column] = lines[column].mask(np.isin(np.arange(len(lines)), np.setdiff1d(mine, kept)))
    if seed % 3 == 0:  # one after the other, as they never are in an export
        lines = lines.iloc[rng.permutation(len(lines))].reset_index(drop=True)
    if seed % 4 == 1:
        lines = lines[(lines["connection"] != "us") | (np.arange(len(lines)) % 400 == 0)].reset_index(drop=True)
    lines.attrs = data.lines.attrs
    return replace(data, lines=lines)


@pytest.mark.parametrize("seed", one_in(24, list(range(WORLDS))))
@pytest.mark.parametrize("few", [(20, 200), pytest.param((4, 5), marks=pytest.mark.full), (1, 1)])
def test_some_lines_say_of_every_figure_what_all_lines_say(seed, few, monkeypatch):
    data = scarce(ma.load_sample(), seed)
    monkeypatch.setattr(_computable, "_STRETCHES", few[0])
    monkeypatch.setattr(_computable, "_FEW", few[1])
    for as_of in (None, "2025-06-30"):
        full = quality.coverage(data, as_of=as_of).query("table == 'metrics'").reset_index(drop=True)
        got = quality.coverage(data, as_of=as_of, counts=False)
        assert list(got) == ["connection", "table", "name", "computable", "evidence"]
        pd.testing.assert_frame_equal(
            got[["connection", "name", "computable"]], full[["connection", "name", "computable"]]
        )
        assert got["evidence"].isna().tolist() == got["computable"].tolist()
        not_computable = ~got["computable"].astype(bool)
        assert got.loc[not_computable, "evidence"].equals(full.loc[not_computable, "evidence"])


@pytest.mark.full
def test_the_worlds_hold_what_they_should_find():
    """Of some figures few lines say no and all of them say yes: else the test above would hold for a look at few lines alone."""
    found = 0
    for seed in range(8):
        data = scarce(ma.load_sample(), seed)
        some = ma.Purchases(
            data.orders, data.lines.groupby("connection").head(20), sources=data.sources, as_of=data.as_of
        )
        of_some, of_all = (quality.coverage(d, counts=False)["computable"] for d in (some, data))
        found += int((of_all & ~of_some).sum())
    assert found > 20


@pytest.mark.parametrize("plot", [False, True])
def test_no_lines_are_no_error(plot):
    nothing = ma.Purchases.from_table(pd.DataFrame({"amount": []}), as_of="2025-01-01")
    if plot:
        quality.plot_coverage(nothing, counts=False)
    else:
        got = quality.coverage(nothing, counts=False)
        assert got.dtypes.equals(quality.coverage(ma.load_sample(["us"]), counts=False).dtypes)


def test_a_chart_without_counts_says_yes_and_no():
    ax = quality.plot_coverage(ma.load_sample(["us"]), counts=False)
    assert {"yes", "no"} <= {t.get_text() for t in ax.texts}
    assert "%" not in " ".join(t.get_text() for t in ax.texts)


def test_lines_without_any_day_are_no_error():
    data = ma.Purchases.from_table(pd.DataFrame({"vendor_name": ["A", "B"], "amount": [1.0, 2.0], "currency": "EUR"}))
    full = quality.coverage(data).query("table == 'metrics'").reset_index(drop=True)
    got = quality.coverage(data, counts=False)
    assert got["computable"].equals(full["computable"])
    assert 0 < got["computable"].sum() < len(got)
    assert got["evidence"].dropna().equals(full["evidence"][~full["computable"].astype(bool)])


@pytest.mark.parametrize("share", one_in(3, [0.948, 0.94, 0.96]))
def test_whether_the_days_of_deliveries_are_recorded_all_lines_tell(share):
    """Of few lines more may have a day than of all: 15 figures were computable that have no row."""
    rng, n = np.random.default_rng(0), 12_000
    ordered = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 700, n)), unit="D")
    came = pd.Series(ordered + pd.to_timedelta(rng.integers(5, 40, n), unit="D"))
    table = pd.DataFrame(
        {"order_number": [f"P{i // 3}" for i in range(n)], "line_number": [str(i % 3) for i in range(n)]}
    )
    table = table.assign(
        vendor_name=rng.choice(["A", "B", "C"], n),
        order_date=ordered,
        required_date=ordered + pd.Timedelta(days=20),
        delivered_date=came.mask(np.arange(n) % 1000 >= 1000 * share),  # in a stretch nearly all, or nearly none
        status="received",
        quantity=1.0,
        received_quantity=1.0,
        amount=5.0,
        currency="EUR",
    )
    data = ma.Purchases.from_table(table, connection="x", as_of="2025-06-30")
    full = quality.coverage(data).query("table == 'metrics'").reset_index(drop=True)
    assert full.set_index("name").loc["slippage.by_vendor", "computable"] == (share > 0.95)
    assert quality.coverage(data, counts=False)["computable"].equals(full["computable"])
