"""Prices, open orders and the lead time to plan with, beside the same columns by polars' own words on its own frame.

The book of what was left out is made by both. The models behind ``lead_times.recommend`` and the chances of ``slippage.open_orders`` are no
queries: polars prepares what they are fitted to, and the same fit follows.

``python -m tests.benchmarks.figure_peers LINES ROUNDS`` measures in interleaved rounds, by the clock, with as many threads as each likes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from makini_analytics import lead_times, slippage, spend
from makini_analytics.lead_times._planning import Waits, planned
from makini_analytics.slippage._forecast import outlook
from makini_analytics.slippage._hazards import Book
from makini_analytics.slippage._snapshot import Part
from tests.benchmarks.engine_peers import book_of
from tests.benchmarks.metric_peers import AS_OF, CAME, in_turns, lines, polars_delivered

MATERIALS = 20
DAY = pl.lit(AS_OF)
KEY = ["connection", "vendor_id", "material_id", "currency"]
ITEM = ["connection", "material_id", "currency"]
GROUP = ["connection", "vendor_id", "material_id"]


def goods(n: int) -> pd.DataFrame:
    """Return ``n`` lines of twenty materials a vendor, whose prices drift by the year."""
    frame, rng = lines(n), np.random.default_rng(11)
    vendor = frame["vendor_id"].cat.codes.to_numpy().astype(int)
    material = vendor * MATERIALS + rng.integers(0, MATERIALS, n)
    labels = pd.Index([f"m{i:06d}" for i in range((vendor.max() + 1) * MATERIALS)], dtype="string")
    year = np.nan_to_num((frame["order_date"].dt.year - 2023).to_numpy(dtype=float))
    price = rng.lognormal(3, 1, len(labels))[material] * rng.lognormal(0, 0.1, n) * 1.04**year
    return frame.assign(
        material_id=pd.Categorical.from_codes(material.astype(np.int32), categories=labels),
        unit_of_measure=pd.Categorical(["EA"]).take(np.zeros(n, dtype=int)),
        line_number=pd.Categorical([str(i) for i in range(10, 60, 10)]).take(np.arange(n) % 5),
        amount=(frame["quantity"] * price).round(2),
    )


def _priced(frame: pl.DataFrame) -> pl.LazyFrame:
    counts = pl.col("deleted_at").is_null() & ~pl.col("state").is_in(["cancelled", "draft"])
    counts &= pl.col("amount").is_not_null() & (pl.col("amount") > 0) & (pl.col("quantity") > 0)
    return frame.lazy().filter(counts).with_columns(price=pl.col("amount") / pl.col("quantity"))


def _odd(key: list[str]) -> pl.Expr:
    median = pl.col("price").median().over(key)
    return (pl.col("price") >= 50 * median) | (50 * pl.col("price") <= median)


def polars_price_changes(frame: pl.DataFrame) -> pl.DataFrame:
    bought = _priced(frame).filter(pl.col("order_date").is_not_null())
    day = pl.col("order_date")
    bought = bought.with_columns(period=day.dt.year(), odd=_odd(KEY), first=day == day.min().over(KEY)).collect().lazy()
    of_key = bought.group_by(*KEY, "period").agg(
        pl.col("vendor_name").first(),
        pl.col("amount").sum().alias("spend"),
        pl.col("quantity").sum(),
        pl.len().alias("n_lines"),
        pl.col("first").sum(),
        pl.col("odd").any().alias("any_odd"),
    )
    of_key = of_key.with_columns(price=pl.col("spend") / pl.col("quantity")).collect().lazy()
    before = of_key.select(
        *KEY, pl.col("period") + 1, base_price=pl.col("price"), base_odd=pl.col("any_odd")
    )  # a gap of a year leaves none
    sums = of_key.join(before, on=[*KEY, "period"], how="left").collect().lazy()
    at_base = pl.col("base_price") * pl.col("quantity")
    far = (pl.col("amount") >= 50 * at_base) | (at_base >= 50 * pl.col("amount")) | pl.col("odd") | pl.col("base_odd")
    compared = bought.join(before, on=[*KEY, "period"], how="inner")
    doubtful = compared.group_by(*KEY, "period").agg(far.sum().alias("n_doubtful"))
    none = pl.col("base_price").is_null()
    out = sums.join(doubtful, on=[*KEY, "period"], how="left").with_columns(
        ppv=pl.col("spend") - at_base,
        ppv_rate=(pl.col("spend") - at_base) / at_base,
        n_first_purchases=pl.when(none).then("first").otherwise(0),
        n_without_baseline=pl.when(none).then("n_lines").otherwise(0),
        n_doubtful=pl.col("n_doubtful").fill_null(0),
    )
    return (
        out.drop("first", "any_odd", "base_odd").sort(pl.col("ppv").abs(), descending=True, nulls_last=True).collect()
    )


def polars_price_dispersion(frame: pl.DataFrame) -> pl.DataFrame:
    bought = _priced(frame).with_columns(odd=_odd(ITEM)).collect().lazy()
    totals = bought.group_by(ITEM).agg(
        pl.col("amount").sum().alias("spend"),
        pl.col("quantity").sum(),
        pl.len().alias("n_lines"),
        pl.col("order_id").n_unique().alias("n_orders"),
        pl.col("vendor_id").n_unique().alias("n_vendors"),
        pl.col("odd").sum().alias("n_outliers"),
    )
    usual = bought.filter(~pl.col("odd")).select(*ITEM, "price", "quantity").sort("price").collect().lazy()
    up_to, whole = pl.col("quantity").cum_sum().over(ITEM), pl.col("quantity").sum().over(ITEM)
    reference = (
        usual.filter(up_to >= 0.25 * whole * (1 - 1e-12)).group_by(ITEM).agg(reference_price=pl.col("price").first())
    )
    price = pl.col("price")
    spread = (
        usual.join(reference, on=ITEM)
        .group_by(ITEM)
        .agg(
            price.min().alias("lowest_price"),
            price.median().alias("median_price"),
            price.max().alias("highest_price"),
            (price.std() / price.mean()).alias("cv"),
            ((price.quantile(0.9, "linear") - price.quantile(0.1, "linear")) / price.median()).alias("spread"),
            (price.max() / price.min()).alias("max_over_min"),
            pl.col("reference_price").first(),
            ((price - pl.col("reference_price")).clip(0) * pl.col("quantity")).sum().alias("theoretical_ceiling"),
        )
    )
    figures = [
        "lowest_price",
        "median_price",
        "highest_price",
        "cv",
        "spread",
        "max_over_min",
        "reference_price",
        "theoretical_ceiling",
    ]
    out = totals.join(spread, on=ITEM, how="left").with_columns(price=pl.col("spend") / pl.col("quantity"))
    out = out.with_columns(pl.when(pl.col("n_orders") >= 2).then(pl.col(c)).alias(c) for c in figures)
    return out.sort("theoretical_ceiling", descending=True, nulls_last=True).collect()


def _chances(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the chances of the open lines, by the lines' number: what the forecast learns from is prepared by polars."""
    day, never = int(AS_OF.astype("datetime64[D]").astype(int)), np.iinfo(np.int64).max
    gone = (pl.col("state") == "cancelled") | pl.col("deleted_at").is_not_null()
    ordered, due, cancelled, delivered = (
        pl.col(f"{c}_date").dt.epoch("d").cast(pl.Int64).fill_null(-1)
        for c in ("order", "required", "cancelled", "delivered")
    )
    told = rows.with_columns(gone=gone, delivered=pl.col("came") & ~gone, ordered=ordered, due=due).with_columns(
        ended=pl.when("delivered").then(delivered).when("gone").then(cancelled).otherwise(never),
        vendor=pl.col("vendor_id").to_physical(),
        order=pl.col("order_id").to_physical(),
    )
    usable = pl.any_horizontal("delivered", "gone", "is_open") & (pl.col("ended") >= pl.col("ordered"))
    told = told.with_columns(learnt=pl.when(usable).then("ordered").otherwise(-1))
    out = []
    for part in told.partition_by("connection"):
        columns = (part[c].to_numpy() for c in ("learnt", "due", "ended", "delivered", "gone"))
        groups = (np.zeros(len(part), dtype=np.int64), part["vendor"].rank("dense").to_numpy().astype(np.int64) - 1)
        order = part["order"].to_numpy().astype(np.int64)
        book = Book(*columns, groups, lambda rows, order=order: order[rows])
        seen = Part(None, np.arange(len(part)), day, book)
        asked = np.flatnonzero(part["is_open"].to_numpy() & ~seen.beyond())
        found = outlook(book, asked, day, within=(30, 60))
        names = ("chance_on_time", "chance_30_days", "chance_60_days")
        chances = zip(names, (found.on_time, *found.within), strict=True)
        out.append(
            pl.DataFrame({"row": part["row"].gather(asked), **{n: pl.Series(c).fill_nan(None) for n, c in chances}})
        )
    return pl.concat(out)


