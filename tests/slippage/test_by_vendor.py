"""On-time delivery by vendor: hand-worked, against SQL, and on the real deliveries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import Purchases, explain, slippage
from makini_analytics.compute import wilson
from tests.cases import recorded
from tests.tiers import one_in

AS_OF = pd.Timestamp("2025-06-30")
COLUMNS = [
    "vendor_id", "vendor_name", "n_due", "n_on_time", "on_time_rate", "on_time_low", "on_time_high", "n_late", "n_early",
    "n_overdue_open", "median_days_late", "p90_days_late", "n_not_due", "on_time_shrunken", "n_effective", "due_share", "others_rate",
    "p_value", "against_others",
]  # fmt: skip


def lines_of(*days: int | None, vendor: str | None = "v", due: str = "2025-06-10") -> pd.DataFrame:
    """Lines delivered so many days after their due date; None is open."""
    day = pd.Timestamp(due)
    came = pd.to_datetime(pd.Series([pd.NaT if d is None else day + pd.Timedelta(days=d) for d in days]))
    lines = pd.DataFrame({"vendor_id": vendor, "required_date": day, "delivered_date": came})
    return lines.astype({"vendor_id": "string", "required_date": "datetime64[us]", "delivered_date": "datetime64[us]"})


def test_a_vendor_worked_by_hand():
    lines = lines_of(-2, 0, 0, 1, 4, 10, None)
    got = slippage.by_vendor(lines, as_of=AS_OF)
    assert got.columns.tolist() == COLUMNS
    assert [str(t) for t in got.dtypes] == [
        *["string"] * 2, *["int64"] * 2, *["float64"] * 3, *["int64"] * 3, *["float64"] * 2, "int64", *["float64"] * 5, "string",
    ]  # fmt: skip
    one = got.iloc[0]
    assert (one.n_due, one.n_on_time, one.n_late, one.n_early, one.n_overdue_open) == (7, 3, 4, 1, 1)
    assert one.on_time_rate == pytest.approx(3 / 7)
    assert one.median_days_late == 4  # of 1, 4 and 10: the open one is late, but by how much is not known
    assert one.p90_days_late == pytest.approx(4 + 0.8 * 6)


def test_early_ones_leave_on_time_where_early_days_are_given():
    one = slippage.by_vendor(lines_of(-9, -2, 0, 1), as_of=AS_OF, early_days=2).iloc[0]
    assert (one.n_due, one.n_on_time, one.n_early, one.n_late) == (4, 2, 1, 1)
    assert one.n_due == one.n_on_time + one.n_early + one.n_late
    assert one.on_time_rate == 0.5


def test_no_data_is_neither_0_nor_100_percent():
    lines = pd.concat(
        [
            lines_of(0, 0, vendor="b"),
            lines_of(None, vendor="not due", due="2025-07-10"),
            lines_of(0, vendor="no date").assign(required_date=lambda f: f.required_date.where(f.required_date.isna())),
            lines_of(3, vendor=None),
            lines_of(3, vendor="a"),
        ]
    )
    got = slippage.by_vendor(lines, as_of=AS_OF)
    assert got.vendor_id.fillna("?").tolist() == ["b", "a", "?", "no date", "not due"]  # most due first, then by key
    assert got.n_due.tolist() == [2, 1, 1, 0, 0] and got.n_not_due.tolist() == [0, 0, 0, 0, 1]
    assert got.on_time_rate.fillna(-1).tolist() == [1, 0, 0, -1, -1]
    assert got.loc[3:, ["on_time_low", "on_time_high", "median_days_late", "p90_days_late"]].isna().all(axis=None)
    assert got.loc[0, ["median_days_late", "p90_days_late"]].isna().all()  # none of b's is late


def test_one_vendor_key_in_two_connections_is_two_vendors():
    lines = pd.concat([lines_of(0).assign(connection="eu"), lines_of(5).assign(connection="us")])
    got = slippage.by_vendor(lines, as_of=AS_OF)
    assert got.columns.tolist() == [*COLUMNS, "connection"]
    assert got.connection.tolist() == ["eu", "us"] and got.n_late.tolist() == [0, 1]


def test_any_grouping_and_none():
    lines = lines_of(0, 1, 2).assign(site_id=["x", "y", "x"])
    got = slippage.by_vendor(lines, as_of=AS_OF, by="site_id")
    assert got[["site_id", "n_due", "n_late"]].values.tolist() == [["x", 2, 1], ["y", 1, 1]]
    whole = slippage.by_vendor(lines, as_of=AS_OF, by=None)
    assert len(whole) == 1 and whole.columns[0] == "n_due" and whole.n_late.item() == 2


@pytest.mark.parametrize(
    ("hits", "n"), [(9, 10), (90, 100), (3, 3), (0, 4), (1, 1), (0, 1), (611, 1_017), (10_000, 10_000)]
)
def test_wilson_is_scipys(hits, n):
    stats = pytest.importorskip("scipy.stats", reason="scipy, the oracle, is not installed")
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    low, high = wilson([hits], [n])
    assert (low[0], high[0]) == (pytest.approx(theirs.low, abs=1e-12), pytest.approx(theirs.high, abs=1e-12))
    assert 0 <= low[0] <= hits / n <= high[0] <= 1


def test_wilson_of_nothing_is_missing():
    low, high = wilson([0, 1], [0, 2])
    assert np.isnan(low[0]) and np.isnan(high[0]) and 0 < low[1] < high[1] < 1


def test_due_dates_that_copy_the_delivery_are_doubted():
    copied = lines_of(*[0] * 39, 1)
    assert "filled in from the delivery" in slippage.by_vendor(copied, as_of=AS_OF).attrs["notes"][0]
    assert "filled in from the delivery" in str(explain(slippage.per_line(copied, as_of=AS_OF)))
    for fine in (
        lines_of(*[0] * 38, 1, 1),
        lines_of(*[0] * 38, None, None),
        lines_of(*[0] * 19),
    ):  # 95 %, or too few to tell
        assert slippage.by_vendor(fine, as_of=AS_OF).attrs["notes"] == []
    by_default = lines_of(*range(40), due="2025-05-01").assign(order_date=pd.Timestamp("2025-05-01"))
    assert "due on the day of their order" in slippage.by_vendor(by_default, as_of=AS_OF).attrs["notes"][0]


def test_it_says_what_it_means():
    text = " ".join(str(explain(slippage.by_vendor(lines_of(0, 3), as_of=AS_OF, late_days=2))).split())
    assert "Wilson 1927" in text and "on_time_rate = n_on_time / n_due" in text and "late_days=2" in text


def random_lines(rng: np.random.Generator, n: int) -> pd.DataFrame:
    due = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 250, n), unit="D"))
    return pd.DataFrame(
        {
            "vendor_id": pd.array(rng.choice(["a", "b", "c", "d", None], n), dtype="string"),
            "required_date": due.mask(rng.random(n) < 0.05),
            "delivered_date": (due + pd.to_timedelta(rng.integers(-15, 25, n), unit="D")).mask(rng.random(n) < 0.2),
            "state": pd.array(
                rng.choice(["open", "received", "cancelled", "draft", "closed_short", "unknown"], n), dtype="string"
            ),
            "quantity": rng.integers(1, 9, n).astype(float),
            "received_quantity": np.where(rng.random(n) < 0.5, np.nan, rng.integers(0, 9, n)),
        }
    )


SQL = """
with judged as (
  select *, coalesce(delivered_date <= $as_of and coalesce(received_quantity >= quantity, true), false) as came,
         date_diff('day', required_date, delivered_date) as late, date_diff('day', required_date, $as_of) as overdue
  from lines where state not in ('cancelled', 'draft') and required_date is not null
), due as (
  select *, case when came and required_date <= $as_of
                   then case when late > $late then 'late' when late < -coalesce($early, 0) then 'early' else 'on_time' end
                 when not came and (state not in ('received', 'closed_short') or coalesce(delivered_date > $as_of, false))
                      and overdue > $late then 'open' end as outcome
  from judged
)
select vendor_id, count(*) filter (outcome is not null) as n_due,
       count(*) filter (outcome = 'on_time' or (outcome = 'early' and $early is null)) as n_on_time,
       count(*) filter (outcome in ('late', 'open')) as n_late, count(*) filter (outcome = 'early') as n_early,
       count(*) filter (outcome = 'open') as n_overdue_open,
       quantile_cont(late, 0.5) filter (outcome = 'late') as median_days_late,
       quantile_cont(late, 0.9) filter (outcome = 'late') as p90_days_late
