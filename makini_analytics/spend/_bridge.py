"""From the spend of one period to that of another: what came from prices, quantities, currencies, new and lost items."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, By, FigureResult, beside_each_other, figure, group_lines, lie_in_a_row, once
from ..errors import SchemaError, one_of
from ..frames import AsOf, categoricals, days_of, frame_of, pairs, values
from ..system import flag_of
from ._items import Items, items_of

#: "document currency" is there after a conversion only: without one there is a bridge per currency.
EFFECTS = ("price", "volume", "mix", "currency", "document currency", "new", "lost", "not itemised")
Floats = npt.NDArray[np.float64]

_NUMBERS = ("amount", "original_amount", "quantity", "received_quantity")
_FLAGS = ("is_return",)
_DATES = ("order_date", "cancelled_date", "delivered_date", "first_receipt_date", "completed_date", "deleted_at")


@figure("amount", "quantity")
def bridge(
    before: Any,
    after: Any,
    *,
    by: By = None,
    item: str = "material",
    per_vendor: bool = False,
    per_item: bool = False,
    mixed_units: str = "refuse",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> FigureResult:
    """From the ordered spend of one set of lines to that of another: price, volume, mix, currency, new and lost items.

    Per item that both have, with p the effective price in the document's currency, q the quantity in the base unit and f the rate::

        price    = (p1 - p0) x q1 x f0
        currency = (f1 - f0) x p1 x q1
        quantity = (q1 - q0) x p0 x f0

    so what price and quantity did together counts as price, and what price and rate did together as currency. Within one unit
    of measure quantity is split: ``volume = (Q1 / Q0 - 1) x V0``, as if all items had grown alike, and ``mix``, the rest.
    ``new`` and ``lost`` are items that only one side has. ``not itemised`` is the change of what has no price to compare:
    returns, services and charges, free goods, lines without an item or quantity. The effects add up to the change.

    The rate moves only in frames of `currency.convert`; without a conversion there is one bridge per currency. There an item is one
    item whatever the currency of its documents. Price and currency are taken within each currency that both sides have, quantity
    over all of them, and what is left is ``document currency``: other document currency, as an item is bought in another one than
    before. Price and rate can't be told apart in it.

    Parameters
    ----------
    before, after : DataFrame, one row per order line, such as those of two years
        Need ``amount``, ``quantity`` and ``material_id`` or ``product_code``.
    by : None, a column or several: a bridge for each, such as ``"category"``
    item : "material", or a column that says what was bought
    per_vendor : True takes the same item of another vendor for another item: a change of vendor is lost and new, not price
    per_item : True gives one row per item instead of one per effect
    mixed_units : "refuse" an item that is bought in units that don't convert, or take them "apart" as if two items
    currency : keeps the lines in that currency and counts the rest
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency, effect)
        the columns of ``by``; currency : string
        effect : string; before, price, volume, mix, currency, new, lost, not itemised, after; after a conversion document currency
        value : float, in ``currency``; before and after are the totals, the others add up to their difference
        n_items : Int64, items that the effect is made of; missing for before, not itemised and after
    or with ``per_item``, one row per (group, item, unit, currency), largest change first
        before, after, change, price, quantity_effect, currency_effect, new, lost : float, in ``currency``; after a conversion
        document_currency_effect
        quantity_before, quantity_after : float, in ``unit``

    Raises
    ------
    SchemaError
        A column that is needed is missing, or an item is bought in units that don't convert into each other.
    ConfigError
        ``mixed_units`` is neither, or an intercompany vendor that no line has.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> old = pd.DataFrame({"product_code": ["A", "B"], "quantity": [10.0, 5.0], "amount": [100.0, 50.0], "currency": "EUR"})
    >>> new = pd.DataFrame({"product_code": ["A", "C"], "quantity": [12.0, 1.0], "amount": [132.0, 30.0], "currency": "EUR"})
    >>> spend.bridge(old, new).set_index("effect")["value"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'before': 150.0, 'price': 12.0, 'volume': 20.0, 'mix': 0.0, 'currency': 0.0, 'new': 30.0, 'lost': -50.0,
     'not itemised': 0.0, 'after': 162.0}
    """
    flag_of("per_vendor", per_vendor)
    flag_of("per_item", per_item)
    one_of("mixed_units", mixed_units, ("refuse", "apart"))
    both, is_after = _joined(before, after, by, item)
    items = items_of(both, metric="spend.bridge", item=item, currency=currency, intercompany=intercompany, as_of=as_of)
    if mixed_units == "refuse":
        _refuse_mixed_units(items)
    frame, kept, priced = items.frame, items.selection.kept, items.priced
    keys = [*([by] if isinstance(by, str) else by or ()), items.item, *(["vendor"] if per_vendor else [])]
    inner = items.groups(list(dict.fromkeys(keys)), priced)
    n = len(inner) if priced.any() else 0
    table = _sides(items, priced, is_after, inner.codes, n)
    if items.converted:
        item_of, _, cell = pairs(inner.codes, items.document_codes(priced))
        effects = _effects(table, _sides(items, priced, is_after, cell, len(item_of)), item_of)
    else:
        effects = _effects(table, table, np.arange(n)).drop(columns="document currency")
    outer = group_lines(frame, by, also=("currency",), rows=kept)
    n_outer = len(outer) if kept.any() else 0
    # the bridge that each line belongs to, and from that of its items: an item lies within one group of `by`
    of_line = np.full(len(frame), -1)
    of_line[kept] = outer.codes
    of_item = np.zeros(n, dtype=np.int64)
    of_item[inner.codes] = of_line[priced]
    if per_item:
        result = _by_item(inner.keys.iloc[:n], table, effects)
    else:
        unit = inner.keys.iloc[:n]["unit"].reset_index(drop=True)
        effects = _split_quantity(effects, table, unit, of_item)
        rest = kept & ~priced
        result = _by_effect(outer.keys.iloc[:n_outer], effects, of_item, is_after, items.amount, of_line, kept, rest)
    notes = [_span("before", frame, kept & ~is_after), _span("after", frame, kept & is_after)]
    if not per_item and n and inner.keys["unit"].iloc[:n].isna().any():
        notes.append("Where the unit is not known, quantity is not split and stands under volume.")
    # here "per_item" is a form of the result, and "per_vendor" an exception: they are named only where they were chosen
    return items.with_provenance(result, notes=notes, per_vendor=per_vendor or None, per_item=per_item or None)


def _joined(before: Any, after: Any, by: By, item: str) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Return the lines of both sides, the columns that are needed only, and which are of the second one."""
    # Only the columns that are needed, since both sides are copied into one frame; and with one dtype each, since the sides may
    # come from different sources.
    sides = [frame_of(side, metric="spend.bridge") for side in (before, after)]
    own = [c for c in ([by] if isinstance(by, str) else by or ()) if c not in ENTITIES] + [item]
    more = tuple(c for c in dict.fromkeys(own) if c not in _TEXTS and any(c in side.columns for side in sides))
    # the other side is kept with the answer: while it lives, no other frame has its number
    joined, _ = once(sides[0], ("joined", id(sides[1]), more), lambda: (_side_by_side(sides, more), sides[1]))
    return joined, np.repeat([False, True], [len(side) for side in sides])


