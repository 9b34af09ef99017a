"""What the engines say of a damaged table, as one error of this package."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ..errors import SchemaError

P = ParamSpec("P")
R = TypeVar("R")

#: The base of each engine's errors; an engine that was not loaded has raised none.
_ERRORS = (
    ("deltalake.exceptions", "DeltaError"),
    ("pyarrow.lib", "ArrowException"),
    ("duckdb", "Error"),
    ("polars.exceptions", "PolarsError"),
)


def tells_damage(method: Callable[P, R]) -> Callable[P, R]:
    """Make a method of `History` raise `SchemaError` where an engine can't read, or write, the files of its table."""

    @wraps(method)
    def told(*args: P.args, **given: P.kwargs) -> R:
        try:
            return method(*args, **given)
        except Exception as e:
            if not isinstance(e, (OSError, *_engine_errors())):
                raise
            history: Any = args[0]
            said = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(e)).split())[:200]  # without its colours
            if "ermission denied" in said:
                told = f"{history._table.folder}: whoever runs this may not read or write the files of this history"
                raise SchemaError(f"{told} ({said})") from e
            raise SchemaError(
                f"{history._table.folder}: a file of this history is damaged, missing or can't be written ({said}). If it is damaged, put back "
                "the whole folder from a backup: its files belong together"
            ) from e

    return told


def _engine_errors() -> Iterator[Any]:
    for module, name in _ERRORS:
        if module in sys.modules:
            yield getattr(sys.modules[module], name)
