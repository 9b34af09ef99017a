"""The progress bar of a fetch: in a terminal or a notebook, where someone is looking; quiet in pipes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .session import Link
from .walk import Progress


@contextmanager
def bar(link: Link, what: str, wanted: bool | None) -> Iterator[Progress]:
    """Yield a callback that moves a bar; while a link waits, the bar says for what and how long."""
    from tqdm.auto import tqdm

    looking = sys.stderr.isatty() or "ipykernel" in sys.modules
    shown = tqdm(desc=what, unit="page", disable=not (looking if wanted is None else wanted), leave=False)
    link.tell = lambda text: shown.set_postfix_str(text, refresh=True)

    def progress(done: int, total: int | None) -> None:
        shown.total = total
        shown.update(done - shown.n)

    try:
        yield progress
    finally:
        link.tell = lambda text: None
        shown.close()
