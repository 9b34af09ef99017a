"""Which engine counts the lines: the one place that decides it.

A figure states its rule once (`_rule`). The lines of a pandas frame stay lines: what the rule says of them is arrays, and
`_day_counts` counts those. Any other frame is counted by its own engine, and comes back as a few rows that stand for many lines
each. What follows - names, quantiles, curves, shares, the book of what was left out - works on either without knowing which it is.
"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from ..frames import is_pandas
from ._pandas_engine import pandas_lines
from ._rule import Lines
from ._sql_engine import SqlLines


def lines_of(lines: Any, *needed: str, metric: str = "this figure") -> Lines:
    """Return lines of any kind, or raise `SchemaError` naming the column that ``metric`` needs and the near ones."""
    if is_pandas(lines):
        return pandas_lines(lines, *needed, metric=metric)
    try:
        return SqlLines.of(lines, *needed, metric=metric)
    except ImportError as e:  # a PyArrow table is there, and nothing that counts it
        raise ConfigError(f"{metric} of this frame needs {e.name}: pip install 'makini-analytics[lake]'") from None
