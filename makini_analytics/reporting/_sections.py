"""The sections of a report, each a list of exhibits over the public functions: what a reader would have called."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from .. import charts, lead_times, slippage, spend
from ..compute import Selection
from ..frames import values
from ..review import View, decided_by_units, on_time_by, outcomes_hidden, says_what
from ._cells import OF_DATA
from ._exhibits import Exhibit, Native, as_drawn, labels_of, money_format, named_in
from ._lists import UNTOLD
from ._stakes import FORECAST, with_due_values, with_forecasts_told, with_smaller_entries
from ._year import also_left_out, beside_year_before, of_one_year, of_the_year, of_what_is_told

#: Money is drawn for so many currencies, those of most lines; all are in the tables.
MOST_CURRENCIES = 3


def by_currency(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the ordered spend and its lines per currency, the one of most lines first."""
    totals = spend.by_vendor(lines).groupby("currency", dropna=False, sort=False)[["spend", "n_lines"]].sum()
    return totals.reset_index().sort_values("n_lines", ascending=False, kind="stable", ignore_index=True)


def currencies_of(lines: pd.DataFrame) -> list[str]:
    return [str(c) for c in by_currency(lines)["currency"].dropna()][:MOST_CURRENCIES]


def _grain(lines: pd.DataFrame) -> tuple[str, str]:
    """Return the periods that a chart of all order dates has room for: months of three years, quarters of nine."""
    days = values(lines, "order_date", "datetime64[us]").dropna()
    # 37 months, so that three whole years and the month at hand still go by month
    years = (days.max() - days.min()).days / 365.25 if len(days) else 0
    return ("M", "month") if years <= 3.1 else ("Q", "quarter") if years <= 10 else ("Y", "year")


def of_quality(view: View, subject: str) -> list[Exhibit]:
    """Return which figures not all of the data can carry, what may be twice, and what could not be read."""
    data, figures = view.given, view.computable
    can = figures.assign(can=figures["computable"].map({True: "yes", False: "no"}).astype("string"))
    by_connection = can.pivot_table(index="name", columns="connection", values="can", aggfunc="first", sort=False)
    by_connection = by_connection.rename_axis(columns=None).rename_axis("figure").reset_index()
    some_not = (by_connection.drop(columns="figure") == "no").any(axis=1)
    by_connection = by_connection[some_not].reset_index(drop=True)
    by_connection.attrs = figures.attrs | {OF_DATA: tuple(by_connection.columns[1:])}
    issues = data.issues.groupby(["connection", "table", "column", "reason"], dropna=False).size()
    return [
        Exhibit(
            "quality_figures",
            "Figures that not all connections can give",
            by_connection,
            tab="Figures not all can give",
        ),
        Exhibit("quality_duplicates", "What may be there twice", with_smaller_entries(view)),
        Exhibit("quality_issues", "Values not read, or doubtful", issues.reset_index(name="n_values")),
    ]


def of_spend(view: View, subject: str) -> list[Exhibit]:
    """Return spend by month, what drove its change, by vendor (of one vendor: by material), category and site, and its prices."""
    lines, day = view.narrow, view.day
    stated = [str(view.unit)] if view.converted else sorted(currencies_of(lines), key=lambda c: c != view.unit)
    currencies: list[str | None] = [*stated] or [None]  # none is stated
    freq, word = _grain(lines)
    if lines.empty:
        groups = spend.by_vendor(lines, by=subject, as_of=day)
        return [Exhibit(f"spend_by_{subject}", f"Spend by {subject}", groups, spend.plot_by_vendor(groups))]
    out = []
    for currency in currencies:
        months = spend.by_period(lines, freq=freq, currency=currency, as_of=day)
        if view.uneven:
            months = of_one_year(months)
        drawn = {"spend": "spend"}
        if months["spend_year_before"].notna().any():
            drawn["spend_year_before"] = "same days a year before"
        every = charts.every_period(months)  # as the picture has them, also those without a line
        rows, parts = _labelled(every, drawn).fillna({"spend": 0.0}), _cut(every)
        cut = f"; hatched: cut by the data, not to be compared with whole {word}s" if parts else ""
        says = f"Ordered spend by order date{_in(currency)}{cut}"
        columns = Native("column", "label", drawn, len(rows), money_format(months), rows=rows, says=says, hatched=parts)
        name, heading = named_in(f"spend_by_{word}", currency), f"Spend by {word}{_in(currency)}"
        out.append(Exhibit(name, heading, months, spend.plot_by_period(months), columns))
        if currency == view.unit and subject == "vendor":
            out += _drivers(view)
        bought = view.in_unit(view.in_year_lines, currency).any()
        if currency == view.unit or bought:
            out.append(_ranking(view, subject, currency))
    currency = view.unit
    if subject == "vendor":  # where the money goes: of one vendor's report there is nothing to ask
        out += [_ranking(view, by, currency) for by in ("category", "site_name", "site_id")[: 2 if has(lines, "site_name") else 3]
                if has(lines, by)]  # fmt: skip
    if not says_what(lines):
        return out  # quality tells that, and prices can't be compared
    out += _prices(view)
    if subject == "vendor" and len(alone := of_the_year(view.single_source, view, view.in_year)):
        out.append(Exhibit("spend_single_source", f"Items of one vendor only{_in(currency)}", alone))
    return out


