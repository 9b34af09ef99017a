"""As-of is what was known, and had happened, on a day: a figure of all lines is the figure of those that were known then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, slippage, spend
from tests.compute.kinds import dirty
from tests.tiers import one_in

DAY = "2025-07-31"

FIGURES = {
    "slippage.by_vendor": lambda x, day: slippage.by_vendor(x, as_of=day),
    "slippage.by_period": lambda x, day: slippage.by_period(x, as_of=day, by="connection"),
    "slippage.otif": lambda x, day: slippage.otif(x, as_of=day, level="line", under_share=0.1, over_share=0.1),
    "slippage.fill_rate": lambda x, day: slippage.fill_rate(x, as_of=day, by="category"),
    "slippage.value_days": lambda x, day: slippage.value_days(x, as_of=day),
    "slippage.ladder": lambda x, day: slippage.ladder(x, as_of=day, due=["required"], weight=["lines"]),
    "slippage.open_orders": lambda x, day: slippage.open_orders(x, as_of=day),
    "slippage.ageing": lambda x, day: slippage.ageing(x, as_of=day, by="category"),
    "slippage.backtest": lambda x, day: slippage.backtest(x, as_of=day),
    "lead_times.by_vendor": lambda x, day: lead_times.by_vendor(x, as_of=day),
    "lead_times.curve": lambda x, day: lead_times.curve(x, as_of=day, by="category"),
    "lead_times.by_period": lambda x, day: lead_times.by_period(x, as_of=day),
    "spend.by_vendor": lambda x, day: spend.by_vendor(x, as_of=day),
    "spend.by_vendor, received": lambda x, day: spend.by_vendor(x, as_of=day, basis="received"),
    "spend.by_vendor, open": lambda x, day: spend.by_vendor(x, as_of=day, basis="open"),
    "spend.by_period": lambda x, day: spend.by_period(x, as_of=day, by="connection"),
    "spend.by_period, received": lambda x, day: spend.by_period(x, as_of=day, basis="received"),
    "spend.concentration": lambda x, day: spend.concentration(x, as_of=day),
    "spend.tail": lambda x, day: spend.tail(x, as_of=day, definition="share"),
    "spend.single_source": lambda x, day: spend.single_source(x, as_of=day),
    "spend.price_changes": lambda x, day: spend.price_changes(x, as_of=day, freq="M", item="category"),
    "spend.price_dispersion": lambda x, day: spend.price_dispersion(x, as_of=day, item="category"),
    "spend.price_history": lambda x, day: spend.price_history(x, as_of=day, of="MRO", item="category"),
    "spend.price_index": lambda x, day: spend.price_index(x, as_of=day, item="category"),
    "spend.order_pattern": lambda x, day: spend.order_pattern(x, as_of=day, small={"EUR": 300}),
    "spend.bridge": lambda x, day: spend.bridge(*halves(x), as_of=day, item="category", mixed_units="apart"),
}


def halves(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the lines of some orders, and those of the others."""
    some = np.array([sum(str(order).encode()) % 2 == 0 for order in lines.order_id], dtype=bool)
    return [lines[some], lines[~some]]


