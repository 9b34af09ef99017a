"""A file as it lies on the disk to a grid of cells: what kind of file it is, its encoding, separator, sheet, and the row of headings.

Nothing is converted: cells are the texts, numbers and dates that the file holds. Which separator and row are meant shows by the headings:
they are known words, and under the wrong reading there are none.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, SchemaError
from ._cells import cells_of
from ._code_pages import code_page
from ._layouts import in_one, layouts
from ._lost_cells import with_lost_cells
from ._markup import html_in_mail, html_rows, xml_sheets
from ._other_kinds import why_no_list

SEPARATORS = (";", ",", "\t", "|")
_PEEKED = 200  # rows among which the headings are looked for
_FEWEST = 2  # known headings that make a row one of headings
_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_ADVICE = (
    "pass header= (its row, counted from 1; 0 where there is none, and the columns are called '1', '2', ...) and columns=, "
    "and separator= where it is none of ; , tab |"
)
_RULE = re.compile(r"[-=_+|\s]*[-=_]{2,}[-=_+|\s]*|-")
#: How texts begin that say what they are; the mark of UTF-32 begins with that of UTF-16.
_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
#: What UTF-8 looks like that was taken for a Western text and written again: "MÃ¼ller", "â€“".
_GARBLED = re.compile("Ã[\u0080-\u00bf]|â€")
Score = Callable[[Sequence[Any]], int]


@dataclass(frozen=True)
class Grid:
    """The cells below the headings, one column per heading, indexed by their row in the file; and how it was read."""

    headings: list[str]
    cells: pd.DataFrame
    how: str
    framed: bool = False  # rows between bars, as SAP prints lists
    notes: tuple[str, ...] = ()


def read_grid(
    path: Path,
    score: Score,
    *,
    sheet: str | int | None,
    encoding: str | None,
    separator: str | None,
    header: int | None,
) -> Grid:
    """Return the grid of a file.

    Raises
    ------
    SchemaError
        No row of headings is found, several sheets could be meant, or the file is of another kind, as a packed one.
    ConfigError
        The library that reads such a file is not installed, or an option can't be right.
    """
    if header is not None and header < 0:
        raise ConfigError(
            f"header={header}: pass the row of headings, counted from 1 as a spreadsheet does, or 0 for none"
        )
    if separator is not None and len(separator) != 1:
        raise ConfigError(f"separator={separator!r}: pass one character, such as ';'")
    try:
        data = path.read_bytes()
    except OSError as e:
        raise ConfigError(f"{path} can't be read: {e.strerror or e}") from None
    if kind := why_no_list(data):
        raise SchemaError(f"{path.name} is {kind}")
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _from_workbook(data, path, score, sheet, header)
    if page := html_in_mail(data):
        return _from_rows(html_rows(page), score, header, "an HTML table in a web page saved as one file")
    text, named = decoded(data, encoding)
    text, named = text.replace("\0", " "), f"{named}{_lost_letters(text)}"  # hosts pad with NUL
    if (sheets := xml_sheets(text, path.name)) is not None:
        return _from_sheets(sheets, path, score, sheet, header, "workbook in XML")
    start = text[:2000].lstrip().casefold()
    if "<html" in start or "<table" in start:
        return _from_rows(html_rows(text), score, header, f"an HTML table, {named}")
    return _from_text(text, score, separator, header, named)


# ---- texts ---------------------------------------------------------------------------------------------------------


def decoded(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return a file's text and the name of its encoding: by its mark, else UTF-8 where it is valid, else by its bytes.

    >>> decoded("Währung".encode("cp1252")), decoded("Zamówień ilość".encode("cp1250"))[1], decoded("a;ü".encode("utf-16"))
    (('Währung', 'cp1252'), 'cp1250', ('a;ü', 'utf-16'))
    """
    if encoding is not None:
        try:
            return data.decode(encoding).lstrip("\ufeff"), encoding
        except (LookupError, ValueError) as e:
            raise ConfigError(f"encoding={encoding!r}: {e}") from None
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return _decoded_as(data, name), name
    zeros = data[:2000].count(0)
    if zeros > len(data[:2000]) / 4:  # every other byte of a Western text in UTF-16
        name = "utf-16-le" if data[:2000:2].count(0) < zeros / 2 else "utf-16-be"
        return _decoded_as(data, name), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")  # in no code page do letters with accents look like UTF-8
        bad = text.count("\ufffd")
        if sum(c > "\x7f" for c in text) > 2 * bad:
            return text, f"utf-8 with {bad:,} faulty byte{'s' * (bad > 1)}"
        name, told = code_page(data)
        return data.decode(name, errors="replace"), f"{name}{told}"


