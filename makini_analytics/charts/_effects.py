"""What the effects of a bridge are called where people read them, in a chart as in a finding, and which of them are told as one."""

from __future__ import annotations

from collections.abc import Mapping

NO_PRICE, OTHER_CURRENCY, NEW_AND_LOST = "no price to compare", "other document currency", "new and lost items"


def netted(effects: Mapping[str, float]) -> dict[str, float]:
    """Return the effects of a bridge with new and lost items as one, since an item that got another number is both.

    >>> netted({"price": 3.0, "new": 50.0, "lost": -52.0})
    {'price': 3.0, 'new and lost items': -2.0}
    """
    out = {e: v for e, v in effects.items() if e not in ("new", "lost")}
    return out | {NEW_AND_LOST: effects.get("new", 0.0) + effects.get("lost", 0.0)}
