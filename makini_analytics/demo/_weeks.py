"""Days in the life of a source system: orders are placed, promised, postponed, received, edited, cancelled and deleted.

What happens on a day is drawn by the name of the connection and the day alone: two weeks at once are the same as twice one week.
"""

from __future__ import annotations

import hashlib
import pickle
import random
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from ..tidy import meaning
from ._wire import Record, Tables

#: The chance of each event on a working day, of a line that is open. Receipts hang on the due date: before its last week, in it, after.
_RECEIVED = (0.02, 0.12, 0.3)
_IN_PART, _POSTPONED, _PRICE, _QUANTITY = 0.2, 0.015, 0.006, 0.006
#: Of an open order of which nothing has come, and of a line.
_CANCELLED, _REMOVED, _DELETED = 0.003, 0.001, 0.001
#: New orders are like those of the last half year, as many a day as in its last quarter.
_LIKE_DAYS, _RATE_DAYS = 182, 91


@dataclass
class Event:
    """One thing that happened to an order or a line: what was written, and what stood there before."""

    day: date
    connection: str
    order_number: str
    line_number: str | None
    event: str
    before: Any = None
    after: Any = None


def last_day(tables: Tables) -> date:
    """Return the day of the latest change."""
    changes = [d for r in tables.get("purchase-orders", ()) if (d := _day(r.get("updatedAt")))]
    return max(changes, default=date(2025, 12, 31))


def live(tables: Tables, connection: str, day: date) -> list[Event]:
    """Let one day pass, and return what happened on it; nothing does on a weekend."""
    if day.weekday() >= 5:
        return []
    today = _Day(tables, connection, day, random.Random(f"{connection} {day}"))
    for order in list(tables["purchase-orders"]):
        if today.is_open(order):
            today.go_on(order)
    today.place()
    return today.events


def log_of(events: list[Event]) -> pd.DataFrame:
    """Return events as a frame."""
    columns = ("connection", "order_number", "line_number", "event", "before", "after")
    table = {"day": pd.to_datetime(pd.Series([e.day for e in events], dtype="object")).astype("datetime64[us]")}
    table |= {name: pd.Series([getattr(e, name) for e in events], dtype="object") for name in columns}
    out = pd.DataFrame(table)
    for name in columns:
        out[name] = (
            out[name].map(lambda v: f"{v:g}" if isinstance(v, float) else v, na_action="ignore").astype("string")
        )
    return out


