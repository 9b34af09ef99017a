"""Whatever happens to a connection, an update is what a full fetch would be, frame by frame: random sequences over real sockets."""

from __future__ import annotations

import copy
import random
import warnings
from datetime import datetime, timedelta

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.tidy import told_once
from tests.tiers import one_in

KEYS = {"orders": "order_id", "lines": "line_id"}
VENDORS, MATERIALS = [f"V{i}" for i in range(6)], [f"M{i}" for i in range(5)]
STATUSES = ["S0", "S1", "S2"]
START = datetime(2026, 2, 1)


def rows_of(frame, table):
    """Return the rows in an order that does not depend on the server's, with the columns sorted by name."""
    frame = frame[sorted(frame)]
    by = [KEYS[table]] if table in KEYS else list(frame)
    return frame.sort_values(by, kind="stable", na_position="first").reset_index(drop=True)


def unplaced(frame):
    """Return issues without the row at which one of many is told: it is the first in the server's order, which it may change."""
    if "reason" not in frame:
        return frame
    once = told_once(frame).to_numpy(dtype=bool)
    return frame.assign(id=frame["id"].mask(once))


def same(updated, full):
    for table in ("orders", "lines", "issues"):
        left, right = (rows_of(unplaced(getattr(data, table)), table) for data in (updated, full))
        pd.testing.assert_frame_equal(left, right, check_freq=False, obj=table)
    assert updated.as_of == full.as_of
    for column in ("n_orders", "n_lines", "server_total", "since", "until", "delivery_date"):
        pd.testing.assert_series_equal(updated.sources[column], full.sources[column])


