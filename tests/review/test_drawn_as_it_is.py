"""What a chart writes belongs to the mark beside it: no value at the mark of another year, no names turned, no line through a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import charts, lead_times, spend
from tests.tiers import one_in


def months(last, year_before, *more):
    """Return six orders in each of 24 months of 10 (000 EUR) each, but for the last month and the same of the year before."""
    amount = np.full(24, 10.0)
    amount[11], amount[23] = year_before, last
    amount = np.r_[amount, more]
    days = pd.date_range("2024-01-01", periods=len(amount), freq="MS")
    return pd.DataFrame(
        {"order_date": days.repeat(6), "amount": np.repeat(amount, 6) * 1000 / 6, "currency": "EUR"}
    ).assign(order_id=lambda d: d.index)


def texts_of(ax):
    ax.figure.draw_without_rendering()
    return {t.get_text(): t.get_window_extent() for t in ax.texts}


@pytest.mark.parametrize("size", ["slide", "half"])
@pytest.mark.parametrize(
    ("lines", "said"),
    one_in(
        5,
        [
            (months(10, 30), "10 k EUR"),  # the mark stands far above
            (months(10, 11), "10 k EUR"),  # just above, where the value would be
            (months(10, 10), "10 k EUR"),  # at the end
            (months(10, 11, 1.0), "10 k EUR"),  # a part of a month follows
            (months(3, 3.8, 1.5), "3 k EUR"),
        ],
    ),
)
def test_a_value_stands_at_its_own_bar_and_not_at_the_mark_of_the_year_before(lines, said, size):
    ax = spend.plot_by_period(lines, as_of="2025-12-31" if len(lines) == 24 * 6 else "2026-01-05")
    charts.resize(ax, *charts.SIZES[size])
    value, name = (texts_of(ax)[t] for t in (said, "year before"))
    column = ax.patches[23].get_window_extent()
    # directly above it, or in it, or beside its end
    assert -3 < value.y0 - column.y1 < 8 or -8 < column.y1 - value.y1 < 8
    assert value.x0 < column.x1 + 12 and value.x1 > column.x0 - 1
    assert not value.overlaps(name)
    for (x0, y), (x1, _) in ax.collections[0].get_segments():
        (left, at), (right, _) = ax.transData.transform([(x0, y), (x1, y)])
        assert not (left < value.x1 and right > value.x0 and value.y0 < at < value.y1)
        assert not (x0 < 23 < x1 and column.y1 + 3 < at < value.y0)  # it would read as that of the mark


def test_the_value_of_a_bar_that_is_next_to_nothing_is_not_written_over_the_name_of_the_marks():
    ax = charts.bare(spend.plot_by_period(months(0.1, 0.8), as_of="2025-12-31"))
    ax.figure.set_size_inches(5.2, 2.2)  # as on the page
    texts = texts_of(ax)
    assert not texts["100.00 EUR"].overlaps(texts["year before"])


def of(vendor, came, still_open, days=16):
    """Return lines of a vendor that came after so many days, and some that are still out since the last day but one."""
    ordered = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(came + still_open), unit="D")
    there = np.arange(came + still_open) < came
    arrived = pd.Series(ordered + pd.Timedelta(days=days)).where(there)
    return pd.DataFrame({"vendor_id": vendor, "order_date": ordered, "delivered_date": arrived})


@pytest.mark.parametrize(
    ("lines", "title", "undrawn"),
    one_in(3, [
        ([of("Acme", 2, 0), of("Beta", 0, 40)], "Too few lines have come to tell: none of 2 vendors has 20 lines and a median", "1 vendor"),
        ([of("Acme", 25, 0), of("Beta", 0, 40), of("Coda", 0, 1)], "Half of the lines of one of 3 vendors take up to 16 days; of the others too few have come to tell", "2 vendors"),
        ([of("Acme", 25, 0), of("Beta", 0, 40)], "Half of the lines of one of 2 vendors take up to 16 days; of the other too few have come to tell", "1 vendor"),
        ([of("Acme", 2, 0)], "Too few lines to tell how long they take: 2 lines", ""),
        ([of("Acme", 25, 0)], "Half of the lines take up to 16 days", ""),
    ]),
)  # fmt: skip
def test_lead_times_are_claimed_of_vendors_with_enough_lines_and_those_not_drawn_are_counted(lines, title, undrawn):
    said = charts.captions_of(lead_times.plot_by_vendor(pd.concat(lines, ignore_index=True), as_of="2025-12-31"))
    assert said.title == title
    assert "with most lines" not in said.subtitle  # one that is not drawn may have more
    assert said.subtitle.partition("; not drawn: ")[2] == (f"{undrawn} without a delivery" if undrawn else "")


def test_the_line_of_class_a_does_not_run_through_a_value():
    vendors = pd.DataFrame({"vendor_id": list("abcdefgh"), "currency": "EUR", "amount": [30.0, 20, 15, 10, 8, 7, 6, 4]})
    ax = spend.plot_pareto(vendors)
    values = texts_of(ax)
    at = ax.transData.transform((0.8, 0))[0]
    crossed = [t for t in ax.texts if values[t.get_text()].x0 < at < values[t.get_text()].x1]
    assert crossed
    for text in crossed:
        paper = text.get_bbox_patch()
        assert paper is not None and paper.get_facecolor()[3] == 1
        assert text.get_zorder() > ax.lines[0].get_zorder()


def test_each_line_of_a_title_with_an_arabic_name_runs_from_left_to_right():
    name = "شركة الخليج العربي للصناعات الهندسية والتوريدات العامة المحدودة ٢٠٢٥"
    lines = pd.DataFrame({"vendor_id": [name, "b"], "currency": "EUR", "amount": [90.0, 10.0]})
    ax = spend.plot_by_vendor(lines)
    charts.resize(ax, 3.6, 4.0)
    ax.figure.draw_without_rendering()
    title = next(t for t in ax.figure.texts if t.get_fontweight() == "bold").get_text()
    turned = [line for line in title.split("\n") if any("\u0600" < c < "\u06ff" for c in line)]
    assert len(turned) > 1  # the name itself is broken
    assert all(line[0] == line[-1] == "\N{LEFT-TO-RIGHT MARK}" for line in turned)


def test_a_row_has_room_above_the_first_and_below_the_last_dot():
    lines = pd.concat([of(v, 25, 0, days) for v, days in (("Acme", 9), ("Beta", 16))])
    for ax in (lead_times.plot_by_vendor(lines, as_of="2025-12-31"), lead_times.plot_buffer(lines, as_of="2025-12-31")):
        bottom, top = ax.get_ylim()
        assert top <= -0.5 and bottom >= 1.5


def test_of_more_vendors_than_are_drawn_all_are_counted():
    lines = pd.concat([*(of(f"v{i}", 3, 0) for i in range(14)), of("open", 0, 1)], ignore_index=True)
    said = charts.captions_of(lead_times.plot_by_vendor(lines, as_of="2025-12-31"))
    assert "none of 15 vendors has 20 lines" in said.title
    assert "the 12 vendors with most lines" in said.subtitle
    assert said.subtitle.endswith("; not drawn: 3 vendors, 1 of them without a delivery")


def test_where_most_vendors_are_not_yet_estimable_it_is_said_once_and_the_others_are_drawn():
    slow = [of(f"slow{i}", 10, 30) for i in range(13)]
    lines = pd.concat([*slow, of("Acme", 25, 0), of("open", 0, 1)], ignore_index=True)
    ax = lead_times.plot_by_vendor(lines, as_of="2025-12-31")
    said = charts.captions_of(ax)
    assert said.title.startswith("Half of the lines of one of 15 vendors take up to 16 days")
    assert said.subtitle.endswith("; not drawn: 14 vendors, 1 of them without a delivery, 13 not yet estimable")
    assert charts.alt_text(ax).endswith("\nAcme: 16 – 16 days")
    result = lead_times.by_vendor(lines, as_of="2025-12-31")
    assert [result["vendor_id"].iloc[i] for bar in said.bars for i in bar] == ["Acme"]
    none = lead_times.plot_by_vendor(pd.concat(slow), as_of="2025-12-31")
    assert "none of 13 vendors has 20 lines and a median" in charts.captions_of(none).title
    assert charts.captions_of(none).subtitle.endswith("; not drawn: 13 vendors not yet estimable")
    one = lead_times.plot_by_vendor(slow[0], as_of="2025-12-31", by=None)
    assert charts.captions_of(one).title == "The median lead time is not yet estimable"
    assert charts.alt_text(one).endswith("All: not yet estimable")
    few = lead_times.plot_by_vendor(pd.concat([slow[0], of("Acme", 25, 0)]), as_of="2025-12-31")
    assert "slow0: not yet estimable" in charts.alt_text(few)


def test_where_most_months_are_not_yet_estimable_it_is_said_once():
    ordered = pd.to_datetime([f"2025-{m:02}-03" for m in range(1, 10) for _ in range(4)])
    came = pd.Series(ordered + pd.Timedelta(days=9)).where(ordered.month > 5 + 2 * (np.arange(36) % 4 > 0))
    lines = pd.DataFrame({"order_date": ordered, "delivered_date": came})
    ax = lead_times.plot_by_period(lines, as_of="2025-09-20")
    assert charts.captions_of(ax).subtitle.endswith("; not yet estimable: 7 of 9 periods")
    assert "estimable" not in charts.alt_text(ax).partition("\n")[2]
    assert not any("estimable" in t.get_text() for t in ax.texts)
    later = lead_times.plot_by_period(lines[lines["order_date"] > "2025-06-30"], as_of="2025-09-20")
    assert sum("estimable" in t.get_text() for t in later.texts) == 1
