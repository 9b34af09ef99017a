"""What counts as all of it: short, nearly all, too much, and the fill rate beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, slippage
from tests.compute.kinds import dirty
from tests.tiers import one_in

AS_OF = "2025-06-01"


def _lines(*received: float | None, state: str = "received", quantity: float = 10.0, orders: str = "1") -> pd.DataFrame:
    n = len(received)
    return pd.DataFrame(
        {
            "vendor_id": "v",
            "order_id": list(orders) if len(orders) > 1 else orders,
            "line_id": [str(i) for i in range(n)],
            "quantity": quantity,
            "received_quantity": np.array(received, dtype=float),
            "state": state,
            "order_date": pd.Timestamp("2025-01-01"),
            "required_date": pd.Timestamp("2025-01-20"),
            "delivered_date": pd.Timestamp("2025-01-18"),
        }
    )


def test_an_order_closed_short_has_not_come_in_full():
    lines = _lines(10, 6).assign(state=["received", "closed_short"])
    order, line = (slippage.otif(lines, as_of=AS_OF, level=level) for level in ("order", "line"))
    assert order[["n_due", "n_otif"]].values.tolist() == [[1, 0]] and line[["n_due", "n_otif"]].values.tolist() == [
        [2, 1]
    ]
    assert "closed short" not in {e["reason"] for e in order.attrs["excluded"]}
    # it is no delivery that was on time or late
    rate = slippage.by_vendor(lines, as_of=AS_OF)
    assert (rate.n_due.item(), rate.n_on_time.item()) == (1, 1)
    assert {e["reason"]: e["n_lines"] for e in rate.attrs["excluded"]} == {"closed short": 1}


def test_closed_short_before_the_due_date_is_not_due_and_after_as_of_is_open():
    lines = _lines(6, state="closed_short")
    assert not slippage.otif(lines, as_of="2025-01-19").n_due.item()
    assert slippage.otif(lines, as_of="2025-01-20").n_due.item() == 1
    assert slippage.per_line(lines, as_of="2025-01-17").outcome.item() == "not_due"
    late = lines.assign(delivered_date=pd.Timestamp("2025-02-10"))
    assert slippage.per_line(late, as_of="2025-02-01").outcome.item() == "overdue_open"
    assert slippage.otif(late, as_of="2025-02-01")[["n_due", "n_otif"]].values.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("received", "share", "in_time"),
    one_in(3, [(999, 0, 0), (999, 0.02, 1), (980, 0.02, 1), (979, 0.02, 0), (979, 0.03, 1), (1000, 0, 1)]),
)
def test_nearly_all_is_all_where_that_is_said(received, share, in_time):
    lines = _lines(received, quantity=1000.0)
    assert slippage.by_vendor(lines, as_of=AS_OF, under_share=share).n_on_time.item() == in_time
    assert slippage.by_period(lines, as_of=AS_OF, under_share=share).n_on_time.sum() == in_time
    assert slippage.otif(lines, as_of=AS_OF, under_share=share)[["n_due", "n_otif"]].values.tolist() == [[1, in_time]]
    rows = slippage.ladder(
        lines, as_of=AS_OF, under_share=share, late_days=(0,), early_days=(None,), calendar=(None,), weight=["lines"]
    )
    assert (rows.n_due == in_time).all()
    told = slippage.per_line(lines, as_of=AS_OF, under_share=share)
    assert told.outcome.item() == ("early" if in_time else "excluded")
    assert in_time or told.reason.item() == "closed short"
    assert slippage.fill_rate(lines, as_of=AS_OF, under_share=share)[["n_filled", "fill_rate"]].values.tolist() == [
        [in_time, received / 1000]
    ]


@pytest.mark.parametrize(
    ("received", "share", "full"), [(11, 0, 0), (11, 0.1, 1), (10, 0, 1), (12, 0.1, 0), (10.0000000001, 0, 1)]
)
def test_too_much_is_not_in_full_unless_that_is_allowed(received, share, full):
    lines = _lines(received)
    assert slippage.otif(lines, as_of=AS_OF, over_share=share).n_otif.item() == full
    assert slippage.by_vendor(lines, as_of=AS_OF).n_on_time.item() == 1  # all of it has come, and in time
    assert slippage.fill_rate(lines, as_of=AS_OF).fill_rate.item() == 1.0


def test_an_open_line_nearly_delivered_is_delivered():
    lines = _lines(98, quantity=100.0, state="open")
    assert slippage.per_line(lines, as_of=AS_OF).outcome.item() == "overdue_open"
    assert slippage.per_line(lines, as_of=AS_OF, under_share=0.02).outcome.item() == "early"


@pytest.mark.parametrize("share", [-0.1, 1, True, "0.1", np.nan])
def test_a_share_out_of_its_range_is_refused(share):
    for ask in (
        slippage.by_vendor,
        slippage.by_period,
        slippage.per_line,
        slippage.otif,
        slippage.ladder,
        slippage.fill_rate,
    ):
        with pytest.raises(ConfigError, match="under_share"):
            ask(_lines(10), as_of=AS_OF, under_share=share)
    if share != 1:
        with pytest.raises(ConfigError, match="over_share"):
            slippage.otif(_lines(10), as_of=AS_OF, over_share=share)


def test_fill_rate_by_hand():
    lines = _lines(10, 6, 15, None, 0, -1).assign(
        state=["received", "closed_short", "received", "received", "open", "open"],
        unit_of_measure=["EA", "EA", "KG", "EA", "EA", "EA"],
    )
    got = slippage.fill_rate(lines, as_of=AS_OF)
    assert (
        got.unit_of_measure.tolist() == ["EA", "KG"]
        and got.n_due.tolist() == [4, 1]
        and got.n_filled.tolist() == [1, 1]
    )
    assert got.ordered_quantity.tolist() == [40.0, 10.0] and got.received_quantity.tolist() == [16.0, 10.0]
    assert got.fill_rate.tolist() == [0.4, 1.0] and got.line_fill_rate.tolist() == [0.25, 1.0]
    assert {e["reason"]: e["n_lines"] for e in got.attrs["excluded"]} == {"no quantity or received quantity": 1}
    # before the delivery nothing had come, and before the due date nothing was due
    assert slippage.fill_rate(
        lines.assign(required_date=pd.Timestamp("2025-01-10")), as_of="2025-01-15"
    ).fill_rate.tolist() == [0.0, 0.0]
    assert not len(slippage.fill_rate(lines, as_of="2025-01-15"))
    assert not len(slippage.fill_rate(lines.iloc[:0], as_of=AS_OF))


@pytest.mark.parametrize("seed", range(3))
def test_fill_rate_against_plain_loops(seed):
    lines, day = dirty(seed), pd.Timestamp("2025-12-31")
    want: dict[object, list[float]] = {}
    n = 0
    for line in lines.itertuples():
        deleted = pd.NaT if pd.isna(line.deleted_at) else line.deleted_at.tz_localize(None)
        gone = deleted <= day or (
            line.state == "cancelled" and not (deleted if pd.isna(line.cancelled_date) else line.cancelled_date) > day
            if pd.notna(line.state)
            else False
        )
        q, r = line.quantity, line.received_quantity
        if line.order_date > day or gone or (pd.notna(line.state) and line.state == "draft"):
            continue
        if not line.required_date <= day or not q > 0 or pd.isna(r):
            continue
        first = line.first_receipt_date if pd.isna(line.delivered_date) else line.delivered_date
        r = 0.0 if first > day else max(r, 0.0)
        cell = want.setdefault(None if pd.isna(line.category) else line.category, [0, 0, 0.0, 0.0])
        for i, x in enumerate((1, r >= q, q, min(q, r))):
            cell[i] += x
        n += 1
    got = slippage.fill_rate(lines, as_of="2025-12-31", by="category")
    assert len(got) == len(want) and got.n_due.sum() == n == got.attrs["included"]["n_lines"]
    for row in got.itertuples():
        cell = want[None if pd.isna(row.category) else row.category]
        assert [row.n_due, row.n_filled, row.ordered_quantity, row.received_quantity] == cell
        assert row.fill_rate == pytest.approx(cell[3] / cell[2]) and row.line_fill_rate == pytest.approx(
            cell[1] / cell[0]
        )
    assert got.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in got.attrs["excluded"]) == len(lines)


@pytest.mark.parametrize(
    ("due", "delivered", "days"),
    [
        ("2025-03-08", "2025-03-08", 0),  # a Saturday, on that Saturday
        ("2025-03-08", "2025-03-09", 0),
        ("2025-03-08", "2025-03-10", 0),
        ("2025-03-08", "2025-03-07", -1),
        ("2025-03-08", "2025-03-11", 1),
        ("2025-03-10", "2025-03-08", 0),  # due on Monday: what comes on Saturday counts as of Monday
        ("2025-03-10", "2025-03-07", -1),
        ("2025-03-07", "2025-03-08", 1),
        ("2025-03-07", "2025-03-10", 1),
    ],
)
def test_weekends_on_both_sides(due, delivered, days):
    lines = _lines(10).assign(required_date=pd.Timestamp(due), delivered_date=pd.Timestamp(delivered))
    got = slippage.per_line(lines, as_of=AS_OF, calendar="weekdays", early_days=0)
    assert got.days_late.item() == days
    assert got.outcome.item() == ("on_time" if days == 0 else "early" if days < 0 else "late")


def test_a_line_without_an_order_date_in_the_expected_late_value():
    day = pd.date_range("2024-01-01", "2025-05-05")
    came = pd.DataFrame(
        {"order_date": day, "delivered_date": day + pd.Timedelta(days=20), "required_date": day + pd.Timedelta(days=30)}
    )
    still = pd.DataFrame(
        {
            "required_date": pd.to_datetime(["2025-05-01", "2025-06-10", "2025-06-10"]),
            "order_date": pd.to_datetime([None, None, "2025-05-25"]),
        }
    )
    lines = pd.concat([came, still], ignore_index=True).assign(vendor_id="v", amount=100.0, currency="EUR")
    got = slippage.open_orders(lines, as_of=AS_OF)
    # overdue it is late for sure, whatever is known of its order; before that nobody knows
    assert got.expected_late_value.isna().tolist() == [False, True, False] and got.expected_late_value[0] == 100.0
    table = slippage.ageing(got).set_index("bucket")
    assert table.n_without_chance.to_dict() == {"not due": 1, "31-60": 0}
    assert table.expected_late_value_30["not due"] == pytest.approx(got.expected_late_value[2])
