"""Work beside other work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def begun(work: Callable[[], T]) -> Callable[[], T]:
    """Begin some work in a thread of its own, and return what waits for its result; an error is raised there.

    It pays for figures of many lines: NumPy and Arrow let other threads run while they count.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="makini-beside")
    coming = pool.submit(copy_context().run, work)
    pool.shutdown(wait=False)
    return coming.result