def polars_open_orders(frame: pl.DataFrame) -> pl.DataFrame:
    there = ~pl.col("state").is_in(["cancelled", "draft", "received", "closed_short"])
    is_open = pl.col("deleted_at").is_null() & there & ~pl.col("came") & ~(pl.col("quantity") < 0)
    rows = (
        frame.lazy().with_columns(came=polars_delivered()).with_columns(is_open=is_open).with_row_index("row").collect()
    )
    overdue = (DAY - pl.col("required_date")).dt.total_days()
    bucket = pl.when(overdue <= 0).then(pl.lit("not due"))
    for most, name in ((7, "1-7"), (30, "8-30"), (60, "31-60"), (90, "61-90")):
        bucket = bucket.when(overdue <= most).then(pl.lit(name))
    bucket = bucket.when(overdue > 90).then(pl.lit("over 90")).otherwise(pl.lit("no due date"))
    to_come = (1 - pl.col("received_quantity").fill_null(0) / pl.col("quantity")).clip(0, 1)
    texts = [
        "connection",
        "order_id",
        "vendor_id",
        "vendor_name",
        "currency",
        "line_number",
        "material_id",
        "unit_of_measure",
    ]
    listed = rows.lazy().filter("is_open").join(_chances(rows).lazy(), on="row", how="left")
    on_time = pl.when(overdue > 0).then(0.0).when(overdue.is_not_null()).then("chance_on_time")
    out = listed.select(
        *(pl.col(c).cast(pl.String) for c in texts),
        "order_date",
        pl.col("required_date").alias("due_date"),
        (DAY - pl.col("order_date")).dt.total_days().alias("age_days"),
        overdue.alias("days_overdue"),
        bucket.alias("bucket"),
        (to_come * pl.col("amount")).alias("open_value"),
        (to_come * pl.col("quantity")).alias("open_quantity"),
        on_time.alias("chance_on_time"),
        "chance_30_days",
        "chance_60_days",
        (to_come * pl.col("amount") * (1 - on_time)).alias("expected_late_value"),
    )
    return out.sort("days_overdue", descending=True, nulls_last=True).collect()