def _cut(periods: pd.DataFrame) -> tuple[int, ...]:
    """Return the rows of the periods that are hatched: those of which not all is known, with a column high enough to see it."""
    whole, high = periods["complete"], periods["spend"].abs().fillna(0)
    parts = ~whole.fillna(True).astype(bool) & (high > high.max() / 200)
    return tuple(np.flatnonzero(parts).tolist())


def _in(currency: str | None) -> str:
    return f", {currency}" if currency else ""


def _prices(view: View) -> list[Exhibit]:
    """Return what the same items cost at the same vendor in the two years, the largest effect first."""
    items = view.same_items if any(map(says_what, view.sides)) else pd.DataFrame()
    if items.empty or decided_by_units(items):
        return []
    effect = items["price"]
    base = items["after"] - effect - items["currency_effect"]
    table = items[[c for c in ("material_id", "product_code", "description", "vendor_id", "vendor_name", "unit", "currency") if c in items]].assign(
        price_before=base / items["quantity_after"],  # both at the exchange rates of the year before, as the effect is
        price_after=(base + effect) / items["quantity_after"],
        price_effect=effect,
        price_rate=effect / base,
        spend=items["after"],
    )  # fmt: skip
    largest = np.argsort(-np.abs(effect.to_numpy()), kind="stable")
    table = table.iloc[largest].reset_index(drop=True)
    table.attrs = items.attrs
    return [Exhibit("spend_prices", f"Prices of the same item and vendor{_in(view.unit)}", table)]


def _drivers(view: View) -> list[Exhibit]:
    """Return the bridge from the year before, where both years are in the data."""
    before, after = view.sides
    if (
        view.not_compared
        or view.in_another_unit
        or before.empty
        or after.empty
        or not any(has(before, c) for c in ("material_id", "product_code"))
    ):
        return []
    table = view.bridge
    if not len(table):
        return []
    chart = spend.plot_bridge(table)
    rows = charts.bars_of(chart, "value")  # those of the picture: an effect of zero has none
    says = charts.captions_of(chart).subtitle.partition("; axis cut")[0]  # other programs' bars begin at zero
    colours = tuple(charts.bar_colours(chart))
    native = Native(
        "bar", "label", {"value": "effect"}, len(rows), money_format(table), rows=rows, says=says, colours=colours
    )
    return [Exhibit("spend_bridge", f"What drove the change{_in(view.unit)}", table, chart, native)]


def _ranking(view: View, by: str, currency: str | None) -> Exhibit:
    """Return the spend of the twelve months by vendor, or any column, with the year before beside it; a chart of vendors and categories."""
    rows, word = view.in_year, by.removesuffix("_name").removesuffix("_id")
    options: dict[str, Any] = {"by": by, "currency": currency, "as_of": view.day}
    groups = of_the_year(spend.by_vendor(view.asked(view.in_year_lines, currency), **options), view, rows)
    table = groups
    if not view.not_compared and view.known_before.all() and (view.year_of_order == 0).any():
        was = spend.by_vendor(view.asked(view.sides[0], currency), **options)
        table = beside_year_before(groups, was)
    name, heading = named_in(f"spend_by_{word}", currency), f"Spend by {word}{_in(currency)}"
    if word == "site":  # a place is no one to buy from: no ranks
        return Exhibit(name, heading, _without(table, "cumulative_share", "abc_class"))
    rows_drawn = _labelled(groups, ["spend", "cumulative_share"])
    ranked = Native(
        "bar", "label", {"spend": "spend"}, 10, money_format(groups), cumulative="cumulative_share", rows=rows_drawn
    )
    return Exhibit(name, heading, table, spend.plot_by_vendor(groups), ranked)


