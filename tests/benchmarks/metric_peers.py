"""The metrics by other means: the same lines counted from the same pandas frame, conversion included, in as few words as each has.

Spend has all our columns. Lead times and slippage lack those that are worked out of a row's others and the spread of lead times, and the
percentiles are those of what was delivered.

Run as a program it measures them beside ours in interleaved rounds: ``python metric_peers.py LINES ROUNDS [THREADS]``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

if __name__ == "__main__" and len(sys.argv) > 3:  # polars reads this when it is loaded
    os.environ["POLARS_MAX_THREADS"] = sys.argv[3]

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from makini_analytics import lead_times, slippage, spend

AS_OF = np.datetime64("2026-01-01")
VENDORS = 1000


def lines(n: int) -> pd.DataFrame:
    """Return ``n`` lines of a thousand vendors in ``n`` / 5 orders over three years, with open, cancelled and draft ones."""
    rng = np.random.default_rng(7)
    orders = max(n // 5, 1)
    order = np.sort(rng.integers(0, orders, n))
    vendor = rng.integers(0, VENDORS, orders)[order]
    ordered = rng.integers(0, 1095, orders)[order]
    required = ordered + rng.integers(5, 60, n)
    arrived = ordered + np.ceil(rng.lognormal(np.log(30), 0.6, n)).astype(int)
    chance = rng.random(n)
    state = np.select([chance < 0.03, chance < 0.05, arrived > 1096], [0, 1, 2], 3)

    def texts(codes: np.ndarray, labels: list[str]) -> pd.Categorical:
        small = codes.astype(np.min_scalar_type(-len(labels)))
        return pd.Categorical.from_codes(small, categories=pd.Index(labels, dtype="string"))

    def dates(day: np.ndarray, missing: np.ndarray) -> np.ndarray:
        out = (np.datetime64("2023-01-01") + day).astype("datetime64[us]")
        out[missing] = np.datetime64("NaT")
        return out

    quantity = rng.integers(1, 100, n).astype(float)
    received = np.where(state == 3, quantity, 0.0)
    received[rng.random(n) < 0.3] = np.nan
    frame = pd.DataFrame(
        {
            "connection": texts(vendor % 2, ["emea", "us"]),
            "order_id": texts(order, [f"o{i:08d}" for i in range(orders)]),
            "vendor_id": texts(vendor, [f"v{i:05d}" for i in range(VENDORS)]),
            "vendor_name": texts(vendor, [f"Vendor {i:05d}" for i in range(VENDORS)]),
            "state": texts(state, ["cancelled", "draft", "open", "received"]),
            "currency": texts(vendor % 3, ["EUR", "GBP", "USD"]),
            "order_date": dates(ordered, rng.random(n) < 0.001),
            "required_date": dates(required, rng.random(n) < 0.02),
            "delivered_date": dates(arrived, state != 3),
            "cancelled_date": dates(np.minimum(ordered + 10, 1096), state != 0),  # none is dated after as-of
            "quantity": quantity,
            "received_quantity": received,
            "amount": (quantity * rng.integers(100, 10_000, n) / 100).round(2),
            "deleted_at": pd.Series(np.full(n, np.datetime64("NaT"), dtype="datetime64[us]")).dt.tz_localize("UTC"),
        }
    )
    frame.attrs["as_of"] = str(AS_OF)
    return frame


SPEND = ["connection", "order_id", "vendor_id", "vendor_name", "state", "currency", "amount", "deleted_at"]
PERIOD = ["order_id", "state", "currency", "amount", "deleted_at", "order_date"]
TIMES = [
    "connection",
    "vendor_id",
    "vendor_name",
    "state",
    "quantity",
    "received_quantity",
    "deleted_at",
    "delivered_date",
]
LEAD = [*TIMES, "order_date", "cancelled_date"]
SLIP = [*TIMES, "required_date"]


def _read(frame: pd.DataFrame | pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Return a polars frame as it is, and the columns of a pandas frame as one."""
    return pl.from_pandas(frame[columns]) if isinstance(frame, pd.DataFrame) else frame


def _counts(f: pl.DataFrame) -> pl.LazyFrame:
    keep = (
        pl.col("deleted_at").is_null() & ~pl.col("state").is_in(["cancelled", "draft"]) & pl.col("amount").is_not_null()
    )
    return f.lazy().filter(keep)


