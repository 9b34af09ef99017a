"""Why a figure is another one than before: what came, what went, and what was changed, each with its part of the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..compute import By, FigureResult, Selection, figure
from ..errors import ConfigError, one_of
from ..frames import AsOf, as_of_days, frame_of, values
from ..system import check_options, flag_of
from ._kinds import kinds_of
from ._lines import lines_behind
from ._measures import MEASURES, Measure, Options
from ._parts import parts_of
from ._sides import sides_of
from ._states import states_of


@figure("order_id", "line_id", name="compare")
def compare(
    before: Any,
    after: Any,
    *,
    metric: str = "spend",
    by: By = None,
    currency: str | None = None,
    as_of: AsOf | None = None,
    definition: Mapping[str, Any] | None = None,
    definition_before: Mapping[str, Any] | None = None,
    per_line: bool = False,
) -> FigureResult:
    """Why a figure differs from an earlier state of the same data: the parts of the change, which add up to it.

    Lines are matched by connection, order and line id. Each difference of a line is of one kind:

    * ``new orders``: ordered after the day of the earlier data; ``late-arriving orders``: ordered by then, and not in them; ``added
      lines`` of orders that they have
    * ``prices``, ``quantities``, ``dates`` (of the order, and due dates), ``vendor renamed``: edited
    * ``receipts``: delivered, received or closed; ``released``: a draft no longer, or again; ``cancelled``, or no longer; ``deleted``,
      by a mark or without a trace
    * ``currency rate`` of a conversion; ``document currency``: the order is in another one
    * ``other window``: order dates that one of the sides was not asked for (``since``, ``until``)
    * ``time passed``: nothing but the as-of day is another one, as of a line that is now overdue
    * ``another definition``; ``other changes``: another column that lines are grouped by, and delivery days that began or ceased to
      be recorded

    What one change does depends on which others have been made. So the part of each is its average over all orders in which the
    changes can be made (Shapley 1953): none is favoured, and the parts add up to the whole change. A sum is taken apart line by line.
    A rate or median, group by group, over the orders of which every step has a value; where there is none, the parts are missing. A
    receipt, cancellation or deletion is looked at from the later day, since nobody knew of it before.

    Parameters
    ----------
    before, after : Purchases, or DataFrame of one row per order line: the same data as they were, and as they are
    metric : "spend" (ordered spend, as `spend.by_vendor`), "open_value" (the same with ``basis="open"``), "on_time" (the rate of
        `slippage.by_vendor`) or "lead_time" (the median of `lead_times.by_vendor`)
    by : None for all lines together; "vendor", a column or several
    currency : keeps the rows in that currency and counts the rest; it never converts
    as_of : one day from which both are looked at; by default each from its own. With the last day of a month: why that month's figure
        is another one today
    definition : options of the metric's figure, such as ``{"late_days": 3}``: spend: basis; on_time: due, late_days, early_days,
        calendar, under_share; lead_time: start, end, calendar
    definition_before : those of the earlier figure, where they were others
    per_line : True gives the lines behind the effects, one row per line and effect

    Returns
    -------
    DataFrame, one row per (group, currency, effect); effects that moved no line are not there
        the columns of ``by``; currency : string, of spend and open_value only
        effect : string; before, the kinds above, after
        value : float, in ``currency``, of a rate 0..1, of a lead time days; before and after are the figures, the others add up to
            their difference; missing where there is no figure
        n_lines : int; lines that count before and after, and of the others the lines that the effect moved
    or with ``per_line``, one row per (line, effect), by effect
        the columns of ``by``; connection, order_id, order_number, line_id, line_number, vendor_id, vendor_name : string
        currency, effect : string, as above
        value : float, in ``currency``, the line's part of a sum; missing for a rate or median, which lines have no part of
        before, after : float, what the line was and is: its amount; 1 on time, 0 late; its lead time in days; missing where it
            doesn't count
        changed : string, what was edited, such as "unit_price 10 -> 12"

    Raises
    ------
    SchemaError
        A column is missing, or several lines of a side have the same ids, so that they can't be matched.
    ConfigError
        An unknown metric; no as-of day; before is of a later day than after.
    OptionError
        An option of a definition that the metric's figure has not.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> old = pd.DataFrame({"order_id": ["1", "2"], "line_id": ["1", "1"], "quantity": [10.0, 1.0], "unit_price": [5.0, 9.0],
    ...                     "amount": [50.0, 9.0], "currency": "EUR", "order_date": pd.Timestamp("2025-01-10")})
    >>> new = old.assign(quantity=[12.0, 1.0], unit_price=[6.0, 9.0], amount=[72.0, 9.0], state=["open", "cancelled"])
    >>> ma.compare(old, new, as_of="2025-01-31")[["effect", "value", "n_lines"]]
           effect  value  n_lines
    0      before   59.0        2
    1      prices   11.0        1
    2  quantities   11.0        1
    3   cancelled   -9.0        1
    4       after   72.0        1
    """
    one_of("metric", metric, MEASURES)
    flag_of("per_line", per_line)
    measure = MEASURES[metric]
    options = _definitions(metric, measure, definition, definition_before)
    given = [frame_of(side, *measure.needs, metric="compare") for side in (before, after)]
    names = [set(values(side, "connection", "string").dropna().unique()) for side in given]
    if all(names) and not names[0] & names[1]:
        told = " and ".join(", ".join(sorted(map(str, of))[:3]) for of in names)
        raise ConfigError(
            f"compare: the sides have no connection in common ({told}), so all lines of one would be gone and all of the other new"
        )
    sides = sides_of(given[0], given[1], by, as_of, needs_day=not measure.is_sum)
    reads = measure.reads(options[0]) | measure.reads(options[1])
    kinds = kinds_of(sides, reads, by, redefined=options[0] != options[1])
    states = states_of(sides, kinds, (given[0], given[1]), measure, options, as_of)
    parts = parts_of(states, measure, by)
    lines = sides.both.copy(deep=False)
    lines.attrs = dict(given[1].attrs)
    selection = Selection(lines)
    for reason in states.reason.dropna().unique().tolist():
        selection.exclude(states.reason == reason, str(reason))
    if currency is not None and measure.is_sum:
        mine = (values(lines, "currency", "string") == currency).fillna(False).to_numpy(dtype=bool)
        selection.exclude(~mine, "other currency")
        parts = parts.only((parts.groups.keys["currency"] == currency).fillna(False).to_numpy(dtype=bool))
    result = lines_behind(parts, sides, kinds) if per_line else parts.table()
    stated = not measure.is_sum or as_of is not None or lines.attrs.get("as_of") is not None
    day = as_of_days(given[1], as_of) if stated else None
    said = {
        "definition": options[1] or None,
        "definition_before": options[0] if options[0] != options[1] else None,
        "per_line": per_line or None,
    }
    return FigureResult(result, selection, day, (_sides_told(given, as_of),), said)


def _sides_told(given: list[pd.DataFrame], as_of: AsOf | None) -> str:
    """Return what the sides are: what counts and what is left out is told of the lines of both."""
    told = []
    for name, side in zip(("Before", "after"), given, strict=True):
        day = as_of if as_of is not None else side.attrs.get("as_of")
        told.append(f"{name}: {len(side):,} lines" + (f" as of {day}" if day is not None else ""))
    return "; ".join(told) + ". The lines of both sides are counted."


def _definitions(
    metric: str, measure: Measure, now: Mapping[str, Any] | None, then: Mapping[str, Any] | None
) -> tuple[Options, Options]:
    """Return the options of the earlier and of the later figure."""
    both = dict(now or {}), dict((now if then is None else then) or {})
    for name, options in zip(("definition", "definition_before"), both, strict=True):
        check_options(f"compare(metric={metric!r}, {name}=...)", options, dict.fromkeys(measure.options))
    return both[1], both[0]
