"""One column while its pages come: what it holds so far, and the typed array that it becomes.

Two kinds of builders. `DictionaryBuilder` is for values that repeat (vendor keys, states, dates): each distinct value is held once, and
parsed once for all its rows. `BatchBuilder` is for values that rarely repeat (amounts, instants, line keys): they are converted a
thousand at a time. Numbers have a builder of their own (`NumberBuilder`). How the values were cut into pages never shows in the result.
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
from ._no_values import Clean, without_blanks
from ._parsing import Problem, arrow_texts, parse_instants, parse_iso, parse_values, sound
from ._schema import DTYPES

#: From so many distinct values on, a column of which more than half were new is kept as it comes.
MANY = 20_000
#: So many values are converted at once: each call of numpy or pandas has a cost of its own.
AT_ONCE = 1_000
#: Texts wait to be numbered until four times as many wait as are known, within these bounds: numbering a page alone would look up
#: every distinct text of the column again for every page.
LEAST_WAITING, MOST_WAITING = 4_000, 100_000


class _Codebook(dict[Any, int]):
    """Numbers values as they first come: None is 0, the first text 1, the next new one 2, ..."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self.distinct: list[Any] = [None]

    def __missing__(self, key: Any) -> int:
        self[key] = number = len(self.distinct)
        self.distinct.append(key[1] if type(key) is tuple else key)
        return number

    def number(self, value: Any) -> int:
        """Return the number of a value of any type."""
        if value is None or type(value) is str:
            return self[value]
        try:
            return self[type(value), value]  # 1, 1.0 and True are one key of a dict, and three values of a source
        except TypeError:  # a list or an object can't be a key: each counts as new
            self.distinct.append(value)
            return len(self.distinct) - 1


