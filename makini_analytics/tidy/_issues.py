"""Issues: one row per value that could not be read or is doubtful. A bad value never stops a fetch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._parsing import Problem, sound
from ._schema import ISSUES, empty

Positions = npt.NDArray[np.intp]
_LONGEST = 200  # characters of a value that are kept


class IssueBook:
    """Collects issues by row position, since ids are known only when the frames are built."""

    def __init__(self) -> None:
        self._batches: list[tuple[str, str, str, Positions, Any]] = []  # table, column, reason, rows, values

    def add(self, table: str, column: str, positions: Positions, values: Any, reason: str) -> None:
        """Add an issue for several rows of a column, all for the same reason; ``values`` is the whole column."""
        if len(positions):
            given = values.iloc[positions] if isinstance(values, pd.Series) else np.asarray(values)[positions]
            self._batches.append((table, column, reason, positions, given))

    def add_problems(self, table: str, column: str, problems: Sequence[Problem]) -> None:
        """Add what could not be parsed."""
        for reason in dict.fromkeys(why for *_, why in problems):
            mine = [(i, value) for i, value, why in problems if why == reason]
            rows = np.array([i for i, _ in mine], dtype=np.intp)
            self._batches.append((table, column, reason, rows, [v for _, v in mine]))

    def frame(self, connection: str, ids: Mapping[str, pd.Series]) -> pd.DataFrame:
        """Return the issues as a frame; ``ids`` gives the id of each row position by table."""
        if not self._batches:
            return empty("issues")
        known = {table: series.astype("string").array for table, series in ids.items()}
        n = [len(rows) for *_, rows, _ in self._batches]
        at = np.repeat(np.arange(len(n)), n)

        def repeated(texts: list[str]) -> categoricals.Labels:
            return categoricals.from_codes(pd.array(texts, dtype="string"), at)

        nobody: Any = pd.array([None], dtype="string")
        of = [
            known[table].take(rows) if table in known else nobody.take(np.zeros(len(rows), dtype=np.intp))
            for table, _, _, rows, _ in self._batches
        ]
        columns = {
            "connection": repeated([connection] * len(n)),
            "table": repeated([b[0] for b in self._batches]),
            "id": categoricals.concat_texts(of),
            "column": repeated([b[1] for b in self._batches]),
            "value": categoricals.concat_texts([t for *_, values in self._batches for t in _texts(values)]),
            "reason": repeated([b[2] for b in self._batches]),
        }
        return pd.DataFrame(columns, columns=[c.name for c in ISSUES])


def _texts(values: Any) -> Iterator[Any]:
    """Yield the values as texts, 20,000 at a time, to save memory where many of a million lines are doubtful."""
    for i in range(0, len(values), 20_000):
        some = values[i : i + 20_000] if isinstance(values, list | np.ndarray) else values.iloc[i : i + 20_000]
        yield pd.array(_shown(some if isinstance(some, list) else some.tolist()), dtype="string")


def _shown(values: list[Any]) -> list[str | None]:
    if set(map(type, values)) == {float}:  # often hundreds of thousands: amounts that were computed or don't reconcile
        return list(map(repr, values))
    return [_each_shown(v) for v in values]


def _each_shown(value: Any) -> str | None:
    if value is None or value is pd.NA:
        return None
    text = sound(value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