from due group by vendor_id order by n_due desc, vendor_id nulls last
"""


@pytest.mark.parametrize(("late_days", "early_days"), one_in(3, [(0, None), (3, None), (0, 0), (2, 5), (400, 1)]))
def test_the_same_in_sql_and_in_any_order_of_rows(late_days, early_days):
    duckdb = pytest.importorskip("duckdb", reason="duckdb, the oracle, is not installed")
    lines = recorded(random_lines(np.random.default_rng(9), 3_000), 0)
    before = lines.copy(deep=True)
    got = slippage.by_vendor(lines, as_of=AS_OF, late_days=late_days, early_days=early_days)
    pd.testing.assert_frame_equal(lines, before)
    with duckdb.connect() as db:
        db.register("lines", lines)
        theirs = db.execute(SQL, {"as_of": AS_OF.date(), "late": late_days, "early": early_days}).df()
    assert theirs.n_due.sum() > 500
    pd.testing.assert_frame_equal(
        got[theirs.columns], theirs.astype(got[theirs.columns].dtypes), check_exact=False, rtol=1e-12
    )
    shuffled = lines.sample(frac=1, random_state=1)
    again = slippage.by_vendor(shuffled, as_of=AS_OF, late_days=late_days, early_days=early_days)
    pd.testing.assert_frame_equal(got, again)
    # the lines tell the same story
    outcome = slippage.per_line(lines, as_of=AS_OF, late_days=late_days, early_days=early_days).outcome.value_counts()
    assert got.n_overdue_open.sum() == outcome.get("overdue_open", 0) and got.n_not_due.sum() == outcome["not_due"]
    assert (
        got.n_late.sum() == outcome.get("late", 0) + outcome.get("overdue_open", 0)
        and got.n_early.sum() == outcome["early"]
    )
    assert got.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(lines)


def test_the_real_deliveries(scms: Purchases, known):
    got = slippage.by_vendor(scms.lines, as_of="2015-12-31")
    whole = slippage.by_vendor(scms.lines, as_of="2015-12-31", by=None).iloc[0]
    counts = (known["lines"], known["late"], known["early"], 0)
    assert (whole.n_due, whole.n_late, whole.n_early, whole.n_overdue_open) == counts
    assert round(100 * (1 - whole.on_time_rate), 4) == round(100 * known["late"] / known["lines"], 4)
    assert (whole.median_days_late, whole.p90_days_late) == (known["median_late"], known["p90_late"])
    assert len(got) == 73 and got.n_due.sum() == known["lines"] and got.n_late.sum() == known["late"]
    table = got.set_index("vendor_name")[["n_due", "n_late", "median_days_late", "p90_days_late"]]
    assert len(known["vendor_late"]) == 10
    for vendor, figures in known["vendor_late"].items():
        assert table.loc[vendor].tolist() == pytest.approx(figures)
    per_line = slippage.per_line(scms.lines, as_of="2015-12-31")
    assert per_line.days_late.mean() == pytest.approx(known["mean_days"], abs=5e-5)
    assert per_line.days_late.min() == known["min_days"] == -372
    assert (per_line.outcome == "on_time").sum() == known["on_the_day"]
    by_year = slippage.by_vendor(
        scms.lines.assign(year=scms.lines.required_date.dt.year), as_of="2015-12-31", by="year"
    )
    assert dict(zip(by_year.year, by_year.n_late, strict=True)) == known["late_by_year"]


def test_more_combinations_of_keys_than_a_table_should_hold():
    rng = np.random.default_rng(12)
    lines = lines_of(*rng.integers(-5, 5, 300))
    keys = {
        c: pd.array(rng.permutation(300).astype(str), dtype="string") for c in ("site_id", "category", "product_code")
    }
    got = slippage.by_vendor(lines.assign(**keys), as_of=AS_OF, by=list(keys))
    assert len(got) == 300 and (got.n_due == 1).all()
    expected = lines.assign(**keys, n_late=(lines.delivered_date > lines.required_date).astype("int64")).sort_values(
        list(keys)
    )
    pd.testing.assert_frame_equal(got[[*keys, "n_late"]], expected[[*keys, "n_late"]].reset_index(drop=True))
