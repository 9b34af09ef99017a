"""The day to look from: the argument, else the frame's own, else its latest change."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from makini_analytics import ConfigError
from makini_analytics.frames import as_day, as_of_day, day_number, moment_of


def test_the_argument_goes_before_the_frame_and_the_frame_before_its_latest_change():
    lines = pd.DataFrame({"updated_at": pd.to_datetime(["2025-03-01T23:00Z", None, "2025-02-01T00:00Z"], utc=True)})
    assert as_of_day(lines, None) == pd.Timestamp("2025-03-01")
    lines.attrs["as_of"] = "2025-04-01"
    assert as_of_day(lines, None) == pd.Timestamp("2025-04-01")
    assert as_of_day(lines, "2025-05-01") == pd.Timestamp("2025-05-01")


@pytest.mark.parametrize("day", ["2025-01-31", date(2025, 1, 31), datetime(2025, 1, 31, 23, 59), pd.Timestamp("2025-01-31T22:00", tz="America/New_York") - pd.Timedelta("4h")])  # fmt: skip
def test_a_day_has_no_time_and_one_with_a_zone_is_taken_in_utc(day):
    assert as_day(day, empty=False) == pd.Timestamp("2025-01-31")


def test_no_lines_need_no_day_and_others_do():
    assert pd.isna(as_of_day(pd.DataFrame(), None))
    with pytest.raises(ConfigError, match=r"no as-of day: .* pass as_of="):
        as_of_day(pd.DataFrame({"amount": [1.0]}), None)
    for odd in (20250131, 1.5, True, "31st of never", pd.NaT, "1899-12-31", "2200-01-01"):
        with pytest.raises(ConfigError, match="as_of"):
            as_day(odd, empty=False)
    assert (day_number(pd.Timestamp("1970-01-02")), day_number(pd.NaT)) == (1, 0)


@pytest.mark.parametrize("text", ["01/06/2025", "13/06/2025", "1.6.2025", "25-06-01", "12:00", "june", "06"])
def test_a_date_that_can_be_read_in_two_ways_is_none(text):
    with pytest.raises(ConfigError, match="is no date: pass one like '2026-01-31'"):
        moment_of("since", text)


@pytest.mark.parametrize(
    "text", ["2025-06-01", "2025/06/01", "20250601", "2025-06", "1 June 2025", "Jun 1, 2025", "2025-06-01T10:00Z"]
)
def test_a_date_that_is_clear_is_read(text):
    assert moment_of("since", text).tz_localize(None).normalize() == pd.Timestamp("2025-06-01")
