"""Which lines count as spend, and with which amount: the one rule of this room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compute import (
    TO_CLOSE,
    UNDATED_RECEIPT,
    By,
    Columns,
    Lines,
    RuleResult,
    Tally,
    day_in,
    gone_by,
    lines_of,
    open_share,
    received_later,
    standing_on,
    unreadable,
)
from ..errors import ConfigError, one_of
from ..frames import AsOf, AsOfDays, encode, values
from ..system import near

BASES = ("ordered", "received", "open")
#: How lines that can't be judged are called where only what is still to come counts.
_CLOSED = {"closed short": "closed", UNDATED_RECEIPT: "closed"}
#: What a basis needs besides the amount, for `figure`: without it every line is left out, and the result says so.
BASIS_COLUMNS = {"received": "received_quantity?"}


def spend_tally(
    lines: Any,
    *,
    by: By = None,
    basis: str = "ordered",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    more: Callable[[Columns], RuleResult] | None = None,
    orders: bool = False,
    also: tuple[str, ...] = ("currency",),
    as_of: AsOf | None = None,
) -> Tally:
    """Return the lines of any kind of frame with the ``value`` of those that count; ``more`` adds what a figure needs beside it.

    They are looked at from ``as_of``, or from the day that they carry. Where neither is stated, all that they tell has happened.
    """
    one_of("basis", basis, BASES)
    if isinstance(intercompany, str):
        raise ConfigError(f"intercompany={intercompany!r}: pass a list of vendor names or ids")
    source = lines_of(lines)
    if intercompany:
        _must_occur(source, intercompany)
    day = stated_day(source, as_of)
    rule = partial(_spent, basis=basis, currency=currency, intercompany=tuple(intercompany), as_of=day, more=more)
    return replace(source.tally(rule, by=by, also=also, orders=orders), as_of=day)


def _spent(
    c: Columns,
    *,
    basis: str,
    currency: str | None,
    intercompany: tuple[str, ...],
    as_of: AsOfDays | None,
    more: Callable[[Columns], RuleResult] | None,
) -> RuleResult:
    spent = spend_rule(c, basis, currency, intercompany, day_in(c, as_of))
    if more is None:
        return spent
    beside = more(c)
    return replace(beside, left_out=spent.left_out + beside.left_out, sums=spent.sums | beside.sums)


def value_of(tally: Tally) -> npt.NDArray[np.float64]:
    """Return the value of each line of a pandas frame, 0 where it doesn't count."""
    return np.where(tally.selection.kept, tally.sums["value"], 0.0)


def keep_currency(got: Tally, currency: str) -> None:
    """Leave out the lines in other currencies, those too that lack something else: in every figure they count as such."""
    selection, column = got.selection, encode(values(got.frame, "currency", "string"), sort=False)
    other = np.ones(len(column.codes), dtype=bool)
    for code in np.flatnonzero(column.labels == currency):
        other &= column.codes != code
    selection.exclude(other, "other currency")
    for i, reason in enumerate(selection.reasons):
        if reason in ("ordered after as-of", "deleted", "cancelled", "draft"):
            other &= selection.codes != i
    np.putmask(selection.codes, other, selection.reasons.index("other currency"))


def stated_day(source: Lines, as_of: AsOf | None) -> AsOfDays | None:
    """Return the day to look from where one is stated, by the argument or by the lines; None where it would have to be guessed."""
    return None if as_of is None and source.attrs.get("as_of") is None else source.as_of(as_of)


def spend_rule(c: Columns, basis: str, currency: str | None, intercompany: tuple[str, ...], until: Any) -> RuleResult:
    """Return the one rule of this room: which lines count on a day, and with which value."""
    amount = c.number("amount")
    # the first reason that fits holds: a line that was cancelled and then deleted is counted as deleted, in every figure alike
    left_out = [*gone_by(c, until).reasons, (c.is_in("state", "draft"), "draft")]
    if currency is not None:
        left_out += unreadable(c, {"currency": "currency"})  # whether it is another one nobody knows
        left_out.append((~c.is_in("currency", currency), "other currency"))
    if intercompany:
        left_out.append((c.is_in("vendor_name", *intercompany) | c.is_in("vendor_id", *intercompany), "intercompany"))
    left_out += unreadable(c, {"amount": "amount"})
    left_out.append((c.missing(amount), "no amount"))
    if basis == "ordered":
        return RuleResult(left_out, sums={"value": amount})
    if basis == "open":
        # the lines and values of `slippage.open_orders`
        stands = standing_on(c, until)
        left_out.append((stands.delivered, "closed"))
        left_out += [(rows, _CLOSED.get(why, why)) for why, rows in stands.unjudged.items() if why != TO_CLOSE]
        return RuleResult(left_out, sums={"value": amount * open_share(c, until)})
    # half of the quantity is half of the amount: an order's discount is spread evenly over its goods
    share = c.ratio(c.number("received_quantity"), c.number("quantity"))
    left_out += unreadable(c, {"quantity": "quantity", "received_quantity": "received quantity"})
    left_out.append((~c.finite(share), "no quantity or received quantity"))
    come = c.pick(c.finite(share) & ~received_later(c, until), share, 0.0)  # infinite where nothing was ordered
    return RuleResult(left_out, sums={"value": amount * come})


def _must_occur(source: Lines, vendors: Collection[str]) -> None:
    """Raise `ConfigError` for a vendor that no line has, with the near ones: a typing error would leave the group's own spend in."""
    known = source.texts("vendor_name") | source.texts("vendor_id")
    for vendor in vendors:
        if vendor not in known:
            raise ConfigError(f"intercompany: no line has the vendor {vendor!r}{near(vendor, known)}")
