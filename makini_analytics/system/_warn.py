"""Warnings that point at the caller's own line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType
from typing import TypeVar

from ..errors import MakiniWarning

T = TypeVar("T")
_held: ContextVar[list[str] | None] = ContextVar("_held", default=None)


def warn(message: str) -> None:
    """Warn of what a result does not show, at the line outside of this package that led here."""
    if (held := _held.get()) is not None:
        held.append(message)
        return
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _ours(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, MakiniWarning, stacklevel=level)


def holding(work: Callable[[], T], messages: list[str]) -> T:
    """Return the result of some work; what it warns of is added to the messages, to be said where a line outside led to it."""
    token = _held.set(messages)
    try:
        return work()
    finally:
        _held.reset(token)


def _ours(frame: FrameType) -> bool:
    # a cached property and a context manager of ours call from the standard library
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return name in (__name__.partition(".")[0], "functools", "contextlib")
