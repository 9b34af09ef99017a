"""How the prices of the same items moved, beside what chained comparisons and the average price say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import (
    MOST_TIMES,
    OUTLIER,
    By,
    Cells,
    Groups,
    InSteps,
    crossed,
    figure,
    group_lines,
    leave_out_unreadable,
    period_alias,
    period_number,
)
from ..errors import ConfigError
from ..frames import AsOf, Mask, days_of, encode
from ..system import flag_of, mapping_of
from ._geks import Lots, Series, series
from ._items import items_of
from ._slips import slips

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: Another index to set beside: the periods and their values.
Benchmark = pd.Series | Mapping[Any, float] | None

_NO_LINES, _FEW, _LITTLE, _APART = (
    "no lines with a price", "too few matched items", "too little matched spend", "no link to the base period",
)  # fmt: skip


@figure("amount", "quantity", "order_date")
def price_index(
    lines: Any,
    *,
    freq: str = "M",
    by: By = None,
    item: str = "material",
    per_vendor: bool = False,
    currency: str | None = None,
    window: int = 25,
    benchmark: Benchmark = None,
    min_items: int = 5,
    min_share: float = 0.2,
    fiscal_year_start: int = 1,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Price index: how the prices of the same items moved, whatever else was bought; the first period is 100.

    GEKS-Törnqvist, as statistical offices compute it from scanner data. The price of an item in a period is its effective unit
    price, amount / quantity, in the base unit. Two periods are compared by the items bought in both: with p their prices and s their shares of
    those items' spend, ``log T(a, b) = sum of (s_a + s_b) / 2 x log(p_b / p_a)``. Any two periods of a window are compared so, and the index is
    the one that fits all of these best: where all compare, ``log index(t) = mean over l of log T(0, l) + log T(l, t)``. The first ``window``
    periods are computed together. After that the window moves on period by period, and each new figure is the mean of what
    all published ones in the window say (mean splice on published figures), so that **no published figure is revised**. As long as the
    data are shorter than the window, a new period does revise, and a note says so.

    Of the lines that count as spend, left out are those that ``spend.price_changes`` leaves out - returns, services and charges, free
    goods, no item, quantity or order date - and prices 50 times off the item's median, more likely a slip than a price. A frame that
    `currency.convert` made is taken at one rate per document currency, so that a move of the rate is none of the prices.

    There is no figure where it would say little: two periods compare only where ``min_items`` items were bought in both, and a
    period needs ``min_share`` of its spend matched. ``reason`` says what lacks. The 95 % band is that of the choice of items: the index
    is computed again without each of them (jackknife; of more than 200 items, without each of at
    most 200 parts), and Student's t counts as many items as their shares of spend are worth. The first period is 100 by definition, and has none.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount``, ``quantity``, ``order_date`` and ``material_id`` or ``product_code``.
    freq : "M" month, "Q" quarter, "Y" year, "W" week (Monday to Sunday)
    by : None, a column, several, or "vendor"; each group has an index of its own, and a first period
    item : "material", or a column that says what was bought
    per_vendor : True takes what each vendor was paid for an item as a price of its own, so that a change of vendor is no change of price
    currency : keeps the lines in that currency and counts the rest
    window : periods that are compared with each other, at least 2; two years and one period hold every season twice
    benchmark : an index of your own, such as producer prices: a series or mapping of period (or day, or text such as "2025-03") to value;
        the mean of those within a period counts, and they are rebased to the first period of the index
    min_items : items that two periods must have in common, at least 2
    min_share : share of a period's spend that must be matched, 0..1
    fiscal_year_start : month in which the fiscal year starts, 1..12; moves quarters and years
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency, period), periods without a line included
        period : period, preceded by the columns of ``by``
        currency : string
        index : float, 100 in the first period that has a figure; missing where there is none
        low, high : float, the 95 % band
        chained : float, each period against the one before (else the nearest that compares), multiplied up: it drifts
        unit_value : float, the average price paid, spend / quantity, 100 in the same period; of the lines in the unit that most spend is in
        matched_share : float, share of the period's spend (of lines with a price) on items bought in another period of the window, too
        n_items : int, these items
        benchmark : float, 100 in the same period; only where one is given
        reason : string, why there is no figure

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        An unknown ``freq``; a window, least number or share out of range; a benchmark without a positive number per period.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"product_code": ["A", "B"] * 2, "unit_of_measure": "EA", "currency": "EUR",
    ...     "order_date": pd.to_datetime(["2025-01-05"] * 2 + ["2025-02-05"] * 2),
    ...     "quantity": [10.0, 10.0, 30.0, 10.0], "amount": [100.0, 1000.0, 330.0, 1100.0]})
    >>> spend.price_index(lines, min_items=2)[["index", "unit_value", "matched_share", "n_items"]].round(1)
       index  unit_value  matched_share  n_items
    0  100.0       100.0            1.0        2
    1  110.0        65.0            1.0        2
    """
    flag_of("per_vendor", per_vendor)
    alias = period_alias(freq, fiscal_year_start)
    _must_be_count("window", window)
    _must_be_count("min_items", min_items)
    if isinstance(min_share, bool) or not isinstance(min_share, (int, float)) or not 0 <= min_share <= 1:
        raise ConfigError(f"min_share={min_share!r}: pass a share between 0 and 1")
    reference = None if benchmark is None else _by_period(benchmark, alias)
    items = items_of(
        lines, metric="spend.price_index", item=item, currency=currency, intercompany=intercompany, as_of=as_of
    )
    items.leave_out_unpriced()
    days = days_of(items.frame, "order_date")
    leave_out_unreadable(items.selection, {"order_date": "order date"})
    items.selection.exclude(np.isnat(days), "no order date")
    rows = items.selection.kept
    outer = group_lines(items.frame.assign(currency=items.keys["currency"]), by, also=["currency"], rows=rows)
    inner = items.groups([items.item, "vendor"] if per_vendor else [items.item], rows)
    even, quantity = items.at_one_rate(rows, outer.codes), items.quantity[rows]
    odd = slips(inner.codes, even / quantity)
    outlier = rows.copy()
    outlier[rows] = odd
    items.selection.exclude(outlier, f"price {OUTLIER} times off")
    yield items.counted
    ordinal = period_number(days[rows].astype("datetime64[D]").astype(np.int64), freq, fiscal_year_start)
    priced = pd.DataFrame(
        {"group": outer.codes, "item": inner.codes, "period": ordinal, "amount": even, "quantity": quantity}
    )
    groups = _groups(priced[~odd] if odd.any() else priced, outer.keys, inner.keys)
    levels = [series(g.lots, window=window, min_items=min_items, min_share=min_share) for g in groups]
    columns = [_columns(g, s, min_items, min_share, reference) for g, s in zip(groups, levels, strict=True)]
    result = _table(columns, groups, outer.keys, alias, reference is not None)
    shown = None if benchmark is None else str(getattr(benchmark, "name", None) or "own series")
    notes = _notes(result, groups, levels, window)
    if n := _of_another_unit(inner, even / quantity, ~odd):
        items_have = "1 item without a unit has" if n == 1 else f"{n:,} items without a unit have"
        notes.append(f"{items_have} prices so far apart that some are more likely those of a box, or of a hundred.")
    return items.with_provenance(result, notes=notes, benchmark=shown)


