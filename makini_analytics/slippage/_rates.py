"""On-time rates of groups of lines: the counts, the rate under a weight, its interval, and a rate to rank by."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import group_lines, leave_out_unreadable, order_ids
from ..errors import ConfigError, MixedCurrencyError
from ..frames import Mask, numbers, pairs, values
from ._due_rule import EARLY, EXCLUDED, LATE, NOT_DUE, ON_TIME, OVERDUE_OPEN, DueTally, Ints
from ._intervals import wilson

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


def rate_of(
    hit: Floats, weight: Floats, codes: Ints, n_groups: int, cluster: Ints | None
) -> tuple[Floats, Floats, Floats]:
    """Return each group's weighted rate and its 95 % interval.

    Wilson's interval at the effective number of lines: with unequal weights (Kish) ``(sum w)^2 / sum w^2``; where lines hang
    together in clusters, the number of independent lines that would have the variance of the rate between the clusters,
    ``m / (m - 1) x sum over clusters of (sum of w (hit - rate))^2 / (sum w)^2``, and never more than without clusters. A rate of 0
    or 1 has no such variance: there a cluster counts as one line.
    """

    def total(x: Floats) -> Floats:
        return np.bincount(codes, weights=x, minlength=n_groups)[:n_groups].astype(float)

    whole = total(weight)
    rate = np.divide(total(weight * hit), whole, out=np.full(n_groups, np.nan), where=whole > 0)
    # of weights 8, 1 and 1 the effective number of lines is 100 / 66 = 1.5: nearly all hangs on one of the three
    n_effective = np.divide(whole**2, total(weight**2), out=np.zeros(n_groups), where=whole > 0)
    if cluster is not None and len(codes):
        of, _, place = pairs(codes, cluster)
        mass, spread = (np.bincount(place, weights=x) for x in (weight, weight * (hit - rate[codes])))
        m, square, one_each = (
            np.bincount(of, weights=x, minlength=n_groups)[:n_groups] for x in (mass > 0, spread**2, mass**2)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = m / (m - 1) * square / whole**2
            # a rate of 0 or 1 has no variance between clusters to go by; there the clusters are weighed as Kish weighs lines
            independent = np.where((variance > 0) & (m > 1), rate * (1 - rate) / variance, whole**2 / one_each)
        n_effective = np.where(whole > 0, np.minimum(n_effective, independent), 0.0)
    low, high = wilson(np.nan_to_num(rate) * n_effective, n_effective)
    # exactly 0 and 1 where all or none are on time, not by rounding
    return rate, np.where(rate == 0, 0.0, low), np.where(rate == 1, 1.0, high)


@overload
def cluster_codes(frame: pd.DataFrame, cluster: str, rows: Mask) -> Ints: ...
@overload
def cluster_codes(frame: pd.DataFrame, cluster: str | None, rows: Mask) -> Ints | None: ...
def cluster_codes(frame: pd.DataFrame, cluster: str | None, rows: Mask) -> Ints | None:
    """Return which of these rows hang together, None where lines are independent; one whose order is not known stands alone."""
    if cluster is None:
        return None
    if cluster == "order":
        key = order_ids(frame)
        code = group_lines(key, list(key.columns)).codes.astype(np.int64)
        alone = key["order"].isna().to_numpy(dtype=bool)
    elif cluster in frame.columns:
        code, _ = pd.factorize(frame[cluster])
        alone = code < 0
    else:
        raise ConfigError(f"cluster={cluster!r}: pass 'order' or a column of the lines")
    # numbers beyond all codes, a different one for each line
    out: Ints = np.where(alone, len(frame) + np.arange(len(frame)), code)[rows]
    return out


def shrunken(hits: npt.NDArray[Any], n: npt.NDArray[Any]) -> Floats:
    """Return the rates drawn towards the common one, the more the fewer lines a group has (beta-binomial empirical Bayes).

    How much the groups really differ is the intraclass correlation of the analysis of variance; where they differ no more than
    chance does, all have the common rate. Missing where n is 0.

    >>> shrunken(np.array([3, 95, 60]), np.array([3, 100, 100])).round(2).tolist()
    [0.9, 0.95, 0.6]
    """
    some = n > 0
    k, m = hits[some].astype(float), n[some].astype(float)
    out = np.full(len(n), np.nan)
    if not some.any():
        return out
    mean, lines, groups = k.sum() / m.sum(), m.sum(), len(m)
    p = k / m
    if groups < 2 or lines <= groups or mean in (0.0, 1.0):
        out[some] = mean if groups > 1 else p
        return out
    # the variance of the rates between groups, and within them, as in a one-way analysis of variance; what lies between them by
    # chance alone is taken off, so where groups differ no more than that, the correlation is 0 and all have the common rate
    between = float(np.sum(m * (p - mean) ** 2) / (groups - 1))
    within = float(np.sum(m * p * (1 - p)) / (lines - groups))
    size = (lines - np.sum(m**2) / lines) / (groups - 1)
    correlation = (between - within) / (between + (size - 1) * within) if between + (size - 1) * within > 0 else 0.0
    correlation = min(max(correlation, 0.0), 1.0)
    strength = (1 - correlation) / correlation if correlation > 0 else np.inf
    out[some] = mean if np.isinf(strength) else (k + strength * mean) / (m + strength)
    return out


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
