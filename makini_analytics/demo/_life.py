"""Days in the life of a source system: orders are placed, their dates moved, goods received, lines edited, orders cancelled and deleted.

What happens is decided by chance with a seed, and written down, so that what a tool finds can be compared with what was done.
"""

from __future__ import annotations

import copy
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from ..tidy import meaning
from ._wire import Record, Tables

#: The columns of what happened.
COLUMNS = ("day", "connection", "kind", "order_id", "line_id", "before", "after")
#: How likely a line that is due, or overdue, comes on a day; one that is not; and how likely the date of one that is due moves.
_COMES, _COMES_EARLY, _MOVES = 0.2, 0.02, 0.12
#: How many orders a day are repriced, deleted without a trace, and cancelled, on average.
_OTHERS = {"repriced": 0.5, "deleted": 0.15, "cancelled": 0.15}


@dataclass
class Day:
    """One day of one connection: it changes the records of the tables, and keeps what it did in ``events``."""

    tables: Tables
    connection: str
    day: pd.Timestamp
    seed: int
    events: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(zlib.crc32(f"{self.seed} {self.connection} {self.day.date()}".encode()))
        self._orders = self.tables["purchase-orders"]
        statuses = self.tables.get("statuses/purchase-orders", [])
        self._keys = {meaning(str(s.get("name"))): s.get("key") for s in reversed(statuses)}
        self._states = {s.get("key"): meaning(str(s.get("name"))) for s in statuses}
        # where every line has a delivery date, those that have not come, too, it is a planned one, and nothing tells of deliveries
        lines = [line for order in self._orders for line in order.get("lineItems") or []]
        self._planned = bool(lines) and all(line.get("deliveryAt") for line in lines)

    def live(self) -> list[dict[str, object]]:
        """Let the day pass, and return what happened."""
        for order, line in list(self._open_lines()):
            self._receive_or_move(order, line)
        for kind, often in _OTHERS.items():
            if self._orders and self._chance.random() < often:
                getattr(self, f"_{kind}")(self._chance.choice(self._orders[: max(60, len(self._orders) // 10)]))
        for _ in range(self._some(max(1, len(self._orders) // 400)) if self._orders else 0):
            self._place(self._chance.choice(self._orders))
        return self.events

    def _some(self, n: int) -> int:
        return self._chance.randint(0, 2 * n)

    def _open_lines(self) -> Iterator[tuple[Record, Record]]:
        for order in self._orders:
            if not order.get("deletedAt") and self._states.get(order.get("statusKey"), "open") == "open":
                for line in order.get("lineItems") or []:
                    if not line.get("deletedAt") and (self._planned or not line.get("deliveryAt")):
                        yield order, line

    def _receive_or_move(self, order: Record, line: Record) -> None:
        holder = line if line.get("dueAt") else order
        text = str(holder.get("dueAt") or "")
        due = pd.Timestamp(text[:10]) if text[:4].isdigit() and "1990" < text[:4] < "2100" else None
        is_due = due is not None and due <= self.day + pd.Timedelta(days=2)
        if not self._planned and self._chance.random() < (_COMES if is_due else _COMES_EARLY):
            self._change("received", order, line, "deliveryAt", self._at(0))
            if line.get("receivedQuantity") is not None:
                line["receivedQuantity"] = line["quantity"]
            if all(x.get("deliveryAt") or x.get("deletedAt") for x in order["lineItems"]) and "received" in self._keys:
                order["statusKey"] = self._keys["received"]
        elif due is not None and is_due and self._chance.random() < _MOVES:
            later = max(due, self.day) + pd.Timedelta(days=self._chance.randint(3, 21))
            self._change("postponed", order, line, "dueAt", f"{later.date()}T00:00:00Z", was=holder["dueAt"])

    def _repriced(self, order: Record) -> None:
        for line in (order.get("lineItems") or [])[:1]:
            price = line.get("price")
            if isinstance(price, int | float) and isinstance(line.get("quantity"), int | float):
                self._change("repriced", order, line, "price", round(price * self._chance.uniform(0.9, 1.2), 2))
                line["lineTotalValue"] = round(line["price"] * line["quantity"], 2)

    def _cancelled(self, order: Record) -> None:
        if (key := self._keys.get("cancelled")) is not None:
            self._change("cancelled", order, None, "statusKey", key)

    def _deleted(self, order: Record) -> None:
        self._orders.remove(order)
        self._tell("deleted", order, None, None, None)

    def _place(self, like: Record) -> None:
        """Place an order like another one."""
        order: Record = copy.deepcopy(like)
        key = f"{self._chance.getrandbits(80):020x}"
        due = f"{(self.day + pd.Timedelta(days=self._chance.randint(7, 35))).date()}T00:00:00Z"
        order |= {
            "key": f"05{key}",
            "orderNo": f"N-{self.day:%y%m%d}-{key[:4]}",
            "orderDate": self._at(0),
            "dueAt": due,
        }
        order |= {"createdAt": self._at(0), "updatedAt": self._at(1), "completedAt": None, "deletedAt": None}
        order["statusKey"] = self._keys.get("open", order.get("statusKey"))
        for i, line in enumerate(order.get("lineItems") or []):
            line |= {"key": f"15{key}{i:04d}", "dueAt": None, "deletedAt": None, "statusKey": None}
            line |= {"deliveryAt": due if self._planned else None, "createdAt": self._at(0), "updatedAt": self._at(1)}
            if line.get("receivedQuantity") is not None:
                line["receivedQuantity"] = 0.0
        self._orders.insert(0, order)
        self._tell("placed", order, None, None, None)

    def _change(
        self, kind: str, order: Record, line: Record | None, name: str, value: object, *, was: object = None
    ) -> None:
        record = order if line is None else line
        self._tell(kind, order, line, record.get(name) if was is None else was, value)
        record[name] = value
        order["updatedAt"] = record["updatedAt"] = self._at(1)

    def _tell(self, kind: str, order: Record, line: Record | None, before: object, after: object) -> None:
        ids = (order.get("key"), None if line is None else line.get("key"))
        told = (self.day, self.connection, kind, *ids, *(None if v is None else str(v) for v in (before, after)))
        self.events.append(dict(zip(COLUMNS, told, strict=True)))

    def _at(self, hours: int) -> str:
        return f"{self.day.date()}T{8 + hours:02d}:00:00Z"


def happened(events: list[dict[str, object]]) -> pd.DataFrame:
    """Return what happened as a frame."""
    frame = pd.DataFrame(events, columns=list(COLUMNS))
    return frame.astype({c: "datetime64[us]" if c == "day" else "string" for c in COLUMNS})


def last_change(tables: Tables) -> pd.Timestamp | None:
    """Return the day of the latest change of an order."""
    days = [str(r["updatedAt"])[:10] for r in tables.get("purchase-orders", ()) if r.get("updatedAt")]
    return max(pd.to_datetime(pd.Series(days), errors="coerce").dropna(), default=None)
