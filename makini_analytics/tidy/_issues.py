"""Issues: one row per value that could not be read or is doubtful. A bad value never stops a fetch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from ._currencies import is_shared_sign
from ._parsing import ABSENT, Problem, sound
from ._schema import ISSUES, empty

Positions = npt.NDArray[np.intp]
_LONGEST = 200  # characters of a value that are kept

#: A doubt about at least this many rows of a table, and this share of them, is a habit of the source. It is reported once, with a count,
#: so that faults in single rows stay visible.
MANY_ROWS, MOST_ROWS = 100, 0.9
#: The count inside an issue that stands for many rows: "status not understood (12 lines, 1,200.00 EUR): ...".
_COUNTED = r" \([\d,]+ [a-z ]*(?:rows|lines|orders|heads)\b[^()]*\)"


class IssueBook:
    """Collects issues by row position, since ids are known only when the frames are built."""

    def __init__(self) -> None:
        self._batches: list[tuple[str, str, str, Positions, Any]] = []  # table, column, reason, rows, values
        self._unreadable: dict[str, dict[str, list[Positions]]] = {}
        # The parts of one list share a tally, so that what holds for the whole list is reported once and not once per part.
        self.tally: Tally | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a part that waits on disk keeps: of the values their texts, since the classes of records can't be written."""
        batches = [(*of, [t for texts in _texts(values) for t in texts]) for *of, values in self._batches]
        return {"_batches": batches, "_unreadable": self._unreadable, "tally": None}

    def add(self, table: str, column: str, positions: Positions, values: Any, reason: str) -> None:
        """Add an issue for several rows of a column, all for the same reason; ``values`` is the whole column."""
        if len(positions):
            given = values.iloc[positions] if isinstance(values, pd.Series) else np.asarray(values)[positions]
            self._batches.append((table, column, reason, positions, given))

    def tell(self, table: str, column: str, reason: str) -> None:
        """Add what holds for a table as a whole, as one row without an id."""
        self._batches.append((table, column, reason, _NOBODY, [None]))

    def tell_text(self, table: str, column: str, text: str, at: Positions, frame: pd.DataFrame) -> None:
        """Add one issue for a status or a currency that is not understood, with the rows that have it and, of lines, their value."""
        values: dict[str | None, float] = {}
        if table == "lines":
            sums = frame["amount"].iloc[at].groupby(frame["currency"].iloc[at], dropna=False, observed=True).sum()
            values = {c if isinstance(c, str) else None: float(v) for c, v in sums.items()}
        unknown = _UnknownText(0, None, len(at), values)
        if self.tally is not None:
            unknown = unknown._replace(
                part=self.tally.part, first=frame["order_id" if table == "orders" else "line_id"].iloc[at[0]]
            )
            known = self.tally.unknown.get((table, column, text))
            self.tally.unknown[table, column, text] = unknown if known is None else known.plus(unknown)
        else:
            self._batches.append((table, column, unknown.reason(table, column, text), at[:1], [text]))

    def add_once(self, table: str, column: str, positions: Positions, values: pd.Series, reason: str) -> None:
        """Add one issue for several rows, with their number and the first value, where each would say the same."""
        if len(positions):
            told = f"{reason} ({len(positions):,} rows)"
            self._batches.append((table, column, told, _NOBODY, values.iloc[positions[:1]]))

    def add_problems(self, table: str, column: str, problems: Sequence[Problem], *, typed: bool = True) -> None:
        """Add what could not be parsed; of a ``typed`` column, whose values are missing then."""
        for reason in dict.fromkeys(why for *_, why in problems):
            mine = [(i, value) for i, value, why in problems if why == reason]
            rows = np.array([i for i, _ in mine], dtype=np.intp)
            self._batches.append((table, column, reason, rows, [v for _, v in mine]))
            if typed and reason not in ABSENT:
                self._unreadable.setdefault(table, {}).setdefault(column, []).append(rows)

    def lose(self, table: str, column: str, rows: Positions) -> None:
        """Note rows whose value was given and could not be read, which an issue of another table tells."""
        if len(rows):
            self._unreadable.setdefault(table, {}).setdefault(column, []).append(rows)

    def leave_out(self, table: str, keep: npt.NDArray[np.bool_]) -> None:
        """Count the rows of a table anew without those that are not kept, whose issues go with them."""
        place = np.cumsum(keep) - 1
        moved: dict[int, Positions] = {}
        batches, self._batches = self._batches, []
        for name, column, reason, rows, values in batches:
            if name != table:
                self._batches.append((name, column, reason, rows, values))
            elif (live := keep[rows]).any():
                moved[id(rows)] = place[rows[live]]
                given = list(compress(values, live)) if isinstance(values, list) else values[live]
                self._batches.append((name, column, reason, moved[id(rows)], given))
        for column, lost in self._unreadable.get(table, {}).items():
            self._unreadable[table][column] = [moved[id(rows)] for rows in lost if id(rows) in moved]

    def unreadable(self, table: str) -> dict[str, Positions]:
        """Return, by column, the rows whose value was given and could not be read: they are missing, but not absent."""
        return {column: np.concatenate(rows) for column, rows in self._unreadable.get(table, {}).items() if rows}

    def frame(self, connection: str, ids: Mapping[str, pd.Series]) -> pd.DataFrame:
        """Return the issues as a frame; ``ids`` gives the id of each row position by table."""
        if not self._batches:
            return empty("issues")
        known = {table: series.astype("string").array for table, series in ids.items()}
        entries = self._batches
        if self.tally is None:
            entries = self._entries({table: len(series) for table, series in ids.items()})
        else:
            self.tally.take(b for b in self._batches if not self._is_lost(*b[:2], b[3]))
        n = [len(rows) for *_, rows, _ in entries]
        at = np.repeat(np.arange(len(n)), n)

        def repeated(texts: list[str]) -> categoricals.Labels:
            return categoricals.from_codes(pd.array(texts, dtype="string"), at)

        nobody: Any = pd.array([None], dtype="string")
        of = [
            known[table].take(rows, allow_fill=True)
            if table in known
            else nobody.take(np.zeros(len(rows), dtype=np.intp))
            for table, _, _, rows, _ in entries
        ]
        columns = {
            "connection": repeated([connection] * len(n)),
            "table": repeated([b[0] for b in entries]),
            "id": categoricals.concat_texts(of),
            "column": repeated([b[1] for b in entries]),
            "value": categoricals.concat_texts([t for *_, values in entries for t in _texts(values)]),
            "reason": repeated([b[2] for b in entries]),
        }
        return pd.DataFrame(columns, columns=[c.name for c in ISSUES])

    def _entries(self, n_rows: Mapping[str, int]) -> list[tuple[str, str, str, Positions, Any]]:
        """Return the batches, those of a doubt about most rows of a table as one row without an id and with the first value.

        Values that could not be read stay a row each: they differ, and nowhere else are they kept.
        """
        out = []
        for table, column, reason, rows, values in self._batches:
            habit = table in n_rows and len(rows) >= max(MANY_ROWS, MOST_ROWS * n_rows[table])
            if habit and not self._is_lost(table, column, rows):
                out.append((table, column, f"{reason} ({len(rows):,} rows)", _NOBODY, _first(values)))
            else:
                out.append((table, column, reason, rows, values))
        return out

    def _is_lost(self, table: str, column: str, rows: Positions) -> bool:
        """Whether rows are those of values that could not be read."""
        return any(rows is lost for lost in self._unreadable.get(table, {}).get(column, ()))


