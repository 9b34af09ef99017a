"""A part of the purchases: nothing disappears unsaid, and the part knows what the whole knew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, currency, explain, lead_times, slippage, spend
from tests.tiers import one_in

VENDOR = "Kugellager Nord AG"


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


def keys(frame, name):
    return set(zip(frame["connection"], frame[name], strict=True))


def test_len_is_the_number_of_order_lines(data):
    assert len(data) == len(data.lines) == data.sources.n_lines.sum()
    assert len(ma.Purchases(data.orders.iloc[:0], data.lines.iloc[:0])) == 0


def test_a_vendor_s_data_reach_as_far_back_as_those_of_all():
    dates = pd.to_datetime(["2024-01-02", "2024-01-20", "2025-01-15"])
    orders = pd.DataFrame(
        {"order_number": list("123"), "vendor_name": list("abb"), "order_date": dates, "amount": [1.0, 4.0, 2.0]}
    )
    data = ma.Purchases.from_table(orders, currency="EUR", as_of="2025-01-31")
    part = data.filter(vendor="b")
    months = spend.by_period(part)
    assert months.complete.all()
    assert months.spend_year_before.tolist()[-1] == 4.0
    assert spend.by_period(currency.convert(part, to="EUR")).equals(months)
    assert "hatched" not in charts.captions_of(spend.plot_by_period(part)).subtitle
    # what was cut once more may begin later than the data: nobody knows, and the chart claims neither
    later = spend.by_period(part.lines[part.lines.order_date > "2024-06"])
    assert later.complete.isna().all()
    assert later.spend_year_before.isna().all()
    assert "cut" not in charts.captions_of(spend.plot_by_period(later)).subtitle
    # days that were asked for are known, and a month of which one day was asked for is no whole one
    day = spend.plot_by_period(data.filter(since="2025-01-15", until="2025-01-15"))
    assert charts.captions_of(day).subtitle.endswith("hatched: cut by the data, not to be compared with whole periods")
    assert charts.captions_of(day).title == "All ordered spend is of 2025-01: 2.00 EUR"


@pytest.mark.parametrize(
    ("picked", "condition"),
    one_in(
        2,
        [
            ({"connection": "emea"}, lambda x: x.connection == "emea"),
            ({"connection": ["us", "apac"]}, lambda x: x.connection.isin(["us", "apac"])),
            ({"vendor": VENDOR}, lambda x: x.vendor_name == VENDOR),
            ({"since": "2025-03-01", "until": "2025-03-31"}, lambda x: x.order_date.dt.strftime("%Y-%m") == "2025-03"),
            (
                {"category": "Bearings", "connection": "us"},
                lambda x: (x.category == "Bearings") & (x.connection == "us"),
            ),
        ],
    ),
)
def test_lines_orders_issues_and_sources_go_together(data, picked, condition):
    before = [f.copy() for f in (data.orders, data.lines, data.issues, data.sources)]
    part = data.filter(**picked)
    wanted = data.lines[condition(data.lines)]
    pd.testing.assert_frame_equal(part.lines, wanted.reset_index(drop=True))
    assert len(part) == len(wanted) > 0
    assert keys(part.orders, "order_id") >= keys(wanted, "order_id")
    # the sample's orders all have lines, unless the condition is of the order itself
    assert keys(part.orders, "order_id") - keys(wanted, "order_id") <= keys(data.orders, "order_id") - keys(data.lines, "order_id")  # fmt: skip
    of_rows = part.issues.dropna(subset=["id"])
    assert keys(of_rows, "id") <= keys(part.lines, "line_id") | keys(part.orders, "order_id")
    mine = data.issues[data.issues.id.isin(set(wanted.line_id)) & data.issues.connection.isin(set(wanted.connection))]
    assert len(of_rows[of_rows.id.isin(set(wanted.line_id))]) == len(mine)
    assert set(part.sources.connection) == set(wanted.connection)
    assert part.sources.n_lines.sum() == len(wanted)
    out = 0
    for name, note in zip(part.sources.connection, part.sources.notes, strict=True):
        n_all, n_left = (int((f.connection == name).sum()) for f in (data.lines, wanted))
        assert f"{n_left:,} of {n_all:,} lines; {n_all - n_left:,} left out" in note
        out += n_all - n_left
    others = (
        len(data) - len(wanted) - out
    )  # nothing is lost: of connections that are left out as a whole each note tells
    assert all((f"all {others:,} of other connections" in note) == bool(others) for note in part.sources.notes)
    for frame, was in zip((data.orders, data.lines, data.issues, data.sources), before, strict=True):
        pd.testing.assert_frame_equal(frame, was)


def test_a_vendor_is_found_by_its_id_as_by_its_name(data):
    ids = data.lines.loc[data.lines.vendor_name == VENDOR, "vendor_id"].unique().tolist()
    pd.testing.assert_frame_equal(data.filter(vendor=ids).lines, data.filter(vendor=VENDOR).lines)


def test_lines_without_an_order_date_are_left_out_and_counted(data):
    lines = data.lines.copy()
    lines.loc[:4, "order_date"] = pd.NaT
    part = ma.Purchases(data.orders, lines, data.issues, data.sources, data.as_of).filter(since="1950-01-01")
    assert len(part) == len(lines) - 5
    assert "5 left out, 5 of them for want of an order date" in part.sources.notes.iloc[0]


def test_an_order_without_lines_stays_where_it_is_known_to_be_meant():
    orders = pd.DataFrame(
        {
            "connection": "c",
            "order_id": ["1", "2", "3"],
            "vendor_name": ["A", "A", "B"],
            "order_date": pd.Timestamp("2025-01-01"),
        }
    )
    lines = orders.iloc[:1].assign(line_id="1", amount=5.0)
    part = ma.Purchases(orders, lines, as_of="2025-02-01").filter(vendor="A")
    assert part.orders.order_id.tolist() == ["1", "2"]
    assert part.as_of == pd.Timestamp("2025-02-01")


def test_each_connection_keeps_its_own_day(data):
    early = ma.Purchases(*(getattr(ma.load_sample("us"), t) for t in ("orders", "lines", "issues", "sources")), as_of="2025-06-30")  # fmt: skip
    both = ma.concat([early, ma.load_sample("emea")])
    assert both.as_of == pd.Timestamp("2025-06-30")
    assert both.filter(connection="emea").as_of == pd.Timestamp("2025-12-31")
    assert both.filter(connection="us").as_of == pd.Timestamp("2025-06-30")
    part = both.filter(category="Bearings")
    assert part.lines.attrs["as_of_by_connection"] == {"us": "2025-06-30", "emea": "2025-12-31"}
    pd.testing.assert_frame_equal(
        slippage.by_vendor(part).query("connection == 'emea'").reset_index(drop=True)[["vendor_id", "n_due", "n_late"]],
        slippage.by_vendor(part.filter(connection="emea"))[["vendor_id", "n_due", "n_late"]],
    )


def test_a_span_of_days_cuts_the_periods_and_there_is_no_year_before(data):
    part = data.filter(since="2025-01-15", until="2025-11-20")
    months = spend.by_period(part, currency="EUR")
    whole = spend.by_period(data, currency="EUR")
    assert not months.complete.iloc[0]
    assert not months.complete.iloc[-1]
    assert months.complete.iloc[1:-1].all()
    assert months.spend_year_before.isna().all()
    pd.testing.assert_series_equal(
        months.spend.iloc[1:-1].reset_index(drop=True),
        whole.spend[whole.period.astype(str).between("2025-02", "2025-10")].reset_index(drop=True),
    )
    narrower = part.filter(since="2025-03-01").filter(since="2025-02-01")
    assert set(narrower.sources.since.dt.strftime("%Y-%m-%d")) == {"2025-03-01"}


def test_figures_charts_and_explanations_say_what_they_are_a_part_of(data):
    part = data.filter(connection="emea").filter(category="Bearings", since="2025-01-01")
    said = "connection emea, category Bearings, ordered from 2025-01-01"
    for figure in (spend.by_vendor, slippage.by_vendor, lead_times.by_vendor, spend.by_period):
        got = figure(part)
        assert list(got.attrs["filters"].values()) == ["emea", "Bearings", "2025-01-01"]
        assert f"\nOnly: {said}\n" in explain(got)
    chart = slippage.plot_by_vendor(part)
    assert charts.captions_of(chart).footnote.startswith(f"Only {said} · Source: emea")
    assert "filters" not in spend.by_vendor(data).attrs
    assert "Only" not in charts.captions_of(slippage.plot_by_vendor(data)).footnote


@pytest.mark.full
def test_what_it_knows_survives_rates_a_folder_and_a_concat(data, tmp_path):
    rates = dict.fromkeys(["AUD", "CAD", "CHF", "GBP", "JPY", "SGD", "USD"], 0.5)
    converted = currency.convert(data, "EUR", rates)
    part = converted.filter(vendor=VENDOR)
    assert spend.by_vendor(part).attrs["currency"] == spend.by_vendor(converted).attrs["currency"] != "as in the documents"  # fmt: skip
    after = currency.convert(data.filter(vendor=VENDOR), "EUR", rates)
    assert after.lines.attrs["filters"] == part.lines.attrs["filters"] == {"vendor": VENDOR}
    pd.testing.assert_frame_equal(spend.by_vendor(part), spend.by_vendor(after))
    back = ma.Purchases.load(part.save(tmp_path / "part"))
    assert back.sources.notes.str.startswith(f"Only vendor {VENDOR}: ").all()
    both = ma.concat([data.filter(connection=c) for c in ("emea", "us")])
    pd.testing.assert_frame_equal(
        spend.by_vendor(both), spend.by_vendor(data.filter(connection=["emea", "us"])), check_like=True
    )


def test_one_vendors_lines_make_no_single_source(data):
    recent = data.filter(since="2025-10-01")  # over two years every item of the sample has several vendors
    whole = spend.single_source(recent)
    alone = spend.single_source(recent.filter(vendor=VENDOR))
    assert len(whole[whole.connection == "emea"]) > 3
    assert alone.empty
    about = alone.attrs
    assert about["included"]["n_lines"] + sum(e["n_lines"] for e in about["excluded"]) == len(
        recent.filter(vendor=VENDOR)
    )
    assert "whether others sell the same" in about["notes"][0]
    # a connection and a category part no vendors of an item
    of_emea = whole[whole.connection == "emea"].sort_values("material_id")
    part = spend.single_source(recent.filter(connection="emea")).sort_values("material_id")
    assert part.material_id.tolist() == of_emea.material_id.tolist()


def test_nothing_is_left_and_what_no_line_has(data):
    part = data.filter(since="2030-01-01")
    assert len(part) == len(part.orders) == 0
    assert part.as_of == data.as_of
    assert slippage.by_vendor(part).empty
    assert len(part.filter(vendor="anyone")) == 0
    with pytest.raises(ma.ConfigError, match="near: Kugellager Nord AG"):
        data.filter(vendor="Kugelager Nord")
    with pytest.raises(ma.OptionError, match="near: category"):
        data.filter(categorie="x")


@pytest.mark.full
def test_findings_of_one_vendor_make_no_concentration_and_no_single_source():
    data = ma.load_sample("emea")
    found = ma.findings(data.filter(vendor=VENDOR)).set_index("kind")
    for kind in ("concentration", "single source"):
        assert "filtered by vendor" in found.sentence[kind]
        assert pd.isna(found.value[kind])
    assert "filtered" not in " ".join(ma.findings(data).sentence)


@pytest.mark.parametrize("pick", [{"quantity": "3"}, {"is_return": "True"}, {"order_date": "2025-01-01"}])
def test_a_column_that_is_no_text_is_not_picked_by(data, pick):
    with pytest.raises(ma.OptionError, match=r"picks by columns of text.*data\.lines\["):
        data.filter(**pick)


def test_dates_may_be_missing_as_numbers_and_have_times_of_day(data):
    """Frames made by hand: a column of NaN, and an instant within the last day."""
    undated = replace(data, lines=data.lines.assign(order_date=np.nan))
    assert len(undated.filter(since="2025-01-01")) == 0
    timed = replace(data, lines=data.lines.assign(order_date=data.lines["order_date"] + pd.Timedelta(hours=14)))
    assert len(timed.filter(until="2025-06-30")) == len(data.filter(until="2025-06-30"))


def test_lines_without_a_connection_are_counted_among_the_sources():
    made = ma.Purchases.from_table(pd.DataFrame({"vendor_name": ["A", "B", "A"], "amount": 1.0, "currency": "EUR"}))
    no_name = replace(made, lines=made.lines.assign(connection=pd.NA), sources=made.sources.assign(connection=pd.NA))
    assert no_name.filter(vendor="A").sources["n_lines"].tolist() == [2]


@pytest.mark.parametrize("kind", one_in(3, ["string", "category", object]))
def test_dates_may_be_text_as_in_figures(data, kind):
    days = data.lines["order_date"].astype("string").astype(kind)
    texts = replace(data, lines=data.lines.assign(order_date=days))
    assert len(texts.filter(since="2025-03-01")) == len(data.filter(since="2025-03-01"))
    assert len(texts.filter(vendor=VENDOR)) == len(data.filter(vendor=VENDOR))


def test_a_column_that_can_not_be_read_stops_no_filter():
    data = ma.load_sample(["us"])
    odd = replace(data, lines=data.lines.assign(received_quantity="some").iloc[:50])
    assert 0 < len(odd.filter(vendor=str(odd.lines.vendor_name.iloc[0]))) <= 50
