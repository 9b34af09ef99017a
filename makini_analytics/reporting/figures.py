"""The figures of a report: computed once, drawn and written from there, so every format tells the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .. import lead_times, quality, slippage, spend, style
from ..provenance import as_of_day
from ..purchases import Purchases

#: Money charts are drawn for so many currencies, those of most lines; all are in the tables.
MOST_CURRENCIES = 3


@dataclass
class Figures:
    """Tables and charts by name, the frame behind each chart, and the sentences of the summary."""

    as_of: pd.Timestamp
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    charts: dict[str, Axes] = field(default_factory=dict)
    behind: dict[str, pd.DataFrame] = field(default_factory=dict)  # chart -> the frame that it draws
    summary: list[tuple[str, str]] = field(default_factory=list)  # what, how much
    notes: list[str] = field(default_factory=list)

    def draw(self, name: str, result: pd.DataFrame, chart: Axes) -> None:
        """Keep a chart and the frame that it draws."""
        self.charts[name] = chart
        self.behind[name] = result


def figures(data: Purchases, *, as_of: Any = None) -> Figures:
    """Compute and draw everything that a report shows."""
    lines = data.lines
    day = as_of_day(lines, as_of)
    out = Figures(day)
    tables = {
        "spend_by_vendor": spend.by_vendor(lines),
        "spend_by_month": spend.by_period(lines, as_of=day),
        "spend_concentration": spend.concentration(lines),
        "lead_times_by_vendor": lead_times.by_vendor(lines, as_of=day),
        "lead_times_curve": lead_times.curve(lines, as_of=day),
        "slippage_by_vendor": slippage.by_vendor(lines, as_of=day),
        "slippage_per_line": slippage.per_line(lines, as_of=day),
    }
    out.tables = dict(tables)
    out.tables["left_out"] = _left_out(tables)
    out.tables["issues"] = (
        data.issues.groupby(["connection", "table", "column", "reason"], dropna=False)
        .size()
        .reset_index(name="n_values")
    )
    out.tables["sources"] = data.sources

    totals = (
        tables["spend_by_vendor"]
        .groupby("currency", dropna=False, sort=False)[["spend", "n_lines"]]
        .sum()
        .reset_index()
    )
    totals = totals.sort_values("n_lines", ascending=False, kind="stable")
    out.tables["spend_by_currency"] = totals.reset_index(drop=True)
    known = [str(c) for c in totals["currency"].dropna()]
    for currency in known[:MOST_CURRENCIES]:
        name = "".join(c if c.isalnum() else "_" for c in currency)
        by_vendor = spend.by_vendor(lines, currency=currency)
        out.draw(f"spend_by_vendor_{name}", by_vendor, spend.plot_by_vendor(by_vendor))
        by_month = spend.by_period(lines, currency=currency, as_of=day)
        out.draw(f"spend_by_month_{name}", by_month, spend.plot_by_period(by_month))
    if known:
        inside = spend.concentration(lines, currency=known[0], by="category" if _has(lines, "category") else None)
        out.draw("spend_concentration", inside, spend.plot_concentration(inside))
    if len(known) > MOST_CURRENCIES:
        drawn = ", ".join(known[:MOST_CURRENCIES])
        out.notes.append(f"Charts of spend are drawn for {drawn}; the others are in the tables.")
    for name, plot in (
        ("lead_times_curve", lead_times.plot_curve),
        ("lead_times_by_vendor", lead_times.plot_by_vendor),
        ("slippage_by_vendor", slippage.plot_by_vendor),
        ("slippage_per_line", slippage.plot_per_line),
    ):
        out.draw(name, tables[name], plot(tables[name]))

    coverage, reconciled = quality.coverage(data), quality.reconcile(data)
    out.tables |= {
        "quality_coverage": coverage,
        "quality_reconcile": reconciled,
        "quality_duplicates": quality.duplicates(data),
    }
    can = coverage[coverage["table"] == "metrics"].drop(columns="table").reset_index(drop=True)
    can.attrs = coverage.attrs
    out.draw("quality_coverage", can, quality.plot_coverage(coverage))

    planned = data.sources.loc[data.sources["delivery_date"] == "planned", "connection"].dropna().tolist()
    if planned:
        out.notes.append(
            f"Of {', '.join(planned)} only planned delivery dates are known, so nothing is said of deliveries there."
        )
    out.summary = _summary(data, out)
    return out


def _has(lines: pd.DataFrame, column: str) -> bool:
    return column in lines.columns and bool(lines[column].notna().any())


def _left_out(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per metric and reason: included and excluded lines add up to all."""
    rows = []
    for result in tables.values():
        said = result.attrs
        for entry in (said["included"], *said["excluded"]):
            value = "; ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
            rows.append((said["metric"], entry["reason"], entry["n_lines"], value))
    frame = pd.DataFrame(rows, columns=["metric", "reason", "n_lines", "value"])
    return frame.drop_duplicates().reset_index(drop=True)


def _summary(data: Purchases, out: Figures) -> list[tuple[str, str]]:
    late = out.tables["slippage_by_vendor"]
    days = lead_times.by_vendor(data.lines, by=None, as_of=out.as_of)
    due = int(late["n_due"].sum())
    rows = [("Orders and lines", f"{len(data.orders):,} and {len(data.lines):,}, as of {out.as_of.date()}")]
    for row in out.tables["spend_by_currency"].to_dict("records"):
        unit = "no currency" if pd.isna(row["currency"]) else row["currency"]
        rows.append(
            (f"Ordered spend, {unit}", f"{style.money(row['spend'], row['currency'])} in {row['n_lines']:,} lines")
        )
    if len(days) and days["n_delivered"].iloc[0]:
        median, ninth = days["median_days"].iloc[0], days["p90_days"].iloc[0]
        said = "not yet estimable" if pd.isna(median) else f"{median:.0f} days"
        rows.append(
            (
                "Median lead time",
                said
                + ("" if pd.isna(ninth) else f", p90 {ninth:.0f} days")
                + f"; {days['n_open'].iloc[0]:,} lines open",
            )
        )
    if due:
        rate = late["n_on_time"].sum() / due
        rows.append(
            ("On-time delivery", f"{rate:.1%} of {due:,} due lines; {late['n_overdue_open'].sum():,} open and overdue")
        )
    orders = out.tables["quality_reconcile"].query("part == 'orders'").groupby("step")["n_orders"].sum()
    comparable = int(orders.get("agrees", 0) + orders.get("differs", 0))
    if comparable:
        rows.append(("Totals that agree with lines", f"{orders.get('agrees', 0):,} of {comparable:,}"))
    rows.append(("Values not read or doubtful", f"{len(data.issues):,}"))
    return rows