def polars_delivered() -> pl.Expr:
    short = (pl.col("received_quantity") < pl.col("quantity") - 1e-9).fill_null(False)
    return (pl.col("delivered_date") <= pl.lit(AS_OF)).fill_null(False) & ~short


def polars_spend(frame: pd.DataFrame | pl.DataFrame) -> pl.DataFrame:
    f = _counts(_read(frame, SPEND)).group_by("connection", "vendor_id", "currency")
    name, orders = pl.col("vendor_name").first(), pl.col("order_id").n_unique().alias("n_orders")
    f = f.agg(name, pl.col("amount").sum().alias("spend"), orders, pl.len().alias("n_lines"))
    share = pl.col("spend") / pl.col("spend").sum().over("currency")
    f = f.sort("currency", "spend", descending=[False, True]).with_columns(share=share)
    f = f.with_columns(cumulative_share=pl.col("share").cum_sum().over("currency"))
    before = pl.col("cumulative_share") - pl.col("share")
    abc = pl.when(before < 0.8).then(pl.lit("A")).when(before < 0.95).then(pl.lit("B")).otherwise(pl.lit("C"))
    return f.with_columns(abc_class=abc).collect()


def polars_period(frame: pd.DataFrame | pl.DataFrame) -> pl.DataFrame:
    f = _counts(_read(frame, PERIOD)).filter(pl.col("order_date").is_not_null())
    f = f.group_by(pl.col("order_date").dt.truncate("1mo").alias("period"), "currency")
    orders = pl.col("order_id").n_unique().alias("n_orders")
    f = f.agg(pl.col("amount").sum().alias("spend"), orders, pl.len().alias("n_lines")).collect().lazy()
    before = f.select(
        "currency", pl.col("period").dt.offset_by("1y"), spend_year_before="spend", n_lines_year_before="n_lines"
    )
    f = f.join(before, on=["currency", "period"], how="left").sort("currency", "period")
    complete, change = (
        pl.col("period").dt.offset_by("1mo") <= pl.lit(AS_OF),
        pl.col("spend") / pl.col("spend_year_before") - 1,
    )
    return f.with_columns(complete=complete, yoy_change=change).collect()


def polars_lead(frame: pd.DataFrame | pl.DataFrame) -> pl.DataFrame:
    f = _read(frame, LEAD).lazy()
    cancelled = (pl.col("state") == "cancelled") | pl.col("deleted_at").is_not_null()
    f = f.with_columns(cancelled=cancelled, came=polars_delivered() & ~cancelled)
    keep = (pl.col("state") != "draft") & ~(pl.col("quantity") < 0) & pl.col("order_date").is_not_null()
    keep &= (pl.col("order_date") <= pl.lit(AS_OF)) & ~(
        pl.col("came") & (pl.col("delivered_date") < pl.col("order_date"))
    )
    keep &= pl.col("came") | pl.col("cancelled") | ~pl.col("state").is_in(["received", "closed_short"])
    days = pl.when("came").then((pl.col("delivered_date") - pl.col("order_date")).dt.total_days()).alias("days")
    f = f.filter(keep).with_columns(days).group_by("connection", "vendor_id")
    return f.agg(
        pl.col("vendor_name").first(),
        pl.len().alias("n_lines"),
        pl.col("came").sum().alias("n_delivered"),
        pl.col("cancelled").sum().alias("n_cancelled"),
        (~pl.col("came") & ~pl.col("cancelled")).sum().alias("n_open"),
        pl.col("days").median().alias("median_days"),
        pl.col("days").quantile(0.8, "linear").alias("p80_days"),
        pl.col("days").quantile(0.9, "linear").alias("p90_days"),
        pl.col("days").mean().alias("mean_delivered_days"),
    ).collect()


