"""What the data are: how full, whether they add up to the cent, what is there twice - on the sample's planted faults and by hand."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, Purchases, SchemaError, charts, lead_times, quality, spend, style
from makini_analytics.catalogue import FIGURES
from makini_analytics.quality._computable import figures
from makini_analytics.quality._names import _legal_endings, clean_name
from makini_analytics.tidy import tidy_orders
from tests.tiers import one_in

ANSWERS = json.loads((Path(__file__).parents[2] / "data" / "sample" / "answers.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample()


def purchases(*records, connection="x", **lookups):
    got = tidy_orders([list(records)], connection=connection, delivery_date="actual", lookups=lookups)
    return Purchases(got.orders, got.lines, got.issues, as_of=pd.Timestamp("2025-12-31"))


def order(key, total, *amounts, **extra):
    lines = [
        {"key": f"{key}-{i}", "lineNo": str(10 * (i + 1)), "quantity": 1, "price": a, "lineTotalValue": a} | more
        for i, (a, more) in enumerate(a if isinstance(a, tuple) else (a, {}) for a in amounts)
    ]
    return {
        "key": key,
        "orderNo": f"PO-{key}",
        "orderDate": "2025-01-01",
        "totalNetValue": total,
        "currency": "EUR",
        "lineItems": lines,
    } | extra


# ---- coverage ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def covered(sample):
    return quality.coverage(sample)


def test_coverage_says_which_figures_a_connection_can_carry_and_why_not(covered):
    got = covered
    figures = got[got["table"] == "metrics"].set_index(["connection", "name"])
    can = figures["computable"].astype(bool)
    assert {n for n in FIGURES if not n.startswith("quality.")} <= set(figures.index.get_level_values("name"))
    assert figures["n_filled"].le(figures["n_rows"]).all()
    assert can[:, "spend.by_vendor"].all()
    assert can[:, "slippage.by_vendor"].to_dict() == {"emea": True, "us": True, "apac": False}
    assert can[:, "spend, received"].to_dict() == {"emea": True, "us": False, "apac": True}
    assert "read as planned" in figures.loc[("apac", "slippage.by_vendor"), "evidence"]
    assert "no line has a received_quantity" in figures.loc[("us", "spend, received"), "evidence"]
    for name, known in ANSWERS["connections"].items():
        assert figures.loc[(name, "spend.by_vendor"), "n_filled"] == known["spend_lines"]
        if name != "apac":
            assert figures.loc[(name, "slippage.by_vendor"), "n_filled"] == known["due_lines_at_cut_off"]


@pytest.mark.full
@pytest.mark.parametrize("n", one_in(3, [None, 1, 0]))
def test_a_figure_counts_the_same_lines_before_it_is_computed_and_after(sample, n):
    lines = sample.filter(connection="us").lines.iloc[:n]
    day = sample.as_of
    asked = 0
    for _, figure, options in figures(day):
        if len(figure.data) > 1 or figure.data == ("history",):
            continue
        try:
            result = figure.function(lines, **options)
        except (ma.SchemaError, ma.ConfigError):
            continue
        counted, *left_out = figure.counted(lines, **options).book()
        assert (counted, left_out) == (result.attrs["included"], result.attrs["excluded"]), figure.name
        asked += 1
    assert asked > 25


def test_coverage_of_lines_without_vendors_says_which_figures_need_them(sample):
    data = sample.filter(connection="us")
    bare = ma.Purchases(
        data.orders, data.lines.drop(columns=["vendor_id", "vendor_name"]), sources=data.sources, as_of=data.as_of
    )
    figures = quality.coverage(bare).query("table == 'metrics'").set_index("name")
    for name, f in {"spend.by_vendor": spend.by_vendor, "lead_times.shifts": lead_times.shifts}.items():
        assert not figures.loc[name, "computable"]
        with pytest.raises(ma.SchemaError) as told:
            f(bare.lines)
        assert figures.loc[name, "evidence"] in str(told.value)
    assert figures.loc["spend.by_period", "computable"]


def test_coverage_without_vendors_is_what_the_calls_say(sample):
    bare = replace(sample, lines=sample.lines.drop(columns=["vendor_id", "vendor_name"]))
    lines = bare.lines[bare.lines["connection"] == "emea"]
    figures = quality.coverage(bare).query("table == 'metrics' and connection == 'emea'").set_index("name")
    by_category = spend.by_vendor(lines, by="category").attrs["included"]["n_lines"]
    assert figures.loc["spend by category", "n_filled"] == by_category > 0
    with pytest.raises(SchemaError, match="needs the column 'vendor_id' or 'vendor_name'"):
        spend.price_changes(lines)
    assert not figures.loc["spend.price_changes", "computable"]
    assert len(spend.price_changes(lines, per_vendor=False))


def test_coverage_counts_cells_as_a_plain_count_does(sample, covered):
    got = covered
    for table in ("orders", "lines"):
        frame = getattr(sample, table)
        for connection, part in frame.groupby("connection"):
            want = {
                c: sum(not (pd.isna(v) or v == "") for v in part[c])
                for c in ("vendor_name", "required_date", "custom.department")
                if c in part
            }
            said = got[(got["table"] == table) & (got["connection"] == connection)].set_index("name")["n_filled"]
            assert {c: said[c] for c in want} == want
    assert set(got[got["table"] != "metrics"]["name"]) == {*sample.orders, *sample.lines}


# ---- reconcile ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", one_in(3, ["spend.by_vendor", "lead_times.by_vendor", "slippage.by_vendor"]))
def test_left_out_and_used_are_all_lines_to_the_cent(sample, metric):
    got = quality.reconcile(sample, metric=metric)
    lines = got[got["part"] == "lines"]
    for (connection, currency), part in lines.groupby(["connection", "currency"]):
        raw, rest = part[part["step"] == "raw"], part[part["step"] != "raw"]
        assert raw["n_lines"].item() == rest["n_lines"].sum()
        assert raw["value"].item() == pytest.approx(rest["value"].sum(), abs=0.005)
        mine = sample.lines[(sample.lines["connection"] == connection) & (sample.lines["currency"] == currency)]
        assert raw["n_lines"].item() == len(mine)
    used = lines[lines["step"] == "used"]
    assert (
        used["n_lines"].sum() == getattr(ma, metric.split(".")[0]).by_vendor(sample.lines).attrs["included"]["n_lines"]
    )


def test_spend_used_is_the_known_answer_by_currency(sample):
    got = quality.reconcile(sample)
    used = got[got["step"] == "used"].set_index(["connection", "currency"])["value"]
    for name, known in ANSWERS["connections"].items():
        for currency, value in known["spend_by_currency"].items():
            assert used[name, currency] == pytest.approx(value, abs=0.005)


def test_every_order_has_one_cause_and_the_differences_add_up(sample):
    got = quality.reconcile(sample)
    orders = got[got["part"] == "orders"]
    assert orders["n_orders"].sum() == len(sample.orders)
    assert orders["header_total"].sum() == pytest.approx(sample.orders["total_net"].sum(), abs=0.01)
    live = sample.lines[~sample.lines["state"].eq("cancelled").fillna(False) & sample.lines["deleted_at"].isna()]
    assert orders["value"].sum() == pytest.approx(live["amount"].sum(), abs=0.01)
    assert orders["difference"].sum() == pytest.approx((orders["header_total"] - orders["value"]).sum(), abs=0.01)


CAUSES = {
    "agrees": order("a", "30.00", 10, 20),
    "rounding": order("b", 30.02, 10, 20),
    "the order has no total": order("c", None, 10),
    "a line has no amount": order("d", 10, 10, (None, {"price": None})),
    "a line is in another currency": order("e", 30, 10, (20, {"currency": "USD"})),
    "the order has no lines": order("f", 30),
    "deleted lines are in the total": order("g", 30, 10, (20, {"deletedAt": "2025-02-01T00:00:00Z"})),
    "cancelled lines are in the total": order("h", 30, 10, (20, {"status": "Cancelled"})),
    "tax is in the total": order("i", 35.70, (10, {"lineTaxValue": 1.9}), (20, {"lineTaxValue": 3.8})),
    "line discounts are not in the total": order("j", 30, 10, (18, {"price": 20, "discount": 2})),
    "freight or charges on the order": order("k", 37.5, 10, 20, freightCost=7.5),
    "a discount on the order": order("l", 27, 10, 20, headerDiscount=3.0),
    "line numbers have gaps: lines may be missing": order("m", 60, 10, (20, {"lineNo": "30"})),
    "more than the lines, cause unknown": order("n", 45, 10, 20),
    "less than the lines, cause unknown": order("o", 25, 10, 20),
}


@pytest.mark.parametrize("cause", one_in(3, CAUSES))
def test_p7_each_cause_is_named_where_it_explains_the_difference(cause):
    got = quality.reconcile(purchases(CAUSES[cause]))
    orders = got[got["part"] == "orders"]
    assert orders["reason"].tolist() == [cause]
    assert orders["n_orders"].tolist() == [1]


def test_p7_gross_is_compared_with_the_lines_plus_tax():
    got = quality.reconcile(purchases(order("g", None, (10, {"lineTaxValue": 1.9}), totalGrossValue="11.90")))
    assert got[got["part"] == "orders"]["reason"].tolist() == ["agrees"]


def test_one_order_of_each_cause_side_by_side():
    got = quality.reconcile(purchases(*CAUSES.values()))
    orders = got[got["part"] == "orders"]
    assert sorted(orders["reason"]) == sorted(CAUSES)
    assert orders["n_orders"].tolist() == [1] * len(CAUSES)


# ---- duplicates --------------------------------------------------------------------------------------------------------


def test_the_planted_duplicates_all_found_none_invented(sample):
    pytest.importorskip("rapidfuzz", reason="rapidfuzz, of the extra 'enrich', is not installed")
    got = quality.duplicates(sample)
    orders = got[got["kind"] == "order"]
    assert sorted(orders["name"]) == sorted(ANSWERS["order_numbers_in_emea_and_us"])
    assert set(zip(orders["connection"], orders["other_connection"], strict=True)) == {("emea", "us")}
    vendors = got[got["kind"] == "vendor"]
    assert set(vendors["name"]) == {"Kugellager Nord AG", "Müller Antriebstechnik GmbH"}
    assert not (got["kind"] == "due date").any()


@pytest.mark.full
def test_p27_a_number_alone_is_never_enough():
    one = purchases(order("a", 100, 100, orderNo="4711", vendorName="Alpha Pumps"), connection="one")
    for other, found in (
        (order("b", 500, 500, orderNo="4711", vendorName="Zeta Paper", orderDate="2025-01-01"), 0),
        (order("b", 500, 500, orderNo="4711", vendorName="ALPHA PUMPS Ltd."), 1),
        (order("b", 100.2, 100.2, orderNo="4711", vendorName="Zeta Paper"), 1),
        (order("b", 100, 100, orderNo="4712", vendorName="Alpha Pumps"), 0),
    ):
        got = quality.duplicates(ma.concat([one, purchases(other, connection="two")]))
        assert (got["kind"] == "order").sum() == found


def of_connection(name, *amounts, vendor="Alpha Pumps", currency="EUR"):
    table = pd.DataFrame({"order_number": "4711", "line_number": range(1, len(amounts) + 1), "amount": amounts})
    table = table.assign(currency=currency, order_date="2025-03-01", vendor_name=vendor)
    return Purchases.from_table(table, connection=name, as_of="2025-12-31")


@pytest.mark.full
@pytest.mark.parametrize(
    ("other", "score", "evidence"),
    one_in(
        3,
        [
            (of_connection("two", 30.0, 70.0), 100, "the same number and vendor, order date, value"),
            (of_connection("two", 30.0, 71.0), 75, "the same number and vendor, order date; not the same value"),
            (of_connection("two", 30.0, None), 75, "the same number and vendor, order date; value not known"),
            (of_connection("two", 100.0, vendor=None), 75, "the same number and order date, value; vendor not known"),
            (
                of_connection("two", 100.0, currency="USD"),
                75,
                "the same number and vendor, order date; not the same value",
            ),
        ],
    ),
)
def test_orders_without_totals_are_compared_by_their_lines(other, score, evidence):
    one = of_connection("one", 40.0, 60.0)
    one, other = (replace(p, orders=p.orders.assign(total_net=np.nan, total_gross=np.nan)) for p in (one, other))
    got = quality.duplicates(ma.concat([one, other])).query("kind == 'order'")
    assert got[["score", "evidence"]].to_numpy().tolist() == [[score, evidence]]
    assert got["value"].isna().item() == (other.lines["amount"].isna().any())
    if score == 100:
        assert "1 order may have been entered twice: 100.00 EUR" in " ".join(
            ma.findings(ma.concat([one, other]))["sentence"]
        )


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Müller GmbH & Co. KG", "MUELLER GMBH", True),
        ("Oy Nokia Ab", "Nokia Oyj", False),  # a legal form in front is kept
        ("Société Générale S.A.", "societe generale", True),
        ("Company Co", "Company Inc.", True),
        ("AG", "GmbH", False),  # nothing but a legal form stays as it is
        ("Siemens AG", "Siemens Energy AG", False),
        ("Brembo S. p. A.", "BREMBO SpA", True),
        ("Škoda Auto a.s.", "Skoda Auto", True),
        ("Siam Cement Public Co., Ltd", "Siam Cement Public Company Limited", True),
        ("Orlen Sp. z o.o.", "ORLEN", True),
        ("Bank of NL", "Bank of", False),
    ],
)
def test_p10_names_are_folded_and_only_the_ending_is_dropped(a, b, same):
    pytest.importorskip("cleanco", reason="cleanco, of the extra 'enrich', is not installed")
    assert (clean_name(a) == clean_name(b)) is same


def test_p10_without_the_extra_the_commonest_endings_still_fold(monkeypatch):
    _legal_endings.cache_clear()
    monkeypatch.setitem(sys.modules, "cleanco.termdata", None)
    assert clean_name("ACME GmbH & Co. KG") == clean_name("Acme Inc.") == "acme"
    assert clean_name("Orlen Sp. z o.o.") != "orlen"
    _legal_endings.cache_clear()


def test_p10_parent_and_subsidiary_are_not_suggested_at_the_default_score():
    names = ["Siemens AG", "Siemens Energy AG", "Robert Bosch GmbH", "Bosch Rexroth AG", "Bosch Robert G.m.b.H."]
    got = quality.duplicates(
        purchases(*(order(str(i), 1, 1, vendorKey=str(i), vendorName=n) for i, n in enumerate(names)))
    )
    assert got[["name", "other_name"]].to_numpy().tolist() == [] or set(got["name"]) <= {"Robert Bosch GmbH"}


def test_p35_due_dates_that_copy_the_delivery():
    rows = [
        order(str(i), 1, (1, {"dueAt": f"2025-03-{i % 28 + 1:02d}", "deliveryAt": f"2025-03-{i % 28 + 1:02d}"}))
        for i in range(40)
    ]
    got = quality.duplicates(purchases(*rows))
    assert got["kind"].tolist() == ["due date"]
    assert "40 of 40" in got["evidence"].item()


def test_p10_nothing_is_merged_but_by_a_mapping(sample):
    before = sample.lines["vendor_name"].copy()
    quality.duplicates(sample)
    assert sample.lines["vendor_name"].equals(before)
    merged = quality.rename_vendors(sample.lines, {"Muller Antriebstechnik GmbH": "Müller Antriebstechnik GmbH"})
    assert (merged["vendor_name"] == "Müller Antriebstechnik GmbH").sum() == 934 + 93
    assert merged["original_vendor_name"].equals(before.rename("original_vendor_name"))
    assert merged.attrs == sample.lines.attrs
    with pytest.raises(SchemaError, match="Nobody"):
        quality.rename_vendors(sample.lines, {"Nobody": "x"})
    whole = quality.rename_vendors(sample, {"Muller Antriebstechnik GmbH": "Müller Antriebstechnik GmbH"})
    pd.testing.assert_frame_equal(whole.lines, merged)
    assert "Muller Antriebstechnik GmbH" in set(sample.orders.vendor_name) - set(whole.orders.vendor_name)
    assert whole.sources.equals(sample.sources)


@pytest.mark.parametrize("names", ["KN", {"KN": None}, {"KN": 3}, ["KN"], None], ids=repr)
def test_vendors_are_renamed_by_a_mapping_of_names(sample, names):
    with pytest.raises(ConfigError, match=r"names.*pass a mapping"):
        quality.rename_vendors(sample.lines, names)


# ---- all of them -------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("function", one_in(3, [quality.coverage, quality.reconcile, quality.duplicates]))
def test_they_take_purchases_and_say_so(function, sample):
    with pytest.raises(SchemaError, match="takes Purchases"):
        function(sample.lines)
    got = function(sample)
    assert "Parameters" in function.__doc__
    assert function.__name__ in ma.explain(got)
    nothing = function(Purchases.from_table(pd.DataFrame({"amount": []}), as_of="2025-01-01"))
    assert nothing.dtypes.equals(got.dtypes)


@pytest.mark.full
@pytest.mark.parametrize("plot", one_in(3, [quality.plot_coverage, quality.plot_reconcile, quality.plot_duplicates]))
def test_their_charts(plot, sample, tmp_path):
    one = ma.load_sample(["us"])
    options = {"currency": "USD"} if plot is quality.plot_reconcile else {}
    ax = plot(sample if plot is quality.plot_duplicates else one, **options)
    assert any(c.isdigit() for c in ax.figure.texts[0].get_text())
    assert len(style.alt_text(ax)) > 40
    assert style.save(ax, tmp_path / "a.png").stat().st_size > 10_000
    empty = plot(Purchases.from_table(pd.DataFrame({"amount": []}), as_of="2025-01-01"))
    assert "No data" in " ".join(t.get_text() for t in [*empty.texts, *empty.figure.texts])


def test_options_that_are_none_teach(sample):
    with pytest.raises(ConfigError, match=r"spend.by_vendor"):
        quality.reconcile(sample, metric="spend")
    with pytest.raises(ConfigError, match="0 to 100"):
        quality.duplicates(sample, score=101)


@pytest.mark.parametrize("function", one_in(3, [quality.coverage, quality.reconcile, quality.duplicates]))
@pytest.mark.parametrize("table", one_in(2, ["lines", "orders"]))
@pytest.mark.parametrize("column", one_in(3, ["connection", "order_id", "currency", "state"]))
def test_tables_of_ones_own_may_lack_columns(function, table, column, sample):
    frames = {"orders": sample.orders, "lines": sample.lines}
    frames[table] = frames[table].drop(columns=column)
    data = Purchases(**frames, as_of=sample.as_of)
    needed = {"coverage": ["connection"], "reconcile": ["connection", "order_id", "currency"]}
    if column in needed.get(function.__name__, []):
        with pytest.raises(
            SchemaError, match=rf"^quality\.{function.__name__} needs the column '{column}' of data\.{table}"
        ):
            function(data)
    else:
        assert function(data).attrs["metric"] == f"quality.{function.__name__}"


def test_infinite_amounts_are_missing_ones(sample):
    lines = sample.lines.copy()
    lines.loc[[0, 1], "amount"] = np.inf, -np.inf
    missing = lines.assign(amount=lines.amount.where(np.isfinite(lines.amount)))
    got, want = (quality.reconcile(Purchases(sample.orders, x, as_of=sample.as_of)) for x in (lines, missing))
    pd.testing.assert_frame_equal(pd.DataFrame(got), pd.DataFrame(want))


def test_a_pair_of_long_names_shows_where_they_differ():
    end = "mbH & Co. Kommanditgesellschaft"
    names = [f"Gesellschaft für Antriebs- und Fördertechnik {one} {end}" for one in ("Süd", "Nord")]
    pairs = pd.DataFrame({"kind": ["vendor"], "score": [96.0], "connection": ["emea"], "other_connection": ["us"],
                          "id": ["1"], "other_id": ["2"], "name": names[:1], "other_name": names[1:]})  # fmt: skip
    (drawn,) = [t.get_text() for t in quality.plot_duplicates(pairs).get_yticklabels()]
    one, other = drawn.split("\n= ")
    assert "Süd" in one and "Nord" in other


def test_the_strongest_suggestion_is_on_top_and_no_weaker_one_stands_out():
    pairs = pd.DataFrame({"kind": ["order"] * 3 + ["vendor"] * 2, "score": [50.0, 50, 50, 100, 98], "connection": "emea", "other_connection": "us",
                          "id": list("12345"), "other_id": list("abcde"), "name": list("ABCDE"), "other_name": list("FGHIJ")})  # fmt: skip
    ax = quality.plot_duplicates(pairs)
    assert charts.bars_of(ax, "score")["score"].tolist() == [100, 98, 50, 50, 50]
    assert len(set(charts.bar_colours(ax))) == 1
    most = charts.bars_of(quality.plot_duplicates(pairs, top=2), "score")["score"].tolist()
    assert most == [100, 50]  # of each kind one, while there is room
