"""A table as people read it: thousands, currencies, percent, days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..charts import Kind, cell_text, kind_of, number, spelled
from ..errors import ConfigError, SchemaError
from ..frames import values
from ..system import known_options, template


class Table:
    """A frame as text and, in a notebook, as HTML; its numbers are texts, so compute on the frame.

    Attributes
    ----------
    texts : the cells as they are read
    numbers : the columns that hold numbers
    """

    def __init__(self, texts: pd.DataFrame, numbers: Sequence[str]) -> None:
        self.texts, self.numbers = texts, set(numbers)

    def __repr__(self) -> str:
        return self.texts.to_string(index=False)

    def _repr_html_(self) -> str:
        columns = [(name, name in self.numbers) for name in self.texts.columns]
        rows = self.texts.to_numpy().tolist()
        return str(template("style/table.html.j2").render(columns=columns, rows=rows))


@known_options
def table(frame: pd.DataFrame, columns: Sequence[str] | str | None = None, *, rows: int = 10) -> Table:
    """Return the first rows of a frame as people read them: 647,828 EUR, 27.3 %, 24 days.

    Amounts stand beside their currency, in whole units where there are large ones; shares are in percent, days have their unit; what is missing is a
    dash, and ids stay out where there is a name. `style.use` sets the marks of the numbers.

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
    names = (
        list(map(str, frame.columns)) if columns is None else [columns] if isinstance(columns, str) else list(columns)
    )
    if missing := [n for n in names if n not in frame]:
        raise SchemaError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")
    if columns is None:
        names = [n for n in names if not (n.endswith("_id") and f"{n[:-3]}_name" in names)]
    kinds = {n: _kind(n, frame[n]) for n in names}
    if {"price", "before", "after"} <= kinds.keys():  # in a bridge it is what prices did, beside what volume did
        kinds["price"] = kinds["before"]
    money = [n for n in names if kinds[n] in ("money", "price") and not n.startswith("original_")]
    if (
        money and "currency" in frame and kind_of("currency", frame["currency"]) == "text"
    ):  # it stands beside each amount
        names = [n for n in names if n != "currency"]
    else:
        money = []
    head = frame.head(rows)
    units = values(head, "currency", "string").astype("string").fillna("").tolist()
    short = [_heading(n) for n in names]
    # "vendors" and "n_vendors" have one heading: the count says that it is one, and others keep their own names
    headings = {
        n: h if short.count(h) == 1 else f"number of {h}" if n.startswith("n_") else n
        for n, h in zip(names, short, strict=True)
    }
    # what is compared in a row has as many decimals: "6,461 EUR" beside "4,630.60 EUR" looks like two ways to count
    amounts = [n for n in names if kinds[n] == "money" and not n.startswith("original_")]
    of_amounts = (
        _decimals(
            pd.Series(np.concatenate([frame[n].to_numpy(dtype=float, na_value=np.nan) for n in amounts])), "money"
        )
        if amounts
        else 0
    )
    texts = {}
    for name in names:
        decimals = of_amounts if name in amounts else _decimals(frame[name], kinds[name])
        cells = [_text(v, kinds[name], decimals) for v in head[name]]
        if name in money:
            cells = [text if text == "–" else f"{text} {unit}".strip() for text, unit in zip(cells, units, strict=True)]
        texts[headings[name]] = cells
    numbers = [headings[n] for n in names if kinds[n] not in ("text", "date", "time")]
    return Table(pd.DataFrame(texts, dtype="object"), numbers)


def _kind(name: str, column: pd.Series) -> Kind:
    kind = kind_of(name, column)
    if kind == "number" and "_share_of_" in name:
        return "share"
    if kind != "number":
        return kind
    return "price" if name.endswith("_price") else "money" if name.endswith(("_amount", "_ceiling")) else kind


def _decimals(column: pd.Series, kind: Kind) -> int:
    """Return the decimals of all of a column's numbers: none where they are whole, or amounts of which nobody reads the cents."""
    if kind in ("text", "date", "time"):
        return 0
    known = column.dropna().astype(float)
    largest = float(known.abs().max()) if len(known) else 0.0
    if (known % 1 == 0).all() or (kind == "money" and largest >= 10_000):
        return 0
    return {"money": 2, "days": 1}.get(kind, 4 if largest < 10 else 2)


def _text(value: Any, kind: Kind, decimals: int) -> str:
    if kind in ("money", "number", "days") and not pd.isna(value):
        unit = {"days": " day" if value == 1 else " days"}.get(kind, "")
        return f"{number(round(float(value), decimals) + 0.0, decimals)}{unit}"  # + 0.0: no minus before a zero
    return cell_text(value, kind)


def _heading(name: str) -> str:
    """Return the heading of a column: its unit stands in the cells.

    >>> _heading("median_days"), _heading("n_lines"), _heading("vendor_name")
    ('median', 'lines', 'vendor')
    """
    return spelled(name.removesuffix("_days").removesuffix("_name"))
