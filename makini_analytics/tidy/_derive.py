"""What follows from the values: the meaning of the delivery date, states, amounts, price units.

Works on the typed frames of `orders` and `lines` alone, so an export read by `from_table` and an answer of the API are treated alike.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import _status
from ._issues import IssueBook

#: With fewer dated lines there is too little evidence of what a delivery date means.
ENOUGH_LINES = 10

PRICE_UNITS = (10.0, 100.0, 1000.0)


def weigh_delivery_date(lines: pd.DataFrame, own_statuses: Mapping[str, str]) -> tuple[str, str, bool]:
    """Return what a connection's delivery date means, why, and whether the evidence is too thin to be sure.

    An actual date can't lie after the extract and can't stand on a line of which nothing was received; a planned one can.
    Returns ``("actual" | "planned", sentence, doubtful)``; in doubt it is planned, so that no plan passes as a delivery.
    """
    meaning = _status.meanings(lines["status"], own_statuses)
    live = lines["deleted_at"].isna().to_numpy() & (meaning != _status.CANCELLED) & (meaning != _status.DRAFT)
    date = lines["delivered_date"]
    dated = date.notna().to_numpy() & live
    n = int(dated.sum())
    if n == 0:
        return "planned", "no live line carries a delivery date", False
    if n < ENOUGH_LINES:
        return "planned", f"only {n} lines carry a delivery date, too few to show what it means", True
    received = lines["received_quantity"].to_numpy(dtype=float)
    known = ~np.isnan(received)
    # Evidence for a plan: a date after the extract was made, or on a line of which nothing was received.
    last_change = lines["updated_at"].max()
    future = np.zeros(len(lines), dtype=bool)
    if last_change is not pd.NaT:
        future = (date > last_change.tz_localize(None).normalize()).to_numpy()
    nothing_received = known & (received <= 0)
    against = int((dated & (future | nothing_received)).sum())
    evidence = [
        f"{n:,} lines carry a delivery date",
        f"{int((dated & nothing_received).sum()):,} of them nothing was received of",
        f"{int((dated & future).sum()):,} of them lie after the last change",
    ]
    waiting = live & nothing_received
    if against / n >= 0.10 or (waiting.sum() >= ENOUGH_LINES and (waiting & dated).sum() >= 0.5 * waiting.sum()):
        return "planned", "; ".join(evidence), False
    undated_open = int(
        (live & date.isna().to_numpy() & ((known & (received <= 0)) | (~known & (meaning != _status.CLOSED)))).sum()
    )
    arrived = int((dated & ((known & (received > 0)) | (~known & (meaning == _status.CLOSED)))).sum())
    evidence.append(f"{arrived:,} of them were received or closed")
    evidence.append(f"{undated_open:,} open lines carry none")
    # A date that always equals the required date was probably copied from it.
    due = lines["required_date"]
    if (date == due).to_numpy()[dated].mean() > 0.95 and not undated_open:
        return "planned", "; ".join([*evidence, "and nearly all equal the required date"]), True
    if against / n > 0.01:
        return "planned", "; ".join([*evidence, "which does not agree"]), True
    if arrived / n >= 0.5 or undated_open >= ENOUGH_LINES // 2:
        return "actual", "; ".join(evidence), False
    return "planned", "; ".join([*evidence, "which does not settle it"]), True


def place_delivery_date(lines: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return the lines with the delivery date in its column: a planned one is a promise, never a delivery."""
    if role == "actual":
        return lines
    promised = lines["promised_date"].where(lines["promised_date"].notna(), lines["delivered_date"])
    nothing = pd.Series(pd.NaT, index=lines.index, dtype="datetime64[us]")
    return lines.assign(promised_date=promised, delivered_date=nothing)


def settle_amounts(lines: pd.DataFrame, issues: IssueBook) -> pd.DataFrame:
    """Return the lines with ``amount`` computed only where the source gives none, and ``price_unit`` where it shows.

    The source's own total is never replaced. Where it is not price x quantity / price unit - discount (beyond 0.01 and
    0.1 %), it is kept and listed.
    """
    price, quantity, given = (lines[c].to_numpy(dtype=float) for c in ("unit_price", "quantity", "amount"))
    discount = np.nan_to_num(lines["discount"].to_numpy(dtype=float))
    product = price * quantity
    unit = np.where(np.isnan(product) | (product == 0), np.nan, 1.0)
    expected = product - discount

    def off(want: np.ndarray) -> np.ndarray:
        gap = np.abs(given - want)
        return np.asarray((gap > 0.01 + 1e-9) & (gap > 0.001 * np.abs(given)))

    open_question = ~np.isnan(given) & ~np.isnan(expected) & off(expected)
    for u in (
        PRICE_UNITS
    ):  # Screws may be priced per 100: 500 pieces at 4.00 with a total of 20.00. A price unit is assumed only where it
        # explains the total.
        want = product / u - discount
        fits = open_question & (given != 0) & (np.abs(given - want) <= 0.005 * np.abs(given))
        unit[fits] = u
        expected = np.where(fits, want, expected)
        open_question &= ~fits | off(expected)
    tax = np.nan_to_num(lines["tax"].to_numpy(dtype=float))
    gross = open_question & (tax != 0) & ~off(expected + tax)
    issues.add(
        "lines",
        "amount",
        np.flatnonzero(gross),
        given,
        "price x quantity plus the tax: gross where net is usual; kept",
    )
    rest = open_question & ~gross  # neither a price unit nor the tax explains the total
    issues.add("lines", "amount", np.flatnonzero(rest), given, "not price x quantity / price unit - discount; kept")
    computed = np.isnan(given) & ~np.isnan(expected)
    amount = np.where(computed, np.round(expected, 4), given)
    issues.add(
        "lines",
        "amount",
        np.flatnonzero(computed),
        amount,
        "none given; computed as price x quantity - discount",
    )
    return lines.assign(amount=amount, price_unit=unit)


def settle_states(
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    order_of_line: np.ndarray,
    own_status_of_line: pd.Series,
    own: Mapping[str, str],
    issues: IssueBook,
    listed: tuple[str, ...] = ("orders", "lines"),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders and lines with ``state`` and, on lines, ``cancelled_date``; statuses not understood are listed."""
    order_meaning = _status.meanings(orders["status"], own)
    line_meaning = _status.meanings(own_status_of_line, own)
    for table, frame, meaning in (("orders", orders, order_meaning), ("lines", lines, line_meaning)):
        unknown = np.flatnonzero(meaning == _status.UNKNOWN) if table in listed else np.empty(0, dtype=np.intp)
        issues.add(table, "status", unknown, frame["status"], "status not understood: pass statuses={text: state}")
    state = _status.line_states(
        line_meaning,
        order_meaning[order_of_line],
        quantity=lines["quantity"].to_numpy(dtype=float),
        received=lines["received_quantity"].to_numpy(dtype=float),
        delivered=lines["delivered_date"].notna().to_numpy(),
        deleted=lines["deleted_at"].notna().to_numpy(),
    )
    cancelled = np.flatnonzero(state == _status.CANCELLED)
    marked, changed = (lines[c].iloc[cancelled] for c in ("deleted_at", "updated_at"))
    day = np.full(len(lines), "NaT", dtype="datetime64[us]")
    day[cancelled] = marked.where(marked.notna(), changed).dt.tz_localize(None).dt.normalize().to_numpy()
    lines = lines.assign(state=_status.state_labels(state), cancelled_date=day)
    of_orders = _status.order_states(order_meaning, orders["deleted_at"].notna().to_numpy(), state, order_of_line)
    return orders.assign(state=_status.state_labels(of_orders)), lines
