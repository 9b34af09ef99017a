"""What spend did against the same days of the year before, and what drove it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import charts
from ..frames import counts_as_spend, numbers
from ._alone import largest
from ._calls import in_currency, this_year, year_before
from ._holes import UNEVEN
from ._kinds import COUNTED, UNKNOWN, Finding, count
from ._view import ITEM, View

#: Where what is new, or what is lost, is a smaller part of spend, it is not asked how much of it is the same in another unit.
_NOTABLE = 0.01
#: The effects that a finding names for a change; the exhibit has the others.
_MOST_EFFECTS = 4
_EFFECTS = {
    "price": "prices (other vendors included)",
    "volume": "volume of the same items",
    "mix": "the mix of items",
    "currency": "exchange rates",
    "document currency": charts.OTHER_CURRENCY,
    "not itemised": f"services, returns and what else has {charts.NO_PRICE}",
}


def change(view: View) -> Finding:
    """Return what spend did against the same days of the year before, and what drove it."""
    before, after = view.sides
    if reason := view.not_compared:
        return Finding("change", f"change of spend ({reason})", certainty=UNKNOWN)
    if after.empty:
        of_year = "nothing was ordered in the twelve months by who is known in both years"
        return Finding("change", f"change of spend ({of_year})", certainty=UNKNOWN)
    if not view.has_amount.any():
        return Finding("change", "change of spend (no line has an amount)", certainty=UNKNOWN)
    was, now = view.money(before), view.money(after)
    if was <= 0:
        none = f"that of the year before is {view.say(was)}" if was else "there was none the year before"
        return Finding("change", f"change of spend ({none})", certainty=UNKNOWN)
    moved = now - was
    alike = "" if view.known_before.all() else " of the connections known in both years"
    effects = _effects(view)
    largest = ""
    if effects:
        name, value = max(effects.items(), key=lambda e: abs(e[1]))
        largest = f"; {name} {'added' if value > 0 else 'took'} {view.say_short(abs(value))}"
    rate = charts.percent_of_change(moved / was)
    did = f"{'rose' if moved > 0 else 'fell'} by {rate} to" if rate.strip("0.,% ") else "stayed at"
    ranked = sorted(effects.items(), key=lambda e: -abs(e[1]))[:_MOST_EFFECTS]
    parts = [
        f"{way}: {', '.join(f'{k} {view.say_short(abs(v))}' for k, v in ranked if (v > 0) == more)}"
        for way, more in (("less", False), ("more", True))
        if any((v > 0) == more for _, v in ranked)
    ]
    told = "; ".join(parts)
    why = (
        f"It was {view.say(was)} on the same days{view.leap_day}."
        + (f" {told[0].upper()}{told[1:]}." if told else "")
        + _one_alone(view, before, after, max(abs(moved) / 2, was / 10))
        + view.begins_late
        + view.stops_early
        + without_amount(view)
    )
    return Finding(
        "change",
        f"Spend{alike} {did} {view.say(now)}{largest}.",
        now,
        abs(moved),
        f"{'more' if moved > 0 else 'less'} than the year before",
        COUNTED,
        why,
        "spend_bridge" if effects else "spend_by_month",
        f"spend.bridge({year_before(view)}, {this_year(view, known=True)}, mixed_units='apart'{in_currency(view)})"
        if _has_items(view)
        else f"spend.by_vendor({this_year(view, known=True)}, by=None{in_currency(view)})",
    )


def _one_alone(view: View, before: pd.DataFrame, after: pd.DataFrame, least: float) -> str:
    """Return that one line, or one order, alone is worth more than so much, as one of a mistyped price is; "" where none is."""
    found = []
    for lines, when in ((before, "the year before"), (after, "this year")):
        amount = np.where(view.in_unit(lines) & counts_as_spend(lines), np.nan_to_num(numbers(lines, "amount")), 0.0)
        found.append((*largest(lines, amount, least), when))
    what, order, value, when = max(found, key=lambda one: one[2])
    return f" One {what} of {when}{order} alone is {view.say(value)}." if value > 0 else ""


def _effects(view: View) -> dict[str, float]:
    """Return what drove the change, in words, new and lost items as one."""
    if not _has_items(view):
        return {}
    table = charts.netted(dict(zip(view.bridge["effect"], view.bridge["value"], strict=True)))
    out = {word: float(table[name]) for name, word in _EFFECTS.items() if name in table}
    if view.in_another_unit:
        apart = ("price", "volume", "mix")
        out["prices, volume and mix (their units are in doubt)"] = sum(out.pop(_EFFECTS[name], 0.0) for name in apart)
    out[charts.NEW_AND_LOST + _of_other_units(view)] = table[charts.NEW_AND_LOST]
    return {k: v for k, v in out.items() if abs(v) >= 0.0005 * abs(float(table["before"]))}


def _of_other_units(view: View) -> str:
    """Return that most of what is new or lost are items bought in another unit than before: neither, for whoever uses them."""
    effects = view.bridge.groupby("effect")["value"].sum().abs()
    # to take a million lines apart by their items takes long
    if not min(effects["new"], effects["lost"]) > _NOTABLE * effects["before"]:
        return ""
    items = view.items
    moved = items[["new", "lost"]].abs()
    by = moved.groupby([items[c] for c in item_keys(items)], dropna=False)
    same = (by["new"].transform("sum") > 0) & (by["lost"].transform("sum") > 0)
    if not moved[same].sum().sum() > moved.sum().sum() / 2:
        return ""
    n = items.loc[same, item_keys(items)].drop_duplicates().shape[0]
    return f" ({charts.number(n)} of them in another unit than before)"


def without_amount(view: View) -> str:
    """Return how many lines of the twelve months have no amount in the view's currency; "" where they are few."""
    rows = view.counted & (view.year_of_order == 1)
    n, lacking = int(rows.sum()), int((rows & ~view.has_amount).sum())
    unit = f" in {view.unit}" if view.unit else ""
    return (
        f" Of {count(n, 'line')} {charts.number(lacking)} {'has' if lacking == 1 else 'have'} no amount{unit}."
        if lacking > UNEVEN * n
        else ""
    )


def item_keys(items: pd.DataFrame) -> list[str]:
    """Return the columns that say which item the rows of a bridge are of."""
    keys = [c for c in ITEM if c in items]
    return keys + ["description"] * (keys in ([], ["connection"]))  # where nothing else says what was bought


def _has_items(view: View) -> bool:
    before, _ = view.sides
    return any(before[c].notna().any() for c in ("material_id", "product_code") if c in before)
