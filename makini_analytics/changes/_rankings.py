"""Who comes first under each combination, and how much of an order survives another way to count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._outcomes import Floats, Outcomes

Ints = npt.NDArray[np.int64]


def parts_of(keys: pd.DataFrame) -> Iterator[tuple[Any, Ints]]:
    """Yield the groups that can be ranked with each other: those of one currency; all, where there are no amounts."""
    if "currency" not in keys:
        yield None, np.arange(len(keys))
        return
    codes, names = pd.factorize(keys["currency"], use_na_sentinel=False)
    for code, name in enumerate(names if len(names) else [None]):  # without groups there are combinations still
        yield name, np.flatnonzero(codes == code)


def named(keys: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which groups are one: lines that name no vendor are no vendor, and have no place among them."""
    names = keys.drop(columns=["currency", "connection"], errors="ignore")
    return names.notna().any(axis=1).to_numpy() if len(names.columns) else np.ones(len(keys), dtype=bool)


def ranks_of(outcomes: Outcomes, ascending: bool) -> Floats:
    """Return the place of each group under each combination, from 1; missing where it has no value or no name.

    Equal values stand in the figure's own order under every combination, so that a tie is never a change.
    """
    ranks, known = np.full(outcomes.values.shape, np.nan), named(outcomes.keys)
    for _, groups in parts_of(outcomes.keys):
        mine = groups[known[groups]]
        for row, value in zip(ranks, outcomes.values, strict=True):
            order = mine[np.argsort(value[mine] if ascending else -value[mine], kind="stable")]
            order = order[~np.isnan(value[order])]
            row[order] = np.arange(1, len(order) + 1)
    return ranks


def leaders(ranks: Floats, groups: Ints, top: int) -> list[int]:
    """Return the first groups under one combination, in their order."""
    there = groups[ranks[groups] <= top]
    return [int(g) for g in there[np.argsort(ranks[there])]]


def same_order_share(before: Floats, after: Floats) -> float:
    """Return the share of pairs that stand in the same order in both; a tie in either contradicts nothing.

    >>> same_order_share(np.array([4.0, 3.0, 2.0, 1.0]), np.array([9.0, 6.0, 7.0, 8.0]))
    0.5
    """
    both = ~np.isnan(before) & ~np.isnan(after)
    n = int(both.sum())
    if n < 2:
        return np.nan
    x, y = before[both], after[both]
    return 1 - _inversions(np.unique(y[np.lexsort((y, x))], return_inverse=True)[1]) / (n * (n - 1) / 2)


def _inversions(numbers: npt.NDArray[np.intp]) -> int:
    """Return how many pairs stand the larger one first, in n log² n steps.

    From the highest bit on: of numbers that agree in all bits above one, those with the bit before those without it are such pairs.
    2 0 3 1: by the twos (2, 0), (2, 1) and (3, 1); by the ones, in 0 1 and in 2 3, none. Three pairs.
    """
    total = 0
    for bit in reversed(range(int(numbers.max(initial=0)).bit_length())):
        numbers = numbers[np.argsort(numbers >> (bit + 1), kind="stable")]
        block, has = numbers >> (bit + 1), (numbers >> bit) & 1
        before = np.cumsum(has) - has  # with the bit, before each one; less those of earlier blocks
        starts = np.flatnonzero(np.diff(block, prepend=-1))
        before -= np.repeat(before[starts], np.diff(np.append(starts, len(numbers))))
        total += int(before[has == 0].sum())
    return total
