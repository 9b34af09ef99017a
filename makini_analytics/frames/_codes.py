"""A column as small integers and what they stand for: what groups, marks and books are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Coded:
    """A column as small integers, -1 where missing, and what each of them stands for."""

    codes: npt.NDArray[np.signedinteger[Any]]
    labels: pd.Index

    def whole(self) -> bool:
        """Whether no value is missing."""
        return not len(self.codes) or int(self.codes.min()) >= 0


def coded(column: pd.Series, *, sort: bool = True) -> Coded:
    """Return a column as codes: those of its categories where it has some, which costs nothing; labels rise with ``sort``."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        codes, labels = pd.factorize(column, sort=sort)
        return Coded(codes, pd.Index(labels))
    codes, labels = column.cat.codes.to_numpy(), column.cat.categories  # type: ignore[assignment]
    if sort and not column.cat.ordered and not labels.is_monotonic_increasing:
        place, labels = pd.factorize(labels, sort=True)
        codes = np.append(place, -1)[codes]
    return Coded(codes, labels)


def filled(first: Coded, other: Coded) -> Coded:
    """Return a column with the values of another where it is missing."""
    both = first.labels.astype("string").append(other.labels.astype("string"))
    place, labels = pd.factorize(both, sort=True)
    n = len(first.labels)
    of_other = np.append(place[n:], -1)[other.codes]
    return Coded(np.where(first.codes >= 0, np.append(place[:n], -1)[first.codes], of_other), pd.Index(labels))


def pairs(one: Ints, other: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the pairs of numbers that occur, rising, the first and the second of each, and where each row's pair stands.

    >>> [x.tolist() for x in pairs(np.array([1, 0, 1]), np.array([5, 7, 5]))]
    [[0, 1], [7, 5], [1, 0, 1]]
    """
    low, width = (int(other.min()), int(other.max()) - int(other.min()) + 1) if len(other) else (0, 1)
    # one number for a pair: sorting rows of two columns takes many times as long
    pair, place = np.unique(one.astype(np.int64) * width + (other.astype(np.int64) - low), return_inverse=True)
    return pair // width, pair % width + low, place.reshape(-1)
