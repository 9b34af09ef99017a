"""Part of the purchases: the lines that were picked, and of orders, issues and sources what belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from ..errors import ConfigError, OptionError
from ..frames import (
    ALL_BUT_DRAFTS,
    FILTERS,
    FIRST_ORDERS,
    RECORDED,
    TOLD_IN,
    days_of,
    encode,
    in_state,
    known_first_orders,
    moment_of,
    recorded,
    told_in,
    values,
)
from ..system import near, texts_of
from ..tidy import currency_code
from ._reach import own_days

if TYPE_CHECKING:
    from ._purchases import Purchases

#: The columns that a name is looked for in, where it is not the one of that name. A vendor is known by its id and by its name.
_LOOKED_FOR = {"vendor": ("vendor_id", "vendor_name"), "site": ("site_id", "site_name")}
OPTIONS = ("connection", "vendor", "since", "until")
#: What other libraries and people call the options.
_CALLED = {
    "since": ("from", "from_", "start", "start_date", "date_from", "from_date", "first"),
    "until": ("to", "to_", "end", "end_date", "date_to", "to_date", "last"),
    "vendor": ("supplier", "suppliers", "supplier_name", "supplier_id", "vendors", "seller"),
    "connection": ("connections", "source", "system"),
    "product_code": (
        "item",
        "material",
        "product",
        "sku",
        "article",
        "part",
        "part_number",
        "item_code",
        "material_code",
    ),
    "order_number": ("po", "po_number", "order", "purchase_order", "order_no"),
    "site_name": ("plant", "location", "warehouse", "facility"),
}
#: Where a value may stand that a column has not: a material is known by its id, its code and its name.
_STANDS_IN = ("product_code", "material_id", "product_id", "description", "vendor_name", "vendor_id", "site_name", "site_id", "order_number", "order_id", "category")  # fmt: skip
_INSTEAD = {name: f"{option}=" for option, names in _CALLED.items() for name in names} | {
    "year": "since=2025, until=2025"
}


def filtered(data: Purchases, picks: Mapping[str, Any], since: Any, until: Any) -> Purchases:
    """Return what `Purchases.filter` promises; ``picks`` has a value, or several, by the name of what is picked by."""
    for name in picks:
        _must_be_known(data.lines, name)
    wanted = {
        name: _meant(data.lines, name, texts_of(name, value)) for name, value in picks.items() if value is not None
    }
    first, last = (
        None if day is None else moment_of(name, day, last=name == "until").tz_localize(None).normalize()
        for name, day in (("since", since), ("until", until))
    )
    if first is not None and last is not None and first > last:
        raise ConfigError(f"since={first.date()} is after until={last.date()}")
    if not wanted and first is None and last is None:  # frozen, so the same object does
        return data
    of_lines = _mask(data.lines, wanted, first, last)
    lines = data.lines[of_lines].reset_index(drop=True)
    orders = data.orders
    if len(orders):  # purchases of lines alone, as an explorer keeps them, are filtered at each click
        key = ["connection", "order_id"]
        mine, all_of_them, order = (
            pd.MultiIndex.from_frame(frame.reindex(columns=key)) for frame in (lines, data.lines, orders)
        )
        # an order without lines stays where it is known to be meant
        of_orders = order.isin(mine) | (~order.isin(all_of_them) & _mask(orders, wanted, first, last))
        orders = orders[of_orders].reset_index(drop=True)
    sources = _sources(data, lines, orders, wanted)
    names = set(sources["connection"].dropna()) if len(sources) else set(data.issues["connection"].dropna())
    days = own_days(data.sources, data.as_of)[data.sources["connection"].isin(names)]
    told = {n: ", ".join(sorted(texts)) for n, texts in wanted.items()}
    told |= {n: str(d.date()) for n, d in (("ordered from", first), ("ordered to", last)) if d is not None}
    dates = values(data.lines, "order_date", "datetime64[us]").isna().to_numpy(dtype=bool)
    dated = first is not None or last is not None
    undated = _mask(data.lines, wanted, None, None) & dates if dated else np.zeros(len(dates), dtype=bool)
    of = encode(values(data.lines, "connection", "string"))
    place = of.labels.get_indexer(pd.Index(sources["connection"]))
    counts = [
        np.bincount(of.codes[rows] + 1, minlength=len(of.labels) + 1)[1:] for rows in (slice(None), of_lines, undated)
    ]
    named = np.append(np.isin(np.arange(len(of.labels)), place), False)[of.codes]
    whole = (len(of.codes), int(of_lines.sum()), int(undated.sum()), 0)
    notes = []
    for at, own in zip(place.tolist(), sources["notes"], strict=True):
        of_name = (*(int(n[at]) if at >= 0 else 0 for n in counts), int((~named).sum()))
        # where lines name no connection, they are counted together
        note = _note(told, *(whole if (of.codes < 0).any() else of_name))
        notes.append(_before(note, own))
    sources["notes"] = notes
    for name, day, narrower in (("since", first, "max"), ("until", last, "min")):
        if day is not None:  # a period that the span cuts is not whole, and the year before it is not there
            own = pd.to_datetime(sources[name])
            sources[name] = getattr(pd.concat([own, pd.Series(day, index=own.index)], axis=1), narrower)(axis=1)
    made = replace(
        data,
        orders=orders,
        lines=lines,
        issues=_issues(data.issues, lines, orders, names),
        sources=sources.astype(data.sources.dtypes.to_dict()),
        as_of=days.min() if days.notna().any() else data.as_of,
    )
    made.lines.attrs[TOLD_IN] = told_in(data.lines)
    made.lines.attrs[RECORDED] = recorded(data.lines).carried()
    picked = _together(data.lines.attrs.get(FILTERS) or {}, told)
    if "state" in picked and "state" in wanted and _all_but_drafts(data.lines, wanted["state"]):
        picked["state"] = ALL_BUT_DRAFTS
    for frame in (made.orders, made.lines):
        frame.attrs[FILTERS] = picked
    made.lines.attrs[FIRST_ORDERS] = _first_orders(data.lines, made.lines)
    return made


def _first_orders(whole: pd.DataFrame, part: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the first order day of each connection in the whole and in the part: the data of a vendor reach as far back as all others."""
    if "order_date" not in whole:
        return {}
    first, of_part = (
        pd.Series(days_of(f, "order_date").astype("datetime64[us]"), index=f.index)
        .groupby(values(f, "connection", "string"), observed=True)
        .min()
        .dropna()
        .to_dict()
        for f in (whole, part)
    )
    known = known_first_orders(whole)
    return {str(c): (known.get(str(c), str(first[c].date())), str(day.date())) for c, day in of_part.items()}


