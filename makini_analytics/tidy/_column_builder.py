"""One column while its pages come: what it holds so far, and what it is in the end.

Values that repeat are held once, with where each stands, so that what a value means is worked out once for all its places; those that
seldom repeat are converted as they come. Nothing that comes out depends on how the values were cut into pages.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd

from ..frames import categoricals
from ._parsing import Problem, arrow_texts, parse_instants, parse_iso, parse_numbers, parse_values, sound
from ._schema import DTYPES

#: From so many values on, a column of which more than half were new is kept as it came.
MANY = 20_000
#: So many values are converted at once: numpy and pandas are slow to start.
AT_ONCE = 1_000
#: The texts of a column wait to be numbered until there are four times as many as are known, within these bounds.
LEAST_WAITING, MOST_WAITING = 4_000, 100_000


class _NotText(Exception):
    """A value is no text."""


class _Codebook(dict[Any, int]):
    """Gives each new text the next number; asked for anything else, raises, so that texts need not be looked at one by one."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.values_: list[Any] = [None]

    def __missing__(self, value: Any) -> int:
        if type(value) is not str:
            raise _NotText
        self[value] = code = len(self.values_)
        self.values_.append(value)
        return code

    def of(self, value: Any) -> int:
        """Return the number of a value of any type: 1, 1.0 and True stay three, and what can't be compared is always new."""
        if value is None or type(value) is str:
            return self[value]
        code = len(self.values_)
        try:
            found = self.setdefault((type(value), value), code)
        except TypeError:
            found = code
        if found == code:
            self.values_.append(value)
        return found


