"""Checks of arguments that several rooms take: what can't be right is a `ConfigError` that says what would be."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Collection, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError
from ._near import near


def path_of(name: str, value: Any) -> Path:
    """Return an argument as a path, with "~" for the home folder; raise `ConfigError` where no file or folder can have that name.

    >>> path_of("out", "")
    Traceback (most recent call last):
    makini_analytics.errors.ConfigError: out='': pass the path of a file or folder
    """
    value = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name}={_short(value)}: pass the path of a file or folder")
    try:
        _ = Path(value).is_absolute() or Path.cwd()
    except FileNotFoundError:
        raise ConfigError(f"{name}={_short(value)}: the folder where this runs is gone, so pass a whole path") from None
    try:
        os.lstat(value)
    except (ValueError, UnicodeError):  # NUL, or half a surrogate
        raise ConfigError(f"{name}={_short(value)} holds characters that no path has") from None
    except OSError as e:
        if e.errno == errno.ENAMETOOLONG:
            raise ConfigError(f"{name}={_short(value)} is longer than a path can be") from None
    try:
        return Path(value).expanduser()
    except RuntimeError:  # "~$orders.xlsx" is a file that Excel leaves behind, and no user's folder
        return Path(value)


#: Suffixes of single files: a folder of such a name is a file that nothing opens.
_OF_FILES = (".xlsx", ".xls", ".csv", ".json", ".html", ".htm", ".pdf", ".pptx", ".zip")


def folder_of(name: str, value: Any) -> Path:
    """Return an argument as the path of a folder to write, or raise `ConfigError` where it is named like a file.

    >>> folder_of("folder", "orders.xlsx")
    Traceback (most recent call last):
    makini_analytics.errors.ConfigError: folder='orders.xlsx': name a folder, for several tables; data.lines.to_excel or ma.report(data, ...) writes one file
    """
    path = path_of(name, value)
    if path.suffix.lower() in _OF_FILES and not path.is_dir():
        one = "data.lines.to_csv" if path.suffix.lower() == ".csv" else "data.lines.to_excel or ma.report(data, ...)"
        raise ConfigError(f"{name}={_short(str(value))}: name a folder, for several tables; {one} writes one file")
    return path


def number_of(
    name: str, value: Any, *, low: float = 0, high: float = 1e9, above: bool = False, whole: bool = False
) -> float:
    """Return an argument as a number from ``low`` (or above it) to ``high``, or raise `ConfigError`.

    >>> number_of("retries", -1, whole=True)
    Traceback (most recent call last):
    makini_analytics.errors.ConfigError: retries=-1: pass a whole number from 0 to 1000000000
    """
    good = isinstance(value, Real) and not isinstance(value, bool)  # numpy's numbers, too
    # of NaN and of infinity neither is true
    if not good or not low <= value <= high or (above and value == low) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise ConfigError(f"{name}={_short(value)}: pass {kind} {'above' if above else 'from'} {low:g} to {high:.0f}")
    return int(value) if whole else float(value)


def text_of(name: str, value: Any, what: str, *, empty: bool = False, plain: bool = False) -> str:
    """Return an argument that is a text, ``plain`` one without control characters, or raise `ConfigError` that says what to pass."""
    # half a surrogate is in no alphabet, and neither an address nor a file can hold it
    if not isinstance(value, str) or not (value.strip() or empty) or any("\ud800" <= c <= "\udfff" for c in value):
        raise ConfigError(f"{name}={_short(value)}: pass {what}")
    if plain and any(unicodedata.category(c) == "Cc" for c in value):
        raise ConfigError(f"{name}={_short(value)} holds control characters: pass {what}")
    return value


def texts_of(name: str, value: Any) -> set[str]:
    """Return a text, or several, as a set; `ConfigError` for anything else."""
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, Collection) or isinstance(several, bytes | Mapping) or not len(several):
        raise ConfigError(f"{name}={value!r:.60}: pass a text, or a list of texts")
    if odd := [v for v in several if not isinstance(v, str)]:
        raise ConfigError(f"{name}: {odd[0]!r:.60} is no text: pass a text, or a list of texts")
    return set(several)


def flag_of(name: str, value: Any) -> bool:
    """Return an argument that is True or False: "false" would be taken as true."""
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(f"{name}={_short(value)}: pass True or False")
    return bool(value)


def mapping_of(name: str, value: Any, what: str) -> Mapping[Any, Any]:
    """Return an argument that is a mapping, or raise `ConfigError` that says what to pass."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name}={_short(value)}: pass {what}")
    return value


def names_of(name: str, value: Any, good: Collection[str]) -> tuple[str, ...]:
    """Return an argument that is a known name, or a list of them, or raise `ConfigError` that lists them.

    >>> names_of("sections", "spend", ["spend", "slippage"])
    ('spend',)
    """
    value = (value,) if isinstance(value, str) else value
    if isinstance(value, bytes | Mapping) or not isinstance(value, Collection) or not value:
        raise ConfigError(f"{name}={_short(value)}: pass a list of some of {', '.join(good)}")
    for each in value:
        if not isinstance(each, str) or each not in good:
            hint = near(each, good) if isinstance(each, str) else ""
            raise ConfigError(f"{name}: {_short(each)} is none of {', '.join(good)}{hint}")
    return tuple(value)


def _short(value: Any) -> str:
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else " ".join(repr(value).split())
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