@dataclass(frozen=True)
class _Group:
    """The lots of one group, and the average price paid in each period that occurs."""

    number: int
    lots: Lots
    unit_value: Floats  # missing where nothing was bought in the unit
    unit: Any  # that of most spend
    unit_share: float  # of the group's spend


def _groups(priced: pd.DataFrame, keys: pd.DataFrame, items: pd.DataFrame) -> list[_Group]:
    """Return the lots of each group that has any: what was paid for each item in each period, and how much of it was bought."""
    pair, place = crossed(Groups(priced["group"].to_numpy(), keys), Groups(priced["item"].to_numpy(), items))
    cells = Cells.of(place, priced["period"].to_numpy(), len(pair))
    amount, quantity = (cells.add(priced[c].to_numpy()).ravel() for c in ("amount", "quantity"))
    there = np.flatnonzero(amount)
    row, when = cells.of_rows(there)
    amount, quantity = amount[there], quantity[there]
    group, item = np.divmod(pair[row], max(len(items), 1))
    units = encode(items["unit"])
    unit = units.codes.astype(np.int64)[item] + 1  # 0 is no unit
    names = [None, *units.labels]
    out = []
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    for a, b in zip(starts, np.append(starts, len(group))[1:], strict=True):
        ordinal, period = np.unique(when[a:b], return_inverse=True)
        spent = np.bincount(unit[a:b], weights=amount[a:b])
        main = int(spent.argmax())
        in_main = unit[a:b] == main
        paid, pieces = (np.bincount(period, weights=v[a:b] * in_main) for v in (amount, quantity))
        value = np.divide(paid, pieces, out=np.full(len(ordinal), np.nan), where=pieces > 0)
        lots = Lots(row[a:b] - row[a], period, amount[a:b], np.log(amount[a:b] / quantity[a:b]), ordinal)
        out.append(_Group(int(group[a]), lots, value, names[main], float(spent[main] / spent.sum())))
    return out


