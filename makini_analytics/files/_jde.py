"""JD Edwards' tables as they lie in its database: dates as CYYDDD, numbers without their decimal point, the last status beside the next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import SchemaError
from ..tidy import meaning
from ._values import Table

_JULIAN = re.compile(r"[012]?\d{5}(?:\.0)?")
_DATES = ("order_date", "required_date", "promised_date", "delivered_date", "cancelled_date")
_QUANTITIES = ("quantity", "received_quantity", "open_quantity")
_WHOLE = re.compile(r"-?\d+(?:\.0)?|\d+-")
#: By the data dictionary prices have four decimals and amounts two; those of quantities are set up, and shown by the arithmetic.
_PRICE_DECIMALS, _AMOUNT_DECIMALS = 4, 2
_ENOUGH = 0.9  # of the lines must agree


def settle_jde(table: Table) -> None:
    """Put dates, numbers and statuses as a plain table has them.

    Raises
    ------
    SchemaError
        The numbers are whole, as in the database, and price, quantity and amount don't show where the decimal point goes.
    """
    for name in _DATES:
        values = [v for v in table.texts(name) if v not in ("", "0", "0.0")]
        if values and all(_JULIAN.fullmatch(v) for v in values):
            table.change(name, _from_julian)
            table.notes.append(f"{table.column_of[name]!r} counts days within years (CYYDDD).")
    last = table.take("last_status")
    if last is not None and "status" in table.column_of:
        cancelled = [meaning(str(v).strip(), "pdlttr") == "cancelled" for v in table.df[last]]
        own = table.df[table.column_of["status"]]
        status = ["Cancelled" if c else v for c, v in zip(cancelled, own, strict=True)]
        table.put("status", f"{table.take('status')}, {last}", status)
    _decimal_points(table)


def _from_julian(value: Any) -> Any:
    """Return the day of a CYYDDD date, C being the centuries after 1900.

    >>> _from_julian("126270"), _from_julian(99365), _from_julian("0")
    ('2026-09-27', '1999-12-31', None)
    """
    text = "" if value is None else str(value).strip()
    if text in ("", "0", "0.0"):
        return None
    years, days = divmod(int(text.removesuffix(".0")), 1000)
    if not 1 <= days <= 366:
        return value  # the reader of dates will say that it is none
    return (date(1900 + years, 1, 1) + timedelta(days=days - 1)).isoformat()


def _decimal_points(table: Table) -> None:
    needed = [n for n in ("quantity", "unit_price", "amount") if n in table.column_of]
    texts = {n: [t for t in table.texts(n) if t] for n in needed}
    if not needed or not all(_WHOLE.fullmatch(t) for values in texts.values() for t in values):
        return  # a point somewhere: whoever exported it has put them
    if len(needed) < 3:
        raise SchemaError(_QUESTION)
    price, quantity, amount = (
        np.array([np.nan if t == "" else _whole(t) for t in table.texts(n)])
        for n in ("unit_price", "quantity", "amount")
    )
    counted = np.isfinite(price * quantity * amount) & (price * quantity * amount != 0)
    shift = _shift(price[counted] * quantity[counted], amount[counted])
    if shift is None:
        raise SchemaError(_QUESTION)
    if shift == 0:
        return  # they are shown as they are meant
    decimals = shift - (_PRICE_DECIMALS - _AMOUNT_DECIMALS)
    if not all(_WHOLE.fullmatch(t) for n in _QUANTITIES for t in table.texts(n) if t):
        raise SchemaError(_QUESTION)
    shifts = {"unit_price": _PRICE_DECIMALS, "amount": _AMOUNT_DECIMALS} | dict.fromkeys(_QUANTITIES, decimals)
    for name, places in shifts.items():
        table.change(name, _shifted(places))
    if all(_WHOLE.fullmatch(t) and t.removesuffix(".0").endswith("000") for t in table.texts("line_number") if t):
        table.change("line_number", lambda v: None if v is None else str(_whole(str(v).strip()) // 1000))
    table.notes.append(
        f"Numbers lack their decimal point, as in the database; price x quantity shows {decimals} decimals of quantities, "
        f"{_PRICE_DECIMALS} of prices, {_AMOUNT_DECIMALS} of amounts."
    )


def _shifted(places: int) -> Callable[[Any], Any]:
    return lambda v: None if v is None else _whole(str(v).strip()) / 10**places


def _whole(text: str) -> int:
    """Return a whole number, its sign before or behind it: 500- is -500."""
    sign, digits = (-1, text[:-1]) if text.endswith("-") else (1, text)
    return sign * int(digits.removesuffix(".0"))


def _shift(product: npt.NDArray[np.float64], amount: npt.NDArray[np.float64]) -> int | None:
    """Return the number of decimals by which price x quantity exceeds the amount, where one explains nearly all lines."""
    for shift in (0, 2, 3, 4, 5, 6):
        off = np.abs(product / 10**shift - amount)
        if len(amount) and float((off <= np.maximum(1.0, 0.001 * np.abs(amount))).mean()) >= _ENOUGH:
            return shift
    return None


_QUESTION = (
    "the numbers are whole, as in JD Edwards' database, where the decimal point is left out, and price x quantity does not show "
    "where it goes: export them with their decimals"
)
