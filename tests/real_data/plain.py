"""The figures of the real deliveries by csv and plain loops: nothing of this package, and no pandas."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal

TEN = [
    "SCMS from RDC",
    "Orgenics, Ltd",
    "Aurobindo Pharma Limited",
    "MYLAN LABORATORIES LTD (FORMERLY MATRIX LABORATORIES)",
    "HETERO LABS LIMITED",
    "CIPLA LIMITED",
    "ABBVIE LOGISTICS (FORMERLY ABBOTT LOGISTICS BV)",
    "STRIDES ARCOLAB LIMITED",
    "Trinity Biotech, Plc",
    "S. BUYS WHOLESALER",
]
#: Columns with text where a date or a number is due, and the names of ours that a test gives them.
ODD = {
    "PQ First Sent to Client Date": "approved_date",
    "PO Sent to Vendor Date": "order_date",
    "Freight Cost (USD)": "cost",
    "Weight (Kilograms)": "tax",
}


def rows_of(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"))))


def day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()
    except ValueError:
        return None


def quantile(values: list[int], share: float) -> float | None:
    """By linear interpolation."""
    if not values:
        return None
    at = share * (len(values) - 1)
    low, ordered = int(at), sorted(values)
    return round(ordered[low] + (ordered[min(low + 1, len(values) - 1)] - ordered[low]) * (at - low), 6)


def late_of(days: list[int]) -> tuple[int, int, float | None, float | None]:
    """Return lines, late lines, and the median and 90th percentile of the days late of the late ones."""
    late = [d for d in days if d > 0]
    return len(days), len(late), quantile(late, 0.5), quantile(late, 0.9)


def figures(path) -> dict:
    """Return all reference figures of a file."""
    rows = rows_of(path)
    late_days, lead, texts, by_vendor, late_by_year = [], [], Counter(), defaultdict(list), Counter()
    money, orders, off, quantity = defaultdict(Decimal), defaultdict(set), 0, 0
    for row in rows:
        due, came = (day(row[c], "%d-%b-%y") for c in ("Scheduled Delivery Date", "Delivered to Client Date"))
        sent, vendor = day(row["PO Sent to Vendor Date"], "%m/%d/%y"), row["Vendor"]
        late_days.append((came - due).days)
        by_vendor[vendor].append(late_days[-1])
        late_by_year[due.year] += came > due
        if sent is not None:
            lead.append((came - sent).days)
        value, packs, price = (Decimal(row[c]) for c in ("Line Item Value", "Line Item Quantity", "Pack Price"))
        money[vendor] += value
        orders[vendor].add(row["PO / SO #"])
        quantity += int(packs)
        gap = abs(value - packs * price)
        off += gap > Decimal("0.01") and gap > value / 1000
        for column, name in ODD.items():
            text = row[column]
            if not (day(text, "%m/%d/%y") if column.endswith("Date") else re.fullmatch(r"[\d.]+", text)):
                texts[name, re.sub(r"(DN|ASN)-\d+ \(ID#:\d+\)", "...", text)] += 1
    late, total, kept = [d for d in late_days if d > 0], sum(money.values()), [d for d in lead if d >= 0]
    largest = sorted(money, key=lambda v: -money[v])
    return {
        "lines": len(rows),
        "orders": len({row["PO / SO #"] for row in rows}),
        "vendors": len(money),
        "value": total,
        "quantity": quantity,
        "off": off,
        "texts": dict(texts),
        "late": len(late),
        "early": sum(d < 0 for d in late_days),
        "on_the_day": sum(d == 0 for d in late_days),
        "median_late": quantile(late, 0.5),
        "p90_late": quantile(late, 0.9),
        "mean_days": round(sum(late_days) / len(rows), 4),
        "min_days": min(late_days),
        "late_by_year": dict(late_by_year),
        "vendor_late": {v: late_of(by_vendor[v]) for v in TEN},
        "largest": [(v, money[v], round(float(100 * money[v] / total), 4), len(orders[v])) for v in largest[:4]],
        "dated": len(lead),
        "sent_after_delivery": sum(d < 0 for d in lead),
        "median_lead": sorted(kept)[(len(kept) + 1) // 2 - 1],
    }