def _columns(lines: pd.DataFrame, name: str) -> list[str]:
    return [c for c in _LOOKED_FOR.get(name, (name,)) if c in lines]


def _must_be_known(lines: pd.DataFrame, name: str) -> None:
    """Raise `OptionError`, with the near names, where the lines have no such column."""
    if name not in OPTIONS and not _columns(lines, name):
        known = _INSTEAD.get(name.casefold())
        if known and known.endswith("=") and known[:-1] not in (*OPTIONS, *lines.columns):
            known = None
        alike = f"; pass {known}" if known else near(name, [*OPTIONS, *map(str, lines.columns)])
        raise OptionError(f"filter() has no option {name!r}, and the lines no such column{alike}")
    for column in _columns(lines, name):
        if is_numeric_dtype(lines[column]) or is_datetime64_any_dtype(lines[column]):  # flags are numeric, too
            raise OptionError(
                f"filter() picks by columns of text, and {column!r} holds {lines[column].dtype}: data.lines[data.lines.{column} == ...] "
                "are the lines for a figure"
            )


def _meant(lines: pd.DataFrame, name: str, texts: Collection[str]) -> set[str]:
    """Return the values as the lines have them, "EUR" for "eur"; raise where none has: a typing error would give an empty figure."""
    columns = _columns(lines, name)
    try:
        there = {str(v) for c in columns for v in lines[c].dropna().unique()}
    except TypeError:  # unhashable
        raise OptionError(f"filter() picks by columns of text, and {name!r} holds lists or objects") from None
    out = set()
    for text in texts:
        same = {text} if text in there else {t for t in there if t.casefold() == text.strip().casefold()}
        if not same and name == "currency":
            same = {t for t in there if currency_code(t) == currency_code(text)}
        out |= same or {text}
        if not same and len(lines):
            few = (
                f"; there {'is' if len(there) == 1 else 'are'} {', '.join(sorted(there))}"
                if 0 < len(there) <= 8
                else ""
            )
            others = [c for c in _STANDS_IN if c in lines and c not in columns and (lines[c] == text).any()]
            elsewhere = f"; {others[0]}={text!r} has lines" if others else ""
            raise ConfigError(f"{name}={text!r}: no line has it{elsewhere or near(text, there, cutoff=0.4) or few}")
    return out


