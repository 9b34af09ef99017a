"""What everything that counts stands on: running sums and products within groups."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd
import pytest

from makini_analytics import spend
from makini_analytics.compute import DayCounts
from makini_analytics.compute._day_counts import STEPS


@pytest.mark.parametrize("ufunc", [np.add, np.multiply])
def test_running_within_groups_is_one_group_after_the_other(ufunc):
    rng = np.random.default_rng(2)
    sizes = [0, 1, 2, STEPS - 1, STEPS, STEPS + 1, 3 * STEPS, 0, 1, 0]
    group = np.repeat(np.arange(len(sizes)), sizes)
    number = rng.random(len(group))
    table = DayCounts(group, np.arange(len(group)), np.ones((len(group), 1), dtype=int), len(sizes))
    rows = groupby(range(len(group)), key=group.__getitem__)
    want = np.concatenate([ufunc.accumulate(number[list(r)]) for _, r in rows])
    assert table.running(ufunc, number).tolist() == want.tolist()  # to the last bit
    none = DayCounts(group[:0], group[:0], np.ones((0, 1), dtype=int), 3)
    assert len(none.running(ufunc, number[:0])) == 0


@pytest.mark.parametrize(
    "currency",
    [[1, 1, 2], pd.Categorical([1, 1, 2]), ["", None, "EUR"], pd.Categorical(["b", "b", "a"], ["c", "b", "a"])],
)
def test_a_share_is_of_the_spend_in_the_same_currency_whatever_it_is_called(currency):
    lines = pd.DataFrame(
        {"product_code": list("AAB"), "vendor_id": list("xxy"), "currency": currency, "amount": [1.0, 3.0, 5.0]}
    )
    got = spend.single_source(lines)
    assert got.groupby(got.currency.fillna("")).share.sum().tolist() == [1.0, 1.0]


def test_the_source_of_a_part_is_where_its_lines_come_from():
    lines = pd.DataFrame({"connection": ["a", "b", "b"], "vendor_id": "v", "currency": "EUR", "amount": 1.0})
    lines = lines.assign(state="open", deleted_at=pd.NaT)
    lines.attrs["source"] = "a, b, c"

    def told(part):
        return spend.by_vendor(part).attrs["source"]

    assert told(lines) == "a, b"
    assert told(lines[lines.connection == "b"]) == "b"
    assert told(lines.astype({"connection": "category"})[lines.connection == "b"]) == "b"
    assert told(lines[:0]) == told(lines.drop(columns="connection")) == "a, b, c"  # nothing says which
    lines.attrs["source"] = "a table"
    assert told(lines) == "a table"
