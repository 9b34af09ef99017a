"""What the metrics share: which lines count and why the others don't, groups, calendars, how a line stands, day counts, survival curves.

A metric says what it wants as a rule; the engine that holds the lines counts them, and what follows works on a small table.
"""

from ._calendars import Span, WorkCalendar, day_counter
from ._day_counts import Cells, DayCounts, count_days, quantile
from ._day_tally import DayTally
from ._delivery import ENDINGS, ENDS, STARTS, Ages, Standing, ages, standing, standing_on
from ._engines import lines_of
from ._figures import Figure, figure, figures_of
from ._groups import (
    ENTITIES,
    By,
    Groups,
    count_distinct,
    crossed,
    entity,
    group_lines,
    merge_aliases,
    narrow_rows,
    order_ids,
)
from ._normal import Z
from ._pandas_engine import PandasColumns, leave_out_unreadable
from ._periods import period_alias, period_number
from ._provenance import FigureResult, Selection, stamp
from ._rule import Columns, Lines, RuleResult, Tally, unreadable
from ._survival import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    aalen_johansen,
    at_risk,
    first_day_at,
    kaplan_meier,
    log_log_band,
    restricted_mean,
    whole_lines,
    with_day_zero,
)

__all__ = [
    "CANCELLED",
    "CENSORED",
    "DELIVERED",
    "ENDINGS",
    "ENDS",
    "ENTITIES",
    "STARTS",
    "Ages",
    "By",
    "Cells",
    "Columns",
    "DayCounts",
    "DayTally",
    "Figure",
    "FigureResult",
    "Groups",
    "Lines",
    "PandasColumns",
    "RuleResult",
    "Selection",
    "Span",
    "Standing",
    "Tally",
    "WorkCalendar",
    "Z",
    "aalen_johansen",
    "ages",
    "at_risk",
    "count_days",
    "count_distinct",
    "crossed",
    "day_counter",
    "entity",
    "figure",
    "figures_of",
    "first_day_at",
    "group_lines",
    "kaplan_meier",
    "leave_out_unreadable",
    "lines_of",
    "log_log_band",
    "merge_aliases",
    "narrow_rows",
    "order_ids",
    "period_alias",
    "period_number",
    "quantile",
    "restricted_mean",
    "stamp",
    "standing",
    "standing_on",
    "unreadable",
    "whole_lines",
    "with_day_zero",
]
