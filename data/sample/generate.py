"""Make the sample purchase orders and their known answers: ``python data/sample/generate.py [FOLDER]``.

Seeded, so that the files come out byte for byte the same. The answers are counted from what the generator decided, never by the
package that is tested against them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SEED = 20260101
FIRST, CUT_OFF = date(2024, 1, 1), date(2025, 12, 31)
N_ORDERS = {"emea": 850, "us": 700, "apac": 450}
ENTITY = {
    "vendors": "09",
    "orders": "05",
    "lines": "15",
    "statuses": "19",
    "sites": "01",
    "currencies": "20",
    "uom": "21",
    "materials": "04",
}
NUMBER = {"emea": "2a0000", "us": "2b0000", "apac": "2c0000"}  # of the connection, part of each key

PARTS = [  # name, code stem, category, price, unit, sold per 100
    ("Deep groove ball bearing {}", "BRG-{}", "Bearings", 18.0, "EA", False), ("Spherical roller bearing {}", "SRB-{}", "Bearings", 240.0, "EA", False),
    ("Radial shaft seal {}x{}x8 NBR", "SEAL-{}", "Seals", 6.4, "EA", False), ("O-ring {}x3.5 FKM", "ORG-{}", "Seals", 38.0, "EA", True),
    ("Ball valve DN{} PN40", "BV-{}", "Valves", 96.0, "EA", False), ("Solenoid valve 24 VDC {}", "SV-{}", "Valves", 143.0, "EA", False),
    ("Inductive sensor M12 PNP {}", "IS-{}", "Sensors", 41.0, "EA", False), ("Pressure transmitter 0-{} bar", "PT-{}", "Sensors", 265.0, "EA", False),
    ("Three-phase motor {} kW IE3", "MOT-{}", "Drives", 690.0, "EA", False), ("V-belt SPZ {}", "VB-{}", "Drives", 11.5, "EA", False),
    ("Jaw coupling size {}", "JC-{}", "Drives", 58.0, "EA", False), ("Hydraulic filter element {}", "HF-{}", "Filters", 74.0, "EA", False),
    ("Air filter cartridge {}", "AF-{}", "Filters", 33.0, "EA", False), ("Gear oil ISO VG {}", "OIL-{}", "Lubricants", 7.9, "L", False),
    ("Bearing grease NLGI 2 {}", "GRS-{}", "Lubricants", 14.2, "KG", False), ("Cable gland M{} brass", "CG-{}", "Electrical", 210.0, "EA", True),
    ("Contactor {} A", "CON-{}", "Electrical", 62.0, "EA", False), ("Hexagon bolt M{} 8.8", "BLT-{}", "Fasteners", 27.0, "EA", True),
    ("Safety gloves size {}", "PPE-{}", "Safety", 4.1, "PR", False), ("Calibration of test bench {}", "SRV-{}", "Services", 480.0, "EA", False),
]  # fmt: skip
VENDORS = {
    "emea": ["Müller Antriebstechnik GmbH", "Kugellager Nord AG", "Rossi Guarnizioni S.p.A.", "Vanhoutte Afdichtingen BV", "Hydraulik Süd GmbH & Co. KG",
             "Łożyska Polskie Sp. z o.o.", "Ventiltechnik Østerby A/S", "Ateliers Lefèvre SAS", "Sensorik Bodensee GmbH", "Nordic Filtration AB",
             "Ibérica de Rodamientos S.A.", "Brünig Elektrohandel AG", "Thames Valley Fixings Ltd", "Schrauben Öztürk GmbH", "Industrie-Schmierstoffe Ruhr GmbH",
             "Zwanenburg Technische Handel BV", "Kaltenbach Pumpen GmbH", "Fluidtec Lyon SARL", "Prüfdienst Weser e.K.", "Adler Arbeitsschutz GmbH",
             "Moravia Hydraulika s.r.o.", "Officine Bianchi S.r.l.", "Helvetia Ventile AG", "Drahtwerk Sauerland KG", "شركة الخليج للصمامات"],
    "us": ["Great Lakes Bearing Co.", "Tri-State Hydraulics Inc.", "Lone Star Valve & Fitting LLC", "Cascade Motor Works", "Midwest Seal Supply, Inc.",
           "Allegheny Fasteners Corp.", "Blue Ridge Lubricants LLC", "Sunbelt Industrial Electric", "Pioneer Filtration Systems", "Keystone Sensor Group",
           "Gulf Coast Safety Supply", "Muller Antriebstechnik GmbH", "Prairie Power Transmission", "Harbor Calibration Services", "Redwood Belt & Drive",
           "Granite State Gaskets", "Ohio Valley Couplings", "Bayou Pump & Process", "Sierra Controls Inc", "Northeast Cable Products",
           "Kugellager Nord AG", "Big Sky Tooling", "O'Hara & Sons Supply"],
    "apac": ["株式会社東海ベアリング", "大和バルブ工業株式会社", "Pacific Seals Pty Ltd", "Southern Cross Hydraulics Pty Ltd", "Merlion Automation Pte Ltd",
             "関西センサー株式会社", "Wattle Industrial Supplies", "Straits Filtration Pte Ltd", "北陸モーター株式会社", "Outback Lubricants Pty Ltd",
             "日本ファスナー販売株式会社", "Harbour City Electrical", "Jurong Safety Equipment Pte Ltd", "Tasman Belting Ltd", "瀬戸内ポンプ製作所",
             "Raffles Calibration Services", "中部電材株式会社", "Coral Coast Engineering", "湘南フィルター工業", "Boomerang Bearings"],
}  # fmt: skip
MAKERS = ["Aldera", "Borvik", "Cantrex", "Dornau", "Elmsund", "Ferrolux", "Gautier & Fils", "Hanamori", "Ironbridge"]
SITES = {
    "emea": ["Ulm works", "Gent plant", "Gdańsk plant", "Lyon service centre"],
    "us": ["Toledo, OH", "Houston, TX", "Greenville, SC"],
    "apac": ["Nagoya", "Geelong", "Jurong"],
}
CURRENCIES = {
    "emea": (("EUR", 0.86), ("GBP", 0.08), ("CHF", 0.06)),
    "us": (("USD", 0.93), ("CAD", 0.07)),
    "apac": (("JPY", 0.5), ("AUD", 0.35), ("SGD", 0.15)),
}
RATE = {"EUR": 1.0, "GBP": 0.85, "CHF": 0.95, "USD": 1.09, "CAD": 1.48, "JPY": 163.0, "AUD": 1.65, "SGD": 1.46}
STATUSES = {
    "emea": {"draft": "In preparation", "open": "Approved", "partial": "Partially received", "done": "Completed", "short": "Closed", "cancelled": "Cancelled", "odd": "ZQ7"},
    "us": {"draft": "Pending Supervisor Approval", "open": "Pending Receipt", "partial": "Partially Received", "done": "Fully Billed", "short": "Closed", "cancelled": "Rejected by Supervisor"},
    "apac": {"draft": "Draft", "open": "Open order", "partial": "Open order", "done": "Invoiced", "short": "Invoiced", "cancelled": "Canceled"},
}  # fmt: skip
NUMBERS = {"emea": "45000{:05d}", "us": "PO{:06d}", "apac": "{:08d}"}


def key(connection: str, entity: str, name: object) -> str:
    """Return a key as the API lays them out: entity, connection, hash of the source's own key; leading zeros and all."""
    return ENTITY[entity] + NUMBER[connection] + hashlib.md5(f"{connection}/{entity}/{name}".encode()).hexdigest()


