"""The figures at a glance: spend, lines on time, orders in full, lead time and overdue value, each beside the year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from .. import charts, lead_times, slippage, spend
from ..compute import RECORDED_SHARE, once
from ..errors import ConfigError, SchemaError
from ..frames import days_of, in_state, numbers, values
from ._delivery_kinds import lead_time_lines, lead_time_shifts
from ._evidence import Evidence, Floats, shifts
from ._kinds import count, listed
from ._on_time import doubt_of, on_time_by
from ._reach import names_of
from ._view import View
from ._years import day_in_words

#: Where more than this share of what is overdue today was cancelled on an unknown day, what was overdue a year ago is not known.
_LEFT = 0.1


@dataclass(frozen=True)
class Tile:
    """One figure of the twelve months, and what it was the year before."""

    name: str  # spend, on_time, otif, lead_time or overdue
    label: str
    kind: Literal["money", "share", "days"]
    value: float
    before: float  # the year before; missing where that is not known
    unit: str | None  # the currency of money
    value_text: str
    change_text: str  # "−7.5 % (−534 k)", or "no clear change"
    clear: bool  # whether the change is more than chance; a sum's change always is
    good: bool | None  # whether the direction is good; None where it is no judgement, or not clear
    months: tuple[float, ...] = ()  # of the twelve months, oldest first
    months_before: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """Value and change in one line."""
        return f"{self.value_text}; {self.change_text}" if self.change_text else self.value_text


def tile_evidence(view: View) -> dict[str, Evidence]:
    """Return for each tile that can move by chance whether it did: its months against those of the year before."""
    out: dict[str, Evidence] = {}
    if view.untellable("late"):
        return out
    for name, by_month in (("on_time", _months_on_time), ("otif", _months_in_full)):
        try:
            month, value = by_month(view)
        except (SchemaError, ConfigError):
            month, value = np.zeros(0, dtype=np.int64), np.zeros(0)
        out[name] = shifts(np.zeros(len(month), dtype=np.int64), month, value, 1, pd.DataFrame(index=[0]))
    return out | {"lead_time": _lead_times(view)}


def _lead_times(view: View) -> Evidence:
    return once(view, "lead times of all", lambda: _all_lead_times(view))


def _all_lead_times(view: View) -> Evidence:
    try:
        n = len(lead_time_lines(view)[0])
        return lead_time_shifts(view, np.zeros(n, dtype=np.int64), 1, pd.DataFrame(index=[0]))
    except (SchemaError, ConfigError):
        none = np.zeros(0)
        return shifts(np.zeros(0, dtype=np.int64), none.astype(np.int64), none, 1, pd.DataFrame(index=[0]))


def _by_month(table: pd.DataFrame, column: str) -> tuple[np.ndarray, Floats]:
    return table["month"].astype("int64").to_numpy(), table[column].to_numpy(dtype=float)


def _months_on_time(view: View) -> tuple[np.ndarray, Floats]:
    return _by_month(view.on_time_by_month, "on_time_rate")


def _months_in_full(view: View) -> tuple[np.ndarray, Floats]:
    return _by_month(view.in_full_by_month, "otif_rate")


def tile(name: str, view: View, clear: Mapping[str, bool]) -> Tile | None:
    """Return one of the `TILES`, or None where the data can't tell it."""
    if name != "spend" and view.untellable(name):  # the others go by what became of lines up to the as-of day
        return None
    try:
        return TILES[name](view, clear)
    except (SchemaError, ConfigError):
        return None


