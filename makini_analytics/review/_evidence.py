"""What is more than chance: one family of tests for everything that is looked at, so that few of all clear findings are false."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import by_the_box, discoveries, two_sided
from ..frames import Mask, pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Of all that is called clear so much may be false, on average.
FALSE_SHARE = 0.05
#: Why nothing can be said of any vendor.
NO_VENDOR = "no line has a vendor"
#: Of fewer months, items or vendors nothing is said.
FEWEST = 5
#: Numbers that differ by less, relative to their size, differ by the rounding of computers.
_ALIKE = 1e-9


@dataclass(frozen=True)
class Evidence:
    """What was looked at for one kind of finding: a table with a row for each vendor (or one for all), and its ``p_value``.

    A missing p-value is one of too little data: not tested, never clear.
    """

    table: pd.DataFrame

    @property
    def p_value(self) -> Floats:
        return self.table["p_value"].to_numpy(dtype=float)


def clear_in(family: Mapping[str, Evidence]) -> dict[str, Mask]:
    """Return which rows of each kind are clear: with 5 % false discoveries over all of them together (Benjamini and Hochberg 1995)."""
    p = np.concatenate([np.zeros(0), *(e.p_value for e in family.values())])
    found = discoveries(p, ~np.isnan(p), FALSE_SHARE)
    ends = np.cumsum([len(e.p_value) for e in family.values()])
    return dict(zip(family, np.split(found, ends[:-1]) if len(ends) else [], strict=True))


OTHER_UNITS = "in another unit"
#: Of fewer lines of items of both years, a change of lead times is not taken apart; of a smaller part it is one of what is bought.
_ENOUGH_SAME, MOSTLY_SAME = 0.2, 0.5
#: What other items move the mean by less than this part of it decides nothing.
_BY_OTHERS = 0.1


def in_all_currencies(items: pd.DataFrame) -> pd.DataFrame:
    """Return items that stand apart by the currency of their documents as one row each, in their order."""
    sums = [c for c in items if items[c].dtype.kind == "f"]
    keys = [c for c in items if c not in (*sums, "original_currency")]
    return items.groupby(keys, dropna=False, sort=False)[sums].sum().reset_index()


def in_another_unit(items: pd.DataFrame) -> Mask:
    """Which items of a bridge have a price so many times as high, or as low, that it is more likely that of a box or of a hundred."""
    effect = items["price"].to_numpy(dtype=float)
    base = (items["after"] - items["price"] - items["currency_effect"]).to_numpy(dtype=float)
    times = np.divide(base + effect, base, out=np.ones(len(items)), where=(base > 0) & (base + effect > 0))
    return by_the_box(times, items["unit"])


def decided_by_units(items: pd.DataFrame) -> int:
    """Return how many items of a bridge are more likely in another unit than at another price; 0 where they decide nothing."""
    other, effect = in_another_unit(items), items["price"].abs().to_numpy(dtype=float)
    return int(other.sum()) if effect[other].sum() > effect.sum() / 2 else 0


def without_other_units(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items that are compared in one unit, where they make most of the spend, and in the attributes how many are left out."""
    other = in_another_unit(items)
    most = items["after"][~other].sum() > items["after"].sum() / 2
    out = items[~other].reset_index(drop=True) if most else items
    out.attrs = {**items.attrs, OTHER_UNITS: len(items) - len(out)}
    return out


def named(table: pd.DataFrame) -> Mask:
    """Return the rows whose vendor is known: of the others together nothing can be said of a vendor."""
    known = [table[c].notna().to_numpy(dtype=bool) for c in ("vendor_id", "vendor_name") if c in table]
    return np.logical_or.reduce(known) if known else np.zeros(len(table), dtype=bool)


