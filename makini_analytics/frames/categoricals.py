"""Repeated text stored once, while frames are being built: columns of names, codes and keys as pandas categoricals.

A million lines name a thousand vendors. As a categorical a row costs one or two bytes, and joining, inheriting and comparing work on
small integers::

    text         ["Bolt AG", "Acme", "Bolt AG", <NA>]
    categories   ["Acme", "Bolt AG"]        # sorted text of dtype ``string``
    codes        [1, 0, 1, -1]              # -1: missing

A categorical is awkward in a notebook: ``fillna("none")`` and ``==`` between two columns raise, ``map`` gives another categorical,
``concat`` gives objects. So `as_strings` turns every column that people get into ``string``, whatever the number of lines, and the codes
are remembered beside the text for the metrics (`encode`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ._codes import Encoding, encode, remember

Labels = pd.Categorical
Codes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

#: The dtype of a column without any text.
EMPTY = pd.CategoricalDtype(pd.Index([], dtype="string"))


# ---- made from text --------------------------------------------------------------------------------------------------


def from_codes(texts: Any, codes: Codes) -> Labels:
    """Return a column from texts, which may repeat or be missing, and the position of each row's text; -1 is missing.

    >>> from_codes(["b", "a", None], np.array([0, 1, 2, -1, 0])).tolist()
    ['b', 'a', <NA>, <NA>, 'b']
    """
    array: Any = pd.array(texts, dtype="string") if isinstance(texts, list) else texts
    place, names = _factorized(array)
    small = np.append(place, -1).astype(np.min_scalar_type(-max(len(names), 1)))
    return _made(small[codes], names)


def _made(codes: Codes, names: Any) -> Labels:
    # an index that is one already knows that its texts are distinct; a new one would have to look again
    ready = isinstance(names, pd.Index) and names.dtype == "string"
    dtype = pd.CategoricalDtype(names if ready else pd.Index(names, dtype="string"))
    # not validated: these codes are ours, and to look at each of them takes longer than all else here
    return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)


def from_texts(values: Any) -> Labels:
    """Return a column from one text per row.

    >>> from_texts(["b", None, "a", "b"]).codes.tolist()
    [1, -1, 0, 1]
    """
    if isinstance(values, pd.Series):
        values = values.array
    if isinstance(values, pd.Categorical):
        if isinstance(values.categories.dtype, pd.StringDtype) and values.categories.dtype.na_value is pd.NA:
            return values
        return from_codes(values.categories.astype("string").array, values.codes)
    if not (isinstance(values, pd.api.extensions.ExtensionArray) and str(values.dtype) == "string"):
        values = pd.array(values, dtype="string")
    return _made(*_factorized(values))


def _factorized(texts: Any) -> tuple[Codes, Any]:
    place, names = pd.factorize(texts)
    if len(names) < 2:  # nothing to sort, as in most columns of a connection
        return place, names
    order = names.argsort()
    to = np.empty(len(names) + 1, dtype=place.dtype)
    to[order], to[-1] = np.arange(len(names)), -1
    return to[place], names.take(order)


def from_series(column: pd.Series) -> Labels:
    """Return the categorical that a column of a frame holds, or is turned into."""
    return from_texts(column.array)


def missing(n: int) -> Labels:
    """Return ``n`` missing values."""
    return pd.Categorical.from_codes(np.full(n, -1, dtype=np.int8), dtype=EMPTY)


def constant(text: str, n: int) -> Labels:
    """Return the same text ``n`` times.

    >>> constant("x", 2).tolist()
    ['x', 'x']
    """
    return _made(np.zeros(n, dtype=np.int8), [text] if n else [])


# ---- put together ----------------------------------------------------------------------------------------------------


def has_text(column: Labels) -> Mask:
    """Return where a column has a text that is not empty."""
    if not len(column.categories):
        return np.zeros(len(column), dtype=bool)
    not_empty = np.append(np.asarray(column.categories != "", dtype=bool), False)
    out: Mask = not_empty[np.asarray(column.codes)]
    return out


def where(keep: Mask, column: Labels, other: Labels) -> Labels:
    """Return ``column`` where ``keep`` is true, else ``other``; categories that no row has any more are dropped."""
    if keep.all() or not len(keep):
        return column
    if not keep.any():
        return other
    names = column.categories.append(other.categories)
    codes = np.where(keep, column.codes, _shifted(other.codes, len(column.categories)))
    used = np.bincount(codes + 1, minlength=len(names) + 1)[1:] > 0
    to = np.append(np.cumsum(used) - 1, -1)
    return from_codes(names[used].array, to[codes])


def _shifted(codes: Codes, by: int) -> Codes:
    wide = np.asarray(codes, dtype=np.int32) + np.int32(by)
    wide[np.asarray(codes) < 0] = -1
    return wide


def equal(one: Labels, other: Labels) -> Mask:
    """Return where two columns have the same text; a missing value equals nothing."""
    place = np.append(one.categories.get_indexer(other.categories), -2)
    mine: Mask = (np.asarray(one.codes) == place[np.asarray(other.codes)]) & (np.asarray(one.codes) >= 0)
    return mine


def relabel(column: Labels, texts: Sequence[str | None]) -> Labels:
    """Return a column with another text, or none, for each of its categories.

    >>> relabel(from_texts(["a", "b", None]), ["Anna", None]).tolist()
    ['Anna', <NA>, <NA>]
    """
    names = column.categories
    if list(texts) == names.tolist() and names.is_monotonic_increasing:
        return column
    return from_codes(list(texts), np.asarray(column.codes))


def concat(columns: Sequence[Labels]) -> Labels:
    """Return columns one below the other.

    >>> concat([from_texts(["b"]), from_texts(["a", None])]).tolist()
    ['b', 'a', <NA>]
    """
    names = columns[0].categories
    if names.is_monotonic_increasing and len(columns) == 1:
        return columns[0]
    if names.is_monotonic_increasing and all(c.categories is names for c in columns):  # parts of one column
        return pd.Categorical.from_codes(
            np.concatenate([c.codes for c in columns]), dtype=columns[0].dtype, validate=False
        )
    starts = np.cumsum([0, *(len(c.categories) for c in columns)])
    codes = [_shifted(c.codes, start) for c, start in zip(columns, starts[:-1], strict=True)]
    return from_codes(concat_texts([c.categories.array for c in columns]), np.concatenate(codes))


def concat_texts(parts: Sequence[Any]) -> Any:
    """Return arrays of text one below the other; an empty one where there is none."""
    empty = pd.Series([], dtype="string")
    return pd.concat([empty, *(pd.Series(p, copy=False) for p in parts)], ignore_index=True).array


def as_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its text columns as categories, to take many parts of: a row is then a small integer and not a text.

    Text that hardly repeats, such as the ids of lines, stays as it is.

    >>> frame = pd.DataFrame({"line_id": ["1", "2"], "state": ["open", "open"]}, dtype="string")
    >>> [str(dtype) for dtype in as_labels(frame).dtypes]
    ['string', 'category']
    """
    out = frame.copy(deep=False)
    for name in frame.columns[[isinstance(t, pd.StringDtype) for t in frame.dtypes]]:
        # 20,000 materials are nearly as many texts as the first 10,000 rows, and few of the first 100,000
        if any(part.nunique() <= len(part) / 2 for part in (frame[name].iloc[:n] for n in (10_000, 100_000))):
            found = encode(frame[name])
            out[name] = _made(found.codes, found.labels)
    return out


