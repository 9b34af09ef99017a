"""Made-up pairs of states with a log of what was done between them, and the change taken apart by plain loops."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

import pandas as pd

BEFORE, AFTER = date(2025, 3, 31), date(2025, 4, 30)
NEWS = {"receipts", "released", "cancelled", "deleted", "time passed"}


def line(rng: random.Random, number: int, first: date, last: date) -> dict:
    """Return a line ordered between two days, as it stands on the second."""
    ordered = first + timedelta(rng.randrange((last - first).days + 1))
    due = ordered + timedelta(rng.randrange(5, 40))
    quantity, price = rng.randrange(1, 20), rng.randrange(100, 5000) / 100
    delivered = due + timedelta(rng.randrange(-10, 10))
    came = delivered <= last and rng.random() < 0.7
    return {
        "connection": "one",
        "order_id": f"o{number // 3}",
        "line_id": f"l{number}",
        "vendor_id": rng.choice("abc"),
        "category": rng.choice("xy"),
        "state": "received" if came else rng.choice(["open", "open", "open", "draft", "cancelled"]),
        "order_date": ordered,
        "required_date": due,
        "delivered_date": max(delivered, ordered) if came else None,
        "cancelled_date": None,
        "deleted_at": None,
        "quantity": float(quantity),
        "unit_price": price,
        "amount": round(price * quantity, 2),
        "currency": rng.choice(["EUR", "USD"]),
    }


def edits(rng: random.Random, row: dict) -> dict[str, dict]:
    """Return what is done to a line, by kind: the columns that it gives another value."""
    done: dict[str, dict] = {}
    if rng.random() < 0.3:
        done["quantities"] = {"quantity": float(rng.randrange(1, 20))}
    if rng.random() < 0.3:
        done["prices"] = {"unit_price": row["unit_price"] + rng.randrange(1, 300) / 100}
    if rng.random() < 0.2:
        done["dates"] = {"required_date": row["required_date"] + timedelta(rng.randrange(1, 30))}
    if rng.random() < 0.15:
        done["vendor renamed"] = {"vendor_id": rng.choice([v for v in "abc" if v != row["vendor_id"]])}
    if rng.random() < 0.1:
        done["document currency"] = {"currency": "USD" if row["currency"] == "EUR" else "EUR"}
    if rng.random() < 0.1:
        done["other changes"] = {"category": "x" if row["category"] == "y" else "y"}
    if row["state"] == "open" and rng.random() < 0.5:
        day = BEFORE + timedelta(rng.randrange(1, 30))
        done |= {
            rng.choice(["receipts", "cancelled"]): {},
        }
        if "receipts" in done:
            done["receipts"] = {"state": "received", "delivered_date": day}
        else:
            done["cancelled"] = {"state": "cancelled", "cancelled_date": day}
    elif row["state"] == "draft" and rng.random() < 0.5:
        done["released"] = {"state": "open"}
    if rng.random() < 0.08:
        done["deleted"] = {"deleted_at": BEFORE + timedelta(rng.randrange(1, 30))}
    return {kind: new for kind, new in done.items() if any(row[c] != v for c, v in new.items())}


class World:
    """Lines before and after, and the log: for each line its row before, its row after, and its edits by kind."""

    def __init__(self, seed: int, n: int = 8) -> None:
        rng = random.Random(seed)
        self.log: list[tuple[dict | None, dict | None, dict[str, dict]]] = []
        start = BEFORE - timedelta(60)
        for number in range(n):
            row = line(rng, number, start, BEFORE)
            if rng.random() < 0.1:
                self.log.append((row, None, {"deleted": {}}))
                continue
            done = edits(rng, row) if rng.random() < 0.7 else {}
            self.log.append((row, made(row, done, set(done)), done))
        for number in range(3 * n, 3 * n + rng.randrange(4)):
            self.log.append((None, line(rng, number, BEFORE + timedelta(1), AFTER), {"new orders": {}}))
        for number in range(6 * n, 6 * n + rng.randrange(3)):
            self.log.append((None, line(rng, number, start, BEFORE), {"late-arriving orders": {}}))
        known = [row["order_id"] for row, _, _ in self.log if row]
        for number in range(9 * n, 9 * n + rng.randrange(2)):
            self.log.append((None, line(rng, number, start, BEFORE) | {"order_id": known[0]}, {"added lines": {}}))
        rng.shuffle(self.log)
        self.before = frame([row for row, _, _ in self.log if row], BEFORE)
        self.after = frame([row for _, row, _ in self.log if row], AFTER)

    def kinds(self) -> list[str]:
        """Return all kinds of change that occur, with the passing of time."""
        return sorted({kind for _, _, done in self.log for kind in done} | {"time passed"})

    def rows(self, kinds: set[str]):
        """Yield the lines with some kinds of change made, each with the day from which it is looked at."""
        for before, after, done in self.log:
            if before is None:
                if set(done) & kinds:
                    yield after, AFTER
            elif after is None:
                if "deleted" not in kinds:
                    yield before, BEFORE
            else:
                yield made(before, done, kinds), AFTER if NEWS & kinds & {*done, "time passed"} else BEFORE


def made(row: dict, done: dict[str, dict], kinds: set[str]) -> dict:
    """Return a line with the edits of some kinds; its amount is price x quantity."""
    out = dict(row)
    for kind in kinds & set(done):
        out |= done[kind]
    if kinds & {"prices", "quantities"}:
        new = made(row, done, set())
        # the amounts on both sides are whole cents; between them the price per piece is the amount's
        both = {"prices", "quantities"} <= set(done)
        whole = round(out["unit_price"] * out["quantity"], 2)
        if not both or {"prices", "quantities"} <= kinds:
            out["amount"] = whole
        elif "prices" in kinds:
            last = round((row | done["prices"])["unit_price"] * done["quantities"]["quantity"], 2)
            out["amount"] = last * row["quantity"] / done["quantities"]["quantity"]
        else:
            out["amount"] = new["amount"] * out["quantity"] / row["quantity"]
    return out


def frame(rows: list[dict], day: date) -> pd.DataFrame:
    """Return lines as a frame that knows its day."""
    out = pd.DataFrame(rows)
    for name in ("order_date", "required_date", "delivered_date", "cancelled_date", "deleted_at"):
        out[name] = pd.to_datetime(out[name])
    out.attrs["as_of"] = day.isoformat()
    return out


# ---- the metrics by plain loops --------------------------------------------------------------------------------------


def there(row: dict, day: date) -> bool:
    """Whether a line is neither cancelled, deleted nor a draft on a day."""
    gone = row["deleted_at"] and row["deleted_at"] <= day
    cancelled = row["state"] == "cancelled" and not (row["cancelled_date"] and row["cancelled_date"] > day)
    return not gone and not cancelled and row["state"] != "draft" and row["order_date"] <= day


def came(row: dict, day: date) -> bool:
    """Whether a line has been delivered by a day."""
    return row["delivered_date"] is not None and row["delivered_date"] <= day


def spend(rows) -> float:
    return sum(row["amount"] for row, day in rows if there(row, day))


def open_value(rows) -> float:
    return sum(row["amount"] for row, day in rows if there(row, day) and not came(row, day))


def on_time(rows) -> float | None:
    due = [
        came(row, day) and row["delivered_date"] <= row["required_date"]
        for row, day in rows
        if there(row, day) and (row["required_date"] < day or (came(row, day) and row["required_date"] <= day))
    ]
    return sum(due) / len(due) if due else None


METRICS = {"spend": spend, "open_value": open_value, "on_time": on_time}


def parts(world: World, metric: str, wanted=lambda row: True) -> dict[str, float] | None:
    """Return the part of each kind: its average over all orders of replacement of which every step has a value."""
    kinds, measure = world.kinds(), METRICS[metric]
    known: dict[frozenset, float | None] = {}

    def value(kinds: frozenset) -> float | None:
        if kinds not in known:
            known[kinds] = measure([(row, day) for row, day in world.rows(set(kinds)) if wanted(row)])
        return known[kinds]

    total, orders = dict.fromkeys(kinds, 0.0), 0
    for order in itertools.permutations(kinds):
        path = [value(frozenset(order[:i])) for i in range(len(order) + 1)]
        if None in path:
            continue
        orders += 1
        for kind, old, new in zip(order, path, path[1:], strict=False):
            total[kind] += new - old
    return {kind: t / orders for kind, t in total.items()} if orders else None