def shifts(group: Ints, month: Ints, value: Floats, n_groups: int, names: pd.DataFrame) -> Evidence:
    """Return each group's mean of the months of this year and of the year before, and whether they differ by more than chance.

    ``month`` is 0..11 of the year before, 12..23 of this one. What happens in one month hangs together, whole orders and vendors
    long, so each month counts once: Welch's test of the means of the months. A group needs five months in each year. Where the months
    of each year are all alike, there is no scatter to test by: chance would part them so in one of all ways to choose the year's months.
    """
    cells = pd.DataFrame({"group": group, "month": month, "value": value}).dropna()
    means = cells.groupby(["group", "month"])["value"].mean().reset_index()
    late = (means["month"] >= 12).to_numpy()
    (n0, mean0, var0), (n1, mean1, var1) = (
        _moments(means["group"][rows], means["value"][rows], n_groups) for rows in (~late, late)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        v0, v1 = var0 / n0, var1 / n1
        apart, scatter = mean1 - mean0, np.sqrt(v0 + v1)
        freedom = (v0 + v1) ** 2 / (v0**2 / (n0 - 1) + v1**2 / (n1 - 1))
        t = apart / scatter
    least = _ALIKE * np.fmax(np.abs(mean0), np.abs(mean1))
    enough = (n0 >= FEWEST) & (n1 >= FEWEST)
    tested = enough & (scatter > least)
    p = np.full(n_groups, np.nan)
    p[tested] = two_sided(t[tested], freedom[tested])
    for i in np.flatnonzero(enough & ~tested):
        p[i] = 2 / math.comb(int(n0[i] + n1[i]), int(n0[i])) if abs(apart[i]) > least[i] else 1.0
    return Evidence(names.assign(before=mean0, after=mean1, p_value=p))


def of_same_items(group: Ints, item: Ints, after: Mask, days: Floats, n_groups: int) -> tuple[Floats, Floats]:
    """Return which part of the change of each group's mean is one of the same items, and how sure it is that these changed.

    Two of ten lines took 60 days, and now eight: the mean rose by 30 days, and no item takes longer: the part is 0; it is 1 where all take
    so much longer. An item counts by its lines of both years. The part is missing where hardly a line is of an item of both years, which
    nobody can tell, and where others move the mean by little. Sure by Student's test of the items' changes, of three or more.
    """
    _, _, cell = pairs(group, item)
    n_cells = int(cell.max(initial=-1)) + 1
    of = np.zeros(n_cells, dtype=np.int64)
    of[cell] = group
    n = [np.bincount(cell[side], minlength=n_cells).astype(float) for side in (~after, after)]
    total = [np.bincount(cell[side], days[side], n_cells) for side in (~after, after)]
    both = (n[0] > 0) & (n[1] > 0)

    def by_group(what: npt.NDArray[Any]) -> Floats:
        return np.bincount(of, what, n_groups)[:n_groups].astype(np.float64)

    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(both, total[1] / n[1] - total[0] / n[0], 0.0)
        weight = sum(np.where(both, k, 0.0) / by_group(np.where(both, k, 0.0))[of] for k in n) / 2
        same = by_group(np.where(both, moved * weight, 0.0))
        scatter = np.sqrt(by_group(np.where(both, (weight * (moved - same[of])) ** 2, 0.0)))
        freedom = by_group(both) - 1
        p = np.where(
            freedom < 2, 1.0, two_sided(same / scatter * np.sqrt(freedom / (freedom + 1)), np.fmax(freedom, 1))
        )
        before, now = (by_group(t) / by_group(k) for t, k in zip(total, n, strict=True))
        enough = by_group(np.where(both, n[0] + n[1], 0.0)) >= _ENOUGH_SAME * by_group(n[0] + n[1])
        enough &= np.abs(now - before - same) > _BY_OTHERS * before
        return np.where(enough, same / (now - before), np.nan), p


def price_shift(group: Ints, effect: Floats, base: Floats, n_groups: int) -> Floats:
    """Return for each group of items how often chance alone would move their prices so far on average: Student's test, of five or more.

    Given are the effect of an item's price in money, and what it would have cost at the old one. Each item counts once, with its relative
    change: in money the dearest would decide. Without scatter chance does it never, as when a price list rose by 3 % as a whole, or
    always, where nothing changed. Nor is anything told where prices rose on average and less was paid, or the other way round.
    """
    priced = (base > 0) & (base + effect > 0)
    change = np.log1p(np.divide(effect, base, out=np.zeros(len(base)), where=priced))
    n, mean, var = _moments(pd.Series(group[priced]), pd.Series(change[priced]), n_groups)
    enough, alike = n >= FEWEST, np.sqrt(var) <= _ALIKE
    p = np.full(n_groups, np.nan)
    p[enough & alike] = np.where(np.abs(mean[enough & alike]) > _ALIKE, 0.0, 1.0)
    tested = enough & ~alike
    p[tested] = two_sided(mean[tested] / np.sqrt(var[tested] / n[tested]), n[tested] - 1)
    paid = np.bincount(group, effect, n_groups)[:n_groups]
    p[enough & (mean * paid < 0)] = 1.0
    return p


def _moments(group: pd.Series, value: pd.Series, n_groups: int) -> tuple[Floats, Floats, Floats]:
    """Return number, mean and variance of the values of each group; missing where it has none, or too few."""
    of = value.astype("float64").groupby(group.to_numpy())
    n, mean, var = (
        f.reindex(range(n_groups)).to_numpy(dtype="float64").astype(np.float64)
        for f in (of.size(), of.mean(), of.var())
    )
    return n, mean, var
