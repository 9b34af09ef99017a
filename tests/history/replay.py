"""A source that is edited day by day, and what it showed on each day: plain dicts, copied whole."""

from __future__ import annotations

import copy
import random

import pandas as pd

import makini_analytics as ma

FIRST = pd.Timestamp("2025-01-01")
KINDS = (
    "place",
    "postpone",
    "reprice",
    "receive",
    "cancel",
    "delete",
    "rename",
    "split",
    "note",
    "weight",
    "spoil",
    "late",
)


def day(n):
    return FIRST + pd.Timedelta(days=n)


class Source:
    """The orders of a connection; `edit` changes one of them, and `shown` keeps what they were."""

    def __init__(self, connection, n_orders):
        self.connection, self.orders, self.n, self.today = connection, {}, 0, 0
        for _ in range(n_orders):
            self.edit("place", 0, self.n)

    def edit(self, kind, which, value):
        if kind in ("place", "late") or not self.orders:
            # what is placed late was ordered long before it is there
            ordered = day(self.today - (40 if kind == "late" else 0))
            lines = [
                {
                    "line_id": f"{self.n}-{i}",
                    "quantity": 10.0,
                    "unit_price": 2.0 + value % 7,
                    "required_date": ordered + pd.Timedelta(days=14),
                }
                for i in range(1 + self.n % 3)
            ]
            self.orders[f"o{self.n}"] = {"vendor_name": f"Vendor {self.n % 5}", "order_date": ordered, "lines": lines}
            self.n += 1
            return
        key = list(self.orders)[which % len(self.orders)]
        order = self.orders[key]
        line = order["lines"][value % len(order["lines"])]
        if kind == "postpone":
            line["required_date"] += pd.Timedelta(days=value % 10)
        elif kind == "reprice":
            line["unit_price"] += value % 3
        elif kind == "receive":
            line["delivered_date"] = day(self.today)
        elif kind == "cancel":
            order["status"] = "Cancelled"
        elif kind == "delete":
            del self.orders[key]
        elif kind == "rename":
            order["vendor_name"] = f"Vendor {value} AG"
        elif kind == "split":
            order["lines"].append(copy.deepcopy(line) | {"line_id": f"{line['line_id']}.{len(order['lines'])}"})
        elif kind == "note":  # a custom field that comes one day
            order["custom.note"] = None if value % 3 == 0 else f"text {value}"
        elif kind == "weight":  # one that is a number at first and text later
            order["custom.Weight"] = f"{value} kg" if self.today > 3 else float(value)
        elif kind == "spoil":  # an issue
            line["delivered_date"] = "tomorrow"

    def purchases(self):
        """Return what the source shows today, as an ERP's table is read."""
        rows = [
            {"order_number": key} | {k: v for k, v in order.items() if k != "lines"} | line
            for key, order in self.orders.items()
            for line in order["lines"]
        ]
        table = pd.DataFrame(rows, columns=None if rows else ["order_number"])
        for name in table.columns[table.columns.str.startswith("custom.")]:
            if table[name].map(lambda v: isinstance(v, str)).any():
                table[name] = table[name].map(lambda v: v if pd.isna(v) else str(v)).astype("string")
        return ma.Purchases.from_table(
            table, connection=self.connection, currency="EUR", as_of=day(self.today), columns={c: c for c in table}
        )


def lived(connection, n_orders, days):
    """Return what a source showed at the end of each day; ``days`` has the edits of each."""
    source, shown = Source(connection, n_orders), []
    for today, edits in enumerate(days):
        source.today = today
        for edit in edits:
            source.edit(*edit)
        shown.append(source.purchases())
    return shown


def random_days(seed, n_days, a_day):
    """Return edits by chance, so many a day."""
    chance = random.Random(seed)
    return [
        [(chance.choice(KINDS), chance.randrange(10**6), chance.randrange(100)) for _ in range(a_day)]
        for _ in range(n_days)
    ]


def same(got, wanted):
    """Assert that purchases are the same, cell by cell, but for the order of rows."""
    for table, key in {
        "orders": ["order_id"],
        "lines": ["order_id", "line_id"],
        "issues": ["id", "column"],
        "sources": [],
    }.items():
        frames = [getattr(p, table) for p in (got, wanted)]
        assert sorted(frames[0].columns) == sorted(frames[1].columns)
        frames = [f.sort_values(["connection", *key], ignore_index=True, kind="stable") for f in frames]
        pd.testing.assert_frame_equal(frames[0][frames[1].columns], frames[1])
    assert got.as_of == wanted.as_of
    attrs = [p.lines.attrs | {"source": sorted(p.lines.attrs["source"].split(", "))} for p in (got, wanted)]
    assert attrs[0] == attrs[1]
