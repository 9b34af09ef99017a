"""Make ``scms_extract.csv.gz`` out of the whole file: whole orders, every oddity that the tests name, each vendor, country and year.

Run by hand, where ../shared is beside the project: ``python tests/real_data/make_extract.py``. The same file comes out each time.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path

WHOLE = Path(__file__).parents[3] / "shared" / "data" / "scms" / "scms_delivery_history.csv.gz"
EXTRACT = Path(__file__).with_name("scms_extract.csv.gz")
LINES = 520
#: The ten largest vendors, and how many lines of each are wanted at least: tests look at their figures one by one.
LARGEST = {
    "SCMS from RDC": 180,
    "Orgenics, Ltd": 40,
    "Aurobindo Pharma Limited": 40,
    "MYLAN LABORATORIES LTD (FORMERLY MATRIX LABORATORIES)": 20,
    "HETERO LABS LIMITED": 20,
    "CIPLA LIMITED": 20,
    "ABBVIE LOGISTICS (FORMERLY ABBOTT LOGISTICS BV)": 15,
    "STRIDES ARCOLAB LIMITED": 12,
    "Trinity Biotech, Plc": 12,
    "S. BUYS WHOLESALER": 20,
}


def day(text: str) -> date | None:
    """Return the day of either of the file's two forms, or None."""
    for form in ("%d-%b-%y", "%m/%d/%y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def oddities(row: dict[str, str]) -> list[str]:
    """Return what is odd in a row, and what it is an example of, each by a name."""
    sent, due, came = (
        day(row[c]) for c in ("PO Sent to Vendor Date", "Scheduled Delivery Date", "Delivered to Client Date")
    )
    late = (came - due).days
    value, quantity, price = (float(row[c]) for c in ("Line Item Value", "Line Item Quantity", "Pack Price"))
    gap = abs(value - quantity * price)
    found = {f"{c}: {row[c]}" for c in ("Vendor", "Country", "Shipment Mode", "Product Group", "Vendor INCO Term")}
    found |= {f"year {due.year}", f"late year {due.year}" if late > 0 else "", f"quarter {due.year} {due.month // 4}"}
    for column in (
        "PQ First Sent to Client Date",
        "PO Sent to Vendor Date",
        "Freight Cost (USD)",
        "Weight (Kilograms)",
    ):
        text = row[column]
        if day(text) is None and not text.replace(".", "").isdigit():
            found.add(f"text in {column}: {text.split('-')[0] if text.startswith('See') else text}")
    found |= {f"late {row['Vendor']}"} if late > 0 and row["Vendor"] in LARGEST else set()
    for name, is_so in {
        "zero value": value == 0,
        "zero price": price == 0,
        "does not reconcile": gap > 0.01 and gap > 0.001 * abs(value),
        "ten largest values": value > 5_000_000,
        "earliest": late <= -372,
        "latest": late >= 192,
        "sent after delivery": sent is not None and came < sent,
        "sent after schedule": sent is not None and due < sent,
        "day first reads otherwise": sent is not None and sent.day <= 12 and sent.day != sent.month,
        "recorded before delivered": day(row["Delivery Recorded Date"]) < came,
        "not Latin": not row["Country"].isascii(),
        "broken letters": "Ã" in "".join(row.values()),
        "two blanks": "  " in row["Vendor"],
    }.items():
        if is_so:
            found.add(name)
    return sorted(found - {""})


def chosen(rows: list[dict[str, str]]) -> set[str]:
    """Return the numbers of the orders: for each oddity the first small order, two for what is rare, then the largest vendors' fill."""
    orders = defaultdict(list)
    for row in rows:
        orders[row["PO / SO #"]].append(row)
    small = {number: own for number, own in orders.items() if len(own) <= 40}
    known = {number: {o for row in own for o in oddities(row)} for number, own in small.items()}
    for number, own in small.items():
        if len({row["Scheduled Delivery Date"] for row in own}) > 1:
            known[number].add("two schedules")
        if len({row["Item Description"] for row in own}) < len(own):
            known[number].add("an item twice")
        if len({tuple(v for c, v in row.items() if c != "ID") for row in own}) < len(own):
            known[number].add("a line twice")
    everywhere = Counter(o for row in known.values() for o in row)
    taken: dict[str, None] = {}
    seen: Counter[str] = Counter()

    def take(number: str) -> None:
        taken[number] = None
        seen.update(known[number])

    for oddity, n in sorted(everywhere.items(), key=lambda pair: (pair[1], pair[0])):  # the rare ones first
        wanted = min(
            n,
            6
            if oddity in {"sent after delivery"}
            else 3
            if oddity.startswith(("late ", "does", "two sch", "text"))
            else 1,
        )
        for number in sorted((o for o in known if oddity in known[o]), key=lambda o: (len(small[o]), o)):
            if seen[oddity] >= wanted:
                break
            if number not in taken:
                take(number)
    by_vendor = Counter(row["Vendor"] for number in taken for row in small[number])
    for vendor, wanted in LARGEST.items():
        own = [o for o in small if len(small[o]) <= 12 and small[o][0]["Vendor"] == vendor and o not in taken]
        for number in own[:: max(1, len(own) // wanted)]:  # spread over the years
            if by_vendor[vendor] >= wanted or sum(len(small[o]) for o in taken) >= LINES:
                break
            take(number)
            by_vendor[vendor] += len(small[number])
    return set(taken)


def main() -> None:
    """Write the extract, its lines in the order of the file."""
    text = gzip.decompress(WHOLE.read_bytes()).decode("utf-8")
    reader = csv.DictReader(io.StringIO(text))
    rows = list(reader)
    orders = chosen(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, reader.fieldnames, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for row in rows if row["PO / SO #"] in orders)
    EXTRACT.write_bytes(gzip.compress(out.getvalue().encode("utf-8"), mtime=0))  # the same bytes each time


if __name__ == "__main__":
    main()