class GrowingArray:
    """An array that grows. Missing values are only counted until something follows them: a column that no record has costs nothing."""

    def __init__(self, missing: Any, dtype: Any) -> None:
        self._missing, self._n_skipped, self._n = missing, 0, 0
        self._array: np.ndarray[Any, Any] = np.empty(0, dtype=dtype)

    @property
    def n(self) -> int:
        """The number of values so far."""
        return self._n + self._n_skipped

    def skip(self, n: int) -> None:
        """Add missing values."""
        self._n_skipped += n

    def put(self, page: np.ndarray[Any, Any]) -> None:
        """Add the values of a page."""
        at, until = self._n + self._n_skipped, self._n + self._n_skipped + len(page)
        if until > len(self._array) or page.dtype.itemsize > self._array.dtype.itemsize:
            wider = np.empty(max(until, len(self._array) * 3 // 2), dtype=np.result_type(self._array, page))
            wider[: self._n] = self._array[: self._n]
            self._array = wider
        self._array[self._n : at] = self._missing
        self._array[at:until] = page
        self._n, self._n_skipped = until, 0

    def whole(self) -> np.ndarray[Any, Any]:
        """Return the array, and let it go."""
        if self._n_skipped:
            self.put(np.full(0, self._missing, dtype=self._array.dtype))
        array, self._array = self._array, np.empty(0, dtype=self._array.dtype)
        if not array.flags.owndata:  # as one that waited on disk
            return array[: self._n]
        array.resize(self._n, refcheck=False)
        return array


class ColumnBuilder(ABC):
    """The values of one column so far."""

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
        """Return the typed column, and what could not be parsed, by position."""


class _NumberedValues:
    """The distinct values of a column, and which of them each row has.

    rows      "EA", "EA", None, "KG", "EA"
    distinct  [None, "EA", "KG"]
    numbers   [1, 1, 0, 2, 1]                # one byte each up to 256 distinct values, then two, then four
    """

    def __init__(self) -> None:
        self._codebook = _Codebook()
        self._numbers = GrowingArray(0, np.uint8)
        self._waiting: list[Any] = []  # Arrow arrays of texts that have no number yet
        self._n_waiting = 0

    def skip(self, n: int) -> None:
        """Take in missing values."""
        self.number_waiting()
        self._numbers.skip(n)

    def take(self, values: Sequence[Any]) -> None:
        """Take in the values of a page."""
        texts = arrow_texts(values)
        if texts is not None:
            self._waiting.append(texts)
            self._n_waiting += len(values)
            if self._n_waiting >= min(max(LEAST_WAITING, 4 * len(self._codebook.distinct)), MOST_WAITING):
                self.number_waiting()
            return
        self.number_waiting()  # they came first
        only_texts = set(map(type, values)) <= {str, type(None)}
        number = self._codebook.__getitem__ if only_texts else self._codebook.number
        self._put(np.fromiter(map(number, values), dtype=np.int32, count=len(values)))

    def number_waiting(self) -> None:
        """Number the texts that wait: Arrow finds the distinct ones, so that only those are looked up in Python."""
        if not self._waiting:
            return
        import pyarrow as pa

        waiting = pa.chunked_array(self._waiting).combine_chunks().dictionary_encode()
        self._waiting, self._n_waiting = [], 0
        found = [*waiting.dictionary.to_pylist(), None]
        numbers = np.fromiter(map(self._codebook.__getitem__, found), dtype=np.int32, count=len(found))
        self._put(numbers[waiting.indices.fill_null(len(found) - 1).to_numpy(zero_copy_only=False)])

    def _put(self, page: np.ndarray[Any, Any]) -> None:
        n = len(self._codebook.distinct)
        self._numbers.put(page.astype(np.uint8 if n <= 256 else np.uint16) if n <= 65_536 else page)

    @property
    def mostly_new(self) -> bool:
        """Whether numbering does not pay: there are many values, and more than every other one is new."""
        n = len(self._codebook.distinct)
        return n > MANY and n > self._numbers.n / 2

    def so_far(self) -> list[Any]:
        """Return the distinct values."""
        self.number_waiting()
        return self._codebook.distinct

    def whole(self) -> tuple[list[Any], np.ndarray[Any, Any]]:
        """Return the distinct values and the numbers, and let them go."""
        self.number_waiting()
        return self._codebook.distinct, self._numbers.whole()


class DictionaryBuilder(ColumnBuilder):
    """A column whose values repeat, numbered until it shows that they don't; from then on they are kept as they come."""

    def __init__(self, kind: str = "", clean: Clean = list) -> None:
        super().__init__()
        self._clean = clean
        self._numbered: _NumberedValues | None = _NumberedValues()
        self._as_given: list[Any] = []
        # Labels that turn out to be new each time, such as order numbers, are converted like any text.
        self._texts = BatchBuilder("text", clean) if kind == "label" else None

    def _missing(self, n: int) -> None:
        if self._numbered is None:
            self._keep([None] * n)
        else:
            self._numbered.skip(n)
            self._stop_numbering_if_mostly_new()

    def _take(self, values: Sequence[Any]) -> None:
        if self._numbered is None:
            self._keep(values)
        else:
            self._numbered.take(values)
            self._stop_numbering_if_mostly_new()

    def _keep(self, values: Sequence[Any]) -> None:
        if self._texts is not None:
            self._texts.take(values)
        else:
            self._as_given += values

    def _stop_numbering_if_mostly_new(self) -> None:
        if self._numbered is not None and self._numbered.mostly_new:
            distinct, numbers = self._numbered.whole()
            self._numbered = None
            self._keep([distinct[i] for i in numbers])

    def values_so_far(self) -> list[Any]:
        """Return the distinct values so far, or all."""
        return self._as_given if self._numbered is None else self._numbered.so_far()

    def _distinct(self) -> tuple[list[Any], np.ndarray[Any, Any] | None]:
        """Return the distinct values and which each row has; or all values, and None."""
        return (self._as_given, None) if self._numbered is None else self._numbered.whole()

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be parsed, by position."""
        if self._numbered is None and self._texts is not None:
            array, problems = self._texts.finish("text", tz)
            return categoricals.from_texts(array), problems
        values, numbers = self._distinct()
        if kind != "label":
            array, problems = parse_values(values, kind, tz)
            return (array, problems) if numbers is None else (spread(array, numbers), at_places(problems, numbers))
        assert numbers is not None  # labels that are no longer numbered are among the texts
        if len(values) == 1:  # only None, as in most columns of a connection
            return categoricals.missing(self.n), []
        array, problems = parse_values(self._clean(values), "text", tz)
        return categoricals.from_codes(array, numbers), at_places(problems, numbers)

    def finish_custom(self, *, of_keys: bool) -> tuple[Any, bool]:
        """Return a column of no documented type, typed where it is clean, and whether it holds anything."""
        values, numbers = self._distinct()
        array = clean_column(values, of_keys=of_keys)
        some = any(v is not None for v in values)
        if array.dtype == DTYPES["text"]:
            texts = categoricals.from_texts(array) if numbers is None else categoricals.from_codes(array, numbers)
            return texts, some
        return (array if numbers is None else spread(array, numbers)), some


class BatchBuilder(ColumnBuilder):
    """A column whose values rarely repeat, converted a thousand at a time: instants, and texts of which each is new."""

    def __init__(self, kind: str, clean: Clean = without_blanks) -> None:
        super().__init__()
        self._kind = kind
        self._clean = clean if kind == "text" else list
        self._waiting: list[Any] = []
        self._problems: list[Problem] = []
        self._array = GrowingArray(np.datetime64("NaT"), "datetime64[us]")
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
        """Convert the waiting values; with them the column has ``n``."""
        if self._waiting:
            values, self._waiting = self._waiting, []
            array, problems = _CONVERT[self._kind](self._clean(values))
            (self._texts.append if self._kind == "text" else self._array.put)(array)
            self._problems += [(n - len(values) + i, v, why) for i, v, why in problems]

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the typed column, and what could not be parsed, by position."""
        self._convert(self.n)
        if kind == "instant":
            return pd.Series(self._array.whole(), copy=False).dt.tz_localize("UTC").array, self._problems
        parts, self._texts = self._texts, []
        return categoricals.concat_texts(parts), self._problems


_CONVERT: dict[str, Callable[[Sequence[Any]], tuple[Any, list[Problem]]]] = {
    "instant": parse_instants,
    "text": lambda values: parse_values(values, "text"),
}


def is_batched(kind: str) -> bool:
    """Whether the values of a kind of column rarely repeat."""
    return kind in _CONVERT


def at_places(problems: list[Problem], codes: np.ndarray[Any, Any]) -> list[Problem]:
    """Return the problems of distinct values as problems of all rows that have them."""
    if not problems:
        return []
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], [[of, of + 1] for of, *_ in problems])
    return [(int(i), v, why) for (_, v, why), (a, b) in zip(problems, ends, strict=True) for i in order[a:b]]


def spread(array: Any, codes: np.ndarray[Any, Any]) -> Any:
    """Return the value of each row."""
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