#: The columns of text that a bridge may need, whatever it is by.
_TEXTS = [
    *dict.fromkeys(c for keys, names in ENTITIES.values() for c in (*keys, *names)),
    "connection", "order_id", "state", "currency", "original_currency", "unit_of_measure", "type",
]  # fmt: skip


def _side_by_side(sides: list[pd.DataFrame], more: Collection[str]) -> pd.DataFrame:
    first, second = sides
    if (both := lie_in_a_row(first, second)) is not None:
        sides = [both]
    given = any("unreadable" in side and side["unreadable"].notna().any() for side in sides)
    texts = [*_TEXTS, *more, *["unreadable"] * given]
    out: dict[str, pd.Series] = {}
    for dtype, names in (("string", texts), ("float64", _NUMBERS), ("boolean", _FLAGS), ("datetime64[us]", _DATES)):
        for name in dict.fromkeys(names):
            if any(name in side.columns for side in sides):
                out[name] = _both(sides, name, dtype)
    joined = pd.DataFrame(out, copy=False)
    joined.attrs = dict(second.attrs)
    beside_each_other(first, second, joined)
    return joined


def _both(sides: list[pd.DataFrame], name: str, dtype: str) -> pd.Series:
    if all(isinstance(values(side, name, dtype).dtype, pd.CategoricalDtype) for side in sides):
        labels = categoricals.concat([categoricals.from_series(side[name]) for side in sides])
        return pd.Series(labels, copy=False)
    columns = [_as_dtype(side, name, dtype) for side in sides]
    return pd.Series(columns[0].array, copy=False) if len(columns) == 1 else pd.concat(columns, ignore_index=True)


