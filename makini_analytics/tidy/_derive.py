"""What follows from the values: the meaning of the delivery date, states, amounts, price units.

Works on the typed frames of `orders` and `lines` alone, so an export read by `from_table` and an answer of the API are treated alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import categoricals
from . import _status
from ._currencies import is_unknown_currency
from ._issues import IssueBook

#: With fewer dated lines there is too little evidence of what a delivery date means.
ENOUGH_LINES = 10

#: The numbers of pieces that a price is usually for, where it is not for one.
PRICE_UNITS = (10.0, 100.0, 1000.0, 10_000.0)

#: What an amount is computed from, and what a state follows from.
_OF_AMOUNT = ("unit_price", "quantity", "discount", "discount_percent", "price_unit")
_OF_STATE = ("received_quantity", "quantity")

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DateEvidence:
    """What lines show of the meaning of their delivery date, counted, so that the parts of a list add up."""

    counts: pd.Series  # of live lines, by delivery date, received (-1 unknown, 0 nothing, 1 some), closed, and date equal to the due date
    last_change: Any = pd.NaT  # of all lines

    @classmethod
    def of(cls, lines: pd.DataFrame, own_statuses: Mapping[str, str]) -> DateEvidence:
        """Count lines."""
        meaning = _status.meanings(lines["status"], own_statuses)
        live = lines["deleted_at"].isna().to_numpy() & (meaning != _status.CANCELLED) & (meaning != _status.DRAFT)
        received = lines["received_quantity"].to_numpy(dtype=float)
        kinds = {
            "date": lines["delivered_date"].to_numpy(),
            "received": np.where(np.isnan(received), -1, received > 0).astype(np.int8),
            "closed": meaning == _status.CLOSED,
            "copied": (lines["delivered_date"] == lines["required_date"]).to_numpy(),
        }
        counts = pd.DataFrame(kinds)[live].groupby(list(kinds), dropna=False).size()
        return cls(counts, lines["updated_at"].max())

    def plus(self, other: DateEvidence) -> DateEvidence:
        """Return the evidence of both."""
        counts = pd.concat([self.counts, other.counts])
        last = max((t for t in (self.last_change, other.last_change) if t is not pd.NaT), default=pd.NaT)
        return DateEvidence(counts.groupby(list(counts.index.names), dropna=False).sum(), last)

    def verdict(self) -> tuple[str, str, bool]:
        """Return what the delivery date means, why, and whether the evidence is too thin to be sure; see `weigh_delivery_date`."""
        rows = self.counts.rename("n").reset_index()
        dated, closed, weight = rows["date"].notna(), rows["closed"].astype(bool), rows["n"]

        def count(which: pd.Series) -> int:
            return int(weight[which].sum())

        n = count(dated)
        if n == 0:
            return "planned", "no live line carries a delivery date", False
        if n < ENOUGH_LINES:
            return "planned", f"only {n} lines carry a delivery date, too few to show what it means", True
        unknown, nothing, some = (rows["received"] == kind for kind in (-1, 0, 1))
        # Evidence for a plan: a date after the extract was made, or on a line of which nothing was received.
        future = pd.Series(False, index=rows.index)
        if self.last_change is not pd.NaT:
            future = rows["date"] > self.last_change.tz_localize(None).normalize()
        against = count(dated & (future | nothing))
        evidence = [
            f"{n:,} lines carry a delivery date",
            f"{count(dated & nothing):,} of them nothing was received of",
            f"{count(dated & future):,} of them lie after the last change",
        ]
        waiting = count(nothing)
        if against / n >= 0.10 or (waiting >= ENOUGH_LINES and count(nothing & dated) >= 0.5 * waiting):
            return "planned", "; ".join(evidence), False
        undated_open = count(~dated & (nothing | (unknown & ~closed)))
        arrived = count(dated & (some | (unknown & closed)))
        evidence.append(f"{arrived:,} of them were received or closed")
        evidence.append(f"{undated_open:,} open lines carry none")
        # A date that always equals the required date was probably copied from it.
        if count(dated & rows["copied"].astype(bool)) / n > 0.95 and not undated_open:
            return "planned", "; ".join([*evidence, "and nearly all equal the required date"]), True
        if against / n > 0.01:
            return "planned", "; ".join([*evidence, "which does not agree"]), True
        if arrived / n >= 0.5 or undated_open >= ENOUGH_LINES // 2:
            return "actual", "; ".join(evidence), False
        return "planned", "; ".join([*evidence, "which does not settle it"]), True


def weigh_delivery_date(lines: pd.DataFrame, own_statuses: Mapping[str, str]) -> tuple[str, str, bool]:
    """Return what a connection's delivery date means, why, and whether the evidence is too thin to be sure.

    An actual date can't lie after the extract and can't stand on a line of which nothing was received; a planned one can.
    Returns ``("actual" | "planned", sentence, doubtful)``; in doubt it is planned, so that no plan passes as a delivery.
    """
    return DateEvidence.of(lines, own_statuses).verdict()


def place_delivery_date(lines: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return the lines with the delivery date in its column: a planned one is a promise, never a delivery."""
    if role == "actual":
        return lines
    promised = lines["promised_date"].where(lines["promised_date"].notna(), lines["delivered_date"])
    nothing = pd.Series(pd.NaT, index=lines.index, dtype="datetime64[us]")
    return lines.assign(promised_date=promised, delivered_date=nothing)


