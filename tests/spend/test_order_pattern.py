"""How one buys is what plain loops count, order by order; what can't be known is missing."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction as F
from math import gcd

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, currency, spend, style
from makini_analytics.errors import ConfigError, MixedCurrencyError, SchemaError
from tests.spend.orders_by_loops import AS_OF, SMALL, by_loops, random_lines
from tests.tiers import one_in

DELIVERY = {"n_delivery_known", "zero_lead_share", "after_the_fact_share"}


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


@pytest.mark.parametrize("seed", one_in(100, range(200)))
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


@pytest.mark.parametrize("seed", one_in(100, range(100)))
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
    # however the connections are numbered
    other_way = both.assign(connection=pd.Categorical(both["connection"], categories=["y", "x"]))
    assert spend.order_pattern(other_way).attrs["notes"] == got.attrs["notes"]
    one.attrs["since"] = "2024-01-01"
    assert spend.order_pattern(one)["months"].item() == pytest.approx(366 / 30.4375)


def test_a_part_of_the_year_without_its_end_has_no_share_of_it():
    lines = orders(("1", "a", "2024-01-02", 1.0, None, "open"), ("2", "a", "2024-05-31", 1.0, None, "open"))
    got = spend.order_pattern(lines, as_of="2024-06-10").iloc[0]
    assert pd.isna(got["year_end_share"]) and got["year_end_even_share"] == 0
    assert got["month_end_share"] == 0.5


@pytest.mark.parametrize("by", one_in(3, ["vendor", None, ["vendor", "material"]]))
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
    codes = ["AUD", "CAD", "CHF", "EUR", "GBP", "JPY", "SGD", "USD"]
    lines = orders(*[(f"{c}{i}", "a", "2024-03-04", 600.0 * i, None, "open") for c in codes for i in range(3)])
    lines["currency"] = np.repeat(codes, 3)
    with pytest.raises(MixedCurrencyError, match=r"small=500 is one amount, and the lines are in .*JPY"):
        spend.order_pattern(lines, small=500)
    got = spend.order_pattern(lines, by=None, small={"EUR": 500, "JPY": 80_000}).set_index("currency")
    assert got["small_share"].dropna().to_dict() == {"EUR": 1 / 3, "JPY": 1.0} and got["n_orders"].tolist() == [3] * 8
    one = spend.order_pattern(lines, by=None, currency="JPY", small=80_000)
    pd.testing.assert_frame_equal(one, got.loc[["JPY"]].reset_index())
    converted = spend.order_pattern(currency.convert(lines, to="EUR"), by=None, small=500)
    assert (converted["n_orders"].item(), converted["currency"].item()) == (24, "EUR")
    assert (
        converted["small_share"].item() == 13 / 24
    )  # eight of 0, 600 and 1,200 yen, and 600 of each dollar but the American one
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


def test_the_real_deliveries_are_those_of_plain_loops(scms):
    lines, day = scms.lines, date(2015, 12, 31)
    columns = ["order_id", "order_number", "vendor_id", "connection", "currency", "state", "amount", "quantity", "received_quantity"]  # fmt: skip
    columns += ["order_date", "delivered_date", "first_receipt_date", "cancelled_date", "deleted_at"]
    got = spend.order_pattern(lines, by="currency", small=1000)
    alike(got, by_loops(lines[columns], lambda r: (r["currency"],), {"USD": 1000}, as_of=day), ["currency"])
