"""The book of doubts: one row per value that could not be read, or that is doubtful. A bad value never stops a fetch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .reading import Problem, sound
from .schema import ISSUES, empty

_LONGEST = 200  # characters of a value that are kept


class IssueBook:
    """Collects doubts by row position; the ids are known only when the frames are built."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, str, Any, str]] = []

    def add(self, table: str, column: str, positions: Iterable[int], values: Any, reason: str) -> None:
        """Note the same reason for several rows; ``values`` is the whole column."""
        array = np.asarray(values, dtype=object)
        self._rows += [(table, int(i), column, array[i], reason) for i in positions]

    def add_problems(self, table: str, column: str, problems: Sequence[Problem]) -> None:
        """Note what a reader could not read."""
        self._rows += [(table, i, column, value, reason) for i, value, reason in problems]

    def frame(self, connection: pd.Series | str, ids: Mapping[str, pd.Series]) -> pd.DataFrame:
        """Return the issues as a frame; ``ids`` gives the id of each row position by table."""
        if not self._rows:
            return empty("issues")
        known = {table: series.to_numpy(dtype=object) for table, series in ids.items()}
        names = connection if isinstance(connection, str) else None
        rows = [
            (
                names,
                table,
                _at(known.get(table), i),
                column,
                _shown(value),
                reason,
            )
            for table, i, column, value, reason in self._rows
        ]
        frame = pd.DataFrame(rows, columns=[c.name for c in ISSUES])
        return frame.astype({c.name: c.dtype for c in ISSUES})


def _at(ids: Any, i: int) -> Any:
    return ids[i] if ids is not None and 0 <= i < len(ids) else None


def _shown(value: Any) -> str | None:
    if value is None or value is pd.NA:
        return None
    text = sound(value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