def polars_slip(frame: pd.DataFrame | pl.DataFrame) -> pl.DataFrame:
    f = _read(frame, SLIP).lazy().with_columns(came=polars_delivered())
    keep = pl.col("deleted_at").is_null() & ~pl.col("state").is_in(["cancelled", "draft"]) & ~(pl.col("quantity") < 0)
    keep &= pl.col("required_date").is_not_null() & (
        pl.col("came") | ~pl.col("state").is_in(["received", "closed_short"])
    )
    ended = pl.when("came").then("delivered_date").otherwise(pl.lit(AS_OF))
    due = pl.col("required_date") <= pl.lit(AS_OF)
    f = f.filter(keep).with_columns(days=(ended - pl.col("required_date")).dt.total_days(), due=due)
    came, days, due = pl.col("came"), pl.col("days"), pl.col("due")
    late = came & due & (days > 0)
    f = f.with_columns(late_days=pl.when(late).then(days), early=came & due & (days < 0), hit=came & due & (days <= 0))
    f = f.with_columns(late=late, overdue=~came & (days > 0)).group_by("connection", "vendor_id")
    return f.agg(
        pl.col("vendor_name").first(),
        (pl.col("hit") | pl.col("late") | pl.col("overdue")).sum().alias("n_due"),
        pl.col("hit").sum().alias("n_on_time"),
        (pl.col("late") | pl.col("overdue")).sum().alias("n_late"),
        pl.col("early").sum().alias("n_early"),
        pl.col("overdue").sum().alias("n_overdue_open"),
        (~(pl.col("hit") | pl.col("late") | pl.col("overdue"))).sum().alias("n_not_due"),
        pl.col("late_days").median().alias("median_days_late"),
        pl.col("late_days").quantile(0.9, "linear").alias("p90_days_late"),
    ).collect()


CAME = f"(delivered_date <= DATE '{AS_OF}' AND coalesce(received_quantity >= quantity - 1e-9, true)) IS TRUE"
COUNTS = "deleted_at IS NULL AND state NOT IN ('cancelled', 'draft') AND amount IS NOT NULL"
SQL = {
    "spend.by_vendor": f"""
        WITH a AS (SELECT connection, vendor_id, currency, first(vendor_name) vendor_name, sum(amount) spend,
                          count(DISTINCT order_id) n_orders, count(*) n_lines
                   FROM frame WHERE {COUNTS} GROUP BY connection, vendor_id, currency),
             b AS (SELECT *, spend / sum(spend) OVER (PARTITION BY currency) AS share FROM a),
             c AS (SELECT *, sum(share) OVER (PARTITION BY currency ORDER BY spend DESC) AS cumulative_share FROM b)
        SELECT *, CASE WHEN cumulative_share - share < 0.8 THEN 'A' WHEN cumulative_share - share < 0.95 THEN 'B' ELSE 'C' END AS abc_class
        FROM c ORDER BY currency, spend DESC""",
    "spend.by_period": f"""
        WITH a AS (SELECT date_trunc('month', order_date) AS period, currency, sum(amount) spend,
                          count(DISTINCT order_id) n_orders, count(*) n_lines
                   FROM frame WHERE {COUNTS} AND order_date IS NOT NULL GROUP BY ALL)
        SELECT a.*, a.period + INTERVAL 1 MONTH <= DATE '{AS_OF}' AS complete, b.spend AS spend_year_before,
               a.spend / b.spend - 1 AS yoy_change, b.n_lines AS n_lines_year_before
        FROM a LEFT JOIN a AS b ON b.currency = a.currency AND b.period + INTERVAL 1 YEAR = a.period
        ORDER BY a.currency, a.period""",
    "lead_times.by_vendor": f"""
        WITH a AS (SELECT *, state = 'cancelled' OR deleted_at IS NOT NULL AS cancelled, {CAME} AS arrived FROM frame),
             b AS (SELECT *, arrived AND NOT cancelled AS came FROM a),
             c AS (SELECT *, CASE WHEN came THEN date_diff('day', order_date, delivered_date) END AS days FROM b
                   WHERE state <> 'draft' AND NOT quantity < 0 AND order_date <= DATE '{AS_OF}'
                     AND NOT (came AND delivered_date < order_date)
                     AND (came OR cancelled OR state NOT IN ('received', 'closed_short')))
        SELECT connection, vendor_id, first(vendor_name) vendor_name, count(*) n_lines, count(*) FILTER (came) n_delivered,
               count(*) FILTER (cancelled) n_cancelled, count(*) FILTER (NOT came AND NOT cancelled) n_open,
               quantile_cont(days, 0.5) median_days, quantile_cont(days, 0.8) p80_days, quantile_cont(days, 0.9) p90_days,
               avg(days) mean_delivered_days
        FROM c GROUP BY connection, vendor_id""",
    "slippage.by_vendor": f"""
        WITH a AS (SELECT *, {CAME} AS came, required_date <= DATE '{AS_OF}' AS due FROM frame
                   WHERE deleted_at IS NULL AND state NOT IN ('cancelled', 'draft') AND NOT quantity < 0
                     AND required_date IS NOT NULL),
             b AS (SELECT *, date_diff('day', required_date, CASE WHEN came THEN delivered_date ELSE DATE '{AS_OF}' END) AS days
                   FROM a WHERE came OR state NOT IN ('received', 'closed_short')),
             c AS (SELECT *, came AND due AND days > 0 AS late, came AND due AND days <= 0 AS hit,
                          NOT came AND days > 0 AS overdue FROM b)
        SELECT connection, vendor_id, first(vendor_name) vendor_name, count(*) FILTER (hit OR late OR overdue) n_due,
               count(*) FILTER (hit) n_on_time, count(*) FILTER (late OR overdue) n_late,
               count(*) FILTER (hit AND days < 0) n_early, count(*) FILTER (overdue) n_overdue_open,
               count(*) FILTER (NOT (hit OR late OR overdue)) n_not_due,
               quantile_cont(days, 0.5) FILTER (late) median_days_late, quantile_cont(days, 0.9) FILTER (late) p90_days_late
        FROM c GROUP BY connection, vendor_id""",
}
COLUMNS = {
    "spend.by_vendor": SPEND,
    "spend.by_period": PERIOD,
    "lead_times.by_vendor": LEAD,
    "slippage.by_vendor": SLIP,
}


