"""The time that the lists beside the orders have, all together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeBeside:
    """Seconds for lists that are read one after the other: each may take half of what is left, so that none leaves the others nothing.

    >>> beside = TimeBeside(120.0)
    >>> with beside.share() as seconds:
    ...     seconds  # a list that hangs is given up after these
    60.0
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @contextmanager
    def share(self) -> Iterator[float]:
        """Yield the seconds that the next list may take, and count those that it took."""
        began = time.monotonic()
        try:
            yield self._left / 2
        finally:
            self._left = max(self._left - (time.monotonic() - began), 0.0)
