"""A file or a folder appears whole, or not at all: it is written under another name, and renamed when it is done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield where to write instead; what is written there then takes its place, and is removed if the writing fails.

    Of a folder that is there already, the files of the same names are replaced, and the others stay.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}-part{os.getpid()}{path.suffix}")  # the ending says the format
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
