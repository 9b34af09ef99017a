"""The filter bar: its controls, and what they pick, as rows and as the code that picks the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from ..frames import FILTERS

#: Columns that the bar filters by, as far as the lines have several values there, and how the control is named.
PICKS = {
    "connection": "Connection",
    "site_id": "Site",
    "site_name": "Site name",
    "category": "Category",
    "state": "State",
    "currency": "Currency",
}
#: The values of "all" and "(none)": texts that are no names, since a category may well be called "all".
ALL, NONE = "", "\0"
#: So that labels stand in columns, and a control is as wide as its place in the bar.
NAMED = {"style": {"description_width": "7.5em"}, "layout": {"width": "auto"}}
#: Vendors that are suggested while one types; the browser gets all of them at once, and the search finds the others, too.
_MOST_SUGGESTED = 1000


@dataclass(frozen=True)
class Part:
    """Some of the lines, the code that gives them of ``lines``, and what they were narrowed to, as ``{"category": "Bearings"}``."""

    lines: pd.DataFrame
    code: str
    words: dict[str, str]

    def spoken(self) -> list[str]:
        """Return what they were narrowed to, as a title says it.

        >>> Part(pd.DataFrame(), "lines", {"category": "Bearings", "vendor": "nord", "ordered from": "2025-01-01"}).spoken()
        ['Bearings', 'vendors with "nord"', 'ordered from 2025-01-01']
        """
        said = {"vendor": 'vendors with "{}"', "ordered from": "ordered from {}", "ordered to": "ordered to {}"}
        return [said.get(name, "{}").format(text) for name, text in self.words.items()]


@dataclass(frozen=True)
class Picked:
    """What the controls leave, and what they would leave without a name in the search.

    The search shows fewer vendors and makes no new facts: the share of one among all, its rank, and whether it is later than the
    others, are found over the lines of all.
    """

    part: Part
    of_all_vendors: Part


def named_like(frame: str, text: str) -> str:
    """Return the code for the rows of vendors with a text in their name."""
    return f"{frame}.vendor_name.str.contains({text!r}, case=False, regex=False, na=False)"


class Filters:
    """The controls over some lines; ``picked`` gives what they leave."""

    def __init__(self, lines: pd.DataFrame, *, without: tuple[str, ...] = ()) -> None:
        self._lines = lines
        # a control with one choice would only take room
        several = [c for c in PICKS if c in lines and c not in without and len(lines[c].unique()) > 1]
        if {"site_id", "site_name"} <= {*several} and not (lines["site_id"].isna() & lines["site_name"].notna()).any():
            several.remove("site_name")  # the keys are shown by their names, and no line has a name alone
        # once, here: with codes a pick compares small numbers, not a million texts, and answers while one looks at it
        self._codes = {c: pd.factorize(lines[c]) for c in several}
        self.picks = {
            c: _picker(PICKS[c], _shown(lines, c, names), bool((codes < 0).any()))
            for c, (codes, names) in self._codes.items()
        }
        self._vendors = pd.factorize(lines["vendor_name"]) if "vendor_name" in lines else None
        known = sorted(map(str, self._vendors[1])) if self._vendors is not None else []
        self.search = w.Combobox(
            placeholder="part of a name",
            description="Vendor",
            options=known[:_MOST_SUGGESTED],
            continuous_update=False,
            **NAMED,
        )
        self._dates = lines["order_date"].to_numpy(dtype="datetime64[us]") if "order_date" in lines else None
        first, last = (getattr(lines["order_date"], f)() if self._dates is not None else pd.NaT for f in ("min", "max"))
        self.since, self.until = (
            w.DatePicker(description=n, value=None if pd.isna(d) else d.date(), **NAMED)
            for n, d in (("Ordered from", first), ("Ordered to", last))
        )
        self._span = (self.since.value, self.until.value)
        dates = [self.since, self.until] if self._dates is not None else []
        self.controls = [*self.picks.values(), *([self.search] if known else []), *dates]

    def picked(self) -> Picked:
        """Return what is picked."""
        masks, conditions, words = [], [], {}
        for column, control in self.picks.items():
            if control.value != ALL:
                codes, names = self._codes[column]
                # -1 is pandas's code of a missing value
                wanted = -1 if control.value == NONE else np.flatnonzero(np.asarray(names, dtype=str) == control.value)
                masks.append(np.isin(codes, wanted))
                conditions.append(
                    f"lines.{column}" + (".isna()" if control.value == NONE else f" == {control.value!r}")
                )
                words[PICKS[column].lower()] = "none" if control.value == NONE else control.label
        # The whole span is no condition: it would drop the lines that have no order date.
        for control, whole, sign in ((self.since, self._span[0], ">="), (self.until, self._span[1], "<=")):
            if control.value and control.value != whole and self._dates is not None:
                day = np.datetime64(control.value, "us")
                masks.append(self._dates >= day if sign == ">=" else self._dates <= day)
                conditions.append(f"lines.order_date {sign} '{control.value}'")
                words["ordered from" if sign == ">=" else "ordered to"] = str(control.value)
        of_all_vendors = self._part(masks, conditions, words)
        if self.search.value and self._vendors is not None:
            codes, names = self._vendors
            # in the names, of which there are thousands at most, not in the lines; and no regex: "Co. (KG" is a name
            hit = pd.Series(names, dtype="object").str.contains(self.search.value, case=False, regex=False)
            masks.append(np.isin(codes, np.flatnonzero(hit.to_numpy(dtype=bool))))
            conditions.append(named_like("lines", self.search.value))
            return Picked(self._part(masks, conditions, words | {"vendor": self.search.value}), of_all_vendors)
        return Picked(of_all_vendors, of_all_vendors)

    def contradiction(self) -> str:
        """Return what no line can be, where the dates ask for that."""
        first, last = self.since.value, self.until.value
        return f"Ordered from {first} is after ordered to {last}." if first and last and first > last else ""

    def _part(self, masks: list[Any], conditions: list[str], words: dict[str, str]) -> Part:
        if not masks:  # no copy of a million lines to show all of them
            return Part(self._lines, "lines", {})
        # & binds more tightly than ==, so in pandas several conditions need parentheses, and one reads better without
        condition = conditions[0] if len(conditions) == 1 else " & ".join(f"({s})" for s in conditions)
        lines = self._lines.take(np.flatnonzero(np.logical_and.reduce(masks)))
        known = {**(self._lines.attrs.get(FILTERS) or {}), **words}
        lines.attrs = {**self._lines.attrs, FILTERS: known}  # charts say in their footnotes what they are a part of
        return Part(lines, f"lines[{condition}]", words)


def _shown(lines: pd.DataFrame, column: str, values: Any) -> dict[str, str]:
    """Return the values of a column, and what is read in place of each: the names of a site, else the value itself.

    >>> _shown(pd.DataFrame({"site_id": ["1", "2", "3", "4"], "site_name": ["Ulm", "Ulm", "Gent", None]}), "site_id", list("1234"))
    {'1': 'Ulm (1)', '2': 'Ulm (2)', '3': 'Gent', '4': '4'}
    """
    shown = {str(v): str(v) for v in values}
    if column != "site_id" or "site_name" not in lines:
        return shown
    known: dict[str, set[str]] = {}  # of several connections, the same key may be that of two sites: it picks both
    for key, name in lines[["site_id", "site_name"]].dropna().drop_duplicates().itertuples(index=False, name=None):
        known.setdefault(str(key), set()).add(str(name))
    shown |= {key: " / ".join(sorted(names)) for key, names in known.items()}
    times = Counter(shown.values())
    return {key: f"{text} ({key})" if times[text] > 1 else text for key, text in shown.items()}


def _picker(label: str, shown: dict[str, str], some_missing: bool) -> w.Dropdown:
    known = sorted((text, value) for value, text in shown.items())
    options = [("all", ALL), *known, *([("(none)", NONE)] if some_missing else [])]
    return w.Dropdown(options=options, description=label, **NAMED)
