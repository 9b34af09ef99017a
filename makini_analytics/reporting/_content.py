"""What a report tells, before it has a format: its sections, summary, definitions, and what was left out."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from .. import charts, lead_times, slippage
from ..catalogue import definition
from ..errors import ConfigError
from ..frames import AsOfDays, as_of_days
from ..purchases import Purchases
from ..tidy import warnings_in
from ._exhibits import Content, Exhibit
from ._sections import SECTIONS, by_currency

PARTS = (*SECTIONS, "left_out", "definitions")


def content(
    data: Purchases,
    *,
    sections: Sequence[str] | None = None,
    vendor: str | None = None,
    as_of: Any = None,
    title: str | None = None,
    begin: Callable[[str], None] = lambda name: None,
) -> Content:
    """Compute and draw what a report shows; see `makini_analytics.report`. ``begin`` is called with each section's name."""
    wanted = PARTS if sections is None else tuple(sections)
    for name in wanted:
        if name not in PARTS:
            raise ConfigError(f"sections: {name!r} is none of {', '.join(PARTS)}")
    subject = "vendor"
    if vendor is not None:
        data, vendor = of_vendor(data, vendor)
        subject = "material"  # grouped by vendor, such a report would have one bar in each chart
    day = as_of_days(data.lines, as_of)
    made = Content(data, title or (f"{vendor}: purchase orders" if vendor else "Purchase order report"), day.day)
    for name in wanted:
        begin(name)
        if name in SECTIONS:
            made.sections[name] = SECTIONS[name][1](data, subject, day)
        elif name == "left_out":
            made.sections[name] = [
                Exhibit("left_out", "What each figure counts, and what it leaves out", _left_out(made))
            ]
        else:
            # of the figures that are shown, each once, in the order in which a reader meets them
            metrics = dict.fromkeys(e.table.attrs["metric"] for e in made.exhibits if "metric" in e.table.attrs)
            made.definitions = {m: definition(m) for m in metrics}
    for name, notes in zip(data.sources["connection"], data.sources["notes"], strict=True):
        made.notes += [f"{name}: {sentence}" for sentence in warnings_in(notes)[0]]
    planned = data.sources.loc[data.sources["delivery_date"] == "planned", "connection"].dropna().tolist()
    if planned:
        missing = "only planned delivery dates are known, so nothing is said of deliveries there."
        made.notes.append(f"Of {', '.join(planned)} {missing}")
    made.summary = _summary(data, day)
    return made


def of_vendor(data: Purchases, vendor: str) -> tuple[Purchases, str]:
    """Return the part of the purchases that is one vendor's, and the vendor's name."""
    lines = data.lines
    mine = ((lines["vendor_id"] == vendor) | (lines["vendor_name"] == vendor)).fillna(False).astype(bool)
    if not mine.any():
        known = [str(v) for v in lines["vendor_name"].dropna().unique()]
        near = difflib.get_close_matches(vendor, known, n=3, cutoff=0.4)
        raise ConfigError(f"no line of a vendor {vendor!r}" + (f"; near names: {', '.join(near)}" if near else ""))
    part = lines[mine]
    # orders, issues and sources are narrowed as well: totals, doubts and notes of others are not this vendor's
    key = ["connection", "order_id"]
    orders = data.orders.merge(part[key].drop_duplicates(), on=key)
    of_rows = data.issues["id"].isin(set(part["line_id"].dropna()) | set(part["order_id"].dropna()))
    common = data.issues["id"].isna() & data.issues["connection"].isin(set(part["connection"].dropna()))
    issues = data.issues[of_rows | common]  # an issue that stands for many rows of a connection stands for these, too
    names = part["vendor_name"].dropna()
    its = data.sources["connection"].isin(set(part["connection"].dropna())) | data.sources["connection"].isna()
    narrowed = replace(data, orders=orders, lines=part.reset_index(drop=True), issues=issues.reset_index(drop=True),
                       sources=data.sources[its].reset_index(drop=True))  # fmt: skip
    return narrowed, str(names.iloc[0]) if len(names) else vendor


def _left_out(made: Content) -> pd.DataFrame:
    """Return one row per metric and reason: included and excluded lines add up to all."""
    rows = []
    for exhibit in made.exhibits:
        provenance = exhibit.table.attrs
        if "metric" not in provenance:  # counts of what became of lines, for one: no metric, nothing left out
            continue
        for entry in (provenance["included"], *provenance["excluded"]):
            # one text with an amount for each currency, "1,200.00 EUR; 300.00 USD": amounts of two are never added
            value = "; ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
            currency = provenance["parameters"].get("currency")
            rows.append((provenance["metric"], currency, entry["reason"], entry["n_lines"], value))
    frame = pd.DataFrame(rows, columns=["metric", "currency", "reason", "n_lines", "value_by_currency"])
    # a metric that two exhibits show would stand here twice
    return frame.astype(dict.fromkeys(("metric", "currency", "reason", "value_by_currency"), "string")).drop_duplicates(
        ignore_index=True
    )


def _summary(data: Purchases, day: AsOfDays) -> list[tuple[str, str]]:
    lines = data.lines
    late, days = slippage.by_vendor(lines, by=None, as_of=day), lead_times.by_vendor(lines, by=None, as_of=day)
    rows = [("Orders and lines", f"{charts.number(len(data.orders))} and {charts.number(len(lines))}, as of {day}")]
    for row in by_currency(lines).to_dict("records"):
        unit = "no currency" if pd.isna(row["currency"]) else row["currency"]
        amount = f"{charts.money(row['spend'], row['currency'])} in {charts.number(row['n_lines'])} lines"
        rows.append((f"Ordered spend, {unit}", amount))
    if len(days) and days["n_delivered"].iloc[0]:
        median, ninth = days["median_days"].iloc[0], days["p90_days"].iloc[0]
        # too many lines may be open still for half, or nine tenths, of them to have come
        half = "not yet estimable" if pd.isna(median) else f"{median:.0f} days"
        most = "" if pd.isna(ninth) else f", p90 {ninth:.0f} days"
        rows.append(("Median lead time", f"{half}{most}; {charts.number(days['n_open'].iloc[0])} lines open"))
    if len(late) and late["n_due"].iloc[0]:
        due, overdue = (charts.number(late[c].iloc[0]) for c in ("n_due", "n_overdue_open"))
        rate = charts.number(late["on_time_rate"].iloc[0] * 100, 1)
        rows.append(("On-time delivery", f"{rate} % of {due} due lines; {overdue} open and overdue"))
    rows.append(("Values not read or doubtful", charts.number(len(data.issues))))
    return rows
