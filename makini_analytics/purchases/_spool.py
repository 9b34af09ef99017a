"""Documents that are to be read together and don't fit into memory together: they wait on disk, some ten thousand lines at a time."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..tidy import Writing

#: Lines per part; no more than these are tidied in memory at once.
PART_LINES = 50_000


class Shelf(MutableMapping[str, Any]):
    """Objects by name, each in a file of its own, as long as this process works on them.

    They are pickled, which keeps half-built columns as they are. Nothing else may be read so, for opening a pickle runs what it says: the folder
    is one that only its owner may enter, made for this fetch and gone with it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.pickle"

    def __setitem__(self, name: str, value: Any) -> None:
        import pyarrow as pa

        with pa.output_stream(str(self._path(name)), compression="zstd") as stream:
            pickle.dump(value, stream, protocol=5)

    def __getitem__(self, name: str) -> Any:
        import pyarrow as pa

        if not self._path(name).exists():
            raise KeyError(name)
        with pa.input_stream(str(self._path(name)), compression="zstd") as stream:
            return pickle.loads(stream.read())

    def __delitem__(self, name: str) -> None:
        self._path(name).unlink()

    def __iter__(self) -> Iterator[str]:
        return (p.stem for p in self._folder.iterdir())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Builder(Protocol):
    """What takes in pages of documents."""

    @property
    def n_lines(self) -> int:
        """The lines so far."""

    def take(self, page: Sequence[Any], /) -> None:
        """Take in a page of records."""

    def look(self, writing: Writing, /) -> None:
        """Show what the documents so far tell of how the list is written."""


BuilderT = TypeVar("BuilderT", bound=Builder)


class Spool(Generic[BuilderT]):
    """Takes in pages of documents, as a builder does, and puts a builder on the shelf with every so many lines.

    Attributes
    ----------
    n : the builders on the shelf
    writing : shown all of them
    """

    def __init__(
        self,
        shelf: Shelf,
        name: str,
        new: Callable[[], BuilderT],
        writing: Writing,
        complete: Callable[[BuilderT], None] = lambda builder: None,
    ) -> None:
        """``complete`` is called with each builder before it is put away."""
        self._shelf, self._name, self._new, self._complete = shelf, name, new, complete
        self.n, self._n_rows, self._n_waiting, self.writing = 0, 0, 0, writing
        self._builder = new()
        for left in [x for x in shelf if x.startswith(f"{name}-")]:  # of an attempt to read the list that was given up
            del shelf[left]

    def __len__(self) -> int:
        return self._n_rows

    def take(self, page: Sequence[Any]) -> None:
        """Take in a page of records."""
        self._n_rows += len(page)
        self._n_waiting += len(page)
        self._builder.take(page)
        if max(self._n_waiting, self._builder.n_lines) >= PART_LINES:
            self._put()

    def end(self) -> None:
        """Put away what is left; of an empty list an empty builder."""
        if self._n_waiting or not self.n:
            self._put()

    def _put(self) -> None:
        self._complete(self._builder)
        self._builder.look(self.writing)
        self._shelf[f"{self._name}-{self.n}"] = self._builder
        self._builder, self._n_waiting, self.n = self._new(), 0, self.n + 1

    def pop(self, i: int) -> BuilderT:
        """Return the builder of a part, and let it go."""
        builder: BuilderT = self._shelf.pop(f"{self._name}-{i}")
        return builder
