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


@pytest.mark.full
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
def test_what_changed_and_changed_back_holds_again_from_the_next_snapshot_on(tmp_path):
    """A, then A again, then C are known; that it was B in between changes nothing of the later days."""

    def state(due, as_of):
        table = pd.DataFrame({"order_number": ["1", "2"], "required_date": ["2025-03-01", due], "amount": 1.0})
        return ma.Purchases.from_table(table.head(1 if due == "gone" else 2), currency="EUR", as_of=as_of)

    a, b, c, gone = (state(due, day(0)) for due in ("2025-03-05", "2025-03-09", "2025-03-20", "gone"))
    history = ma.History(tmp_path / "history")
    for n, seen in [(0, a), (4, a), (6, c), (2, b), (3, gone)]:
        history.add(seen, seen_at=day(n))
    for n, wanted in enumerate([a, a, b, gone, a, a, c]):
        same(history.at(day(n)), wanted)
    told = history.versions(["required_date"]).query("order_id == '2'")
    ended = told.ended_at.dt.tz_localize(None)
    assert told.required_date.dt.day.tolist() == [5, 9, 5, 20]
    assert ended.fillna(day(99)).tolist() == [day(2), day(3), day(6), day(99)]


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
@pytest.mark.parametrize(("seed", "n_orders"), [(0, 1000), (1, 150)])
def test_a_log_of_sixty_days(seed, n_orders, tmp_path):
    shown = {"a": lived("a", n_orders, random_days(seed, 60, 40)), "b": lived("b", 20, random_days(seed + 1, 60, 5))}
    snapshots = [(name, n) for n in range(60) for name in shown if n % 7 or name == "a"]
    if seed:  # in any order, which takes longer, and with snapshots missing
        random.Random(seed).shuffle(snapshots)
        snapshots = snapshots[:60]
    check(shown, snapshots, tmp_path / "history")