def _waits_of_polars(rows: pl.DataFrame, groups: pl.DataFrame) -> Waits:
    """Return the lines that came or are open, and those cancelled by the day they were given up, as the fit takes them."""
    order = pl.len().over("group", "order_id")
    age = (pl.col("order_date") - pl.col("order_date").max().over("connection")).dt.total_days()
    waits = rows.filter(pl.col("came") | pl.col("open")).with_columns(weight=(1 / order) * 2 ** (age / 365))
    usual = waits.group_by("group").agg(pl.col("weight").sum() / pl.len())
    gone = (
        rows.filter(pl.col("cancelled")).group_by("group", "days").agg(pl.len().alias("n"), pl.lit(False).alias("came"))
    )
    gone = gone.join(usual, on="group", how="left").with_columns(weight=pl.col("n") * pl.col("weight").fill_null(1.0))
    both = pl.concat([waits.select("days", "came", "weight", "group"), gone.select("days", "came", "weight", "group")])
    above = groups.select(pl.struct("connection", "vendor_id").rank("dense") - 1).to_series()
    return Waits(
        both["days"].to_numpy(), both["came"].to_numpy(), both["weight"].to_numpy(), both["group"].to_numpy().astype(np.int64),
        above.to_numpy().astype(np.int64),
    )  # fmt: skip