_NOBODY = np.array([-1], dtype=np.intp)


def _first(values: Any) -> Any:
    return values[:1] if isinstance(values, list | np.ndarray) else values.iloc[:1]


#: What is said of a text that is not understood, before the number of its rows and behind it.
_NOT_UNDERSTOOD = {
    "status": ("status not understood", "pass statuses={text: state}"),
    "currency": ("currency not in ISO 4217", "it has no rate, and is summed apart"),
    "sign": ("a sign of several currencies", "it has no rate, and is summed apart; from_table takes currency="),
}


class _UnknownText(NamedTuple):
    """The rows with a text that is not understood: part and id of the first one, their number, and the value of lines by currency."""

    part: int
    first: Any
    n: int
    values: dict[str | None, float]

    def plus(self, other: _UnknownText) -> _UnknownText:
        values = {c: self.values.get(c, 0.0) + other.values.get(c, 0.0) for c in {**self.values, **other.values}}
        return self._replace(n=self.n + other.n, values=values)

    def reason(self, table: str, column: str, text: str) -> str:
        by_name = sorted(self.values.items(), key=lambda item: (item[0] is None, item[0] or ""))
        value = "".join(f", {v:,.2f} {c or ''}".rstrip() for c, v in by_name)
        why, hint = _NOT_UNDERSTOOD["sign" if column == "currency" and is_shared_sign(text) else column]
        return f"{why} ({self.n:,} {table}{value}): {hint}"