@dataclass
class _Day:
    tables: Tables
    connection: str
    day: date
    rng: random.Random
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = self.tables.get("statuses/purchase-orders", ())
        self.meaning_of = {r["key"]: meaning(str(r.get("name") or "")) for r in names if "key" in r}
        # a delivery date that was still to come when it was written is a planned one
        dates = [
            delivery > (_day(line.get("updatedAt")) or delivery)
            for order in self.tables["purchase-orders"]
            if self.is_open(order)
            for line in order.get("lineItems") or ()
            if (delivery := _day(line.get("deliveryAt")))
        ]
        self.planned = sum(dates) > 0.2 * len(dates)

    def is_open(self, order: Record) -> bool:
        """Whether anything is to come of an order."""
        state = self.meaning_of.get(str(order.get("statusKey")), "open")
        return state in ("open", "unknown") and not order.get("completedAt") and not order.get("deletedAt")

    def counts(self, line: Record) -> bool:
        """Whether a line is one of goods that its own status doesn't call cancelled or closed."""
        state = self.meaning_of.get(str(line.get("statusKey")), "open")
        return state in ("open", "unknown") and not line.get("deletedAt") and _number(line.get("quantity")) > 0

    def say(self, event: str, order: Record, line: Record | None = None, before: Any = None, after: Any = None) -> None:
        """Write down what happened, and when the records were changed."""
        minute = len(self.events)
        at = f"{self.day}T{8 + minute // 60 % 12:02d}:{minute % 60:02d}:00Z"
        for record in (order, line):
            if record is not None:
                record["updatedAt"] = at
        number = None if line is None else str(line.get("lineNo"))
        self.events.append(Event(self.day, self.connection, str(order.get("orderNo")), number, event, before, after))

    def chance(self, share: float) -> bool:
        """Draw whether something happens."""
        return self.rng.random() < share

    # ---- what is there already ---------------------------------------------------------------------------------------

    def go_on(self, order: Record) -> None:
        """Let a day pass for an open order."""
        lines = [line for line in order.get("lineItems") or () if self.counts(line)]
        waiting = [line for line in lines if not self.has_come(line)]
        if lines and all(_number(line.get("receivedQuantity")) == 0 for line in lines) and len(waiting) == len(lines):
            if self.chance(_REMOVED):
                self.say("removed", order)
                self.tables["purchase-orders"].remove(order)
                return
            if self.chance(_CANCELLED) and (key := self.status("cancelled")):
                self.say("cancelled", order, before=self.name(order.get("statusKey")), after=self.name(key))
                order["statusKey"] = key
                for line in order["lineItems"]:
                    line["updatedAt"] = order["updatedAt"]
                return
        for line in waiting:
            self.wait(order, line)
        left = [line for line in lines if self.counts(line) and not self.has_come(line)]
        if waiting and not left and (key := self.status("received")):
            order |= {"statusKey": key, "completedAt": f"{self.day}T20:00:00Z"}

    def wait(self, order: Record, line: Record) -> None:
        """Let a day pass for a line that is still to come: at most one thing happens to it."""
        due = _day(line.get("dueAt")) or _day(order.get("dueAt")) or self.day
        to_go = (due - self.day).days
        fresh = (self.day - (_day(order.get("orderDate")) or self.day)).days <= 5
        if fresh and not _day(line.get("deliveryAt" if self.planned else "dueAt")) and self.chance(0.4):
            name = "deliveryAt" if self.planned else "dueAt"
            promise = max(due + timedelta(self.rng.choice((-2, 0, 0, 0, 3, 7))), self.day + timedelta(1))
            self.say("promised", order, line, _text(line.get(name)), promise.isoformat())
            line[name] = f"{promise}T00:00:00Z"
        elif self.chance(_RECEIVED[0 if to_go > 7 else 1 if to_go >= 0 else 2]):
            self.receive(order, line)
        elif to_go < 14 and self.chance(_POSTPONED):
            later = max(due, self.day) + timedelta(7 * self.rng.randrange(1, 5))
            self.say("postponed", order, line, due.isoformat(), later.isoformat())
            line["dueAt"] = f"{later}T00:00:00Z"
        elif self.chance(_PRICE):
            self.reprice(
                order,
                line,
                "price edited",
                "price",
                round(_number(line.get("price")) * self.rng.uniform(1.02, 1.15), 2),
            )
        elif self.chance(_QUANTITY):
            more = _number(line.get("quantity")) + self.rng.randrange(1, 6)
            self.reprice(order, line, "quantity edited", "quantity", more)
        elif self.chance(_DELETED):
            self.say("deleted", order, line)
            line["deletedAt"] = line["updatedAt"]

    def receive(self, order: Record, line: Record) -> None:
        """Receive a line, or where quantities are kept some of it."""
        whole, so_far = _number(line.get("quantity")), _number(line.get("receivedQuantity"))
        counted = line.get("receivedQuantity") is not None
        if counted and whole - so_far > 1 and self.chance(_IN_PART):
            some = so_far + self.rng.randrange(1, int(whole - so_far))
            self.say("received in part", order, line, so_far, some)
            line["receivedQuantity"] = float(some)
            return
        self.say("received", order, line, so_far if counted else None, whole)
        if counted or self.planned:
            line["receivedQuantity"] = whole
        if not self.planned:
            line["deliveryAt"] = f"{self.day}T00:00:00Z"

    def reprice(self, order: Record, line: Record, event: str, name: str, value: float) -> None:
        """Write another price or quantity; the totals follow in proportion."""
        old, total = _number(line.get(name)), _number(line.get("lineTotalValue"))
        if old <= 0 or total <= 0:
            return
        self.say(event, order, line, old, value)
        line[name] = value
        line["lineTotalValue"] = round(total * value / old, 2)
        for field_name in ("totalNetValue", "totalGrossValue"):
            if _number(order.get(field_name)) > 0:
                grown = _number(order[field_name]) + line["lineTotalValue"] - total
                order[field_name] = f"{grown:.2f}"

    def has_come(self, line: Record) -> bool:
        """Whether all of a line has come."""
        if line.get("receivedQuantity") is not None:
            return _number(line.get("receivedQuantity")) >= _number(line.get("quantity"))
        return not self.planned and bool(_day(line.get("deliveryAt")))

    def status(self, state: str) -> str | None:
        """Return the key of a status that means a state."""
        closed = ("received", "closed") if state == "received" else (state,)
        return next((key for key, means in self.meaning_of.items() if means in closed), None)

    def name(self, key: Any) -> str | None:
        """Return the name of a status."""
        names = self.tables.get("statuses/purchase-orders", ())
        return next((str(r["name"]) for r in names if r.get("key") == key), None)

    # ---- what is new -------------------------------------------------------------------------------------------------

    def place(self) -> None:
        """Place the orders of the day: each like one of the last months, with everything still to come."""
        dated = [(d, r) for r in self.tables["purchase-orders"] if (d := _day(r.get("orderDate"))) and d < self.day]
        latest = max((d for d, _ in dated), default=self.day)
        like = [r for d, r in dated if (latest - d).days <= _LIKE_DAYS and self._is_usual(r)]
        if not like:
            return
        # five days of seven
        rate = sum((latest - d).days <= _RATE_DAYS for d, _ in dated) / _RATE_DAYS * 7 / 5
        n = int(rate) + self.chance(rate % 1)
        open_key = self.status("open")
        for i in range(n):
            order = pickle.loads(pickle.dumps(self.rng.choice(like)))
            late = self.day - (_day(order["orderDate"]) or self.day)
            due = _day(order.get("dueAt"))
            order |= {
                "key": _key("05", self.connection, self.day, i),
                "orderNo": _next_number(self.tables["purchase-orders"], str(order.get("orderNo"))),
                "orderDate": f"{self.day}T00:00:00Z",
                "dueAt": due and f"{max(due + late, self.day + timedelta(3))}T00:00:00Z",
                "approvedAt": f"{self.day}T09:00:00Z",
                "completedAt": None,
                "statusKey": open_key or order.get("statusKey"),
            }
            for j, line in enumerate(order["lineItems"]):
                line |= {"key": _key("15", self.connection, self.day, i, j), "deliveryAt": None, "dueAt": None}
                line |= {"createdAt": f"{self.day}T08:00:00Z", "updatedAt": f"{self.day}T08:00:00Z"}
                if line.get("receivedQuantity") is not None:
                    line["receivedQuantity"] = 0.0
            self.say("placed", order)
            self.tables["purchase-orders"].append(order)

    def _is_usual(self, order: Record) -> bool:
        lines = order.get("lineItems") or ()
        state = self.meaning_of.get(str(order.get("statusKey")), "open")
        return bool(lines) and state in ("open", "received", "closed") and all(map(self.counts, lines))


