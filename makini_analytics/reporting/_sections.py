"""The sections of a report, each a list of exhibits over the public functions: what a reader would have called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from .. import charts, lead_times, quality, slippage, spend
from ..frames import AsOfDays
from ..purchases import Purchases
from ._exhibits import Exhibit, Native, labels_of, money_format

#: Money is drawn for so many currencies, those of most lines; all are in the tables.
MOST_CURRENCIES = 3


def by_currency(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the ordered spend and its lines per currency, the one of most lines first."""
    totals = spend.by_vendor(lines).groupby("currency", dropna=False, sort=False)[["spend", "n_lines"]].sum()
    return totals.reset_index().sort_values("n_lines", ascending=False, kind="stable", ignore_index=True)


def _currencies(lines: pd.DataFrame) -> list[str]:
    return [str(c) for c in by_currency(lines)["currency"].dropna()][:MOST_CURRENCIES]


def _grain(lines: pd.DataFrame) -> tuple[str, str]:
    """Return the periods that a chart of all order dates has room for: months of three years, quarters of nine."""
    days = lines["order_date"].dropna()
    # 37 months, so that three whole years and the month at hand still go by month
    years = (days.max() - days.min()).days / 365.25 if len(days) else 0
    return ("M", "month") if years <= 3.1 else ("Q", "quarter") if years <= 10 else ("Y", "year")


def of_quality(data: Purchases, subject: str, day: AsOfDays) -> list[Exhibit]:
    """Return what the data can carry, whether they add up, what may be twice, and what could not be read."""
    coverage, reconciled = quality.coverage(data), quality.reconcile(data)
    # of the coverage a reader wants the figures; the columns behind them are for whoever loads the data
    figures = _part(coverage, coverage["table"] == "metrics").drop(columns="table")
    figures.attrs = coverage.attrs
    out = [Exhibit("quality_coverage", "Figures that the data can carry", figures, quality.plot_coverage(coverage))]
    of_lines = reconciled["part"] == "lines"
    for currency in _currencies(data.lines):  # amounts of two currencies have no common axis, so each has its chart
        steps = _part(reconciled, of_lines & (reconciled["currency"] == currency))
        heading = f"Lines that count, {currency}"
        chart = quality.plot_reconcile(steps, currency=currency)
        out.append(Exhibit(f"quality_reconcile_{_safe(currency)}", heading, steps, chart))
    totals = _part(reconciled, ~of_lines)
    issues = data.issues.groupby(["connection", "table", "column", "reason"], dropna=False).size()
    out += [
        Exhibit("quality_order_totals", "Orders' totals against lines", totals),
        Exhibit("quality_duplicates", "What may be there twice", quality.duplicates(data)),
        Exhibit("quality_issues", "Values not read, or doubtful", issues.reset_index(name="n_values")),
    ]
    return out


def of_spend(data: Purchases, subject: str, day: AsOfDays) -> list[Exhibit]:
    """Return spend by vendor (of one vendor: by material), by month, its concentration, and the changes of prices."""
    lines, currencies = data.lines, _currencies(data.lines)
    freq, word = _grain(lines)
    out = []
    for currency in currencies:
        groups = spend.by_vendor(lines, by=subject, currency=currency)
        ranked = Native("bar", "label", {"spend": "spend"}, 10, money_format(groups), cumulative="cumulative_share")
        months = spend.by_period(lines, freq=freq, currency=currency, as_of=day)
        drawn = {"spend": "spend", "spend_year_before": "same days a year before"}
        says = f"Ordered spend by order date, {currency}; part: cut by the data, not to be compared with whole {word}s"
        columns = Native("column", "label", drawn, len(months), money_format(months), says=says)
        name, heading = f"spend_by_{subject}_{_safe(currency)}", f"Spend by {subject}, {currency}"
        out.append(Exhibit(name, heading, groups, spend.plot_by_vendor(groups), ranked))
        name, heading = f"spend_by_{word}_{_safe(currency)}", f"Spend by {word}, {currency}"
        out.append(Exhibit(name, heading, months, spend.plot_by_period(months), columns))
    if not currencies:  # no currency is stated, or there is no line
        groups = spend.by_vendor(lines, by=subject)
        return [Exhibit(f"spend_by_{subject}", f"Spend by {subject}", groups, spend.plot_by_vendor(groups))]
    currency = currencies[0]
    if subject == "vendor":  # how much hangs on how few: of one vendor's report there is nothing to ask
        inside = spend.concentration(lines, currency=currency, by="category" if _has(lines, "category") else None)
        drawn = {"top_1_share": "largest", "top_5_share": "5 largest", "top_10_share": "10 largest"}
        ranked_groups = inside.sort_values("hhi", ascending=False, kind="stable", ignore_index=True)
        shares = Native("bar", "label", drawn, form="0%", rows=_labelled(ranked_groups, drawn))
        chart = spend.plot_concentration(inside)
        out.append(Exhibit("spend_concentration", f"Concentration, {currency}", inside, chart, shares))
    if not any(_has(lines, c) for c in ("material_id", "product_id", "product_code", "description")):
        return out  # nothing says what was bought: quality tells that, and prices can't be compared
    changes = spend.price_changes(lines, currency=currency)
    if changes["ppv"].notna().any():
        drawn = {"ppv": "price variance, positive = paid more"}
        chart = spend.plot_price_changes(changes)
        rows = charts.bars_of(chart, "ppv")
        variance = Native("bar", "label", drawn, len(rows), money_format(changes), rows=rows)
        out.append(Exhibit("spend_price_changes", f"Price changes, {currency}", changes, chart, variance))
    if subject == "vendor":
        alone = spend.single_source(lines, currency=currency, as_of=day)
        out.append(Exhibit("spend_single_source", f"Items of one vendor only, {currency}", alone))
    return out


