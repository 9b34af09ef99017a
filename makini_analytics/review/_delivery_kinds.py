"""What there is to know of deliveries: what came late, what will, what is overdue, and lead times that moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import charts, lead_times, spend
from ..compute import CENSORED, DELIVERED, ages, once
from ..frames import Mask, days_of, numbered, values
from ._alone import largest
from ._calls import from_day, of_year, these, told
from ._evidence import MOSTLY_SAME, NO_VENDOR, Evidence, Floats, Ints, named, of_same_items, shifts
from ._kinds import CLEAR, COUNTED, ESTIMATED, TO_CHECK, UNKNOWN, Finding, count, listed, none_of
from ._on_time import closed_short, doubt_of, on_time_by, untested_most
from ._overdue_words import all_but_come, said_of_overdue
from ._view import View
from ._years import with_months

#: Days within which lines that are due are forecast.
SOON = 30
#: The chance of a line is the on-time rate of so many days where no forecast of its own is known; of fewer lines it is an accident.
_LATELY, _FEWEST_LATELY = 90, 20
#: The three largest overdue lines are mentioned where they make up at least this share of the overdue value.
_NOTABLE = 0.25
#: Lead times are compared up to the day by which this share had come, and by orders that are older than that: so none is open.
_MOST_COME = 0.95
#: A horizon that leaves fewer months than a test needs.
_LONGEST = 180
#: Three vendors with more than this share of what is late have most of it: then it is not spread over all.
_THREE = 2 / 3
#: Lines closed short are mentioned from this share of the judged lines on.
_NOTABLE_CLOSED = 0.05


def late_evidence(view: View) -> Evidence:
    """Return the vendors' rates of the lines that fell due in the twelve months, with the chance to be so far *below* the others."""
    table = on_time_by(view)
    p = table["p_value"].to_numpy(dtype=float)
    # of a vendor that is above the others the p-value is the chance to be so far above
    below = np.where(p < 1, np.where(table["on_time_rate"] < table["others_rate"], p, 1 - p), np.nan)
    return Evidence(table.assign(p_value=np.where(named(table), below, np.nan)))