def _key(kind: str, *parts: Any) -> str:
    return kind + hashlib.sha256(" ".join(map(str, parts)).encode()).hexdigest()[:38]


def _next_number(orders: list[Record], like: str) -> str:
    """Return the number after the largest one that begins and ends alike.

    >>> _next_number([{"orderNo": "PO-0099"}, {"orderNo": "PO-0007"}, {"orderNo": "X-500"}], "PO-0007")
    'PO-0100'
    """
    found = re.fullmatch(r"(.*?)(\d+)(\D*)", like)
    if found is None:
        return f"{like}-{len(orders) + 1}"
    begins, digits, ends = found.groups()
    pattern = re.compile(rf"{re.escape(begins)}(\d+){re.escape(ends)}")
    taken = [int(m[1]) for r in orders if (m := pattern.fullmatch(str(r.get("orderNo"))))]
    return f"{begins}{max(taken, default=int(digits)) + 1:0{len(digits)}d}{ends}"


def _day(value: Any) -> date | None:
    """Return the day of a time; None for none, and for a date of long ago that stands for none."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return found if 1980 < found.year < 2200 else None


def _text(value: Any) -> str | None:
    found = _day(value)
    return found.isoformat() if found else None


def _number(value: Any) -> float:
    """Return a number as the records write it; -1 where it can't be read, so that nothing happens to its line."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return -1.0
