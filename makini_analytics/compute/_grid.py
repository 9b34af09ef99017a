"""All combinations of some choices, such as two due dates and four tolerances, and how far each choice moves what is counted.

`slippage.ladder` counts one rate under each combination, ``ma.sensitivity`` computes a whole figure; both take the combinations,
their columns and the spans of each choice from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError


@dataclass(frozen=True)
class Grid:
    """The combinations of some choices: the last choice changes fastest, and the first combination is the usual way.

    >>> grid = Grid.of({"late_days": [0, 3], "calendar": {"calendar days": None, "working days": "weekdays"}})
    >>> [options["calendar"] for options in grid]
    [None, 'weekdays', None, 'weekdays']
    >>> grid.frame()
       late_days       calendar
    0        0.0  calendar days
    1        0.0   working days
    2        3.0  calendar days
    3        3.0   working days
    """

    values: Mapping[str, Sequence[Any]]  # what is passed on
    labels: Mapping[str, Sequence[Any]]  # what it is called in a table: the value itself, where nothing else is said

    @classmethod
    def of(cls, choices: Mapping[str, Any]) -> Grid:
        """Return the grid of choices, each a list of values, or a mapping of labels to values.

        Raises
        ------
        ConfigError
            The values of a choice are no list, or none. A set has no order, and so no usual way.
        """
        for name, given in choices.items():
            if isinstance(given, str | bytes | set | frozenset) or not hasattr(given, "__len__") or not len(given):
                raise ConfigError(f"{name}={given!r}: pass the ones to compare, as a list")
        values = {n: list(v.values() if isinstance(v, Mapping) else v) for n, v in choices.items()}
        return cls(values, {n: list(v) for n, v in choices.items()})

    def __len__(self) -> int:
        return prod(map(len, self.values.values()))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for values in product(*self.values.values()):
            yield dict(zip(self.values, values, strict=True))

    def frame(self) -> pd.DataFrame:
        """Return one row per combination, a column per choice: boolean, float (None is missing) or string."""
        rows = list(product(*self.labels.values()))
        columns = zip(*rows, strict=True) if rows else [()] * len(self.labels)
        return pd.DataFrame({n: _typed(c) for n, c in zip(self.labels, columns, strict=True)})


def _typed(labels: Sequence[Any]) -> pd.api.extensions.ExtensionArray | np.ndarray[Any, Any]:
    there = [x for x in labels if x is not None]
    if there and all(isinstance(x, bool | np.bool_) for x in there):
        return pd.array(labels, dtype="boolean")
    if all(isinstance(x, int | float | np.number) and not isinstance(x, bool) for x in there):
        return np.array([np.nan if x is None else x for x in labels], dtype=float)
    return pd.array([x if x is None else str(x) for x in labels], dtype="string")


def spans(table: pd.DataFrame, choices: Sequence[str], value: str, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how far each choice moves a value, the other choices held: highest minus lowest over the values of that choice.

    Parameters
    ----------
    table : one row per combination of the choices, and per group
    choices, value : names of its columns
    by : columns of the groups, if any

    Returns
    -------
    DataFrame, one row per choice with several values, per group, and per setting of the other choices that has a value
        choice : string; the columns of ``by``; span : float

    Examples
    --------
    >>> table = pd.DataFrame({"late_days": [0, 0, 3, 3], "open_lines": [True, False] * 2, "rate": [0.2, 0.3, 0.5, 0.7]})
    >>> spans(table, ["late_days", "open_lines"], "rate")
           choice  span
    0   late_days   0.4
    1   late_days   0.3
    2  open_lines   0.1
    3  open_lines   0.2
    """
    parts = []
    for choice in choices:
        held = [*by, *(c for c in choices if c != choice)]
        if len(table[choice].drop_duplicates()) < 2:
            continue
        rows = table.groupby(held or np.zeros(len(table)), dropna=False)[value]
        span = (rows.max() - rows.min()).rename("span").dropna().reset_index()
        parts.append(span.assign(choice=choice)[["choice", *by, "span"]])
    empty = table.iloc[:0][list(by)].assign(choice="", span=0.0)[["choice", *by, "span"]]
    return pd.concat(parts or [empty], ignore_index=True).astype({"choice": "string", "span": "float64"})
