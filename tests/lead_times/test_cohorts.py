"""Lead times by order period, planning figures, and the days that count: by hand and against plain loops."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, SchemaError, charts, lead_times, slippage
from tests.tiers import one_in


def lines(*rows, **more):
    frame = pd.DataFrame(rows, columns=["order_date", "delivered_date"]).apply(pd.to_datetime)
    return frame.assign(**({"vendor_id": "v"} | more))


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample(["emea"]).lines


@pytest.mark.parametrize("freq", one_in(2, ["M", "Q", "Y", "W"]))
@pytest.mark.parametrize("by", one_in(3, [None, "vendor", "category"]))
def test_each_cohort_is_by_vendor_of_its_own_lines(sample, freq, by):
    got = lead_times.by_period(sample, freq=freq, by=by)
    assert got.n_lines.sum() == lead_times.by_vendor(sample).n_lines.sum()
    assert len(got) == len(got.drop_duplicates(["period", *got.columns[: list(got.columns).index("period")]]))
    for i in (0, len(got) // 2, len(got) - 1):
        row = got.iloc[i]
        mine = sample[(sample.order_date >= row.period.start_time) & (sample.order_date <= row.period.end_time)]
        if by == "vendor":
            mine = mine[mine.vendor_id.isna() if pd.isna(row.vendor_id) else mine.vendor_id == row.vendor_id]
        if by == "category":
            mine = mine[mine.category == row.category]
        want = lead_times.by_vendor(mine, by=None).iloc[0]
        for column in ("n_lines", "n_open", "n_cancelled", "median_days", "p90_days", "mean_delivered_days"):
            assert row[column] == want[column] or (pd.isna(row[column]) and pd.isna(want[column]))


def test_p16_the_recent_months_are_unfinished_and_no_improvement():
    """One law for all months: the naive mean falls at the end, the cohorts say that they are not known yet."""
    r = np.random.default_rng(7)
    n = 20_000
    ordered = pd.Timestamp("2025-01-01") + pd.to_timedelta(r.integers(0, 365, n), unit="D")
    came = pd.Series(ordered + pd.to_timedelta(np.ceil(r.lognormal(np.log(30), 0.6, n)), unit="D"))
    frame = pd.DataFrame({"order_date": ordered, "delivered_date": came.where(came <= "2025-12-31")})
    got = lead_times.by_period(frame, as_of="2025-12-31").set_index("period")
    first, last = got.loc["2025-03"], got.loc["2025-12"]
    assert last.mean_delivered_days < 0.5 * first.mean_delivered_days
    assert bool(first.finished)
    assert not last.finished
    assert np.isnan(last.median_days)
    assert got.median_days.loc["2025-01":"2025-09"].between(28, 32).all()
    assert got.finished.tolist() == [True] * list(got.finished).count(True) + [False] * list(got.finished).count(False)
    assert last.followed_days == 0


def test_one_delivery_at_the_end_does_not_finish_a_cohort():
    frame = lines(("2025-01-01", "2025-01-31"), *[("2025-01-10", None)] * 9)
    got = lead_times.by_period(frame, as_of="2025-01-31").iloc[0]
    assert got.p90_days == 30  # the curve comes down, with one line at risk
    assert not got.finished


def test_where_a_lead_time_starts_and_ends():
    frame = lines(("2025-01-01", "2025-01-21")).assign(
        approved_date=pd.Timestamp("2025-01-06"),
        created_at=pd.Timestamp("2024-12-30T10:00", tz="UTC"),
        first_receipt_date=pd.Timestamp("2025-01-11"),
        completed_date=pd.Timestamp("2025-02-01"),
        quantity=10.0,
        received_quantity=10.0,
    )

    def days(**options):
        return lead_times.per_line(frame, as_of="2025-03-01", **options).lead_time_days.item()

    assert days() == 20
    assert days(start="approval") == 15
    assert days(start="creation") == 22
    assert days(end="first_receipt") == 10
    assert days(end="header") == 31
    part = frame.assign(received_quantity=4.0, delivered_date=pd.NaT)
    assert lead_times.per_line(part, as_of="2025-03-01").outcome.item() == "open"
    assert lead_times.per_line(part, as_of="2025-03-01", end="first_receipt").lead_time_days.item() == 10
    got = lead_times.by_vendor(frame, as_of="2025-03-01", start="approval", calendar="weekdays")
    assert got.attrs["parameters"]["start"] == "approval"
    assert "days: working days, Monday to Friday" in charts.footnote_of(got)
    with pytest.raises(ConfigError, match="start='invoice'"):
        days(start="invoice")
    with pytest.raises(SchemaError, match="approved_date"):
        lead_times.by_vendor(frame.drop(columns="approved_date"), start="approval", as_of="2025-03-01")


def plain_working_days(begin, end, free):
    step = 1 if end >= begin else -1
    first, last = sorted([begin, end])
    span = [first + timedelta(i) for i in range((last - first).days)]
    if step < 0:
        span = [d + timedelta(1) for d in span]  # the later day counts, the earlier one does not
    return step * sum(d.weekday() < 5 and d not in free for d in span)


def test_p30_working_days_by_the_sites_own_holidays():
    holidays = pytest.importorskip("holidays")
    free = {
        "DE": set(holidays.country_holidays("DE", years=[2024, 2025])),
        "US": set(holidays.country_holidays("US", years=[2024, 2025])),
    }
    r = np.random.default_rng(3)
    begin = [date(2024, 11, 1) + timedelta(int(i)) for i in r.integers(0, 300, 200)]
    end = [d + timedelta(int(i)) for d, i in zip(begin, r.integers(0, 60, 200), strict=True)]
    site = np.where(r.random(200) < 0.5, "ulm", "toledo")
    frame = pd.DataFrame({"order_date": pd.to_datetime(begin), "delivered_date": pd.to_datetime(end), "site_id": site})
    got = lead_times.per_line(frame, as_of="2026-01-01", calendar={"ulm": "DE", None: "US"})
    want = [
        plain_working_days(b, e, free["DE" if s == "ulm" else "US"]) for b, e, s in zip(begin, end, site, strict=True)
    ]
    assert got.lead_time_days.tolist() == want
    assert (
        f"working days of DE, US (public holidays by holidays {holidays.__version__})"
        in got.attrs["parameters"]["calendar"]
    )
    with pytest.raises(ConfigError, match="'toledo' has none"):
        lead_times.per_line(frame, as_of="2026-01-01", calendar={"ulm": "DE"})
    with pytest.raises(ConfigError, match="'XX' is no country"):
        lead_times.per_line(frame, as_of="2026-01-01", calendar="XX")
    saudi = pd.DataFrame(
        {"order_date": pd.to_datetime(["2025-05-15"]), "delivered_date": pd.to_datetime(["2025-05-18"])}
    )
    assert (
        lead_times.per_line(saudi, as_of="2026-01-01", calendar="SA").lead_time_days.item() == 1
    )  # Thursday to Sunday


def test_what_to_plan_with_beside_what_is_asked(sample):
    got = lead_times.recommend(sample, by="vendor", min_lines=20)
    same = lead_times.by_vendor(sample).set_index("vendor_id")
    judged = slippage.by_vendor(sample).set_index("vendor_id")
    for row in got.itertuples():
        if pd.isna(row.vendor_id):
            continue
        assert row.n_lines == same.n_lines[row.vendor_id]
        if row.n_delivered >= 300:  # with so many lines the one to plan with is about the one observed
            assert row.p90_days == pytest.approx(same.p90_days[row.vendor_id], rel=0.12)
        if row.n_due == judged.n_due[row.vendor_id]:  # slippage judges lines that have no order date too
            assert row.late_share == pytest.approx(1 - judged.on_time_rate[row.vendor_id])
        mine = sample[(sample.vendor_id == row.vendor_id) & sample.order_date.notna() & sample.required_date.notna()]
        counted = mine[lead_times.per_line(mine).outcome != "excluded"]
        asked = (counted.required_date - counted.order_date).dt.days
        assert row.asked_days == asked.median()
        if not pd.isna(row.p90_days):
            tenth = np.sort(lead_times.per_line(counted).lead_time_days.dropna())
            hopeless = counted[asked < tenth[0]]
            assert row.impossible_share >= hopeless.order_id.nunique() / counted.order_id.nunique() - 1e-9
    assert (judged.n_due.reindex(got.vendor_id).to_numpy() == got.n_due.to_numpy()).mean() > 0.9


def test_we_ask_too_late_is_told_apart_from_they_deliver_late():
    def vendor(name, asked, took):
        return pd.DataFrame(
            {
                "vendor_id": name,
                "order_id": [f"{name}{i}" for i in range(20)],
                "order_date": pd.Timestamp("2025-01-01"),
                "required_date": pd.Timestamp("2025-01-01") + pd.to_timedelta([asked] * 20, unit="D"),
                "delivered_date": pd.Timestamp("2025-01-01") + pd.to_timedelta(took, unit="D"),
            }
        )

    frame = pd.concat([vendor("rushed", 5, [20] * 20), vendor("late", 25, [20] * 10 + [40] * 10)], ignore_index=True)
    got = lead_times.recommend(frame, by="vendor", as_of="2025-06-30").set_index("vendor_id")
    assert got.impossible_share.to_dict() == {"rushed": 1.0, "late": 0.0}
    assert got.late_share.to_dict() == {"rushed": 1.0, "late": 0.5}
    assert np.isnan(got.late_share_of_possible["rushed"])
    assert got.late_share_of_possible["late"] == 0.5
    # all of one group took 20 days, but what the lines of both were off by is taken together
    assert got.p80_days.to_dict() == pytest.approx({"rushed": 20, "late": 40}, abs=4)
    assert got.short_days.to_dict() == {"rushed": got.p90_days["rushed"] - 5, "late": got.p90_days["late"] - 25}
    few = lead_times.recommend(frame.iloc[:5], by="vendor", as_of="2025-06-30")
    assert few.p90_days.isna().all()
