"""The scorecard: what one wants to know of each vendor in one row, beside the period before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import (
    BY_FILTER,
    By,
    ClusterSums,
    Rates,
    Selection,
    against_before,
    pools_of,
    refuse_given,
    reuse,
    stamp,
)
from ..errors import ConfigError, SchemaError
from ..frames import Mask, days_of
from ..purchases import Purchases, must_be_purchases
from ..system import known_options, text_of
from ._cells import CELLS, Cells, came_within, same_items, told
from ._evidence import MOSTLY_SAME, in_all_currencies, in_another_unit, price_shift
from ._kinds import count
from ._sides import GROUP, PART, Floats, Side, sides_of
from ._told import outcomes_hidden
from ._trend import Trend, clear_of
from ._view import View

#: The shares on the card, each with whether more of it is better.
RATES = {
    "on_time": True,
    "promise_kept": True,
    "otif": True,
    "line_fill": True,
    "closed_short": False,
    "cancelled": False,
    "returned": False,
}
#: The percentiles of the lead time on the card.
LEVELS = {"median": 0.5, "p90": 0.9}


@partial(
    known_options, instead={name: instead for name, instead in BY_FILTER.items() if name not in ("since", "until")}
)
def scorecard(
    data: Purchases,
    *,
    by: By = "vendor",
    since: Any = None,
    until: Any = None,
    currency: str | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """One row per vendor: spend, prices, delivery and what went wrong, each beside the period before, without a total score.

    Spend, prices, lead times and shares are of the lines ordered in the period, on time, in full and fill rate of those that fell due
    in it, and open values of today. The period is the twelve months up to the as-of day, or ``since`` to ``until``; the one before
    it is as long, and is looked at from as many days after its end, so that both have had the same time to be delivered.
    The single figures are those of ``spend.by_vendor``, ``spend.bridge``, ``lead_times.by_vendor``, ``slippage.by_vendor``,
    ``slippage.otif`` and ``slippage.fill_rate``, with the lines that these leave out.

    ``*_trend`` says whether a figure is better or worse than before by more than chance. A share is tested by its score, with the
    lines of one vendor and month (a twelfth of the period) taken as hanging together; a lead time by the share of lines that
    came within the days by which half (nine tenths) of the vendor's lines of both periods had come, of those ordered long enough ago;
    prices by Student's test of the items' relative changes, from five on. A figure needs 20 lines and three months on both sides. All
    tests of the card are one family: of what is called better or worse, 5 % is so by chance on average (Benjamini and Hochberg
    1995). That is why the same change may be clear on a small card and not on a large one. Spend and open values have no trend:
    more is neither better nor worse.

    Lines of a connection in which nothing says what has come (no status, no receipt, no day of delivery) count as spend and as open;
    their deliveries are not judged.

    There is no total score. Its weights would decide the ranking, and nobody could check them: sort by what is asked.

    Parameters
    ----------
    data : Purchases
    by : "vendor", a column, or several
    since, until : first and last day of the period; by default the twelve months up to the as-of day, which is the last possible one
    currency : of all amounts; by default that of most lines, converted as in ``findings``
    as_of : day from which to look; the data's own by default

    Returns
    -------
    DataFrame, one row per vendor with a line ordered or due in the period, or open; the largest spend first
        vendor_id, vendor_name, connection : string (or the columns of ``by``)
        currency : string; spend, spend_before : float, in ``currency``; spend_share : float, 0..1
        n_orders, n_lines : int, that count as spend
        price_change : float, what the same items cost above the period before, over what they would have cost; missing without any
        on_time_rate, on_time_low, on_time_high : float, 0..1, with the 95 % interval of ``slippage.by_vendor``; n_due : int, lines
        promise_kept_rate : float, 0..1, share of the lines with a promised date that came by it
        otif_rate : float, 0..1, orders on time and in full; line_fill_rate : float, 0..1, lines due of which all has come
        median_days, p90_days, sd_days : float, days, as in ``lead_times.by_vendor``
        open_value, overdue_value : float, in ``currency``, of today; overdue by the promised date where no line has a required
            one, and missing where no line has either, or where nothing is known of what has come, or of the days before the as-of day;
            both missing where open lines were filtered out
        closed_short_rate, cancelled_rate, returned_rate : float, 0..1, of all lines ordered but drafts
        on_time_before, ... : float, the same of the period before, for each of these rates and for median_days and p90_days; missing
            in a row of which a connection begins later, whose trends are those of its other connections
        on_time_p_value, ... : float, 0..1, two-sided; missing where there is too little to test, also for price, median and p90
        on_time_trend, ... : string; better, worse, no clear difference; missing where not tested

    Raises
    ------
    SchemaError
        ``data`` are no Purchases; no such column as ``by``.
    ConfigError
        No as-of day; a period that is empty; a currency for which there are no rates.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> card = ma.scorecard(ma.load_sample(["us"]), currency="USD")
    >>> card[["on_time_before", "on_time_rate", "on_time_trend"]].round(3).head(1)
       on_time_before  on_time_rate        on_time_trend
    0           0.777         0.757  no clear difference
    """
    must_be_purchases(data, "scorecard")
    if currency is not None:
        text_of("currency", currency, "a currency's code, such as 'EUR'")
    if not isinstance(by, str | list | tuple) or not by:
        raise ConfigError("a scorecard has a row for each of several: pass by='vendor', or a column")
    view = View.of(data, currency, as_of)
    after, before = sides_of(view, by, since, until)
    card = Card(after, before)
    table = card.table()
    refuse_given(by, lambda: table.columns, "scorecard")
    there = card.there()
    keys = after.groups.keys.assign(currency=pd.array([view.unit] * len(there), dtype="string"))
    result = pd.concat([keys, table], axis=1)[there]
    result = result.sort_values("spend", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    selection = Selection(view.lines)
    selection.exclude(~card.counted, "neither ordered nor due in the period, nor open")
    unknown = f"{view.unknown_since[:1].upper()}{view.unknown_since[1:]}." if view.unknown_since else ""
    reasons = [(count(int(rows.sum()), "line"), reason) for rows, reason in view.why_unjudged if rows.any()]
    unjudged = " ".join(f"Deliveries of {n} are not judged: {reason}." for n, reason in reasons)
    uneven = f"Spend has no year before: {view.uneven}." if view.uneven else ""
    joined = (
        "Of a row of which a connection begins later nothing is told of before; its trends are those of the other connections."
        if card.joined.any()
        else ""
    )
    compared = f"Before is {before.since.date()} to {before.until.date()}."
    notes = (view.note, compared, joined, unknown, unjudged, uneven)
    span = {"since": str(after.since.date()), "until": str(after.until.date())}
    return stamp(
        result,
        metric="scorecard",
        parameters={"by": by, **span, "currency": view.unit},
        selection=selection,
        lines=view.lines,
        as_of=view.day,
        notes=tuple(filter(None, notes)),
    )


@dataclass(frozen=True)
class Card:
    """What the columns of the card are made of."""

    after: Side
    before: Side

    @property
    def n(self) -> int:
        """The number of groups."""
        return len(self.after.groups)

    @cached_property
    def counted(self) -> Mask:
        """Which lines are on the card: ordered or due in the period, or open."""
        due = self.after.part_of("required_date")
        out: Mask = (self.after.by_order != -1) | (due != -1) | self.after.still_open
        return out

    def there(self) -> Mask:
        """Which groups have a line on the card."""
        groups = self.after.groups
        out: Mask = np.bincount(groups.codes[self.counted], minlength=self.n)[: self.n] > 0
        return out

    @cached_property
    def joined(self) -> Mask:
        """Which groups have lines of a connection that the period before lacks: what they were before is not all of them."""
        new = (self.after.by_order == -2) | (self.after.part_of("required_date") == -2)
        out: Mask = np.bincount(self.after.groups.codes[new], minlength=self.n)[: self.n] > 0
        return out

    @reuse()
    def table(self) -> pd.DataFrame:
        """Return the columns of the card, one row per group."""
        price, change = self._prices()
        columns = self._spend() | {"price_change": price} | self._on_time()
        trends = {"price": change}
        for name, more_is_better in RATES.items():
            now, then = (told(partial(CELLS[name], side)) for side in (self.after, self.before))
            columns.setdefault(f"{name}_rate", now.rate(self.n))
            trends[name] = self._compared(now, then, more_is_better)
        columns["otif_rate"], was = self._otif()
        trends["otif"] = replace(trends["otif"], before=was)
        days, of_days = self._lead_time()
        columns, trends = columns | days, trends | of_days
        past = {f"{name}_before": t.before for name, t in trends.items() if t.before is not None}
        columns |= {name: np.where(self.joined, np.nan, values) for name, values in past.items()}
        columns |= {f"{name}_p_value": t.p_value for name, t in trends.items()}
        for (name, trend), clear in zip(trends.items(), clear_of([t.p_value for t in trends.values()]), strict=True):
            columns[f"{name}_trend"] = trend.words(clear)
        return pd.DataFrame(columns)

    def _spend(self) -> dict[str, Any]:
        """Return spend of both periods, orders and lines, and what is open."""
        view, after = self.after.view, self.after
        now, then = (
            spend.by_vendor(view.asked(side.ordered), by=after.keys, currency=view.unit, as_of=side.as_of)
            for side in (after, self.before)
        )
        known = ~self.joined & (np.bincount(after.groups.codes[after.known], minlength=self.n)[: self.n] > 0)
        out = {
            "spend": after.of_groups(now, "spend", 0.0),
            "spend_before": np.where(known & (not view.uneven), after.of_groups(then, "spend", 0.0), np.nan),
            "spend_share": after.of_groups(now, "share", 0.0),
            **{c: after.of_groups(now, c, 0).astype("int64") for c in ("n_orders", "n_lines")},
        }
        still = after.still_open
        due_day = days_of(view.lines, f"{view.due}_date").astype("datetime64[D]")
        late = still & ~view.untold & (due_day < view.day.of_rows(view.lines))  # without a due date it is not
        lines = after.lines(np.where(still, late, -1))
        found = spend.by_vendor(
            view.asked(lines), by=[*after.keys, PART], basis="open", currency=view.unit, as_of=view.day
        )
        values, overdue = found["spend"], found[PART].astype("int64") == 1
        for name, some in (("open_value", values), ("overdue_value", values.where(overdue, 0.0))):
            sums = some.groupby(found[GROUP], observed=True).sum()
            out[name] = after.of_groups(sums.reset_index(name="value"), "value", 0.0)
        # of whose lines nothing says whether they came, nobody knows what is overdue
        ordered = ~(days_of(view.lines, "order_date") > view.day.of_rows(view.lines))
        can_tell = np.bincount(after.groups.codes[~view.untold & ordered], minlength=self.n)[: self.n] > 0
        can_tell &= view.has_due_dates and not view.untellable("overdue")
        out["overdue_value"] = np.where(can_tell, out["overdue_value"], np.nan)
        if outcomes_hidden(view.lines, of_open=True):
            out["open_value"] = np.full(self.n, np.nan)
        return out

    def _prices(self) -> tuple[Floats, Trend]:
        """Return what the items bought in both periods cost above the period before, and the chance of that."""
        none = np.full(self.n, np.nan)
        view, now = self.after.view, self.after.ordered
        known = now[PART] != -2
        both = map(view.asked, (self.before.ordered, now if known.all() else now[known]))
        # what is bought in another currency than before has no price to compare
        by = [GROUP, *(["original_currency"] if view.converted else [])]
        try:
            items = spend.bridge(*both, by=by, per_vendor=True, per_item=True, mixed_units="apart", currency=view.unit, as_of=view.day)  # fmt: skip
        except (SchemaError, ConfigError):  # nothing says what was bought
            return none, Trend(none, np.zeros(self.n, dtype=bool))
        items = items[(items["before"] > 0) & (items["after"] > 0)]
        if view.converted:
            items = in_all_currencies(items)
        items = items[~in_another_unit(items)]
        group, price = np.asarray(items[GROUP], dtype=np.int64), items["price"].to_numpy(dtype=float)
        base = (items["after"] - items["price"] - items["currency_effect"]).to_numpy(dtype=float)
        net, at_old = (np.bincount(group, x, self.n)[: self.n] for x in (price, base))
        change = np.divide(net, at_old, out=none, where=at_old > 0)
        return change, Trend(price_shift(group, price, base, self.n), net < 0)

    def _on_time(self) -> dict[str, Any]:
        """Return the on-time rate with its interval."""
        after, columns = self.after, ("on_time_rate", "on_time_low", "on_time_high")
        try:
            found = slippage.by_vendor(after.fell_due, by=after.keys, as_of=after.as_of)
        except (SchemaError, ConfigError):
            return {**dict.fromkeys(columns, np.full(self.n, np.nan)), "n_due": np.zeros(self.n, dtype="int64")}
        return {
            **{c: after.of_groups(found, c) for c in columns},
            "n_due": after.of_groups(found, "n_due", 0).astype("int64"),
        }

    def _otif(self) -> tuple[Floats, Floats]:
        """Return the rates of orders: one with lines due in two parts of a period is in the cells of both, and counts once here."""
        try:
            found = [slippage.otif(side.fell_due, by=GROUP, as_of=side.as_of) for side in (self.after, self.before)]
        except (SchemaError, ConfigError):
            return np.full(self.n, np.nan), np.full(self.n, np.nan)
        now, then = (self.after.of_groups(table, "otif_rate") for table in found)
        return now, then

    def _lead_time(self) -> tuple[dict[str, Floats], dict[str, Trend]]:
        """Return the lead times, and those of the period before with the tests of the difference."""
        sides, columns = (self.after, self.before), ("median_days", "p90_days", "sd_days")
        none = np.full(self.n, np.nan)
        try:
            now, then = (lead_times.by_vendor(side.waited_for, by=GROUP, as_of=side.as_of) for side in sides)
        except (SchemaError, ConfigError):  # no dates of delivery
            nothing = Trend(none, np.zeros(self.n, dtype=bool), before=none)
            return dict.fromkeys(columns, none), dict.fromkeys(LEVELS, nothing)
        usual, trends = self._usual(), {}
        # where other items move the days, the same ones have to be sure of it, too
        part, of_same = same_items(self.before, self.after, self.n)
        least = np.where(part < MOSTLY_SAME, np.where(part > 0, of_same, 1.0), 0.0)
        for name in LEVELS:
            one, other = (came_within(side, usual[name]) for side in sides)
            within = self._compared(one, other, more_is_better=True)
            within = replace(within, p_value=np.maximum(within.p_value, least))
            trends[name] = replace(within, before=self.after.of_groups(then, f"{name}_days"))
        return {c: self.after.of_groups(now, c) for c in columns}, trends

    def _usual(self) -> dict[str, Floats]:
        """Return the days by which half, and nine tenths, of each group's lines of both periods had come."""
        days, codes = list[Any](), list[Any]()
        for side in (self.after, self.before):
            judged = (side.part >= 0) & side.delivered_or_open
            days.append(side.days_to_come[judged])
            codes.append(side.group[judged])
        of = pd.Series(np.concatenate(days)).groupby(np.concatenate(codes))
        return {
            name: of.quantile(q, interpolation="lower").reindex(range(self.n)).to_numpy(dtype=float)
            for name, q in LEVELS.items()
        }

    def _compared(self, now: Cells, then: Cells, more_is_better: bool) -> Trend:
        """Return how a share compares with the one before; of a group that has all on both sides, or none, there is nothing to test."""
        keep = [c.part >= 0 for c in (now, then)]
        group = np.concatenate([now.group[keep[0]], then.group[keep[1]] + self.n])
        n, hits = (
            np.concatenate([x[k] for x, k in zip(pair, keep, strict=True)])
            for pair in ((now.n, then.n), (now.hits, then.hits))
        )
        some = n > 0
        sums = ClusterSums.of(group[some], n[some], hits[some], 2 * self.n)
        pool = pools_of(self.after.groups.keys)
        rates = Rates.of(sums, pool=None if pool is None else np.tile(pool, 2))
        place = np.arange(2 * self.n)
        found = against_before(
            rates, np.where(place < self.n, place + self.n, -1), np.zeros(2 * self.n, dtype=np.int64)
        )
        p, (one, other) = found.p_value[: self.n], np.split(rates.rate, 2)
        unmoved = ~np.isnan(p) & (one == other) & ((one == 0) | (one == 1))
        return Trend(np.where(unmoved, np.nan, p), (one > other) == more_is_better, unmoved, other)