def stamp(day: date, clock: str = "09:14:02") -> str:
    return f"{day.isoformat()}T{clock}Z"


class Connection:
    """One source system with its habits, and the truth that only the generator knows."""

    def __init__(self, name: str, rng: np.random.Generator) -> None:
        self.name, self.rng = name, rng
        self.vendors = VENDORS[name]
        n = len(self.vendors)
        self.share = (1 / np.arange(1, n + 1) ** 1.1) / (1 / np.arange(1, n + 1) ** 1.1).sum()
        self.law = {
            v: (float(rng.choice([9, 14, 18, 24, 30, 42, 55])), float(rng.choice([0.25, 0.35, 0.5, 0.6])))
            for v in self.vendors
        }
        self.plan = {
            v: int(np.ceil(m * np.exp(s * float(rng.choice([0.35, 0.6, 0.85, 1.1]))))) for v, (m, s) in self.law.items()
        }
        self.materials = [
            (stem, size, int(rng.integers(0, n)))
            for stem in range(len(PARTS))
            for size in range(int(rng.integers(4, 9)))
        ]
        self.orders: list[dict] = []
        self.truth: list[dict] = []
        self.plants = dict.fromkeys(("drafts", "cancelled_orders", "cancelled_lines", "deleted_lines", "returns", "unmapped_status_orders", "sentinel_dates", "unreadable_numbers", "zero_prices", "priced_per_100", "computed_amounts", "amounts_that_do_not_reconcile", "missing_vendor_orders", "missing_due_date_lines", "closed_short_lines"), 0)  # fmt: skip

    def make(self, n_orders: int) -> None:
        span = (CUT_OFF - FIRST).days
        days = np.sort(self.rng.integers(0, span + 1, n_orders))
        for number, offset in enumerate(days, start=1):
            self.orders.append(self.order(number, FIRST + timedelta(days=int(offset))))

    def order(self, number: int, ordered: date) -> dict:
        r, name = self.rng, self.name
        vendor = self.vendors[int(r.choice(len(self.vendors), p=self.share))]
        currency = str(r.choice([c for c, _ in CURRENCIES[name]], p=[p for _, p in CURRENCIES[name]]))
        kind = str(r.choice(["normal", "draft", "cancelled", "odd"], p=[0.94, 0.02, 0.03, 0.01]))
        if kind == "odd" and name != "emea":
            kind = "normal"
        if kind == "draft" and (CUT_OFF - ordered).days > 60:
            kind = "normal"  # nobody keeps a draft for long
        site = SITES[name][int(r.integers(0, len(SITES[name])))]
        no_vendor = r.random() < 0.004
        due = ordered + timedelta(days=max(1, self.plan[vendor] + int(r.integers(-4, 8))))
        lines = [
            self.line(number, i + 1, vendor, currency, ordered, due, kind)
            for i in range(
                int(r.choice([1, 2, 3, 4, 5, 6, 8, 11, 15], p=[0.16, 0.18, 0.17, 0.14, 0.11, 0.1, 0.08, 0.04, 0.02]))
            )
        ]
        states = [ln["state"] for ln in lines]
        live = [s for s in states if s != "cancelled"]
        status = {"draft": "draft", "cancelled": "cancelled", "odd": "odd"}.get(kind)
        if status is None:
            status = (
                "done"
                if live and all(s in ("received", "short") for s in live)
                else "partial"
                if "received" in live
                else "open"
            )
            if status == "done" and "short" in live:
                status = "short"
        self.plants["drafts"] += kind == "draft"
        self.plants["cancelled_orders"] += kind == "cancelled"
        self.plants["unmapped_status_orders"] += kind == "odd"
        self.plants["missing_vendor_orders"] += no_vendor
        for ln in lines:
            ln |= {"vendor": None if no_vendor else vendor, "order_state": kind, "currency": currency, "order": number}
            self.truth.append(ln)
        records = [ln.pop("record") for ln in lines]
        updated = max([ln["changed"] for ln in lines] + [ordered])
        net = sum(ln["amount"] for ln in lines if ln["amount"] is not None and not ln["deleted"])
        freight = round(float(r.uniform(10, 60)) * RATE[currency], 2) if r.random() < 0.05 else 0.0
        record = {
            "key": key(name, "orders", number), "siteKey": key(name, "sites", site) if name != "apac" else None, "organizationKey": None,
            "vendorKey": None if no_vendor else key(name, "vendors", vendor), "statusKey": key(name, "statuses", STATUSES[name][status]),
            "currencyKey": key(name, "currencies", currency), "orderNo": NUMBERS[name].format(number),
            "orderDate": stamp(ordered, "00:00:00") if name != "us" else f"{ordered}T08:00:00-05:00",
            "title": f"{PARTS[self.materials[lines[0]['material']][0]][2]} for {site}", "dueAt": stamp(due, "00:00:00"),
            "approvedAt": None if kind == "draft" else stamp(ordered + timedelta(days=int(r.integers(0, 3)))) if ordered < CUT_OFF - timedelta(days=3) else None,
            "completedAt": stamp(updated) if status in ("done", "short") else None, "shippingMethod": str(r.choice(["Road", "Air", "Parcel", "Sea"], p=[0.6, 0.1, 0.25, 0.05])),
            "terms": str(r.choice(["30 days net", "14 days 2 %, 30 days net", "60 days net"] if name == "emea" else ["Net 30", "Net 45", "2/10 Net 30"])),
            "totalNetValue": f"{net + freight:.2f}", "totalGrossValue": f"{(net + freight) * 1.19:.2f}" if name == "emea" else None,
            "shipmentAddress": {"country": {"emea": "DE", "us": "US", "apac": "JP"}[name], "city": site.split(",")[0], "isActive": True},
            "updatedAt": stamp(updated), "lineItems": records,
        }  # fmt: skip
        if name == "emea":
            record["plantCostCenter"] = f"CC-{100 + number % 17}"
        if name == "us":
            record["department"] = str(r.choice(["Maintenance", "Production", "Facilities"]))
        return record

    def line(self, order: int, number: int, vendor: str, currency: str, ordered: date, due: date, kind: str) -> dict:
        r, name = self.rng, self.name
        material = int(r.integers(0, len(self.materials)))
        stem, size, _ = self.materials[material]
        text, code, category, base, unit, per_100 = PARTS[stem]
        size_text = [16, 20, 25, 32, 40, 50, 63, 80, 100][size]
        quantity = float(r.choice([1, 2, 4, 5, 6, 10, 12, 20, 25, 50])) * (100 if per_100 else 1)
        price = round(
            base * RATE[currency] * (0.8 + 0.1 * size) * float(r.uniform(0.92, 1.1)), 0 if currency == "JPY" else 2
        )
        free, back = r.random() < 0.004, name == "emea" and kind == "normal" and r.random() < 0.006
        price = 0.0 if free else price
        quantity = -quantity if back else quantity
        amount: float | None = round(price * quantity / (100 if per_100 else 1), 2)
        gap = name == "us" and not free and not per_100 and r.random() < 0.01
        if gap and amount:
            amount = round(amount * 1.07, 2)
        unstated = name == "us" and not gap and not per_100 and r.random() < 0.06
        median, sigma = self.law[vendor]
        lead = int(np.ceil(median * np.exp(sigma * r.standard_normal())))
        delivered = ordered + timedelta(days=lead)
        fate = float(r.random())
        deleted = kind == "normal" and not back and fate < 0.012
        cancelled = kind == "cancelled" or (kind == "normal" and not back and 0.012 <= fate < 0.03)
        changed = min(CUT_OFF, ordered + timedelta(days=int(r.integers(0, 25))))
        arrived = kind in ("normal", "odd") and not (deleted or cancelled or back) and delivered <= CUT_OFF
        short = arrived and name != "us" and quantity >= 10 and not per_100 and r.random() < 0.01
        state = "cancelled" if deleted or cancelled else "short" if short else "received" if arrived else "open"
        if arrived:
            changed = max(changed, delivered)
        received = (quantity * 0.8 if short else quantity) if arrived else 0.0
        no_due = r.random() < 0.006
        sentinel = not no_due and r.random() < 0.003
        odd_number = name == "emea" and not back and r.random() < 0.003
        self.plants["cancelled_lines"] += cancelled and kind == "normal"
        for what, happened in {
            "deleted_lines": deleted, "returns": back, "zero_prices": free, "priced_per_100": per_100 and not free, "computed_amounts": unstated,
            "amounts_that_do_not_reconcile": gap, "missing_due_date_lines": no_due, "sentinel_dates": sentinel, "unreadable_numbers": odd_number, "closed_short_lines": short,
        }.items():  # fmt: skip
            self.plants[what] += bool(happened)
        line_due = due + timedelta(days=int(r.integers(0, 6))) if r.random() < 0.1 else None
        actual = delivered.isoformat() + "T00:00:00Z" if arrived else None
        planned = stamp(ordered + timedelta(days=self.plan[vendor]), "00:00:00")
        own_status = None
        if cancelled and kind == "normal":
            own_status = STATUSES[name]["cancelled"]
        elif short:
            own_status = STATUSES[name]["short"]
        as_text = name == "emea" and r.random() < 0.5
        record = {
            "key": key(name, "lines", f"{order}/{number}"), "lineNo": str(number * 10), "code": code.format(size_text), "type": category,
            "name": text.format(size_text, size_text + 20), "quantity": f"{quantity:g}" if as_text else quantity, "receivedQuantity": f"{received:.3f}" if as_text else received,
            "uomKey": key(name, "uom", unit), "price": f"{price:.2f}" if as_text else price, "discount": None,
            "lineTaxValue": "1.234,50" if odd_number else None, "lineTotalValue": None if unstated else f"{amount:.2f}" if as_text else amount,
            "deliveryAt": planned if name == "apac" else actual, "dueAt": None if line_due is None else stamp(line_due, "00:00:00"),
            "materialKey": key(name, "materials", f"{stem}/{size}"), "statusKey": key(name, "statuses", own_status) if own_status else None,
            "createdAt": stamp(ordered, "08:00:00"), "updatedAt": stamp(changed), "deletedAt": stamp(changed, "10:00:00") if deleted else None,
        }  # fmt: skip
        if no_due or sentinel:
            record["dueAt"] = "9999-12-31T00:00:00Z" if sentinel else "1900-01-01T00:00:00Z"
        if name == "us":
            del record["receivedQuantity"]
        if name == "emea":
            record["wbsElement"] = f"W-{order % 40:03d}-{number}"
        return {
            "record": record, "state": state, "deleted": deleted, "amount": amount, "lead": lead, "due": due if no_due or sentinel else line_due or due, "delivered": delivered,
            "ordered": ordered, "changed": changed, "material": material, "back": back, "bad_due": no_due or sentinel, "arrived": arrived, "short": short,
        }  # fmt: skip

    def tables(self) -> dict:
        n = self.name
        out = {
            "purchase-orders": self.orders,
            "vendors": [
                {"key": key(n, "vendors", v), "name": v, "code": f"V{i:05d}", "updatedAt": stamp(FIRST)}
                for i, v in enumerate(self.vendors, 1)
            ],
            "statuses/purchase-orders": [
                {"key": key(n, "statuses", s), "name": s, "isActive": True} for s in dict.fromkeys(STATUSES[n].values())
            ],
            "currencies": [
                {"key": key(n, "currencies", c), "code": c, "name": c, "isActive": True} for c, _ in CURRENCIES[n]
            ],
            "uom": [{"key": key(n, "uom", u), "code": u, "name": u} for u in ("EA", "L", "KG", "PR")],
        }
        out["materials"] = self.material_records()
        if n != "apac":
            out["sites"] = [{"key": key(n, "sites", s), "name": s} for s in SITES[n]]
        return out

    def material_records(self) -> list[dict]:
        """Return the list of materials, with who can supply each and the prices agreed; drawn apart, so that no order changes by it."""
        r, n = np.random.default_rng([SEED, 4, *self.name.encode()]), self.name
        out = []
        for stem, size, first in self.materials:
            text, code, category, base, unit, per_100 = PARTS[stem]
            size_text = [16, 20, 25, 32, 40, 50, 63, 80, 100][size]
            currency = CURRENCIES[n][0][0]
            digits = 0 if currency == "JPY" else 2
            price = base * RATE[currency] * (0.8 + 0.1 * size)
            second = (first + 1 + int(r.integers(0, len(self.vendors) - 1))) % len(self.vendors)
            options = [
                {"vendorKey": key(n, "vendors", self.vendors[v]), "vendorPartNumber": f"{v + 1:02d}-{stem:02d}{size_text:03d}", "isPreferred": v == first,
                 "leadTimeDays": self.plan[self.vendors[v]], "minimumQuantity": 100 if per_100 else int(r.choice([1, 1, 5, 10])), "uomKey": key(n, "uom", unit)}
                for v in (first, second)
            ]  # fmt: skip
            levels = [
                {"vendorKey": key(n, "vendors", self.vendors[first]), "minimumQuantity": least * (100 if per_100 else 1), "price": round(price * part, digits),
                 "priceUnit": 100 if per_100 else 1, "currencyKey": key(n, "currencies", currency), "validFrom": str(FIRST), "validTo": None}
                for least, part in ((1, 1.0), (20, 0.96))
            ]  # fmt: skip
            out.append({
                "key": key(n, "materials", f"{stem}/{size}"), "code": code.format(size_text), "name": text.format(size_text, size_text + 20),
                # a part of every list is not kept up: then the line's own type is what is known
                "categoryName": None if r.random() < 0.03 else category, "criticality": str(r.choice(["A", "B", "C"], p=[0.15, 0.35, 0.5])),
                "manufacturerName": None if category == "Services" else MAKERS[(stem * 3 + size) % len(MAKERS)],
                "partNumber": None if category == "Services" else f"{code.format(size_text)}/{int(r.integers(100, 1000))}",
                "uomKey": key(n, "uom", unit), "supplyOptions": options, "priceLevels": levels, "updatedAt": stamp(FIRST),
            })  # fmt: skip
        return out

    def answers(self) -> dict:
        """Count the truth: what was decided, and what design's definitions make of it at the cut-off."""
        counts = [t for t in self.truth if t["order_state"] in ("normal", "odd") and t["state"] != "cancelled"]
        spend: dict[str, float] = {}
        for t in counts:
            spend[t["currency"]] = spend.get(t["currency"], 0.0) + (t["amount"] or 0.0)
        by_category: dict[str, dict[str, float]] = {}
        for t in counts:
            of = by_category.setdefault(PARTS[self.materials[t["material"]][0]][2], {})
            of[t["currency"]] = of.get(t["currency"], 0.0) + (t["amount"] or 0.0)
        placed = [t for t in counts if not t["back"]]
        leads = np.array([t["lead"] for t in placed])
        on_time = np.array(
            [t["delivered"] <= t["due"] for t in placed]
        )  # an unreadable due date of a line: the order's counts
        due = [t for t in placed if not t["short"] and t["due"] < CUT_OFF + timedelta(days=bool(t["arrived"]))]
        hit = [t for t in due if t["arrived"] and t["delivered"] <= t["due"]]
        return {
            "orders": len(self.orders), "lines": len(self.truth), **{k: int(v) for k, v in self.plants.items()},
            "spend_by_currency": {c: round(v, 2) for c, v in sorted(spend.items())}, "spend_lines": len(counts), "materials": len(self.materials),
            "spend_by_category": {k: {c: round(v, 2) for c, v in sorted(of.items())} for k, of in sorted(by_category.items())},
            "lines_by_currency": {c: sum(t["currency"] == c for t in self.truth) for c in sorted({t["currency"] for t in self.truth})},
            "open_lines": sum(not t["arrived"] for t in placed),
            "true_lead_time_days": {"median": float(np.quantile(leads, 0.5)), "p80": float(np.quantile(leads, 0.8)), "p90": float(np.quantile(leads, 0.9)), "mean": round(float(leads.mean()), 3)},
            "true_on_time_rate": round(float(on_time.mean()), 6), "due_lines_at_cut_off": len(due), "on_time_lines_at_cut_off": len(hit),
            "vendor_laws": {v: {"median": m, "sigma": s, "planned_days": self.plan[v]} for v, (m, s) in self.law.items()},
        }  # fmt: skip


