"""What a figure says of itself: as of when, which rows count, why the others don't, and its definition.

`Selection` keeps the book while a metric decides about rows, `stamp` writes it into ``result.attrs``, `explain` reads it
out. The attrs are a convenience for titles, footnotes and `explain`; nothing depends on their being there.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import SchemaError
from ..frames import Mask, coded, numbers, values


class Selection:
    """Which rows count, and why the others don't: each row is excluded once, for the first reason that fits.

    A row is a line, or stands for ``n`` lines that an engine has counted already; then ``amount`` is their sum.
    """

    def __init__(self, lines: pd.DataFrame, n: npt.NDArray[np.int64] | None = None) -> None:
        self._lines = lines
        self._n = n
        self.codes = np.zeros(len(lines), dtype=np.int8)  # 0 = counts
        self.reasons: list[str] = [""]

    def exclude(self, rows: Any, reason: str, of: slice = slice(None)) -> None:
        """Leave out the rows of a boolean mask, which may be of a part of the rows, unless they are left out already."""
        mask = np.asarray(pd.array(rows, dtype="boolean").fillna(False), dtype=bool) if not _is_mask(rows) else rows
        if reason not in self.reasons:
            self.reasons.append(reason)
        codes = self.codes[of]
        if mask.any():
            np.putmask(codes, mask & (codes == 0), self.reasons.index(reason))

    @property
    def kept(self) -> Mask:
        """True where a row counts."""
        return np.asarray(self.codes == 0)

    def reason(self) -> pd.Series:
        """Return the reason per row, missing where it counts."""
        names = pd.array([None, *self.reasons[1:]], dtype="string")
        return pd.Series(names.take(self.codes.astype(np.intp)), index=self._lines.index)

    def book(self) -> list[dict[str, Any]]:
        """Return one entry per reason: lines, and their value by currency. Included + excluded = all."""
        amount = numbers(self._lines, "amount")
        priced = "amount" in self._lines.columns  # where nothing has a value, 0.00 would be an invention
        currency = coded(values(self._lines, "currency", "string"))
        labels = [*map(str, currency.labels), ""]  # the last one is for lines without a currency
        size = len(self.reasons) * len(labels)
        cells = self.codes.astype(np.intp)
        cells *= len(labels)
        cells += currency.codes
        if not currency.whole():
            cells[currency.codes < 0] += len(labels)
        none = np.isnan(amount)
        money = np.bincount(cells, weights=np.where(none, 0.0, amount) if none.any() else amount, minlength=size)
        lines = np.bincount(cells, weights=self._n, minlength=size).astype(np.int64)
        return [
            {
                "reason": reason or "included",
                "n_lines": int(n.sum()),
                "value": {c: round(float(v), 6) for c, v, k in zip(labels, m, n, strict=True) if k and priced},
            }
            for reason, n, m in zip(
                self.reasons, lines.reshape(-1, len(labels)), money.reshape(-1, len(labels)), strict=True
            )
            if n.sum() or not reason
        ]


def _is_mask(rows: Any) -> bool:
    return isinstance(rows, np.ndarray) and rows.dtype == bool


def stamp(
    result: pd.DataFrame,
    *,
    metric: str,
    parameters: Mapping[str, Any],
    selection: Selection,
    lines: pd.DataFrame,
    as_of: pd.Timestamp | None = None,
    notes: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Write into ``result.attrs`` what was measured, with which parameters, as of when, and what was left out."""
    book = selection.book()
    result.attrs = {
        "metric": metric,
        "parameters": {k: v for k, v in parameters.items() if v is not None},
        "as_of": lines.attrs.get("as_of") if as_of is None or pd.isna(as_of) else str(as_of.date()),
        "source": lines.attrs.get("source"),
        "currency": currency_basis(lines),
        "included": book[0],
        "excluded": book[1:],
        "notes": list(notes),
    }
    return result


def currency_basis(lines: pd.DataFrame) -> str:
    """Return what the amounts of the lines are in: the documents' own currencies, or one, and at which rates."""
    if "original_currency" not in lines.columns:
        return "as in the documents"
    return str(lines.attrs.get("currency", "converted, at rates that are not known any more"))


class Explanation(str):
    """A text that a notebook shows as it reads, and in HTML with its parts told apart."""

    said: Mapping[str, Any] | None = None  # the attrs that the text was made of
    facts: Sequence[str] = ()  # its lines on parameters, as-of day, source and currency

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Return name, definition, parameters, and what is included and left out; names of vendors and columns are escaped."""
        if self.said is None:
            return f"<pre>{escape(self)}</pre>"
        rows = [("included", self.said["included"]), *((f"left out, {e['reason']}", e) for e in self.said["excluded"])]
        table = pd.DataFrame(
            [(name, f"{e['n_lines']:,}", _money(e)) for name, e in rows], columns=["", "lines", "value"]
        )
        told = [*self.facts, *self.said.get("notes", [])]
        with pd.option_context("display.max_colwidth", None):
            body = table.to_html(index=False, border=0, justify="left")
        parts = [
            f"<p><b>{escape(self.said['metric'])}</b></p>",
            *map(_paragraph, definition(self.said["metric"]).split("\n\n")),
        ]
        return f"<div>{''.join(parts)}<p>{'<br>'.join(map(escape, told))}</p>{body}</div>"


def _paragraph(text: str) -> str:
    """Return a paragraph of a docstring as HTML; an indented one is a formula, whose columns must stay under each other."""
    if text.startswith("    "):
        return f"<pre>{escape(text)}</pre>"
    # "::" announces the formula that follows to Sphinx; a reader needs one colon.
    code = re.sub("``?([^`]+)``?", r"<code>\1</code>", escape(re.sub("::$", ":", text)))
    return f"<p>{code}</p>"


def definition(metric: str) -> str:
    """Return the definition of a metric: its docstring up to the parameters. The one source of all definitions."""
    module, _, name = metric.rpartition(".")
    function = getattr(importlib.import_module(f"makini_analytics.{module}"), name)
    text = inspect.getdoc(function) or ""
    return text.split("\nParameters\n")[0].strip()


def explain(result: pd.DataFrame) -> Explanation:
    """Return what a result means: its definition, parameters, as-of day, and what it left out and why.

    Parameters
    ----------
    result : DataFrame
        What a metric of this package returned.

    Raises
    ------
    SchemaError
        The frame carries no provenance: it is no result, or an operation on it dropped its ``attrs``.
    """
    said = result.attrs
    if "metric" not in said:
        raise SchemaError("this frame does not say where it comes from: pass the result of a metric, unchanged")
    out = [said["metric"], "", definition(said["metric"]), ""]
    out.append("Parameters: " + (", ".join(f"{k}={v!r}" for k, v in said["parameters"].items()) or "none"))
    if said.get("as_of"):
        out.append(f"As of: {said['as_of']}")
    if said.get("source"):
        out.append(f"Source: {said['source']}")
    if said.get("currency") and "currency" in result.columns:
        out.append(f"Currency: {said['currency']}")
    facts = out[4:]  # what follows the definition
    out.append(f"Included: {_entry(said['included'])}")
    out += [f"Left out, {e['reason']}: {_entry(e)}" for e in said["excluded"]] or ["Left out: nothing"]
    out += said.get("notes", [])
    told = Explanation("\n".join(out))
    told.said, told.facts = {str(k): v for k, v in said.items()}, facts
    return told


def _entry(entry: Mapping[str, Any]) -> str:
    money = _money(entry)
    return f"{entry['n_lines']:,} lines" + (f", {money}" if money else "")


def _money(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