# ---- text again ------------------------------------------------------------------------------------------------------


def to_strings(column: pd.Series) -> pd.Series:
    """Return a column of categories or of text as text of dtype ``string``; its codes are remembered."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("string")
    labels: Any = column.array
    encoded = Encoding(labels.codes.copy(), labels.categories.astype("string"))
    out = pd.Series(texts_at(encoded, slice(None)), index=column.index, name=column.name, copy=False)
    remember(out, encoded)
    return out


def texts_at(encoded: Encoding, rows: Any) -> Any:
    """Return the text of some rows of a column of which codes and labels are known."""
    texts: Any = encoded.labels.astype("string").array
    codes = encoded.codes[rows]
    return texts.take(codes.astype(np.intp, copy=False), allow_fill=True) if len(texts) else _no_text(len(codes))


def _no_text(n: int) -> Any:
    return pd.array([None], dtype="string").take(np.zeros(n, dtype=np.intp))


def as_strings(frame: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Return a frame with these columns as text where they are categories.

    Half of the columns of a connection are empty. Those share one array: at a million lines that is 8 MB instead of 8 MB each.
    """
    out: dict[str, Any] = {}
    empty: Any = None
    for name, dtype in frame.dtypes.items():
        if name not in names or not isinstance(dtype, pd.CategoricalDtype):
            continue
        if len(dtype.categories):
            out[str(name)] = to_strings(frame[name])
        else:
            empty = to_strings(frame[name]) if empty is None else empty
            out[str(name)] = empty
    return frame.assign(**out)