def polars_recommend(frame: pl.DataFrame) -> pl.DataFrame:
    f = frame.lazy()
    cancelled = (pl.col("state") == "cancelled") | pl.col("deleted_at").is_not_null()
    f = f.with_columns(cancelled=cancelled, came=polars_delivered() & ~cancelled)
    f = f.filter(
        (pl.col("state") != "draft") & ~(pl.col("quantity") < 0) & (pl.col("order_date") <= DAY),
        ~(pl.col("came") & (pl.col("delivered_date") < pl.col("order_date"))),
        pl.col("came") | pl.col("cancelled") | ~pl.col("state").is_in(["received", "closed_short"]),
    )
    until = pl.when("came").then("delivered_date").when("cancelled").then("cancelled_date").otherwise(DAY)
    f = f.with_columns(
        days=(until - pl.col("order_date")).dt.total_days(),
        open=~pl.col("came") & ~pl.col("cancelled"),
        asked=(pl.col("required_date") - pl.col("order_date")).dt.total_days(),
        group=pl.struct(GROUP).rank("dense") - 1,
    )
    rows = f.collect()
    # Kaplan-Meier's first day that a tenth has come by
    curve = rows.lazy().group_by("group", "days").agg(n=pl.len(), came=pl.col("came").sum()).sort("days")
    at_risk = pl.col("n").sum().over("group") - pl.col("n").cum_sum().over("group") + pl.col("n")
    curve = curve.with_columns(left=(1 - pl.col("came") / at_risk).cum_prod().over("group"))
    p10 = curve.filter(pl.col("left") <= 0.9 + 1e-12).group_by("group").agg(p10=pl.col("days").first())
    counts = rows.lazy().group_by("group").agg(
        *(pl.col(c).first() for c in GROUP), pl.col("vendor_name").first(), pl.len().alias("n_lines"),
        pl.col("came").sum().alias("n_delivered"), pl.col("open").sum().alias("n_open"), pl.col("asked").median().alias("asked_days"),
    )  # fmt: skip
    groups = counts.join(p10, on="group", how="left").sort("group").collect()
    enough = pl.col("n_delivered") >= 10
    pool = (groups["connection"].rank("dense") - 1).to_numpy()
    p80, p90 = planned(_waits_of_polars(rows, groups), (0.8, 0.9), pool)
    groups = groups.with_columns(pl.Series("p80", p80), pl.Series("p90", p90))
    groups = groups.with_columns(
        p80_days=pl.when(enough).then("p80"), p90_days=pl.when(enough).then("p90"), p10=pl.when(enough).then("p10")
    )
    asks = pl.col("asked").is_not_null()
    lines_ = rows.lazy().join(groups.lazy().select("group", "p10"), on="group").filter(asks)
    lines_ = lines_.with_columns(impossible=pl.col("asked") < pl.col("p10").fill_null(0))
    came, due = pl.col("came"), pl.col("required_date")
    lines_ = lines_.with_columns(passed=((due < DAY) & (came | pl.col("open"))) | (came & (due <= DAY)))
    late = pl.col("passed") & (pl.col("open") | (pl.col("asked") < pl.col("days")))
    possible = ~pl.col("impossible")
    of_due = lines_.group_by("group").agg(
        pl.col("order_id").n_unique().alias("n_orders"),
        pl.col("order_id").filter(~possible).n_unique().alias("n_impossible"),
        pl.col("passed").sum().alias("n_due"),
        late.sum().alias("n_late"),
        (pl.col("passed") & possible).sum().alias("n_possible"),
        (late & possible).sum().alias("n_late_possible"),
    )
    out = (
        groups.lazy()
        .join(of_due, on="group", how="left")
        .with_columns(
            short_days=pl.col("p90_days") - pl.col("asked_days"),
            impossible_share=pl.when(enough).then(pl.col("n_impossible") / pl.col("n_orders")),
            late_share=pl.col("n_late") / pl.col("n_due"),
            late_share_of_possible=pl.when(enough).then(pl.col("n_late_possible") / pl.col("n_possible")),
        )
    )
    out = out.with_columns(pl.col("n_orders", "n_due").fill_null(0))
    drop = ["group", "p10", "p80", "p90", "n_impossible", "n_late", "n_possible", "n_late_possible"]
    return out.drop(drop).sort("n_lines", descending=True).collect()