def plant_duplicates(emea: Connection, us: Connection, n: int = 12) -> list[str]:
    """Give some orders of one connection the numbers and vendors of the other's, as a migration with dates and a currency of its own."""
    numbers = []
    ours = [
        o
        for o in emea.orders
        if o["vendorKey"]
        in (key("emea", "vendors", "Müller Antriebstechnik GmbH"), key("emea", "vendors", "Kugellager Nord AG"))
    ]
    twins = {
        key("emea", "vendors", "Müller Antriebstechnik GmbH"): "Muller Antriebstechnik GmbH",
        key("emea", "vendors", "Kugellager Nord AG"): "Kugellager Nord AG",
    }
    for order in ours[20 : 20 + n]:
        at = next(
            i
            for i, o in enumerate(us.orders)
            if o["orderNo"].startswith("PO") and o["vendorKey"] and i > len(numbers) * 50
        )
        target = us.orders[at]
        target |= {"orderNo": order["orderNo"], "vendorKey": key("us", "vendors", twins[order["vendorKey"]])}
        numbers.append(order["orderNo"])
    return numbers


def main(folder: Path) -> None:
    made = {}
    for i, name in enumerate(N_ORDERS):
        made[name] = Connection(name, np.random.default_rng([SEED, i]))
        made[name].make(N_ORDERS[name])
    twins = plant_duplicates(made["emea"], made["us"])
    answers = {
        "seed": SEED,
        "first_day": str(FIRST),
        "cut_off": str(CUT_OFF),
        "connections": {n: c.answers() for n, c in made.items()},
    }
    answers["order_numbers_in_emea_and_us"] = twins
    for name, connection in made.items():
        text = json.dumps(connection.tables(), ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (folder / "answers.json").write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