def _lost_letters(text: str) -> str:
    """Return what to know of letters that the file has lost or garbled, as it was read or before."""
    if text.isascii():
        return ""
    gone = text.count("\ufffd")
    garbled = len(_GARBLED.findall(text)) if "Ã" in text or "â€" in text else 0
    said = {"letters lost (\ufffd)": gone, "letters garbled, as Ã¼ for ü": garbled}
    return "".join(f", {what}: {n:,}" for what, n in said.items() if n)


def _decoded_as(data: bytes, name: str) -> str:
    """Return the text of a file that says what it is; `SchemaError` where it is something else, or was cut off in a character."""
    try:
        return data.decode(name)
    except UnicodeDecodeError as e:
        raise SchemaError(
            f"the file says that it is {name}, and byte {e.start:,} is not ({e.reason}): pass encoding=, or save it again"
        ) from None


def _from_text(text: str, score: Score, separator: str | None, header: int | None, named: str) -> Grid:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head = text.split("\n", _PEEKED if not header else header + 1)
    lines = head[:_PEEKED] if not header else [head[header - 1]] if len(head) >= header else []
    said = _SAID.fullmatch(head[0])  # a first line such as "sep=;", written for Excel
    separator = separator or (said[1] if said else None)
    separators = [separator] if separator else SEPARATORS
    if header == 0:
        return _without_headings("\n".join(head[1:]) if said else text, separators, named)
    tried = [(s, *_best(_split(lines, s), score)) for s in separators]
    sep, at, known = max(tried, key=lambda t: t[2])  # the first of equals
    first = _split(lines[at : at + 1], sep) if lines else []
    below = at + 1  # lines above the first row of values
    if header is None and any('"' in line for line in lines):  # then a heading may go on in the next line
        for s in (s for s in separators if s != "|"):
            rows, ends = _records(head, s)
            n, hits = _best(rows, score)
            if hits > known:
                sep, at, known, first, below = s, ends[n] - 1, hits, [[" ".join(c.split()) for c in rows[n]]], ends[n]
    if header is not None:
        at = header - 1
        if not lines:
            raise SchemaError(f"header={header}: the file has {len(head)} rows")
    elif known < _FEWEST:
        shown = " / ".join(line[:80] for line in lines[:3])
        raise SchemaError(f"no row of headings was found ({shown}): {_ADVICE}")
    framed = sep == "|"
    if two := layouts(_split(lines, sep)) if header is None else {}:
        both, cells = in_one(text, sep, two)
        return Grid(both, cells, f"text, {named}, separator '{sep}', headings of orders and of lines")
    if header is not None:
        first, below = _split(lines, sep), header
    headings = [h.strip() for h in first[0]]
    body = "\n".join(text.split("\n", below)[below:])
    cells, notes = cells_of(body, sep, len(headings), at + 2, text.split("\n", at + 1)[at])
    name = {"\t": "tab"}.get(sep, f"'{sep}'")
    how = f"text, {named}, separator {name}, headings in row {at + 1}"
    return Grid(headings, cells, how, framed, tuple(notes))


def _without_headings(text: str, separators: Sequence[str], named: str) -> Grid:
    """Return the grid of a text whose first row is a line already: its columns are called 1, 2, 3, ..."""
    lines = [line for line in text.split("\n", _PEEKED)[:_PEEKED] if line.strip()]
    widths = {s: [len(row) for row in _split(lines, s)] for s in separators}
    sep = max(separators, key=lambda s: min(widths[s], default=0))  # the first of equals
    width = max(widths[sep], default=1)
    cells, notes = cells_of(text, sep, width, 1)
    return Grid(_numbered(width), cells, f"text, {named}, separator {sep!r}, no headings", sep == "|", tuple(notes))


def _numbered(width: int) -> list[str]:
    return [str(i + 1) for i in range(width)]


def _split(lines: Sequence[str], separator: str) -> list[list[str]]:
    if separator == "|":
        return [line.split("|") for line in lines]
    return [next(csv.reader([line], delimiter=separator), []) for line in lines]


