"""What the functions of this room take: Purchases, with the columns by which orders and lines find each other, and a day to look from."""

from __future__ import annotations

from typing import Any

from .._door import instead_of
from ..errors import ConfigError, SchemaError
from ..frames import AsOf, AsOfDays, as_of_days
from ..purchases import Purchases


def check_purchases(data: Any, *needed: str, metric: str) -> None:
    """Raise `SchemaError` unless ``data`` are Purchases whose orders and lines both have these columns."""
    if not isinstance(data, Purchases):
        raise SchemaError(
            f"{metric} takes Purchases, not {type(data).__name__}{instead_of(data, ': it looks at orders and lines')}"
        )
    for table in ("orders", "lines"):
        for name in needed:
            if name not in getattr(data, table).columns:
                raise SchemaError(f"{metric} needs the column {name!r} of data.{table}, which is missing")


def day_of(data: Purchases, as_of: AsOf | None) -> AsOfDays | None:
    """Return the day to look from; None where nothing tells one, and all that is there is looked at."""
    try:
        return as_of_days(data.lines, as_of)
    except ConfigError:
        if as_of is not None:
            raise
        return None