def _columns(
    group: _Group, levels: Series, min_items: int, min_share: float, reference: pd.Series | None
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of one group: a row for each period from its first to its last."""
    ordinal = group.lots.ordinal
    periods = np.arange(ordinal[0], ordinal[-1] + 1)
    at = ordinal - ordinal[0]

    def spread(values: npt.NDArray[Any], empty: Any = np.nan) -> npt.NDArray[Any]:
        out = np.full(len(periods), empty, dtype=values.dtype)
        out[at] = values
        return out

    def against_base(values: Floats) -> Floats:
        base = values[ordinal[levels.base] - ordinal[0]] if levels.base >= 0 else np.nan
        out: Floats = 100 * values / base
        return out

    n_items, share = spread(levels.n_items, 0), spread(levels.matched_share)
    index = 100 * np.exp(spread(levels.level))
    why = [np.isnan(share), n_items < min_items, share < min_share, np.isnan(index)]
    wide = np.exp(spread(levels.margin))
    out = {
        "period": periods,
        "index": index,
        "low": index / wide,
        "high": index * wide,
        "chained": 100 * np.exp(spread(levels.chained)),
        "unit_value": against_base(spread(group.unit_value)),
        "matched_share": share,
        "n_items": n_items,
    }
    if reference is not None:
        out["benchmark"] = against_base(reference.reindex(periods).to_numpy(dtype=float))
    reasons = np.array([_NO_LINES, _FEW, _LITTLE, _APART, None], dtype=object)
    return out | {"reason": reasons[np.argmax([*why, np.ones(len(index), dtype=bool)], axis=0)]}


def _table(
    columns: list[dict[str, npt.NDArray[Any]]], groups: list[_Group], keys: pd.DataFrame, alias: str, benchmark: bool
) -> pd.DataFrame:
    """Return the rows of all groups, typed where there are none."""
    floats = ["index", "low", "high", "chained", "unit_value", "matched_share", *(["benchmark"] if benchmark else [])]
    of = {name: np.concatenate([np.empty(0), *(c[name] for c in columns)]) for name in floats}
    whole = {
        name: np.concatenate([np.empty(0, dtype=np.int64), *(c[name] for c in columns)])
        for name in ("period", "n_items")
    }
    place = np.repeat([g.number for g in groups] or np.empty(0, dtype=int), [len(c["period"]) for c in columns])
    rows = keys.iloc[place].reset_index(drop=True)
    periods = pd.PeriodIndex.from_ordinals(whole["period"], freq=alias)  # type: ignore[attr-defined]
    named = rows.drop(columns="currency").assign(period=periods, currency=rows["currency"].astype("string"))
    shown = [n for n in floats if n != "benchmark"]
    result = named.assign(**{n: of[n] for n in shown}, n_items=whole["n_items"])
    if benchmark:
        result["benchmark"] = of["benchmark"]
    reason = np.concatenate([np.empty(0, dtype=object), *(c["reason"] for c in columns)])
    return result.assign(reason=pd.array(reason, dtype="string"))


def _of_another_unit(items: Groups, price: Floats, rows: Mask) -> int:
    """Return of how many items without a unit the highest price is too far off the lowest."""
    low, high = np.full(len(items), np.inf), np.zeros(len(items))
    np.minimum.at(low, items.codes[rows], price[rows])
    np.maximum.at(high, items.codes[rows], price[rows])
    times = np.divide(high, low, out=np.full(len(items), np.nan), where=np.isfinite(low) & (low > 0))
    return int(((times > MOST_TIMES) & items.keys["unit"].iloc[: len(items)].isna().to_numpy(dtype=bool)).sum())


def _notes(result: pd.DataFrame, groups: list[_Group], levels: list[Series], window: int) -> list[str]:
    """Return what has no figure, and what a reader should know of those that there are."""
    notes = []
    missing = result["reason"].value_counts()
    if len(missing):
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in missing.items())
        n = int(missing.sum())
        notes.append(f"{n:,} of {len(result):,} periods {'has' if n == 1 else 'have'} no figure: {reasons}.")
    if any(not s.rolled and s.base >= 0 for s in levels):
        notes.append(
            f"Figures are final once the window is full: up to {window} periods, a new one revises those before."
        )
    partly = [g for g in groups if g.unit_share < 1]
    if len(groups) == 1 and partly:
        of = f"in {groups[0].unit}" if groups[0].unit else "without a unit"
        notes.append(f"unit_value is of the lines {of}, {groups[0].unit_share:.0%} of the spend with a price.")
    elif partly:
        notes.append("unit_value is of the lines in the unit of measure that most of a group's spend is in.")
    if "benchmark" in result and result.loc[result["index"].notna(), "benchmark"].isna().all():
        notes.append("The benchmark has no value in the first period of the index, and can't be rebased to it.")
    return notes


def _by_period(benchmark: pd.Series | Mapping[Any, float], alias: str) -> pd.Series:
    """Return the values of a benchmark by the number of their period, the mean where several lie in one."""
    what = "a series or mapping of period to value, such as {'2025-01': 103.5}"
    given = benchmark if isinstance(benchmark, pd.Series) else pd.Series(dict(mapping_of("benchmark", benchmark, what)))
    try:
        index = given.index
        if isinstance(index, pd.PeriodIndex):
            index = index.to_timestamp()
        if not isinstance(index, pd.DatetimeIndex):  # a year that is a number would be read as nanoseconds
            index = pd.to_datetime(index.astype("str"))
        values = pd.to_numeric(given).to_numpy(dtype=float)
    except (ValueError, TypeError) as e:
        raise ConfigError(f"benchmark: pass a series of period to value, such as {{'2025-01': 104.2}}: {e}") from e
    known = ~np.isnan(values)
    if not known.any() or not (np.isfinite(values) & (values > 0))[known].all():
        raise ConfigError("benchmark: pass values above 0")
    periods = index.tz_localize(None).to_period(alias).asi8
    return pd.Series(values[known]).groupby(periods[known]).mean()


def _must_be_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 2:
        raise ConfigError(f"{name}={value!r}: pass a whole number of at least 2")