def of_lead_times(view: View, subject: str) -> list[Exhibit]:
    """Return lead times by vendor (of one vendor: by material) and by order month."""
    lines, day = view.told_narrow, view.day
    if view.nothing_judged:
        return []
    groups = lead_times.by_vendor(view.told_in_year_lines, by=subject, as_of=day)
    groups = of_what_is_told(of_the_year(groups, view, view.in_year | view.unjudged), view)
    of_bars, chart = {"median_days": "median days", "p90_days": "p90 days"}, lead_times.plot_by_vendor(groups)
    shown = as_drawn(groups, chart)
    few = (shown["n_lines"] < charts.SMALL_N).tolist()
    colours = tuple(charts.look.plain if f else charts.look.highlight for f in few)
    lacking = "; no bar: not yet estimable" if shown[list(of_bars)].isna().any(axis=None) else ""
    # the picture's words, but for its own marks: here the 90th percentile is a grey bar, too
    says = charts.captions_of(chart).subtitle.replace(": median (dot) to p90 (bar)", "") + lacking
    says = says.replace("; grey: fewer", "; median in grey: fewer")
    rows = _labelled(shown, of_bars)
    bars = Native("bar", "label", of_bars, len(rows), "0", rows=rows, says=says, colours=colours)
    freq, word = _grain(lines)
    by_period = partial(lead_times.by_period, freq=freq, as_of=day)
    months = _by_period(by_period, "n_delivered", lines, view.told_in_year_lines, view)
    drawn = {"median_days": "median days", "p90_days": "p90 days", "mean_delivered_days": "mean of what has come"}
    rows = _labelled(charts.every_period(months), drawn)
    slow = _legend(rows, "unfinished", "slow lines are still open, neither faster nor slower")
    over_time = lead_times.plot_by_period(months)
    _, *untold = charts.captions_of(over_time).subtitle.partition("; not yet estimable")
    says = f"Lead time in days by order {word}{slow}{''.join(untold)}"
    points = Native("line", "label", drawn, len(rows), "0", rows=rows, says=says)
    return [
        Exhibit(f"lead_times_by_{subject}", f"Lead times by {subject}", groups, chart, bars),
        Exhibit(f"lead_times_by_{word}", f"Lead times by {word}", months, over_time, points),
    ]


def of_slippage(view: View, subject: str) -> list[Exhibit]:
    """Return on-time delivery by vendor (of one vendor: by material) and month."""
    lines, day, due = view.told_narrow, view.day, view.due
    if view.nothing_judged:
        return []
    groups = on_time_by(view, subject)
    groups = of_what_is_told(of_the_year(groups, view, view.in_year_due | view.unjudged, "due"), view)
    drawn = {"on_time_rate": "on-time rate, with its 95 % interval"}
    ends = ("on_time_low", "on_time_high")
    chart = slippage.plot_by_vendor(groups)
    shown = as_drawn(groups, chart)
    rows, colours = _labelled(shown, [*drawn, *ends]), _rate_colours(shown)
    # which ones, in which order; then the picture's own marks
    says, _, marks = charts.captions_of(chart).subtitle.partition("; bar:")
    says += "; orange: clearly below the others" if charts.look.late in colours else ""
    says += "".join(marks.partition("; grey:")[1:]) if charts.look.plain in colours else ""
    rates = Native("bar", "label", drawn, len(rows), "0%", interval=ends, rows=rows, says=says, colours=colours)
    table = with_due_values(groups, view) if subject == "vendor" else groups
    by_period = partial(slippage.by_period, as_of=day, due=due)
    months = _by_period(by_period, "n_due", lines, view.in_year_due_lines, view)
    rows = _labelled(charts.every_period(months), ["on_time_rate"])
    cut = _legend(rows, "part", "cut by the as-of day")
    of_months = f"Share of the due lines that came on time, by month of the due date{cut}"
    points = Native("line", "label", {"on_time_rate": "on-time rate"}, len(rows), "0%", rows=rows, says=of_months)
    return [
        Exhibit(f"slippage_by_{subject}", f"On-time delivery by {subject}", table, chart, rates),
        Exhibit("slippage_by_month", "On-time delivery by month", months, slippage.plot_by_period(months), points),
    ]


def _by_period(
    figure: Callable[[pd.DataFrame], pd.DataFrame], n: str, lines: pd.DataFrame, of_year: pd.DataFrame, view: View
) -> pd.DataFrame:
    """Return a figure by period of all lines; where none of them counts, of the year's, since days may be recorded only lately."""
    periods = figure(lines)
    return of_what_is_told(periods if periods[n].any() else figure(of_year), view)


def _legend(rows: pd.DataFrame, word: str, meaning: str) -> str:
    """Return what a word behind the name of a period means, where one has it."""
    return f"; {word}: {meaning}" if any(label.endswith(f"({word})") for label in rows["label"]) else ""


