"""Every figure of spend against plain loops over exact numbers: on the sample, on the real deliveries, on 200 random frames."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.spend._bridge import EFFECTS
from tests.conftest import SCMS, scms_purchases
from tests.tiers import one_in

from . import oracle

AS_OF = date(2025, 8, 17)


def random_lines(seed, n=150):
    """Return lines with all that can be odd: missing keys, returns, services, grams and kilograms, free goods, dates of years."""
    r = np.random.default_rng(seed)

    def pick(values, p=None):
        return pd.array(r.choice(np.array(values, dtype=object), n, p=p), dtype="string")

    quantity = r.integers(1, 50, n).astype(float) * np.where(r.random(n) < 0.05, -1, 1)
    price = r.uniform(1, 20, n)
    frame = pd.DataFrame(
        {
            "connection": pick(["x", "y"]),
            "vendor_id": pick(["a", "b", "c", "d", None]),
            "vendor_name": pick(["A", "B", None]),
            "order_id": pick([str(i) for i in range(40)]),
            "material_id": pick(["m1", "m2", "m3", None]),
            "product_code": pick(["p1", "p2", None]),
            "type": pick(["stock", "Service", "Freight", None], [0.7, 0.1, 0.05, 0.15]),
            "category": pick(["red", "blue", "", None]),
            "unit_of_measure": pick(["KG", "G", None], [0.6, 0.2, 0.2]),
            "currency": pick(["EUR", "USD", None]),
            "state": pick(["open", "received", "closed_short", "unknown", "draft", "cancelled"]),
            "quantity": np.where(r.random(n) < 0.05, np.nan, np.where(r.random(n) < 0.05, 0, quantity)),
            "amount": np.where(
                r.random(n) < 0.04, np.nan, np.where(r.random(n) < 0.04, 0, (quantity * price).round(2))
            ),
            "is_return": pd.array(quantity < 0, dtype="boolean"),
            "order_date": pd.to_datetime("2022-11-20") + pd.to_timedelta(r.integers(0, 1000, n), unit="D"),
        }
    )
    frame.loc[r.random(n) < 0.04, "order_date"] = pd.NaT
    return frame


def sources():
    yield pytest.param("sample", id="sample")
    for name in SCMS:
        yield pytest.param(f"scms {name}", id=f"scms {name}", marks=[pytest.mark.full] if name == "whole" else [])
    for i in range(0, 200, 10):
        yield pytest.param(range(i, i + 10), id=f"random {i}-{i + 9}", marks=[pytest.mark.full] if i else [])


@cache
def frames_of(source):
    """Return the frames of one source; a test must not change them."""
    if source == "sample":
        return [ma.load_sample().lines]
    if isinstance(source, str):
        return [scms_purchases(source.split()[1]).lines]
    return [random_lines(seed) for seed in source]


ROWS = {}


def rows_of(lines):
    """Return ``oracle.records`` of a frame that stays: making them exact takes longer than most tests."""
    if id(lines) not in ROWS:
        ROWS[id(lines)] = lines, oracle.records(lines)
    return ROWS[id(lines)][1]


@pytest.fixture(params=sources())
def frames(request):
    """The frames of one source."""
    return frames_of(request.param)


def plain(value):
    return None if value is None or value is pd.NA or value != value else value


def keyed(result, *columns):
    return [tuple(plain(v) for v in row) for row in result[list(columns)].itertuples(index=False)]


def same(got, want):
    assert np.isclose(float(got), float(want), rtol=1e-9, atol=1e-6), (got, want)


def test_by_vendor(frames):
    for lines in frames:
        want = oracle.by_vendor(rows_of(lines))
        got = spend.by_vendor(lines)
        keys = keyed(got, "connection", "vendor_id", "currency")
        assert sorted(map(str, keys)) == sorted(str((*v, c)) for v, c in want)
        for key, money, n_orders, n_lines in zip(keys, got.spend, got.n_orders, got.n_lines, strict=True):
            s, orders, n = want[key[:2], key[2]]
            same(money, s)
            assert (n_orders, n_lines) == (orders, n)
        by_currency = defaultdict(dict)
        for (v, c), (s, *_) in want.items():
            by_currency[c][v] = s
        for currency, spends in by_currency.items():
            classes = oracle.classes(spends)
            rows = got[got.currency.isna() if currency is None else (got.currency == currency).fillna(False)]
            told = [plain(c) for c in rows.abc_class]
            assert sorted(map(str, told)) == sorted(str(classes[v]) for v in spends)  # equal nets may change places
            total = sum(spends.values())
            if total > 0:
                same(rows.share.sum(), 1)
                assert rows.cumulative_share.max() <= 1


def test_by_any_column(frames):
    for lines in frames:
        want = oracle.by_vendor(rows_of(lines), key=lambda r: r.get("category"))
        got = spend.by_vendor(lines, by="category")
        keys = keyed(got, "category", "currency")
        assert sorted(map(str, keys)) == sorted(map(str, want))
        for key, money in zip(keys, got.spend, strict=True):
            same(money, want[key][0])


def test_by_period_and_the_year_before(frames):
    for lines in frames:
        rows = rows_of(lines)
        want = oracle.months(rows, AS_OF)
        got = spend.by_period(lines, as_of=AS_OF)
        first = pd.Timestamp(min(r["order_date"] for r in rows if oracle.counts(r, AS_OF) and r["order_date"]))
        seen = 0
        for row in got.itertuples():
            year, month = row.period.year, row.period.month
            currency = plain(row.currency)
            s, before = want.get((currency, (year, month)), (0, None))
            same(row.spend, s)
            if not pd.isna(row.spend_year_before):
                assert (year, month) <= (AS_OF.year, AS_OF.month)
                assert pd.Timestamp(year - 1, month, 1) >= first - pd.Timedelta(days=3)
                if before is not None:
                    same(row.spend_year_before, before)
                seen += 1
        assert seen > 5


def test_concentration(frames):
    for lines in frames:
        want = oracle.hhi(rows_of(lines))
        got = spend.concentration(lines)
        got = got[got.n_vendors > 0]
        assert len(got) == len(want)
        for row in got.itertuples():
            index, n = want[plain(row.currency)]
            same(row.hhi, index)
            same(row.effective_vendors, 10_000 / index)
            assert row.n_vendors == n


@pytest.mark.full
def test_tail(frames):
    for lines in frames:
        rows = rows_of(lines)
        got = spend.tail(lines, definition="share")
        spends = defaultdict(dict)
        for (v, c), (s, orders, _) in oracle.by_vendor(rows).items():
            spends[c][v] = (s, orders)
        for currency, mine in spends.items():
            known = {v: s for v, (s, _) in mine.items() if v[1] is not None}
            head = {v for v, k in oracle.classes(known).items() if k == "A" and known[v] > 0}
            part = got[got.currency.isna() if currency is None else (got.currency == currency).fillna(False)]
            part = part.set_index("part")
            same(part.spend.get("head", 0.0), sum(known[v] for v in head))
            same(part.spend.get("tail", 0.0), sum(s for v, s in known.items() if v not in head))
            same(part.spend.sum(), sum(s for s, _ in mine.values()))
            once = sum(1 for v, (_, orders) in mine.items() if v[1] is not None and orders == 1)
            assert part.n_one_time_vendors.sum() == once


@pytest.mark.parametrize("per_vendor", one_in(2, [True, False]))
@pytest.mark.parametrize("baseline", one_in(2, ["previous_period", "last", "first"]))
def test_price_changes(frames, baseline, per_vendor):
    for lines in frames:
        item = oracle.item_of(lines)
        want = oracle.variance(rows_of(lines), item, baseline, per_vendor=per_vendor)
        got = spend.price_changes(lines, baseline=baseline, per_vendor=per_vendor)
        assert len(got) == len(want)
        same(got.ppv.sum(), sum(v or 0 for v, _, _ in want.values()))
        same(got.spend.sum(), sum(s for _, _, s in want.values()))
        assert got.n_first_purchases.sum() == sum(n for _, n, _ in want.values())
        assert sorted(got.ppv.dropna().round(4) + 0.0) == pytest.approx(
            sorted(float(v) for v, _, _ in want.values() if v is not None), abs=1e-3
        )
        some = got[got.ppv.notna() & (got.n_first_purchases == 0)]
        assert np.allclose((some.price - some.base_price) * some.quantity, some.ppv)
        assert np.allclose(some.ppv / (some.base_price * some.quantity), some.ppv_rate)


def test_price_dispersion(frames):
    for lines in frames:
        item = oracle.item_of(lines)
        groups = defaultdict(list)
        for r in rows_of(lines):
            if oracle.priced(r, item):
                unit, q = oracle.measure(r)
                groups[item(r), unit, r["currency"]].append((float(r["amount"] / q), float(q), r))
        got = spend.price_dispersion(lines, min_orders=1)
        assert len(got) == len(groups)
        ceilings, spreads = [], []
        for lots in groups.values():
            middle = np.median([p for p, _, _ in lots])
            usual = sorted((p, q) for p, q, _ in lots if middle / 50 < p < middle * 50)
            so_far = np.cumsum([q for _, q in usual])
            reference = usual[int(np.argmax(so_far >= 0.25 * so_far[-1] * (1 - 1e-12)))][0]
            ceilings.append(sum(max(p - reference, 0) * q for p, q in usual))
            low, mid, high = np.percentile([p for p, _ in usual], [10, 50, 90])
            spreads.append((high - low) / mid)
        assert sorted(got.theoretical_ceiling) == pytest.approx(sorted(ceilings), rel=1e-6, abs=1e-4)
        assert sorted(got.spread) == pytest.approx(sorted(spreads), abs=1e-9)
        assert got.n_lines.sum() == sum(map(len, groups.values()))


def test_bridge(frames):
    for lines in frames:
        middle = lines.order_date.quantile(0.5)
        late = (lines.order_date > middle).fillna(False)
        before, after = lines[~late], lines[late]
        want = oracle.bridge(oracle.records(before), oracle.records(after), oracle.item_of(lines))
        got = spend.bridge(before, after, mixed_units="apart")
        for currency, part in got.groupby(got.currency.fillna("-")):
            bars = part.set_index("effect").value
            mine = want[None if currency == "-" else currency]
            effects = [e for e in EFFECTS if e != "document currency"]  # there is none without a conversion
            for effect in ("before", *effects, "after"):
                same(bars[effect], mine[effect])
            assert abs(bars["after"] - bars["before"] - bars[effects].sum()) < 0.005
        items = spend.bridge(before, after, mixed_units="apart", per_item=True)
        parts = items[["price", "quantity_effect", "currency_effect", "new", "lost"]].sum(axis=1)
        assert np.allclose(parts, items.change, atol=1e-6)


@pytest.mark.full
def test_single_source(frames):
    for lines in frames:
        item = oracle.item_of(lines)
        what = "material" if item is oracle.material else "description"
        recent = lines[(lines.order_date > lines.order_date.quantile(0.8)).fillna(False)]
        want = oracle.single(oracle.records(recent), item)
        got = spend.single_source(recent, item=what)
        assert len(got) == len(want)
        assert sorted(got.spend) == pytest.approx(sorted(map(float, want.values())))
