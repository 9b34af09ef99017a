"""What the metrics share: which lines count and why the others don't, groups, calendars, how a line stands, day counts, survival curves.

A metric says what it wants as a rule; the engine that holds the lines counts them, and what follows works on a small table.
"""

from ._ages import ENDINGS, Ages, ages, one_of_each, spread_cancellations
from ._calendars import Span, WorkCalendar, day_counter
from ._clusters import ClusterSums, cluster_sums
from ._day_counts import Cells, DayCounts, count_days, quantile
from ._day_tally import DayTally
from ._delivery import (
    ENDS,
    STARTS,
    TO_CLOSE,
    UNDATED_RECEIPT,
    Gone,
    Standing,
    gone_by,
    lacking,
    open_share,
    received_later,
    standing_on,
)
from ._engines import lines_of
from ._figures import BY_FILTER, Figure, figure, figures_of
from ._grid import Grid, spans
from ._groups import (
    ENTITIES,
    By,
    Groups,
    cluster_of,
    count_distinct,
    crossed,
    entity,
    group_lines,
    merge_aliases,
    narrow_rows,
    order_ids,
    pools_of,
)
from ._matching import line_keys, match_lines
from ._normal import Z
from ._pandas_engine import PandasColumns, leave_out_unreadable
from ._periods import period_alias, period_number
from ._provenance import FigureResult, Selection, stamp
from ._rates import SMALL_N, Rates, Weights, against_before, against_others, discoveries, two_sided, wilson
from ._recorded import NOT_RECORDED, RECORDED_SHARE, Unrecorded, tally_recorded, unrecorded
from ._rule import Clustering, Columns, Lines, RuleResult, Tally, day_in, unreadable
from ._survival import (
    CANCELLED,
    CENSORED,
    DELIVERED,
    UNDATED,
    aalen_johansen,
    at_risk,
    first_day_at,
    kaplan_meier,
    log_log_band,
    median_deviation,
    restricted_moments,
    whole_lines,
    with_day_zero,
)

__all__ = [
    "BY_FILTER",
    "CANCELLED",
    "CENSORED",
    "DELIVERED",
    "ENDINGS",
    "ENDS",
    "ENTITIES",
    "NOT_RECORDED",
    "RECORDED_SHARE",
    "SMALL_N",
    "STARTS",
    "TO_CLOSE",
    "UNDATED",
    "UNDATED_RECEIPT",
    "Ages",
    "By",
    "Cells",
    "ClusterSums",
    "Clustering",
    "Columns",
    "DayCounts",
    "DayTally",
    "Figure",
    "FigureResult",
    "Gone",
    "Grid",
    "Groups",
    "Lines",
    "PandasColumns",
    "Rates",
    "RuleResult",
    "Selection",
    "Span",
    "Standing",
    "Tally",
    "Unrecorded",
    "Weights",
    "WorkCalendar",
    "Z",
    "aalen_johansen",
    "against_before",
    "against_others",
    "ages",
    "at_risk",
    "cluster_of",
    "cluster_sums",
    "count_days",
    "count_distinct",
    "crossed",
    "day_counter",
    "day_in",
    "discoveries",
    "entity",
    "figure",
    "figures_of",
    "first_day_at",
    "gone_by",
    "group_lines",
    "kaplan_meier",
    "lacking",
    "leave_out_unreadable",
    "line_keys",
    "lines_of",
    "log_log_band",
    "match_lines",
    "median_deviation",
    "merge_aliases",
    "narrow_rows",
    "one_of_each",
    "open_share",
    "order_ids",
    "period_alias",
    "period_number",
    "pools_of",
    "quantile",
    "received_later",
    "restricted_moments",
    "spans",
    "spread_cancellations",
    "stamp",
    "standing_on",
    "tally_recorded",
    "two_sided",
    "unreadable",
    "unrecorded",
    "whole_lines",
    "wilson",
    "with_day_zero",
]