def of_lead_times(data: Purchases, subject: str, day: AsOfDays) -> list[Exhibit]:
    """Return the curve, lead times by vendor (of one vendor: by material) and by order month, and what to plan with."""
    lines = data.lines
    curve = lead_times.curve(lines, as_of=day)
    steps = curve[["days", "share_delivered", "low", "high"]]
    held = steps.assign(days=steps["days"].shift(-1)).dropna(subset=["days"])  # until the next day on which it moves
    # A spreadsheet draws straight lines between points, which for a curve of steps would be a slope through days on which
    # nothing came. So each step gets two points. Of 20 % on day 3 and 50 % on day 5:
    #   days   share_delivered
    #   3      0.2
    #   5      0.2               held until the next step
    #   5      0.5
    rows = pd.concat([held, steps]).sort_values("days", kind="stable", ignore_index=True)  # first along, then up
    drawn = {"share_delivered": "share delivered", "low": "95 % band, from", "high": "to"}
    stairs = Native("scatter", "days", drawn, len(rows), "0%", rows=rows)
    groups = lead_times.by_vendor(lines, by=subject, as_of=day)
    bars = Native(
        "bar",
        "label",
        {"median_days": "median days", "p90_days": "p90 days"},
        12,
        form="0",
        says=f"Lead time in days of the {charts.plural(subject)} with most lines; open lines counted as open; no bar: not yet estimable",
    )
    freq, word = _grain(lines)
    months = lead_times.by_period(lines, freq=freq, as_of=day)
    drawn = {"median_days": "median days", "p90_days": "p90 days", "mean_delivered_days": "mean of what has come"}
    says = f"Lead time in days by order {word}; unfinished: slow lines are still open, neither faster nor slower"
    points = Native("line", "label", drawn, len(months), "0", says=says)
    return [
        Exhibit("lead_times_curve", "Share delivered by day", curve, lead_times.plot_curve(curve), stairs),
        Exhibit(
            f"lead_times_by_{subject}", f"Lead times by {subject}", groups, lead_times.plot_by_vendor(groups), bars
        ),
        Exhibit(f"lead_times_by_{word}", f"Lead times by {word}", months, lead_times.plot_by_period(months), points),
        Exhibit("lead_times_recommend", "Lead times to plan with", lead_times.recommend(lines, as_of=day)),
    ]


def of_slippage(data: Purchases, subject: str, day: AsOfDays) -> list[Exhibit]:
    """Return on-time delivery by vendor (of one vendor: by material), the days late, and the ways to count."""
    lines = data.lines
    groups = slippage.by_vendor(lines, by=subject, as_of=day)
    drawn = {"on_time_rate": "on-time rate, with its 95 % interval"}
    several = charts.plural(subject)
    says = f"On-time rate of the {several} with most due lines, open ones past due late; orange: clearly below the others; grey: few lines"
    ends = ("on_time_low", "on_time_high")
    chart = slippage.plot_by_vendor(groups)
    shown = groups.iloc[[i for bar in charts.captions_of(chart).bars for i in bar]]  # the picture's, in its order
    rows = _labelled(shown, [*drawn, *ends])
    rates = Native(
        "bar", "label", drawn, len(rows), "0%", interval=ends, rows=rows, says=says, colours=_rate_colours(shown)
    )
    out = [Exhibit(f"slippage_by_{subject}", f"On-time delivery by {subject}", groups, chart, rates)]
    if subject == "vendor":
        out.append(Exhibit("slippage_funnel", "On-time delivery by volume", groups, slippage.plot_funnel(groups)))
    judged = slippage.per_line(lines, as_of=day)
    days = _days_late(judged)
    late = days["days_late"].str.split().str[0].astype("float64") > 0
    colours = tuple(charts.look.late if x else charts.look.plain for x in late)
    counts = Native("column", "days_late", {"n_lines": "lines"}, len(days), colours=colours)
    outcomes = judged.groupby(["outcome", "reason"], dropna=False).size().reset_index(name="n_lines")
    outcomes.attrs = judged.attrs
    ladder = slippage.ladder(lines, as_of=day)
    out += [
        Exhibit("slippage_days_late", "Days late", days, slippage.plot_per_line(judged), counts),
        Exhibit("slippage_outcomes", "What became of the lines", outcomes),
        Exhibit("slippage_ladder", "Ways to count on time", ladder, slippage.plot_ladder(ladder)),
        Exhibit("slippage_otif", f"On time in full by {subject}", slippage.otif(lines, by=subject, as_of=day)),
    ]
    return out


