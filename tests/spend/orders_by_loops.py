"""Order patterns once more, order by order in plain loops, written without a look at the package's own code; and random lines."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction as F
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd

from tests.compute.kinds import dirty

AS_OF = date(2025, 12, 31)
SMALL = {"EUR": 300, "USD": 150.5}


def records(lines):
    """Return the lines as dicts: what is missing or infinite is None, dates are dates, amounts exact."""
    for row in lines.to_dict("records"):
        r = {k: None if v is None or v is pd.NA or v is pd.NaT or v != v else v for k, v in row.items()}
        for name in ("amount", "quantity", "received_quantity"):
            r[name] = None if r[name] is None or abs(r[name]) == np.inf else F(repr(float(r[name])))
        for name in [n for n in r if n.endswith("_date") or n == "deleted_at"]:
            r[name] = None if r[name] is None else r[name].date()
        yield r


def there(r, as_of):
    """Whether a line was there on the day: ordered, and neither cancelled, deleted, a draft nor a return."""
    ended = r["cancelled_date"] or r["deleted_at"]
    gone = r["state"] == "cancelled" and not (ended and ended > as_of)
    deleted = r["deleted_at"] and r["deleted_at"] <= as_of
    later = r["order_date"] and r["order_date"] > as_of
    return not (gone or deleted or later or r["state"] == "draft")


def came(r, as_of):
    """Return when the first part of a line came: "before" its order day, "same day", "later", or None where that is not known."""
    whole, first = r["delivered_date"], r["first_receipt_date"]
    days = [d for d in (whole, first) if d]
    if days and min(days) <= as_of:
        day = min(days)
        return "before" if day < r["order_date"] else "same day" if day == r["order_date"] else "later"
    dated_later = (whole or first) is not None  # all dates are after the day
    closed = r["state"] in ("received", "closed_short") and not whole
    begun = (r["received_quantity"] or 0) > 0 and not dated_later
    return None if closed or begun else "later"


def vendor(r):
    key = r["vendor_id"] or r["vendor_name"]
    return None if key is None else (r["connection"], key)


def by_loops(lines, key, small=SMALL, n_last=5, last_month=12, as_of=AS_OF):
    """Return the figures of each group, order by order."""
    rows, whole, unknown = [], defaultdict(list), set()
    for r in records(lines):
        number = r["order_id"] or r["order_number"]
        order = None if number is None else (r["connection"], number)
        if not there(r, as_of):
            continue
        if r["amount"] is None or r["order_date"] is None:
            unknown.add(order)
        elif order is not None and not (r["quantity"] is not None and r["quantity"] < 0):
            r["order"] = order
            rows.append(r)
            whole[order].append(r)
    day = {o: min(r["order_date"] for r in mine) for o, mine in whole.items()}
    of_vendor, of_day = defaultdict(set), defaultdict(set)
    for r in rows:
        if vendor(r):
            of_vendor[vendor(r)].add(r["order"])
            of_day[vendor(r), day[r["order"]]].add(r["order"])
    first = {c: min(day[o] for o in day if o[0] == c) for c in {o[0] for o in day}}

    groups = defaultdict(lambda: defaultdict(list))
    for r in rows:
        groups[key(r)][r["order"]].append(r)
    out = {}
    for name, orders in groups.items():
        mine = [r for part in orders.values() for r in part]
        spent, n = sum(r["amount"] for r in mine), len(orders)
        limit = (small or {}).get(mine[0]["currency"])
        few = set()
        for o in orders:
            value = sum(r["amount"] for r in whole[o])
            one = len({r["currency"] for r in whole[o]}) == 1
            if one and o not in unknown and limit is not None and 0 <= value < F(repr(limit)):
                few.add(o)
        told = []
        for part in orders.values():
            each = [came(r, as_of) for r in part]
            told.append(next((w for w in ("before", "same day", None) if w in each), "later"))
        known = [w for w in told if w]
        days = sorted({day[o] for o in orders})
        spans = {o: (as_of - first[o[0]]).days + 1 for o in orders}
        beside = {r["order"] for r in mine if vendor(r) and len(of_day[vendor(r), day[r["order"]]]) > 1}

        def share(of, among=orders):
            return len(of) / len(among) if among else None

        def end_of_month(d):
            return (d + timedelta(n_last)).month != d.month

        def even(test, orders=orders):
            parts = {}
            for connection in {o[0] for o in orders}:
                n_days = (as_of - first[connection]).days + 1
                parts[connection] = sum(test(first[connection] + timedelta(i)) for i in range(n_days)) / n_days
            return sum(parts[o[0]] for o in orders) / len(orders)

        months_even, year_even = even(end_of_month), even(lambda d: d.month == last_month)
        out[name] = {
            "spend": float(spent), "n_orders": n, "n_lines": len(mine),
            "first_order_date": days[0], "last_order_date": days[-1],
            "orders_per_month": None if min(spans.values()) < 28 else sum(30.4375 / s for s in spans.values()),
            "months": n / sum(30.4375 / s for s in spans.values()),
            "lines_per_order": len(mine) / n, "average_order_value": float(spent) / n,
            "days_between_orders": median((b - a).days for a, b in pairwise(days)) if len(days) > 1 else None,
            "small_share": None if limit is None else share(few),
            "small_spend_share": None if limit is None or spent <= 0 else float(sum(r["amount"] for r in mine if r["order"] in few) / spent),
            "same_day_share": share(beside) if any(map(vendor, mine)) else None,
            "n_delivery_known": len(known),
            "zero_lead_share": share([w for w in known if w == "same day"], known),
            "after_the_fact_share": share([w for w in known if w == "before"], known),
            "month_end_share": share([o for o in orders if end_of_month(day[o])]) if months_even else None,
            "month_end_even_share": months_even,
            "year_end_share": share([o for o in orders if day[o].month == last_month]) if year_even else None,
            "year_end_even_share": year_even,
            "n_one_time_vendors": sum(1 for v in {vendor(r) for r in mine} if v and len(of_vendor[v]) == 1),
            "lines": mine,
        }  # fmt: skip
    return out


def random_lines(seed):
    lines = dirty(seed, [30, 120, 300][seed % 3])
    rng = np.random.default_rng(seed)
    # orders have one date, and mostly one currency and vendor, but not all have
    header = lines.groupby("order_id")[["order_date", "currency", "vendor_id", "connection"]].transform("first")
    most = lines["order_id"].notna() & (rng.random(len(lines)) < 0.9)
    lines[header.columns] = lines[header.columns].where(~most, header)
    near = rng.random(len(lines)) < 0.3
    soon = lines["order_date"] + pd.to_timedelta(rng.integers(-3, 3, len(lines)), "D")
    return lines.assign(
        delivered_date=lines["delivered_date"].mask(near & lines["delivered_date"].notna(), soon),
        unit_of_measure=pd.array(rng.choice(["G", "KG", "EA", None], len(lines)), dtype="string"),
    )