def late(view: View, evidence: Evidence, clear: Mask) -> Finding:
    """Return what came late or is still out, and at which vendors it is more than chance."""
    due = (view.year_of_due == 1) & view.has_outcome
    missed = due & view.missed
    if not due.any() and view.has_due_dates and view.blind:
        return Finding("late", f"late deliveries ({view.blind})", certainty=UNKNOWN)
    if not due.any():
        fell_due = "no line can be judged" if (view.year_of_due == 1).any() else "no line fell due in the twelve months"
        why = fell_due if view.has_due_dates else "no line has a due date"
        return Finding("late", f"late deliveries ({why})", certainty=UNKNOWN)
    doubt = doubt_of(evidence.table)
    if not missed.any() and doubt:
        return Finding("late", f"late deliveries ({doubt[0].lower()}{doubt[1:-1]})", certainty=UNKNOWN)
    if not missed.any():
        return Finding("late", f"late deliveries ({none_of(int(due.sum()), 'line', '', 'is not late')})")
    if not view.has_due_amount[missed].any():
        none = (
            "no known amount of theirs is positive" if view.has_amount[missed].any() else "no amount of theirs is known"
        )
        of = f"{charts.number(int(missed.sum()))} of {count(int(due.sum()), 'line')}; {none}"
        return Finding("late", f"late deliveries ({of})", certainty=UNKNOWN)
    amount = np.where(view.has_due_amount, view.amount, 0.0)
    total, value = (float(amount[rows].sum()) for rows in (due, missed))
    table = evidence.table
    worse = table[clear]
    tested = int(table["p_value"].notna().sum())
    names = charts.group_labels(worse, ["vendor_id", "vendor_name"], among=view.vendors.keys)
    late_amount = np.where(missed, amount, 0.0)
    theirs = float(late_amount[view.of_vendors(worse)].sum()) if names else 0.0
    if names and theirs > 0:
        of = "most" if theirs > value / 2 else f"{charts.percent(theirs / value)} of it"
        where = f", {of} at {listed(names)}"
    else:
        where = _without_vendor(view, late_amount) or ("" if names else _spread(view, late_amount))
    span = view.due_in_words(due)  # a filter goes by order date: what it leaves falls due later
    why = f"{charts.number(int(missed.sum()))} of {count(int(due.sum()), 'line')}.{all_but_come(view, missed)}"
    if lacking := int((missed & ~view.has_amount).sum()):
        word = "amount" if view.unit is None else f"amount in {view.unit}"
        why += (
            f" {charts.number(lacking)} late ones have no {word}." if lacking > 1 else f" One late one has no {word}."
        )
    if (n_closed := int(closed_short(view.judged).sum())) > _NOTABLE_CLOSED * int(due.sum()):
        why += f" {count(n_closed, 'line')} came with less than was ordered and {'is' if n_closed == 1 else 'are'} closed: neither late nor on time."
    if credits := int((due & view.has_amount & ~view.has_due_amount).sum()):
        why += f" {count(credits, 'line')} with a negative amount {'is' if credits == 1 else 'are'} in neither sum."
    what, order, alone = largest(view.lines, late_amount, value / 2)
    why += f" One {what}{order} alone is {view.say(alone)} of it." if what and missed.sum() > 1 else ""
    if names:
        is_late = "is" if len(names) == 1 else "are"
        first = worse.iloc[0]
        rate = (
            f", {charts.percent(first['on_time_rate'])} on time against {charts.percent(first['others_rate'])}"
            if len(names) == 1
            else ""
        )
        why += f" Of {count(tested, 'vendor')} {len(names)} {is_late} later than chance allows: {listed(names)}{rate}."
    elif tested:
        none = none_of(tested, "vendor", "is later than chance allows", "is not later than chance allows")
        why += f" {none[0].upper()}{none[1:]}."
    why += untested_most(view, table, missed, late_amount)
    return Finding(
        "late",
        f"{view.say(value)} of {view.say(total)} due{f' {span}' if span else ''} came late or is still out{where}.",
        value,
        value,
        f"late {span or 'in twelve months'}",
        TO_CHECK if doubt else COUNTED,
        f"{why} {doubt}".strip(),
        "slippage_by_vendor",
        f"slippage.value_days({these(*of_year(view, f'{view.due}_date'), *told(view))}{from_day(view)})",
    )


def _without_vendor(view: View, late_amount: Floats) -> str:
    """Return that all or most of what is late is of lines without a vendor, of which no test can tell; "" where it is not."""
    has_vendor = named(view.vendors.keys)[view.vendors.codes]
    theirs, total = float(late_amount[has_vendor].sum()), float(late_amount.sum())
    if theirs >= total / 2 or not has_vendor.any():
        return ""
    return f", {'most' if theirs else 'all'} of it on lines without a vendor"


def _spread(view: View, late_amount: Floats) -> str:
    """Return that what is late is that of many vendors: none has more than half of it, nor three most of it; "" where it is not."""
    of = np.bincount(view.vendors.codes, weights=late_amount)
    largest = np.sort(of)[::-1]
    spread = (of > 0).sum() > 1 and largest[0] <= of.sum() / 2 and largest[:3].sum() <= _THREE * of.sum()
    return ", and it is spread over the vendors" if spread else ""


