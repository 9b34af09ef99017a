"""Prices of the same items in many periods as one series: every two periods compared (Törnqvist), and all of it reconciled (GEKS).

Everything is in logarithms. Between two periods the items that were bought in both rose by the mean of their own rises, each weighted
by half of its share of their spend in the one and half of that in the other. From January to March there are many ways, straight
and by any month beside, and they differ a little; GEKS takes the levels that fit all comparisons best, by least squares. Where every two
periods compare, that is the mean of all ways of two steps; where some don't, there are levels as long as they hang together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..compute import Z

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: The items are left out one by one for the bands; more than that in so many parts of random items, the same ones each time.
PARTS = 200
#: Sums of so many numbers at a time fit into the memory: with hundreds of weeks in one window the parts are fewer.
_MOST_SUMS = 4_000_000
_SEED = 1982
#: The 97.5 % point of Student's t by its degrees of freedom. In between it is nearly straight in one over them.
_T = {2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 8: 2.306, 10: 2.228, 15: 2.131, 20: 2.086, 30: 2.042, 60: 2.0, 1e9: Z}  # fmt: skip


@dataclass(frozen=True)
class Lots:
    """What was bought of each item in each period: a row for both, by item and then by period."""

    item: Ints  # numbered from 0
    period: Ints  # place in ``ordinal``
    spend: Floats
    price: Floats  # its logarithm
    ordinal: Ints  # the periods that occur, rising, as pandas numbers them: those between them are empty


@dataclass(frozen=True)
class Series:
    """The level of each period that occurs, as a logarithm: 0 in the base period, missing where there is no figure."""

    level: Floats
    margin: Floats  # half of the 95 % band
    chained: Floats
    n_items: Ints  # matched
    matched_share: Floats
    base: int  # place of the base period; -1 where nothing compares
    rolled: bool  # whether the window has moved on from the first one


def series(lots: Lots, *, window: int, min_items: int, min_share: float) -> Series:
    """Return the levels as they are published, period by period.

    The first ``window`` periods are reconciled together. For each later one the window moves on, and its level is the mean of what the
    published ones say: each of them, and the way from there. What was published stays. With a window of three::

        periods    1  2  3  4          level(4) = mean of  level(2) + rise from 2 to 4 by the second window
        windows    1  1  1                         and     level(3) + rise from 3 to 4 by the second window
                      2  2  2
    """
    ordinal, n = lots.ordinal, len(lots.ordinal)
    pairs = _compared(lots, window, min_items)
    start = pairs.first_window(ordinal, window)
    i, j = np.searchsorted(ordinal, [start, start + window]).tolist()
    n_items, share, effective = _matched(lots, window, start, start + window)
    enough = share >= min_share
    published = np.full((n, pairs.rise.shape[1]), np.nan)
    level, joined = pairs.levels(i, j)
    enough[i:j] &= joined.sum(axis=1) > 1
    # the base is the first period of the largest set of periods that hang together
    base = int(((joined & enough[i:j]).sum(axis=1) * enough[i:j]).argmax())
    first = joined[base] & enough[i:j]
    if first.sum() > 1:
        published[i:j][first] = level[first] - level[base]
    for t in range(j, n):
        back = int(np.searchsorted(ordinal, ordinal[t] - window + 1))
        if not enough[t] or not pairs.reach_back(t):
            continue
        level, joined = pairs.levels(back, t + 1)
        known = joined[-1, :-1] & ~np.isnan(published[back:t, 0])
        if known.any():
            published[t] = level[-1] + (published[back:t][known] - level[:-1][known]).mean(axis=0)
    base = base + i if first.sum() > 1 else -1
    margin = _margin(published[:, 1:], np.minimum(effective, effective[base]))
    return Series(published[:, 0], margin, pairs.chained(base), n_items, share, base, rolled=j < n)


def _margin(without: Floats, effective: Floats) -> Floats:
    """Return half of the 95 % band from the levels without each part (jackknife), with t for as many items as they are worth."""
    error = without.std(axis=1) * np.sqrt(without.shape[1] - 1)
    freedom = np.array(list(_T))
    t: Floats = np.interp(-1 / np.maximum(effective - 1, 2), -1 / freedom, list(_T.values()))
    return np.asarray(error * t)


@dataclass(frozen=True)
class _Pairs:
    """The rise between every two periods that compare: of all items, and without each part of them."""

    rise: Floats  # a row per pair, the first of zeros; a column for all items, then one without each part
    row: Ints  # the row of period a and the lag-th after it, at [a, lag]; 0 where these two don't compare

    def first_window(self, ordinal: Ints, window: int) -> int:
        """Return the first period of the first window in which any two periods compare."""
        a, lag = np.nonzero(self.row)
        return max(int(ordinal[0]), int(ordinal[a + lag].min()) - window + 1) if len(a) else int(ordinal[0])

    def reach_back(self, t: int) -> bool:
        """Return whether a period compares with any before it."""
        lags = np.arange(1, min(self.row.shape[1], t + 1))
        return bool(self.row[t - lags, lags].any())

    def levels(self, i: int, j: int) -> tuple[Floats, Mask]:
        """Return the levels of the periods from i to before j that fit all rises between them best, and which hang together.

        Each period is as high as the mean of what its neighbours say: ``level[b] = mean of level[a] + rise[a, b]``. Within a set that
        hangs together that holds for any height of the whole; ``joined / size`` puts its mean at 0, and makes the equations regular.
        """
        m = j - i
        compared, risen = np.zeros((m, m), dtype=bool), np.zeros((m, self.rise.shape[1]))
        for lag in range(1, m):
            row = self.row[i : j - lag, lag]
            risen[lag:] += self.rise[row]
            risen[:-lag] -= self.rise[row]
            at = np.flatnonzero(row)
            compared[at, at + lag] = compared[at + lag, at] = True
        joined = compared | np.eye(m, dtype=bool)
        for _ in range(m.bit_length()):  # neighbours, their neighbours, those of these: each time twice as far
            joined = joined @ joined
        equations = np.diag(compared.sum(axis=1)) - compared + joined / joined.sum(axis=1)
        return np.linalg.solve(equations, risen), joined

    def chained(self, base: int) -> Floats:
        """Return the levels by adding up rises, each from the nearest earlier period that compares."""
        n, width = self.row.shape
        out = np.full(n, np.nan)
        if base < 0:
            return out
        out[base] = 0.0
        for t in range(base + 1, n):
            for lag in range(1, min(width, t - base + 1)):
                if self.row[t - lag, lag] and not np.isnan(out[t - lag]):
                    out[t] = out[t - lag] + self.rise[self.row[t - lag, lag], 0]
                    break
        return out


def _compared(lots: Lots, window: int, min_items: int) -> _Pairs:
    """Return the rise between every two periods, less than a window apart, that have so many items in common."""
    n, width = len(lots.ordinal), min(window, len(lots.ordinal))
    n_items = int(lots.item[-1]) + 1
    k = min(n_items, PARTS, max(20, _MOST_SUMS // (n * width)))
    part = (np.random.default_rng(_SEED).permutation(n_items) % k)[lots.item]
    # the place of (period, lag, part) in a table of sums; an earlier and a later lot of one item belong to the cell of the earlier
    # one, moved on by their lag
    cell = lots.period * (width * k) + part
    sums = np.zeros((5, n * width * k))
    when = lots.ordinal[lots.period]
    early = np.arange(len(lots.item))
    late = early + 1
    # first each lot with the next one of its item, then with the one after that, as long as any are within a window
    while len(early):
        inside = slice(None, -1 if late[-1] == len(when) else None)
        early, late = early[inside], late[inside]
        near = (lots.item[late] == lots.item[early]) & (when[late] - when[early] < window)
        early, late = early[near], late[near]
        at = cell[early] + (lots.period[late] - lots.period[early]) * k
        rise = lots.price[late] - lots.price[early]
        before, after = lots.spend[early], lots.spend[late]
        for total, what in zip(sums, (None, before, after, before * rise, after * rise), strict=True):
            total += np.bincount(at, weights=what, minlength=sums.shape[1])
        late = late + 1
    count, *values = sums.reshape(5, n * width, k)
    enough = np.flatnonzero(count.sum(axis=1) >= min_items)
    row = np.zeros(n * width, dtype=np.int64)
    row[enough] = np.arange(1, len(enough) + 1)
    # all parts, then all but one: added up again, since a difference of two large sums would be less exact
    kept = np.hstack([np.ones((k, 1)), 1 - np.eye(k)])
    spent, spent_later, risen, risen_later = (v[enough] @ kept for v in values)
    rises = np.zeros((len(enough) + 1, k + 1))
    some = (spent > 0) & (spent_later > 0)  # without a part nothing may be left
    rises[1:][some] = risen[some] / spent[some] / 2 + risen_later[some] / spent_later[some] / 2
    rises[1:] = np.where(some, rises[1:], rises[1:, :1])
    return _Pairs(rises, row.reshape(n, width))


def _matched(lots: Lots, window: int, start: int, stop: int) -> tuple[Ints, Floats, Floats]:
    """Return for each period how many items are matched, their share of the spend, and how many items of equal spend they are worth.

    Matched is what was bought in another period of its window, too. Its window is the one that it is published with, the first one or
    the one that ends with it, so that this is not revised either.
    """
    when = lots.ordinal[lots.period]
    again = lots.item[1:] == lots.item[:-1]
    before, after = np.full((2, len(when)), np.nan)
    before[1:][again], after[:-1][again] = when[:-1][again], when[1:][again]
    matched = np.where(when < stop, (before >= start) | (after < stop), before > when - window)
    n = len(lots.ordinal)
    spend, part, squares = (
        np.bincount(lots.period, weights=w, minlength=n)
        for w in (lots.spend, lots.spend * matched, lots.spend**2 * matched)
    )
    effective = np.divide(part**2, squares, out=np.zeros(n), where=squares > 0)
    return np.bincount(lots.period[matched], minlength=n), part / spend, effective
