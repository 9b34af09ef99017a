"""What a chart writes belongs to the mark beside it: no value at the mark of another year, no names turned, no line through a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import charts, spend


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
    ax.figure.canvas.draw()
    return {t.get_text(): t.get_window_extent() for t in ax.texts}


@pytest.mark.parametrize("size", ["slide", "half"])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (months(10, 30), "10 k EUR"),  # the mark stands far above
        (months(10, 11), "10 k EUR"),  # just above, where the value would be
        (months(10, 10), "10 k EUR"),  # at the end
        (months(10, 11, 1.0), "10 k EUR"),  # a part of a month follows
        (months(3, 3.8, 1.5), "3 k EUR"),
    ],
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
