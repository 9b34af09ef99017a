"""What SQLite lets stand in a column: values of any kind, of which its functions make nothing or 0, and Ibis days that nobody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from ..errors import SchemaError


def quoted(name: str) -> str:
    """Return a column's name as it stands in SQL."""
    return '"' + name.replace('"', '""') + '"'


def refuse_other_kinds(lines: Any, dates: Sequence[str], numbers: Sequence[str]) -> None:
    """Raise `SchemaError` where columns of an Ibis table in SQLite that are read as dates or numbers hold other values."""
    tests = dict.fromkeys(dates, "{0} IS NOT NULL AND (typeof({0}) <> 'text' OR date({0}) IS NULL)")
    tests |= dict.fromkeys(numbers, "typeof({0}) IN ('text', 'blob')")
    backend = lines.get_backend()
    if backend.name != "sqlite" or not tests:
        return
    asked = ", ".join(f"max({test.format(quoted(name))})" for name, test in tests.items())
    with closing(backend.raw_sql(f"SELECT {asked} FROM ({backend.compile(lines)})")) as cursor:
        found = cursor.fetchone()
    for name, other in zip(tests, found, strict=True):
        if other:
            what = "dates, as in 2025-01-31" if name in dates else "numbers"
            raise SchemaError(f"the column {name!r} holds values that are no {what}: put them right, or cast it first")
