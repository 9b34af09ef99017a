"""The heavy step of a metric, whatever holds the lines: a rule says which lines count and by which whole numbers, and they are counted.

The one place that decides how that is done. The lines of a pandas frame stay lines: their codes, days and outcomes are arrays, and
`day_counts` counts them. Any other frame is counted by its own engine (`engines`), and comes back as rows that stand for many lines
each. What follows - names, quantiles, curves, shares, the book of what was left out - works on either without knowing which it is.
"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError
from ..frames import is_pandas
from ._pandas_engine import pandas_lines
from ._rule import Lines


def lines_of(lines: Any, *needed: str, metric: str) -> Lines:
    """Return lines of any kind, or raise `SchemaError` naming the column that ``metric`` needs and the near ones."""
    if is_pandas(lines) or type(lines).__module__.partition(".")[0] in ("builtins", "numpy", "pandas"):
        return pandas_lines(lines, *needed, metric=metric)
    try:
        from ._narwhals_engine import EngineLines  # narwhals is loaded for the frames that need it
    except ImportError as e:
        raise ConfigError(
            f"{metric} of a frame that is not pandas needs {e.name}: pip install 'makini-analytics[lake]'"
        ) from None
    return EngineLines.of(lines, *needed, metric=metric)