def _rate_colours(groups: pd.DataFrame) -> tuple[str, ...]:
    """Return the colour of each bar, as the picture has them: late where clearly below the others, plain where nothing can be said."""
    below = (groups["against_others"] == "below").fillna(False).tolist()
    few = (groups["p_value"].isna() & (groups["others_rate"].notna() | (groups["n_due"] < charts.SMALL_N))).tolist()
    pairs = zip(few, below, strict=True)
    return tuple(charts.look.late if b else charts.look.plain if f else charts.look.highlight for f, b in pairs)


def of_open_orders(view: View, subject: str) -> list[Exhibit]:
    """Return what is still to come: by how overdue it is, and line by line."""
    if view.nothing_told:
        return [Exhibit("open_orders", "Lines not known to have come", _unjudged(view.open_orders))]
    if outcomes_hidden(view.lines, of_open=True):
        return []
    table = with_forecasts_told(view)
    for rows_left_out, reason in view.why_untold:
        table = also_left_out(table, view, rows_left_out, reason)
    ages = slippage.ageing(table)
    out = []
    # the currencies of most open lines, which need not be those of most lines; first the one that the findings speak of
    most = sorted(table["currency"].value_counts().index, key=lambda c: c != view.unit)
    for currency in most[: 1 if view.converted else MOST_CURRENCIES]:
        ageing = slippage.ageing(_in_one_currency(table, currency))
        if len(ages["currency"].unique()) > 1:  # by which the list of what is left out tells them apart
            ageing.attrs["parameters"] = ageing.attrs["parameters"] | {"currency": currency}
        words = [charts.read_as("bucket", str(b)) for b in ageing["bucket"]]
        rows = pd.DataFrame({"label": words, "open_value": ageing["open_value"]})
        chart = slippage.plot_ageing(ageing)
        says = charts.captions_of(chart).subtitle.replace(" (the line in the first bar)", "")
        bars = Native("bar", "label", {"open_value": "open value"}, form=money_format(ageing), rows=rows, says=says)
        name, heading = named_in("open_orders_ageing", currency), f"Open value by age, {currency}"
        out.append(Exhibit(name, heading, ageing, chart, bars))
    if table.empty and view.waiting_left_out():  # "no line is open" would be said of those that are judged
        return []
    if not out:  # no line is open, or no open one has a currency
        out.append(Exhibit("open_orders_ageing", "Open value by age", ages, slippage.plot_ageing(ages)))
    out.append(Exhibit("open_orders", "Open lines", table))
    return out


def _unjudged(open_lines: pd.DataFrame) -> pd.DataFrame:
    """Return open lines without what is only true of those that have not come: whether they are overdue, and the forecast."""
    said = [c for c in map(str, open_lines) if c.startswith((*FORECAST, "days_overdue"))]
    return open_lines.assign(bucket=pd.array([UNTOLD] * len(open_lines), dtype="string"), **dict.fromkeys(said, np.nan))


def _labelled(table: pd.DataFrame, drawn: Collection[str]) -> pd.DataFrame:
    """Return the drawn columns of a table with the name of each row."""
    rows = table[list(drawn)].copy()
    rows.insert(0, "label", pd.Series(labels_of(table), index=rows.index, dtype="string"))
    return rows


def _without(result: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a result without some columns, which still says where it comes from."""
    out = result.drop(columns=list(columns))
    out.attrs = result.attrs
    return out


def _in_one_currency(open_lines: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Return the open lines in one currency, with a word on the others."""
    mine = (open_lines["currency"] == currency).fillna(False)
    found = Selection(open_lines.rename(columns={"open_value": "amount"}))
    found.exclude(~mine, "other currency")
    out = part(open_lines, mine)
    if "excluded" in open_lines.attrs:
        out.attrs = open_lines.attrs | {"excluded": [*open_lines.attrs["excluded"], *found.book()[1:]]}
    return out


def part(result: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Return a part of a result that still says where it comes from."""
    out = result[rows].reset_index(drop=True)
    out.attrs = result.attrs
    return out


def has(lines: pd.DataFrame, column: str) -> bool:
    return column in lines.columns and bool(lines[column].notna().any())


#: Name of a section: its heading, and what makes its exhibits. The order is that of a reader: size, cause, action, proof.
SECTIONS = {
    "spend": ("Spend", of_spend),
    "slippage": ("On time", of_slippage),
    "lead_times": ("Lead times", of_lead_times),
    "open_orders": ("Open orders", of_open_orders),
    "quality": ("Data quality", of_quality),
}
