"""The metrics on the frames of pandas and of other engines, beside queries that are written by hand for each engine and give as much.

As much is: the table; the book of the lines that count and of those that don't, in lines and value by currency; and for slippage the sums
over orders that say how certain a rate is. Beside pandas stands polars on its own frame, with all cores.
``python -m tests.benchmarks.engine_peers LINES ROUNDS [ENGINE ...]`` measures in interleaved rounds.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

from tests.benchmarks.metric_peers import AS_OF, CAME, COLUMNS, OURS, POLARS, SQL, in_turns, lines, same

PANDAS, SPARK = "pandas", "Spark, Parquet"
ENGINES = (PANDAS, "polars", "PyArrow", "DuckDB, Parquet", "DuckDB, table", SPARK)
#: Measured by the clock: beside all cores, or where the work is done in another process.
BY_CLOCK = (PANDAS, SPARK)
_CAME = CAME.removesuffix(" IS TRUE")  # polars has no such word; where it is missing the line has not come
_RECEIVED = "state IN ('received', 'closed_short')"
#: Why a line doesn't count, the first reason that fits; 0 where it does.
REASONS = {
    "spend.by_vendor": ["deleted_at IS NOT NULL", "state = 'cancelled'", "state = 'draft'", "amount IS NULL"],
    "lead_times.by_vendor": [
        f"order_date > DATE '{AS_OF}'",
        "deleted_at IS NULL AND state = 'draft'",
        "deleted_at IS NULL AND state <> 'cancelled' AND quantity < 0",
        f"deleted_at IS NULL AND state <> 'cancelled' AND NOT coalesce({_CAME}, FALSE) AND {_RECEIVED}",
        "order_date IS NULL",
        f"deleted_at IS NULL AND state <> 'cancelled' AND {_CAME} AND delivered_date < order_date",
    ],
    "slippage.by_vendor": [
        "deleted_at IS NOT NULL", "state = 'cancelled'", "state = 'draft'", "quantity < 0",
        f"NOT coalesce({_CAME}, FALSE) AND {_RECEIVED}", "required_date IS NULL",
        f"NOT coalesce({_CAME}, FALSE) AND required_date >= DATE '{AS_OF}' OR {_CAME} AND required_date > DATE '{AS_OF}'",
    ],
}  # fmt: skip
REASONS["spend.by_period"] = [*REASONS["spend.by_vendor"], "order_date IS NULL"]

CLUSTERS = f"""
    WITH judged AS (
        SELECT connection, vendor_id, order_id, coalesce({_CAME}, FALSE) AS came, delivered_date <= required_date AS hit FROM frame
        WHERE deleted_at IS NULL AND state NOT IN ('cancelled', 'draft') AND NOT quantity < 0 AND required_date <= DATE '{AS_OF}'
          AND (coalesce({_CAME}, FALSE) OR (state NOT IN ('received', 'closed_short') AND required_date < DATE '{AS_OF}'))),
    orders AS (
        SELECT connection, vendor_id, order_id, CAST(count(*) AS DOUBLE) AS n,
               CAST(sum(CASE WHEN came AND hit THEN 1 ELSE 0 END) AS DOUBLE) AS h
        FROM judged GROUP BY connection, vendor_id, order_id)
    SELECT connection, vendor_id, count(*) AS clusters, sum(n) AS n, sum(n * n) AS n2, sum(n * n * n) AS n3, sum(h) AS h,
           sum(h * h) AS h2, sum(h * n) AS hn, sum(h * h / n) AS h2_n
    FROM orders GROUP BY connection, vendor_id"""


def book_of(reasons: Sequence[str]) -> str:
    """Return the query of the lines and the value of those that count (0) and of those that don't, by reason and currency."""
    cases = " ".join(f"WHEN {rows} THEN {i}" for i, rows in enumerate(reasons, 1))
    return f"""SELECT why, currency, count(*) AS n, sum(amount) AS value
               FROM (SELECT CASE {cases} ELSE 0 END AS why, currency, amount FROM frame) AS t GROUP BY why, currency"""


def beside(name: str) -> list[str]:
    """Return the queries of what a metric gives beside its table."""
    book = book_of(REASONS[name])
    return [book, CLUSTERS] if name == "slippage.by_vendor" else [book]


def by_polars(frame: pl.DataFrame) -> Callable[[str], list[Any]]:
    """Return what runs the queries of a metric on a polars frame."""
    context = pl.SQLContext({"frame": frame.lazy()})
    return lambda name: [POLARS[name](frame), *(context.execute(q).collect() for q in beside(name))]