class Connection:
    """A connection to which things happen; its clock goes on, now and then back by some hours."""

    def __init__(self, seed, *, odd, contract="v3", limited=False, n=24):
        self.draw, self.odd, self.counted = random.Random(seed), odd, contract != "v1"
        self.limited = limited  # whether a span is fetched: of an order outside of it nothing is told
        self.now, self.n = START, 0
        draw = self.draw
        tables = {
            "vendors": [{"key": v, "name": f"Vendor {v}"} for v in VENDORS],
            "statuses/purchase-orders": [
                {"key": s, "name": n} for s, n in zip(STATUSES, ("Open", "Closed", "Cancelled"), strict=True)
            ],
            "materials": [{"key": m, "categoryName": f"Category {i % 2}"} for i, m in enumerate(MATERIALS)],
            "purchase-orders": [],
            "receipts": [],
            "return-orders": [],
        }
        for table in ("receipts", "return-orders", "materials", "statuses/purchase-orders"):
            if draw.random() < 0.2:
                del tables[table]
        self.tables = tables
        for _ in range(n):
            self.now += timedelta(hours=draw.randrange(1, 40))
            tables["purchase-orders"].append(self.order())
        self.server = ma.sandbox({"purchase-orders": []} | tables, contract=contract)
        # the server's own records, so that a change here is a change there
        self.tables = self.server._tables["sandbox"]
        self.log = []

    def stamp(self):
        draw = self.draw
        moment = self.now + timedelta(minutes=draw.randrange(-600, 600))
        if self.odd and draw.random() < 0.05:
            moment = datetime(2031, 5, 1) + timedelta(days=draw.randrange(100))
        form = "%Y-%m-%dT%H:%M:%SZ" if not self.odd or draw.random() < 0.9 else "%Y-%m-%dT%H:%M:%S.000Z"
        return moment.strftime(form)

    def key(self, prefix):
        self.n += 1
        return f"{prefix}{self.n:04d}"

    def line(self):
        draw = self.draw
        price, quantity = draw.randrange(1, 90), draw.randrange(1, 20)
        line = {
            "key": self.key("L"),
            "lineNo": str(draw.randrange(1, 4)),
            "quantity": quantity,
            "price": price,
            "lineTotalValue": price * quantity,
            "materialKey": draw.choice(MATERIALS),
            "dueAt": (self.now + timedelta(days=draw.randrange(60))).strftime("%Y-%m-%d"),
        }
        if draw.random() < 0.4:
            line["receivedQuantity"] = draw.choice([0, quantity, quantity // 2])
        if draw.random() < 0.6:
            line["deliveryAt"] = (self.now + timedelta(days=draw.randrange(-30, 40))).strftime("%Y-%m-%d")
        if self.odd and draw.random() < 0.06:
            line |= draw.choice(
                [
                    {"price": "many"},
                    {"quantity": "1,5"},
                    {"lineTotalValue": 7},
                    {"quantity": -3, "lineTotalValue": None},
                    {"dueAt": "0001-01-01"},
                    {"price": "12.50"},
                    {"status": "Closed"},
                    {"key": None},
                ]
            )
        return line

    def order(self):
        draw = self.draw
        order = {
            "key": self.key("P"),
            "orderNo": f"PO-{self.n}",
            "orderDate": (self.now - timedelta(days=draw.randrange(40))).strftime("%Y-%m-%dT00:00:00Z"),
            "updatedAt": self.stamp(),
            "vendorKey": draw.choice(VENDORS),
            "statusKey": draw.choice(STATUSES),
            "currencyKey": "EUR",
            "lineItems": [self.line() for _ in range(draw.randrange(0, 4))],
        }
        return order | (self.oddity() if self.odd and draw.random() < 0.15 else {})

    def oddity(self):
        return self.draw.choice(
            [
                {"plant": self.draw.choice(["7", 7, 7.5, "north", True, "2026-01-01", None])},
                {"size": {"width": self.draw.randrange(9)}},
                {"updatedAt": None},
                {"vendorKey": None, "vendorName": "Vendor V1"},
                {"vendorName": "Own name"},
                {"statusKey": "S9"},
                {"statusKey": None, "status": "ZQ"},
                {"deletedAt": self.stamp()},
                {"totalNetValue": self.draw.choice(["1.234,50", "1.500", "12.50", 7])},
                {"orderDate": None},
            ]
        )

    def any(self, table):
        rows = self.tables.get(table)
        return self.draw.choice(rows) if rows else None

    def receipt(self):
        order = self.any("purchase-orders")
        line = self.draw.choice(order["lineItems"]) if order and order["lineItems"] else {"key": "nowhere"}
        quantity = line.get("quantity", 1)
        return {
            "key": self.key("R"),
            "poKey": order["key"] if order else "none",
            "receivedAt": (self.now - timedelta(days=self.draw.randrange(9))).strftime("%Y-%m-%d"),
            "lineItems": [
                {
                    "key": self.key("RL"),
                    "poLineKey": line["key"],
                    "quantity": self.draw.choice([quantity, 1, 2]),
                }
            ],
        }

    def happen(self):
        """Let one thing happen, and note which."""
        draw, tables = self.draw, self.tables
        self.now += timedelta(hours=draw.randrange(0, 30))
        do = draw.choice(
            [
                "insert",
                "edit",
                "edit",
                "edit line",
                "move",
                "receipt",
                "receipt",
                "edit receipt",
                "forget receipt",
                "return",
            ]
            + ["rename", "delete", "mark", "shuffle", "nothing"] * (draw.random() < 0.4)
        )
        self.log.append(do)
        orders, order = tables["purchase-orders"], self.any("purchase-orders")
        if do == "insert":
            orders.insert(draw.choice([0, len(orders)]), self.order())
        elif order is None:
            return
        elif do == "edit":
            order |= {"title": f"t{draw.random()}", "vendorKey": draw.choice(VENDORS), "updatedAt": self.stamp()}
            if self.odd and draw.random() < 0.2:
                order |= self.oddity() | {"updatedAt": self.stamp()}  # a change without a date is not told
        elif do == "edit line":
            order["lineItems"] = [self.line() for _ in range(draw.randrange(3))] + order["lineItems"][:1]
            order["updatedAt"] = self.stamp()
        elif do == "move":
            other = self.any("purchase-orders")
            if order["lineItems"] and other is not order:
                other["lineItems"].append(order["lineItems"].pop())
                other["updatedAt"] = self.stamp()
                if self.limited or draw.random() < 0.5:
                    order["updatedAt"] = self.stamp()
        elif do == "receipt" and "receipts" in tables:
            tables["receipts"].append(self.receipt())
        elif do == "edit receipt" and tables.get("receipts"):
            row = self.any("receipts")
            row["lineItems"][0]["quantity"] = draw.choice([1, 2, 50, None])
            row["receivedAt"] = draw.choice([row["receivedAt"], "2026-03-03", None])
        elif do == "forget receipt" and tables.get("receipts"):
            tables["receipts"].remove(self.any("receipts"))
        elif do == "return" and "return-orders" in tables:
            back = self.any("return-orders")
            if back and draw.random() < 0.4:
                back["lineItems"][0]["quantity"] = draw.randrange(1, 9)
            else:
                tables["return-orders"].append(
                    {"key": self.key("B"), "poKey": order["key"], "lineItems": [self.line() | {"quantity": 1}]}
                )
        elif do == "rename":
            name = draw.choice(["vendors", "materials", "statuses/purchase-orders"])
            if row := self.any(name):
                row |= {"categoryName": f"c{draw.random()}"} if name == "materials" else {"name": f"n{draw.random()}"}
        elif do == "delete" and self.counted:  # where the server gives no number of orders, nothing tells
            orders.remove(order)
        elif do == "mark":
            order |= {"deletedAt": self.stamp(), "updatedAt": self.stamp()}
        elif do == "shuffle":
            draw.shuffle(orders)


def follow(seed, *, odd, steps=4):
    """Let things happen and update, and return for each update whether everything was fetched, its requests and a full fetch's."""
    draw = random.Random(seed * 7 + 1)
    contract = draw.choice(["v3", "v3", "v4", "v1"])
    options = {
        "progress": False,
        "per_page": draw.choice([3, 7, 50]),
        "delivery_date": draw.choice(["actual", "actual", "planned", "auto"]),
        "max_workers": 1,
    }
    span = {} if draw.random() < 0.6 else {"since": "2026-01-20", "until": draw.choice([None, "2026-03-10"])}
    out, it = [], Connection(seed, odd=odd, contract=contract, limited=bool(span))
    with it.server as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", ma.MakiniWarning)
        data = server.client(**options).fetch_purchases(**span)
        for _ in range(steps):
            for _ in range(draw.randrange(4)):
                it.happen()
            before = copy.deepcopy(it.tables)
            n = len(server.requests)
            updated = server.client(**options).update(data)
            m = len(server.requests)
            full = server.client(**options).fetch_purchases(**span)
            assert it.tables == before
            whole = "Everything was fetched" in updated.sources.notes.item()
            try:
                same(updated, full)
            except AssertionError as e:
                raise AssertionError(
                    f"seed {seed}, {contract}, {options}, {span}: {it.log}; whole: {whole}\n{e}"
                ) from None
            out.append((whole, m - n, len(server.requests) - m, updated.sources.notes.item()))
            data = updated
    return out


@pytest.mark.full
@pytest.mark.parametrize("odd", one_in(2, [True, False]))
def test_an_update_is_what_a_full_fetch_would_be(odd):
    follow(3, odd=odd, steps=2)


@pytest.mark.full
@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("seed", range(4, 204))
def test_after_hundreds_of_sequences_an_update_is_what_a_full_fetch_would_be(seed, odd):
    follow(seed, odd=odd)
