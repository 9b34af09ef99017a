"""On every day the history has what the source showed then: a log of edits replayed, cell by cell."""

from __future__ import annotations

import random
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import makini_analytics as ma
from tests.history.replay import KINDS, day, lived, random_days, same

EDIT = st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 99))


def check(shown, looks, folder):
    """Add the looks, in the order given, and compare each day with what was seen last until then."""
    history = ma.History(folder)
    for name, n in looks:
        history.add(shown[name][n], seen_at=day(n))
    first = min(n for _, n in looks)
    for n in range(first, max(map(len, shown.values()))):
        seen = [shown[name][max(m for c, m in looks if c == name and m <= n)] for name in sorted(shown) if (name, first) in looks or any(c == name and m <= n for c, m in looks)]
        same(history.at(day(n)), ma.concat(seen) if len(seen) > 1 else seen[0])
    for name, n in looks:  # all of it is known
        assert len(history.add(shown[name][n], seen_at=day(n))) == 0
    return history


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_any_log_of_edits(data):
    days = data.draw(st.lists(st.lists(EDIT, max_size=5), min_size=5, max_size=7))
    shown = {"a": lived("a", 4, days), "b": lived("b", 2, days[::-1])}
    looks = data.draw(st.permutations([(name, n) for name in shown for n in range(len(days)) if data.draw(st.booleans()) or n == 2]))
    with tempfile.TemporaryDirectory() as folder:
        check(shown, looks, folder)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3))
def test_a_log_of_sixty_days_and_a_thousand_orders(seed, tmp_path):
    shown = {"a": lived("a", 1000, random_days(seed, 60, 40)), "b": lived("b", 20, random_days(seed + 1, 60, 5))}
    looks = [(name, n) for n in range(60) for name in shown if n % 7 or name == "a"]
    if seed:  # in any order, and with looks missing
        random.Random(seed).shuffle(looks)
        looks = looks[:80]
    check(shown, looks, tmp_path / "history")
