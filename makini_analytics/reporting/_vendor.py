"""A vendor's page: one or two sheets of paper that can be handed to that vendor, with nothing in them that is not its own.

No other vendor's name, no share or rank, no chance and no key of ours; of all vendors together only the rate and the days that its
own are set beside. Amounts stay in the currencies of its orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .. import charts, lead_times, slippage, spend
from .._version import __version__
from ..frames import FILTERS, AsOfDays, days_of, in_state, narrowed_to, recorded, values
from ..purchases import Purchases
from ..review import (
    NOTHING_TOLD,
    TO_CLOSE,
    closed_short,
    days_in_words,
    doubt_of,
    due_of,
    months_before,
    outcomes_hidden,
    scorecard,
    untold_of,
)
from ..system import template
from ._lists import shown
from ._settle import confirm, heading, rows_of, to_settle
from ._vendor_prices import prices

#: The rate of all vendors is set beside the vendor's own where so many others have due lines: of fewer it would tell that of one.
_FEWEST_OTHERS = 3
#: Days late, in the steps by which one talks of them.
_STEPS = ((1, 3), (4, 7), (8, 14), (15, 30), (31, 60), (61, None))


@dataclass(frozen=True)
class _Gauge:
    """A figure with its interval, beside what it is set against, on a scale from 0 to ``most``."""

    name: str
    text: str
    detail: str
    value: float | None
    low: float | None
    high: float | None
    beside: float | None
    beside_text: str
    most: float
    ticks: tuple[str, str, str]
    before: str  # the year before, and whether the difference is clear

    def at(self, value: float) -> float:
        """Return where a value stands, in hundredths of the scale."""
        return round(100 * min(max(value / self.most, 0), 1), 2)


@dataclass(frozen=True)
class _Month:
    """The lines that were due in a calendar month, as far as it is in the period."""

    name: str
    fine: int
    late: int
    part: bool

    @property
    def due(self) -> int:
        return self.fine + self.late


@dataclass(frozen=True)
class _Period:
    """The twelve months up to the as-of day."""

    since: pd.Timestamp
    until: pd.Timestamp

    @property
    def text(self) -> str:
        return days_in_words(self.since, self.until)

    def of(self, lines: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the lines whose day in a column is in the period."""
        if column not in lines:
            return lines.iloc[:0]
        day = days_of(lines, column)
        return lines[(day >= np.datetime64(self.since, "D")) & (day <= np.datetime64(self.until, "D"))]


def vendor_page(lines: pd.DataFrame, purchases: Purchases, name: str, day: AsOfDays) -> str:
    """Return the page of a vendor, whose ``purchases`` are some of all ``lines``, as the text of an HTML file."""
    mine, until = purchases.lines, day.day
    card = _card(purchases, name, day)
    period = _Period(months_before(until, 12) + pd.Timedelta(days=1), until)
    by = due_of(lines)  # that of the report on all vendors
    # nothing is asked of a vendor where nothing says what it has delivered
    known = recorded(lines, day)
    when = " or ".join(word for word, of in (("before", known.since), ("after", known.ended)) if of)
    # a part remembers what the whole tells
    all_told, told = (part[~untold_of(part) & ~known.outside(part)] for part in (lines, mine))
    untold = (
        NOTHING_TOLD
        if untold_of(mine).all()
        else (f"all of it was due {when} deliveries are recorded" if when else "nothing was ever recorded as received")
    )
    # nor of lines that were picked by what became of them: each open one is late or not yet due
    judgeable, all_judgeable = (part.iloc[:0] if outcomes_hidden(mine) else part for part in (told, all_told))
    told, all_told = (part[~(days_of(part, "order_date") > np.datetime64(until, "D"))] for part in (told, all_told))
    picked = outcomes_hidden(mine, of_open=True)
    silent = f"what came can't be judged: {picked}" if picked else (untold if told.empty and len(mine) else "")
    out = int((known.outside(mine) & in_state(mine, "open") & ~untold_of(mine)).sum())
    of_when = f"due {when} deliveries are recorded" if when else "nothing of it was ever recorded as received"
    unjudged = (
        f"{charts.counted(out, 'more open line')} {'is' if out == 1 else 'are'} not judged: {of_when}." if out else ""
    )
    due, all_due = (period.of(part, f"{by}_date") for part in (judgeable, all_judgeable))
    open_lines = shown(slippage.open_orders(told.iloc[:0] if silent else told, as_of=day, due=by))
    to_come = open_lines[open_lines["state"] != TO_CLOSE]
    overdue, soon = (to_come[to_come["state"] == state] for state in ("overdue", "due in 30 days"))
    of_due = slippage.by_vendor(due, by=None, as_of=day, due=by)
    rate = _row(of_due)
    judged = slippage.per_line(due, as_of=day, due=by)
    n_closed = int(closed_short(judged).sum())
    by_month, late_days = _late_by_month(judged, period), _days_late(judged)
    in_full = _row(slippage.otif(due, by=None, as_of=day, due=by))
    settle = pd.concat([overdue, soon])
    listed = to_settle(settle)
    judged_of_each = slippage.by_vendor(all_due, as_of=day, due=by) if len(all_due) else all_due
    others = (
        len(_who(judged_of_each[judged_of_each["n_due"] > 0]) - _who(mine)) >= _FEWEST_OTHERS if len(all_due) else False
    )
    common = {
        figure: _row(made) if others else {}
        for figure, made in (
            ("on time", slippage.by_vendor(all_due, by=None, as_of=day, due=by)),
            ("in full", slippage.otif(all_due, by=None, as_of=day, due=by)),
        )
    }
    page = template("reporting/vendor.html.j2").render(
        name=name,
        period=period.text,
        as_of=_long(until),
        only=_only(lines),
        ordered=_ordered(mine, period, day),
        sentence=f"{silent[:1].upper()}{silent[1:]}."
        if silent
        else " ".join(filter(None, (_sentence(rate, to_come, period, n_closed), unjudged, doubt_of(of_due)))),
        gauges=[
            _on_time(rate, common["on time"], card, by),
            _in_full(in_full, common["in full"], card, by),
            _lead_time(period.of(judgeable, "order_date"), day, card, by),
        ],
        judged=any(m.due for m in by_month),
        months=by_month,
        part_months=f"{period.since.day} {period.since:%b} and to {until.day} {until:%b}" if by_month[0].part else "",
        most_of_month=max(m.due for m in by_month) or 1,
        steps=late_days,
        most_of_step=max((n for _, n in late_days), default=0) or 1,
        lines=rows_of(listed, until),
        heading=heading(settle, len(listed)),
        confirm=confirm(len(overdue), len(soon)),
        prices=prices(mine, day, period.since),
        version=__version__,
    )
    return charts.printable(page)


