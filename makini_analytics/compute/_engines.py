"""Which engine counts the lines: the one place that decides it.

A figure states its rule once (`_rule`). The lines of a pandas frame stay lines: what the rule says of them is arrays, and
`_day_counts` counts those. Any other frame is counted by its own engine, and comes back as a few rows that stand for many lines
each. What follows - names, quantiles, curves, shares, the book of what was left out - works on either without knowing which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..frames import is_pandas
from ._pandas_engine import pandas_lines
from ._rule import Lines

#: What is passed by mistake and is a frame of no engine. It gets the error of the pandas engine, which needs no
#: narwhals: nobody should have to install an extra to read that ``[1, 2]`` is no table.
_NO_FRAMES = (type(None), str, bytes, Number, Sequence, Mapping, Set, np.ndarray, np.generic, pd.Series, pd.Index)


def lines_of(lines: Any, *needed: str, metric: str = "this figure") -> Lines:
    """Return lines of any kind, or raise `SchemaError` naming the column that ``metric`` needs and the near ones."""
    if is_pandas(lines) or isinstance(lines, _NO_FRAMES):
        return pandas_lines(lines, *needed, metric=metric)
    try:
        from ._narwhals_engine import EngineLines  # narwhals is an extra, and loaded only for the frames that need it
    except ImportError as e:
        raise ConfigError(
            f"{metric} of a frame that is not pandas needs {e.name}: pip install 'makini-analytics[lake]'"
        ) from None
    return EngineLines.of(lines, *needed, metric=metric)
