"""A history, and saved purchases, read by Spark: the figures of what was known, whatever the zone of its session."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage, spend
from tests.history.replay import day, lived, random_days

pytest.importorskip("deltalake")
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

KEY = ["connection", "line_id"]
TYPES = dict.fromkeys(KEY, "string") | {"updated_at": "datetime64[us, UTC]", "required_date": "datetime64[us]"}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_spark_counts_what_was_known(spark, zone, tmp_path):
    shown = {"a": lived("a", 12, random_days(2, 3, 6)), "b": lived("b", 3, random_days(3, 3, 2))}
    history = ma.History(tmp_path / "a history, é")
    days = [ma.concat([shown["a"][n], shown["b"][n]]) for n in range(3)]
    for n, data in enumerate(days):
        history.add(data, seen_at=day(n))
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        for _ in range(2):  # the second time compacted
            for n, data in enumerate(days):
                got = history.scan(day(n), engine="spark")
                assert sorted(got.lines.columns) == sorted(data.lines.columns)
                assert got.as_of == data.as_of
                assert got.orders.count() == len(data.orders) and got.issues.count() == len(data.issues)
                pd.testing.assert_frame_equal(spend.by_vendor(got), spend.by_vendor(data))
                rows = got.lines.select("connection", "line_id", "updated_at", "required_date")
                want = data.lines[rows.columns]
                rows = rows.toArrow().to_pandas()
                rows, want = (f.astype(TYPES).sort_values(KEY, ignore_index=True) for f in (rows, want))
                pd.testing.assert_frame_equal(rows, want)
            one = history.scan(connection="b", engine="spark")
            pd.testing.assert_frame_equal(spend.by_vendor(one), spend.by_vendor(days[2].filter(connection="b")))
            history.compact()
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


def test_spark_counts_saved_purchases(spark, tmp_path):
    data = ma.load_sample()
    folder = data.save(tmp_path / "saved {1} [2] * ?")
    got = ma.scan(folder, engine="spark")
    for figure in (spend.by_vendor, slippage.by_vendor):
        pd.testing.assert_frame_equal(figure(got), figure(data.lines), rtol=1e-9)