def known_on(lines: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the lines as an extract of that day would have told of them."""
    t = pd.Timestamp(day)
    lines = lines[~(lines.order_date > t)].reset_index(drop=True)
    deleted_on = lines.deleted_at.dt.tz_localize(None)
    cancelled_on = lines.cancelled_date.fillna(deleted_on)
    came_later, begun_later = lines.delivered_date > t, lines.first_receipt_date > t
    begun_later &= lines.delivered_date.isna()
    closed = lines.state.isin(["received", "closed_short"]).fillna(False)
    state = lines.state.mask(closed & came_later, "open")
    state = state.mask((lines.state == "cancelled").fillna(False) & (cancelled_on > t) & ~(deleted_on <= t), "open")
    return lines.assign(
        state=state,
        delivered_date=lines.delivered_date.mask(came_later),
        first_receipt_date=lines.first_receipt_date.mask(begun_later),
        received_quantity=lines.received_quantity.mask(
            (came_later | begun_later) & lines.received_quantity.notna(), 0.0
        ),
        cancelled_date=lines.cancelled_date.mask(lines.cancelled_date > t),
        deleted_at=lines.deleted_at.mask(deleted_on > t),
    )


def _random(seed: int) -> pd.DataFrame:
    lines = dirty(seed, 500).drop(columns=["updated_at"]).assign(line_id=[str(i) for i in range(500)])
    return lines.assign(
        vendor_name=lines.vendor_id
    )  # of several names a vendor has the one that most of its lines carry, later ones too


@pytest.mark.parametrize("name", one_in(3, FIGURES))
def test_a_figure_of_all_lines_is_the_figure_of_what_was_known_then(name):
    lines = _random(21)
    ask, then = FIGURES[name], known_on(lines, DAY)
    assert len(then) < len(lines) and (then.state != lines.state.loc[then.index]).any()
    got, want = ask(lines, DAY), ask(then, DAY)
    assert len(want) or name == "slippage.backtest"  # so few lines may be too few for a test of the forecast
    pd.testing.assert_frame_equal(got, want)
    left_out = {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]}
    assert left_out.pop("ordered after as-of") == len(lines) - len(then)
    assert left_out == {e["reason"]: e["n_lines"] for e in want.attrs["excluded"]}
    assert got.attrs["included"]["n_lines"] == want.attrs["included"]["n_lines"]


@pytest.mark.full
@pytest.mark.parametrize("seed", range(30, 40))
@pytest.mark.parametrize("name", FIGURES)
def test_the_same_on_many_random_frames_and_days(name, seed):
    lines = _random(seed)
    day = str(np.random.default_rng(seed).choice(pd.date_range("2025-03-01", "2025-12-31")))[:10]
    pd.testing.assert_frame_equal(FIGURES[name](lines, day), FIGURES[name](known_on(lines, day), day))


def test_the_day_that_the_lines_carry_is_the_day():
    lines = _random(22)
    lines.attrs["as_of"] = DAY
    for ask in FIGURES.values():
        pd.testing.assert_frame_equal(ask(lines, None), ask(lines, DAY))


def _daily(first: str, last: str) -> pd.DataFrame:
    day = pd.date_range(first, last)
    return pd.DataFrame(
        {
            "vendor_id": "v",
            "order_id": day.astype(str),
            "order_date": day,
            "amount": 100.0,
            "currency": "EUR",
            "quantity": 1.0,
        }
    ).assign(required_date=day + pd.Timedelta(days=7), delivered_date=day + pd.Timedelta(days=5))


@pytest.mark.parametrize(("day", "n_open"), [("2025-05-10", 5), ("2025-01-01", 1), ("2025-08-31", 0)])
def test_what_is_not_ordered_yet_is_not_open(day, n_open):
    lines = _daily("2025-01-01", "2025-07-31")
    still_open = slippage.open_orders(lines, as_of=day)
    assert (len(still_open), still_open.open_value.sum()) == (n_open, 100.0 * n_open)
    assert slippage.by_vendor(lines, as_of=day).n_not_due.item() <= 7
    assert spend.by_vendor(lines, as_of=day).n_lines.item() == (lines.order_date <= day).sum()
    assert lead_times.by_vendor(lines, as_of=day).n_open.item() == n_open


@pytest.mark.parametrize(
    ("day", "n_due", "n_on_time", "n_cancelled"),
    [("2025-01-31", 10, 4, 0), ("2025-04-11", 7, 4, 3), ("2025-04-10", 10, 4, 0)],
)
def test_a_cancellation_is_not_known_before_its_day(day, n_due, n_on_time, n_cancelled):
    to = pd.to_datetime
    lines = pd.DataFrame(
        {
            "vendor_id": "v",
            "order_date": to(["2025-01-01"] * 10),
            "required_date": to(["2025-01-11"] * 10),
            "delivered_date": to(["2025-01-10"] * 4 + ["2025-07-01"] * 3 + [None] * 3),
            "cancelled_date": to([None] * 7 + ["2025-04-11"] * 3),
            "state": ["received"] * 7 + ["cancelled"] * 3,
        }
    )
    got = slippage.by_vendor(lines, as_of=day).iloc[0]
    assert (got.n_due, got.n_on_time) == (n_due, n_on_time)
    assert lead_times.by_vendor(lines, as_of=day).n_cancelled.item() == n_cancelled


def test_a_deletion_or_a_closing_of_later_has_not_happened():
    lines = pd.DataFrame(
        {
            "vendor_id": "v",
            "order_date": pd.Timestamp("2025-01-01"),
            "required_date": pd.Timestamp("2025-01-11"),
            "delivered_date": pd.to_datetime([None, None, "2025-03-01"]),
            "completed_date": pd.to_datetime([None, "2025-03-01", None]),
            "deleted_at": pd.to_datetime(["2025-03-01T12:00Z", None, None]),
            "state": ["cancelled", "received", "closed_short"],
            "quantity": 10.0,
            "received_quantity": [0.0, 10.0, 4.0],
            "amount": 50.0,
            "currency": "EUR",
        }
    )
    before, after = (slippage.per_line(lines, as_of=day) for day in ("2025-02-28", "2025-03-01"))
    assert before.outcome.tolist() == ["overdue_open"] * 3
    assert after.reason.tolist() == ["deleted", "received, delivery date unknown", "closed short"]
    # what was received by March was not there in February
    assert slippage.open_orders(lines, as_of="2025-02-28").open_value.tolist() == [50.0] * 3


@pytest.mark.parametrize("day", [None, DAY])
def test_the_open_commitment_is_the_same_in_spend_and_in_open_orders(day):
    lines = _random(23)
    lines.attrs["as_of"] = "2025-10-31"
    lines = lines[np.isfinite(lines.amount)]
    theirs = slippage.open_orders(lines, as_of=day)
    theirs = theirs.groupby(["vendor_id", "currency"], dropna=False).open_value.agg(["sum", "size"])
    ours = spend.by_vendor(lines.assign(vendor_name=None, connection=None), basis="open", as_of=day)
    ours = ours.set_index(["vendor_id", "currency"])[["spend", "n_lines"]].sort_index()
    assert len(ours) > 5
    np.testing.assert_allclose(ours.to_numpy(dtype=float), theirs.sort_index().to_numpy(dtype=float))