def soon_late(view: View) -> Finding:
    """Return what of the lines that fall due soon is expected late."""
    if view.has_due_dates and view.blind:
        return Finding("soon late", f"lines due in the next {SOON} days ({view.blind})", certainty=UNKNOWN)
    table = view.open_in_unit
    days = -table["days_overdue"]
    if not ((days >= 0) & (days <= SOON)).any() and (why := view.waiting_left_out(0, SOON)):
        return Finding("soon late", f"lines due in the next {SOON} days ({why})", certainty=UNKNOWN)
    if len(table) and table["due_date"].isna().all():
        none = f"no open line{view.named_unit(view.open_orders)} has a due date"
        return Finding("soon late", f"lines due in the next {SOON} days ({none})", certainty=UNKNOWN)
    falls_due = table[(days >= 0) & (days <= SOON)]
    lately, few = fell_due_lately(view, falls_due)
    soon = falls_due[falls_due["expected_late_value"].notna() & ~few]
    if soon.empty and few.any():
        n = charts.number(int(lately[few].max()))
        return Finding(
            "soon late",
            f"lines due in the next {SOON} days (too few lines fell due lately to forecast from ({n}))",
            certainty=UNKNOWN,
        )
    if soon.empty:
        if len(falls_due):
            of = (
                f"{count(len(falls_due), 'line')}{view.named_unit(view.open_orders)}, none with a forecast of its value"
            )
            return Finding("soon late", f"lines due in the next {SOON} days ({of})", certainty=UNKNOWN)
        return Finding("soon late", f"lines due in the next {SOON} days (none{view.named_unit(view.open_orders)})")
    of_few = set(falls_due["connection"].astype("string").fillna("")[few])  # which the call leaves out
    value, total = float(soon["expected_late_value"].sum()), float(soon["open_value"].sum())
    test = view.backtest
    kept = "No forecast could be tested yet: the chance is the on-time rate of recent lines."
    if len(test):
        said, came = float(test["chance"].mean()), float(test["on_time"].astype(float).mean())
        kept = f"On past days it forecast {charts.percent(said)} on time; {charts.percent(came)} were."
    left = len(falls_due) - len(soon)
    without = f"; {charts.number(left)} more {'has' if left == 1 else 'have'} no forecast" if left else ""
    until = view.end + pd.Timedelta(days=SOON)
    # connections of several as-of days have 30 days each
    when = f"by {until.day} {until:%B}" if len(set(view.day.own.values())) < 2 else f"within {SOON} days"
    return Finding(
        "soon late",
        f"{view.say(value)} of the {view.say(total)} due {when}{' that can be forecast' if left else ''} is expected late.",
        value,
        value,
        f"expected late, next {SOON} days",
        ESTIMATED,
        f"{count(len(soon), 'line')}{view.named_unit(view.open_orders)} not yet due{without}. {kept}",
        "open_orders_ageing",
        f"slippage.ageing({these(*told(view, without=of_few))}{from_day(view)})",
    )


def fell_due_lately(view: View, falls_due: pd.DataFrame) -> tuple[npt.NDArray[np.int64], Mask]:
    """Return of how many lines with a known outcome each line's connection has the rate of late, and which lines have only a rate of few."""
    due, end = days_of(view.lines, f"{view.due}_date"), view.day.of_rows(view.lines)
    rows = view.has_outcome & (due > end - np.timedelta64(_LATELY, "D")) & (due <= end)
    n = values(view.lines, "connection", "string")[rows].astype("string").fillna("").value_counts()
    of_each = falls_due["connection"].astype("string").fillna("").map(n.to_dict()).fillna(0).to_numpy(dtype=np.int64)
    # a line with a forecast of its own has a chance for other days, too
    return of_each, falls_due["chance_30_days"].isna().to_numpy() & falls_due[
        "expected_late_value"
    ].notna().to_numpy() & (of_each < _FEWEST_LATELY)


