"""Incremental update: changed orders replace the ones already known. Deletions show in a full fetch only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from ..frames import stack
from ..purchases import Purchases, own_days
from ..tidy import NO_LINE, NO_ORDER, kinds, much_unreadable, told_once, warnings_in

#: The clocks of the source and of the synchronisation differ, so the last day is fetched again.
OVERLAP = pd.Timedelta(days=1)


def last_change(data: Purchases, connection: str) -> pd.Timestamp | None:
    """Return the latest known change of a connection, or None."""
    times = [t.loc[t["connection"] == connection, "updated_at"].max() for t in (data.orders, data.lines)]
    known = [t for t in times if t is not pd.NaT]
    return max(known) if known else None


def known_role(data: Purchases, connection: str, default: str) -> str:
    """Return how the connection's delivery date was read so far: a few changed orders are too little evidence to decide again."""
    known = data.sources.loc[data.sources["connection"] == connection, "delivery_date"].dropna()
    return str(known.iloc[0]) if len(known) else default


def merge(data: Purchases, fresh: Purchases, connection: str, *, whole: bool) -> Purchases:
    """Return the purchases with fresh orders of a connection in place of the known ones; of all of them where ``whole``."""
    # Ids are unique within a connection only, so every comparison is limited to this one.
    mine = data.orders["connection"] == connection
    gone = set(data.orders.loc[mine, "order_id"] if whole else fresh.orders["order_id"])

    def kept(frame: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
        return frame[~((frame["connection"] == connection) & ids.isin(gone)).to_numpy(dtype=bool)]

    lines_gone = set(
        data.lines.loc[(data.lines["connection"] == connection) & data.lines["order_id"].isin(gone), "line_id"]
    )
    issues, fresh_issues = data.issues, fresh.issues
    stale = issues["connection"] == connection
    if not whole:
        # Issues of orders and lines that are replaced go with them; the fresh ones bring their own.
        of_orders = issues["table"].isin(["orders", "receipt lines"]) & issues["id"].isin(gone)
        stale &= (of_orders | ((issues["table"] == "lines") & issues["id"].isin(lines_gone))) & ~told_once(issues)
        stays = data.orders["order_id"][mine & ~data.orders["order_id"].isin(gone)]
        known = issues[((issues["connection"] == connection) & ~stale).to_numpy(dtype=bool)]
        fresh_issues = _news(fresh_issues, known, stays)
    orders = stack([kept(data.orders, data.orders["order_id"]), fresh.orders])
    lines = stack([kept(data.lines, data.lines["order_id"]), fresh.lines])
    notes = fresh.sources["notes"].iloc[0]
    if not whole:  # the warnings are of all lines, not of those that changed
        _, rest = warnings_in(notes)
        now = much_unreadable(lines[(lines["connection"] == connection).to_numpy(dtype=bool)])
        notes = " ".join([*now, rest])
    row = fresh.sources.assign(
        notes=pd.array([notes], dtype="string"),
        n_orders=pd.array([int((orders["connection"] == connection).sum())], dtype="Int64"),
        n_lines=pd.array([int((lines["connection"] == connection).sum())], dtype="Int64"),
    )
    if not whole:  # the span of order dates is still that of the first fetch
        known = data.sources[data.sources["connection"] == connection]
        row = row.assign(**{c: known[c].to_numpy()[:1] for c in ("since", "until") if c in known and len(known)})
    sources = stack([data.sources[(data.sources["connection"] != connection).to_numpy(dtype=bool)], row])
    known_to = own_days(data.sources, data.as_of).to_numpy()
    of_this = (data.sources["connection"] == connection).to_numpy(dtype=bool)
    now = _latest(*known_to[of_this], fresh.as_of)
    own = pd.DatetimeIndex([*known_to[~of_this], now])  # in the order of the sources
    if len(own.unique()) > 1:
        sources = sources.assign(as_of=own.astype("datetime64[us]"))
    return replace(
        data,
        orders=orders,
        lines=lines,
        issues=stack([issues[~stale.to_numpy(dtype=bool)], fresh_issues]),
        sources=sources,
        as_of=None if own.isna().all() else own.min(),
    )


def _latest(*days: Any) -> Any:
    """Return the latest of some days, NaT where none is known."""
    return max((pd.Timestamp(d) for d in days if d is not None and not pd.isna(d)), default=pd.NaT)


def _news(fresh: pd.DataFrame, known: pd.DataFrame, unchanged: pd.Series) -> pd.DataFrame:
    """Return the issues of changed orders that are not told already; ``unchanged`` are the ids of the other orders.

    Receipts and returns come whole, the orders only where they changed: that a receipt's order is not among those says nothing.
    """
    once = told_once(fresh)
    again = once & kinds(fresh).isin(kinds(known[told_once(known)]))
    beside = ~fresh["table"].isin(["orders", "lines"])
    again |= beside & (fresh["id"] + " " + kinds(fresh)).isin(known["id"] + " " + kinds(known))
    again |= (fresh["table"] == "receipt lines") & fresh["id"].isin(unchanged) & fresh["reason"].str.startswith(NO_LINE)
    again |= (fresh["table"] == "return lines") & fresh["reason"].str.startswith(NO_ORDER)
    return fresh[~again.fillna(False).to_numpy(dtype=bool)]
