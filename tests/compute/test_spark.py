"""The figures of pandas on Spark, in local mode: one session, and plans with one shuffle. Skipped where Java or pyspark is absent."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage, spend
from makini_analytics.errors import SchemaError
from tests.compute.kinds import AS_OF, ASKED, CALLS, arrow, dirty, same
from tests.compute.test_keys import floats, with_nan
from tests.compute.test_sql import LINES_WITH_ALL, answers_are_those_of_pandas

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def frame_of(spark, lines: pd.DataFrame):
    texts = lines.select_dtypes("category").columns
    return spark.createDataFrame(arrow(lines.astype(dict.fromkeys(texts, "string"))))


def test_the_sample(spark):
    lines = ma.load_sample().lines
    frame = frame_of(spark, lines).cache()
    for name in ASKED:
        same(CALLS[name](frame), CALLS[name](lines))
    same(spend.by_vendor(frame, by="ship_to.country"), spend.by_vendor(lines, by="ship_to.country"))


def test_all_that_a_rule_asks_is_what_pandas_answers(spark):
    answers_are_those_of_pandas(frame_of(spark, LINES_WITH_ALL), LINES_WITH_ALL)


def test_the_real_deliveries(spark, scms):
    frame = frame_of(spark, scms.lines).cache()
    for name in ASKED:
        same(CALLS[name](frame), CALLS[name](scms.lines))


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_dirty_lines_from_parquet_with_and_without_ansi(spark, tmp_path, ansi):
    lines = dirty(11)
    lines.to_parquet(tmp_path / "lines.parquet")
    spark.conf.set("spark.sql.ansi.enabled", ansi)
    try:
        frame = spark.read.parquet(str(tmp_path / "lines.parquet"))
        for name in (
            "spend.by_vendor, received",
            "spend.by_period, fiscal quarters",
            "lead_times.by_vendor, other ends",
            "slippage.by_vendor, promised",
        ):
            same(CALLS[name](frame), CALLS[name](lines))
    finally:
        spark.conf.unset("spark.sql.ansi.enabled")


def test_ids_that_are_floats_are_written_as_pandas_writes_them(spark):
    """Spark itself makes 1.0000001E7 of 10000001.0."""
    lines = floats()
    frame = spark.createDataFrame(with_nan(lines))
    for name in ("spend.by_vendor", "slippage.by_vendor"):
        same(CALLS[name](frame), CALLS[name](lines))
    own = {"intercompany": ["10000001.0"]}
    same(spend.by_vendor(frame, **own), spend.by_vendor(lines, **own))


def test_texts_are_compared_letter_by_letter_whatever_the_order_of_their_column(spark):
    lines = spark.sql(
        "SELECT collate(name, 'UTF8_LCASE') AS vendor_name, collate(state, 'UTF8_LCASE') AS state, amount"
        " FROM VALUES ('A', 'open', 1.0D), ('a', 'CANCELLED', 2.0D), ('a', 'cancelled', 4.0D) AS t(name, state, amount)"
    )
    assert spend.by_vendor(lines)["spend"].tolist() == [2, 1]


def test_a_column_with_a_twin_is_refused_where_it_is_read(spark):
    lines = dirty(15, 40)
    twins = frame_of(spark, lines.assign(Category=lines["category"]))
    for ask in (lambda: spend.by_vendor(twins, by="Category"), lambda: slippage.by_period(twins, as_of=AS_OF)):
        with pytest.raises(
            SchemaError, match="Spark can't tell the columns 'category', 'Category' apart: rename or drop one"
        ):
            ask()
    same(spend.by_vendor(twins), spend.by_vendor(lines))
    joined = frame_of(spark, lines[["order_id", "amount", "vendor_id"]]).join(
        frame_of(spark, lines[["order_id"]]).distinct(), how="cross"
    )
    with pytest.raises(SchemaError, match="'order_id', 'order_id'"):
        spend.by_vendor(joined)


def test_the_heavy_step_is_one_scan_and_one_shuffle(spark, monkeypatch):
    """Distinct orders take two: the lines of an order in a group meet first, and then the counts of the group."""
    plans = []
    asked = type(spark).sql

    def watched(session, query, **tables):
        out = asked(session, query, **tables)
        plans.append(out._jdf.queryExecution().executedPlan().toString())
        return out

    monkeypatch.setattr(type(spark), "sql", watched)
    lines = (
        dirty(12, 50).drop_duplicates("order_id").assign(vendor_name="Vendor A")
    )  # one day an order, one name a vendor
    frame = frame_of(spark, lines)
    shuffles = {}
    for name in ASKED:
        plans.clear()
        CALLS[name](frame)
        shuffles[name] = [p.count("Exchange hashpartitioning") for p in plans]
        assert {p.count("Scan ") for p in plans} == {1}
        assert not [p for p in plans if "Sort" in p]
    assert shuffles == {
        name: [2] if name in ("spend.by_vendor", "spend.by_period") else [1, 2] if name == "slippage.by_vendor" else [1]
        for name in ASKED
    }


def test_a_day_that_depends_on_the_zone_of_the_session_is_refused(spark):
    frame = frame_of(spark, dirty(13, 20))
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        with pytest.raises(
            SchemaError, match="'delivered_date' holds instants, whose day the engine tells in America/New_York: cast"
        ):
            CALLS["lead_times.curve"](frame)
        with pytest.raises(SchemaError, match="holds instants, whose day the engine tells in America/New_York"):
            slippage.by_period(frame, as_of=AS_OF)  # in memory they would be dates of UTC
        # what is an instant from the beginning has its day in UTC, as everywhere
        lines = dirty(14, 60).assign(cancelled_date=pd.NaT, deleted_at=pd.Timestamp("2025-12-31 23:30", tz="UTC"))
        dated = frame_of(spark, lines)
        for name in lines.columns[lines.columns.str.endswith("_date")]:
            dated = dated.withColumn(name, dated[name].cast("timestamp_ntz"))
        for day in (AS_OF, "2025-12-30"):
            same(spend.by_vendor(dated, as_of=day), spend.by_vendor(lines, as_of=day))
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