_BOUGHT = [
    "deleted_at IS NOT NULL",
    "state = 'cancelled'",
    "state = 'draft'",
    "amount IS NULL",
    "amount < 0",
    "amount = 0",
]
_CAME = f"coalesce({CAME.removesuffix(' IS TRUE')}, FALSE)"
_ENDED = "state IN ('received', 'closed_short')"
_GONE = "(state = 'cancelled' OR deleted_at IS NOT NULL)"
#: Why a line doesn't count, the first reason that fits.
REASONS = {
    "spend.price_changes": [*_BOUGHT, "order_date IS NULL"],
    "spend.price_dispersion": _BOUGHT,
    "slippage.open_orders": [*_BOUGHT[:3], "quantity < 0", _CAME, f"NOT {_CAME} AND {_ENDED}"],
    "lead_times.recommend": [
        f"NOT {_GONE} AND state = 'draft'", f"NOT {_GONE} AND quantity < 0", "order_date IS NULL", f"order_date > DATE '{AS_OF}'",
        f"NOT {_GONE} AND NOT {_CAME} AND {_ENDED}", f"NOT {_GONE} AND {_CAME} AND delivered_date < order_date",
    ],
}  # fmt: skip
OURS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "spend.price_changes": spend.price_changes,
    "spend.price_dispersion": spend.price_dispersion,
    "slippage.open_orders": slippage.open_orders,
    "lead_times.recommend": lead_times.recommend,
}
BY_POLARS = dict(
    zip(OURS, (polars_price_changes, polars_price_dispersion, polars_open_orders, polars_recommend), strict=True)
)


def by_polars(name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a figure's table and its book."""
    book = pl.SQLContext({"frame": frame.lazy()}).execute(book_of(REASONS[name])).collect()
    return BY_POLARS[name](frame), book


def check(name: str, ours: pd.DataFrame, theirs: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Raise where polars' words give something else than we do, in any column that both have."""
    table, book = (t.to_pandas() for t in theirs)
    assert book.loc[book["why"] == 0, "n"].sum() == ours.attrs["included"]["n_lines"], name
    assert book.loc[book["why"] > 0, "n"].sum() == sum(e["n_lines"] for e in ours.attrs["excluded"]), name
    if "period" in ours:
        ours = ours.assign(period=ours["period"].dt.year)
    if name == "lead_times.recommend":  # a vendor's material all of whose lines are left out has a row of ours
        ours = ours[ours["n_lines"] > 0]
    key = [
        *ITEM[:2],
        *(["order_id", "line_number", "open_value"] if "order_id" in ours else ["vendor_id", "currency", "period"]),
    ]
    key = [c for c in key if c in ours and c in table]
    texts = [c for c in key if c not in ("period", "open_value")]
    both = [f.astype(dict.fromkeys(texts, "string")).sort_values(key).reset_index(drop=True) for f in (ours, table)]
    for column in [c for c in ours.columns if c in table]:
        a, b = (frame[column] for frame in both)
        if column == "bucket" or column in key or a.dtype == "string":
            assert a.astype("string").equals(b.astype("string")), (name, column)
        else:
            a, b = (x.astype("int64").where(x.notna()) if x.dtype.kind == "M" else x for x in (a, b))
            np.testing.assert_allclose(a.to_numpy(float), b.to_numpy(float), rtol=1e-8, err_msg=f"{name} {column}")


def measure(n: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return seconds of the clock by figure, of ours and of polars' words, in interleaved rounds."""
    frame = goods(n)
    own, out = pl.from_pandas(frame), {}
    for name, figure in OURS.items():
        runs: dict[str, Callable[[], Any]] = {
            "ours": partial(figure, frame, as_of=str(AS_OF)),
            "by hand": partial(by_polars, name, own),
        }
        check(name, *(run() for run in runs.values()))
        out[name] = in_turns(runs, rounds, time.perf_counter)
    return out


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