def overdue(view: View) -> Finding:
    """Return what is past its due date."""
    if view.has_due_dates and view.blind:
        return Finding("overdue", f"overdue lines ({view.blind})", certainty=UNKNOWN)
    table, unit = view.open_in_unit, view.named_unit(view.open_orders)
    past = table[table["days_overdue"] > 0].sort_values("open_value", ascending=False)
    if past.empty and (why := view.waiting_left_out(last=-1)):
        return Finding("overdue", f"overdue lines ({why})", certainty=UNKNOWN)
    dated = int(table["due_date"].notna().sum())
    if len(table) and not dated:
        return Finding("overdue", f"overdue lines (no open line{unit} has a due date)", certainty=UNKNOWN)
    if past.empty:
        due = "" if dated == len(table) else " with a due date"
        none = none_of(dated, "open line", f"{unit}{due}".strip(), f"{unit}{due} is not".strip())
        none = none if dated else f"none, as no line{unit} is open"
        return Finding("overdue", f"overdue lines ({none})")
    lacking, n = int(past["open_value"].isna().sum()), len(past)
    if lacking == n:
        of = f"{charts.number(n)} of {count(len(table), 'open line')}; no value is known"
        return Finding("overdue", f"overdue lines ({of})", certainty=UNKNOWN)
    values = past["open_value"].fillna(0.0)
    value = float(values.sum())
    share = float(values.iloc[:3].sum()) / value if n > 3 and value > 0 else 0.0
    most = f"; three of them are {charts.percent(share)} of it" if share >= _NOTABLE else ""
    verb = f"line{unit} is" if n == 1 else f"lines{unit} are"
    oldest = int(past["days_overdue"].max())
    return Finding(
        "overdue",
        f"{charts.number(n)} {verb} overdue, worth {view.say(value)}{most}{view.ordered_when}.",
        value,
        value,
        "overdue today",
        COUNTED,
        f"The oldest is {count(oldest, 'day')} overdue.{f' The value of {charts.number(lacking)} is not known.' if lacking else ''}{said_of_overdue(view, table)}",
        "open_orders",
        f"slippage.open_orders({these(*told(view))}{from_day(view)})",
    )


def lead_time_lines(view: View) -> tuple[pd.DataFrame, float]:
    """Return the lines whose lead times can be compared, each with ``month`` and ``days`` up to a horizon, and that horizon.

    Both years are looked at up to the same day of the year, and that is so long ago that each line has either come or is known to
    take longer than the horizon: a line counts with its lead time or the horizon, whichever is shorter, so that nothing is open and
    none is guessed. Cancelled lines are left out.
    """
    return once(view, "lead times", lambda: _lead_time_lines(view))


def _lead_time_lines(view: View) -> tuple[pd.DataFrame, float]:
    got = ages(view.narrow, as_of=view.day)  # as `lead_times.per_line` has them, without the texts of a million rows
    looked = (view.year_of_order >= 0) & view.known_before & ~view.part_of_a_year
    came = np.where(got.outcome == DELIVERED, got.days, np.nan)
    done = came[looked & ~np.isnan(came)]
    horizon = float(np.quantile(done, _MOST_COME)) if len(done) else np.inf
    judged = np.isin(got.outcome, (DELIVERED, CENSORED)) & ~view.unjudged
    if not horizon <= _LONGEST:
        return pd.DataFrame({"place": np.zeros(0, dtype=np.int64), "month": 0, "days": 0.0}), horizon
    # whole months only, so that both years have the same ones
    first = view.end - pd.Timedelta(days=int(np.ceil(horizon)))
    cut = int(view.month_of(np.array([first.to_datetime64().astype("datetime64[D]")]))[0])
    month = view.month_of_order
    rows = looked & judged & (month >= 0) & (month % 12 < cut % 12)
    days = np.minimum(np.where(np.isnan(came), horizon, came), horizon)
    return pd.DataFrame({"place": np.flatnonzero(rows), "month": month[rows], "days": days[rows]}), horizon


def lead_time_evidence(view: View) -> Evidence:
    """Return each vendor's mean lead time, up to the horizon, in the two years, and how sure the difference is.

    Where more is bought of what takes long, no vendor takes longer: then the same items have to be sure of it, too.
    """
    lines, _ = lead_time_lines(view)
    there, codes = numbered(view.vendors.codes[lines["place"]])
    names = view.vendors.keys.iloc[there].reset_index(drop=True)
    found = lead_time_shifts(view, codes, len(there), names).table
    return Evidence(found.assign(p_value=found["p_value"].where(named(found))))


def lead_time_shifts(view: View, codes: Ints, n: int, names: pd.DataFrame) -> Evidence:
    """Return the means of each group's lead times in the two years, and how sure the difference is; ``by_others`` where items make it."""
    lines, _ = lead_time_lines(view)
    month, days = lines["month"].to_numpy(), lines["days"].to_numpy()
    found = shifts(codes, month, days, n, names).table
    part, of_same = of_same_items(codes, view.item[lines["place"].to_numpy()], month >= 12, days, n)
    by_others = part < MOSTLY_SAME
    p = np.where(by_others, np.maximum(found["p_value"], np.where(part > 0, of_same, 1.0)), found["p_value"])
    return Evidence(found.assign(by_others=by_others, p_value=p))


