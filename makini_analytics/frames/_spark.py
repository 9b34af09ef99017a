"""What Spark can't tell: the day of a date that it holds as an instant of another zone, and a column from its twin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from ..errors import SchemaError


def zones_of_spark(lines: Any) -> dict[str, str]:
    """Return the dates that Spark holds as instants of the zone of its session, where that is not UTC: their day may be another."""
    zone = lines.sparkSession.conf.get("spark.sql.session.timeZone")
    if zone in ("UTC", "Etc/UTC", "GMT", "Z", "+00:00"):
        return {}
    # "2025-03-01" read in Berlin is 28 February in UTC; what is called "..._at" is an instant from the beginning
    return {
        f.name: zone
        for f in lines.schema.fields
        if f.name.endswith("_date") and f.dataType.simpleString() == "timestamp"
    }


def refuse_instants(name: str, zone: str) -> NoReturn:
    """Raise `SchemaError` for a date that is an instant in the zone of a session."""
    raise SchemaError(
        f"the column {name!r} holds instants, whose day the engine tells in {zone}: "
        "cast it to a date in the zone that you mean first"
    )


def refuse_twins(lines: Any, names: Iterable[str]) -> None:
    """Raise `SchemaError` for a column whose name another one has, too, as after a join, or one that differs by case alone."""
    exact = lines.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    for name in names:
        twins = [c for c in lines.columns if c == name or (not exact and c.lower() == name.lower())]
        if len(twins) > 1:
            raise SchemaError(f"Spark can't tell the columns {', '.join(map(repr, twins))} apart: rename or drop one")
