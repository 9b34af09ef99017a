"""What a figure claims must hold of the data it stands on: one case of each kind, and two more."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from makini_analytics import explain, slippage, spend, units
from makini_analytics.charts import alt_text, captions_of
from makini_analytics.spend._goods import NO_GOODS
from tests.tiers import one_in

from .test_oracle import random_lines

D = pd.to_datetime


def sold(*rows, **more):
    """Return lines of item, vendor, currency and amount, each an order of its own."""
    frame = pd.DataFrame(rows, columns=["product_code", "vendor_id", "currency", "amount"])
    return frame.assign(order_id=[str(i) for i in range(len(frame))], **more)


# ---- a filter shows fewer rows, it makes no new facts -------------------------------------------------------------------


def test_a_second_vendor_in_another_currency_is_a_second_vendor():
    lines = sold(("A", "x", "EUR", 10.0), ("A", "y", "USD", 10.0), ("B", "x", "EUR", 5.0))
    assert spend.single_source(lines, currency="EUR").product_code.tolist() == ["B"]
    assert spend.single_source(lines, currency="USD").empty
    unknown = sold(("A", "x", "EUR", 10.0), ("A", None, "USD", 10.0))
    assert spend.single_source(unknown, currency="EUR").empty  # the unknown one may be another
    twice = sold(("A", "x", "EUR", 10.0), ("A", "x", "USD", 10.0))
    got = spend.single_source(twice, currency="EUR", min_orders=2)
    assert (got.spend.tolist(), got.n_orders.tolist()) == ([10.0], [1])
    assert {e["reason"]: e["n_lines"] for e in spend.single_source(lines, currency="EUR").attrs["excluded"]} == {
        "other currency": 1,
        "several vendors": 1,
    }


def test_how_far_the_data_reach_is_found_over_all_currencies():
    lines = pd.concat([daily("a", "2023-01-01", currency="EUR"), daily("a", "2024-05-15", currency="USD")])
    got = spend.by_period(lines, as_of="2025-07-31", currency="USD")
    june = got[
        got.period.astype(str) == "2025-05"
    ]  # there was half a month of dollars a year before, and that is all there was
    assert june.spend_year_before.tolist() == [1700.0]
    every = spend.by_period(lines, as_of="2025-07-31")
    pd.testing.assert_frame_equal(got, every[every.currency == "USD"].reset_index(drop=True))


@pytest.mark.parametrize("seed", one_in(3, range(5)))
def test_a_filter_by_currency_gives_the_rows_of_that_currency(seed):
    lines = random_lines(seed)
    for figure, options in (
        (spend.by_vendor, {}), (spend.by_vendor, {"by": "category"}), (spend.by_period, {"as_of": "2025-08-17"}),
        (spend.by_period, {"by": "connection"}), (spend.concentration, {}), (spend.tail, {"definition": "share"}),
        (spend.price_changes, {}), (spend.price_dispersion, {}), (spend.single_source, {}),
    ):  # fmt: skip
        every, some = figure(lines, **options), figure(lines, currency="EUR", **options)
        want = every[(every.currency == "EUR").fillna(False)].drop(
            columns=["vendor_name", "description"], errors="ignore"
        )
        got = some.drop(columns=["vendor_name", "description"], errors="ignore")
        by = [c for c in want.columns if want[c].dtype.kind not in "fb"][:6]
        pd.testing.assert_frame_equal(
            got.sort_values(by, ignore_index=True), want.sort_values(by, ignore_index=True), check_dtype=False
        )
        assert some.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in some.attrs["excluded"]) == len(lines)


def test_the_books_of_a_filter_are_those_of_every_figure():
    lines = random_lines(1)
    books = [
        {e["reason"]: e["n_lines"] for e in f(lines, currency="EUR", intercompany=["a"]).attrs["excluded"]}
        for f in (spend.by_vendor, spend.by_period)
    ]
    for reason in ("draft", "cancelled", "other currency", "intercompany"):
        assert books[0][reason] == books[1][reason]


# ---- each connection by itself ------------------------------------------------------------------------------------------


def daily(name, first, last="2025-07-31", **more):
    day = pd.date_range(first, last)
    return pd.DataFrame({"vendor_id": "v", "order_id": name + day.astype(str), "order_date": day, "amount": 100.0, "connection": name} | {"currency": "EUR"} | more)  # fmt: skip


US, EMEA = daily("us", "2024-06-15"), daily("emea", "2023-01-01")


def test_a_year_before_is_each_connection_s_own():
    both = spend.by_period(pd.concat([US, EMEA]), as_of="2025-07-31", by="connection")
    us = both[both.connection == "us"].set_index(both[both.connection == "us"].period.astype(str))
    assert us.loc["2025-06", ["spend_year_before", "yoy_change"]].isna().all()
    assert us.loc["2025-07", "yoy_change"] == 0
    assert pd.isna(us.loc["2024-06", "complete"])
    assert captions_of(spend.plot_by_period(pd.concat([US, EMEA]), as_of="2025-06-30")).title.startswith(
        "Ordered spend was highest"
    )


@pytest.mark.parametrize("freq", one_in(2, ["M", "Q", "W"]))
@pytest.mark.parametrize("as_of", one_in(3, [None, "2025-07-17"]))
def test_adding_a_connection_changes_no_figure_of_another(freq, as_of):
    for by in ("connection", ["connection", "currency"], "vendor"):
        parts = [spend.by_period(x, freq=freq, by=by, as_of=as_of) for x in (EMEA, US)]
        both = spend.by_period(pd.concat([US, EMEA]), freq=freq, by=by, as_of=as_of)
        pd.testing.assert_frame_equal(both, pd.concat(parts, ignore_index=True))


def test_a_group_of_several_connections_reaches_as_far_back_as_the_last_of_them():
    lines = pd.concat([US.assign(category="both"), EMEA.assign(category="both"), EMEA.assign(category="emea")])
    got = spend.by_period(lines, as_of="2025-07-31", by="category")
    got = got.assign(period=got.period.astype(str)).set_index(["category", "period"])
    assert pd.isna(got.yoy_change["both", "2025-06"])
    assert got.yoy_change["both", "2025-07"] == got.yoy_change["emea", "2025-06"] == 0
    assert got.complete["emea", "2024-01"]
    assert pd.isna(got.complete["both", "2024-01"])
    # one that ends earlier: without an as-of day its last order is the end of what compares
    ended = spend.by_period(pd.concat([EMEA, daily("us", "2023-01-01", "2025-03-31")]))
    assert ended.set_index(ended.period.astype(str)).yoy_change.notna().loc[["2025-03", "2025-04"]].tolist() == [
        True,
        False,
    ]


# ---- what is a good -----------------------------------------------------------------------------------------------------

GOODS = """Turbochargers; Discharge valve; Service kit; Transport belts; Frames; Rechargeable batteries; Battery chargers; Frame; Blankets;
Fire blanket; Limit switches; Text labels; Freight elevator; Service parts; Parts and service; Transport trolley; Repair-Service-Kit; stock;
Leistungsschalter; Zuschlagstoffe; Rahmen; Frachtcontainer; Transportband; Servicekoffer; Kit de service; Courroie de transport; Cadre de porte;
Kit de servicio; Cinta transportadora; Cinghia di trasporto; Kit para serviço; Frames for service; Picture frame; Charge air cooler; Tax stamps; Servo
drive; Serving trays; Textiles; Limiter; Contexts; Order forms; Purchase item; 1000; -; Framing; Dienstwagen; Superphosphate"""
SERVICES = """Service; SERVICES; service line; Service item; Service order; Field service; Professional services; Service (external); Services:
cleaning; Services - IT; Freight; Air freight; Freight charge; Freight in; Transport; Road transport; Transport costs; Charge; Surcharges; Alloy
surcharge; Service charge; Text; Text line; Limit; Blanket; Blanket order; Blanket limit; Frame order; Framework agreement; Frame contract;
Dienstleistung; Externe Dienstleistungen; Fracht; Frachtkosten; Zuschlag; Zuschläge; Metallzuschlag; Rahmenbestellung; Rahmen-Vertrag; Textposition;
Prestation de service; Frais de port; Frais de transport; Contrat-cadre; Commande cadre; Servicio técnico; Servicios de limpieza; Flete; Pedido marco;
Servizio di pulizia; Contratto quadro; Serviço; Serviços de manutenção; Frete; Vracht; Toeslag; Usługa transportowa; Freight & charges; Service/Freight; 服务"""


def kinds(text):
    return [kind.strip() for kind in text.replace("\n", " ").split(";")]


@pytest.mark.full
@pytest.mark.parametrize("figure", one_in(3, [spend.price_history, spend.price_changes, spend.price_dispersion]))
def test_a_service_kit_is_a_good_and_a_service_is_none(figure):
    for wanted, some in ((2, kinds(GOODS)), (0, kinds(SERVICES))):
        for kind in some:
            lines = sold(("P", "v", "EUR", 1.0), ("P", "v", "EUR", 2.0), type=kind, quantity=1.0)
            lines["order_date"] = D(["2024-01-05", "2025-01-05"])
            assert figure(lines).attrs["included"]["n_lines"] == wanted, kind


def test_the_types_that_were_taken_for_services_are_named():
    lines = sold(("P", "v", "EUR", 1.0), ("P", "v", "EUR", 2.0), type=["Field service", "Service kit"], quantity=1.0)
    said = explain(spend.price_dispersion(lines))
    assert "Types taken for services, charges or frame orders: Field service." in said
    assert "Service kit" not in said


def test_the_list_of_words_is_shown():
    shown = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\w+", shown)) >= NO_GOODS


# ---- smaller ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", one_in(3, ["previous_period", "last", "first"]))
def test_nothing_priced_is_an_empty_frame(baseline):
    lines = sold(("A", "x", "EUR", 10.0)).assign(quantity=1.0, order_date=D("2025-01-01"))
    want = spend.price_changes(lines, baseline=baseline)
    for nothing in (lines.iloc[:0], lines.assign(quantity=0.0), lines.assign(order_date=pd.NaT)):
        got = spend.price_changes(nothing, baseline=baseline)
        assert len(got) == 0
        assert list(got.columns) == list(want.columns)


def test_a_day_is_no_24_hours():
    for one, other in (("DAY", "HUR"), ("h", "d"), ("days", "min")):
        assert pd.isna(units.factor(one, other))
    unit, times = units.based(pd.Series(["DAY", "d", "tag", "MIN"], dtype="string"))
    assert (unit.tolist(), times.tolist()) == (["DAY", "DAY", "DAY", "H"], [1.0, 1.0, 1.0, 1 / 60])
    hired = sold(("A", "x", "EUR", 80.0), ("A", "x", "EUR", 640.0)).assign(
        quantity=1.0, unit_of_measure=["HUR", "DAY"], order_date=D(["2024-01-01", "2025-01-01"])
    )
    assert spend.price_changes(hired).ppv.isna().all()


def priced(*rows, **more):
    """Return lines of one item and vendor: day, quantity and amount."""
    frame = pd.DataFrame(rows, columns=["order_date", "quantity", "amount"])
    frame = frame.assign(order_date=D(frame.order_date), order_id=frame.index.astype(str), vendor_id="v", product_code="P", currency="EUR")  # fmt: skip
    return frame.assign(**more)


def test_a_first_purchase_is_the_first():
    lines = priced(("2022-03-01", 1.0, 1.0), ("2024-03-01", 1.0, 2.0), ("2024-09-01", 1.0, 3.0))
    got = spend.price_changes(lines)
    assert (got.n_first_purchases.sum(), got.n_without_baseline.sum()) == (1, 3)
    said = explain(got)
    assert "1 of 3 lines is a first purchase, without a baseline." in said
    assert "2 of 3 lines have no price in the period before." in said
    last = spend.price_changes(lines, baseline="last")
    assert (last.n_first_purchases.sum(), last.n_without_baseline.sum()) == (1, 1)
    assert "period before" not in str(last.attrs["notes"])
    two = pd.concat([lines, lines.assign(product_code="Q", order_id=list("xyz"))])
    listed = spend.price_changes(two, baseline={"P": 1.0})
    assert "3 of 6 lines have no price in the list." in explain(listed)


@pytest.mark.parametrize(("baseline", "n"), one_in(3, [("previous_period", 2), ("last", 1), ("first", 5)]))
def test_a_hundredfold_slip_in_the_baseline_is_marked(baseline, n):
    slip = priced(("2023-01-01", 1.0, 1000.0), *((f"2023-0{m}-01", 1.0, 10.0) for m in (2, 3, 4)), *((f"2024-0{m}-01", 1.0, 11.0) for m in (5, 6)))  # fmt: skip
    got = spend.price_changes(slip, baseline=baseline)
    assert got.n_doubtful.sum() == n  # those that are compared with it
    assert "more likely a slip than a price" in str(got.attrs["notes"])
    assert "doubtful price" in str([t.get_text() for t in spend.plot_price_changes(got).texts]) or baseline == "last"
    clean = spend.price_changes(slip.iloc[1:], baseline=baseline)
    assert clean.n_doubtful.sum() == 0
    assert "slip" not in str(clean.attrs["notes"])


def test_a_slip_is_marked_in_the_line_itself_and_against_a_list():
    lines = priced(("2023-01-01", 1.0, 10.0), ("2024-01-01", 1.0, 1000.0))
    assert spend.price_changes(lines).n_doubtful.sum() == 1
    assert spend.price_changes(lines, baseline={"P": 10.0}).set_index("period").n_doubtful["2024"] == 1
    assert spend.price_changes(lines.assign(amount=[10.0, 400.0])).n_doubtful.sum() == 0


def test_an_order_of_two_vendors_is_one_order_of_the_tail():
    lines = pd.DataFrame(
        {
            "vendor_id": list("aabbc"),
            "order_id": list("11223"),
            "currency": "EUR",
            "amount": [50.0, 40.0, 4.0, 3.0, 3.0],
        }
    )
    mixed = lines.assign(order_id=list("11222"))
    assert spend.tail(lines, definition="share").n_orders.tolist() == [1, 2]
    got = spend.tail(mixed, definition="share")
    assert got.n_orders.tolist() == [1, 1]
    assert got.average_order_value.tolist() == [90.0, 10.0]
    whole = spend.tail(mixed.assign(order_id="1", vendor_id=["a", "a", None, "b", "c"]), definition="share")
    assert whole.n_orders.tolist() == [1, 1, 1]


def test_an_open_commitment_is_the_same_in_both_rooms():
    lines = pd.DataFrame(
        {
            "vendor_id": "v", "order_id": [str(i) for i in range(9)], "currency": "EUR", "amount": 100.0, "order_date": D("2025-01-01"),
            "required_date": D("2025-02-01"), "quantity": [10.0, 10.0, None, 10.0, 0.0, 10.0, 10.0, -10.0, 10.0],
            "received_quantity": [None, 4.0, None, 12.0, None, None, 5.0, None, None],
            "delivered_date": D([None, None, None, None, None, "2025-01-20", "2025-01-20", None, None]),
            "state": ["open"] * 8 + ["cancelled"],
        }
    )  # fmt: skip
    for some in (lines, lines.drop(columns="received_quantity"), lines.assign(quantity=None)):
        got = spend.by_vendor(some, basis="open").spend.sum()
        assert got == pytest.approx(slippage.open_orders(some, as_of="2025-06-01").open_value.sum())
    assert spend.by_vendor(lines, basis="open").spend.item() == 100 + 60 + 100 + 0 + 100 + 50


# ---- titles -------------------------------------------------------------------------------------------------------------


def title(ax):
    return captions_of(ax).title


def months(before, now, n_before=5, n_now=5):
    """Return lines of January 2023 (so that the data reach back), and n each of March 2024 and 2025 that add up to the amounts."""
    rows = [("2023-01-02", 1.0, 1.0)]
    rows += [("2024-03-04", 1.0, before / n_before)] * n_before + [("2025-03-04", 1.0, now / n_now)] * n_now
    return priced(*rows)


@pytest.mark.parametrize(
    ("options", "said"),
    one_in(
        3,
        [
            ((100.0, 150.0), "150.00 EUR, 50 % more than a year before"),
            ((100.0, 500.0), "500.00 EUR, 5.0 times as much as a year before"),
            ((100.0, 1090.0), "1.09 k EUR; a year before it was only 100.00 EUR"),
            ((100.0, 150.0, 4, 20), "150.00 EUR; too few lines to compare it with a year before"),
            ((100.0, 150.0, 20, 4), "150.00 EUR; too few lines to compare it with a year before"),
            ((0.0, 150.0, 1, 5), "150.00 EUR; a year before it was 0.00 EUR"),
            ((100.0, 100.0), "100.00 EUR, as much as a year before"),
        ],
    ),
)
def test_a_change_is_told_only_where_both_years_bear_it(options, said):
    got = title(spend.plot_by_period(months(*options), as_of="2025-03-31"))
    assert got == f"Ordered spend of 2025-03: {said}"


def test_an_empty_year_before_is_called_empty():
    lines = months(100.0, 100.0)
    got = title(spend.plot_by_period(lines[lines.order_date.dt.year != 2024], as_of="2025-03-31"))
    assert got == "Ordered spend of 2025-03: 100.00 EUR; a year before there was none"
    weekly = title(spend.plot_by_period(lines[lines.order_date.dt.year != 2024], as_of="2025-03-09", freq="W"))
    assert weekly == "Ordered spend of 2025-03-03: 100.00 EUR; 52 weeks before there was none"


def test_fiscal_years_are_named_so_and_calendar_years_are_not():
    lines = months(100.0, 150.0)
    assert title(spend.plot_by_period(lines, freq="Y", fiscal_year_start=4, as_of="2025-03-31")).startswith("Ordered spend of FY2025:")  # fmt: skip
    quarter = spend.plot_by_period(lines, freq="Q", fiscal_year_start=4, as_of="2025-03-31")
    assert "of FY2025Q4:" in title(quarter)
    below = [t.get_text().split("\n") for t in quarter.get_xticklabels()]
    assert all(first.startswith("Q") for first, *_ in below)
    assert all(year.startswith("FY20") for _, *years in below for year in years) and len(below[0]) == 2
    assert "FY" not in title(spend.plot_by_period(lines, freq="Y", as_of="2025-12-31"))
    assert title(spend.plot_price_changes(lines, fiscal_year_start=4)).startswith("FY2025:")


def test_empty_periods_stand_on_the_axis():
    ax = spend.plot_by_period(months(100.0, 150.0), as_of="2025-03-31")
    assert len(ax.patches) == 27  # January 2023 to March 2025, most of them empty


def test_one_of_a_thing_is_said_in_the_singular():
    one = priced(("2025-01-01", 1.0, 1.0))
    assert "price of 1 line by" in captions_of(spend.plot_price_history(one)).subtitle
    assert "other vendor" not in captions_of(spend.plot_price_history(one)).subtitle
    assert title(spend.plot_pareto(one)) == "v makes all ordered spend"
    two = sold(("A", "x", "EUR", 90.0), ("A", "y", "EUR", 10.0))
    assert title(spend.plot_tail(two)).startswith("1 of 2 vendors is the tail: 10 %")
    unknown = sold(("A", "x", "EUR", 90.0), ("A", None, "EUR", 10.0))
    assert "1 vendor has one order" in captions_of(spend.plot_tail(unknown)).subtitle


def test_rows_without_a_vendor_are_no_vendors_in_a_pareto_chart():
    rows = [(c, None if v == "none" else v, "EUR", 100.0 - i) for i, (c, v) in enumerate([*[("A", f"v{k:02}") for k in range(17)], ("A", "none"), ("B", "none"), ("A", "last")])]  # fmt: skip
    frame = sold(*rows).assign(connection=[c for c, *_ in rows])
    pareto = spend.plot_pareto(frame)
    names = [t.get_text() for t in pareto.get_yticklabels()]
    assert title(pareto).startswith("16 of 18 vendors make")
    assert names[10:] == ["next 6", "2 others, and no vendor"]
    assert "Class A 16, B 1 and no vendor, C 1. " in alt_text(pareto)
    tail = spend.plot_tail(frame)
    assert " of 18 vendors are the tail" in title(tail)
    assert "beyond the first 80 % of spend that has a vendor" in captions_of(tail).subtitle
    assert "that has a vendor" not in captions_of(spend.plot_tail(frame.dropna(subset=["vendor_id"]))).subtitle


def test_a_box_without_a_unit_is_marked_as_no_price():
    """Pieces were bought, and now boxes of six at six times the price."""
    pieces = [(f"2024-0{m}-01", 12.0, 120.0) for m in range(1, 10)]
    lines = priced(*pieces, *(("2025" + day[4:], n / 6, amount) for day, n, amount in pieces))
    got = spend.price_changes(lines)
    assert got.ppv_rate.max() == pytest.approx(5)
    assert "1 price moved so far that another unit, as a box for a piece, is more likely" in explain(got)
    ax = spend.plot_price_changes(got)
    assert "most of it by doubtful prices" in captions_of(ax).title
    assert "doubtful price" in str([t.get_text() for t in ax.texts])
    two = pd.concat([lines, lines.assign(product_code="Q", amount=1.0, quantity=1.0)])
    assert "1 item without a unit has prices so far apart" in explain(spend.price_index(two, freq="Y", min_items=2))
    known = two.assign(unit_of_measure="EA")
    for figure in (spend.price_changes(known), spend.price_index(known, freq="Y", min_items=2)):
        assert "box" not in explain(figure)