def by_polars_of_arrow(table: pa.Table) -> Callable[[str], list[Any]]:
    """Return what runs the queries of a metric on an Arrow table, of which polars must take the columns first, as it must for ours."""

    def run(name: str) -> list[Any]:
        used = {*COLUMNS[name], *re.findall(r"\w+", " ".join(beside(name)))}
        return by_polars(pl.from_arrow(table.select([c for c in table.column_names if c in used])))(name)

    return run


def by_duckdb(connection: duckdb.DuckDBPyConnection, table: str) -> Callable[[str], list[Any]]:
    """Return what runs the queries of a metric on a table of DuckDB."""
    return lambda name: [
        connection.sql(q.replace("FROM frame", f"FROM {table}")).df() for q in (SQL[name], *beside(name))
    ]


def by_spark(session: Any) -> Callable[[str], list[Any]]:
    """Return what runs the queries of a metric on the view ``frame`` of a session, in its own words."""

    def words(query: str) -> str:
        query = re.sub(r"FILTER \((?!WHERE)", "FILTER (WHERE ", query)
        return query.replace("quantile_cont(", "percentile(").replace("date_diff('day', ", "datediff(DAY, ")

    return lambda name: [session.sql(words(q)).toArrow().to_pandas() for q in (SQL[name], *beside(name))]


def spark_session() -> Any:
    """Return a local session with two cores."""
    from pyspark.sql import SparkSession

    options = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "4g"}
    options |= {"spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2"}
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def engines(
    frame: pd.DataFrame, folder: Path, which: Collection[str] = ENGINES
) -> dict[str, tuple[Any, Callable[[str], list[Any]]]]:
    """Return the lines in each engine, and what runs its own queries on them."""
    connection, path = duckdb.connect(), str(folder / "lines.parquet")
    frame.to_parquet(path, row_group_size=122_880)
    connection.register("pandas_frame", frame)
    connection.execute("CREATE TABLE categories AS SELECT * FROM pandas_frame")  # text columns of type ENUM
    own = pl.from_pandas(frame)
    out = {
        PANDAS: (frame, by_polars(own)),
        "polars": (own, by_polars(own)),
        "PyArrow": (own.to_arrow(), by_polars_of_arrow(own.to_arrow())),
        "DuckDB, Parquet": (connection.read_parquet(path), by_duckdb(connection, f"read_parquet('{path}')")),
        "DuckDB, table": (connection.table("categories"), by_duckdb(connection, "categories")),
    }
    if SPARK in which and find_spec("pyspark"):
        session = spark_session()
        session.read.parquet(path).createOrReplaceTempView("frame")
        out[SPARK] = session.table("frame"), by_spark(session)
    return {engine: both for engine, both in out.items() if engine in which}


def check(name: str, ours: Any, theirs: Any) -> None:
    """Raise where the hand-written queries give something else: then their time says nothing."""
    table, book, *clusters = (x if isinstance(x, pd.DataFrame) else x.to_pandas() for x in theirs)
    same(name, ours, table)
    kept = int(book.loc[book.why == 0, "n"].sum())
    assert kept == ours.attrs["included"]["n_lines"], (name, kept, ours.attrs["included"])
    assert int(book["n"].sum()) - kept == sum(e["n_lines"] for e in ours.attrs["excluded"]), name
    for sums in clusters:
        assert (sums["n"].sum(), sums["h"].sum()) == (ours["n_due"].sum(), ours["n_on_time"].sum()), name


def measure(n: int, rounds: int, which: Collection[str] = ENGINES) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return seconds of the processor (or of the clock, see `BY_CLOCK`) by engine and metric, of ours and of the queries by hand, in interleaved rounds."""
    options = {name: {} if name.startswith("spend") else {"as_of": str(AS_OF)} for name in OURS}
    out: dict[str, dict[str, dict[str, list[float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for engine, (frame, by_hand) in engines(lines(n), Path(folder), which).items():
            for name, figure in OURS.items():
                runs = {"ours": partial(figure, frame, **options[name]), "by hand": partial(by_hand, name)}
                check(name, *(run() for run in runs.values()))
                clock = time.perf_counter if engine in BY_CLOCK else time.process_time
                out.setdefault(engine, {})[name] = in_turns(runs, rounds, clock)
    return out


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or ENGINES)))
