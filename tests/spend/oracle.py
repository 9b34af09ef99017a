"""Spend once more, in plain loops over exact numbers: slow, simple, and written without a look at the package's own code."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction as F

import pandas as pd

GRAMS = {"G": ("KG", F(1, 1000))}


def records(lines):
    """Return the lines as dicts: missing values None, amounts and quantities exact."""
    out = []
    for row in lines.to_dict("records"):
        r = {k: None if v is None or v is pd.NA or v is pd.NaT or v != v else v for k, v in row.items()}
        for name in ("amount", "quantity", "received_quantity"):
            r[name] = None if r.get(name) is None else F(repr(float(r[name])))
        for name in ("order_date", "delivered_date"):
            r[name] = None if r.get(name) is None else pd.Timestamp(r[name]).date()
        out.append(r)
    return out


def counts(r, as_of=None):
    """Whether a line counts, as all that it tells, or as known on a day."""
    if r.get("state") == "draft" or r["amount"] is None:
        return False
    cancelled, deleted, ordered = (_day(r.get(name)) for name in ("cancelled_date", "deleted_at", "order_date"))
    if as_of is None:
        return r.get("state") != "cancelled" and deleted is None
    if (ordered is not None and ordered > as_of) or (deleted is not None and deleted <= as_of):
        return False
    ended = deleted if cancelled is None else cancelled
    return r.get("state") != "cancelled" or (ended is not None and ended > as_of)


def _day(value):
    return value.date() if hasattr(value, "date") else value


def vendor(r):
    return (r.get("connection"), r.get("vendor_id") or r.get("vendor_name"))


def material(r):
    code = r.get("material_id") or r.get("product_id") or r.get("product_code")
    return None if code is None else (r.get("connection"), code)


def item_of(lines):
    """Return what an item is: its code, or its description where no line has a code."""
    coded = any(c in lines and lines[c].notna().any() for c in ("material_id", "product_id", "product_code"))
    return material if coded else (lambda r: None if r["description"] is None else (None, r["description"]))


def measure(r):
    """Return unit and quantity in it."""
    unit, times = GRAMS.get(r.get("unit_of_measure"), (r.get("unit_of_measure"), F(1)))
    return unit, None if r["quantity"] is None else r["quantity"] * times


def priced(r, item):
    quantity = r["quantity"]
    return (
        counts(r)
        and not r.get("is_return")
        and quantity is not None
        and quantity > 0
        and r["amount"] > 0
        and item(r) is not None
        and not any(w in (r.get("type") or "").casefold() for w in ("service", "freight"))
    )


def by_vendor(rows, key=vendor):
    """Return (key, currency) -> (spend, orders, lines)."""
    spend, orders, n = defaultdict(F), defaultdict(set), defaultdict(int)
    for r in filter(counts, rows):
        k = (key(r), r["currency"])
        spend[k] += r["amount"]
        n[k] += 1
        order = r.get("order_id") or r.get("order_number")
        if order is not None:
            orders[k].add((r.get("connection"), order))
    return {k: (spend[k], len(orders[k]), n[k]) for k in spend}


def classes(spends, a=F(80, 100), b=F(95, 100)):
    """Return the ABC class of each key of one currency; None for a negative net."""
    total = sum(s for s in spends.values() if s > 0)
    out, so_far = {}, F(0)
    for key, s in sorted(spends.items(), key=lambda kv: -kv[1]):
        if s < 0 or total <= 0:
            out[key] = None
            continue
        out[key] = "A" if so_far < a * total else "B" if so_far < b * total else "C"
        so_far += s
    return out


def months(rows, as_of):
    """Return (currency, (year, month)) -> (spend, spend of the same days one year before)."""
    live = [r for r in rows if counts(r, as_of) and r["order_date"] is not None]
    spend, before = defaultdict(F), defaultdict(F)
    for r in live:
        d = r["order_date"]
        spend[r["currency"], (d.year, d.month)] += r["amount"]
        cut = (d.year + 1, d.month) == (as_of.year, as_of.month)
        last = (date(as_of.year, as_of.month, 28) + timedelta(4)).replace(day=1) - timedelta(1) == as_of
        if not cut or last or d.day <= as_of.day:
            before[r["currency"], (d.year + 1, d.month)] += r["amount"]
    return {k: (spend[k], before[k]) for k in spend}


def hhi(rows):
    """Return currency -> (HHI, vendors with a positive net)."""
    nets = defaultdict(dict)
    for (v, currency), (s, *_) in by_vendor([r for r in rows if vendor(r)[1] is not None]).items():
        if s > 0:
            nets[currency][v] = s
    return {c: (10_000 * sum((s / sum(n.values())) ** 2 for s in n.values()), len(n)) for c, n in nets.items()}


def variance(rows, item, baseline, *, per_vendor=True):
    """Return (item, vendor, unit, currency, year) -> [PPV or None, first purchases, spend]."""
    lots = []
    for r in rows:
        if priced(r, item) and r["order_date"] is not None:
            unit, q = measure(r)
            key = (item(r), vendor(r) if per_vendor else None, unit, r["currency"])
            lots.append((key, r["order_date"], r["amount"], q))
    by_key = defaultdict(list)
    for key, d, a, q in lots:
        by_key[key].append((d, a, q))

    def average(some):
        q = sum(q for _, _, q in some)
        return sum(a for _, a, _ in some) / q if q else None

    out = {}
    for key, d, a, q in lots:
        mine = by_key[key]
        if baseline == "previous_period":
            base = average([x for x in mine if x[0].year == d.year - 1])
        else:
            days = sorted({x[0] for x in mine if x[0] < d})
            at = None if not days else days[-1] if baseline == "last" else days[0]
            base = average([x for x in mine if x[0] == at])
        entry = out.setdefault((*key, d.year), [None, 0, F(0)])
        entry[2] += a
        if base is None:
            entry[1] += all(x[0] >= d for x in mine)
        else:
            entry[0] = (entry[0] or F(0)) + a - base * q
    return out


def bridge(before, after, item):
    """Return currency -> effect -> value, by the formulas of price, quantity, new and lost; one rate for all."""
    out = defaultdict(lambda: defaultdict(F))
    items = defaultdict(lambda: [F(0), F(0), F(0), F(0)])  # v0, q0, v1, q1
    for side, rows in enumerate((before, after)):
        for r in filter(counts, rows):
            bars = out[r["currency"]]
            bars[("before", "after")[side]] += r["amount"]
            if not priced(r, item):
                bars["not itemised"] += r["amount"] * (1 if side else -1)
                continue
            unit, q = measure(r)
            entry = items[item(r), unit, r["currency"]]
            entry[2 * side] += r["amount"]
            entry[2 * side + 1] += q
    groups = defaultdict(lambda: [F(0), F(0), F(0), F(0)])  # v0, q0, q1, quantity effect of the items on both sides
    for (_, unit, currency), (v0, q0, v1, q1) in items.items():
        bars = out[currency]
        if not q0:
            bars["new"] += v1
        elif not q1:
            bars["lost"] -= v0
        else:
            bars["price"] += (v1 / q1 - v0 / q0) * q1
            quantity = (q1 - q0) * v0 / q0
            for i, x in enumerate((v0, q0, q1, quantity)):
                groups[currency, unit][i] += x
    for (currency, unit), (v0, q0, q1, quantity) in groups.items():
        volume = quantity if unit is None else (q1 / q0 - 1) * v0
        out[currency]["volume"] += volume
        out[currency]["mix"] += quantity - volume
    return out


def single(rows, item):
    """Return (item, currency) -> spend of the items with one vendor."""
    vendors, spend = defaultdict(set), defaultdict(F)
    for r in filter(counts, rows):
        if item(r) is not None:
            vendors[item(r)].add(vendor(r))
            spend[item(r), r["currency"]] += r["amount"]
    return {k: s for k, s in spend.items() if len(vendors[k[0]]) == 1 and next(iter(vendors[k[0]]))[1] is not None}
