"""Frames one below the other: the same fixed columns, and custom columns that some lack or have in another type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from . import categoricals


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the frames one below the other; a column that a frame lacks is missing there, one of several types becomes text."""
    names = list(dict.fromkeys(c for f in frames for c in f.columns))
    index = pd.RangeIndex(sum(map(len, frames)))
    return pd.DataFrame({name: _stacked(frames, name) for name in names}, index=index, columns=names)


def _stacked(frames: Sequence[pd.DataFrame], name: str) -> Any:
    have = [f[name] for f in frames if name in f.columns]
    typed = [s for s in have if s.notna().any()] or have[
        :1
    ]  # a column of nothing but missing values has no type of its own
    kinds = {str(s.dtype) for s in typed}
    if len(kinds) > 1 or kinds == {"category"}:
        held = [_as_labels(f[name]) if name in f.columns else categoricals.missing(len(f)) for f in frames]
        return held[0] if len(held) == 1 else categoricals.concat(held)
    dtype: Any = typed[0].dtype
    parts = [f[name] if name in f.columns else pd.Series([None] * len(f), dtype=dtype) for f in frames]
    return pd.concat(
        [s if s.dtype == dtype else pd.Series([None] * len(s), dtype=dtype) for s in parts], ignore_index=True
    )


def _as_labels(column: pd.Series) -> categoricals.Labels:
    return categoricals.from_texts(column if column.dtype == "category" else as_text(column))


def as_text(column: pd.Series) -> Any:
    """Return a custom column as text.

    Whole numbers lose the ``.0`` that a float column adds: ``[7.0, NaN]`` becomes ``["7", <NA>]``.
    """
    if column.dtype == "float64":
        texts = [None if v != v else str(int(v)) if v.is_integer() else repr(v) for v in column]
        return pd.Series(texts, dtype="string", index=column.index)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("string").str.lower()
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype("string")
    if column.dtype.kind == "M":
        return column.dt.strftime("%Y-%m-%d").astype("string")
    return column.astype("string")
