"""Columns of a frame that somebody made: what they hold is read, or refused, and never guessed."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from makini_analytics.errors import SchemaError
from makini_analytics.frames import days_of


@pytest.mark.parametrize(
    "text", ["05.03.2025", "05/03/2025", "31.12.2025", "3/5", "Wed 05.03.2025", "03/04/2025 12:00 UTC"]
)
def test_a_text_that_is_no_iso_date_is_not_guessed(text):
    with pytest.raises(SchemaError, match=f"holds '{text}', which is no ISO date: read it first, as pd.to_datetime"):
        days_of(pd.DataFrame({"order_date": ["2025-01-01", text]}), "order_date")


def test_texts_that_name_the_month_or_are_iso_are_read():
    texts = ["2025-03-05", "5 Mar 2025", "Mar 5, 2025", "2025-03-05T23:00:00Z", "", None]
    assert days_of(pd.DataFrame({"d": texts}), "d").astype(str).tolist() == ["2025-03-05"] * 4 + ["NaT"] * 2


def test_midnights_of_a_zone_are_days_and_instants_give_their_utc_day():
    days = pd.to_datetime(["2025-01-01", "2025-07-01", None])
    for zone in ("Europe/Berlin", "America/New_York"):
        assert days_of(pd.DataFrame({"d": days.tz_localize(zone)}), "d").astype(str).tolist() == ["2025-01-01", "2025-07-01", "NaT"]  # fmt: skip
    berlin = days.tz_localize("Europe/Berlin")
    arrow = pd.Series(berlin).astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Berlin")))
    texts = ["2025-01-01T00:00:00+01:00", "2025-07-01 00:00+0200", None]
    for same in (arrow, pd.Series(list(berlin), dtype=object), texts):
        assert days_of(pd.DataFrame({"d": same}), "d").astype(str).tolist() == ["2025-01-01", "2025-07-01", "NaT"]
    late = pd.to_datetime(["2025-01-01 22:00", "2025-07-01 00:00"]).tz_localize("America/New_York")
    assert days_of(pd.DataFrame({"d": late}), "d").astype(str).tolist() == ["2025-01-02", "2025-07-01"]
