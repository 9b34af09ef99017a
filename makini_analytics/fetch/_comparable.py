"""Whether changed orders alone show what a full fetch would show of them, and leave the known ones as they are.

What is read of an order mostly follows from its own record. What does not - a decimal mark judged over all numbers, a doubt told once
for many rows, the type of a custom field - is looked for here; where it could come out differently, `NotEnough` says so.
"""

from __future__ import annotations

import re

import pandas as pd

from ..frames import to_strings
from ..purchases import Purchases
from ..tidy import MANY_ROWS, MOST_ROWS, READ_TOGETHER, told_once

_TWO_WAYS = "can be read as "
_NO_KEY = ("the record has no key", "the record is no object")
#: What a custom field of text would be typed as, were all of it so: a number, a flag, a date.
_TYPED = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?|true|false|\d{4}-\d\d-\d\d([T ].*)?", re.IGNORECASE)


class NotEnough(Exception):
    """The changed orders alone don't show what a full fetch would; the text says why."""


def check_known(known: Purchases, timezone: str, stated: str | None) -> None:
    """Raise where known orders can't be brought up to date one by one; ``stated`` is what their values are read with now."""
    was = known.sources["read_with"].iloc[0] if "read_with" in known.sources else None  # an older version told nothing
    before = None if pd.isna(was) else str(was)
    if before != stated:
        raise NotEnough(
            f"values were read with {before or 'nothing stated'}, and now with {stated or 'nothing stated'}"
        )
    if timezone != "UTC":
        raise NotEnough(f"whether midnights are days or instants of {timezone} shows in all dates of a column")
    if not len(known.orders):
        raise NotEnough("no order is known yet")
    orders = known.issues[known.issues["table"] == "orders"]
    if orders["reason"].str.startswith(_NO_KEY).any():
        raise NotEnough("orders without a key can't be told from each other")
    _check_read_together(known)


def check(known: Purchases, replaced: Purchases, fresh: Purchases, merged: Purchases) -> None:
    """Raise where the merged rows could be others than those of a full fetch."""
    _check_read_together(fresh)
    if merged.orders["order_id"].duplicated().any() or merged.lines["line_id"].duplicated().any():
        raise NotEnough("the same key stands at several rows")
    _check_told_once(known, replaced, fresh, merged)
    for table in ("orders", "lines"):
        frames = (getattr(p, table) for p in (known, replaced, fresh, merged))
        _check_custom(*frames)


def _check_read_together(data: Purchases) -> None:
    notes = data.sources["notes"].iloc[0] if len(data.sources) else ""
    if any(sentence in str(notes) for sentence in READ_TOGETHER):
        raise NotEnough("numbers with a decimal comma, or vendors without a key, are read from all orders together")
    if data.issues["reason"].str.startswith(_TWO_WAYS).any():
        raise NotEnough("numbers can be read in two ways: pass decimal=")


def was_cut(known: Purchases) -> bool:
    """Whether the server had more orders than those of the span."""
    row = known.sources.iloc[0]
    limited = not (pd.isna(row["since"]) and pd.isna(row["until"]))
    return limited and bool(pd.isna(row["server_total"]) or row["server_total"] != len(known.orders))


def _check_told_once(known: Purchases, replaced: Purchases, fresh: Purchases, merged: Purchases) -> None:
    """Issues that stand for many rows give their number, and the first row's id and value, which changes may alter."""
    for data in (known, fresh):
        once = data.issues[told_once(data.issues).to_numpy(dtype=bool)]
        if was_cut(known) and len(once[~once["table"].isin(["orders", "lines"])]):
            raise NotEnough("what is told once is of all orders")
        for row in once[once["table"].isin(["orders", "lines"])].itertuples():
            of, column = getattr(replaced, str(row.table)), str(row.column)
            if data is fresh or column not in ("status", "currency") or (to_strings(of[column]) == row.value).any():
                raise NotEnough(f"what is told once for many rows is counted anew ({row.reason})")
    if was_cut(known) and (merged.issues["table"] == "return lines").any():
        raise NotEnough("returns of orders outside of the span are not known")
    for table in ("orders", "lines"):
        counts = [_counts(p.issues, table) for p in (known, merged)]
        least = [max(MANY_ROWS, MOST_ROWS * len(getattr(p, table))) for p in (known, merged)]
        many = [c[c >= n].index for c, n in zip(counts, least, strict=True)]
        if len(many[1].difference(many[0])):
            raise NotEnough("a doubt has become one of most rows, which is told once")


def _counts(issues: pd.DataFrame, table: str) -> pd.Series:
    rows = issues[(issues["table"] == table).to_numpy(dtype=bool)]
    return rows.groupby(["column", "reason"], observed=True).size()


def _check_custom(known: pd.DataFrame, replaced: pd.DataFrame, fresh: pd.DataFrame, merged: pd.DataFrame) -> None:
    """A custom field is typed by all of its values."""
    for name in (c for c in merged.columns if str(c).startswith("custom.")):
        there = [f[name] for f in (known, fresh) if name in f and f[name].notna().any()]
        if len({str(s.dtype) for s in there}) > 1:
            raise NotEnough(f"{name} has values of another type now")
        if not there or name not in replaced or not replaced[name].notna().any():
            continue
        now, then = merged[name].dropna(), known[name].dropna()
        if isinstance(now.dtype, pd.StringDtype):
            odd_then, odd_now = (not to_strings(s).map(lambda t: bool(_TYPED.fullmatch(t))).all() for s in (then, now))
        elif isinstance(now.dtype, pd.DatetimeTZDtype):
            odd_then, odd_now = (bool((s != s.dt.normalize()).any()) for s in (then, now))
        else:
            continue
        if odd_then and not odd_now:
            raise NotEnough(f"{name} may have values of one type now")


def without_emptied(known: pd.DataFrame, merged: pd.DataFrame) -> pd.DataFrame:
    """Return the merged rows without custom fields that no row has any longer: a fetch would not know of them."""
    gone = [
        c
        for c in merged.columns
        if str(c).startswith("custom.") and merged[c].isna().all() and not (c in known and known[c].isna().all())
    ]
    return merged.drop(columns=gone)
