"""The progress bar: one for a fetch, and one for several side by side. Where someone is looking; quiet in pipes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .session import Link
from .walk import Progress


class Display:
    """One bar that counts the pages of every walk that it is given, and says which connection waits, for what and how long."""

    def __init__(self, title: str, wanted: bool | None) -> None:
        from tqdm.auto import tqdm

        looking = sys.stderr.isatty() or "ipykernel" in sys.modules
        self._bar = tqdm(desc=title, unit="page", disable=not (looking if wanted is None else wanted), leave=False)
        self._pages: dict[object, tuple[int, int | None]] = {}
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()

    @contextmanager
    def walk(self, link: Link) -> Iterator[Progress]:
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