def _series(month: np.ndarray, value: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the values of the twelve months and of the twelve before; missing where a month has none."""
    every = pd.Series(value, index=month).reindex(range(24)).to_numpy(dtype=float)
    return tuple(every[12:].tolist()), tuple(every[:12].tolist())


def _alike(view: View) -> str:
    """Return of what a change is, where it is not of all that is in the value."""
    known = view.known_before & ~view.part_of_a_year
    return _without(set(names_of(view.lines, ~known)) - set(names_of(view.lines, known)))


def _without(names: set[str]) -> str:
    return f"without {listed(sorted(names))}" if names and all(names) else "like for like"


def _signed(x: float, text: str) -> str:
    return f"{'+' if x > 0 else '−' if x < 0 else '±'}{text}"


def _spend(view: View, clear: Mapping[str, bool]) -> Tile | None:
    if not view.has_amount.any():
        return None
    dated = view.year_of_order >= 0
    if not view.dated:  # no order dates: all that there is
        whole = view.money(view.narrow)
        return Tile("spend", "Spend, ordered", "money", whole, np.nan, view.unit, view.say(whole), "", True, None)
    now = view.spent
    rows = view.known_before & dated
    earlier, later = view.sides
    # as the finding on the change of spend has it: of a year without any order nothing is said
    compared = not view.not_compared and not later.empty
    alike, was = (view.money(later), view.money(earlier)) if compared else (0.0, 0.0)
    change = ""
    if was > 0:
        moved = alike - was
        change = f"{_signed(moved, charts.number(abs(moved) / was * 100, 1))} % ({_signed(moved, view.say_short(abs(moved)))})"
        if not rows[view.year_of_order == 1].all():
            change += " where both years are known"
    got = spend.by_vendor(view.asked(view.order_lines), by="month", currency=view.unit, as_of=view.day)
    months, before = _series(*_by_month(got, "spend"))
    label = f"Spend, ordered {view.in_period}"
    return Tile("spend", label, "money", now, was if was > 0 else np.nan, view.unit, view.say(now), change, True, None, months,
                before if was > 0 else ())  # fmt: skip


def _share(view: View, name: str, label: str, figure: Callable[..., pd.DataFrame], column: str,
           months: Callable[[View], tuple[np.ndarray, Floats]], clear: bool) -> Tile | None:  # fmt: skip
    """Return the tile of a share: of this year's lines, beside the year before where both are known."""
    options: dict[str, Any] = {"as_of": view.day, "due": view.due}
    by = figure(view.due_lines, by="year", **options).set_index("year")[column]
    alike, was = float(by.get("1", np.nan)), float(by.get("0", np.nan))
    of_year = figure(view.due_year_lines, by=None, **options)
    now = float(of_year[column].iloc[0]) if len(of_year) else np.nan
    if np.isnan(now):
        return None
    change, moved = "", (alike - was) * 100
    if not np.isnan(moved):
        # a connection whose year before is not known is in the value, and in no change of it
        like = (
            ""
            if round(alike * 100, 1) == round(now * 100, 1)
            else f"{_alike(view)} {charts.number(alike * 100, 1)} %, "
        )
        change = f"{like}{_signed(round(moved, 1), charts.number(abs(moved), 1))} points"
        change += "" if clear else ", no clear change"
    series = _series(*months(view))
    good = bool(moved > 0) if clear and not np.isnan(moved) else None
    return Tile(name, label, "share", now, was, None, f"{charts.number(now * 100, 1)} %", change, clear, good, series[0],
                () if np.isnan(was) else series[1])  # fmt: skip


def _on_time(view: View, clear: Mapping[str, bool]) -> Tile | None:
    what = ("on_time", "Lines on time", slippage.by_vendor, "on_time_rate", _months_on_time)
    return _share(view, *what, clear["on_time"])


def _in_full(view: View, clear: Mapping[str, bool]) -> Tile | None:
    what = ("otif", "Orders on time and in full", slippage.otif, "otif_rate", _months_in_full)
    return _share(view, *what, clear["otif"])


def _lead_time(view: View, clear: Mapping[str, bool]) -> Tile | None:
    lines = view.told_in_year_lines
    now = lead_times.by_vendor(lines, by=None, as_of=view.day)
    if not len(now) or np.isnan(value := float(now["median_days"].iloc[0])):
        return None
    keyed, known = (
        view.order_lines,
        (view.known_before & ~view.unjudged & ~view.part_of_a_year)[view.year_of_order >= 0],
    )
    keyed = keyed if known.all() else keyed[known]
    by = lead_times.by_vendor(keyed, by="year", as_of=view.day).set_index("year")["median_days"]
    alike, was = float(by.get("1", np.nan)), float(by.get("0", np.nan))
    sure, change, moved = clear["lead_time"], "", alike - was
    if not np.isnan(moved):
        like = "" if round(alike) == round(value) else f"{_alike(view)} {count(round(alike), 'day')}, "
        change = like + ("no change" if not round(moved) else _signed(moved, count(round(abs(moved)), "day")))
        if not sure and round(moved):
            change += ", of other items" if _lead_times(view).table["by_others"].any() else ", no clear change"
    months, before = _series(*_by_month(lead_times.by_vendor(keyed, by="month", as_of=view.day), "median_days"))
    good = bool(moved < 0) if sure and moved else None
    return Tile("lead_time", "Lead time, median", "days", value, was, None, count(round(value), "day"), change, sure, good, months,
                () if np.isnan(was) else before)  # fmt: skip


def _overdue(view: View, clear: Mapping[str, bool]) -> Tile | None:
    if view.blind:
        return None
    mine = view.open_in_unit
    past = mine.loc[mine["days_overdue"] > 0, "open_value"]
    nothing_past = mine["due_date"].notna().any() or mine.empty
    told = past.notna().any() if len(past) else nothing_past and not view.waiting_left_out(last=-1)
    if not told or not view.has_amount.any():
        return None
    value = float(past.sum())
    now, was, left = value, np.nan, set[str]()
    # without the lines that were ordered since
    then = view.part(view.known_before & ~view.unjudged & (view.year_of_order != 1))
    outcome = slippage.per_line(then, as_of=view.before, due=view.due)["outcome"]
    judged = (outcome != "excluded").to_numpy(dtype=bool)
    if judged.any() and not (view.recorded.since or view.recorded.ended):
        was = view.money(then[(outcome == "overdue_open").to_numpy(dtype=bool)], basis="open", as_of=view.before)
        # of the same connections, and of orders no older than the data could show a year ago: else data of two years double
        same = ~view.ordered_before_a_year_of(mine)
        if "connection" in then:
            known = set(then.loc[judged, "connection"].dropna().unique())
            others = ~mine["connection"].isin(known) & (mine["days_overdue"] > 0)
            # what is older than the data were a year ago is left out, too: then the connections are not all of it
            left = (
                set(mine["connection"][others & same].dropna())
                if (same | others)[mine["days_overdue"] > 0].all()
                else set()
            )
            same &= mine["connection"].isin(known).to_numpy(dtype=bool)
        now = float(mine.loc[(mine["days_overdue"] > 0) & same, "open_value"].sum())
        if _left_without_a_day(view, then, mine["days_overdue"].max()) > _LEFT * max(value, was):
            was = np.nan
    change = ""
    if not np.isnan(was):
        alike = "" if abs(now - value) < 0.005 else f"{_without(left)} {view.say_short(now)}, "
        change = f"{alike}was {view.say_short(was)} a year ago"
    # two days are no test: whether more is overdue than is usual they can't say, so the direction is no judgement
    return Tile("overdue", "Overdue value", "money", value, was, view.unit, view.say(value), change, True, None)


#: In the order in which they are shown.
TILES: dict[str, Callable[[View, Mapping[str, bool]], Tile | None]] = {
    "spend": _spend,
    "on_time": _on_time,
    "otif": _in_full,
    "lead_time": _lead_time,
    "overdue": _overdue,
}


def _left_without_a_day(view: View, then: pd.DataFrame, oldest: float) -> float:
    """Return the amount of lines that are cancelled or deleted, nobody knows when, and were as overdue a year ago as any is today."""
    gone = in_state(then, "cancelled") | values(then, "deleted_at", "datetime64[us]").notna().to_numpy(dtype=bool)
    days = [days_of(then, name) for name in ("cancelled_date", "deleted_at")]
    late = (np.datetime64(view.before, "D") - days_of(then, f"{view.due}_date")).astype(np.int64)
    rows = gone & np.isnat(np.fmin(*days)) & (late > 0) & (late <= np.nan_to_num(oldest)) & view.in_unit(then)
    return float(np.nansum(np.clip(numbers(then, "amount")[rows], 0, None)))


def data_line(view: View) -> list[str]:
    """Return what there is to say of the data, in few sentences: all lines are accounted for, what is doubtful, what can't be judged."""
    lines = view.lines
    got = spend.by_vendor(view.asked(view.narrow), by=None, currency=view.unit, as_of=view.day)
    included, excluded = got.attrs["included"]["n_lines"], got.attrs["excluded"]
    whole = included + sum(e["n_lines"] for e in excluded)
    out = []
    if known := view.known_until:
        out.append(f"{known[0].upper()}{known[1:]}: what came since is not in these data.")
    if len(lines):
        # what has no rate is in no amount here, and so is no spend
        foreign = "without a rate" if view.converted else "in another currency or none"
        reasons = [(e["n_lines"], foreign if e["reason"] == "other currency" else e["reason"]) for e in excluded]
        left = ", ".join(f"{charts.number(n)} {reason}" for n, reason in reasons)
        of_unit = f" in {view.unit}" if any(reason == foreign for _, reason in reasons) else ""
        n = charts.number(whole)
        what = f"{n} of {count(len(lines), 'line')} accounted for: {charts.number(included)} {'counts' if included == 1 else 'count'} as spend{of_unit}"
        out.append(f"{what}{f', {left}' if left else ''}.")
    lacking = int(np.isnat(days_of(lines, "order_date")).sum())
    if view.dated and lacking:
        verb = "has" if lacking == 1 else "have"
        out.append(f"{count(lacking, 'line')} {verb} no order date, and so no place in the twelve months.")
    doubtful = len(view.given.issues)
    none = "All values were read, and none is doubtful."
    out.append(f"{count(doubtful, 'value').capitalize()} not read or doubtful." if doubtful else none)
    with suppress(SchemaError, ConfigError):  # where nothing says what was due, or what came
        out += filter(None, [doubt_of(on_time_by(view))])
    said = view.silent
    for one in view.recorded.each():
        outside = one.outside(lines)
        n_out, said = int((outside & ~said).sum()), said | outside
        kinds = {"vendor": one.never, "item": one.items, "type": one.types, "category": one.categories}
        word, never = next(((word, keys) for word, keys in kinds.items() if keys), ("", {}))
        for of, keys in never.items():
            whose = f"{count(len(keys), word)}{f' of {of}' if of else ''}"
            some = f"{count(n_out, 'line')} {'is' if n_out == 1 else 'are'}"
            out.append(
                f"Of {whose} nothing was ever recorded as received: {some} neither late nor overdue, as far as anyone knows."
            )
        for of, ends in one.sites.items():
            whose, records = ("Sites", "record") if len(ends) > 1 else ("A site", "records")
            after = ", ".join(f"{site} after {day_in_words(day)}" for site, day in sorted(ends.items()))
            some = f"{count(n_out, 'line')} due later ({after}) {'is' if n_out == 1 else 'are'}"
            of_it = f" of {of}" if of else ""
            out.insert(
                0,
                f"{whose}{of_it} no longer {records} deliveries: {some} neither late nor overdue, as far as anyone knows.",
            )
        for name in one.posted:
            of_it = f" of {name}" if name else ""
            some = f"{count(n_out, 'line')} {'is' if n_out == 1 else 'are'}"
            out.insert(
                0,
                f"Deliveries{of_it} are posted on one day of each month: {some} neither late nor overdue, as far as anyone knows.",
            )
        if never or one.sites or one.posted:
            continue
        ((of, day),) = (one.since or one.until).items()
        when, then = ("before", "only lately") if one.since else ("after", "no longer")
        whose = f"{of} records deliveries" if of else "Deliveries are recorded"
        some = f"{count(n_out, 'line')} {view.word} {when} {day_in_words(day)} {'is' if n_out == 1 else 'are'}"
        out.insert(0, f"{whose} {then}: {some} neither late nor overdue, as far as anyone knows.")
    dated = values(lines, "delivered_date", "datetime64[us]").notna().to_numpy(dtype=bool)
    with_days = names_of(lines, dated)
    for undated, what in (
        ([n for n in view.undated if n not in with_days], "no delivery days"),
        ([n for n in view.undated if n in with_days], f"the day of delivery of fewer than {charts.percent(RECORDED_SHARE)} of what came"),
    ):  # fmt: skip
        if not undated:
            continue
        mine = lines["connection"].isin(undated)
        spent = view.money(view.part(mine.to_numpy() & view.in_year))
        records, its = ("records", "its") if len(undated) == 1 else ("record", "their")
        has = view.has_amount[mine.to_numpy(dtype=bool)].any()
        amount = (
            f"{view.say(spent)}{' of the twelve months' if view.dated else ''} is in spend," if has else "lines are"
        )
        out.append(f"{', '.join(undated)} {records} {what}: {its} {amount} not in on time and lead time.")
    return [charts.printable(s) for s in out]
