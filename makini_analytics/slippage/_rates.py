"""On-time rates of groups of lines: the counts, the weights, and which lines hang together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import Rates, Weights, cluster_of, cluster_sums, leave_out_unreadable
from ..errors import ConfigError, MixedCurrencyError
from ..frames import Mask, numbers, pairs, values
from ._due_rule import EARLY, EXCLUDED, LATE, NOT_DUE, ON_TIME, OVERDUE_OPEN, DueTally, Ints

Floats = npt.NDArray[np.float64]
WEIGHTS = ("lines", "quantity", "value")


def weights_of(got: DueTally, weight: str) -> Floats | None:
    """Return each line's weight, None where every line counts once; lines without one are left out and counted.

    Raises
    ------
    MixedCurrencyError
        Values of several currencies.
    """
    if weight not in WEIGHTS:
        raise ConfigError(f"weight={weight!r}: pass one of {', '.join(map(repr, WEIGHTS))}")
    if weight == "lines":
        return None
    column = "quantity" if weight == "quantity" else "amount"
    number = numbers(got.frame, column)
    leave_out_unreadable(got.selection, {column: column})
    got.selection.exclude(~(number > 0), f"no {column} to weigh by")
    if weight == "value":
        currencies = values(got.frame, "currency", "string")[got.selection.kept].astype("string").unique()
        if len(currencies) > 1:
            names = ", ".join("none" if pd.isna(c) else str(c) for c in currencies)
            raise MixedCurrencyError(f"weight='value' adds amounts, and these are {names}: convert first, or keep one")
    return np.where(number > 0, number, 0.0)


def rates_of(
    codes: Ints,
    n_groups: int,
    due: Mask,
    hit: Mask,
    *,
    together: Ints | None,
    weight: Floats | None = None,
    pool: Ints | None = None,
) -> Rates:
    """Return the rates of groups of lines: ``due`` lines count, ``hit`` are on time, ``together`` says which hang together (-1: none).

    Of lines that hang together so many count as are independent; with unequal weights fewer still. `docs/statistics.md` says how.
    """
    sums = cluster_sums(codes, together, due, hit, n_groups)
    if weight is None:
        return Rates.of(sums, pool=pool)
    of, here = codes[due], None
    if together is not None:
        _, _, here = pairs(of, each_known(together[due]))
    return Rates.of(sums, Weights.of(of, here, weight[due], hit[due].astype(float), n_groups), pool)


def cluster_codes(frame: pd.DataFrame, cluster: str, rows: Mask) -> Ints:
    """Return which of these rows hang together; one of which that is not known has a number of its own."""
    return each_known(cluster_of(frame, cluster)[rows])


def each_known(code: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return codes of which each that is missing is one of its own.

    >>> each_known(np.array([3, -1, 3, -1])).tolist()
    [3, 5, 3, 7]
    """
    known = code.astype(np.int64)
    return np.where(known < 0, known.max(initial=-1) + 1 + np.arange(len(known)), known)


def counts_of(outcome: Ints, codes: Ints, n_groups: int, strict_early: bool) -> dict[str, Ints]:
    """Return how many lines of each group are due, on time, late, early, overdue, not due."""
    table = np.bincount(codes * (EXCLUDED + 1) + outcome, minlength=n_groups * (EXCLUDED + 1))
    n = table[: n_groups * (EXCLUDED + 1)].reshape(n_groups, EXCLUDED + 1).astype(np.int64)
    late = n[:, LATE] + n[:, OVERDUE_OPEN]
    on_time = n[:, ON_TIME] + n[:, EARLY] * int(not strict_early)
    return {
        "n_due": on_time + late + n[:, EARLY] * int(strict_early),
        "n_on_time": on_time,
        "n_late": late,
        "n_early": n[:, EARLY],
        "n_overdue_open": n[:, OVERDUE_OPEN],
        "n_not_due": n[:, NOT_DUE],
    }


def hits_of(outcome: Ints, strict_early: bool) -> tuple[Any, Floats]:
    """Return which lines are due, and 1 where one is on time."""
    due = (outcome != NOT_DUE) & (outcome != EXCLUDED)
    hit = (outcome == ON_TIME) | ((outcome == EARLY) & (not strict_early))
    return due, hit.astype(float)