def lead_time(view: View, evidence: Evidence, clear: Mask) -> Finding:
    """Return the vendors whose lead times moved, by what is open at them."""
    table = evidence.table
    tested = int(table["p_value"].notna().sum())
    if not tested:
        why = "too few months in both years" if named(table).any() or not len(table) else NO_VENDOR
        horizon = lead_time_lines(view)[1]
        if not np.isin(ages(view.narrow, as_of=view.day).outcome, DELIVERED).any():
            why = "of no line is it known after how many days it came"
            if values(view.lines, "delivered_date", "datetime64[us]").notna().any():
                why = "too few delivery days are recorded to judge by"
        elif _LONGEST < horizon < np.inf:
            why = f"one line in twenty takes longer than {_LONGEST} days, and too few orders are that old"
        return Finding("lead time", f"lead times ({why})", certainty=UNKNOWN)
    moved = table[clear]
    if moved.empty:
        return Finding("lead time", f"lead times ({none_of(tested, 'vendor', 'moved', 'did not move')})")
    open_at = spend.by_vendor(view.narrow, basis="open", currency=view.unit, as_of=view.day)
    key = [
        c for c in ("connection", "vendor_id") if c in moved and c in open_at
    ]  # an id is another vendor in another connection
    of = open_at.groupby(key, dropna=False)["spend"].sum()
    at_stake = (
        moved[key].merge(of.reset_index(), how="left", on=key)["spend"].fillna(0.0).astype(float).set_axis(moved.index)
    )
    ranked = moved.assign(open_value=at_stake).sort_values("open_value", ascending=False)
    first, value = ranked.iloc[0], float(at_stake.sum())
    names = charts.group_labels(ranked, ["vendor_id", "vendor_name"], among=view.vendors.keys)
    n = len(ranked)
    who = names[0] if n == 1 else count(n, "vendor")
    longer = ranked["after"].to_numpy(dtype=float) > ranked["before"].to_numpy(dtype=float)
    moved_so = "grew" if longer.all() else "fell" if not longer.any() else "moved"
    others = [f"{n} ({'longer' if up else 'shorter'})" for n, up in zip(names[1:], longer[1:], strict=True)]
    return Finding(
        "lead time",
        f"Lead times {moved_so} at {who}, where {view.say(value)} is open.",
        value,
        value,
        "open where lead times moved",
        CLEAR,
        f"{names[0]} takes {_took(view, first)}{f'; also {listed(others)}' if n > 1 else ''}. Of {count(tested, 'vendor')}.",
        "lead_times_by_vendor",
        f"lead_times.by_vendor({these(*of_year(view, 'order_date'), *told(view))}{view.day_as_code})",
    )


def _took(view: View, vendor: pd.Series) -> str:
    """Return what a vendor took in the two years, in words: the medians, or the means up to the horizon where those moved and these did not."""
    rows = view.of_vendors(vendor.to_frame().T) & view.known_before & (view.year_of_order >= 0) & ~view.unjudged
    lines = with_months(view.part(rows), view.month_of_order[rows])
    half = lead_times.by_vendor(lines, by="year", as_of=view.day).set_index("year")["median_days"]
    now, was = (float(half.get(year, np.nan)) for year in ("1", "0"))
    after, before = float(vendor["after"]), float(vendor["before"])
    if not np.isnan(now - was) and round(now) != round(was) and (now > was) == (after > before):
        return f"{charts.number(now)} days, {charts.number(was)} a year ago (medians)"
    _, horizon = lead_time_lines(view)
    digits = 1 if round(after) == round(before) else 0  # what moved must not read as the same
    return f"{charts.number(after, digits)} of the first {charts.number(horizon)} days on average, {charts.number(before, digits)} a year ago"
