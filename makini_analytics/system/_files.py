"""Writing a file or folder whole or not at all: under another name first, renamed when it is done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield the path to write to instead; what is written there takes its place at the end, or is removed if writing fails.

    In a folder that exists, files of the same names are replaced and the others stay.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-part{os.getpid()}{path.suffix}")  # writers choose the format by the ending
    try:
        yield part
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file():
                target = path / file.relative_to(part) if part.is_dir() else path
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