def settle_amounts(
    lines: pd.DataFrame, issues: IssueBook, unreadable: Mapping[str, Rows], percent: Rows | None = None
) -> tuple[pd.DataFrame, int]:
    """Return the lines with ``amount`` computed only where the source gives none, ``price_unit`` where it shows, and how many were computed.

    The source's own total is never replaced, and neither is one that could not be read: nothing takes its place. Where a total is not
    price x quantity / price unit - discount (beyond 0.01 and 0.1 %), it is kept and listed. ``percent`` are the rows whose discount is
    a percentage of price x quantity.
    """
    price, quantity, given, discount, share = (
        lines[c].to_numpy(dtype=float, copy=True)
        for c in ("unit_price", "quantity", "amount", "discount", "discount_percent")
    )
    if percent is not None:
        share[percent], discount[percent] = discount[percent], np.nan
    unit = lines["price_unit"].to_numpy(dtype=float, copy=True)
    none = np.flatnonzero(unit <= 0)
    issues.add("lines", "price_unit", none, unit.copy(), "a price for no or fewer pieces; taken as for one")
    unit[none] = 1.0
    stated = ~np.isnan(unit)
    product = price * quantity  # neither is larger than 1e60
    unit = np.where(np.isnan(product) | (product == 0) | stated, unit, 1.0)
    net = np.where(stated, product / unit, product)
    discount = np.where(np.isnan(discount), share / 100 * net, discount)
    expected = net - np.nan_to_num(discount)
    for name in _OF_AMOUNT:
        expected[unreadable.get(name, [])] = np.nan

    def off(want: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        gap = np.abs(given - want)
        return np.asarray((gap > 0.01 + 1e-9) & (gap > 0.001 * np.abs(given)))

    open_question = ~np.isnan(given) & ~np.isnan(expected) & off(expected)
    for u in PRICE_UNITS:  # the price may be for 10 or 100, which shows only where it explains the total
        taken_off = np.where(np.isnan(share), np.nan_to_num(discount), share / 100 * product / u)
        want = product / u - taken_off
        fits = open_question & ~stated & (given != 0) & (np.abs(given - want) <= 0.005 * np.abs(given))
        unit[fits] = u
        discount[fits & ~np.isnan(share)] = taken_off[fits & ~np.isnan(share)]
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
    rest = open_question & ~gross
    with np.errstate(divide="ignore", invalid="ignore"):
        far = rest & ~((given / expected > 0.5) & (given / expected < 2))
    why = "not price x quantity / price unit - discount; kept"
    issues.add("lines", "amount", np.flatnonzero(rest & ~far), given, why)
    issues.add("lines", "amount", np.flatnonzero(far), given, f"{why}: price and quantity may be in different units")
    lost = np.zeros(len(lines), dtype=bool)
    lost[unreadable.get("amount", [])] = True
    computed = np.isnan(given) & ~np.isnan(expected) & ~lost
    amount = np.where(computed, np.round(expected, 4), given)
    unit[unreadable.get("price_unit", [])] = np.nan
    changed = {} if np.isnan(share).all() else {"discount": discount, "discount_percent": share}
    return lines.assign(amount=amount, price_unit=unit, **changed), int(computed.sum())


def on_amounts(n_computed: int, n_lines: int) -> list[str]:
    """Return what to know of computed amounts."""
    few = "" if n_computed == n_lines else f" of {n_computed:,} lines"
    told = f"The amounts{few} are computed as price x quantity / price unit - discount, since the source gives none."
    return [told] if n_computed else []


def settle_states(
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    order_of_line: npt.NDArray[np.intp],
    own_status_of_line: pd.Series,
    own: Mapping[str, str],
    issues: IssueBook,
    unreadable: Mapping[str, Rows],
    lost_of_orders: Mapping[str, Rows] = MappingProxyType({}),
    listed: tuple[str, ...] = ("orders", "lines"),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders and lines with ``state`` and, on lines, ``cancelled_date``; statuses not understood are listed, each once.

    A mark of deletion or cancellation marks its line, and its order, also where it can't be read as a day. Where a status, or the
    quantity that decides between received and closed short, could not be read, the state is unknown. ``unreadable`` are rows of lines,
    ``lost_of_orders`` rows of orders.
    """
    order_meaning = _status.meanings(orders["status"], own)
    line_meaning = _status.meanings(own_status_of_line, own)
    order_meaning[lost_of_orders.get("status", [])] = _status.UNKNOWN
    line_meaning[unreadable.get("status", [])] = _status.UNKNOWN
    for table, frame, meaning in (("orders", orders, order_meaning), ("lines", lines, line_meaning)):
        if table in listed:
            _list_unknown(frame, "status", meaning == _status.UNKNOWN, table, issues)

    def rows(*names: str) -> npt.NDArray[np.bool_]:
        out = np.zeros(len(lines), dtype=bool)
        for name in names:
            out[unreadable.get(name, [])] = True
        return out

    marked = lines["deleted_at"].notna().to_numpy() | lines["cancelled_date"].notna().to_numpy()
    state = _status.line_states(
        line_meaning,
        order_meaning[order_of_line],
        quantity=lines["quantity"].to_numpy(dtype=float),
        received=lines["received_quantity"].to_numpy(dtype=float),
        # what came when is unknown of a line whose receipts could not be read
        delivered=lines["delivered_date"].notna().to_numpy() | (rows("delivered_date") & ~rows("received_quantity")),
        deleted=marked | rows("deleted_at", "cancelled_date"),
        doubtful=rows(*_OF_STATE),
    )
    cancelled = np.flatnonzero(state == _status.CANCELLED)
    given, deleted, changed = (lines[c].iloc[cancelled] for c in ("cancelled_date", "deleted_at", "updated_at"))
    ended = deleted.where(deleted.notna(), changed).dt.tz_localize(None).dt.normalize()
    day = np.full(len(lines), "NaT", dtype="datetime64[us]")
    day[cancelled] = given.where(given.notna(), ended).to_numpy()
    told = ["" for _ in range(len(lines))] if unreadable else []
    for name in sorted(unreadable):  # not as they were met, which hangs on how the pages were cut
        for i in np.unique(unreadable[name]):
            told[i] = f"{told[i]}, {name}" if told[i] else name
    marks = categoricals.from_texts([t or None for t in told]) if unreadable else categoricals.missing(len(lines))
    lines = lines.assign(state=_status.state_labels(state), cancelled_date=day, unreadable=marks)
    marked_orders = orders["deleted_at"].notna().to_numpy(copy=True)
    marked_orders[lost_of_orders.get("deleted_at", [])] = True
    of_orders = _status.order_states(order_meaning, marked_orders, state, order_of_line)
    return orders.assign(state=_status.state_labels(of_orders)), lines


def list_unknown_currencies(lines: pd.DataFrame, issues: IssueBook) -> None:
    """List each currency that is not in ISO 4217 once: sums of it stand apart, whatever was meant."""
    given = categoricals.from_series(lines["currency"])
    unknown = np.array([*(is_unknown_currency(str(c)) for c in given.categories), False])
    _list_unknown(lines, "currency", unknown[np.asarray(given.codes)], "lines", issues)


def _list_unknown(
    frame: pd.DataFrame, column: str, unknown: npt.NDArray[np.bool_], table: str, issues: IssueBook
) -> None:
    """List each text that is not understood once."""
    if not unknown.any():
        return
    text_of = frame[column].where(unknown)
    for text, at in text_of.groupby(text_of, observed=True).indices.items():
        issues.tell_text(table, column, str(text), np.asarray(at, dtype=np.intp), frame)
