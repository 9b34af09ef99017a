"""Incremental update: the orders that changed take the place of the known ones, and the whole is what a full fetch would be.

Some of what a fetch tells of an order it reads from all orders together, or from lists beside them: a receipt that came since changes an
order that did not. Known orders that a list beside them contradicts are asked for by their key. Where the changes alone can't show what
all orders would, everything is fetched, and a note says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import FILTERS, stack
from ..purchases import Purchases, concat, own_days
from ..tidy import NO_ORDER, much_unreadable, told_beside, told_once, warnings_in, weighed_again
from . import _comparable
from ._changed_orders import ChangedOrderFetch
from ._comparable import NotEnough
from ._purchase_orders import PurchaseOrderFetch
from ._query import OrderQuery

#: The clocks of the source and of the synchronisation differ, so the last day is fetched again.
OVERLAP = pd.Timedelta(days=1)


_NEEDED = {
    "orders": ("connection", "order_id", "updated_at"),
    "lines": ("connection", "order_id", "line_id", "updated_at"),
    "issues": ("connection",),
    "sources": ("source", "fetched_at", "synced_at", "since", "until", "n_lines", "delivery_date", "notes"),
}


def known_rows(data: Any, connection: str) -> Purchases:
    """Return what is known of one connection, or raise `ConfigError` where there is nothing that an update could start from."""
    if not isinstance(data, Purchases):
        raise ConfigError(
            f"update takes the Purchases that fetch_purchases returned or Purchases.load read, not {type(data).__name__}"
        )
    names = data.sources["connection"].dropna().tolist()
    if connection not in names:
        there = ", ".join(map(repr, sorted(names))) or "none"
        raise ConfigError(
            f"update: these purchases have no connection {connection!r} (there is {there}): give the client the name that it had, or "
            "fetch_purchases and concat"
        )
    if part := {**(data.orders.attrs.get(FILTERS) or {}), **(data.lines.attrs.get(FILTERS) or {})}:
        told = ", ".join(f"{name} {text}" for name, text in part.items())
        raise ConfigError(
            f"update takes all of the purchases, and these are a part ({told:.120}): update all, and filter what it returns"
        )
    for table, needed in _NEEDED.items():
        if lacking := [c for c in needed if c not in getattr(data, table)]:
            raise SchemaError(
                f"update: {table} lack {lacking[0]!r}, by which their rows are known: pass the purchases as they were fetched"
            )
    known = _only(data, connection)
    source = str(known.sources["source"].iloc[0])
    if not source.startswith(("http://", "https://")):
        raise ConfigError(
            f"update: the rows of {connection!r} come from {source!r}, not from a connection: read that again"
        )
    return known


def _only(data: Purchases, connection: str, *, others: bool = False) -> Purchases:
    frames, days = {}, own_days(data.sources, data.as_of)
    for table in ("orders", "lines", "issues", "sources"):
        frame = getattr(data, table)
        mine = (frame["connection"] == connection).fillna(False).to_numpy(dtype=bool)
        frames[table] = frame[mine ^ others].reset_index(drop=True)
        if table == "sources":
            days = days[mine ^ others]
    return Purchases(**frames, as_of=None if days.isna().all() else days.min())


def last_change(known: Purchases) -> pd.Timestamp:
    """Return the latest known change; one dated after its own fetch is a wrong clock's, and would hide all that follow."""
    row = known.sources.iloc[0]
    until = min((t for t in (row["fetched_at"], row["synced_at"]) if not pd.isna(t)), default=None)
    if until is None:
        raise NotEnough("it is not known when these purchases were fetched")
    changes = known.orders["updated_at"]
    last = changes[changes <= until].max()
    if pd.isna(last):
        raise NotEnough("no change of a known order is dated")
    return last  # type: ignore[no-any-return]


def query_of(known: Purchases, modified_since: pd.Timestamp | None) -> OrderQuery:
    """Return the query for the span of order dates that was fetched."""
    since, until = (None if pd.isna(v := known.sources[c].iloc[0]) else v for c in ("since", "until"))
    return OrderQuery(since, until, modified_since)


def with_changes(known: Purchases, everything: PurchaseOrderFetch, per_page: int) -> Purchases:
    """Return the known rows of a connection as they are now, by what changed alone; `NotEnough` where that does not show it."""
    options = everything.options
    _comparable.check_known(known, options.timezone, options.stated())
    n_lines = known.sources["n_lines"].iloc[0]
    if pd.notna(n_lines) and n_lines != len(known.lines):
        raise NotEnough(f"of {n_lines:,} lines that were fetched {len(known.lines):,} are here")
    role = known.sources["delivery_date"].iloc[0]  # a few changed orders are too little evidence to weigh it
    if pd.isna(role):
        raise NotEnough("it is not known how the delivery date was read")
    fetch = ChangedOrderFetch(
        everything.endpoints,
        everything.show_progress,
        query_of(known, last_change(known) - OVERLAP),
        everything.refresh,
        replace(options, delivery_date=str(role)),
        everything.strict,
        known=known,
        per_page=per_page,
        stated_delivery_date=options.delivery_date,
    )
    return _merged(known, fetch.in_memory().purchases, fetch)


def all_instead(known: Purchases, everything: PurchaseOrderFetch, why: NotEnough) -> PurchaseOrderFetch:
    """Return the fetch of everything over the span of what is known, which says why it was needed."""
    return replace(everything, query=query_of(known, None), because=f"Everything was fetched, since {why}.")


