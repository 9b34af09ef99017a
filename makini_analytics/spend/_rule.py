"""Which lines count as spend, and with which amount: the one rule of this room."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compute import By, Columns, Lines, RuleResult, Tally, lines_of, unreadable
from ..errors import ConfigError, one_of

BASES = ("ordered", "received", "open")
#: What a basis needs besides the amount, for `figure`: without it every line is left out, and the result says so.
BASIS_COLUMNS = {"received": "received_quantity?"}


def spend_tally(
    lines: Any,
    *,
    by: By = None,
    basis: str = "ordered",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    more: Callable[[Columns], RuleResult] = lambda c: RuleResult([]),
    orders: bool = False,
    also: tuple[str, ...] = ("currency",),
) -> Tally:
    """Return the lines of any kind of frame with the ``value`` of those that count; ``more`` adds what a figure needs beside it."""
    one_of("basis", basis, BASES)
    if isinstance(intercompany, str):
        raise ConfigError(f"intercompany={intercompany!r}: pass a list of vendor names or ids")
    source = lines_of(lines)
    if intercompany:
        _must_occur(source, intercompany)

    def rule(c: Columns) -> RuleResult:
        spent, beside = spend_rule(c, basis, currency, tuple(intercompany)), more(c)
        return replace(beside, left_out=spent.left_out + beside.left_out, sums=spent.sums | beside.sums)

    return source.tally(rule, by=by, also=also, orders=orders)


def value_of(tally: Tally) -> npt.NDArray[np.float64]:
    """Return the value of each line of a pandas frame, 0 where it doesn't count."""
    return np.where(tally.selection.kept, tally.sums["value"], 0.0)


def spend_rule(c: Columns, basis: str, currency: str | None, intercompany: tuple[str, ...]) -> RuleResult:
    """Return the one rule of this room: which lines count, and with which value."""
    amount = c.number("amount")
    # the first reason that fits holds: a line that was cancelled and then deleted is counted as deleted, in every figure alike
    deleted = c.known("deleted_at")
    if c.may_be_unreadable("deleted_at"):  # a mark whose day can't be read still marks the line
        deleted = deleted | c.unreadable("deleted_at")
    left_out = [
        (deleted, "deleted"),
        (c.is_in("state", "cancelled"), "cancelled"),
        (c.is_in("state", "draft"), "draft"),
    ]
    if currency is not None:
        left_out += unreadable(c, {"currency": "currency"})  # whether it is another one nobody knows
        left_out.append((~c.is_in("currency", currency), "other currency"))
    if intercompany:
        left_out.append((c.is_in("vendor_name", *intercompany) | c.is_in("vendor_id", *intercompany), "intercompany"))
    left_out += unreadable(c, {"amount": "amount"})
    left_out.append((c.missing(amount), "no amount"))
    if basis == "ordered":
        return RuleResult(left_out, sums={"value": amount})
    quantity, received = c.number("quantity"), c.number("received_quantity")
    if basis == "open":
        # closed, or come: a delivered date is that of all of the quantity, unless less is known to have been received
        come = c.known("delivered_date") & ~(received < quantity - 1e-9)
        left_out.append((c.is_in("state", "received", "closed_short") | come, "closed"))
        left_out.append((quantity < 0, "return"))
        # what is still to come; where more was received than ordered that is nothing, and not less than nothing
        left = c.ratio(quantity - c.pick(received > quantity, quantity, received), quantity)
        # where a quantity is not known the whole amount is taken as open, as in `slippage.open_orders`
        return RuleResult(left_out, sums={"value": amount * c.pick(c.finite(left), left, 1.0)})
    # half of the quantity is half of the amount: an order's discount is spread evenly over its goods
    share = c.ratio(received, quantity)
    left_out += unreadable(c, {"quantity": "quantity", "received_quantity": "received quantity"})
    left_out.append((~c.finite(share), "no quantity or received quantity"))
    return RuleResult(left_out, sums={"value": amount * share})


def _must_occur(source: Lines, vendors: Collection[str]) -> None:
    """Raise `ConfigError` for a vendor that no line has, with the near ones: a typing error would leave the group's own spend in."""
    known = source.texts("vendor_name") | source.texts("vendor_id")
    for vendor in vendors:
        if vendor not in known:
            near = difflib.get_close_matches(vendor, sorted(known), n=3)
            raise ConfigError(
                f"intercompany: no line has the vendor {vendor!r}" + (f"; near: {', '.join(near)}" if near else "")
            )