def _rate_colours(groups: pd.DataFrame) -> tuple[str, ...]:
    """Return the colour of each bar, as the picture has them: late where clearly below the others, plain where nothing can be said."""
    below = (groups["against_others"] == "below").fillna(False).tolist()
    few = (groups["p_value"].isna() & (groups["others_rate"].notna() | (groups["n_due"] < charts.SMALL_N))).tolist()
    pairs = zip(few, below, strict=True)
    return tuple(charts.look.late if b else charts.look.plain if f else charts.look.highlight for f, b in pairs)


def of_open_orders(data: Purchases, subject: str, day: AsOfDays) -> list[Exhibit]:
    """Return what is still to come: by how overdue it is, line by line, and how good the forecast was."""
    table, test = slippage.open_orders(data.lines, as_of=day), slippage.backtest(data.lines, as_of=day)
    ages = slippage.ageing(table)
    out = []
    # the currencies of most open lines, which need not be those of most lines
    for currency in table["currency"].value_counts().index[:MOST_CURRENCIES]:
        part = _part(ages, ages["currency"] == currency)
        words = (
            part["bucket"].astype("string").where(~part["bucket"].str.contains(r"\d"), part["bucket"] + " days overdue")
        )
        rows = pd.DataFrame({"label": words, "open_value": part["open_value"]})
        bars = Native("bar", "label", {"open_value": "open value"}, form=money_format(part), rows=rows)
        name, heading = f"open_orders_ageing_{_safe(currency)}", f"Open value by age, {currency}"
        out.append(Exhibit(name, heading, part, slippage.plot_ageing(part), bars))
    if not out:
        out.append(Exhibit("open_orders_ageing", "Open value by age", ages, slippage.plot_ageing(ages.iloc[:0])))
    out.append(Exhibit("open_orders", "Open lines", table))
    if len(test) >= 50:  # fewer forecasts than that show luck, not skill
        out.append(Exhibit("open_orders_forecast", "How good the forecast was", test, slippage.plot_backtest(test)))
    return out


def _days_late(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the delivered due lines by days late, the outermost hundredths in the first and the last row."""
    days = judged.loc[judged["outcome"].isin(["early", "on_time", "late"]), "days_late"].dropna().to_numpy()
    # one line that is three years late would make all other bars thin: the last bar says "41 or more"
    low, high = (np.floor(np.quantile(days, 0.01)), np.ceil(np.quantile(days, 0.99))) if len(days) else (0, -1)
    every = np.arange(low, high + 1)
    n = pd.Series(np.clip(days, low, high).round()).value_counts().reindex(every, fill_value=0)
    names = [f"{d:.0f}" for d in every]
    if len(days) and days.min() < low:
        names[0] += " or less"
    if len(days) and days.max() > high:
        names[-1] += " or more"
    table = pd.DataFrame({"days_late": pd.array(names, dtype="string"), "n_lines": n.to_numpy(dtype="int64")})
    table.attrs = judged.attrs
    return table


def _labelled(table: pd.DataFrame, drawn: Collection[str]) -> pd.DataFrame:
    """Return the drawn columns of a table with the name of each row."""
    rows = table[list(drawn)].copy()
    rows.insert(0, "label", pd.Series(labels_of(table), index=rows.index, dtype="string"))
    return rows


def _part(result: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Return a part of a result that still says where it comes from."""
    out = result[rows].reset_index(drop=True)
    out.attrs = result.attrs
    return out


def _safe(currency: Any) -> str:
    """Return a currency as a part of an exhibit's name, which becomes a file's name and an id on the page.

    >>> _safe("EUR"), _safe("€"), _safe("£")
    ('EUR', '__c4cc90', '__b4fe15')
    """
    text = str(currency)
    if re.fullmatch("[A-Z0-9]{1,12}", text):
        return text
    # what is left of other texts may be the same for two of them, so a fingerprint keeps them apart, also where case does not
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{re.sub('[^A-Za-z0-9]', '_', text)[:12]}_{mark}"


def _has(lines: pd.DataFrame, column: str) -> bool:
    return column in lines.columns and bool(lines[column].notna().any())


#: Name of a section: its heading, and what makes its exhibits.
SECTIONS = {
    "quality": ("What the data can carry, and whether they add up", of_quality),
    "spend": ("Vendor spend", of_spend),
    "lead_times": ("Lead times", of_lead_times),
    "slippage": ("Slippage", of_slippage),
    "open_orders": ("Open orders", of_open_orders),
}
