"""Values: what a number, a day, an instant and a flag look like, and what is told when one can't be read."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from makini_analytics.errors import ConfigError
from makini_analytics.tidy import _parsing as reading
from makini_analytics.tidy import parse_values
from makini_analytics.tidy._parsing import zone


def number(value):
    array, problems = parse_values([value], "number")
    return (None if math.isnan(array[0]) else array[0]), (problems[0][2] if problems else "")


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (12, 12.0), (12.5, 12.5), ("12.50", 12.5), (" -3 ", -3.0), ("1e3", 1000.0), ("0", 0.0), (0, 0.0),
        (Decimal("1.25"), 1.25), (".5", 0.5), ({"amount": "7.5", "currency": "EUR"}, 7.5), ({"value": 3}, 3.0),
        (None, None),
    ],
)  # fmt: skip
def test_numbers_that_are_read(value, want):
    assert number(value) == (want, "")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty text"), ("  ", "empty text"), ("1.234,50", "decimal comma"), ("1,234", "decimal comma"),
        ("1 234.5", "decimal comma"), ("n/a", "not a number"), ("NaN", "not a number"), ("1_000", "not a number"),
        (True, "true or false"), (10**400, "too large"), ("1e999", "too large"), (-1e308, "too large"), ("1e61", "too large"), (float("inf"), "not a finite"),
        (float("nan"), "not a finite"), ({}, "object"), ({"a": 1}, "object"), ([1], "not a number"), ("٣", "not a number"),
    ],
)  # fmt: skip
def test_numbers_that_are_told(value, reason):
    got, said = number(value)
    assert got is None
    assert reason in said


def day(value, tz="UTC"):
    series, problems = parse_values([value], "day", zone(tz))
    return (None if series[0] is pd.NaT else str(series[0].date())), (problems[0][2] if problems else "")


@pytest.mark.parametrize(
    ("value", "tz", "want"),
    [
        ("2025-03-04", "UTC", "2025-03-04"),
        ("2025-03-04", "Pacific/Auckland", "2025-03-04"),  # a bare date never moves
        ("2025-03-04T00:00:00Z", "America/New_York", "2025-03-04"),  # a bare date written out as an instant
        ("2025-03-31T23:30:00-05:00", "America/Chicago", "2025-03-31"),
        ("2025-03-31T23:30:00-05:00", "UTC", "2025-04-01"),
        ("2025-03-04T23:59:59.123456Z", "Europe/Berlin", "2025-03-05"),
        ("2025-03-04 16:00:00", "Asia/Tokyo", "2025-03-04"),  # no zone: the day as written
        ({"date": "2025-03-04 22:30:00.000000", "timezone_type": 3, "timezone": "Europe/Berlin"}, "UTC", "2025-03-04"),
        ({"date": "2025-03-04 23:30:00.000000", "timezone_type": 1, "timezone": "-02:00"}, "UTC", "2025-03-05"),
        ("20250304", "UTC", "2025-03-04"),
        (date(2025, 3, 4), "UTC", "2025-03-04"),
        (datetime(2025, 3, 4, 23), "UTC", "2025-03-04"),
        (pd.Timestamp("2025-03-04 10:00"), "UTC", "2025-03-04"),
        (None, "UTC", None),
    ],
)
def test_days_that_are_read(value, tz, want):
    assert day(value, tz) == (want, "")


def test_a_column_that_is_not_all_midnights_holds_instants():
    series, _ = parse_values(["2025-03-04T00:00:00Z", "2025-03-04T09:00:00Z"], "day", zone("America/New_York"))
    assert [str(d.date()) for d in series] == ["2025-03-03", "2025-03-04"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"), ("1900-01-01", "no date"), ("9999-12-31T00:00:00Z", "no date"), ("0001-01-01", "no date"),
        ("1970-01-01", "no date"), ("2025-02-30", "calendar"), ("2025-13-01", "calendar"), ("Date Not Captured", "not a date"),
        ("04/03/2025", "not a date"), ("2025", "not a date"), (20250304, "a number"), (True, "not a date"), ({"a": 1}, "not a date"),
        ("2999-01-01", "year"), (["2025-03-04"], "not a date"), ({"date": "2025-03-04 00:00:00", "timezone": "Mars/X"}, "zone"),
    ],
)  # fmt: skip
def test_days_that_are_told(value, reason):
    got, said = day(value)
    assert got is None
    assert reason in said


def test_instants_read_in_one_go_are_the_same_as_one_by_one():
    plain = [f"2025-03-{d:02d}T09:14:0{d % 10}Z" for d in range(1, 29)] + [None]
    fast, _ = parse_values(plain, "instant")
    slow, problems = parse_values([*plain, "2025-03-01T10:14:01.000+01:00"], "instant")
    assert problems == []
    assert fast.equals(slow[:-1])
    assert str(fast.dtype) == str(slow.dtype) == "datetime64[us, UTC]"
    assert slow.iloc[-1] == pd.Timestamp("2025-03-01T09:14:01Z")


def test_a_sentinel_among_plain_instants_is_still_told():
    series, problems = parse_values(["2025-03-01T09:14:02Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"], "instant")
    assert series.isna().tolist() == [False, True, True]
    assert [p[0] for p in problems] == [1, 2]


def test_flags_also_as_text():
    got, problems = parse_values([True, "false", "TRUE", 0, None, "maybe"], "flag")
    assert got.tolist() == [True, False, True, False, pd.NA, pd.NA]
    assert [p[2] for p in problems] == ["neither true nor false"]


def test_text_keeps_leading_zeros_and_the_empty_text():
    got, problems = parse_values(["0042", 42, "", None, ["a", "b"]], "text")
    assert got.tolist() == ["0042", "42", "", pd.NA, "a, b"]
    assert problems == []


def test_zero_empty_and_null_stay_apart():
    array, problems = parse_values([0, "", None], "number")
    assert array[0] == 0
    assert np.isnan(array[1:]).all()
    assert [(i, v) for i, v, _ in problems] == [(1, "")]


def test_a_zone_that_is_none_teaches():
    with pytest.raises(ConfigError, match="Europe/Berlin"):
        zone("Mars/Olympus")


@pytest.mark.parametrize("with_arrow", [True, False])
@pytest.mark.parametrize(
    "odd",
    ["2025-02-30T09:14:02Z", "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2025-03-05T24:14:02Z", "2025_03-05T09:14:02Z",
     "2025-03-05T091402+0Z", "2025-03-05 09:14:02Z", "٢٠٢٥-03-05T09:14:02Z", "\ud8005-03-05T09:14:02Z"],
)  # fmt: skip
def test_instants_of_one_form_are_read_at_once_and_an_odd_one_as_it_is_alone(odd, with_arrow, monkeypatch):
    if not with_arrow:
        monkeypatch.setattr(reading, "pa", None)
    good = ["2025-03-05T09:14:02Z", "2024-02-29T23:59:59Z"]
    moments, problems = reading.parse_instants(good)
    assert moments.tolist() == [datetime(2025, 3, 5, 9, 14, 2), datetime(2024, 2, 29, 23, 59, 59)] and problems == []
    alone, why = reading.parse_instants([odd])
    together, said = reading.parse_instants([*good, odd])
    assert together.tolist() == [*moments.tolist(), *alone.tolist()]
    assert [(i + 2, v, r) for i, v, r in why] == said


@pytest.mark.parametrize("with_arrow", [True, False])
@pytest.mark.parametrize(
    "odd", ["", " 5", "1,5", "0x10", "1_0", "nan", "inf", "1e400", "+5", ".5", "1.", "٣", "--1", 7, True, None]
)
def test_numbers_are_read_at_once_and_an_odd_one_as_it_is_alone(odd, with_arrow, monkeypatch):
    if not with_arrow:
        monkeypatch.setattr(reading, "pa", None)
    alone, why = reading.parse_numbers([odd])
    together, said = reading.parse_numbers(["1250.50", "-3", odd])
    np.testing.assert_array_equal(together, [1250.5, -3.0, alone[0]])
    assert [(i + 2, v, r) for i, v, r in why] == said
