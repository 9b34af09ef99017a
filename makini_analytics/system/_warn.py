"""Warnings that point at the caller's own line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from ..errors import MakiniWarning


def warn(message: str) -> None:
    """Warn of what a result does not show, at the line outside of this package that led here."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _ours(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, MakiniWarning, stacklevel=level)


def _ours(frame: FrameType) -> bool:
    # a cached property and a context manager of ours call from the standard library
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return name in (__name__.partition(".")[0], "functools", "contextlib")