def _records(lines: Sequence[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows of some lines, where a quoted cell may go over several, and after how many lines each ends."""
    reader = csv.reader((line + "\n" for line in lines[:_PEEKED]), delimiter=separator)
    rows, ends = [], []
    for row in reader:
        rows.append(row)
        ends.append(reader.line_num)
    return rows, ends


def _best(rows: Sequence[Sequence[Any]], score: Score) -> tuple[int, int]:
    """Return the place of the row with most known headings, the first of equals, and how many it has."""
    scores = [score(row) for row in rows] or [0]
    return scores.index(max(scores)), max(scores)


def is_rule(text: str) -> bool:
    """Whether a text is nothing but a dashed rule."""
    return text[:1] in "-=_+|" and _RULE.fullmatch(text) is not None


# ---- rows of cells -------------------------------------------------------------------------------------------------


def _from_rows(rows: list[list[Any]], score: Score, header: int | None, how: str) -> Grid:
    at, known = _best(rows[:_PEEKED], score) if header is None else (max(header - 1, 0), _FEWEST)
    if header is not None and header > len(rows):
        raise SchemaError(f"header={header}: the file has {len(rows)} rows")
    if header == 0:
        return Grid(_numbered(max(map(len, rows), default=0)), _framed_rows(rows, 1), f"{how}, no headings")
    if known < _FEWEST:
        shown = " / ".join(", ".join(str(c) for c in row if c not in ("", None))[:80] for row in rows[:3])
        if not any(c not in ("", None) for row in rows for c in row):
            raise SchemaError("the file holds no cells: export the list again, and look whether it has rows")
        raise SchemaError(f"no row of headings was found ({shown}): {_ADVICE}")
    cells = _framed_rows(rows[at:], at + 1)
    headings = ["" if h is None else str(h).strip() for h in cells.iloc[0]]
    return Grid(headings, cells.iloc[1:], f"{how}, headings in row {at + 1}")


def _framed_rows(rows: list[list[Any]], first: int) -> pd.DataFrame:
    width = max(map(len, rows), default=0)
    body = [list(r) + [""] * (width - len(r)) for r in rows]
    return pd.DataFrame(body, columns=range(width), index=pd.RangeIndex(first, first + len(body)), dtype=object)


def _from_workbook(data: bytes, path: Path, score: Score, sheet: str | int | None, header: int | None) -> Grid:
    zipped = data.startswith(b"PK")
    engine = next((e for e, m in (("calamine", "python_calamine"), ("openpyxl", "openpyxl")) if find_spec(m)), None)
    if engine is None or (engine == "openpyxl" and not zipped):
        raise ConfigError(
            f"{path.name} is a workbook, which python-calamine reads: pip install 'makini-analytics[files]'"
        )
    options: dict[str, Any] = {"sheet_name": None if sheet is None else [sheet], "engine": engine}
    try:
        sheets: dict[Any, pd.DataFrame] = pd.read_excel(
            io.BytesIO(data), header=None, dtype=object, keep_default_na=False, **options
        )
    except (ValueError, IndexError, KeyError) as e:
        raise ConfigError(f"sheet={sheet!r}: {e}") from None
    except Exception as e:  # each engine has errors of its own for a broken file
        raise SchemaError(f"{path.name} is no workbook that can be read: {e}") from e
    rows = {
        name: [[None if c != c else _as_held(c) for c in row] for row in df.to_numpy().tolist()]
        for name, df in sheets.items()
    }
    if zipped:
        with_lost_cells(data, rows)
    return _from_sheets(rows, path, score, None, header, "workbook")


def _as_held(cell: Any) -> Any:
    """Return a cell; a whole number of many digits as the float that a workbook holds, so that lost digits are seen further on."""
    return float(cell) if type(cell) is int and abs(cell) >= 1e15 else cell


def _from_sheets(
    rows: dict[Any, list[list[Any]]], path: Path, score: Score, sheet: str | int | None, header: int | None, how: str
) -> Grid:
    """Return the grid of the sheet that has most known headings, or of the one that is asked for."""
    if sheet is not None:
        name = list(rows)[sheet] if isinstance(sheet, int) and 0 <= sheet < len(rows) else sheet
        if name not in rows:
            raise ConfigError(f"sheet={sheet!r}: the sheets are {', '.join(map(repr, rows))}")
        rows = {name: rows[name]}
    scores = {name: _best(r[:_PEEKED], score)[1] for name, r in rows.items() if r}
    if not scores:
        raise SchemaError(f"{path.name} holds no cells")
    best = max(scores.values())
    found = [name for name, n in scores.items() if n == best]
    if len(found) > 1 and best >= _FEWEST:
        raise SchemaError(f"the sheets {', '.join(map(repr, found))} have the same headings: pass sheet= one of them")
    return _from_rows(rows[found[0]], score, header, f"{how}, sheet {found[0]!r}")
