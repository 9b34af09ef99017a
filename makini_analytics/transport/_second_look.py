"""The second look: what a walk remembers of its pages, so that some can be asked for once more at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: A list of more pages is looked at in the middle, too.
LONG = 10


@dataclass(frozen=True)
class Place:
    """How a page was asked for, and a fingerprint of the ids of its rows in their order."""

    path: str
    params: Mapping[str, Any]
    fingerprint: int

    def holds(self, ids: Sequence[str], n_rows: int) -> bool:
        """Whether a page holds these rows in this order. Rows without ids are only counted."""
        return self.fingerprint == _fingerprint(ids, n_rows)


class Trail:
    """The pages that a walk has read."""

    def __init__(self) -> None:
        self._places: list[Place] = []

    def add(self, path: str, params: Mapping[str, Any], ids: Sequence[str], n_rows: int) -> None:
        """Remember one page."""
        self._places.append(Place(path, params, _fingerprint(ids, n_rows)))

    def to_look_at(self) -> Iterator[tuple[int, Place]]:
        """Yield the pages to look at again, with their numbers: of a single page none."""
        n = len(self._places)
        if n > 1:
            yield 1, self._places[0]
        if n > LONG:
            yield n // 2 + 1, self._places[n // 2]


def _fingerprint(ids: Sequence[str], n_rows: int) -> int:
    return hash((n_rows, *ids))
