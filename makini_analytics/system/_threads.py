"""Work beside other work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache, partial
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar, overload

from ._warn import holding, warn

T = TypeVar("T")

#: Threads beside the one that asks, which draws meanwhile: of two there is mostly one that counts without the interpreter's lock.
_OTHERS = 2


class Begin(Protocol):
    """Begins some work and returns what waits for its result."""

    def __call__(self, work: Callable[[], T], /) -> Callable[[], T]: ...


@contextmanager
def beside(*, pays: bool = True) -> Iterator[Begin]:
    """Give what begins work in other threads, in order; where it doesn't pay, it is done when its result is asked for.

    It pays for figures of many lines: NumPy and Arrow let other threads run while they count. What has not begun yet when its result is
    asked for is done by whoever asks, so that nobody waits while there is something to do.
    """
    if not pays:
        yield cache
        return
    pool = ThreadPoolExecutor(_OTHERS, thread_name_prefix="makini-beside")

    def begin(work: Callable[[], T]) -> Callable[[], T]:
        messages: list[str] = []  # in a thread no line outside led to them
        coming = pool.submit(copy_context().run, partial(holding, work, messages))

        @cache
        def result() -> T:
            if coming.cancel():
                return work()
            try:
                return coming.result()
            finally:
                for message in messages:
                    warn(message)

        return result

    try:
        yield begin
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
