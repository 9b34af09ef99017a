"""Prices and amounts as a plain table has them: what a price is for, percent, goods for nothing, the document's currency and that of the books."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SchemaError
from ..tidy import currency_code
from ._by_values import is_yes
from ._headings import currency_in, folded
from ._wording import names_a_multiple, says_percent

if TYPE_CHECKING:
    from ._values import Table

_PRICED_PER = {"e": "1", "c": "100", "m": "1000"}
_NOTHING = re.compile(r"0*([.,]0+)?")
_ONE = re.compile(r"1([.,]0+)?")
#: A system whose discounts are in percent, whatever their heading says.
_ALWAYS_PERCENT = ("odoo",)


def settle_prices(table: Table) -> None:
    """Settle what a price is for, in which currency it is, what costs nothing, and discounts given in percent."""
    _foreign(table)
    _free(table)
    if "price_per_code" in table.column_of:
        heading = table.take("price_per_code")
        per = [_PRICED_PER.get(str(v).strip().casefold()) for v in table.df[heading]]
        table.put("price_unit", f"{heading} (quantity)", per)
    if "price_unit" in table.column_of:
        zero = sum(_is_zero(v) for v in table.df[table.column_of["price_unit"]])
        if zero:
            table.change("price_unit", lambda v: "1" if _is_zero(v) else v)
            table.notes.append(f"Price units of 0, read as 1: {zero:,}.")
    for name in ("discount", "discount_percent"):
        heading = str(table.column_of.get(name, ""))
        if heading and (name == "discount_percent" or in_percent(table, heading)):
            given = [v for v in table.df[table.column_of[name]] if v is not None]
            # A workbook's cell that shows 10 % holds 0.1; a text, and a number beside one above 1, is what it says.
            shares = bool(given) and all(isinstance(v, int | float) and abs(v) <= 1 for v in given)
            if shares and any(given):
                table.notes.append(f"{heading!r} holds shares of 1, as cells that show percent do.")
            table.change(name, partial(_percent, times=100 if shares else 1))
    if "discount_percent" in table.column_of:  # where no money is off, the percentage counts
        table.change("discount", lambda v: None if _is_zero(v) else v)


def in_percent(table: Table, heading: str) -> bool:
    """Whether the discounts under a heading are in percent, as it says or as the system has them."""
    return says_percent(heading) or bool(
        table.system and table.system.name in _ALWAYS_PERCENT and table.system.knows(heading)
    )


def _percent(value: Any, *, times: int) -> Any:
    if value is None or "%" in str(value):
        return value
    return f"{value * times:g} %" if times > 1 else f"{value} %"


def _is_zero(value: Any) -> bool:
    return value is not None and re.fullmatch(r"0+([.,]0+)?", str(value).strip()) is not None


def _free(table: Table) -> None:
    """Put a price of 0 where a mark says that the goods cost nothing: systems keep the price that they would have."""
    heading = table.take("free_mark")
    if heading is None or "unit_price" not in table.column_of:
        return
    amounts = table.texts("amount")  # a list's own amount counts
    marks = ["" if v is None else str(v).strip() for v in table.df[heading]]
    if any(re.match(r"[-+]?[\d.,]*[1-9]", m) for m in marks):
        table.notes.append(f"{heading!r} holds numbers, and not what marks goods that cost nothing: left out.")
        return
    free = [is_yes(m) and not a for m, a in zip(marks, amounts, strict=True)]
    if any(free):
        price = table.df[table.column_of["unit_price"]]
        table.put("unit_price", f"{table.take('unit_price')}, 0 by {heading}", ["0" if f else v for f, v in zip(free, price, strict=True)])  # fmt: skip
        table.notes.append(f"Lines that cost nothing, by {heading!r}: {sum(free):,}.")


def _foreign(table: Table) -> None:
    """Take amount and price in the document's currency, where a list has them beside those of the books: on lines in a foreign currency.

    There the others have no place: the currency on the line is not theirs.
    """
    foreign = {n: table.column_of.get(f"foreign_{n}") for n in ("amount", "unit_price")}
    given = {n: [not _NOTHING.fullmatch(t) for t in table.texts(f"foreign_{n}")] for n in foreign}
    taken = [any(row) for row in zip(*given.values(), strict=True)]
    for name, heading in foreign.items():
        table.take(f"foreign_{name}")
        if not any(taken) or "currency" not in table.column_of:
            continue
        own = [None] * len(table.df) if name not in table.column_of else table.df[table.column_of[name]].tolist()
        other = [None] * len(table.df) if heading is None else table.df[heading].tolist()
        rows = zip(taken, given[name], own, other, strict=True)
        said = f"{heading or 'nothing'} on lines in foreign currency, else {table.take(name)}"
        table.put(name, said, [(f if there else None) if foreign_line else o for foreign_line, there, o, f in rows])
        table.notes.append(f"The {name} is {said}.")


def settle_currency(table: Table) -> None:
    """Take the currency from the headings of money, where no column has it and they name one; warn where they name thousands."""
    _ask_about_the_books(table)
    for heading in (str(table.column_of[c]) for c in ("amount", "unit_price") if c in table.column_of):
        if names_a_multiple(heading):
            table.notes.append(
                f"Warning: {heading!r} names a multiple, and its values are read as they stand: multiply them first."
            )
    named = {currency_in(str(table.column_of[c])) for c in ("amount", "unit_price") if c in table.column_of} - {None}
    if "currency" not in table.column_of and len(named) == 1:
        (code,) = named
        table.put("currency", "currency by the heading", [code] * len(table.df))
        table.notes.append(f"The currency is {code}, as the headings say.")
        return
    if not named:
        return
    if len(named) == 1:  # which "$" is meant where a row has no more than the sign
        (code,) = named
        table.change("currency", lambda v: code if isinstance(v, str) and currency_code(v, code) == code else v)
    for name in ("amount", "unit_price"):
        heading = str(table.column_of.get(name, ""))
        code = currency_in(heading)
        own = [currency_code(t, code) for t in table.texts("currency")]
        for i in np.flatnonzero([code is not None and o not in ("", code) for o in own]).tolist():
            row = int(table.df.index[i])
            why = f"row {row} of the file: {heading!r} names {code}, and the row's currency is {own[i]}: in which one is it?"
            table.doubts.append((row, name, str(table.df[heading].iloc[i]), why))


def _ask_about_the_books(table: Table) -> None:
    """Ask in which currency NetSuite's "Amount" is meant to be: it is that of the books, and "Currency" is the document's.

    Raises
    ------
    SchemaError
        Exchange rates other than 1 show that they differ.
    """
    rates = table.texts("exchange_rate")
    table.take("exchange_rate")
    heading = str(table.column_of.get("amount", ""))
    netsuite = table.system is not None and table.system.name == "netsuite" and folded(heading).endswith("amount")
    if not netsuite or table.stated is None or "currency" not in table.column_of or folded(heading) in table.stated:
        return
    if "fx" in folded(heading) or "foreign" in folded(heading):
        return
    currency = str(table.column_of["currency"])
    about = f"NetSuite gives {heading!r} in the currency of the books, and {currency!r} is that of the document"
    if any(t and not _ONE.fullmatch(t) for t in rates):
        raise SchemaError(
            f"{about}, and their exchange rates are not 1: export 'Amount (Foreign Currency)', too, or pass "
            f"columns={{{currency!r}: None}} and currency= with the one of the books, or columns={{{heading!r}: 'amount'}} where it "
            "is the document's after all"
        )
    if len(set(table.texts("currency")) - {""}) > 1:
        table.notes.append(f"Warning: {about}: where they differ, export 'Amount (Foreign Currency)', too.")
