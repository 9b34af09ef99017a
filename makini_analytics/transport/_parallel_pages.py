"""Pages side by side: fetched by several workers, handed on in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ._page_cache import Page


def in_order(
    one: Callable[[int, threading.Event | None], Page], last: int, workers: int, new_walk: Callable[[], threading.Event]
) -> Iterator[tuple[int, Page]]:
    """Yield pages 2 to last in order, fetching a few ahead; those under way are dropped when reading ends early."""
    if workers == 1 or last <= 2:
        for number in range(2, last + 1):
            yield number, one(number, None)
        return
    # At most 2 * workers pages are in flight or waiting to be taken, so memory stays flat however many pages there are.
    pool = ThreadPoolExecutor(workers, thread_name_prefix="makini")
    stopped = new_walk()
    ahead: dict[int, Future[Page]] = {}
    whole = False
    try:
        for number in range(2, last + 1):
            for n in range(number + len(ahead), min(number + 2 * workers, last + 1)):
                ahead[n] = pool.submit(one, n, stopped)
            yield number, ahead.pop(number).result()
        whole = True
    finally:
        if not whole:  # an error, a disagreement or Ctrl-C: the workers of this walk must not go on asking and waiting
            stopped.set()
        pool.shutdown(wait=whole, cancel_futures=True)
