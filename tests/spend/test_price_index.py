"""The price index against another program's published figures, against plain loops, and by what an index must satisfy."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import exp, log
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, currency, explain, spend
from makini_analytics.charts import captions_of
from tests.tiers import one_in

from . import oracle
from .test_oracle import frames_of, random_lines, rows_of, sources

PUBLISHED = Path(__file__).parent / "published_index"
MONTHS = pd.period_range("2024-01", periods=60, freq="M")


def table(prices, quantities=None, **more):
    """Return lines from an array of prices, a row per item and a column per month; missing where nothing was bought."""
    prices = np.asarray(prices, dtype=float)
    quantities = np.ones_like(prices) if quantities is None else np.asarray(quantities, dtype=float)
    item, month = np.nonzero(~np.isnan(prices))
    frame = pd.DataFrame(
        {
            "product_code": [f"P{i:03}" for i in item],
            "order_date": MONTHS[month].to_timestamp() + pd.Timedelta(days=9),
            "quantity": quantities[item, month],
            "amount": prices[item, month] * quantities[item, month],
        }
    )
    return frame.assign(**({"unit_of_measure": "EA", "currency": "EUR", "vendor_id": "v"} | more))


def bought(seed, items=30, months=8, fill=0.8, rise=0.0):
    """Return random prices and quantities that have nothing to do with each other."""
    r = np.random.default_rng(seed)
    prices = r.lognormal(2, 0.5, (items, 1)) * np.exp(rise * np.arange(months)) * r.lognormal(0, 0.1, (items, months))
    prices[r.random(prices.shape) > fill] = np.nan
    return prices, r.integers(20, 100, prices.shape)


def index_of(lines, **options):
    return spend.price_index(lines, **options)["index"].to_numpy()


# ---- against others -----------------------------------------------------------------------------------------------------


def published_lines():
    found = pd.read_csv(PUBLISHED / "prices.csv", parse_dates=["month"])
    return pd.DataFrame(
        {
            "product_code": found["id"],
            "category": found["group"],
            "order_date": found["month"],
            "quantity": found["quantity"],
            "amount": found["price"] * found["quantity"],
            "currency": "EUR",
        }
    )


@pytest.mark.parametrize(("name", "window"), [("pure", 19), ("pure", 25), ("mean_pub", 13)])
def test_it_is_what_another_program_published(name, window):
    want = pd.read_csv(PUBLISHED / f"{name}.csv")
    got = spend.price_index(published_lines(), by="category", window=window)
    assert got["category"].tolist() == want["group"].tolist()
    np.testing.assert_allclose(got["index"] / 100, want["index_value"], rtol=0, atol=1e-12)


def test_the_usual_price_trends_point_elsewhere():
    last = spend.price_index(published_lines(), by="category").groupby("category").tail(1).set_index("category")
    moves = (last[["index", "chained", "unit_value"]] - 100).round(1)
    assert moves.loc["abc"].tolist() == [-7.6, 5.1, 30.7]
    assert moves.loc["bcd"].tolist() == [18.5, 14.2, 9.0]
    assert moves.loc["cde"].tolist() == [-53.9, -23.5, -66.1]


def loops(lots, *, window=25, min_items=5, min_share=0.2):
    """Return month -> level (or None), in plain loops, from item -> month -> (spend, quantity); levels by least squares over pairs."""
    months = sorted({m for of in lots.values() for m in of})

    def rise(a, b):
        both = [of for of in lots.values() if a in of and b in of]
        if len(both) < min_items:
            return None
        total_a, total_b = sum(of[a][0] for of in both), sum(of[b][0] for of in both)
        out = 0.0
        for of in both:
            (va, qa), (vb, qb) = of[a], of[b]
            out += (va / total_a + vb / total_b) / 2 * log((vb / qb) / (va / qa))
        return out

    rises = {(a, b): r for a, b in combinations(months, 2) if b - a < window and (r := rise(a, b)) is not None}

    def levels(inside):
        """Return sets of months that hang together, each with its levels."""
        left, sets = list(inside), []
        while left:
            found, todo = [], [left[0]]
            while todo:
                m = todo.pop()
                if m not in found:
                    found.append(m)
                    todo += [k for k in left if (min(k, m), max(k, m)) in rises]
            left = [m for m in left if m not in found]
            found.sort()
            links = [(a, b) for a, b in combinations(found, 2) if (a, b) in rises]
            design = np.zeros((len(links), len(found)))
            for i, (a, b) in enumerate(links):
                design[i, found.index(a)], design[i, found.index(b)] = -1, 1
            fit = np.linalg.lstsq(design, np.array([rises[k] for k in links]), rcond=None)[0] if links else np.zeros(1)
            sets.append(dict(zip(found, fit, strict=True)))
        return sets

    def share(m, others):
        of_month = [of for of in lots.values() if m in of]
        matched = [of for of in of_month if any(o in of for o in others if o != m)]
        return sum(of[m][0] for of in matched) / sum(of[m][0] for of in of_month)

    first_link = min((b for _, b in rises), default=None)
    if first_link is None:
        return dict.fromkeys(months)
    start = max(months[0], first_link - window + 1)
    opening = [m for m in months if start <= m < start + window]
    good = [{m: y for m, y in s.items() if share(m, opening) >= min_share} for s in levels(opening) if len(s) > 1]
    main = max(good, key=lambda s: (len(s), -min(s, default=0)), default={})
    out = dict.fromkeys(months)
    if len(main) > 1:
        out |= {m: y - main[min(main)] for m, y in main.items()}
    for t in months:
        inside = [m for m in months if t - window < m <= t]
        if t < start + window or share(t, inside) < min_share:
            continue
        mine = next(s for s in levels(inside) if t in s)
        ways = [out[m] + mine[t] - y for m, y in mine.items() if m != t and out[m] is not None]
        out[t] = sum(ways) / len(ways) if ways else None
    return out


def lots_of(lines):
    """Return (group, currency) -> item -> month -> (spend, quantity) of lines that all have a price."""
    out = defaultdict(lambda: defaultdict(dict))
    for r in lines.itertuples():
        month = r.order_date.year * 12 + r.order_date.month
        of = out[r.currency][r.product_code, r.unit_of_measure]
        v, q = of.get(month, (0.0, 0.0))
        of[month] = (v + r.amount, q + r.quantity)
    return out


SEEDS = [pytest.param(i, marks=[pytest.mark.full] if i >= 20 else []) for i in range(200)]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_what_plain_loops_find(seed):
    """Thin frames with gaps, months that nothing links, and windows that move on."""
    r = np.random.default_rng(seed)
    prices, quantities = bought(
        seed, items=int(r.integers(2, 25)), months=int(r.integers(1, 16)), fill=r.uniform(0.1, 0.9)
    )
    prices[:, r.random(prices.shape[1]) < 0.2] = np.nan
    lines = table(prices, quantities).sample(frac=1, random_state=seed)
    lines["currency"] = r.choice(["EUR", "USD"], len(lines), p=[0.8, 0.2])
    window, least, share = int(r.integers(2, 12)), int(r.integers(2, 6)), float(r.choice([0, 0.2, 0.7]))
    got = spend.price_index(lines, window=window, min_items=least, min_share=share)
    levels = {
        (code, m): y
        for code, lots in lots_of(lines).items()
        for m, y in loops(lots, window=window, min_items=least, min_share=share).items()
    }
    assert len(got) >= len(levels)
    for row in got.to_dict("records"):
        want = levels.pop((row["currency"], row["period"].year * 12 + row["period"].month), None)
        assert np.isnan(row["index"]) if want is None else row["index"] == pytest.approx(100 * exp(want), rel=1e-11)
        assert pd.isna(row["reason"]) == (want is not None)
    assert not levels


def lots_of_any(rows, item):
    """Return currency -> item -> quarter -> (spend, quantity) of the lines that have a price, slips left out."""
    lines, prices = defaultdict(list), defaultdict(list)
    for r in rows:
        if oracle.priced(r, item) and r["order_date"] is not None:
            unit, quantity = oracle.measure(r)
            lines[r["currency"], item(r), unit].append((r["order_date"], r["amount"], quantity))
            prices[r["currency"], item(r), unit].append(r["amount"] / quantity)
    out = defaultdict(lambda: defaultdict(dict))
    for (code, *key), bought in lines.items():
        middle = median(prices[code, *key])
        for day, amount, quantity in bought:
            if middle / 50 < amount / quantity < middle * 50:
                of, quarter = out[code][tuple(key)], day.year * 4 + (day.month - 1) // 3
                v, q = of.get(quarter, (0, 0))
                of[quarter] = (v + amount, q + quantity)
    return {
        c: {k: {m: (float(v), float(q)) for m, (v, q) in of.items()} for k, of in lots.items()}
        for c, lots in out.items()
    }


@pytest.mark.parametrize("source", list(sources()))
def test_any_lines_give_what_plain_loops_find(source):
    """The sample in eight currencies, the real deliveries, and random frames with all that can be odd."""
    n_figures = 0
    for lines in frames_of(source):
        got = spend.price_index(lines, freq="Q", window=6, min_items=2)
        found = {
            (None if pd.isna(c) else c, p.year * 4 + p.quarter - 1): v
            for c, p, v in zip(got["currency"], got["period"], got["index"], strict=True)
        }
        for code, lots in lots_of_any(rows_of(lines), oracle.item_of(lines)).items():
            for quarter, level in loops(lots, window=6, min_items=2).items():
                index = found.pop((code, quarter))
                assert np.isnan(index) if level is None else index == pytest.approx(100 * exp(level), rel=1e-10)
                n_figures += level is not None
        assert all(np.isnan(v) for v in found.values())
        assert got.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(lines)
    assert n_figures > 1  # the extract of the real deliveries is thin


# ---- what an index must satisfy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [4, 25])
def test_prices_that_stay_are_no_change_whatever_is_bought(window):
    prices, quantities = bought(1)
    constant = np.where(np.isnan(prices), np.nan, np.nanmax(prices, axis=1, keepdims=True))
    got = spend.price_index(table(constant, quantities), window=window)
    assert got[["index", "low", "high", "chained"]].to_numpy() == pytest.approx(100, abs=1e-9)
    assert (got["unit_value"] - 100).abs().max() > 5


@pytest.mark.parametrize("window", [4, 25])
def test_prices_that_move_together_move_the_index_as_much(window):
    prices, quantities = bought(2)
    path = np.array([1, 1.05, 1.02, 0.9, 1.0, 1.3, 1.31, 1.1])
    together = np.where(np.isnan(prices), np.nan, np.nanmax(prices, axis=1, keepdims=True) * path)
    got = spend.price_index(table(together, quantities), window=window)
    for column in ("index", "low", "high", "chained"):
        assert got[column].to_numpy() == pytest.approx(100 * path, rel=1e-12)


def test_time_reversed_the_index_is_one_over_it_and_the_base_does_not_matter():
    prices, quantities = bought(3)
    forth = index_of(table(prices, quantities))
    back = index_of(table(prices[:, ::-1], quantities[:, ::-1]))[::-1]
    np.testing.assert_allclose(forth[1:] / forth[:-1], back[1:] / back[:-1], rtol=1e-12)
    # transitive: within a window the months may come in any order, and the way from one to another stays the same
    order = np.random.default_rng(0).permutation(8)
    mixed = index_of(table(prices[:, order], quantities[:, order]))
    np.testing.assert_allclose(mixed / mixed[0], forth[order] / forth[order[0]], rtol=1e-12)


def test_the_chained_index_drifts_where_prices_come_back():
    """Each item is on sale in turn, and is then bought in bulk: after a year all is as it was."""
    since = (np.arange(13)[None, :] - np.arange(6)[:, None]) % 6  # the last sale
    lines = table(np.where(since == 0, 50.0, 100.0), np.array([20.0, 1, 1, 2, 4, 6])[since])
    got = spend.price_index(lines)
    first, later = got.iloc[0], got.iloc[[6, 12]]
    assert later["index"].to_numpy() == pytest.approx(first["index"], rel=1e-12)
    assert (later["chained"] - 100).abs().min() > 1


@pytest.mark.parametrize("window", [5, 25])
def test_a_planted_rise_of_five_percent_is_found(window):
    prices, quantities = bought(4, items=120, months=12)
    prices[:, 6:] *= 1.05
    last = spend.price_index(table(prices, quantities), window=window).iloc[-1]
    assert last["low"] < 105 < last["high"]
    assert last["low"] > 100
    assert abs(last["index"] - 105) < 3


def test_new_items_are_no_change_of_price_and_the_average_price_says_they_are():
    prices, quantities = np.full((20, 6), 10.0), np.full((20, 6), 5.0)
    prices[10:] = 1000
    prices[10:, :3] = np.nan
    got = spend.price_index(table(prices, quantities))
    assert got["index"].to_numpy() == pytest.approx(100)
    assert got["unit_value"].iloc[-1] == pytest.approx(5050)


def test_neither_the_order_of_rows_nor_the_unit_nor_the_day_matters():
    prices, quantities = bought(5)
    lines = table(prices, quantities, unit_of_measure="KG")
    want = spend.price_index(lines, window=5)
    half = lines.index % 2 == 0
    grams = lines.assign(
        unit_of_measure=np.where(half, "G", "KG"), quantity=lines["quantity"] * np.where(half, 1000, 1)
    )
    split = pd.concat([lines.assign(quantity=lines["quantity"] * w, amount=lines["amount"] * w) for w in (0.3, 0.7)])
    other_days = lines.assign(order_date=lines["order_date"] + pd.Timedelta(days=18))
    for other in (lines.sample(frac=1, random_state=1), grams, split, other_days):
        got = spend.price_index(other, window=5)
        pd.testing.assert_frame_equal(got, want, rtol=1e-11, check_exact=False)


def test_a_rate_that_moves_is_no_move_of_prices():
    prices, quantities = bought(6)
    dollars = table(prices, quantities, currency="USD")
    rates = pd.DataFrame(
        {"date": MONTHS[:8].to_timestamp(), "currency": "USD", "rate": [0.9, 0.8, 1.1, 1.2, 0.5, 0.6, 0.7, 1.0]}
    )
    got = spend.price_index(currency.convert(dollars, "EUR", rates, max_gap_days=31))
    want = spend.price_index(dollars)
    columns = ["index", "low", "high", "chained", "unit_value", "matched_share"]
    np.testing.assert_allclose(got[columns], want[columns], rtol=1e-9)
    assert set(got["currency"]) == {"EUR"}


def test_what_was_published_is_not_revised():
    prices, quantities = bought(7, months=20, fill=0.4)
    columns = ["period", "index", "low", "high", "chained", "matched_share", "n_items", "reason"]
    whole = spend.price_index(table(prices, quantities), window=6)[columns]
    for months in range(6, 20):
        then = spend.price_index(table(prices[:, :months], quantities[:, :months]), window=6)[columns]
        steady = [c for c in columns if c not in ("low", "high")]  # an item that is new since is one more to leave out
        pd.testing.assert_frame_equal(then[steady], whole[steady].iloc[:months], rtol=1e-11, check_exact=False)


@pytest.mark.parametrize(
    ("items", "runs"), [(12, 60), *(pytest.param(n, 200, marks=pytest.mark.full) for n in (8, 15, 40, 200))]
)
def test_the_band_covers(items, runs):
    """Items of very different size wander around a common rise: in 95 of 100 cases the band should hold it."""
    r = np.random.default_rng(items)
    hit = []
    for _ in range(runs):
        noise = r.normal(0, 0.03, (items, 12)).cumsum(axis=1) + r.normal(0, 0.05, (items, 12))
        prices = 10 * np.exp(noise + 0.01 * np.arange(12))
        last = spend.price_index(table(prices, r.lognormal(0, 1, (items, 1)) * r.lognormal(0, 0.5, (items, 12)))).iloc[
            -1
        ]
        hit.append(last["low"] <= 100 * exp(0.11) <= last["high"])
    assert np.mean(hit) >= 0.95 - 0.04 - 2 * np.sqrt(0.05 * 0.95 / runs)
    assert np.mean(hit) < 1 or runs < 100


# ---- what counts, and what has no figure --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", one_in(3, range(5)))
def test_included_and_left_out_are_all(seed):
    lines = random_lines(seed)
    for options in (
        {},
        {"by": "category", "freq": "Q"},
        {"by": "vendor", "per_vendor": True, "min_items": 2},
        {"currency": "EUR"},
    ):
        got = spend.price_index(lines, **options)
        assert got.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(lines)
        assert not got.duplicated([*got.columns[: list(got.columns).index("currency") + 1]]).any()
        assert (got["reason"].isna() == got["index"].notna()).all()
        known = got[got["index"].notna()]
        assert (known["low"] <= known["index"] + 1e-9).all()
        assert (known["high"] >= known["index"] - 1e-9).all()


def test_returns_free_goods_services_slips_and_lines_without_a_day_are_left_out_and_counted():
    prices, quantities = bought(8)
    lines = table(prices, quantities)
    odd = lines.iloc[:6].assign(
        amount=[-5.0, 0.0, 5.0, 5.0, *(lines["amount"].iloc[4:6] * 100)],
        quantity=[-1.0, 1.0, 1.0, np.nan, *lines["quantity"].iloc[4:6]],
        type=[None, None, "Service", None, None, None],
    )
    odd.loc[odd.index[5], "order_date"] = pd.NaT
    both = pd.concat([lines.assign(type=None), odd], ignore_index=True)
    got = spend.price_index(both)
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {
        "return": 1, "zero price": 1, "service, charge or frame line": 1, "no quantity": 1, "price 50 times off": 1, "no order date": 1,
    }  # fmt: skip
    pd.testing.assert_frame_equal(got, spend.price_index(lines))


def test_a_period_without_lines_and_one_of_new_items_have_no_figure_and_a_reason():
    prices = np.full((12, 6), np.nan)
    prices[:6, [0, 1, 4, 5]] = 10
    prices[6:, 3] = 10
    prices[6, 5] = 10  # the only one of the newcomers that is bought again
    got = spend.price_index(table(prices))
    assert got["index"].fillna(0).tolist() == pytest.approx([100, 100, 0, 0, 100, 100])
    assert got["reason"].fillna("").tolist() == ["", "", "no lines with a price", "too few matched items", "", ""]
    assert got["matched_share"].isna().tolist() == [False, False, True, False, False, False]
    assert got["n_items"].tolist() == [6, 6, 0, 1, 6, 7]
    assert "of 6 periods have no figure" in explain(got)


def test_too_little_matched_spend_is_no_figure():
    prices = np.full((7, 3), 10.0)
    prices[5, :2], prices[6] = np.nan, np.nan
    prices[5, 2] = 1000  # once bought: 95 % of the month
    got = spend.price_index(table(prices))
    assert got["matched_share"].tolist() == pytest.approx([1, 1, 50 / 1050])
    assert got["reason"].fillna("").tolist() == ["", "", "too little matched spend"]
    assert index_of(table(prices), min_share=0).tolist() == pytest.approx([100, 100, 100])


def test_a_set_of_periods_that_nothing_links_to_the_others_has_no_figure():
    prices = np.full((12, 8), np.nan)
    prices[:6, :5], prices[6:, 5:] = 10, 10
    got = spend.price_index(table(prices))
    assert got["index"].notna().tolist() == [True] * 5 + [False] * 3
    assert set(got["reason"].dropna()) == {"no link to the base period"}


def test_no_lines_one_line_one_period():
    lines = table(*bought(9))
    empty, one = spend.price_index(lines.iloc[:0]), spend.price_index(lines.iloc[:1])
    pd.testing.assert_series_equal(empty.dtypes, spend.price_index(lines).dtypes)
    assert len(empty) == 0
    assert len(one) == 1
    assert np.isnan(one["index"].item())
    assert one["reason"].item() == "too few matched items"
    month = spend.price_index(lines[lines["order_date"] < "2024-02"])
    assert month["index"].isna().all()
    far = pd.concat([lines, lines.iloc[:1].assign(order_date=pd.Timestamp("1925-03-01"))])
    assert spend.price_index(far, freq="Y").iloc[-1]["n_items"] == 0


def test_currencies_and_groups_have_an_index_each():
    lines = pd.concat(
        [
            table(*bought(i, items=20), currency=c, site_id=s)
            for i, (c, s) in enumerate([("EUR", "a"), ("USD", "a"), ("EUR", "b")])
        ]
    )
    got = spend.price_index(lines, by="site_id")
    assert list(got.columns[:3]) == ["site_id", "period", "currency"]
    for (site, code), rows in got.groupby(["site_id", "currency"]):
        alone = spend.price_index(lines[(lines["site_id"] == site) & (lines["currency"] == code)])
        pd.testing.assert_frame_equal(rows.drop(columns="site_id").reset_index(drop=True), alone)
    dear = table(np.full((6, 2), 10.0)), table(np.full((6, 2), 20.0), vendor_id="w")
    moved = pd.concat(
        [dear[0][dear[0]["order_date"] < "2024-02"], dear[1]]
    )  # all goes on with the dear one, who was there before
    assert index_of(moved)[-1] > 130
    assert index_of(moved, per_vendor=True)[-1] == pytest.approx(100)


def test_the_average_price_is_that_of_one_unit():
    prices = np.full((12, 2), 10.0)
    lines = table(prices)
    lines["unit_of_measure"] = np.where(lines["product_code"] < "P008", "EA", "KG")
    dear = (lines["unit_of_measure"] == "KG") & (lines["order_date"] > "2024-02")
    lines["amount"] *= np.where(dear, 1.2, 1)
    got = spend.price_index(lines)
    assert got["unit_value"].tolist() == [100, 100]
    assert got["index"].iloc[-1] > 105
    assert "unit_value is of the lines in EA, 65% of the spend" in explain(got)


def test_a_benchmark_is_rebased_beside_it():
    lines = table(*bought(10))
    monthly = pd.Series(np.arange(50.0, 62.0), index=pd.period_range("2023-10", periods=12, freq="M"), name="PPI")
    got = spend.price_index(lines, benchmark=monthly)
    assert got["benchmark"].tolist() == pytest.approx([100 * (53 + i) / 53 for i in range(8)])
    assert got.attrs["parameters"]["benchmark"] == "PPI"
    for other in (
        monthly.to_timestamp(),
        {str(p): v for p, v in monthly.items()},
        dict(monthly),
        monthly.sample(frac=1, random_state=1),
    ):
        assert spend.price_index(lines, benchmark=other)["benchmark"].tolist() == pytest.approx(
            got["benchmark"].tolist()
        )
    quarters = spend.price_index(lines, benchmark=monthly, freq="Q")["benchmark"]
    assert quarters.tolist() == pytest.approx([100, 100 * 57 / 54, 100 * 60 / 54])
    years = spend.price_index(
        lines.assign(order_date=lines["order_date"] - pd.Timedelta(days=120)),
        freq="Y",
        benchmark={2023: 50.0, 2024: 55.0},
    )
    assert years["benchmark"].tolist() == pytest.approx([100, 110])
    later = spend.price_index(lines, benchmark=monthly.iloc[6:])
    assert later["benchmark"].isna().all()
    assert "can't be rebased" in explain(later)
    for wrong in ({}, {"2024-01": -1.0}, {"2024-01": "x"}, {"soon": 1.0}):
        with pytest.raises(ConfigError, match="benchmark: pass"):
            spend.price_index(lines, benchmark=wrong)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"window": 1}, "window=1"), ({"window": 2.5}, "window=2.5"), ({"min_items": True}, "min_items=True"),
     ({"min_share": 2}, "min_share=2"), ({"freq": "D"}, "freq='D'")],
)  # fmt: skip
def test_wrong_options_are_errors(options, said):
    with pytest.raises(ConfigError, match=said):
        spend.price_index(table(*bought(0)), **options)


# ---- the chart ----------------------------------------------------------------------------------------------------------


def chart_of(lines, **options):
    ax = spend.plot_price_index(lines, **options)
    return ax, captions_of(ax).title


def test_the_title_tells_a_change_only_where_it_is_clear():
    prices, quantities = bought(4, items=120, months=12)
    lines = table(prices, quantities)
    assert chart_of(lines)[1].startswith("No clear change in prices of the same items since 2024-01 (")
    prices[:, 6:] *= 1.1
    raised = table(prices, quantities)
    last = spend.price_index(raised).iloc[-1]
    ax, said = chart_of(raised)
    assert said.startswith(
        f"Prices of the same items rose {last['index'] - 100:.1f} % since 2024-01; the average price paid says"
    )
    assert f"same items {last['index']:.1f}" in [t.get_text() for t in ax.texts]
    assert ax.lines[-1].get_ydata()[-1] == last["index"]
    assert "matched: 9" in captions_of(ax).subtitle or "matched: 100 %" in captions_of(ax).subtitle
    named = chart_of(raised, benchmark=pd.Series([100.0, 103.0], index=["2024-01", "2024-12"], name="Producer prices"))[
        0
    ]
    assert "Producer prices 103.0" in [t.get_text() for t in named.texts]


def test_of_many_groups_without_a_change_none_is_named_and_a_clear_one_is():
    parts = [table(*bought(i, items=30), site_id=f"S{i}") for i in range(8)]
    ax, said = chart_of(pd.concat(parts), by="site_id")
    assert said.startswith("No clear change in prices of the same items since 2024-01 in any of 8 sites (")
    risen = parts[3].assign(amount=parts[3]["amount"] * np.where(parts[3]["order_date"] > "2024-05", 1.4, 1))
    ax, said = chart_of(pd.concat([*parts[:3], risen, *parts[4:]]), by="site_id")
    assert said.startswith("S3: prices of the same items rose")
    assert said.endswith("since 2024-01, the most of 8 sites")
    heights = sorted(t.xy[1] for t in ax.texts)
    low, high = ax.get_ylim()
    assert low < heights[0] < heights[-1] < high
    assert len(heights) == 8
    assert min(np.diff(heights)) >= 0.04 * np.diff(ax.get_ylim())[0]  # no name touches another


def test_one_period_is_no_line():
    assert "Too little was bought again" in chart_of(table(np.full((6, 1), 10.0)))[1]
