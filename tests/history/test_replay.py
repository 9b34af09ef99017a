"""On every day the history has what the source showed then: a log of edits replayed, cell by cell."""

from __future__ import annotations

import random
import tempfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import makini_analytics as ma
from makini_analytics import spend
from tests.history.replay import KINDS, day, lived, random_days, same

EDIT = st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 99))


def check(shown, snapshots, folder):
    """Add the snapshots, in the order given, and compare each day with what was seen last until then."""
    history = ma.History(folder)
    for name, n in snapshots:
        history.add(shown[name][n], seen_at=day(n))
    for n in range(min(n for _, n in snapshots), max(map(len, shown.values()))):
        last = {name: max((m for c, m in snapshots if c == name and m <= n), default=None) for name in shown}
        seen = [shown[name][m] for name, m in sorted(last.items()) if m is not None]
        same(history.at(day(n)), ma.concat(seen) if len(seen) > 1 else seen[0])
    name, n = snapshots[0]  # what is known adds nothing
    assert len(history.add(shown[name][n], seen_at=day(n))) == 0
    assert history.days.tolist() == sorted({day(n) for _, n in snapshots})
    return history


def test_a_log_of_edits_seen_in_any_order(tmp_path):
    """Compacted, counted by an engine, and with a vendor forgotten, too; `test_kept.py` has more of that."""
    shown = lived("a", 3, random_days(5, 3, 9))
    history = check({"a": shown}, [("a", 2), ("a", 0), ("a", 1)], tmp_path / "history")
    history.compact()
    for n in (0, 1):
        same(history.at(day(n)), shown[n])
    pd.testing.assert_frame_equal(spend.by_vendor(history.scan(day(1))), spend.by_vendor(shown[1]))
    name = shown[1].orders.vendor_name.iloc[0]
    history.forget(vendor=name)
    assert set(history.at(day(1)).orders.order_id) == set(shown[1].orders.order_id[shown[1].orders.vendor_name != name])


@pytest.mark.full
@settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(st.data())
def test_any_log_of_edits(data):
    """Not made smaller where it fails: that takes minutes."""
    days = data.draw(st.lists(st.lists(EDIT, max_size=6), min_size=8, max_size=8))
    shown = {"a": lived("a", 4, days), "b": lived("b", 2, days[::-1])}
    snapshots = [("a", 0), *((name, n) for name in shown for n in range(1, len(days)) if data.draw(st.booleans()))]
    with tempfile.TemporaryDirectory() as folder:
        check(shown, data.draw(st.permutations(snapshots)), folder)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2))
def test_a_log_of_sixty_days_and_a_thousand_orders(seed, tmp_path):
    shown = {"a": lived("a", 1000, random_days(seed, 60, 40)), "b": lived("b", 20, random_days(seed + 1, 60, 5))}
    snapshots = [(name, n) for n in range(60) for name in shown if n % 7 or name == "a"]
    if seed:  # in any order, and with snapshots missing
        random.Random(seed).shuffle(snapshots)
        snapshots = snapshots[:60]
    check(shown, snapshots, tmp_path / "history")