class Tally:
    """What the parts of a list say often: that all of it is told once shows when the last part is there.

    Attributes
    ----------
    part : the one that is looked at
    n_rows : by table, the rows of all parts; of a table that is not here everything is told row by row
    unknown : by table, column and text, the statuses and currencies that are not understood
    """

    def __init__(self) -> None:
        self.part = 0
        self.n_rows: dict[str, int] = {}
        self.unknown: dict[tuple[str, str, str], _UnknownText] = {}
        self._counts: dict[tuple[str, str, str], tuple[int, Any]] = {}

    def take(self, batches: Iterable[tuple[str, str, str, Positions, Any]]) -> None:
        """Count the issues of a part that may be a habit of the source."""
        for table, column, reason, rows, values in batches:
            if rows is not _NOBODY:
                n, first = self._counts.get((table, column, reason), (0, None))
                first = next(_texts(_first(values)))[0] if not n else first
                self._counts[table, column, reason] = n + len(rows), first

    def told(self, connection: str) -> tuple[set[tuple[str, str, str]], pd.DataFrame]:
        """Return what is told once (table, column and reason), and the issues that tell it, with the texts that are not understood.

        The index of the issues is the part that they belong to, since an issue stays with its order.
        """
        once, rows, parts = set(), [], list[int]()
        for (table, column, reason), (n, value) in self._counts.items():
            if table in self.n_rows and n >= max(MANY_ROWS, MOST_ROWS * self.n_rows[table]):
                once.add((table, column, reason))
                rows.append((connection, table, None, column, value, f"{reason} ({n:,} rows)"))
                parts.append(0)
        for (table, column, text), of in self.unknown.items():
            value = next(_texts([text]))[0]
            rows.append((connection, table, of.first, column, value, of.reason(table, column, text)))
            parts.append(of.part)
        made = pd.DataFrame(rows, columns=[c.name for c in ISSUES], index=pd.Index(parts, dtype="int64"))
        return once, made.astype({c.name: c.dtype for c in ISSUES})


def told_once(issues: pd.DataFrame) -> pd.Series:
    """Return which issues stand for many rows, whose number they give."""
    return issues["reason"].str.contains(_COUNTED, regex=True).fillna(False).astype(bool)


# ---- what a reader must know first -----------------------------------------------------------------------------------

#: From this share of the lines that give a value on, values that can't be read are a warning.
MUCH = 0.01
#: Columns that figures need, and what to pass where one can't be read.
_NEEDED = dict.fromkeys(
    ("amount", "quantity", "unit_price", "received_quantity", "discount", "discount_percent", "price_unit"),
    "pass decimal= if numbers use another mark",
) | dict.fromkeys(
    ("order_date", "required_date", "promised_date", "delivered_date", "currency", "status"), ""
)  # fmt: skip
WARNING = "Warning: "


