"""How one buys is what plain loops count, order by order; what can't be known is missing."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction as F
from itertools import pairwise
from math import gcd
from statistics import median

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, currency, spend, style
from makini_analytics.errors import ConfigError, SchemaError
from tests.compute.kinds import dirty
from tests.tiers import one_in

AS_OF = date(2025, 12, 31)
DELIVERY = {"n_delivery_known", "zero_lead_share", "after_the_fact_share"}
SMALL = {"EUR": 300, "USD": 150.5}


def records(lines):
    """Return the lines as dicts: what is missing or infinite is None, dates are dates, amounts exact."""
    for row in lines.to_dict("records"):
        r = {k: None if v is None or v is pd.NA or v is pd.NaT or v != v else v for k, v in row.items()}
        for name in ("amount", "quantity", "received_quantity"):
            r[name] = None if r[name] is None or abs(r[name]) == np.inf else F(repr(float(r[name])))
        for name in [n for n in r if n.endswith("_date") or n == "deleted_at"]:
            r[name] = None if r[name] is None else r[name].date()
        yield r


def there(r):
    """Whether a line was there on the day: ordered, and neither cancelled, deleted, a draft nor a return."""
    ended = r["cancelled_date"] or r["deleted_at"]
    gone = r["state"] == "cancelled" and not (ended and ended > AS_OF)
    deleted = r["deleted_at"] and r["deleted_at"] <= AS_OF
    later = r["order_date"] and r["order_date"] > AS_OF
    return not (gone or deleted or later or r["state"] == "draft")


def came(r):
    """Return when the first part of a line came: "before" its order day, "same day", "later", or None where that is not known."""
    whole, first = r["delivered_date"], r["first_receipt_date"]
    days = [d for d in (whole, first) if d]
    if days and min(days) <= AS_OF:
        day = min(days)
        return "before" if day < r["order_date"] else "same day" if day == r["order_date"] else "later"
    dated_later = (whole or first) is not None  # all dates are after the day
    closed = r["state"] in ("received", "closed_short") and not whole
    begun = (r["received_quantity"] or 0) > 0 and not dated_later
    return None if closed or begun else "later"


def vendor(r):
    key = r["vendor_id"] or r["vendor_name"]
    return None if key is None else (r["connection"], key)


def by_loops(lines, key, small=SMALL, n_last=5, last_month=12):
    """Return the figures of each group, order by order."""
    rows, whole, unknown = [], defaultdict(list), set()
    for r in records(lines):
        number = r["order_id"] or r["order_number"]
        order = None if number is None else (r["connection"], number)
        if not there(r):
            continue
        if r["amount"] is None or r["order_date"] is None:
            unknown.add(order)
        elif order is not None and not (r["quantity"] is not None and r["quantity"] < 0):
            r["order"] = order
            rows.append(r)
            whole[order].append(r)
    day = {o: min(r["order_date"] for r in mine) for o, mine in whole.items()}
    of_vendor, of_day = defaultdict(set), defaultdict(set)
    for r in rows:
        if vendor(r):
            of_vendor[vendor(r)].add(r["order"])
            of_day[vendor(r), day[r["order"]]].add(r["order"])
    first = {c: min(day[o] for o in day if o[0] == c) for c in {o[0] for o in day}}

    groups = defaultdict(lambda: defaultdict(list))
    for r in rows:
        groups[key(r)][r["order"]].append(r)
    out = {}
    for name, orders in groups.items():
        mine = [r for part in orders.values() for r in part]
        spent, n = sum(r["amount"] for r in mine), len(orders)
        limit = (small or {}).get(mine[0]["currency"])
        few = set()
        for o in orders:
            value = sum(r["amount"] for r in whole[o])
            one = len({r["currency"] for r in whole[o]}) == 1
            if one and o not in unknown and limit is not None and 0 <= value < F(repr(limit)):
                few.add(o)
        told = []
        for part in orders.values():
            each = [came(r) for r in part]
            told.append(next((w for w in ("before", "same day", None) if w in each), "later"))
        known = [w for w in told if w]
        days = sorted({day[o] for o in orders})
        spans = {o: (AS_OF - first[o[0]]).days + 1 for o in orders}
        beside = {r["order"] for r in mine if vendor(r) and len(of_day[vendor(r), day[r["order"]]]) > 1}

        def share(of, among=orders):
            return len(of) / len(among) if among else None

        def end_of_month(d):
            return (d + timedelta(n_last)).month != d.month

        def even(test, orders=orders):
            parts = []
            for o in orders:
                every = [first[o[0]] + timedelta(i) for i in range((AS_OF - first[o[0]]).days + 1)]
                parts.append(sum(map(test, every)) / len(every))
            return sum(parts) / len(parts)

        months_even, year_even = even(end_of_month), even(lambda d: d.month == last_month)
        out[name] = {
            "spend": float(spent), "n_orders": n, "n_lines": len(mine),
            "first_order_date": days[0], "last_order_date": days[-1],
            "orders_per_month": None if min(spans.values()) < 28 else sum(30.4375 / s for s in spans.values()),
            "months": n / sum(30.4375 / s for s in spans.values()),
            "lines_per_order": len(mine) / n, "average_order_value": float(spent) / n,
            "days_between_orders": median((b - a).days for a, b in pairwise(days)) if len(days) > 1 else None,
            "small_share": None if limit is None else share(few),
            "small_spend_share": None if limit is None or spent <= 0 else float(sum(r["amount"] for r in mine if r["order"] in few) / spent),
            "same_day_share": share(beside) if any(map(vendor, mine)) else None,
            "n_delivery_known": len(known),
            "zero_lead_share": share([w for w in known if w == "same day"], known),
            "after_the_fact_share": share([w for w in known if w == "before"], known),
            "month_end_share": share([o for o in orders if end_of_month(day[o])]) if months_even else None,
            "month_end_even_share": months_even,
            "year_end_share": share([o for o in orders if day[o].month == last_month]) if year_even else None,
            "year_end_even_share": year_even,
            "n_one_time_vendors": sum(1 for v in {vendor(r) for r in mine} if v and len(of_vendor[v]) == 1),
            "lines": mine,
        }  # fmt: skip
    return out


def alike(got, want, names):
    """Compare a result with the groups of the loops, cell by cell; ``names`` are the columns of the key."""
    keys = [tuple(None if pd.isna(v) else v for v in row) for row in got[names].itertuples(index=False)]
    assert len(keys) == len(want) and set(keys) == set(want)
    # what records no delivery days has a test of its own
    unjudged = any("Not judged" in note for note in got.attrs["notes"])
    for key, row in zip(keys, got.to_dict("records"), strict=True):
        for column, value in want[key].items():
            if column == "lines" or (unjudged and column in DELIVERY):
                continue
            found = row[column]
            if value is None:
                assert pd.isna(found), (key, column, found)
            elif isinstance(value, date):
                assert found.date() == value, (key, column)
            else:
                assert found == pytest.approx(value, rel=1e-9, abs=1e-9), (key, column)


def random_lines(seed):
    lines = dirty(seed, [30, 120, 300][seed % 3])
    rng = np.random.default_rng(seed)
    # orders have one date, and mostly one currency and vendor, but not all have
    header = lines.groupby("order_id")[["order_date", "currency", "vendor_id", "connection"]].transform("first")
    most = lines["order_id"].notna() & (rng.random(len(lines)) < 0.9)
    lines[header.columns] = lines[header.columns].where(~most, header)
    near = rng.random(len(lines)) < 0.3
    soon = lines["order_date"] + pd.to_timedelta(rng.integers(-3, 3, len(lines)), "D")
    return lines.assign(
        delivered_date=lines["delivered_date"].mask(near & lines["delivered_date"].notna(), soon),
        unit_of_measure=pd.array(rng.choice(["G", "KG", "EA", None], len(lines)), dtype="string"),
    )


@pytest.mark.parametrize("seed", one_in(50, range(200)))
def test_the_figures_are_those_of_plain_loops(seed):
    lines = random_lines(seed)
    got = spend.order_pattern(lines, small=SMALL, as_of=AS_OF)
    want = by_loops(lines, lambda r: (r["connection"], r["vendor_id"] or r["vendor_name"], r["currency"]))
    alike(got, want, ["connection", "vendor_id", "currency"])
    book = [got.attrs["included"], *got.attrs["excluded"]]
    assert sum(e["n_lines"] for e in book) == len(lines)
    assert book[0]["n_lines"] == sum(len(w["lines"]) for w in want.values()) == got["n_lines"].sum()

    of_category = spend.order_pattern(
        lines, by="category", small=SMALL, as_of=AS_OF, month_end_days=2, fiscal_year_start=4
    )
    alike(of_category, by_loops(lines, lambda r: (r["category"], r["currency"]), n_last=2, last_month=3), ["category", "currency"])  # fmt: skip
    alike(spend.order_pattern(lines, by=None, as_of=AS_OF), by_loops(lines, lambda r: (r["currency"],), None), ["currency"])  # fmt: skip

    if "EUR" in got["currency"].tolist():  # a filter shows fewer rows of the same figures
        shown = spend.order_pattern(lines, small=300, currency="EUR", as_of=AS_OF)
        pd.testing.assert_frame_equal(shown, got[got["currency"] == "EUR"].reset_index(drop=True))
    shuffled = lines.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(spend.order_pattern(shuffled, small=SMALL, as_of=AS_OF), got)


@pytest.mark.parametrize("seed", one_in(50, range(100)))
def test_the_quantities_are_those_of_plain_loops(seed):
    def key(r):
        unit = {"G": "KG"}.get(r["unit_of_measure"], r["unit_of_measure"])
        item = r["material_id"] or r["product_code"]
        return r["connection"], r["vendor_id"] or r["vendor_name"], item, unit, r["currency"]

    lines = random_lines(seed)
    got = spend.order_pattern(lines, by=["vendor", "material"], as_of=AS_OF)
    names = ["connection", "vendor_id", "material_id", "unit", "currency"]
    want = by_loops(lines, key, None)
    alike(got, want, names)
    for name, row in zip(got[names].itertuples(index=False), got.to_dict("records"), strict=True):
        of = want[tuple(None if pd.isna(v) else v for v in name)]["lines"]
        all_of = [r["quantity"] * (F(1, 1000) if r["unit_of_measure"] == "G" else 1) for r in of if r["quantity"]]
        if not all_of or pd.isna(row["material_id"]):
            assert pd.isna([row[c] for c in ("usual_quantity", "usual_quantity_share", "lowest_quantity", "multiple")]).all()  # fmt: skip
            continue
        usual = max(sorted(set(all_of)), key=all_of.count)
        assert row["usual_quantity"] == pytest.approx(float(usual))
        assert row["usual_quantity_share"] == pytest.approx(all_of.count(usual) / len(all_of))
        assert row["lowest_quantity"] == pytest.approx(float(min(all_of)))
        assert row["lowest_quantity_share"] == pytest.approx(all_of.count(min(all_of)) / len(all_of))
        if len(all_of) < 3:
            assert pd.isna(row["multiple"])
        else:
            assert row["multiple"] == pytest.approx(gcd(*(int(q * 1000) for q in all_of)) / 1000)


COLUMNS = ["order_id", "vendor_id", "order_date", "amount", "delivered_date", "state"]


def orders(*rows, **more):
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(currency="EUR", **more)
    for name in ("order_date", "delivered_date"):
        frame[name] = pd.to_datetime(frame[name])
    frame.attrs["as_of"] = "2024-12-31"
    return frame


def test_seven_orders_by_hand():
    lines = orders(
        ("1", "a", "2024-01-01", 400.0, "2024-01-05", "received"),
        ("1", "a", "2024-01-01", 200.0, "2024-01-01", "received"),  # a part came on the order day
        ("2", "a", "2024-01-31", 99.0, "2024-01-30", "received"),  # before its order
        ("3", "a", "2024-01-31", 100.0, None, "open"),
        ("4", "a", "2024-12-30", 1.0, "2025-01-03", "received"),  # not there yet on the day
        ("5", "b", "2024-06-15", 50.0, None, "open"),
        ("6", "a", "2024-06-15", None, "2024-06-20", "received"),
        ("6", "a", "2024-06-15", 10.0, "2024-06-20", "received"),  # of an order whose value nobody knows
    )
    got = spend.order_pattern(lines, small=100).set_index("vendor_id").loc["a"]
    assert (got["n_orders"], got["n_lines"], got["spend"]) == (5, 6, 810.0)
    assert got["months"] == pytest.approx(366 / 30.4375) and got["orders_per_month"] == pytest.approx(5 * 30.4375 / 366)
    assert got["days_between_orders"] == 136  # 30, 136 and 198 days
    assert (got["small_share"], got["small_spend_share"]) == (0.4, 100 / 810)  # 99 and 1; 100 is not below 100
    assert got["same_day_share"] == 0.4
    assert (got["n_delivery_known"], got["zero_lead_share"], got["after_the_fact_share"]) == (5, 0.2, 0.2)
    assert (got["month_end_share"], got["month_end_even_share"]) == (0.6, 60 / 366)
    assert (got["year_end_share"], got["year_end_even_share"]) == (0.2, 31 / 366)


def test_the_one_time_vendors_are_a_list():
    lines = orders(*[(str(i), v, "2024-03-01", 1.0, None, "open") for i, v in enumerate("aabcc")], connection=list("xxxxy"))  # fmt: skip
    got = spend.order_pattern(lines)
    listed = got[got["n_one_time_vendors"] == 1]
    assert sorted(zip(listed["connection"], listed["vendor_id"], strict=True)) == [("x", "b"), ("x", "c"), ("y", "c")]
    assert spend.order_pattern(lines, by="connection").set_index("connection")["n_one_time_vendors"].to_dict() == {"x": 2, "y": 1}  # fmt: skip


def test_an_order_is_judged_as_a_whole_whatever_is_shown():
    lines = orders(("1", "a", "2024-03-01", 990.0, None, "open"), ("1", "a", "2024-03-01", 10.0, None, "open"), category=["x", "y"])  # fmt: skip
    assert spend.order_pattern(lines, by="category", small=500)["small_share"].tolist() == [0.0, 0.0]
    mixed = lines.assign(currency=["EUR", "USD"])
    mixed.attrs = lines.attrs
    assert spend.order_pattern(mixed, small={"EUR": 5000, "USD": 5000})["small_share"].tolist() == [0.0, 0.0]
    assert spend.order_pattern(mixed, small=5000, currency="USD")["small_share"].tolist() == [0.0]


def test_what_records_no_delivery_days_is_not_judged():
    rows = [(f"{c}{i}", c, "2024-03-01", 1.0, "2024-02-28" if c == "x" else None, "received") for i in range(9) for c in "xy"]  # fmt: skip
    lines = orders(*rows)
    lines = lines.assign(connection=lines["vendor_id"], quantity=1.0, received_quantity=1.0)
    lines.loc[3, "delivered_date"] = pd.Timestamp("2024-02-28")  # one of nine
    lines.attrs["as_of"] = "2024-12-31"
    got = spend.order_pattern(lines).set_index("connection")
    assert got["n_delivery_known"].to_dict() == {"x": 9, "y": 0}
    assert got.loc["x", "after_the_fact_share"] == 1.0 and pd.isna(got.loc["y", "after_the_fact_share"])
    assert "connection 'y' (1 of 9 received lines have a day of delivery)" in ma.explain(got.reset_index())


def test_the_span_is_that_of_each_connection():
    """One that was asked for from a day on covers the days before its first order, and a week is too short for a month."""
    one, other = (
        orders(("1", "a", "2024-07-01", 1.0, None, "open"), ("2", "a", "2024-12-01", 1.0, None, "open"), connection="x"),
        orders(("1", "a", "2024-12-25", 1.0, None, "open"), connection="y"),
    )  # fmt: skip
    both = pd.concat([one, other], ignore_index=True)
    both.attrs["as_of"] = "2024-12-31"
    got = spend.order_pattern(both).set_index("connection")
    assert got["months"].to_dict() == pytest.approx({"x": 184 / 30.4375, "y": 7 / 30.4375})
    assert got.loc["x", "orders_per_month"] == pytest.approx(2 * 30.4375 / 184) and pd.isna(
        got.loc["y", "orders_per_month"]
    )
    assert pd.isna(spend.order_pattern(both, by="currency")["orders_per_month"].item())
    assert "x 2024-07-01 to 2024-12-31; y 2024-12-25 to 2024-12-31" in ma.explain(got.reset_index())
    one.attrs["since"] = "2024-01-01"
    assert spend.order_pattern(one)["months"].item() == pytest.approx(366 / 30.4375)


def test_a_part_of_the_year_without_its_end_has_no_share_of_it():
    lines = orders(("1", "a", "2024-01-02", 1.0, None, "open"), ("2", "a", "2024-05-31", 1.0, None, "open"))
    got = spend.order_pattern(lines, as_of="2024-06-10").iloc[0]
    assert pd.isna(got["year_end_share"]) and got["year_end_even_share"] == 0
    assert got["month_end_share"] == 0.5


@pytest.mark.parametrize("by", ["vendor", None, ["vendor", "material"]])
def test_no_line_one_line_and_lines_that_are_all_left_out(by):
    line = orders(("1", "a", "2024-03-01", 10.0, None, "open"), material_id="m", quantity=4.0)
    whole = spend.order_pattern(line, by=by, small=20)
    assert len(whole) == 1 and whole["n_orders"].item() == 1
    for none in (line.iloc[:0], line.drop(columns="order_date"), line.drop(columns="order_id")):
        got = spend.order_pattern(none, by=by, small=20)
        assert len(got) == 0
        pd.testing.assert_series_equal(got.dtypes, whole.dtypes)
    assert spend.order_pattern(line.drop(columns="order_id")).attrs["excluded"][0]["reason"] == "no order number"
    number = line.drop(columns="order_id").assign(order_number="7")
    assert spend.order_pattern(number)["n_orders"].tolist() == [1]


@pytest.mark.parametrize("options", [{"small": 0}, {"small": -1}, {"small": True}, {"small": "500"}, {"small": {"EUR": float("nan")}}, {"month_end_days": 0}, {"month_end_days": 29}, {"fiscal_year_start": 13}])  # fmt: skip
def test_options_that_mean_nothing(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        spend.order_pattern(orders(("1", "a", "2024-03-01", 1.0, None, "open")), **options)


def test_one_amount_is_not_small_in_eight_currencies():
    lines = ma.load_sample().lines
    with pytest.raises(ConfigError, match=r"small=500 is one amount, and the lines are in .*JPY"):
        spend.order_pattern(lines, small=500)
    got = spend.order_pattern(lines, by=None, small={"EUR": 500, "JPY": 80_000}).set_index("currency")
    assert len(got) == 8 and set(got.index[got["small_share"].notna()]) == {"EUR", "JPY"}
    one = spend.order_pattern(lines, by=None, currency="JPY", small=80_000)
    pd.testing.assert_frame_equal(one, got.loc[["JPY"]].reset_index())
    converted = spend.order_pattern(currency.convert(lines, to="EUR"), by=None, small=500)
    assert converted["n_orders"].item() == got["n_orders"].sum()
    with pytest.raises(SchemaError, match="by='plant'"):
        spend.order_pattern(lines, by="plant")


@pytest.mark.parametrize("seed", one_in(15, range(30)))
def test_the_title_asks_of_what_the_chart_shows(seed):
    """The numbers of the title are those of the row that it names, and every title that says something of orders asks."""
    lines = random_lines(seed).assign(currency="EUR", connection="x")
    got = spend.order_pattern(lines, small=300, as_of=AS_OF)
    ax = spend.plot_order_pattern(got, top=3)
    title = charts.captions_of(ax).title
    head = got.head(3)
    asked = head[["small_share", "same_day_share", "after_the_fact_share", "zero_lead_share"]].fillna(0).to_numpy()
    found = re.fullmatch(r"(Could .*|Why .*|Were .*)\? (.*): ([\d,]+) of ([\d,]+) orders? (is|are) (.*)", title)
    assert bool(found) == bool((asked > 0).any()), title
    if not found:
        return
    column = {"below": "small_share", "on a": "same_day_share", "late": "after_the_fact_share", "of t": "zero_lead_share"}  # fmt: skip
    share = next(c for words, c in column.items() if found[6].startswith(words))
    labels = charts.group_labels(head, charts.group_columns(got, "currency"))
    row = head[[label == found[2] for label in labels]]
    of = row["n_delivery_known" if share in ("after_the_fact_share", "zero_lead_share") else "n_orders"]
    said = int(found[3].replace(",", "")), int(found[4].replace(",", ""))
    assert said in [(round(s * n), n) for s, n in zip(row[share], of, strict=True)]
    assert max(round(s * n) for s, n in zip(head[share].fillna(0), head[of.name], strict=True)) == said[0]
    assert style.alt_text(ax).count("orders a month") == len(head)


def test_a_title_without_a_question_states_what_is_there():
    lines = orders(("1", "a", "2024-03-01", 1.0, None, "open"))
    assert charts.captions_of(spend.plot_order_pattern(lines)).title == "a: 1 order, 1 line in it"
