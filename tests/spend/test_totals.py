"""Every function and every grouping adds up to what quality.reconcile says is used, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import quality, spend
from tests.tiers import one_in

PERIODS = ["M", "Q", "Y", "W"]
GROUPINGS = [
    "vendor", "material", "category", "site_id", "ship_to.country", "payment_terms", "currency", "state", "connection", None,
    ["vendor", "category"], ["site_id", "type"],
]  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


@pytest.fixture(scope="module")
def used(data):
    """Currency -> value and lines that the reconciliation calls used."""
    book = quality.reconcile(data).query("part == 'lines' and step == 'used'")
    return book.groupby("currency")[["value", "n_lines"]].sum()


def cents(value):
    return Decimal(repr(float(value))).quantize(Decimal("0.01"))


def agree(result, used):
    got = result.groupby("currency")["spend"].sum()
    assert {c: cents(v) for c, v in got.items()} == {c: cents(v) for c, v in used.value.items()}


@pytest.mark.parametrize("by", one_in(5, GROUPINGS), ids=str)
def test_by_vendor_by_anything(data, used, by):
    result = spend.by_vendor(data.lines, by=by)
    agree(result, used)
    assert result.n_lines.sum() == used.n_lines.sum()


def test_by_a_custom_field(data, used):
    custom = [c for c in data.lines.columns if c.startswith("custom.")]
    assert custom
    agree(spend.by_vendor(data.lines, by=custom[0]), used)


@pytest.mark.parametrize("freq", PERIODS)
@pytest.mark.parametrize("by", one_in(5, [None, "vendor", "category"]))
def test_by_period(data, used, freq, by):
    agree(spend.by_period(data.lines, freq=freq, by=by, fiscal_year_start=4), used)


@pytest.mark.parametrize("options", [{"definition": "share"}, {"definition": "threshold", "threshold": 5e4}], ids=str)
def test_tail(data, used, options):
    agree(spend.tail(data.lines, **options), used)


def left_out(result, *reasons):
    """Return what a result counts and what it leaves out for these reasons, by currency."""
    out = pd.Series(dtype=float)
    for entry in (result.attrs["included"], *(e for e in result.attrs["excluded"] if e["reason"] in reasons)):
        out = out.add(pd.Series(entry["value"], dtype=float), fill_value=0)
    return {c: cents(v) for c, v in out.items()}


NO_PRICE = ("return", "service, charge or frame line", "no material", "no quantity", "zero price", "no order date")


@pytest.mark.parametrize(
    ("function", "options", "reasons"),
    one_in(
        3,
        [
            (spend.price_changes, {}, NO_PRICE),
            (spend.price_changes, {"baseline": "last", "freq": "Q", "per_vendor": False}, NO_PRICE),
            (spend.price_dispersion, {}, NO_PRICE),
            (spend.single_source, {}, ("no material", "several vendors", "no vendor")),
            (spend.concentration, {"by": "category"}, ("no vendor", "of vendors without a positive net")),
        ],
    ),
    ids=["changes", "changes by quarter", "dispersion", "single source", "concentration"],
)
def test_what_is_left_out_is_the_rest(data, used, function, options, reasons):
    result = function(data.lines, **options)
    assert left_out(result, *reasons) == {c: cents(v) for c, v in used.value.items()}
    told = {c: cents(v) for c, v in result.attrs["included"]["value"].items()}
    assert {c: cents(v) for c, v in result.groupby("currency")["spend"].sum().items()} == told


@pytest.mark.parametrize("by", one_in(3, [None, "category", "vendor", ["site_id", "category"]]), ids=str)
def test_the_two_ends_of_the_bridge(data, used, by):
    year = data.lines.order_date.dt.year
    got = spend.bridge(data.lines[(year == 2024).fillna(False)], data.lines[(year == 2025).fillna(False)], by=by)
    ends = got[got.effect.isin(["before", "after"])].rename(columns={"value": "spend"})
    agree(ends, used)


def test_intercompany_and_one_currency_are_the_rest_of_the_same_whole(data, used):
    got = spend.by_vendor(data.lines, currency="EUR", intercompany=["Kugellager Nord AG"])
    apart = {e["reason"]: e["value"] for e in got.attrs["excluded"]}
    assert cents(got.spend.sum() + apart["intercompany"]["EUR"]) == cents(used.value["EUR"])
    assert cents(apart["other currency"]["USD"]) == cents(used.value["USD"])
