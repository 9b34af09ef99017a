"""The filter bar: its controls, and what they pick, as rows and as the code that picks the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from ._source import Part, Pick, Source, spoken

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
class Picked:
    """What the controls leave, and what they would leave without a name in the search.

    The search shows fewer vendors and makes no new facts: the share of one among all, its rank, and whether it is later than the
    others, are found over the lines of all.
    """

    part: Part
    of_all_vendors: Part

    def spoken(self) -> list[str]:
        """Return what was picked, as a title says it."""
        search = self.part.words.get("vendor")
        return spoken(self.part.words | ({"vendor": f'vendors with "{search}"'} if search else {}))


def named_like(frame: str, text: str) -> str:
    """Return the code for the rows of vendors with a text in their name."""
    return f"{frame}.vendor_name.str.contains({text!r}, case=False, regex=False, na=False)"


class Filters:
    """The controls over some lines; ``picked`` gives what they leave."""

    def __init__(self, source: Source, *, without: tuple[str, ...] = ()) -> None:
        self._source, lines = source, source.lines
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
        self._by_name = _known_by_name(lines)
        self._vendors = pd.factorize(lines["vendor_name"]) if "vendor_name" in lines else None
        known = sorted(map(str, self._vendors[1])) if self._vendors is not None else []
        self.search = w.Combobox(
            placeholder="part of a name",
            description="Vendor",
            options=known[:_MOST_SUGGESTED],
            continuous_update=False,
            **NAMED,
        )
        self._dates: Any = lines["order_date"].to_numpy(dtype="datetime64[us]") if "order_date" in lines else None
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
        picks = [self._of_column(column) for column, control in self.picks.items() if control.value != ALL]
        # The whole span is no condition: it would drop the lines that have no order date.
        if self.since.value and self.since.value != self._span[0]:
            picks.append(self._of_date(self.since.value, "since"))
        if self.until.value and self.until.value != self._span[1]:
            picks.append(self._of_date(self.until.value, "until"))
        of_all_vendors = self._source.part(picks)
        text = self.search.value
        if not text or self._vendors is None:
            return Picked(of_all_vendors, of_all_vendors)
        codes, names = self._vendors
        # in the names, of which there are thousands at most, not in the lines; and no regex: "Co. (KG" is a name
        hit = pd.Series(names, dtype="object").str.contains(text, case=False, regex=False).to_numpy(dtype=bool)
        lines = self._source.every
        found = Pick(
            np.isin(codes, np.flatnonzero(hit)),
            ("vendor", text),
            named_like("", text),
            ("vendor", [*map(str, np.asarray(names)[hit])], f"set({lines}.vendor_name[{named_like(lines, text)}])"),
        )
        return Picked(self._source.part([*picks, found]), of_all_vendors)

    def _of_column(self, column: str) -> Pick:
        control, (codes, names) = self.picks[column], self._codes[column]
        name = PICKS[column].lower()
        if control.value == NONE:  # -1 is pandas's code of a missing value
            return Pick(codes == -1, (name, "none"), f".{column}.isna()", missing=column)
        meant = np.flatnonzero(np.asarray(names, dtype=str) == control.value)
        value = np.asarray(names, dtype=object)[meant[0]]  # a column of a user's own may hold whole numbers
        known = "site" if column.startswith("site") and control.value in self._by_name else column
        option = (known, control.label if known == "site" else control.value)
        return Pick(np.isin(codes, meant), (name, control.label), f".{column} == {value!r}", (*option, repr(option[1])))

    def _of_date(self, value: date, option: str) -> Pick:
        day, text, first = np.datetime64(value, "us"), str(value), option == "since"
        return Pick(
            self._dates >= day if first else self._dates <= day,
            ("ordered from" if first else "ordered to", text),
            f".order_date {'>=' if first else '<='} {text!r}",
            (option, text, repr(text)),
        )

    def contradiction(self) -> str:
        """Return what no line can be, where the dates ask for that."""
        first, last = self.since.value, self.until.value
        return f"Ordered from {first} is after ordered to {last}." if first and last and first > last else ""


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


def _known_by_name(lines: pd.DataFrame) -> set[str]:
    """Return the names of sites, and the keys of those that are picked by their names just as well: no name is another's key.

    >>> sorted(_known_by_name(pd.DataFrame({"site_id": ["1", "2", "3", "4", None], "site_name": ["Ulm", "Ulm", "Gent", None, "Lyon"]})))
    ['3', 'Gent', 'Lyon', 'Ulm']
    """
    pairs = lines.reindex(columns=["site_id", "site_name"]).drop_duplicates().astype("string")
    keys, names = pairs["site_id"], pairs["site_name"]
    safe = names.notna() & ~names.isin(keys) & ~keys.isin(names.dropna())
    alone = safe & ~names.duplicated(keep=False) & ~keys.duplicated(keep=False)
    return {*names[safe], *keys[alone].dropna()}


def _picker(label: str, shown: dict[str, str], some_missing: bool) -> w.Dropdown:
    known = sorted((text, value) for value, text in shown.items())
    options = [("all", ALL), *known, *([("(none)", NONE)] if some_missing else [])]
    return w.Dropdown(options=options, description=label, **NAMED)