class _GrowingArray:
    """An array that grows. What is missing is counted until something comes behind it: a column that no record has costs nothing."""

    def __init__(self, missing: Any, dtype: Any) -> None:
        self._missing, self._lag, self._n = missing, 0, 0
        self._array: np.ndarray[Any, Any] = np.empty(0, dtype=dtype)

    @property
    def n(self) -> int:
        return self._n + self._lag

    def skip(self, n: int) -> None:
        self._lag += n

    def put(self, page: np.ndarray[Any, Any]) -> None:
        at, until = self._n + self._lag, self._n + self._lag + len(page)
        if until > len(self._array) or page.dtype.itemsize > self._array.dtype.itemsize:
            wider = np.empty(max(until, len(self._array) * 3 // 2), dtype=np.result_type(self._array, page))
            wider[: self._n] = self._array[: self._n]
            self._array = wider
        self._array[self._n : at] = self._missing
        self._array[at:until] = page
        self._n, self._lag = until, 0

    def whole(self) -> np.ndarray[Any, Any]:
        """Return the array and let it go."""
        if self._lag:
            self.put(np.full(0, self._missing, dtype=self._array.dtype))
        array, self._array = self._array, np.empty(0, dtype=self._array.dtype)
        array.resize(self._n, refcheck=False)
        return array


class ColumnBuilder(ABC):
    """The values of one column, so far."""

    def __init__(self) -> None:
        self.n = 0

    def fill_up(self, n: int) -> None:
        """Take in missing values, until there are ``n`` in all."""
        if n > self.n:
            self._missing(n - self.n)
            self.n = n

    def take(self, values: Sequence[Any]) -> None:
        """Take in the values of a page."""
        n = len(values)
        if n and values[0] is None and values.count(None) == n:
            self._missing(n)
        else:
            self._take(values)
        self.n += n

    @abstractmethod
    def _missing(self, n: int) -> None: ...

    @abstractmethod
    def _take(self, values: Sequence[Any]) -> None: ...

    @abstractmethod
    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""


class DictionaryBuilder(ColumnBuilder):
    """A column of values that repeat: each is held once, and what it means is worked out once for all its places."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self._codes: _Codebook | None = _Codebook()
        self._places = _GrowingArray(0, np.uint8)
        self._waiting: list[Any] = []
        self._n_waiting = 0
        self._plain: list[Any] = []
        self._texts = BatchBuilder("text") if kind == "label" else None  # of labels that turn out to be new each time

    def _missing(self, n: int) -> None:
        self._number()  # which may show that nearly each is new
        if self._codes is None:
            self._keep([None] * n)
        else:
            self._places.skip(n)

    def _keep(self, values: Sequence[Any]) -> None:
        if self._texts is not None:
            self._texts.take(values)
        else:
            self._plain += values

    def _take(self, values: Sequence[Any]) -> None:
        texts = arrow_texts(values) if self._codes is not None else None
        if texts is not None and self._codes is not None:
            self._waiting.append(texts)
            self._n_waiting += len(values)
            if self._n_waiting >= min(max(LEAST_WAITING, 4 * len(self._codes.values_)), MOST_WAITING):
                self._number()
            return
        self._number()  # which may show that nearly each is new
        codes = self._codes
        if codes is None:
            self._keep(values)
            return
        try:
            page = np.fromiter(map(codes.__getitem__, values), dtype=np.int32, count=len(values))
        except (_NotText, TypeError):  # not only texts
            page = np.fromiter(map(codes.of, values), dtype=np.int32, count=len(values))
        self._put(codes, page)

    def _number(self) -> None:
        """Give the texts that wait their numbers: Arrow finds the distinct ones, so that only those are looked up here."""
        if not self._waiting or self._codes is None:
            return
        import pyarrow as pa

        waiting = pa.chunked_array(self._waiting).combine_chunks().dictionary_encode()
        self._waiting, self._n_waiting = [], 0
        distinct = waiting.dictionary.to_pylist()
        numbers = np.fromiter(map(self._codes.__getitem__, [*distinct, None]), dtype=np.int32, count=len(distinct) + 1)
        self._put(self._codes, numbers[waiting.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)])

    def _put(self, codes: _Codebook, page: np.ndarray[Any, Any]) -> None:
        n = len(codes.values_)
        self._places.put(page.astype(np.uint8 if n <= 256 else np.uint16) if n <= 65_536 else page)
        if n > MANY and n > self._places.n / 2:
            self._codes = None
            self._keep([codes.values_[i] for i in self._places.whole()])

    def distinct(self) -> tuple[list[Any], np.ndarray[Any, Any] | None]:
        """Return the distinct values and where each stands; where they are kept as they came, the values and None."""
        if self._codes is None:
            return self._plain, None
        return self._codes.values_, self._places.whole()

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""
        self._number()
        if self._codes is None and self._texts is not None:
            array, problems = self._texts.finish("text", tz)
            return categoricals.from_texts(array), problems
        values, codes = self.distinct()
        if kind == "label" and len(values) == 1:  # as most columns of a connection
            return categoricals.missing(self.n), []
        array, problems = parse_values(values, "text" if kind == "label" else kind, tz)
        if codes is None:
            return array, problems
        return (categoricals.from_codes(array, codes) if kind == "label" else spread(array, codes)), at_places(
            problems, codes
        )

    def clean(self, *, of_keys: bool) -> tuple[Any, bool]:
        """Return the column typed where it is clean, and whether it holds anything."""
        self._number()
        values, codes = self.distinct()
        array = clean_column(values, of_keys=of_keys)
        some = any(v is not None for v in values)
        if array.dtype == DTYPES["text"]:
            return (categoricals.from_texts(array) if codes is None else categoricals.from_codes(array, codes)), some
        return (array if codes is None else spread(array, codes)), some


class BatchBuilder(ColumnBuilder):
    """A column of values that seldom repeat, converted as they come: numbers, instants, and texts of which each is new."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._waiting: list[Any] = []
        self._problems: list[Problem] = []
        self._array = _GrowingArray(
            *((np.nan, float) if kind == "number" else (np.datetime64("NaT"), "datetime64[us]"))
        )
        self._texts: list[Any] = []

    def _missing(self, n: int) -> None:
        if self._kind == "text":
            self._waiting += [None] * n
        else:
            self._convert(self.n)
            self._array.skip(n)

    def _take(self, values: Sequence[Any]) -> None:
        self._waiting += values
        if len(self._waiting) >= AT_ONCE:
            self._convert(self.n + len(values))

    def _convert(self, n: int) -> None:
        """Convert what waits, of a column that then has ``n`` values."""
        if self._waiting:
            array, problems = _CONVERT[self._kind](self._waiting)
            first = n - len(self._waiting)
            (self._texts.append if self._kind == "text" else self._array.put)(array)
            self._problems += [(first + i, v, why) for i, v, why in problems]
            self._waiting = []

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be read of it by position."""
        self._convert(self.n)
        if kind == "number":
            return self._array.whole(), self._problems
        if kind == "instant":
            moments = pd.Series(self._array.whole(), copy=False)
            return moments.dt.tz_localize("UTC").array, self._problems
        parts, self._texts = self._texts, []
        return categoricals.concat_texts(parts), self._problems


_CONVERT: dict[str, Callable[[Sequence[Any]], tuple[Any, list[Problem]]]] = {
    "number": parse_numbers,
    "instant": parse_instants,
    "text": lambda values: parse_values(values, "text"),
}


def column_builder(kind: str) -> ColumnBuilder:
    """Return a column of a kind, with nothing in it yet."""
    return BatchBuilder(kind) if kind in _CONVERT else DictionaryBuilder(kind)


def at_places(problems: list[Problem], codes: np.ndarray[Any, Any]) -> list[Problem]:
    """Return problems of distinct values as problems of all their places."""
    if not problems:
        return []
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], [[of, of + 1] for of, *_ in problems])
    return [(int(i), v, why) for (_, v, why), (a, b) in zip(problems, ends, strict=True) for i in order[a:b]]


def spread(array: Any, codes: np.ndarray[Any, Any]) -> Any:
    """Return the values at their places."""
    return (array.array if isinstance(array, pd.Series) else array).take(codes)


def clean_column(values: Sequence[Any], *, of_keys: bool = False) -> Any:
    """Return a column typed where every value agrees - numbers, flags, dates - and as text where one does not.

    A text of digits stays text: it may be a code with leading zeros.
    """
    kinds = {type(v) for v in values} - {type(None)}
    if kinds and kinds <= {bool}:
        return pd.array(values, dtype=DTYPES["flag"])
    if kinds and kinds <= {int, float} and not of_keys:
        array, problems = parse_values(values, "number")
        if not problems:
            return array
    if kinds <= {str, dict} and kinds and not of_keys:
        moments = [(None, "") if v is None else parse_iso(v) for v in values]
        if all(m is not None or v is None for v, (m, _) in zip(values, moments, strict=True)) and not any(
            isinstance(v, str) and v.strip().isdigit() for v in values
        ):
            kind = "instant" if any(m and m.tzinfo for m, _ in moments) else "day"
            if kind == "instant" or not any(m and m.time() != m.min.time() for m, _ in moments):
                return parse_values(values, kind)[0]
    texts = [sound(json.dumps(v, ensure_ascii=False, default=str)) if isinstance(v, dict | list) else v for v in values]
    return parse_values(texts, "text")[0]
