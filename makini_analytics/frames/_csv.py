"""A table as a CSV file that a spreadsheet opens without running any of it."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd

# What a spreadsheet takes for the beginning of a formula, also after blanks and signs that don't show, and in the wide, small and raised
# forms that some turn into the usual signs; a tab or a line break at the beginning may hide one.
_UNSEEN = r"\s\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a-\u207c\u208a-\u208c"
_RUNS = re.compile(rf"[{_UNSEEN}]*[{_SIGNS}]|[\t\r\n]")


def write_csv(frame: pd.DataFrame, path: Path, *, raw: bool = False) -> Path:
    """Write a table as CSV in UTF-8 with a mark, so that spreadsheets open umlauts rightly, and return where it is.

    A text that a spreadsheet would run gets an apostrophe before it, and every text is quoted: OWASP's remedy against CSV injection,
    the one that Excel, LibreOffice and Google Sheets all heed. Numbers and dates stay as they are, negative ones too. With ``raw``
    texts are as they stand, for a program that reads them.
    """
    out = frame if raw else defused(frame)
    # quoted, since a spreadsheet that separates by semicolons would begin a new cell within "a;=1+1", and a reader a row at a bare carriage return
    out.to_csv(path, index=False, encoding="utf-8-sig", errors="replace", quoting=csv.QUOTE_NONNUMERIC)
    return path


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no text, and no heading, begins as a formula does.

    >>> defused(pd.DataFrame({"name": ["=1+1", "a-b"], "amount": [-1.0, 2.0]})).to_numpy().tolist()
    [["'=1+1", -1.0], ['a-b', 2.0]]
    """
    out = frame.copy(deep=False)
    for i, dtype in enumerate(frame.dtypes):
        if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype):
            continue
        values = frame.iloc[:, i]
        risky = {v: f"'{v}" for v in values.dropna().unique() if isinstance(v, str) and _RUNS.match(v)}
        if risky:
            texts = [risky.get(v, v) if isinstance(v, str) else v for v in values.astype(object)]
            out.isetitem(i, pd.array(texts, dtype=object))
    out.columns = pd.Index([_heading(c) for c in frame.columns])
    return out


def _heading(name: Any) -> Any:
    return f"'{name}" if isinstance(name, str) and _RUNS.match(name) else name
