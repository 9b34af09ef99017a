"""What seems to be in the books twice: vendors under two names, orders and lines that are there again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from .. import charts, spend
from ..compute import once
from ..frames import Mask, days_of, n_components, values
from ._kinds import TO_CHECK, Finding, count
from ._view import View

#: Two orders of which no more agrees than number and vendor, as a number repeats across companies; or that agree but for their dates.
_SAME_NUMBER = 50
#: A vendor as it stands in the books: connection, key and name.
Entry = tuple[str, str, str]


class Smaller(NamedTuple):
    """A vendor that seems to be there twice, by the first pair in which an entry is the smaller one."""

    row: int  # of `quality.duplicates`
    one: Entry
    other: Entry
    spent: float  # under the smaller entry


def duplicate_vendors(view: View) -> Finding:
    """Return the vendors that seem to be in the books under two names, by the spend of the smaller."""
    smaller, sums = smaller_entries(view)
    if not smaller:
        return Finding("duplicate vendors", "vendors under two names (none)")
    total = float(sum(entry.spent for entry in smaller))
    _, one, other, _ = max(smaller, key=lambda entry: entry.spent)
    ends = _ends(view.duplicates[view.duplicates["kind"] == "vendor"])
    n, entries = n_components(ends), len({entry for pair in ends for entry in pair})
    often = "twice" if entries == 2 * n else f"several times, under {charts.number(entries)} entries"
    seem, entry = "seems" if n == 1 else "seem", "entry" if len(smaller) == 1 else "entries"
    return Finding(
        "duplicate vendors",
        f"{count(n, 'vendor')} {seem} to be in the books {often}; {view.say(total)} was bought under the smaller {entry}.",
        total,
        total,
        "bought under the smaller entry",
        TO_CHECK,
        f"Most at {_twice(view, one, other, sums)}.",
        "quality_duplicates",
        f"quality.duplicates(data{view.day_as_code})",
    )


def smaller_entries(view: View) -> tuple[list[Smaller], dict[Entry, float]]:
    """Return what was bought in the twelve months under the smaller entry of each vendor there twice, and under each entry."""
    return once(view, "smaller entries", lambda: _smaller_entries(view))


def _smaller_entries(view: View) -> tuple[list[Smaller], dict[Entry, float]]:
    found = view.duplicates
    pairs = found[found["kind"] == "vendor"]
    if pairs.empty:
        return [], {}
    key = ["connection", "vendor_id", "vendor_name"]
    got = spend.by_vendor(view.asked(view.year_lines), by=key, currency=view.unit, as_of=view.day)
    sums: dict[Entry, float] = dict(zip(_entries(got, *key), got["spend"].tolist(), strict=True))
    smaller: dict[Entry, Smaller] = {}
    # three names of one vendor are three pairs: the spend of a name counts once
    for row, (one, other) in zip(pairs.index.tolist(), _ends(pairs), strict=True):
        less = min(one, other, key=lambda k: sums.get(k, 0.0))
        smaller.setdefault(less, Smaller(row, one, other, max(sums.get(less, 0.0), 0.0)))
    return list(smaller.values()), sums


def _entries(frame: pd.DataFrame, *columns: str) -> list[Entry]:
    """Return connection, key and name of each row; "" where there is none."""
    table = pd.DataFrame({c: values(frame, c, "string") for c in columns}).astype("string").fillna("")
    return [tuple(row) for row in table.to_numpy(dtype=object).tolist()]


def _ends(pairs: pd.DataFrame) -> list[tuple[Entry, Entry]]:
    """Return the two of each row of `quality.duplicates`."""
    ones, others = (_entries(pairs, *(f"{end}{c}" for c in ("connection", "id", "name"))) for end in ("", "other_"))
    return list(zip(ones, others, strict=True))


def _twice(view: View, one: Entry, other: Entry, sums: Mapping[Entry, float]) -> str:
    """Return the two entries of a vendor in words: one name once, with what was bought under each.

    Of one name ``Nord AG, 1.2 M EUR in emea and 90 k in us``; of two ``Müller GmbH, 1.2 M EUR in emea, and Muller GmbH, 90 k in us``.
    """
    (where, _, name), (elsewhere, _, other_name) = one, other
    first = f"{charts.label(name)}, {view.say(sums.get(one, 0.0))} in {where}"
    second = f"{view.say_short(sums.get(other, 0.0))} in {elsewhere}"
    if name != other_name:
        return f"{first}, and {charts.label(other_name)}, {second}"
    return f"{first} and {second}" if where != elsewhere else f"{first} and {second} under another key"


def duplicates(view: View) -> Finding:
    """Return the orders and lines of the twelve months that seem to be there twice, by the value that is there again."""
    found = view.duplicates
    twice = found[found["kind"].isin(["order", "repeated line", "repeated order"])]
    if twice.empty:
        return Finding("duplicates", "orders and lines entered twice (none)")
    # two sites that order the same on one day have two needs
    two_sites = twice["evidence"].str.contains("not the same .*site", regex=True).fillna(False)
    alike = (twice["score"] > _SAME_NUMBER) & ~two_sites
    if not alike.any():
        n = int((twice["kind"] == "order").sum())
        shared = [f"{count(n, 'order number')} in two connections, dates or values differ"] if n else []
        if n < len(twice):
            shared.append(f"{count(len(twice) - n, 'pair')} with other dates or sites, or few lines alike")
        return Finding("duplicates", f"orders and lines entered twice ({'; '.join(shared)})")
    in_year = _in_year(view, twice[alike])
    year = twice[alike][in_year]
    if year.empty:
        none = f"{charts.number(len(in_year))} suggested, none of the twelve months"
        return Finding("duplicates", f"orders and lines entered twice ({none})")
    # an order in three connections is three pairs: what the third is worth counts once
    year = year[~((year["kind"] == "order") & year.duplicated(["kind", "other_connection", "other_id"]))]
    mine = year if view.unit is None else year[(year["currency"] == view.unit).fillna(False)]
    # a return that is there twice has a negative value, and its size is what is wrong
    size = mine["value"].abs()
    total = float(size.sum())
    if not total > 0:
        none = "without value" if len(mine) else f"none in {view.unit}"
        return Finding("duplicates", f"orders and lines entered twice ({charts.number(len(year))} suggested, {none})")
    first = mine.iloc[int(np.nan_to_num(size.to_numpy(dtype=float), nan=-1.0).argmax())]
    why = f"The largest is {view.say(first['value'])}: {_pair(first)}."
    why += " Returns count by their size." if (mine["value"] < 0).any() else ""
    why += f" The value of {charts.number(n)} is not known." if (n := int(size.isna().sum())) else ""
    why += f" {charts.number(n)} more in other currencies or none." if (n := len(year) - len(mine)) else ""
    if n := int((~in_year).sum()):
        why += f" {charts.number(n)} more in the list {'is' if n == 1 else 'are'} not of the twelve months."
    if n := int((~alike).sum()):
        why += f" {charts.number(n)} more in the list {'agrees' if n == 1 else 'agree'} in little, or not in dates."
    counted, n, again = _counted(mine)
    since = "" if in_year.all() else f".filter(since='{view.first_day.date()}')"
    often = "twice" if again == n else f"several times, {count(again, 'time')} too often"
    return Finding(
        "duplicates",
        f"{counted} may have been entered {often if n > 1 or again == n else f'{again + 1} times'}: {view.say(total)}.",
        total,
        total,
        "counted a second time" if again == n else "counted again",
        TO_CHECK,
        why,
        "quality_duplicates",
        f"quality.duplicates(data{since}{view.day_as_code})",
    )


def _in_year(view: View, twice: pd.DataFrame) -> Mask:
    """Return which suggestions have an order or a line of the twelve months; all where no line is dated."""
    if not view.dated:
        return np.ones(len(twice), dtype=bool)
    out = np.zeros(len(twice), dtype=bool)
    of_lines = (twice["kind"] == "repeated line").to_numpy(dtype=bool)
    ids = {*twice["id"].dropna(), *twice["other_id"].dropna()}
    for frame in (view.lines, view.data.orders):
        year = view.month_of(days_of(frame, "order_date")) // 12 == 1
        for name, rows in (("line_id", of_lines), ("order_id", ~of_lines)):
            known = year & values(frame, name, "string").isin(ids).to_numpy(dtype=bool)
            there = {*_entries(frame.loc[known, frame.columns.isin(["connection", name])], "connection", name)}
            for end in ("", "other_"):
                out |= rows & [entry in there for entry in _entries(twice, f"{end}connection", f"{end}id")]
    return out


def _pair(row: pd.Series) -> str:
    """Return the two of a suggestion in words; of one name where the two are."""
    named = {
        c: None if pd.isna(row[c]) else str(row[c]) for c in ("name", "other_name", "connection", "other_connection")
    }
    one, other, here, there = map(charts.label, named.values())
    if named["name"] != named["other_name"]:
        return f"{one} and {other}"
    return (
        f"{one} in {here} and in {there}" if named["connection"] != named["other_connection"] else f"{one}, there again"
    )


def _counted(twice: pd.DataFrame) -> tuple[str, int, int]:
    """Return how many orders and lines are there several times, in words and as a number, and how often in all they are there too often.

    Of five orders with three lines each, all there again, ``15 lines of 5 orders``; with two order numbers in two connections
    ``2 orders and 15 lines of 5 orders``. An order that was entered six times is five pairs, and one order that is there five times too often.
    """
    is_line = twice["kind"] == "repeated line"
    of_lines, ends = twice[is_line], _ends(twice[~is_line])
    n = n_components(ends)
    again = len({entry for pair in ends for entry in pair}) - n
    # of lines that are there more than twice the evidence says how often
    times = of_lines["evidence"].str.extract(r"^([0-9]+) times:")[0].astype("Float64").fillna(2.0)
    # a line is named by its order and its own number, "PO1 / 10"
    of_orders = (of_lines["connection"].fillna("") + "\n" + of_lines["name"].str.rsplit(" / ", n=1).str[0]).nunique()
    lines = f"{count(len(of_lines), 'line')} of {count(of_orders, 'order')}" if len(of_lines) > 1 else "1 order line"
    parts = [count(n, "order")] * bool(n) + [lines] * bool(len(of_lines))
    return " and ".join(parts), n + len(of_lines), again + int((times - 1).sum())