def updated(data: Any, everything: PurchaseOrderFetch, per_page: int) -> Purchases:
    """Return purchases with the rows of a connection as the fetch of ``everything`` would have them now, over the span they have."""
    connection = everything.endpoints.session.connection
    known = known_rows(data, connection)
    try:
        mine = with_changes(known, everything, per_page)
    except NotEnough as why:
        mine = all_instead(known, everything, why).in_memory().purchases
    rest = _only(data, connection, others=True)
    if not any(map(len, (rest.orders, rest.lines, rest.issues, rest.sources))):
        return mine
    for table in ("orders", "lines"):  # a custom field of this connection is a column of the others' rows, too
        theirs, ours = getattr(rest, table), getattr(known, table)
        own = [c for c in theirs if str(c).startswith("custom.") and ours[c].notna().any() and theirs[c].isna().all()]
        rest = replace(rest, **{table: theirs.drop(columns=own)})
    return concat([rest, mine])


def _latest_day(data: Purchases, timezone: str) -> pd.Timestamp | None:
    last = pd.concat([data.orders["updated_at"], data.lines["updated_at"]]).max()
    return None if pd.isna(last) else last.tz_convert(timezone).tz_localize(None).normalize()


def _merged(known: Purchases, fresh: Purchases, fetch: ChangedOrderFetch) -> Purchases:
    """Return the known rows of a connection with fresh orders in place of the known ones."""
    options, connection = fetch.options, fetch.endpoints.session.connection
    gone = set(fresh.orders["order_id"])
    kept = fetch.unchanged(gone)
    orders, lines = stack([kept.orders, fresh.orders]), stack([kept.lines, fresh.lines])
    beside, on_receipts = told_beside(lines, orders["order_id"], fetch.got["lists"], connection, options.timezone)
    replaced = Purchases(
        known.orders[known.orders["order_id"].isin(gone)], known.lines[known.lines["order_id"].isin(gone)], known.issues
    )
    issues = _issues(known, replaced, fresh, beside)
    mine = Purchases(orders, lines, issues, known.sources, known.as_of)
    _comparable.check(known, replaced, fresh, mine)
    role, on_role = _role(known, lines, fetch)
    notes = _notes(fresh.sources["notes"].iloc[0], lines, [on_role, on_receipts], len(fresh.orders))
    row = fresh.sources.assign(
        notes=pd.array([notes], dtype="string"),
        n_orders=pd.array([len(orders)], dtype="Int64"),
        n_lines=pd.array([len(lines)], dtype="Int64"),
        server_total=pd.array([fetch.got["total"]], dtype="Int64"),
        delivery_date=pd.array([role], dtype="string"),
    )
    as_of = _latest_day(mine, options.timezone) or fresh.as_of
    limited = fetch.query.since is not None or fetch.query.until is not None
    if limited and known.as_of is not None and as_of is not None:
        # of the orders just outside of the span, too, as a fetch has it
        as_of = max(day for day in (as_of, known.as_of, fresh.as_of) if day is not None)
    frames = {
        "orders": _comparable.without_emptied(known.orders, orders),
        "lines": _comparable.without_emptied(known.lines, lines),
    }
    return Purchases(**frames, issues=issues, sources=row, as_of=as_of)


def _role(known: Purchases, lines: pd.DataFrame, fetch: ChangedOrderFetch) -> tuple[str, str]:
    """Return what the delivery date means and a sentence on it; where it is not stated, weighed over all lines again."""
    role, stated = str(known.sources["delivery_date"].iloc[0]), fetch.stated_delivery_date
    if stated != "auto":
        if stated != role:
            raise NotEnough(f"the delivery date was taken as {role}")
        return role, ""
    weighed = weighed_again(
        lines, role, fetch.got["lists"].get("receipts", ()), fetch.options.timezone, fetch.options.statuses
    )
    if weighed is None:
        raise NotEnough(
            "the meaning of the delivery date is weighed over all receipts: pass delivery_date= to state it"
        )
    if weighed[0] != role:
        raise NotEnough(f"the delivery date shows to be {weighed[0]}, not {role}")
    return role, f"The delivery date is taken as {role}: {weighed[1]}."


def _issues(known: Purchases, replaced: Purchases, fresh: Purchases, beside: pd.DataFrame) -> pd.DataFrame:
    """Return the issues: those of known orders and lines that stay, those of the fresh ones, and those beside the orders."""
    old, new = known.issues, fresh.issues
    gone = ((old["table"] == "orders") & old["id"].isin(replaced.orders["order_id"])) | (
        (old["table"] == "lines") & old["id"].isin(replaced.lines["line_id"])
    )
    stays = old["table"].isin(["orders", "lines"]) & (~gone | told_once(old))
    of_all = new["table"].isin(["receipts", "receipt lines"])  # told anew, of all orders
    of_all |= (new["table"] == "return lines") & new["reason"].str.startswith(NO_ORDER)
    frames = [old[stays.to_numpy(dtype=bool)], new[~of_all.fillna(False).to_numpy(dtype=bool)], beside]
    if _comparable.was_cut(known):  # then a fetch keeps the issues of orders and lines alone
        frames[2] = beside[beside["id"].isna().to_numpy(dtype=bool)]
    return stack(frames)


def _notes(notes: Any, lines: pd.DataFrame, more: list[str], n: int) -> str:
    """Return the notes of the changes as notes of all: warnings counted over all lines, what is of few rows said to be so."""
    _, rest = warnings_in(notes)
    sentences = [
        *much_unreadable(lines),
        f"Updated: {n:,} orders that changed took the place of the known ones; counts in notes are of these.",
    ]
    return " ".join(s for s in [*sentences, rest, *more] if s)