def _who(lines: pd.DataFrame) -> set[str]:
    """Return the vendors of some lines."""
    name, key = (values(lines, c, "string").astype("string").str.casefold() for c in ("vendor_name", "vendor_id"))
    return set(name.fillna(key).dropna())


def _only(lines: pd.DataFrame) -> str:
    """Return what the page is narrowed to; the names of connections are nobody else's business."""
    some = ["some of the systems"] if "connection" in (lines.attrs.get(FILTERS) or {}) else []
    return ", ".join([*some, *filter(None, [narrowed_to(lines, without=("connection", "vendor"))])])


def _card(purchases: Purchases, name: str, day: AsOfDays) -> dict[str, Any]:
    """Return the vendor's row of the scorecard, in whatever connections it is: all tests of the page are one family."""
    together = replace(purchases, lines=purchases.lines.assign(vendor_name=name))
    return _row(scorecard(together, by="vendor_name", as_of=day))


def _before(card: dict[str, Any], figure: str) -> str:
    """Return a figure of the year before in words, and whether this year's is better or worse by more than chance."""
    value, trend = card.get(f"{figure}_before"), card.get(f"{figure}_trend")
    if value is None or pd.isna(value):
        return ""
    said = f"{value:.0f} days" if figure == "median" else charts.percent(value)
    clear = "too little to compare" if trend is None or pd.isna(trend) else str(trend)
    return f"Year before: {said}, {clear if clear not in ('better', 'worse') else f'now {clear}'}"


def _row(table: pd.DataFrame) -> dict[str, Any]:
    return dict(table.iloc[0]) if len(table) else {}


