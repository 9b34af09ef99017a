"""Weights, clusters, periods, the ladder, OTIF, value-days, moved dates: by hand, in plain loops and in simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, MixedCurrencyError, SchemaError, slippage
from makini_analytics.compute import wilson
from tests.tiers import one_in

AS_OF = "2025-06-30"


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample(["emea"]).lines.query("currency == 'EUR'")


def lines(*days, due="2025-06-10", **more):
    """Return delivered lines, so many days after their due date; None is open."""
    due = pd.Timestamp(due)
    came = [None if d is None else due + pd.Timedelta(days=d) for d in days]
    frame = pd.DataFrame({"required_date": due, "delivered_date": pd.to_datetime(came)})
    return frame.assign(**({"vendor_id": "v", "order_id": [str(i) for i in range(len(days))]} | more))


def test_weights_by_hand():
    frame = lines(0, 5, None, quantity=[1.0, 2.0, 5.0], amount=[70.0, 20.0, 10.0], currency="EUR")

    def rate(**options):
        return slippage.by_vendor(frame, as_of=AS_OF, **options).iloc[0]

    assert rate().on_time_rate == pytest.approx(1 / 3)
    assert rate(weight="quantity").on_time_rate == pytest.approx(1 / 8)
    got = rate(weight="value")
    assert got.on_time_rate == pytest.approx(0.7)
    assert got.n_due == 3
    n = 100**2 / (70**2 + 20**2 + 10**2)  # so many lines of one size would say as much
    assert got.n_effective == pytest.approx(n)
    assert (got.on_time_low, got.on_time_high) == pytest.approx(tuple(float(x) for x in wilson(0.7 * n, n)))
    two = frame.assign(currency=["EUR", "USD", "EUR"])
    with pytest.raises(MixedCurrencyError, match="EUR, USD"):
        slippage.by_vendor(two, as_of=AS_OF, weight="value")
    none = slippage.by_vendor(frame.assign(quantity=[1.0, np.nan, 5.0]), as_of=AS_OF, weight="quantity")
    assert {e["reason"]: e["n_lines"] for e in none.attrs["excluded"]} == {"no quantity to weigh by": 1}
    with pytest.raises(ConfigError, match="weight='euros'"):
        slippage.by_vendor(frame, as_of=AS_OF, weight="euros")


@pytest.mark.parametrize("n", one_in(2, [30, 100, 500]))
def test_wilsons_mean_coverage_over_rates(n):
    """Exactly, by the binomial law, over true rates uniform on 0.5-0.98: no Monte-Carlo error at all."""
    from scipy import stats

    low, high = wilson(np.arange(n + 1), np.full(n + 1, n))
    rates = np.linspace(0.5, 0.98, 4801)
    covered = [stats.binom.pmf(np.arange(n + 1), n, p)[(low <= p) & (p <= high)].sum() for p in rates]
    assert 0.94 < np.mean(covered) < 0.96


@pytest.mark.parametrize("by", one_in(3, [None, "vendor"]))
@pytest.mark.parametrize("freq", ["M", "W"])
def test_each_period_is_by_vendor_of_its_own_lines(sample, by, freq):
    got = slippage.by_period(sample, by=by, freq=freq, cluster=None)
    whole = slippage.by_vendor(sample, by=by)
    assert got.n_due.sum() == whole.n_due.sum()
    assert got.n_overdue_open.sum() == whole.n_overdue_open.sum()
    for i in range(0, len(got), max(len(got) // 5, 1)):
        row = got.iloc[i]
        span = (sample.required_date >= row.period.start_time) & (sample.required_date <= row.period.end_time)
        mine = sample[span.to_numpy()]
        if by:
            mine = mine[mine.vendor_id.isna() if pd.isna(row.vendor_id) else mine.vendor_id == row.vendor_id]
        want = slippage.by_vendor(mine, by=None, cluster=None).iloc[0]
        for column in ("n_due", "n_on_time", "n_late", "n_early", "on_time_rate", "on_time_low", "on_time_high"):
            assert row[column] == pytest.approx(want[column])
    cut = slippage.by_period(sample, as_of="2025-06-15")
    assert cut.complete.tolist()[-1] is False or not bool(cut.complete.iloc[-1])


def test_a_weekend_due_date_is_met_on_monday():
    friday, saturday = (lines(3, due=d) for d in ("2025-06-06", "2025-06-07"))
    late = slippage.per_line(friday, as_of=AS_OF, calendar="weekdays")
    assert late.days_late.item() == 1  # Monday after a Friday
    monday = slippage.per_line(lines(2, due="2025-06-07"), as_of=AS_OF, calendar="weekdays")
    assert (monday.days_late.item(), monday.outcome.item()) == (0, "on_time")
    assert slippage.per_line(saturday, as_of=AS_OF, calendar="weekdays").days_late.item() == 1  # Tuesday
    assert slippage.per_line(saturday, as_of=AS_OF).days_late.item() == 3


def test_each_rung_of_the_ladder_is_by_vendor_of_the_same_lines(sample):
    frame = sample.assign(promised_date=sample.required_date + pd.to_timedelta(3, unit="D"))
    got = slippage.ladder(frame)
    assert set(got.due) == {"required", "promised"}
    assert len(got) == 2 * 4 * 3 * 2 * 3 * 2 == len(got.drop_duplicates(list(got.columns[:6])))
    kept = frame[frame.promised_date.notna() & (frame.quantity > 0) & (frame.amount > 0)]
    for row in got.iloc[::7].itertuples():
        one = slippage.by_vendor(
            kept if row.open_lines else kept[kept.delivered_date.notna()],
            by=None, due=row.due, late_days=row.late_days, early_days=None if np.isnan(row.early_days) else row.early_days,
            calendar=None if row.calendar == "calendar days" else row.calendar, weight=row.weight,
        ).iloc[0]  # fmt: skip
        assert row.on_time_rate == pytest.approx(one.on_time_rate, abs=0.003)  # part deliveries are open with a date
        assert row.n_due == pytest.approx(one.n_due, abs=15)
    by = slippage.swings(got)
    assert set(by.choice) == set(got.columns[:6])
    assert by.swing.is_monotonic_decreasing
    base = got[(got.calendar == "calendar days") & (got.weight == "lines") & got.open_lines & got.early_days.isna()]
    assert base.groupby("due").on_time_rate.apply(lambda r: r.is_monotonic_increasing).all()
    assert "What moves it most is" in ma.explain(got)
    with pytest.raises(ConfigError, match="as a list"):
        slippage.ladder(frame, due="required")
    with pytest.raises(ConfigError, match="'asked' is none of"):
        slippage.ladder(frame, due=["asked"])


@pytest.mark.parametrize("unknown", range(8))
def test_a_line_of_no_known_order_is_one_of_its_own_beside_those_of_several_connections(unknown):
    orders = pd.Series(list("11223344"), dtype="string")
    orders[unknown] = pd.NA
    frame = lines(*[0] * 8, order_id=orders, connection=["a", "b"] * 4)
    assert slippage.otif(frame, by=None, as_of=AS_OF).n_due.item() == 8


def test_otif_of_an_order_is_all_of_its_lines(sample):
    got = slippage.otif(sample, by=None).iloc[0]
    line = slippage.otif(sample, by=None, level="line").iloc[0]
    judged = slippage.per_line(sample)
    short = (judged.reason == "closed short").fillna(False) & (judged.due_date <= sample.attrs["as_of"])
    too_much = (sample.received_quantity > sample.quantity).fillna(False)
    due = judged[~judged.outcome.isin(["not_due", "excluded"]) | short]
    hit = due.outcome.isin(["on_time", "early"]) & ~too_much[due.index]
    good = hit.groupby(due.order_id).all()
    assert short.sum() > 3 and (got.n_due, got.n_otif) == (len(good), good.sum())
    assert (line.n_due, line.n_otif) == (len(due), hit.sum())
    assert got.otif_rate <= line.otif_rate
    assert got.form == "final state"
    proven = slippage.otif(lines(0, 4, n_receipts=pd.array([1, 2], dtype="Int64")), as_of=AS_OF)
    assert proven.form.item() == "true"
    assert slippage.otif(lines(0, 4, n_receipts=pd.array([1, None], dtype="Int64")), as_of=AS_OF).form.item() == "mixed"
    with pytest.raises(ConfigError, match="level='shipment'"):
        slippage.otif(sample, level="shipment")


def test_value_days_against_plain_loops(sample):
    whole = ma.load_sample(["emea"]).lines
    got = slippage.value_days(whole, by=None)
    judged = slippage.per_line(whole)
    for row in got.itertuples():
        mine = (whole.currency == row.currency).to_numpy() & whole.amount.notna().to_numpy()
        late = early = due = 0.0
        for outcome, days, over, amount in zip(
            judged.outcome[mine], judged.days_late[mine], judged.days_overdue[mine], whole.amount[mine], strict=True
        ):
            if outcome in ("not_due", "excluded"):
                continue
            due += amount
            late += amount * (days if outcome == "late" else over if outcome == "overdue_open" else 0)
            early += amount * (-days if outcome == "early" else 0)
        assert (row.value_due, row.value_days_late, row.value_days_early) == pytest.approx((due, late, early))
    all_lines = sum(e["n_lines"] for e in [got.attrs["included"], *got.attrs["excluded"]])
    assert all_lines == len(whole)


def test_p20_dates_that_moved_between_two_snapshots(tmp_path):
    data = ma.load_sample(["emea"])
    first = data.lines.head(8).assign(required_date=pd.Timestamp("2025-03-01"))
    later = first.copy()
    later["required_date"] = pd.to_datetime(
        ["2025-03-11", "2025-02-24", "2025-03-01", None, "2025-03-01", "2025-03-02", "2025-03-01", "2025-03-01"]
    )
    first.loc[first.index[6], "required_date"] = pd.NaT
    got = slippage.date_changes(first.drop(first.index[7]), later.drop(later.index[4]))
    assert got.change.tolist() == ["postponed", "advanced", "unchanged", "removed", "postponed", "set", "new", "gone"]
    assert got.drift_days.tolist()[:3] == [10, -5, 0]
    assert got.drift_days.isna().sum() == 4
    delivered = first.delivered_date.iloc[0]
    assert got.days_late_first.iloc[0] == (delivered - pd.Timestamp("2025-03-01")).days
    assert got.days_late.iloc[0] == got.days_late_first.iloc[0] - 10
    assert "3 of 6 lines in both have another due date" in ma.explain(got)
    with pytest.raises(SchemaError, match="several lines"):
        slippage.date_changes(pd.concat([first, first]), later)
    # a run a day keeps its snapshot
    one = data.save(tmp_path, dated=True)
    assert one == tmp_path / "2025-12-31"
    other = ma.Purchases.load(data.save(tmp_path, dated=True))
    assert set(slippage.date_changes(other, data).change) <= {"unchanged", "none"}
    with pytest.raises(ConfigError, match="as-of day"):
        ma.Purchases(data.orders, data.lines.drop(columns="updated_at")).save(tmp_path, dated=True)


def test_empty_in_empty_typed_out(sample):
    none = sample.iloc[:0]
    for function in (slippage.by_period, slippage.otif, slippage.value_days):
        assert len(function(none)) == 0
    assert slippage.ladder(none).on_time_rate.isna().all()
    assert len(slippage.date_changes(none, none)) == 0


def test_every_choice_of_the_ladder_is_a_column():
    got = slippage.ladder(lines(0, 2, None), as_of=AS_OF, calendar=(None,))
    assert got[["late_days", "early_days", "open_lines"]].drop_duplicates().shape[0] == len(
        list(product(range(4), range(3), range(2)))
    )


@pytest.mark.parametrize("options", [{"late_days": 3}, {"weight": "lines"}, {"open_lines": True}, {"early_days": None}])
def test_a_single_way_to_count_is_asked_for_as_a_list(options):
    [name] = options
    with pytest.raises(ConfigError, match=f"{name}=.*as a list"):
        slippage.ladder(lines(0, 2), as_of=AS_OF, **options)


@pytest.mark.parametrize("dtype", one_in(5, ["float64", "Float64", "object"]))
@pytest.mark.parametrize("known", [0, 2, 3])
def test_weights_of_the_ladder_don_t_hang_on_the_type_of_the_column(dtype, known):
    quantity = pd.Series([5.0 if i < known else None for i in range(4)]).astype(dtype)
    got = slippage.ladder(lines(0, 1, 2, None, quantity=quantity, amount=quantity, currency="EUR"), as_of=AS_OF)
    assert got.weight.drop_duplicates().tolist() == (["lines", "quantity", "value"] if known else ["lines"])


def test_a_credit_takes_nothing_off_what_is_late():
    lines = pd.DataFrame(
        {
            "vendor_id": "v",
            "amount": [100.0, -60.0, 50.0],
            "currency": "EUR",
            "required_date": pd.Timestamp("2025-01-10"),
        }
    )
    lines["delivered_date"] = pd.to_datetime(["2025-01-08", "2025-01-13", "2025-01-12"])
    got = slippage.value_days(lines, as_of="2025-02-01")
    assert (got["value_late"].item(), got["value_days_late"].item(), got["n_due"].item()) == (50.0, 100.0, 2)
    assert got.attrs["excluded"] == [{"reason": "negative amount", "n_lines": 1, "value": {"EUR": -60.0}}]
