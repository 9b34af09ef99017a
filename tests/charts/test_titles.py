"""Titles claim no more than the data carry: a difference only where intervals are apart, and few lines are not spoken of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, lead_times, quality, slippage, spend, style
from tests.tiers import one_in

DAY = pd.Timestamp("2025-01-01")


def lines_of(vendors, *, late=(), days=8, orders=None):
    """One line per element; ``late`` says which came after the due date."""
    n = len(vendors)
    delivered = np.where(np.isin(np.arange(n), list(late)), days + 10, days)
    return pd.DataFrame(
        {
            "vendor_id": vendors,
            "order_id": orders if orders is not None else [f"o{i}" for i in range(n)],
            "line_id": [f"l{i}" for i in range(n)],
            "order_date": DAY,
            "required_date": DAY + pd.Timedelta(days=days),
            "delivered_date": DAY + pd.to_timedelta(delivered, unit="D"),
            "amount": 1.0,
            "currency": "EUR",
            "state": "received",
        }
    )


def title(ax):
    return charts.captions_of(ax).title


def test_rates_that_chance_can_make_are_no_clear_difference():
    two = lines_of(["a"] * 40 + ["b"] * 40, late=[*range(6), *range(40, 50)])  # 85 and 75 %
    assert title(slippage.plot_by_vendor(two, as_of="2025-03-01")) == (
        "80 % of 80 due lines came on time; no clear difference among 2 vendors"
    )
    assert title(slippage.plot_funnel(two, as_of="2025-03-01")) == (
        "No clear difference among 2 vendors; 80 % of 80 due lines came on time"
    )
    apart = lines_of(["a"] * 40 + ["b"] * 40, late=range(40, 70))
    for plot in (slippage.plot_by_vendor, slippage.plot_funnel):
        assert "1 of 2 vendors is clearly below the other" in title(plot(apart, as_of="2025-03-01"))
    ten = apart.assign(order_id=[f"o{i // 20}" for i in range(80)])  # two orders each: nothing to go by
    assert "too few lines" in title(slippage.plot_by_vendor(ten, as_of="2025-03-01"))
    alone = slippage.plot_by_vendor(apart[apart.vendor_id == "b"], as_of="2025-03-01")
    assert title(alone) == "25 % of 40 due lines came on time"


def test_few_lines_are_grey_and_not_spoken_of():
    few = lines_of(["a"] * 60 + ["b"] * 5, late=range(60, 65))  # none of five in time
    ax = slippage.plot_by_vendor(few, as_of="2025-03-01")
    assert "too few lines to tell vendors apart" in title(ax)
    # "a" has lines enough, and nothing to be compared with
    assert "grey: not tested, too few lines, orders or months, its own or" in charts.captions_of(ax).subtitle
    small = lines_of(["a"] * 5 + ["b"] * 5, late=range(5))
    ax = slippage.plot_by_vendor(small, as_of="2025-03-01")
    assert "too few lines to tell vendors apart" in title(ax)
    assert charts.captions_of(ax).subtitle.endswith("grey: fewer than 20 lines")
    assert title(lead_times.plot_by_vendor(small, as_of="2025-03-01")).startswith(
        "Too few lines have come to tell: none of 2 vendors"
    )


def test_a_vendor_with_few_lines_is_not_named():
    # 2 lines, both late, where 89 % are in time: 4 standard deviations by the usual formula, and yet once in 80 times
    frame = lines_of(["a"] * 200 + ["b"] * 2, late=[*range(21), 200, 201])
    assert title(slippage.plot_funnel(frame, as_of="2025-03-01")).startswith("Too few lines to tell vendors apart")


def test_medians_that_are_the_same_are_no_difference_and_others_get_no_ranking():
    same = lines_of(["a"] * 30 + ["b"] * 30)
    assert title(lead_times.plot_by_vendor(same, as_of="2025-03-01")) == (
        "No clear difference: the median lead time is 8 days at each of 2 vendors"
    )
    sample = title(lead_times.plot_by_vendor(ma.load_sample(["emea"]).lines))
    assert not any(word in sample for word in ("fast", "slow", "best", "worst", "because", "due to"))
    assert "between" in sample


def test_a_forecast_is_better_only_beyond_its_interval():
    rng = np.random.default_rng(7)
    n = 400
    came = rng.random(n) < 0.7
    frame = pd.DataFrame(
        {"connection": "x", "order_id": [f"o{i}" for i in range(n)], "trailing_rate": 0.7, "on_time": came}
    )
    frame.attrs = {}
    no_better = frame.assign(chance=np.clip(0.7 + rng.normal(0, 0.02, n), 0, 1))
    assert title(slippage.plot_backtest(no_better)).startswith("No clear difference")
    better = frame.assign(chance=np.where(came, 0.9, 0.3))
    assert "less error" in title(slippage.plot_backtest(better))
    worse = frame.assign(chance=np.where(came, 0.3, 0.9))
    assert "more error" in title(slippage.plot_backtest(worse))
    one_order = better.assign(order_id="o")  # all lines of one order are one piece of evidence
    assert title(slippage.plot_backtest(one_order)).startswith("No clear difference")


def test_lines_on_the_day_are_never_drawn_as_late():
    frame = lines_of(["a"] * 300)
    frame.loc[:100, "delivered_date"] = DAY + pd.to_timedelta(
        np.r_[np.zeros(51), np.full(50, 200)], unit="D"
    )  # wide bins
    ax = slippage.plot_per_line(frame, as_of="2026-01-01")
    late = [p for p in ax.patches if p.get_hatch()]
    early = [p for p in ax.patches if not p.get_hatch()]
    assert sum(p.get_height() for p in late) == 50
    assert sum(p.get_height() for p in early) == 250
    assert min(p.get_x() for p in late) >= 0.5


def test_a_change_of_many_times_is_no_percent_and_old_news_is_none():
    dates = pd.to_datetime(
        ["2024-01-15", "2024-02-15", "2024-03-15", "2025-01-15", "2025-02-15", "2025-03-15", "2025-04-01"]
    )
    frame = pd.DataFrame(
        {"vendor_id": "a", "amount": [10.0, 10, 10, 10, 10, 110, 1], "currency": "EUR", "order_date": dates}
    )
    frame = pd.concat([frame.assign(amount=frame.amount / 5)] * 5, ignore_index=True)
    told = title(
        spend.plot_by_period(spend.by_period(frame.replace({"amount": {22.0: 10.0}}), freq="M", as_of="2025-03-31"))
    )
    assert told.endswith("5.0 times as much as a year before")
    told = title(spend.plot_by_period(spend.by_period(frame, freq="M", as_of="2025-03-31")))
    assert told.endswith("110.00 EUR; a year before it was only 10.00 EUR")
    # nothing stands beside the last month: an older comparison is not told as the newest
    gone = frame[frame.order_date < "2025-04-01"].assign(order_date=lambda f: f.order_date - pd.Timedelta(days=0))
    gone = pd.concat([gone, gone.tail(1).assign(order_date=pd.Timestamp("2025-06-15"), amount=500.0)])
    assert "2025-06" in title(spend.plot_by_period(spend.by_period(gone, freq="M", as_of="2025-06-30")))


def test_numbers_keep_their_units_where_a_title_is_wrapped():
    ax = spend.plot_by_vendor(lines_of(["a"] * 3))
    charts.retitle(ax, "8 of 73 vendors differ from the common on-time rate of 89 % and 1,234 k EUR")
    for wide in np.arange(4.0, 10.0, 0.25):
        charts.resize(ax, wide, 5.0)
        for line in ax.figure.texts[0].get_text().split("\n"):
            assert not line.startswith(("%", "k ", "EUR"))


def test_what_is_all_there_and_what_is_not_open_has_a_title_of_its_own():
    frame = lines_of(["a"] * 3)
    assert title(slippage.plot_ageing(frame, as_of="2025-03-01")) == "No line is open: all 3 that count are delivered"
    table = pd.DataFrame({"vendor_name": ["a", "b"], "amount": [1.0, 2.0], "order_date": "2025-01-01"})
    data = ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")
    assert title(quality.plot_reconcile(data)).startswith("All of the 3.00 EUR is used")


def test_names_cut_to_the_same_letters_stay_apart():
    names = ["Efavirenz 600mg, tablets, 30 Tabs", "Efavirenz 200mg, tablets, 30 Tabs"]
    frame = pd.DataFrame({"description": names, "vendor_name": ["HETERO LABS LIMITED (unit two)"] * 2})
    assert len(set(charts.group_labels(frame, ["description", "vendor_name"]))) == 2


@pytest.mark.parametrize("size", one_in(9, charts.SIZES))
def test_values_never_cover_the_names_of_the_bars(size, tmp_path):
    lines = ma.load_sample(["emea"]).lines.query("currency == 'EUR'")
    ax = spend.plot_price_changes(lines)
    style.save(ax, tmp_path / "x.png", size=size)
    ax.figure.draw_without_rendering()
    names = [t.get_window_extent() for t in ax.get_yticklabels()]
    for text in ax.texts:
        assert not any(text.get_window_extent().overlaps(n) for n in names)


@pytest.mark.full
@pytest.mark.parametrize("size", one_in(9, charts.SIZES))
def test_names_in_the_funnel_don_t_cover_each_other(size, tmp_path):
    pytest.importorskip("matplotlib_fontja", reason="the Japanese names need a font")
    result = slippage.by_vendor(ma.load_sample().lines)
    few = result.n_due.gt(20) & (result.on_time_rate - result.others_rate).abs().gt(0.1)
    ax = slippage.plot_funnel(result.assign(against_others=result.against_others.mask(few, "below")))
    style.save(ax, tmp_path / "x.png", size=size)
    ax.figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts]
    assert len(boxes) > 3
    inside = ax.figure.bbox
    for i, one in enumerate(boxes):
        assert one.x1 <= inside.x1 and one.x0 >= 0
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])


@pytest.mark.parametrize(
    "plot", one_in(3, [slippage.plot_by_vendor, lead_times.plot_by_vendor, lead_times.plot_buffer])
)
def test_one_of_several_is_not_called_the_1_vendors(plot):
    frame = lines_of(["a"] * 30 + ["b"] * 3)
    frame.loc[30:, ["delivered_date", "required_date"]] = pd.NaT
    captions = charts.captions_of(plot(frame, as_of="2025-03-01"))
    assert "1 vendors" not in captions.title + captions.subtitle
    assert "the 0 " not in captions.subtitle
    few = lines_of(["a"] * 30 + ["b"] * 3)
    captions = charts.captions_of(plot(few, as_of="2025-03-01"))
    assert "1 vendors" not in captions.title + captions.subtitle


def test_only_vendors_with_a_due_line_are_others():
    frame = lines_of(["a"] * 30 + ["b"] * 3)
    frame.loc[30:, "required_date"] = pd.NaT
    assert "most due lines" not in charts.captions_of(slippage.plot_by_vendor(frame, as_of="2025-03-01")).subtitle
    frame = lines_of(["a"] * 30 + ["b"] * 3)
    assert (
        ", the one with most due lines"
        in charts.captions_of(slippage.plot_by_vendor(frame, as_of="2025-03-01", top=1)).subtitle
    )


def test_what_nobody_can_foresee_is_not_told_as_nothing():
    lines = pd.DataFrame(
        {
            "order_date": pd.Timestamp("2025-01-01"),
            "required_date": pd.to_datetime(["2025-01-28", "2025-02-20", "2025-06-01"]),
            "delivered_date": pd.NaT,
            "amount": 10.0,
            "currency": "EUR",
        }
    )
    lines["delivered_date"] = lines["delivered_date"].astype("datetime64[us]")
    subtitle = charts.captions_of(slippage.plot_ageing(lines, as_of="2025-01-25")).subtitle
    assert subtitle.endswith("; in the next 30 days fall due 2 lines of which no chance is known")
    came = pd.concat(
        [lines.assign(required_date=lines.order_date + pd.Timedelta(days=9), delivered_date=pd.Timestamp("2025-01-09"))]
        * 30
        + [lines]
    )
    came.loc[came.delivered_date.notna(), "order_date"] -= pd.Timedelta(days=60)
    assert "no chance" not in charts.captions_of(slippage.plot_ageing(came, as_of="2025-01-25")).subtitle


@pytest.mark.parametrize(
    ("item", "said"),
    [("product_code", "1 product code was"), ("material_id", "1 material id was"), ("material", "1 material was")],
)
def test_a_column_is_named_in_words(item, said):
    lines = pd.DataFrame(
        {
            "product_code": list("AAB"),
            "material_id": list("AAB"),
            "vendor_id": list("xyx"),
            "currency": "EUR",
            "amount": [1.0, 2.0, 3.0],
        }
    )
    assert title(spend.plot_single_source(lines, item=item)).startswith(said)


def title_of(axes):
    return style.alt_text(axes).split(". ")[0].rstrip(".")


def test_the_largest_share_is_said_of_what_is_measured_and_of_what_was_picked():
    lines = pd.DataFrame({"vendor_id": list("abab"), "currency": "EUR", "amount": 100.0, "quantity": 10.0})
    lines["received_quantity"] = [10.0, 0, 10, 2]
    assert (
        title_of(spend.plot_concentration(lines, basis="received"))
        == "The largest vendor has 91 % of received spend at order prices"
    )
    assert title_of(spend.plot_concentration(lines, basis="open")) == "All open commitment is with one vendor"
    data = ma.load_sample(["us"]).filter(vendor="Cascade Motor Works")
    for plot in (spend.plot_concentration, spend.plot_pareto):
        assert title_of(plot(data.lines, currency="USD")).endswith(
            ("that was picked is with one vendor", "that was picked")
        )
    of_category = ma.load_sample().filter(category="Bearings", connection="emea")
    assert "picked" not in title_of(spend.plot_concentration(of_category.lines, currency="EUR"))


def test_terms_that_differ_are_those_of_the_figure_and_a_credit_leads_no_mean_astray():
    terms = ["Net 30", "2/10 net 30", "Net 30", "30 days net"]
    lines = pd.DataFrame({"vendor_id": list("aabb"), "currency": "EUR", "amount": 100.0, "payment_terms": terms})
    assert spend.payment_terms(lines)["n_terms"].tolist() == [2, 1]
    assert (
        title_of(spend.plot_payment_terms(lines))
        == "30 days to payment were agreed on average; 1 of 2 vendors has terms that differ"
    )
    credits = pd.DataFrame(
        {"vendor_id": list("bb"), "currency": "EUR", "amount": [50.0, -20.0], "payment_terms": ["Net 10", "Net 90"]}
    )
    assert spend.payment_terms(credits)["days"].item() == 10
    assert title_of(spend.plot_payment_terms(credits)) == "10 days to payment were agreed on average"
    one = credits.assign(payment_terms="Net 1")
    assert title_of(spend.plot_payment_terms(one)) == "1 day to payment was agreed on average"
    assert spend.payment_terms(credits.iloc[1:])["days"].isna().all()


def test_nothing_is_to_come_of_what_was_cancelled():
    n = 30
    lines = pd.DataFrame(
        {"vendor_id": "v", "order_date": pd.date_range("2025-01-01", periods=n, freq="5D"), "state": "cancelled"}
    )
    lines["delivered_date"] = pd.Series([pd.NaT] * n, dtype="datetime64[us]")
    lines["cancelled_date"] = lines["order_date"] + pd.Timedelta(days=3)
    for plot in (lead_times.plot_by_vendor, lead_times.plot_by_period, lead_times.plot_buffer):
        assert title_of(plot(lines, as_of="2025-12-31")) == "Nothing is delivered of 30 lines"
        assert title_of(plot(lines.assign(state="open", cancelled_date=pd.NaT), as_of="2025-12-31")).startswith(
            "Nothing is delivered yet"
        )


def test_nine_of_ten_will_not_come_and_the_others_did():
    lines = pd.DataFrame({"vendor_id": "v", "order_date": DAY, "state": ["received"] * 20 + ["cancelled"] * 4})
    lines["delivered_date"] = pd.Series([DAY + pd.Timedelta(days=9)] * 20 + [pd.NaT] * 4)
    lines["cancelled_date"] = pd.Series([pd.NaT] * 20 + [DAY + pd.Timedelta(days=2)] * 4)
    said = title_of(lead_times.plot_curve(lines, as_of="2025-12-31"))
    assert said == "Half of the ordered lines are delivered by day 9, fewer than nine of ten will ever come"


def test_what_has_no_value_is_counted_in_lines():
    lines = pd.DataFrame(
        {"order_date": DAY, "required_date": pd.to_datetime(["2025-01-15"] * 3), "amount": np.nan, "currency": "EUR"}
    )
    lines["delivered_date"] = pd.Series([pd.NaT] * 3, dtype="datetime64[us]")
    assert (
        title_of(slippage.plot_ageing(lines, as_of="2025-01-25"))
        == "3 of 3 open lines are overdue; their value is not known, or 0"
    )


def test_each_curve_has_its_name_beside_it_and_those_not_drawn_are_told():
    lines = ma.load_sample(["emea"]).lines
    ax = lead_times.plot_curve(lines, by="vendor")
    ax.figure.draw_without_rendering()
    names = set(lines.vendor_name.value_counts().index)
    told = [t for t in ax.texts if t.get_text() in names]
    assert len(told) == 6  # none beyond the axis' end, and none by a key
    boxes = [t.get_window_extent() for t in told]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(b.x1 <= ax.figure.bbox.x1 for b in boxes)
    captions = charts.captions_of(ax)
    assert captions.title.partition(": ")[0] in names
    assert f"the 6 groups with most lines of {lines.vendor_id.nunique() + 1}" in captions.subtitle  # one has no vendor


@pytest.mark.parametrize("plot", one_in(3, [slippage.plot_by_vendor, slippage.plot_by_period, slippage.plot_per_line]))
def test_what_counts_as_on_time_is_told_where_it_is_not_the_usual(plot):
    frame = lines_of(["a"] * 30, late=range(9)).assign(promised_date=lambda f: f.required_date)
    usual = charts.captions_of(plot(frame, as_of="2025-03-01")).footnote
    assert "on time" not in usual
    assert "due date:" not in usual
    told = plot(frame, as_of="2025-03-01", due="promised", late_days=1, early_days=0, under_share=0.02)
    said = "due date: promised · up to 1 day late is on time · early is not on time · up to 2 % may lack · n ="
    assert said in charts.captions_of(told).footnote


def test_the_days_late_know_one_meaning_of_late():
    frame = lines_of(["a"] * 100, late=range(20))
    frame.loc[:9, "delivered_date"] -= pd.Timedelta(days=8)  # ten of them two days late
    for allowed, late, within in ((0, 20, "on the day 80 %"), (3, 10, "on time 90 %")):
        ax = slippage.plot_per_line(frame, as_of="2025-03-01", late_days=allowed)
        assert title(ax) == f"{late} % of the delivered due lines came late"
        assert sum(p.get_height() for p in ax.patches if p.get_hatch()) == late
        assert within in [t.get_text() for t in ax.texts]


def test_lines_that_name_no_vendor_are_no_vendor_in_any_count():
    lines = lines_of(["a"] * 3 + ["b"] * 2 + [None] * 4).assign(payment_terms=["Net 30", "Net 60"] * 4 + ["Net 30"])
    assert "all 2 vendors have terms that differ" in title(spend.plot_payment_terms(lines))
    pattern = spend.plot_order_pattern(lines, as_of="2025-03-01", top=1)
    assert "the 1 of 2 vendors with most orders" in charts.captions_of(pattern).subtitle
    assert "the largest of 2," in title(spend.plot_small_multiples(lines, by="vendor"))
    few = title(lead_times.plot_shifts(lines, as_of="2025-03-01"))
    assert few == "Too little to tell a change: 2 vendors with fewer than 40 lines in six months"
    due = pd.DataFrame({"vendor_id": [None, "a", "b"] * 40, "order_id": range(120), "required_date": pd.Timestamp("2025-01-10"), "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-20"] * 60)})  # fmt: skip
    for plot in (slippage.plot_by_vendor, slippage.plot_funnel):
        assert "no clear difference among 2 vendors" in title(plot(due, as_of="2025-01-31")).lower()


def test_what_is_there_twice_is_drawn_of_each_kind_and_counted_as_pairs():
    kinds = ["order"] * 3 + ["vendor"] * 20
    result = pd.DataFrame({"kind": kinds, "score": [50.0] * 3 + [90.0] * 20, "name": [f"n{i}" for i in range(23)]})
    result = result.assign(connection="c", id=result.name, other_connection="d", other_id=result.name, other_name="x")
    ax = quality.plot_duplicates(result, top=4)
    scores = [p.get_width() for p in ax.patches]
    assert scores == [90.0, 90.0, 50.0, 50.0]
    assert charts.captions_of(ax).subtitle.endswith("drawn 4 of 23 pairs")


def test_a_comparison_counts_the_lines_of_each_side():
    lines = lines_of(["a"] * 5)
    ax = ma.plot_compare(lines, lines.iloc[:4])
    assert "n = 5 and 4 lines · left out of both: nothing" in charts.captions_of(ax).footnote
    rate = ma.plot_compare(lines, lines, metric="on_time", as_of="2025-03-01", definition={"late_days": 3})
    assert "up to 3 days late is on time" in charts.captions_of(rate).footnote


def test_lines_that_were_open_are_not_left_out_as_if_they_were_not():
    days = pd.date_range("2024-06-01", "2024-12-31", freq="10D")
    lines = lines_of(["a"] * len(days)).assign(order_date=days, required_date=days + pd.Timedelta(days=30), delivered_date=days + pd.Timedelta(days=25))  # fmt: skip
    why = {e["reason"]: e["n_lines"] for e in slippage.backtest(lines, as_of="2025-02-01").attrs["excluded"]}
    assert why["open while too little was known for a forecast"] > 0
    assert sum(why.values()) == len(lines)


def test_a_change_that_reads_as_nothing_has_no_sign():
    assert charts.with_plus(1e-9, charts.money(1e-9, "EUR")) == "0.00 EUR"
    assert charts.with_plus(0.0004, charts.percent_of_change(0.0004)) == "0.0 %"
    assert charts.with_plus(2.5, charts.money(2.5, "EUR")) == "+2.50 EUR"


def test_a_vendor_whose_name_another_connection_has_is_told_apart_though_only_one_is_drawn():
    lines = pd.concat(
        [
            lines_of(["Bolt"] * 40 + ["Nut"] * 30).assign(connection="emea"),
            lines_of(["Bolt"] * 2).assign(connection="us"),
        ],
        ignore_index=True,
    ).assign(vendor_name=lambda t: t.vendor_id, currency="EUR", amount=1.0, payment_terms="Net 30")
    on_time = (slippage.plot_by_vendor, lead_times.plot_by_vendor, lead_times.plot_buffer)
    for plot in (*on_time, spend.plot_by_vendor, spend.plot_order_pattern, spend.plot_payment_terms):
        drawn = style.alt_text(plot(lines, as_of="2025-03-01", top=2))
        assert "Bolt (emea)" in drawn and "Nut (" not in drawn, plot


def test_days_late_of_lines_that_all_wait_say_how_many_are_overdue():
    lines = pd.DataFrame(
        {"required_date": pd.to_datetime(["2025-01-10", "2025-01-11", "2025-03-01"]), "delivered_date": pd.NaT}
    )
    for of, said in ((lines, "2 lines are"), (lines[:1], "1 line is")):
        ax = slippage.plot_per_line(of, as_of="2025-01-31")
        assert charts.captions_of(ax).title == f"Nothing delivered; {said} open and overdue"
    assert charts.captions_of(slippage.plot_per_line(lines[2:], as_of="2025-01-31")).title.startswith("No data")
