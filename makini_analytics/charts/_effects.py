"""What the effects of a bridge, and other values of figures, are called where people read them, and which effects are told as one."""

from __future__ import annotations

from collections.abc import Mapping

NO_PRICE, OTHER_CURRENCY, NEW_AND_LOST = "no price to compare", "other document currency", "new and lost items"

#: Values of a figure's column that are called otherwise where people read them.
_READ = {
    "effect": {"document currency": OTHER_CURRENCY, "not itemised": NO_PRICE, "new": "new items", "lost": "lost items"},
    "bucket": {"not due": "not due yet", "to be closed": "all received, to be closed"},
}


def read_as(column: str, value: str) -> str:
    """Return a value of a figure's column as people read it: the same in a chart, in its table, and in every format.

    >>> read_as("effect", "not itemised"), read_as("effect", "price"), read_as("bucket", "8-30"), read_as("bucket", "not due")
    ('no price to compare', 'price', '8-30 days overdue', 'not due yet')
    """
    if column == "bucket" and any(map(str.isdigit, value)):
        return f"{value} days overdue"
    return _READ.get(column, {}).get(value, value)


def netted(effects: Mapping[str, float]) -> dict[str, float]:
    """Return the effects of a bridge with new and lost items as one, since an item that got another number is both.

    >>> netted({"price": 3.0, "new": 50.0, "lost": -52.0})
    {'price': 3.0, 'new and lost items': -2.0}
    """
    out = {e: v for e, v in effects.items() if e not in ("new", "lost")}
    return out | {NEW_AND_LOST: effects.get("new", 0.0) + effects.get("lost", 0.0)}
