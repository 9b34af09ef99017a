"""Text that repeats, held once: columns of names, codes and keys as pandas categoricals, and how they are put together.

A million lines name a thousand vendors. As a categorical a row costs one or two bytes instead of thirty, and grouping, filtering
and merging work on whole numbers. The categories are sorted texts of dtype ``string``, so rows sort as the texts do; a missing value
is missing. But a categorical takes no new text, does not compare with another one, and what it is mapped to is categorical again: in
a notebook that is in the way. So the frames that people get hold plain text up to `MANY` lines, where it costs nothing that is felt,
and categoricals from there on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Labels = pd.Categorical
Codes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

#: From so many lines on, texts that repeat are held once.
MANY = 100_000

#: The dtype of a column of labels that has none.
EMPTY = pd.CategoricalDtype(pd.Index([], dtype="string"))


def coded(texts: Any, codes: Codes) -> Labels:
    """Return labels from the distinct texts (a missing one among them is a missing value) and where each row's stands."""
    array: Any = pd.array(texts, dtype="string") if isinstance(texts, list) else texts
    of, names = pd.factorize(array, sort=True)
    small = of.astype(np.min_scalar_type(-max(len(names), 1)))
    return _made(small[codes], pd.Index(names, dtype="string"))


def _made(codes: Codes, names: pd.Index) -> Labels:
    made: Labels = pd.Categorical.from_codes(codes, dtype=_dtype(names))
    return made


def _dtype(names: pd.Index) -> Any:
    """Return the dtype of texts that are distinct already: asked whether they are, pandas would make a Python text of each and keep it."""
    quick = getattr(pd.CategoricalDtype, "_from_fastpath", None)
    return quick(names, False) if quick is not None else pd.CategoricalDtype(names)


def labels(values: Any) -> Labels:
    """Return labels of a column of texts, one per row.

    >>> labels(["b", None, "a", "b"]).codes.tolist()
    [1, -1, 0, 1]
    """
    if isinstance(values, pd.Series):
        values = values.array
    if isinstance(values, pd.Categorical):
        if isinstance(values.categories.dtype, pd.StringDtype) and values.categories.dtype.na_value is pd.NA:
            return values
        texts: Any = values.categories.astype("string").array
        return coded(type(texts)._concat_same_type([texts, texts.take([-1], allow_fill=True)]), values.codes)
    if not (isinstance(values, pd.api.extensions.ExtensionArray) and str(values.dtype) == "string"):
        values = pd.array(values, dtype="string")
    of, names = pd.factorize(values, sort=True)
    return _made(of, pd.Index(names, dtype="string"))


def nothing(n: int) -> Labels:
    """Return ``n`` missing labels."""
    return pd.Categorical.from_codes(np.full(n, -1, dtype=np.int8), dtype=EMPTY)


def constant(text: str, n: int) -> Labels:
    """Return the same label ``n`` times.

    >>> constant("x", 2).tolist()
    ['x', 'x']
    """
    return _made(np.zeros(n, dtype=np.int8), pd.Index([text] if n else [], dtype="string"))


def of_series(column: pd.Series) -> Labels:
    """Return the labels that a column of a frame holds."""
    return labels(column.array)


def plain(column: pd.Series) -> pd.Series:
    """Return a column of labels or of texts as plain texts."""
    if not isinstance(column.dtype, pd.CategoricalDtype) or not len(column.cat.categories):
        return column.astype("string")
    names: Any = column.cat.categories.astype("string").array
    return pd.Series(names.take(column.cat.codes.to_numpy(), allow_fill=True), index=column.index, name=column.name)


def filled(column: Labels) -> Mask:
    """Return where a label says something: neither missing nor an empty text."""
    says = np.append(np.asarray(column.categories != "", dtype=bool), False)
    out: Mask = says[np.asarray(column.codes)]
    return out


def where(keep: Mask, column: Labels, other: Labels) -> Labels:
    """Return ``column`` where ``keep`` is true, else ``other``; texts that no row has any more are let go."""
    if keep.all() or not len(keep):
        return column
    if not keep.any():
        return other
    names = column.categories.append(other.categories)
    codes = np.where(keep, column.codes, _shifted(other.codes, len(column.categories)))
    used = np.bincount(codes + 1, minlength=len(names) + 1)[1:] > 0
    to = np.append(np.cumsum(used) - 1, -1)
    return coded(names[used].append(pd.Index([pd.NA], dtype="string")).array, to[codes])


def _shifted(codes: Codes, by: int) -> Codes:
    wide = np.asarray(codes, dtype=np.int32) + np.int32(by)
    wide[np.asarray(codes) < 0] = -1
    return wide


def same(one: Labels, other: Labels) -> Mask:
    """Return where two columns have the same text; a missing one is the same as nothing."""
    at = np.append(one.categories.get_indexer(other.categories), -2)
    mine: Mask = (np.asarray(one.codes) == at[np.asarray(other.codes)]) & (np.asarray(one.codes) >= 0)
    return mine


def each(column: Labels, texts: Sequence[str | None]) -> Labels:
    """Return the labels with another text, or none, for each of the categories.

    >>> each(labels(["a", "b", None]), ["Anna", None]).tolist()
    ['Anna', <NA>, <NA>]
    """
    return coded([*texts, None], np.asarray(column.codes)) if len(texts) else column


def stacked(columns: Sequence[Labels]) -> Labels:
    """Return columns of labels one below the other.

    >>> stacked([labels(["b"]), labels(["a", None])]).tolist()
    ['b', 'a', <NA>]
    """
    texts: Any = pd.array([None], dtype="string")
    codes = []
    for column in columns:
        codes.append(_shifted(column.codes, len(texts)))
        texts = type(texts)._concat_same_type([texts, column.categories.array])
    return coded(texts, np.maximum(np.concatenate(codes), 0))  # the first of the texts is none


def held(frame: pd.DataFrame, names: Collection[str], *, once: bool) -> pd.DataFrame:
    """Return a frame with these columns of texts as categoricals, or as plain texts."""

    def changed(column: pd.Series) -> pd.Series:
        array: Any = labels(column) if once else plain(column).array
        return pd.Series(array, index=frame.index, name=column.name, copy=False)

    def differs(column: pd.Series) -> bool:
        return isinstance(column.dtype, pd.StringDtype) if once else isinstance(column.dtype, pd.CategoricalDtype)

    wanted = {n: frame[n] for n in frame.columns if n in names}
    return frame.assign(**{n: changed(c) for n, c in wanted.items() if differs(c)})
