"""A made-up year of lines whose every event is known, as an extract and as what was known on each day; the book by loops over days."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd

DATES = (
    "order_date",
    "required_date",
    "delivered_date",
    "first_receipt_date",
    "cancelled_date",
    "deleted_at",
    "completed_date",
)


class Line:
    """One line: when each thing happened to it, and how it is seen on a day."""

    def __init__(self, number: int, rng: random.Random, start: date, days: int) -> None:
        self.number, self.quantity = number, rng.randrange(1, 12)
        self.amount, self.currency = rng.randrange(100, 90_000) / 100, rng.choice(["EUR", "USD"])
        self.ordered = start + timedelta(rng.randrange(days))
        self.due = self.ordered + timedelta(rng.randrange(1, 50))
        end = self.ordered + timedelta(rng.randrange(0, 80))
        self.fate = rng.choice(["delivered"] * 6 + ["open", "cancelled", "closed short", "deleted", "partly"])
        self.end = None if self.fate in ("open", "partly") else end
        # of a part of the lines some pieces come before the end
        self.part = (
            rng.randrange(1, self.quantity)
            if self.fate in ("partly", "closed short", "cancelled") and self.quantity > 1
            else 0
        )
        self.part_on = self.ordered + timedelta(rng.randrange(0, max((end - self.ordered).days, 1)))
        if self.fate == "closed short":
            self.part_on = end
        self.seen_from = self.ordered
        self.raised_on, self.raised = None, self.amount

    def left(self, day: date) -> bool:
        return self.end is not None and self.end <= day

    def received(self, day: date) -> float:
        """Return the received share of the amount."""
        if self.fate == "delivered":
            return float(self.left(day))
        return self.part / self.quantity if self.part and self.part_on <= day else 0.0

    def open(self, day: date) -> float:
        if day < self.ordered or self.left(day):
            return 0.0
        return self.amount * (1 - self.received(day))

    def row(self, day: date) -> dict:
        """Return the line as an extract of a day has it."""
        left = self.left(day)
        state = {"delivered": "received", "cancelled": "cancelled", "closed short": "closed_short", "deleted": "open"}
        has_part = bool(self.part) and self.part_on <= day
        return {
            "connection": "one", "order_id": str(self.number // 2), "line_id": str(self.number), "currency": self.currency,
            "state": state[self.fate] if left else "open", "order_date": self.ordered, "required_date": self.due,
            "delivered_date": self.end if left and self.fate in ("delivered", "closed short") else None,
            "first_receipt_date": self.part_on if has_part else None,
            "cancelled_date": self.end if left and self.fate == "cancelled" else None,
            "deleted_at": self.end if left and self.fate == "deleted" else None,
            "completed_date": None, "quantity": float(self.quantity),
            "received_quantity": float(self.quantity if left and self.fate == "delivered" else self.part if has_part else 0),
            "amount": self.amount if self.raised_on is None or day < self.raised_on else self.raised,
        }  # fmt: skip


def world(seed: int, n: int = 60, days: int = 150) -> tuple[list[Line], date, date]:
    rng = random.Random(seed)
    start = date(2025, 1, 1)
    return [Line(i, rng, start, days) for i in range(n)], start, start + timedelta(days)


def extract(lines: list[Line], day: date) -> pd.DataFrame:
    """Return the lines that were there on a day, as they stood on it."""
    out = pd.DataFrame([line.row(day) for line in lines if line.seen_from <= day], columns=list(lines[0].row(day)))
    for name in DATES:
        out[name] = pd.to_datetime(out[name])
    out.attrs["as_of"] = day.isoformat()
    return out


class Looks:
    """A history of extracts, as far as the order book needs one."""

    def __init__(self, lines: list[Line], days: list[date]) -> None:
        self.lines, self.days = lines, [pd.Timestamp(d) for d in days]

    def at(self, day: pd.Timestamp) -> pd.DataFrame:
        seen = max(d for d in self.days if d <= day)
        return extract(self.lines, seen.date())


def by_loop(lines: list[Line], start: date, end: date, currency: str) -> dict[tuple[int, int], dict[str, float]]:
    """Return the book of each month, day by day."""
    book, out = 0.0, {}
    mine = [line for line in lines if line.currency == currency]
    day = start
    while day <= end:
        yesterday = day - timedelta(1)
        month = out.setdefault(
            (day.year, day.month),
            {
                "opening": book,
                "ordered": 0.0,
                "delivered": 0.0,
                "cancelled": 0.0,
                "n_ordered": 0,
                "n_delivered": 0,
                "n_cancelled": 0,
            },
        )
        for line in mine:
            new = line.ordered == day
            was = 0.0 if new else line.received(yesterday)
            if new:
                month["ordered"] += line.amount
                month["n_ordered"] += 1
            if line.ordered <= day and (new or not line.left(yesterday)):
                month["delivered"] += line.amount * (line.received(day) - was)
                if line.left(day):
                    lost = line.amount * (1 - line.received(day))
                    month["cancelled"] += lost
                    month["n_delivered" if line.fate == "delivered" else "n_cancelled"] += 1
        book = sum(line.open(day) for line in mine)
        month["closing"] = book
        month["overdue"] = sum(line.open(day) for line in mine if line.due < day)
        month["n_closing"] = sum(line.ordered <= day and not line.left(day) for line in mine)
        month["n_overdue"] = sum(line.ordered <= day and not line.left(day) and line.due < day for line in mine)
        day += timedelta(1)
    return out
