"""Where lies what is on its way into a history."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..system import scratch

if TYPE_CHECKING:
    from ._history import History


@contextmanager
def scratch_for(history: History) -> Iterator[Path]:
    """Yield a folder of one's own, which is removed at the end: beside a history on this machine, whose disk has room for it, else the system's."""
    folder = history._table.folder
    above = next((p for p in Path(folder).parents if p.exists()), None) if isinstance(folder, Path) else None
    if above is None or not os.access(above, os.W_OK | os.X_OK):
        folder = Path(tempfile.gettempdir()) / "makini-history"
    with scratch(Path(folder)) as place:
        yield place