def _mask(frame: pd.DataFrame, wanted: Mapping[str, Collection[str]], first: Any, last: Any) -> Any:
    """Return which rows are picked; of a frame that lacks a column none is known to be."""
    found = np.ones(len(frame), dtype=bool)
    for name, texts in wanted.items():
        hit = np.zeros(len(frame), dtype=bool)
        for column in _columns(frame, name):
            hit |= frame[column].astype("string").isin(texts).to_numpy(dtype=bool)
        found &= hit
    if first is not None or last is not None:
        days = pd.Series(days_of(frame, "order_date").astype("datetime64[us]"))
        found &= days.between(first or pd.Timestamp.min, last or pd.Timestamp.max).to_numpy(dtype=bool)
    return found


def _sources(
    data: Purchases, lines: pd.DataFrame, orders: pd.DataFrame, wanted: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Return the sources that have a part in it, with the numbers of what is left of each."""
    of_each = [values(frame, "connection", "string") for frame in (orders, lines)]
    there = wanted.get("connection") or {name for names in of_each for name in names.dropna().unique()}
    of = data.sources["connection"]
    days = own_days(data.sources, data.as_of)
    sources = data.sources.assign(as_of=days) if len(set(days)) > 1 else data.sources
    sources = sources[of.isin(there) | of.isna()].reset_index(drop=True)
    for name, names in zip(("n_orders", "n_lines"), of_each, strict=True):
        n = sources["connection"].map(names.value_counts()).fillna(0)
        sources[name] = n.mask(sources["connection"].isna(), names.isna().sum()).astype("Int64")
    return sources


def _issues(issues: pd.DataFrame, lines: pd.DataFrame, orders: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Return the issues of the rows that are left, and those that stand for many rows of a connection that is."""
    if not len(issues):
        return issues
    of_rows = np.zeros(len(issues), dtype=bool)
    row = pd.MultiIndex.from_frame(issues[["connection", "id"]])
    for frame, key in ((lines, "line_id"), (orders, "order_id")):
        of_rows |= row.isin(pd.MultiIndex.from_frame(frame.reindex(columns=["connection", key]).dropna()))
    of_many = issues["id"].isna() & issues["connection"].isin(list(names))
    return issues[of_rows | of_many.to_numpy(dtype=bool)].reset_index(drop=True)


def _together(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return what lines are narrowed to by two filters: of two spans to the later first and the earlier last day."""
    both = {**before, **now}
    for name, narrower in (("ordered from", max), ("ordered to", min)):
        if name in before and name in now:
            both[name] = narrower(before[name], now[name])
    return both


def _all_but_drafts(lines: pd.DataFrame, states: Collection[str]) -> bool:
    """Whether all states that there are were picked, but for drafts: those count in no figure."""
    already = (lines.attrs.get(FILTERS) or {}).get("state", ALL_BUT_DRAFTS) == ALL_BUT_DRAFTS
    return already and set(values(lines, "state", "string").dropna().unique()) - {"draft"} <= set(states)


def _note(told: Mapping[str, str], n_all: int, n_left: int, n_undated: int, n_others: int) -> str:
    """Return what was picked, and how many lines that left out: included and left out add up to all."""
    words = ", ".join(f"{name} {text}" for name, text in told.items())
    undated = f", {n_undated:,} of them for want of an order date" if n_undated else ""
    others = f", and all {n_others:,} of other connections" if n_others else ""
    return f"Only {words}: {n_left:,} of {n_all:,} lines; {n_all - n_left:,} left out{undated}{others}."


def _before(note: str, own: Any) -> str:
    """Return a note before the own notes of a source, where it has any."""
    return " ".join(t for t in (note, "" if pd.isna(own) else own) if t)


def mark_open_list(lines: pd.DataFrame, sources: pd.DataFrame, as_of: pd.Timestamp | None) -> None:
    """Mark a table that lists only open orders as one that was picked by state: of these each line is late or not yet due.

    Among so many lines of so many vendors, some of them past due, one at least would have come.
    """
    due = np.fmin(*(days_of(lines, f"{which}_date") for which in ("required", "promised")))
    if (
        as_of is None
        or len(lines) < _LISTED
        or not told_in(lines)
        or not in_state(lines, "open").all()
        or values(lines, "delivered_date", "datetime64[us]").notna().any()
        or len(values(lines, "vendor_name", "string").dropna().unique()) < _VENDORS
        or not (due < np.datetime64(as_of, "D")).any()
    ):
        return
    lines.attrs[FILTERS] = {"state": "open"}
    note = "Every line is open: taken for a list of open orders, which tells nothing of on time, lead times, or the year before."
    sources["notes"] = [_before(note, own) for own in sources["notes"]]


_LISTED, _VENDORS = 20, 3
