"""Work beside other work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def begun(works: Mapping[str, Callable[[], T]]) -> dict[str, Callable[[], T]]:
    """Begin some work in a thread of its own, one after the other, and return by name what waits for its result.

    What has not begun yet when its result is asked for is done at once by whoever asks, so that neither waits for the other while
    there is something to do. It pays for figures of many lines: NumPy and Arrow let other threads run while they count.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="makini-beside")
    coming = {name: (pool.submit(copy_context().run, work), work) for name, work in works.items()}
    pool.shutdown(wait=False)

    def result(future: Future[T], work: Callable[[], T]) -> T:
        return work() if future.cancel() else future.result()

    return {name: lambda both=both: result(*both) for name, both in coming.items()}  # type: ignore[misc]
