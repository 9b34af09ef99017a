"""Lead times by vendor: hand-worked curves, every line accounted for, the order of the rows of no matter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, Purchases, explain, lead_times
from tests.cases import recorded
from tests.tiers import one_in

AS_OF = pd.Timestamp("2025-12-31")
COLUMNS = [
    "vendor_id", "vendor_name", "n_lines", "n_delivered", "n_open", "n_cancelled", "median_days", "p80_days", "p90_days",
    "mean_delivered_days", "restricted_mean_days", "restricted_to_days",
    "sd_days", "robust_sd_days", "cv", "range_days",
]  # fmt: skip


def lines_of(*ages: tuple[int, str], vendor: str | None = "v") -> pd.DataFrame:
    """Lines that were delivered, cancelled, or are open, at so many days after their order."""
    rows = []
    for days, what in ages:
        ordered = AS_OF - pd.Timedelta(days=days) if what == "open" else pd.Timestamp("2025-01-01")
        at = ordered + pd.Timedelta(days=days)
        rows.append((vendor, ordered, at if what == "delivered" else None, at if what == "cancelled" else None, what))
    out = pd.DataFrame(rows, columns=["vendor_id", "order_date", "delivered_date", "cancelled_date", "state"])
    out["state"] = out.state.replace("delivered", "received").astype("string")
    out["vendor_id"] = out.vendor_id.astype("string")
    for name in ("order_date", "delivered_date", "cancelled_date"):
        out[name] = pd.to_datetime(out[name]).astype("datetime64[us]")
    return out


def test_columns_and_types():
    got = lead_times.by_vendor(lines_of((3, "delivered")), as_of=AS_OF)
    assert got.columns.tolist() == COLUMNS
    assert [str(t) for t in got.dtypes] == ["string"] * 2 + ["int64"] * 4 + ["float64"] * 10


def test_a_curve_worked_by_hand():
    # at risk 5: day 2 one comes, S = 4/5; day 3 one is cancelled; day 4 one of 3 comes, S = 8/15; day 6 open; day 9 the last: 0
    lines = lines_of((2, "delivered"), (3, "cancelled"), (4, "delivered"), (6, "open"), (9, "delivered"))
    got = lead_times.by_vendor(lines, as_of=AS_OF).iloc[0]
    assert (got.n_lines, got.n_delivered, got.n_open, got.n_cancelled) == (5, 3, 1, 1)
    assert (got.median_days, got.p80_days, got.p90_days) == (9, 9, 9)
    assert got.mean_delivered_days == pytest.approx(5)
    assert got.restricted_mean_days == pytest.approx(2 * 1 + 2 * 4 / 5 + 5 * 8 / 15)
    assert got.restricted_to_days == 9


def test_the_level_is_reached_where_the_curve_lands_on_it():
    # 6 of 12 by day 5 makes S exactly one half, whatever floating point makes of the product
    lines = lines_of(*[(d, "delivered") for d in (1, 2, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12)])
    got = lead_times.by_vendor(lines, as_of=AS_OF).iloc[0]
    assert (got.median_days, got.p80_days, got.p90_days) == (5, 10, 11)


def test_on_one_day_deliveries_come_before_censorings():
    lines = lines_of((5, "delivered"), (5, "open"), (5, "cancelled"), (5, "delivered"))
    assert lead_times.by_vendor(lines, as_of=AS_OF).median_days.tolist() == [5.0]


def test_not_reached_is_missing_never_a_number():
    got = lead_times.by_vendor(lines_of((5, "delivered"), (9, "open"), (9, "open")), as_of=AS_OF).iloc[0]
    assert got[["median_days", "p80_days", "p90_days"]].isna().all()
    assert got.mean_delivered_days == 5  # the usual average has no such scruple
    nothing_yet = lead_times.by_vendor(lines_of((9, "open")), as_of=AS_OF).iloc[0]
    assert np.isnan(nothing_yet.mean_delivered_days) and np.isnan(nothing_yet.median_days)
    assert nothing_yet.restricted_mean_days == 9


def test_same_day_deliveries():
    got = lead_times.by_vendor(lines_of((0, "delivered"), (0, "delivered")), as_of=AS_OF).iloc[0]
    assert (got.median_days, got.p90_days, got.restricted_mean_days) == (0, 0, 0)


def test_few_lines_have_no_tail_where_a_minimum_is_asked():
    lines = lines_of(*[(d, "delivered") for d in range(1, 11)])
    got = lead_times.by_vendor(lines, as_of=AS_OF, min_lines=11).iloc[0]
    assert got.median_days == 5 and np.isnan(got.p80_days) and np.isnan(got.p90_days)
    assert lead_times.by_vendor(lines, as_of=AS_OF, min_lines=10).p90_days.tolist() == [9]
    for wrong in (-1, 2.5, True, "20"):
        with pytest.raises(ConfigError, match="min_lines="):
            lead_times.by_vendor(lines, as_of=AS_OF, min_lines=wrong)


def test_every_vendor_is_a_row_also_the_unknown_one_and_the_one_without_lines_that_count():
    a, b = lines_of((1, "delivered"), vendor="a"), lines_of((1, "delivered"), (2, "delivered"), vendor="b")
    c = lines_of((1, "delivered"), vendor="c").assign(order_date=lambda f: f.order_date.where(f.order_date.isna()))
    unknown = lines_of((4, "open"), vendor=None)
    got = lead_times.by_vendor(pd.concat([c, unknown, a, b]), as_of=AS_OF)
    assert got.vendor_id.fillna("?").tolist() == ["b", "a", "?", "c"]  # most lines first, then by key, unknown last
    assert got.n_lines.tolist() == [2, 1, 1, 0]
    assert got.iloc[3, 6:].isna().all()
    assert got.attrs["excluded"] == [{"reason": "no order date", "n_lines": 1, "value": {}}]


def test_one_vendor_key_in_two_connections_is_two_vendors():
    lines = pd.concat(
        [lines_of((1, "delivered")).assign(connection="eu"), lines_of((9, "delivered")).assign(connection="us")]
    )
    got = lead_times.by_vendor(lines, as_of=AS_OF)
    assert got.connection.tolist() == ["eu", "us"] and got.median_days.tolist() == [1, 9]
    assert got.columns.tolist() == [*COLUMNS, "connection"]


def test_any_grouping_and_none():
    lines = lines_of((1, "delivered"), (3, "delivered"), (5, "open")).assign(
        site_id=["x", "y", "x"], category=["k", "k", "m"]
    )
    got = lead_times.by_vendor(lines, as_of=AS_OF, by=["site_id", "category"])
    assert got[["site_id", "category", "n_lines"]].values.tolist() == [["x", "k", 1], ["x", "m", 1], ["y", "k", 1]]
    whole = lead_times.by_vendor(lines, as_of=AS_OF, by=None)
    assert len(whole) == 1 and whole.columns[0] == "n_lines" and whole.n_lines.item() == 3


def random_lines(rng: np.random.Generator, n: int) -> pd.DataFrame:
    ordered = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, n), unit="D")
    days = pd.to_timedelta(rng.integers(-3, 90, n), unit="D")
    return pd.DataFrame(
        {
            "connection": pd.array(rng.choice(["eu", "us"], n), dtype="string"),
            "vendor_id": pd.array(rng.choice(["a", "b", "c", None], n), dtype="string"),
            "order_date": pd.Series(ordered).mask(rng.random(n) < 0.05),
            "delivered_date": pd.Series(ordered + days).mask(rng.random(n) < 0.3),
            "cancelled_date": pd.Series(ordered + days).mask(rng.random(n) < 0.5),
            "state": pd.array(
                rng.choice(["open", "received", "cancelled", "draft", "closed_short", "unknown"], n), dtype="string"
            ),
            "quantity": rng.integers(-1, 9, n).astype(float),
            "received_quantity": np.where(rng.random(n) < 0.5, np.nan, rng.integers(0, 9, n)),
        }
    )


@pytest.mark.parametrize("seed", one_in(3, range(5)))
def test_every_line_is_accounted_for_and_the_order_of_rows_is_of_no_matter(seed):
    rng = np.random.default_rng(seed)
    lines = recorded(random_lines(rng, 400), 0)
    before = lines.copy(deep=True)
    got, per_line = lead_times.by_vendor(lines, as_of="2025-10-01"), lead_times.per_line(lines, as_of="2025-10-01")
    pd.testing.assert_frame_equal(lines, before)
    told = per_line.outcome.value_counts()
    assert (got.n_lines == got.n_delivered + got.n_open + got.n_cancelled).all()
    assert [got[f"n_{k}"].sum() for k in ("delivered", "open", "cancelled")] == [
        told[k] for k in ("delivered", "open", "cancelled")
    ]
    assert got.n_lines.sum() + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(lines)
    mean = per_line.groupby(["vendor_id", "connection"], dropna=False).lead_time_days.mean()
    expected = got.set_index(["vendor_id", "connection"]).mean_delivered_days
    pd.testing.assert_series_equal(expected.sort_index(), mean.sort_index(), check_names=False)

    shuffled = lines.sample(frac=1, random_state=seed)
    for function in (lead_times.by_vendor, lead_times.curve):
        pd.testing.assert_frame_equal(function(lines, as_of="2025-10-01"), function(shuffled, as_of="2025-10-01"))
    # each vendor's figures are those of its own lines; when an undated line was cancelled is learnt from all of them
    lines = lines[(lines.state != "cancelled") | lines.cancelled_date.notna()]
    got = lead_times.by_vendor(lines, as_of="2025-10-01")
    one = lines[(lines.vendor_id == "a") & (lines.connection == "eu")]
    alone = lead_times.by_vendor(one, as_of="2025-10-01")
    among = got[(got.vendor_id == "a") & (got.connection == "eu")].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among)


def test_one_date_of_the_year_2199_costs_no_memory():
    lines = lines_of((3, "delivered"), (4, "delivered"))
    many = pd.concat([lines.assign(vendor_id=f"v{i}") for i in range(200)], ignore_index=True)
    many.loc[0, "order_date"] = pd.Timestamp("1900-01-01")
    many.loc[1, "delivered_date"] = pd.Timestamp("2199-12-31")
    got = lead_times.by_vendor(many, as_of="2199-12-31")
    assert got.loc[got.vendor_id == "v1", "median_days"].item() == 3
    first = got[got.vendor_id == "v0"].iloc[0]
    assert first.median_days == (pd.Timestamp("2025-01-04") - pd.Timestamp("1900-01-01")).days
    assert first.p90_days == (pd.Timestamp("2199-12-31") - pd.Timestamp("2025-01-01")).days


def test_it_says_what_it_means():
    lines = lines_of((3, "delivered"), (4, "open"))
    text = " ".join(str(explain(lead_times.by_vendor(lines, as_of=AS_OF))).split())
    assert "Kaplan & Meier 1958" in text and "n_lines = n_delivered + n_open + n_cancelled" in text
    assert "As of: 2025-12-31" in text and "Parameters: by='vendor'" in text
    assert "Aalen & Johansen 1978" in " ".join(str(explain(lead_times.curve(lines, as_of=AS_OF))).split())


def test_the_real_lead_times(scms: Purchases, known):
    got = lead_times.by_vendor(scms.lines)
    assert got.n_lines.sum() == got.n_delivered.sum() == known["dated"] - 5
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {
        "order date unreadable": known["lines"] - known["dated"],  # texts such as "Date Not Captured"
        "delivered before ordered": known["sent_after_delivery"],
    }
    days = lead_times.per_line(scms.lines).lead_time_days.dropna()
    whole = lead_times.by_vendor(scms.lines, by=None).iloc[0]
    # all are delivered, so the curve is the plain distribution: the smallest day that half of the lines reach
    assert whole.median_days == np.quantile(days, 0.5, method="inverted_cdf") == known["median_lead"]
    assert whole.p90_days == np.quantile(days, 0.9, method="inverted_cdf")
    assert whole.mean_delivered_days == pytest.approx(days.mean()) == pytest.approx(whole.restricted_mean_days)
    assert lead_times.per_line(scms.lines, as_of="2012-01-01").outcome.value_counts()["open"] > 0


def test_the_last_mark_is_drawn_whole_where_the_axis_ends():
    ages = [(days, "delivered") for days in range(1, 25)] + [(120, "open")] * 10
    ax = lead_times.plot_by_vendor(lines_of(*ages), as_of=AS_OF)
    (dot,) = [mark for mark in ax.lines if mark.get_marker() == "o"]
    assert np.isnan(float(ax.lines[-1].get_xdata()[0]))  # there is no p90 to the right of it
    assert dot.get_xdata()[0] > 0.95 * ax.get_xlim()[1] and not dot.get_clip_on()