def much_unreadable(
    lines: pd.DataFrame, unreadable: Mapping[str, Positions] | None = None, *, on_dates: str = ""
) -> list[str]:
    """Return a warning for each column of lines that a figure needs, of whose values at least `MUCH` could not be read.

    ``unreadable`` are the rows by column, as the lines' own column of that name says by default. Ask before amounts are computed: what
    is computed was not given. ``on_dates`` is what to pass where a date can't be read.
    """
    lost = unreadable_rows(lines) if unreadable is None else unreadable
    return told_unreadable(count_unreadable(lines, lost), on_dates=on_dates)


def count_unreadable(lines: pd.DataFrame, lost: Mapping[str, Positions]) -> dict[str, tuple[int, int]]:
    """Return, by column that a figure needs, how many values could not be read, of how many that were given."""
    out = {}
    for name in (n for n in _NEEDED if n in lines):
        given = lines[name].notna().to_numpy(copy=True)
        given[lost.get(name, [])] = True
        out[name] = (len(lost.get(name, ())), int(given.sum()))
    return out


def told_unreadable(counts: Mapping[str, tuple[int, int]], *, on_dates: str = "") -> list[str]:
    """Return a warning for each column of which at least `MUCH` could not be read."""
    out = []
    for name, (n, given) in counts.items():
        if n and n >= MUCH * given:
            hint = _NEEDED[name] or (on_dates if name.endswith("_date") else "")
            out.append(f"{_warning(name, n, given)}: see issues{'; ' if hint else ''}{hint}.")
    return out


def unreadable_rows(lines: pd.DataFrame) -> dict[str, Positions]:
    """Return, by column, the rows of lines whose value was given and could not be read, as the lines themselves say."""
    texts = categoricals.from_series(lines["unreadable"])
    names = [str(t).split(", ") for t in texts.categories]
    codes = np.asarray(texts.codes)
    return {
        n: np.flatnonzero(np.isin(codes, [i for i, of in enumerate(names) if n in of]))
        for n in dict.fromkeys(chain(*names))
    }


def unreadable_first(notes: Sequence[str]) -> list[str]:
    """Return the notes, those on values that could not be read before the others."""
    return sorted(notes, key=lambda note: not re.match(WARNING + r"\w+ could not be read on ", note))


def _warning(name: str, n: int, of: int) -> str:
    return f"{WARNING}{name} could not be read on {n:,} of {of:,} lines ({n / of:.1%})".replace("%", " %")


def warnings_in(notes: Any) -> tuple[list[str], str]:
    """Return the warnings among the notes of a source, and the other notes.

    >>> warnings_in("Made up. Warning: amount could not be read on 2 of 9 lines (22.2 %): see issues. Read offline.")
    (['Warning: amount could not be read on 2 of 9 lines (22.2 %): see issues.'], 'Made up. Read offline.')
    """
    text = notes if isinstance(notes, str) else ""
    # a heading in quotes may have a full stop: 'Mio. EUR'
    found = re.findall(WARNING + r"(?:'[^']*'|.)*?\.(?=\s|$)", text)
    for sentence in found:
        text = text.replace(sentence, "", 1)
    return found, " ".join(text.split())


def a_few(names: Sequence[Any], n: int = 3) -> str:
    """Return names as a note tells them: a few, and how many more there are.

    >>> a_few(["A", "B", "C", "D", "E"])
    'A, B, C and 2 more'
    """
    shown = list(map(str, names)) if len(names) <= n + 1 else [str(x) for x in names[:n]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest else "")


def _texts(values: Any) -> Iterator[Any]:
    """Yield the values as texts, 20,000 at a time, to save memory where many of a million lines are doubtful."""
    for i in range(0, len(values), 20_000):
        some = values[i : i + 20_000] if isinstance(values, list | np.ndarray) else values.iloc[i : i + 20_000]
        yield pd.array(_shown(some if isinstance(some, list) else some.tolist()), dtype="string")


def _shown(values: list[Any]) -> list[str | None]:
    if set(map(type, values)) == {float}:  # often hundreds of thousands: amounts that were computed or don't reconcile
        return list(map(repr, values))
    return [_each_shown(v) for v in values]


def _each_shown(value: Any) -> str | None:
    if value is None or value is pd.NA:
        return None
    text = sound(value if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
