"""What a rule asks of its columns, by pandas and in the SQL of every engine: on what is missing, odd and infinite."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import slippage, spend
from makini_analytics.compute import PandasColumns
from makini_analytics.compute._engine_frames import LINES, engine_frame
from makini_analytics.compute._sql import SqlColumns, select
from tests.compute.kinds import KINDS
from tests.tiers import one_in

ODD = 'it\'s {x} \\ "q" `b` 100%_'

LINES_WITH_ALL = pd.DataFrame(
    {
        "day": pd.to_datetime(pd.Series([None, "2024-02-29 23:59", "1969-12-31 12:00", "1900-03-01", "9999-12-31", "2025-01-01"]), format="mixed").astype("datetime64[us]"),
        "instant": pd.to_datetime(pd.Series([None, "2024-02-29 23:59", "1969-12-31 00:00", "2025-06-30 22:30", None, "2025-01-01"]), format="mixed", utc=True).astype("datetime64[us, UTC]"),
        "x": [np.nan, 0.0, np.inf, -np.inf, 1.5, -3.0],
        "y": [2.0, 0.0, 1.0, np.nan, 0.0, 0.1],
        "whole": [1, 2, 3, 4, 5, 200_000],
        "text": pd.array([None, "open", "", "OPEN", ODD, "received_x"], dtype="string"),
        "a.b": pd.array(["u", "v", None, "u", "v", "w"], dtype="string"),
        "unreadable": pd.array([None, "x", "a, x", "x, b", "xx, x_y", ODD], dtype="string"),
    }
)  # fmt: skip


def asked(c):
    """Everything that a rule may ask, by name; marks are picked to be 1 or 0, as a rule does that counts by them."""
    day, x, y, whole = c.day("day"), c.number("x"), c.number("y"), c.number("whole")
    ratio = c.ratio(x, y)
    marks = {
        "early": day < 19_000,
        "not early": ~(day < 19_000),
        "not x above y": ~(x > y) & ~(y >= x),
        "x is y": x == y,
        "either": (x > 1) | (y < 1),
        "no day": c.missing(day),
        "no x": c.missing(x),
        "finite": c.finite(ratio),
        "not finite": ~c.finite(ratio),
        "known": c.known("text"),
        "open": c.is_in("text", "open", ODD, "nowhere"),
        "not open": ~c.is_in("text", "open", ODD),
        "dotted": c.is_in("a.b", "u"),
        "unreadable": c.unreadable("x"),
        "odd and unreadable": c.unreadable(ODD),
        "absent": c.known("absent") | c.is_in("absent", "x") | ~c.missing(c.day("absent")) | ~c.missing(c.number("absent")),
    }  # fmt: skip
    out = {name: c.pick(rows, 1, 0) for name, rows in marks.items()}
    used_again = c.pick(x > 0, whole, y)
    return out | {
        "day": day,
        "day of instant": c.day("instant"),
        "x": x,
        "whole": whole,
        "sum": 2 * x + y - 1,
        "rest": 1 - used_again + used_again * 0.30000000000000004,
        "weeks": (day + 719_468) // 7,
    }


def answers_are_those_of_pandas(native, lines: pd.DataFrame) -> None:
    want, frame = asked(PandasColumns(lines)), engine_frame(native)
    query = select(asked(SqlColumns(frame.kinds, frame.dialect)), LINES, frame.dialect)
    got = frame.run(f"{query} SELECT * FROM __made")
    assert list(got) == list(want)
    # an engine may return its rows in any order, and those with a missing and a known number differ in others
    got, want = (
        pd.DataFrame({k: np.asarray(pd.array(x[k]).to_numpy(dtype=float, na_value=np.nan)) for k in want})
        for x in (got, want)
    )
    pd.testing.assert_frame_equal(*(x.sort_values(["whole"], ignore_index=True) for x in (got, want)))


@pytest.mark.parametrize("texts", one_in(3, ["string", "category"]))
@pytest.mark.parametrize("kind", KINDS)
def test_all_that_a_rule_asks_is_what_pandas_answers(kind, texts):
    lines = LINES_WITH_ALL.astype(dict.fromkeys(["text", "a.b", "unreadable"], texts))
    answers_are_those_of_pandas(KINDS[kind](lines), lines)


def test_what_is_used_again_is_a_column_and_a_long_rule_stays_short():
    frame = engine_frame(KINDS["polars"](LINES_WITH_ALL))
    c = SqlColumns(frame.kinds, frame.dialect)
    doubled = c.number("x")
    for _ in range(40):  # written out, 2 ** 40 terms
        doubled = doubled * 0.5 + doubled * 0.25
    query = select({"x": doubled}, LINES, frame.dialect) + " SELECT * FROM __made"
    assert len(query) < 8000
    assert frame.run(query)["x"].round(12).tolist()[4] == round(1.5 * 0.75**40, 12)


def test_an_infinite_date_has_no_day():
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        odd = connection.sql("SELECT DATE 'infinity' AS d, TIMESTAMP '-infinity' AS t, TIMESTAMPTZ 'infinity' AS z")
        frame = engine_frame(odd)
        c = SqlColumns(frame.kinds, frame.dialect)
        days = frame.run(select({name: c.day(name) for name in "dtz"}, LINES, frame.dialect) + " SELECT * FROM __made")
        assert days.isna().all(axis=None)


def test_an_infinite_change_is_no_day_to_look_from():
    duckdb = pytest.importorskip("duckdb")
    lines = duckdb.sql(
        "SELECT unnest(['a', 'b']) AS vendor_id, DATE '2025-01-03' AS delivered_date, DATE '2025-01-02' AS required_date,"
        " unnest([TIMESTAMP 'infinity', TIMESTAMP '2025-02-01']) AS updated_at"
    )
    for ask in (slippage.by_vendor, slippage.by_period):
        assert ask(lines).attrs["as_of"] == "2025-02-01"


def test_texts_are_compared_letter_by_letter_whatever_the_order_of_their_column():
    with pytest.importorskip("duckdb").connect() as connection:
        connection.execute(
            "CREATE TABLE lines (vendor_name VARCHAR COLLATE NOCASE, state VARCHAR COLLATE NOCASE, amount DOUBLE)"
        )
        connection.execute("INSERT INTO lines VALUES ('A', 'open', 1), ('a', 'CANCELLED', 2), ('a', 'cancelled', 4)")
        assert spend.by_vendor(connection.table("lines"))["spend"].tolist() == [2, 1]
        connection.execute("SET default_collation = 'nocase'")
        assert spend.by_vendor(connection.table("lines"))["vendor_name"].tolist() == ["a", "A"]
