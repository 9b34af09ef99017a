"""Receipts read from a history: each lies in its interval, and they add up to what came."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times

FIRST = pd.Timestamp("2025-01-01")


def history_of(folder, n_orders, n_days, seen, seed):
    """Return a history of goods that come by chance, and each receipt: order, day, quantity."""
    chance, history, came = random.Random(seed), ma.History(folder), []
    received = dict.fromkeys(map(str, range(n_orders)), 0.0)
    for n in range(n_days):
        for order in received:
            if chance.random() < 0.3:
                quantity = float(chance.choice([1, 2, 3, -1] if received[order] else [1, 2, 3]))
                received[order] += quantity
                came.append((order, n, quantity))
        if n in seen:
            table = pd.DataFrame({"order_number": list(received), "received_quantity": list(received.values())})
            table = table.assign(quantity=8.0, amount=1.0, order_date=FIRST)
            history.add(ma.Purchases.from_table(table, currency="EUR", as_of=FIRST + pd.Timedelta(days=n)))
    return history, pd.DataFrame(came, columns=["order", "day", "quantity"])


def check(folder, n_orders, n_days, seen, seed):
    history, came = history_of(folder, n_orders, n_days, seen, seed)
    got = lead_times.receipts(history)
    wanted = {}
    for before, now in zip([-1, *seen], seen, strict=False):
        for order, rows in came[(came.day > before) & (came.day <= now)].groupby("order"):
            if rows.quantity.sum():
                wanted[order, now] = (rows.quantity.sum(), before)
    assert len(got) == len(wanted) > 0
    for row in got.itertuples():
        now = row.seen_at.tz_localize(None)
        quantity, before = wanted[row.order_number, (now - FIRST).days]
        assert row.quantity == quantity
        assert row.lead_days_max == (now - FIRST).days
        assert pd.isna(row.not_before) if before < 0 else row.lead_days_min == before
        assert row.complete == (row.received_quantity >= 8)
    total = came[came.day <= seen[-1]].groupby("order").quantity.sum()
    summed = got.groupby("order_number").quantity.sum()
    assert {k: v for k, v in summed.items() if v} == {k: v for k, v in total.items() if v}
    about = got.attrs
    assert about["included"]["n_lines"] + sum(e["n_lines"] for e in about["excluded"]) == len(history.versions())


@pytest.mark.full  # the example of the docstring is the quick one
def test_each_receipt_lies_in_its_interval(tmp_path):
    check(tmp_path / "history", 5, 6, [1, 2, 5], 1)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
def test_each_receipt_lies_in_its_interval_by_chance(tmp_path, seed):
    seen = sorted(np.random.default_rng(seed).choice(30, 9, replace=False).tolist())
    check(tmp_path / "history", 40, 30, seen, seed)


def test_it_takes_a_history_alone():
    with pytest.raises(ma.SchemaError, match="takes a History, not DataFrame"):
        lead_times.receipts(pd.DataFrame())