def _as_dtype(side: pd.DataFrame, name: str, dtype: str) -> pd.Series:
    if dtype == "datetime64[us]":
        return pd.Series(days_of(side, name).astype(dtype), index=side.index, copy=False)
    column = values(side, name, dtype)
    return (pd.to_numeric(column) if dtype == "float64" else column).astype(dtype)  # type: ignore[call-overload, no-any-return]


def _sides(
    items: Items, rows: npt.NDArray[np.bool_], is_after: npt.NDArray[np.bool_], codes: npt.NDArray[Any], n: int
) -> pd.DataFrame:
    """Return what each side spent, paid in the document's currency and bought, by the codes of the rows."""

    def summed(what: Floats, side: npt.NDArray[np.bool_]) -> Floats:
        of_side = side[rows]
        return np.bincount(codes[of_side], weights=what[rows][of_side], minlength=n)[:n].astype(float)

    return pd.DataFrame(
        {
            f"{name}{i}": summed(what, side)
            for i, side in enumerate((~is_after, is_after))
            for name, what in (("v", items.amount), ("paid", items.paid), ("q", items.quantity))
        }
    )


def _refuse_mixed_units(items: Items) -> None:
    rows = items.priced
    if not rows.any():
        return
    # an item in pieces and boxes has two prices: their difference would look like a change of price
    what = group_lines(items.frame, items.item, rows=rows)
    unit, _ = pd.factorize(items.keys["unit"][rows], use_na_sentinel=False)
    several = np.flatnonzero(np.bincount(pairs(what.codes, unit)[0]) > 1)
    if len(several):
        key = what.keys.iloc[several[0]]
        units = sorted(items.keys["unit"][rows][what.codes == several[0]].astype("string").fillna("no unit").unique())
        named = " / ".join(str(v) for v in key.drop(labels="connection", errors="ignore").dropna())
        raise SchemaError(
            f"{len(several):,} items are bought in units that don't convert into each other, such as {named} in "
            f"{' and '.join(units)}: units.convert(lines, ..., own=...) first, or pass mixed_units='apart'"
        )


def _effects(table: pd.DataFrame, documents: pd.DataFrame, item_of: npt.NDArray[Any]) -> pd.DataFrame:
    """Return price, currency, quantity, new and lost of each item; 0 where it is none of it.

    ``documents`` has the same sums by item and document currency, ``item_of`` the item of each. Ten pieces at 5.00 USD and 0.90 EUR
    per USD became twelve at 6.00 and 0.80: 45.00 EUR became 57.60. ::

        price     (6 - 5)       x 12 x 0.90 = 10.80     at the new quantity and the old rate
        currency  (0.80 - 0.90) x  6 x 12   = -7.20     at the new price and quantity
        quantity  (12 - 10)     x  5 x 0.90 =  9.00     at the old price and rate

    Each effect is taken after the ones below it, so nothing is left over: together they are 12.60, the whole change. Had the twelve
    been bought at 4.80 EUR, the same 57.60, quantity would be 9.00 and the other 3.60 the change of the document's currency.
    """
    n, several = len(table), np.bincount(item_of, minlength=len(table))[: len(table)] > 1
    v0, v1, q0, q1 = (table[c].to_numpy() for c in ("v0", "v1", "q0", "q1"))
    both = (q0 > 0) & (q1 > 0)
    w0, w1, paid0, paid1, r0, r1 = (documents[c].to_numpy() for c in ("v0", "v1", "paid0", "paid1", "q0", "q1"))
    same = (r0 > 0) & (r1 > 0)  # currencies that both sides have

    def ratio(a: Floats, b: Floats, where: npt.NDArray[np.bool_]) -> Floats:
        return np.divide(a, b, out=np.zeros(len(a)), where=where)

    def by_item(what: Floats) -> Floats:
        return np.bincount(item_of, weights=what, minlength=n)[:n].astype(float)

    p0, p1, f0, f1 = (ratio(a, b, same) for a, b in ((paid0, r0), (paid1, r1), (w0, paid0), (w1, paid1)))
    before = ratio(v0, q0, both)
    # what was bought costs as before in the currencies of before, and what it costs in those that are new
    as_documented = by_item(np.where(same, r1 * p0 * f0, w1))
    return pd.DataFrame(
        {
            "price": by_item((p1 - p0) * r1 * f0),
            "currency": by_item((f1 - f0) * p1 * r1),
            "document currency": np.where(both & several, as_documented - q1 * before, 0.0),
            "quantity": np.where(both, (q1 - q0) * before, 0.0),
            "new": np.where(q0 > 0, 0.0, v1),
            "lost": np.where(q1 > 0, 0.0, -v0),
            "both": both,
            "several": both & several,
        }
    )


