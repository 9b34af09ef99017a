"""What the title of a curve says of lines that have not come: not yet, or never."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import charts, lead_times
from tests.tiers import one_in


def _lines(came: int, cancelled: int, still_open: int) -> pd.DataFrame:
    n = came + cancelled + still_open
    return pd.DataFrame(
        {
            "order_date": pd.Timestamp("2025-01-01"),
            "delivered_date": pd.to_datetime(["2025-01-20"] * came + [None] * (n - came)),
            "cancelled_date": pd.to_datetime([None] * came + ["2025-01-25"] * cancelled + [None] * still_open),
            "state": ["received"] * came + ["cancelled"] * cancelled + ["open"] * still_open,
        }
    )


@pytest.mark.parametrize(
    ("came", "cancelled", "still_open", "half", "ninth"),
    one_in(
        3,
        [
            (80, 20, 0, "Half of the ordered lines are delivered by day 19", "fewer than nine of ten will ever come"),
            (80, 15, 5, "Half of the ordered lines are delivered by day 19", "fewer than nine of ten will ever come"),
            (80, 10, 10, "Half of the ordered lines are delivered by day 19", "nine of ten not yet estimable"),
            (95, 5, 0, "Half of the ordered lines are delivered by day 19", "nine of ten by day 19"),
            (40, 60, 0, "Fewer than half of the ordered lines will ever come", ""),
            (40, 5, 55, "Fewer than half of the ordered lines are delivered so far", "nine of ten not yet estimable"),
        ],
    ),
)
def test_never_is_said_where_waiting_does_not_help(came, cancelled, still_open, half, ninth):
    title = charts.captions_of(lead_times.plot_curve(_lines(came, cancelled, still_open), as_of="2025-12-31")).title
    assert title == f"{half}, {ninth}".removesuffix(", ")


def test_vendors_of_which_nothing_is_open_are_not_waited_for():
    title = charts.captions_of(
        lead_times.plot_by_vendor(_lines(10, 30, 0).assign(vendor_id="v"), as_of="2025-12-31")
    ).title
    assert "yet" not in title
