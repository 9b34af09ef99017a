"""A table as people read it: thousands, currencies, percent, days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..charts import Kind, cell_text, kind_of, number
from ..errors import ConfigError, SchemaError
from ..system import known_options, template


class Table:
    """A frame as text and, in a notebook, as HTML; its numbers are texts, so compute on the frame."""

    def __init__(self, texts: pd.DataFrame, numbers: Sequence[str]) -> None:
        self._texts, self._numbers = texts, set(numbers)

    def __repr__(self) -> str:
        return self._texts.to_string(index=False)

    def _repr_html_(self) -> str:
        columns = [(name, name in self._numbers) for name in self._texts.columns]
        rows = self._texts.to_numpy().tolist()
        return str(template("style/table.html.j2").render(columns=columns, rows=rows))


@known_options
def table(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, rows: int = 10) -> Table:
    """Return the first rows of a frame as people read them: 647,828 EUR, 27.3 %, 24 days.

    Amounts are in whole units beside their currency, shares in percent, days with their unit; what is missing is a dash, and ids
    stay out where there is a name. `style.use` sets the marks of the numbers.

    Parameters
    ----------
    frame : a result of a figure, or any frame
    columns : which, in their order; by default all
    rows : how many

    Returns
    -------
    Table, which a notebook shows

    Raises
    ------
    SchemaError
        It is no frame, or lacks a column.
    ConfigError
        ``rows`` is no count.

    Examples
    --------
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "a"], "currency": "EUR", "amount": [60_000.0, 10_000.0, 30_000.0]})
    >>> style.table(spend.by_vendor(lines), ["vendor_id", "spend", "share", "n_lines"])
    vendor id      spend  share lines
            a 90,000 EUR 90.0 %     2
            b 10,000 EUR 10.0 %     1
    """
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(f"table takes a DataFrame, not {type(frame).__name__}")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise ConfigError(f"rows={rows!r}: pass a number of rows such as 10")
    names = list(map(str, frame.columns)) if columns is None else list(columns)
    if missing := [n for n in names if n not in frame]:
        raise SchemaError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")
    if columns is None:
        names = [n for n in names if not (n.endswith("_id") and f"{n[:-3]}_name" in names)]
    kinds = {n: kind_of(n, frame[n]) for n in names}
    money = [n for n in names if kinds[n] == "money"]
    beside = "currency" in frame and money
    names = [n for n in names if n != "currency" or not beside]  # it stands beside each amount
    head = frame.head(rows)
    texts = {}
    for name in names:
        cells = [_text(v, kinds[name]) for v in head[name]]
        if name in money and beside:
            cells = [t if pd.isna(c) or t == "–" else f"{t} {c}" for t, c in zip(cells, head["currency"], strict=True)]
        texts[_heading(name)] = cells
    numbers = [_heading(n) for n in names if kinds[n] not in ("text", "date", "time")]
    return Table(pd.DataFrame(texts, dtype="object"), numbers)


def _text(value: Any, kind: Kind) -> str:
    if value is None or pd.isna(value):
        return "–"
    if kind == "money":
        return number(value)
    if kind == "days":
        whole = float(value) == round(float(value))
        return f"{number(value, 0 if whole else 1)} {'day' if value == 1 else 'days'}"
    return cell_text(value, kind)


def _heading(name: str) -> str:
    """Return the heading of a column: its unit stands in the cells.

    >>> _heading("median_days"), _heading("n_lines"), _heading("vendor_name")
    ('median', 'lines', 'vendor')
    """
    return name.removeprefix("n_").removesuffix("_days").removesuffix("_name").replace("_", " ")
