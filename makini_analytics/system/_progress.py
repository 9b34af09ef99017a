"""The progress bar: one for a fetch, for several side by side, or for a report. Shown in terminals and notebooks, not in pipes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Progress = Callable[[int, int | None], None]  # pages done, pages in all where known


class Connected(Protocol):
    """A session: it has the connection's name, and reports what it waits for."""

    connection: str
    on_wait: Callable[[str], None]


def _in_notebook() -> bool:
    """Return whether this Python is a notebook's kernel; to have imported ipykernel does not make it one."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def _bar(title: str, wanted: bool | None, **options: Any) -> Any:
    from tqdm.auto import tqdm

    notebook = _in_notebook()
    # Under pythonw, in services and after a close there is no stderr, and then no bar, even where one is wanted.
    there = sys.stderr is not None and not getattr(sys.stderr, "closed", False)
    shown = (notebook or (there and sys.stderr.isatty())) if wanted is None else wanted and (there or notebook)
    return tqdm(desc=title, disable=not shown, leave=False, **options)


@contextmanager
def steps(title: str, total: int, wanted: bool | None) -> Iterator[Callable[[str], None]]:
    """Yield a function to call with the name of each step as it begins."""
    begun = 0
    with _bar(title, wanted, total=total, bar_format="{desc} {bar} {n_fmt}/{total_fmt}") as bar:

        def begin(name: str) -> None:
            nonlocal begun
            bar.update(min(begun, 1))  # the step before this one is done
            begun += 1
            bar.set_description_str(f"{title}: {name.replace('_', ' ')}")

        yield begin
        # the last step is done as well; a bar that ends short of its total is red in a notebook
        bar.update(total - bar.n)


class Display:
    """One bar that counts the pages of all lists being read, and says which connection waits, for what and how long."""

    def __init__(self, title: str, wanted: bool | None) -> None:
        self._bar = _bar(title, wanted, unit="page")
        self._pages: dict[object, tuple[int, int | None]] = {}
        self._messages: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.close()

    @contextmanager
    def follow(self, session: Connected) -> Iterator[Progress]:
        """Yield the progress callback for one list; until it is read, what its session waits for is shown."""
        this_list = object()

        def progress(done: int, total: int | None) -> None:
            self._draw(session.connection, "", this_list, (done, total))

        session.on_wait = lambda text: self._draw(session.connection, text)
        try:
            yield progress
        finally:
            session.on_wait = lambda text: None
            self._draw(session.connection, "")

    def _draw(
        self, connection: str, message: str, a_list: object = None, pages: tuple[int, int | None] | None = None
    ) -> None:
        with self._lock:  # the workers of several connections draw on one bar
            if pages is not None:
                self._pages[a_list] = pages
            if message or connection in self._messages:
                self._messages[connection] = message
                shown = [f"{name}: {text}" for name, text in self._messages.items() if text]
                self._bar.set_postfix_str("; ".join(shown), refresh=True)
            totals = [total for _, total in self._pages.values()]
            self._bar.total = None if None in totals else sum(t for t in totals if t is not None)
            self._bar.update(sum(done for done, _ in self._pages.values()) - self._bar.n)