def _long(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _amounts(table: pd.DataFrame, column: str) -> str:
    """Return the sums of a column, a currency at a time, as in "12,218 EUR, 678 CHF, and 1 line of unknown value"."""
    known = table[table[column].notna()]
    sums = known.groupby(known["currency"].fillna(""))[column].sum().sort_values(ascending=False)
    told = ", ".join(f"{charts.number(v)} {c}".strip() for c, v in sums.items())
    if not (lacking := len(table) - len(known)):
        return told
    return f"{told}, and {charts.counted(lacking, 'line')} of unknown value" if told else "of unknown value"


def _ordered(mine: pd.DataFrame, period: _Period, day: AsOfDays) -> str:
    """Return what was ordered in the period, and of how many lines nobody knows the amount, or the day."""
    if "order_date" not in mine or mine["order_date"].isna().all():
        return "no order has a date"
    found = spend.by_vendor(period.of(mine, "order_date"), by=None, as_of=day)
    lacking = sum(e["n_lines"] for e in found.attrs["excluded"] if e["reason"] == "no amount")
    more = f"{charts.counted(lacking, 'line')} without an amount" if lacking else ""
    return ", and ".join(x for x in (_amounts(found, "spend"), more) if x) or "nothing"


def _sentence(rate: dict[str, Any], to_come: pd.DataFrame, period: _Period, n_closed: int) -> str:
    """Return what came of the lines that were due, and what is to come."""
    overdue = to_come[to_come["state"] == "overdue"]
    n_due, late, more = int(rate.get("n_due", 0)), len(overdue), int((to_come["state"] == "due in 30 days").sum())
    came = "No line due in the period can be judged."
    if n_due:
        share = charts.percent(rate["on_time_rate"])
        came = f"{charts.number(rate['n_on_time'])} of {charts.counted(n_due, 'line')} due came on time, {share}."
    if n_closed:
        came += f" {charts.counted(n_closed, 'line')} came with less than was ordered and {'is' if n_closed == 1 else 'are'} closed{': in neither number' if n_due else ''}."
    undated = int(to_come["due_date"].isna().sum())
    known = "" if not undated else " with a due date"
    out = f"{came} No line{known} is overdue"
    if undated and undated == len(to_come):
        return f"{came} No due date is known of what is to come, {charts.counted(undated, 'line')}."
    if late:
        out = f"{came} {charts.counted(late, 'line')} {'is' if late == 1 else 'are'} overdue, {_amounts(overdue, 'open_value')}"
    if more:
        by = _long(period.until + pd.Timedelta(days=30))
        out += f"; {charts.number(more)} {'more ' if late else ''}{'is' if more == 1 else 'are'} due by {by}"
    return f"{out}."


def _share(
    name: str,
    what: str,
    mine: dict[str, Any],
    common: dict[str, Any],
    keys: tuple[str, str, str, str, str],
    before: str,
) -> _Gauge:
    n_due, n, rate, low, high = (mine.get(k) for k in keys)
    whole = common.get(keys[2])
    beside = None if whole is None or pd.isna(whole) else float(whole)
    beside_text = "" if beside is None else f"All vendors: {charts.percent(beside)}"
    ticks = ("0", "50 %", "100 %")
    if not n_due or rate is None:
        return _Gauge(
            name, "–", f"no {charts.plural(what)} to judge", None, None, None, beside, beside_text, 1.0, ticks, ""
        )
    detail = f"{charts.number(n)} of {charts.counted(n_due, what)} due"
    return _Gauge(name, charts.percent(rate), detail, rate, low, high, beside, beside_text, 1.0, ticks, before)


def _on_time(mine: dict[str, Any], common: dict[str, Any], card: dict[str, Any], due: str) -> _Gauge:
    keys = ("n_due", "n_on_time", "on_time_rate", "on_time_low", "on_time_high")
    before = _before(card, "on_time" if due == "required" else "promise_kept")
    return _share("Lines on time", "line", mine, common, keys, before)


def _in_full(mine: dict[str, Any], common: dict[str, Any], card: dict[str, Any], due: str) -> _Gauge:
    keys = ("n_due", "n_otif", "otif_rate", "otif_low", "otif_high")
    before = _before(card, "otif") if due == "required" else ""  # the card has it by the required dates alone
    return _share("Orders on time and in full", "order", mine, common, keys, before)


def _lead_time(ordered: pd.DataFrame, day: AsOfDays, card: dict[str, Any], due: str) -> _Gauge:
    """Return the median days from order to delivery, up to the ninth tenth, beside the days that the orders gave."""
    found = _row(lead_times.by_vendor(ordered, by=None, as_of=day)) if len(ordered) else {}
    median, ninth = (found.get(k) for k in ("median_days", "p90_days"))
    median, ninth = (None if x is None or pd.isna(x) else float(x) for x in (median, ninth))
    by = f"{due}_date"
    asked = (ordered[by] - ordered["order_date"]).dt.days.median() if by in ordered else None
    asked = None if asked is None or pd.isna(asked) else float(asked)
    most = max(x for x in (median, ninth, asked, 10.0) if x is not None) * 1.1
    detail = "not known" if median is None else "nine of ten not known yet" if ninth is None else f"nine of ten within {ninth:.0f} days"  # fmt: skip
    text, beside = ("–" if median is None else f"{median:.0f} days"), ("" if asked is None else f"Asked: {asked:.0f} days")  # fmt: skip
    ticks = ("0", f"{most / 2:.0f}", f"{most:.0f} days")
    return _Gauge(
        "Lead time, median", text, detail, median, median, ninth, asked, beside, most, ticks, _before(card, "median")
    )


def _late_by_month(judged: pd.DataFrame, period: _Period) -> list[_Month]:
    """Return the calendar months of the period, so that a vendor finds them in its own books: the first and the last may be parts."""
    outcome, month = judged["outcome"], judged["due_date"].dt.to_period("M")
    late, fine = (
        month[outcome.isin(names).to_numpy(dtype=bool)].value_counts()
        for names in (("late", "overdue_open"), ("on_time", "early"))
    )
    return [
        _Month(
            f"{m:%b %Y}",
            int(fine.get(m, 0)),
            int(late.get(m, 0)),
            part=m.start_time < period.since or m.end_time.normalize() > period.until,
        )
        for m in pd.period_range(period.since, period.until, freq="M")
    ]


def _days_late(judged: pd.DataFrame) -> list[tuple[str, int]]:
    """Return how many late lines came how late; those that are still out by the days so far."""
    days = judged["days_late"].where(judged["outcome"] == "late", judged["days_overdue"])
    days = days[judged["outcome"].isin(["late", "overdue_open"])]
    return [
        (f"{a}–{b}" if b else f"over {a - 1}", int(((days >= a) & (days <= (b or float("inf")))).sum()))
        for a, b in _STEPS
    ]