def duck(name: str, threads: int | None) -> Any:
    """Return a function that runs one query over a pandas frame."""
    connection = duckdb.connect()
    if threads:
        connection.execute(f"SET threads={threads}")

    def run(lines: pd.DataFrame) -> pd.DataFrame:
        connection.register("frame", lines[COLUMNS[name]])
        return connection.execute(SQL[name]).df()

    return run


OURS = {
    "spend.by_vendor": spend.by_vendor,
    "spend.by_period": spend.by_period,
    "lead_times.by_vendor": lead_times.by_vendor,
    "slippage.by_vendor": slippage.by_vendor,
}
POLARS = dict(zip(OURS, (polars_spend, polars_period, polars_lead, polars_slip), strict=True))


PERCENTILES = ("median_days", "p80_days", "p90_days")


def same(name: str, ours: pd.DataFrame, peer: pd.DataFrame | pl.DataFrame) -> None:
    """Raise where a peer counts other lines than we do: then its time says nothing."""
    theirs = peer if isinstance(peer, pd.DataFrame) else peer.to_pandas()
    # percentiles of lead times are ours by Kaplan-Meier, with the open lines, and theirs those of the delivered
    columns = [
        c
        for c in ours.columns
        if c in theirs and (c.startswith("n_") or (ours[c].dtype == float and c not in PERCENTILES))
    ]
    if not ours.attrs.get("as_of"):  # then the last month's lines are compared up to the day of the last order
        columns = [c for c in columns if "year_before" not in c and c != "yoy_change"]
    for column in columns:
        np.testing.assert_allclose(ours[column].sum(), theirs[column].sum(), rtol=1e-9, err_msg=f"{name} {column}")


def in_turns(runs: Mapping[str, Callable[[], Any]], rounds: int, clock: Callable[[], Any]) -> dict[str, list[Any]]:
    """Return what each run takes by a clock, in interleaved rounds, so that what slows the machine in one of them slows all."""
    times: dict[str, list[Any]] = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            began = clock()
            run()
            times[who].append(clock() - began)
    return times


def both_clocks() -> np.ndarray[Any, Any]:
    """Return the seconds of the clock and of the processor."""
    return np.array([time.perf_counter(), time.process_time()])


def measure(n: int, rounds: int, threads: int | None, names: list[str]) -> dict[str, dict[str, list[list[float]]]]:
    """Return seconds of the clock and of the processor by metric and by who computed it, in interleaved rounds."""
    frame = lines(n)
    out: dict[str, dict[str, list[list[float]]]] = {}
    for name in names:
        who = {"ours": OURS[name], "polars": POLARS[name], "duckdb": duck(name, threads)}
        runs = {k: partial(f, frame) for k, f in who.items()}
        first = {k: run() for k, run in runs.items()}
        for k in ("polars", "duckdb"):
            same(name, first["ours"], first[k])
        out[name] = {k: [t.tolist() for t in took] for k, took in in_turns(runs, rounds, both_clocks).items()}
    return out


if __name__ == "__main__":
    n, rounds, threads = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None
    print(json.dumps(measure(n, rounds, threads, list(OURS))))
