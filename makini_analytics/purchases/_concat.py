"""Several purchases as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..errors import ConfigError, SchemaError
from ..frames import FILTERS, RECORDED, TOLD_IN, need, recorded, stack, told_in
from ..tidy import ISSUES, LINES, ORDERS, SOURCES
from ._purchases import Purchases
from ._reach import own_days


def concat(purchases: Iterable[Purchases]) -> Purchases:
    """Return several purchases as one; each row has its connection's name.

    Each connection keeps its own as-of day, from which its lines are looked at (``sources.as_of``, where the days differ);
    ``as_of`` of the whole is the earliest one, the last day on which all of them are known. One day for all is stated where it is
    wanted, ``as_of="2025-11-30"`` of a figure. A custom field that is typed differently becomes text.

    Parameters
    ----------
    purchases : at least one; no two may have a connection of the same name

    Returns
    -------
    Purchases, with the rows of all of them

    Raises
    ------
    SchemaError
        Two of them have a connection of the same name, whose rows could not be told apart; one has rows without; or none is given.

    ConfigError
        It is no list of Purchases.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> both = ma.concat([ma.load_sample(["emea"]), ma.load_sample(["us"])])
    >>> both.sources.connection.tolist(), len(both.orders)
    (['emea', 'us'], 1550)
    """
    if isinstance(purchases, Purchases) or not isinstance(purchases, Iterable):
        raise ConfigError(f"concat takes a list of Purchases, not {type(purchases).__name__}: pass [emea, us]")
    parts = list(purchases)
    if odd := [type(p).__name__ for p in parts if not isinstance(p, Purchases)]:
        raise ConfigError(f"concat takes Purchases, not {odd[0]}: pass [emea, us]")
    if not parts:
        raise SchemaError("concat needs at least one Purchases")
    seen: set[str] = set()
    for p in parts:
        for name, table in (("orders", p.orders), ("sources", p.sources)):
            need(table.columns, "connection", metric=f"concat of {name}")
        names = set(p.orders["connection"].dropna()) | set(p.sources["connection"].dropna())
        if names & seen:
            twice = ", ".join(sorted(names & seen))
            filtered = any(p.lines.attrs.get(FILTERS) for p in parts)
            parted = "if these are parts of one whole, filter that once; else " if filtered else ""
            raise SchemaError(
                f"the connection {twice!r} comes twice: {parted}give each Client or table its own connection="
            )
        seen |= names
    days = [p.as_of for p in parts if p.as_of is not None]
    if len(set(days)) > 1:
        parts = [replace(p, sources=p.sources.assign(as_of=own_days(p.sources, p.as_of))) for p in parts]
    tables = {"orders": ORDERS, "lines": LINES, "issues": ISSUES, "sources": SOURCES}
    frames = {t: stack([getattr(p, t) for p in parts]) for t in tables}
    frames["lines"].attrs |= _carried(parts)
    return Purchases(**frames, as_of=min(days) if days else None)


def _carried(parts: list[Purchases]) -> dict[str, Any]:
    """Return what parts of a whole know of it: each of its own connections, and what all were narrowed to alike."""
    out: dict[str, Any] = {}
    if any(RECORDED in p.lines.attrs for p in parts):
        out[TOLD_IN] = sorted({name for p in parts for name in told_in(p.lines)})
        each = [recorded(p.lines).carried() for p in parts]
        out[RECORDED] = {k: {n: day for of in each for n, day in of[k].items()} for k in each[0]}
    filters = [p.lines.attrs.get(FILTERS) for p in parts]
    return out | ({FILTERS: filters[0]} if filters[0] and all(f == filters[0] for f in filters) else {})
