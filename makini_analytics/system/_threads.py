"""Work beside other work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from threading import RLock
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


def beside(work: Callable[[], T], *, pays: bool = True) -> Callable[[], T]:
    """Begin some work in a thread of its own and return what waits for its result; where it doesn't pay, it is done when that is asked for.

    It pays for figures of many lines: NumPy and Arrow let other threads run while they count.
    """
    if not pays:
        return cache(work)
    pool = ThreadPoolExecutor(1, thread_name_prefix="makini-beside")
    coming = pool.submit(copy_context().run, work)
    pool.shutdown(wait=False)
    return coming.result


class cached_property(Generic[T]):  # noqa: N801: as the one of functools
    """`functools.cached_property` that two threads may ask for: the second one waits for the first instead of working it out again.

    Which one leads to which must not go in a circle, or two threads would wait for each other.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work, self.__doc__ = work, work.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> cached_property[T]: ...
    @overload
    def __get__(self, instance: Any, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self
        known = vars(instance)  # in which the result hides this property from now on
        # one lock for each property of each instance; setdefault is atomic
        with known.setdefault("_locks", {}).setdefault(self._name, RLock()):
            if self._name not in known:
                known[self._name] = self._work(instance)
        return known[self._name]