def _split_quantity(
    effects: pd.DataFrame, table: pd.DataFrame, unit: pd.Series, outer: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Return the effects with quantity split into volume and mix within each group and unit.

    Ten of A at 1.00 and ten of B at 9.00 became twenty of A and ten of B. All pieces grew by half, which is worth 50.00 at the old
    mix; but only the cheap ones grew, which is worth 10.00: volume 50.00, mix -40.00. Pieces and kilograms can't be added, so that
    is done within one unit.
    """
    both = effects["both"].to_numpy()
    group = pd.DataFrame({"outer": outer, "unit": unit})
    code = group.groupby(["outer", "unit"], dropna=False, sort=False).ngroup().to_numpy()
    q0, q1 = (np.where(both, table[c], 0.0) for c in ("q0", "q1"))
    total0, total1 = (pd.Series(q).groupby(code).transform("sum").to_numpy() for q in (q0, q1))
    growth = np.divide(total1, total0, out=np.ones(len(q0)), where=total0 > 0) - 1
    volume = np.where(both, growth * table["v0"], 0.0)
    # items of no known unit may be anything: they have no common growth
    volume = np.where(unit.isna(), effects["quantity"], volume)
    return effects.assign(volume=volume, mix=effects["quantity"] - volume)


def _by_effect(
    outer: pd.DataFrame,
    effects: pd.DataFrame,
    of_item: npt.NDArray[np.int64],
    is_after: npt.NDArray[np.bool_],
    amount: Floats,
    of_line: npt.NDArray[np.int64],
    kept: npt.NDArray[np.bool_],
    rest: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    n = len(outer)

    def of_lines(rows: npt.NDArray[np.bool_]) -> Floats:
        return np.bincount(of_line[rows], weights=amount[rows], minlength=n)[:n].astype(float)

    # "not itemised" is the last effect, and no sum over items
    shown = [e for e in EFFECTS[:-1] if e in effects]
    made = {e: np.bincount(of_item, weights=effects[e], minlength=n)[:n].astype(float) for e in shown}
    bars = {
        "before": of_lines(kept & ~is_after),
        **made,
        "not itemised": of_lines(rest & is_after) - of_lines(rest & ~is_after),
        "after": of_lines(kept & is_after),
    }
    both = effects["both"].to_numpy()
    has = {"new": effects["new"].to_numpy() != 0, "lost": effects["lost"].to_numpy() != 0}
    has["document currency"] = effects["several"].to_numpy()
    counts = {e: np.bincount(of_item[has.get(e, both)], minlength=n)[:n] for e in made}
    place = np.repeat(np.arange(n), len(bars))
    result = outer.iloc[place].reset_index(drop=True)
    result["currency"] = result["currency"].astype("string")
    result["effect"] = pd.array(list(bars) * n, dtype="string")
    result["value"] = np.column_stack(list(bars.values())).reshape(-1) if n else np.zeros(0)
    nothing = np.full(n, -1)
    n_items = np.column_stack([counts.get(b, nothing) for b in bars]).reshape(-1) if n else np.zeros(0, dtype=np.int64)
    result["n_items"] = pd.Series(n_items, dtype="Int64").mask(n_items < 0)
    return result


def _by_item(keys: pd.DataFrame, table: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    result = keys.reset_index(drop=True).assign(
        before=table["v0"],
        after=table["v1"],
        change=table["v1"] - table["v0"],
        price=effects["price"],
        quantity_effect=effects["quantity"],
        currency_effect=effects["currency"],
        **({"document_currency_effect": effects["document currency"]} if "document currency" in effects else {}),
        new=effects["new"],
        lost=effects["lost"],
        quantity_before=table["q0"],
        quantity_after=table["q1"],
    )
    largest = np.argsort(-np.abs(result["change"].to_numpy()), kind="stable")
    return result.iloc[largest].reset_index(drop=True)


def _span(side: str, frame: pd.DataFrame, rows: npt.NDArray[np.bool_]) -> str:
    days = days_of(frame, "order_date")[rows]
    known = days[~np.isnat(days)]
    ordered = f", ordered {known.min()} to {known.max()}" if len(known) else ""
    return f"The side {side}: {int(rows.sum()):,} lines{ordered}."
