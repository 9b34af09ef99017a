"""The progress bar: one for a fetch, one for several side by side, one for a report. Where someone is looking; quiet in pipes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Progress = Callable[[int, int | None], None]  # pages done, pages in all where known


class Teller(Protocol):
    """What a walk goes through: it has a name, and tells what it waits for."""

    connection: str
    tell: Callable[[str], None]


def _bar(title: str, wanted: bool | None, **options: Any) -> Any:
    from tqdm.auto import tqdm

    looking = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(desc=title, disable=not (looking if wanted is None else wanted), leave=False, **options)


@contextmanager
def steps(title: str, total: int, wanted: bool | None) -> Iterator[Callable[[str], None]]:
    """Yield what is to be called with the name of each step as it begins."""
    begun = 0
    with _bar(title, wanted, total=total, bar_format="{desc} {bar} {n_fmt}/{total_fmt}") as bar:

        def tell(name: str) -> None:
            nonlocal begun
            bar.update(min(begun, 1))  # the step before is done
            begun += 1
            bar.set_description_str(f"{title}: {name.replace('_', ' ')}")

        yield tell


class Display:
    """One bar that counts the pages of every walk that it is given, and says which connection waits, for what and how long."""

    def __init__(self, title: str, wanted: bool | None) -> None:
        self._bar = _bar(title, wanted, unit="page")
        self._pages: dict[object, tuple[int, int | None]] = {}
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()

    @contextmanager
    def walk(self, link: Teller) -> Iterator[Progress]:
        """Yield the callback of one walk; meanwhile what its link tells is shown."""
        me = object()

        def progress(done: int, total: int | None) -> None:
            self._draw(link.connection, "", me, (done, total))

        link.tell = lambda text: self._draw(link.connection, text)
        try:
            yield progress
        finally:
            link.tell = lambda text: None
            self._draw(link.connection, "")

    def _draw(self, name: str, said: str, walk: object = None, pages: tuple[int, int | None] | None = None) -> None:
        with self._lock:
            if pages is not None:
                self._pages[walk] = pages
            if said or name in self._said:
                self._said[name] = said
                told = [f"{n}: {text}" for n, text in self._said.items() if text]
                self._bar.set_postfix_str("; ".join(told), refresh=True)
            totals = [total for _, total in self._pages.values()]
            self._bar.total = None if None in totals else sum(t for t in totals if t is not None)
            self._bar.update(sum(done for done, _ in self._pages.values()) - self._bar.n)
