"""Python's search for garbage, put off while much is made that is kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_search() -> Iterator[None]:
    """Put off the search for objects that only hold each other.

    It begins anew with every 700 objects, and a report makes millions that it needs to its end: without the search a report of the
    sample takes a tenth less, one of a million lines a twentieth, and no more memory. What nothing holds is freed at once, as always.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
