"""Lead times of vendors, or any other groups, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...compute import By, WorkCalendar
from ...frames import AsOf
from .._vendors import by_vendor
from ._words import days_of, end_of, none_came, start_of


@charts.chart(of=by_vendor, result_columns=("median_days",), ranked="-n_lines")
def plot_by_vendor(
    data: Any,
    *,
    as_of: AsOf | None = None,
    by: By = "vendor",
    min_lines: int = 1,
    start: str = "order",
    end: str = "complete",
    calendar: WorkCalendar = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw median to p90 of the vendors with most lines, those of few in grey; where most are not yet estimable, only the others.

    The dot is the median, the upright mark the 90th percentile, the grey bar what lies between them; the shortest median stands
    on top. A grey dot is of fewer than 20 lines. "Not yet estimable": so many lines are still open that no day has seen half of
    them delivered; where that is so of most, they are counted and not drawn. The title never says who is faster: these medians have
    no interval. Of vendors with fewer than 20 lines it says nothing; those without a delivery are counted in the subtitle, too.

    Parameters
    ----------
    top : vendors to draw, of those with most lines

    Examples
    --------
    >>> from makini_analytics import lead_times, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "a"], "order_date": pd.to_datetime(["2025-01-01", "2025-01-03"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-05", "2025-01-13"])})
    >>> print(style.alt_text(lead_times.plot_by_vendor(lines, as_of="2025-01-31")))
    Too few lines to tell how long they take: 2 lines. Lead time in days: median (dot) to p90 (bar); open lines counted as open; grey: fewer than 20 lines.
    a: 4 – 10 days
    """
    result: pd.DataFrame = data
    columns = charts.group_columns(result, "n_lines")
    ordered: pd.DataFrame = result[result["n_lines"] > 0]
    # A vendor without a delivery has neither dot nor bar: it is counted; the table has it, with its number of open lines.
    came = ordered[ordered["n_delivered"] > 0]
    if not len(came):
        return charts.no_data(ax, "lead times by vendor", result, title=none_came(result))
    told, rows = came[came["median_days"].notna()], came.head(top)
    reasons = {"without a delivery": ordered[ordered["n_delivered"] == 0]}
    only_told = len(came) > 1 and int(rows["median_days"].notna().sum()) * 2 < len(rows)
    if only_told:  # a dozen rows that say the same are one sentence
        rows, untold = told.head(top), came.drop(told.index)
        reasons[f"not {'yet ' * bool(untold['n_open'].any())}estimable"] = untold
    undrawn = _undrawn(ordered.drop(rows.index), reasons, columns)
    if not len(rows):
        headline = title or _spread(ordered, rows, [], columns)
        return charts.no_data(ax, f"lead time in days{undrawn}", result, title=headline, said="Not estimable")
    rows = rows.sort_values("median_days", na_position="last", kind="stable")
    places = [[i] for i in result.index.get_indexer(rows.index)]
    several = charts.plural(charts.row_noun(columns))
    names = charts.group_labels(rows, columns, 32, among=result)
    ax = charts.axes(ax, rows=len(rows))
    charts.name_rows(ax, [f"{n}  n={charts.number(k)}" for n, k in zip(names, rows["n_lines"], strict=True)])
    for i, row in enumerate(rows.to_dict("records")):
        _median_to_p90(ax, i, row)
    far = float(np.nanmax([1.0, rows[["median_days", "p90_days"]].max().max()]))
    ax.set_xlim(0, far * 1.02)
    ax.set_xlabel(
        f"{days_of(result)} from {start_of(result)} to {end_of(result)}", color=charts.look.muted, fontsize=9.5
    )
    few = "; grey: fewer than 20 lines" if (rows["n_lines"] < charts.SMALL_N).any() else ""
    fewer = len(rows) < len(told if only_told else came)
    most = f", {charts.with_most(len(rows), several)}{' of those with a median' * only_told}" if fewer else ""
    which = f"{most}, shortest median first" if len(rows) > 1 else ""
    sub = f"Lead time in days: median (dot) to p90 (bar){which}; open lines counted as open{few}{undrawn}"
    alt = "; ".join(f"{n}: {t.get_text()}" for n, t in zip(names, ax.texts, strict=True))
    headline = title or _spread(ordered, rows, names, columns)
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, bars=places)


def _median_to_p90(ax: Axes, y: int, row: dict[Any, Any]) -> None:
    middle, ninth = row["median_days"], row["p90_days"]
    if pd.notna(middle) and pd.notna(ninth):
        ax.plot([middle, ninth], [y, y], color=charts.look.rest, lw=6, solid_capstyle="round", zorder=1)
    few = row["n_lines"] < charts.SMALL_N
    # the axis ends at the last mark, which is drawn whole
    ax.plot(middle, y, "o", color=charts.look.plain if few else charts.look.highlight, ms=8, zorder=3, clip_on=False)
    ax.plot(ninth, y, "|", color=charts.look.ink, ms=12, mew=2, zorder=3, clip_on=False)
    # where nothing is open any more, waiting does not help
    text = "not yet estimable" if row["n_open"] else "not estimable"
    if pd.notna(middle):
        later = "p90 not yet" if row["n_open"] else "no p90"
        text = f"{charts.number(middle)}" + (
            f" – {charts.number(ninth)} days" if pd.notna(ninth) else f" days; {later}"
        )
    # Behind the mark that is furthest to the right; at zero where there is none.
    end = next((v for v in (ninth, middle) if pd.notna(v)), 0)
    charts.beside(ax, text, (end, y), (9, 0))


def _undrawn(rest: pd.DataFrame, reasons: dict[str, pd.DataFrame], columns: list[str]) -> str:
    """Return how many are not drawn, and how many of them for which reason; those without one have fewer lines."""
    n, why = charts.n_named(rest, columns), {w: charts.n_named(rows, columns) for w, rows in reasons.items()}
    why = {w: k for w, k in why.items() if k}
    if not why:
        return ""
    all_of_them = charts.counted(n, charts.row_noun(columns))
    if list(why.values()) == [n]:
        return f"; not drawn: {all_of_them} {next(iter(why))}"
    first, *more = (f"{charts.number(k)} of them {w}" for w, k in why.items())
    return f"; not drawn: {', '.join([all_of_them, first, *(m.replace(' of them', '') for m in more)])}"


def _spread(ordered: pd.DataFrame, rows: pd.DataFrame, names: list[str], columns: list[str]) -> str:
    """Return how far the medians lie apart, without a word on who is faster: they have no interval here.

    It speaks of those of the drawn rows that have enough lines; where they are none, or one, of all that have been ordered from.
    """
    several, of = charts.plural(charts.row_noun(columns)), charts.n_named(ordered, columns)
    if len(ordered) == 1:
        middle, n = ordered["median_days"].iloc[0], ordered["n_lines"].iloc[0]
        if n < charts.SMALL_N:
            return f"Too few lines to tell how long they take: {charts.counted(n, 'line')}"
        if pd.isna(middle):
            return f"The median lead time is not {'yet ' if ordered['n_open'].iloc[0] else ''}estimable"
        return f"Half of the lines take up to {charts.number(middle)} days"
    has = (ordered["n_lines"] >= charts.SMALL_N) & ordered["median_days"].notna()
    drawn = has[rows.index].to_numpy(dtype=bool)
    enough = rows.loc[drawn, "median_days"]
    if not len(enough):
        none = f"none of {charts.number(of)} {several}" if of > 1 else "none"
        return f"Too few lines have come to tell: {none} has {charts.SMALL_N} lines and a median"
    if len(enough) == 1:
        name, days = names[int(drawn.argmax())], charts.number(enough.iloc[0])
        # others that are not drawn have enough, too, or it is what has no vendor, which is none of those that are counted
        if has.sum() > 1 or not charts.n_named(rows[drawn], columns):
            return f"Half of the lines of {name} take up to {days} days"
        half = f"Half of the lines of one of {charts.number(of)} {several} take up to {days} days"
        return f"{half}; of the other{'s' if of > 2 else ''} too few have come to tell"
    low, high, n = (
        f"{charts.number(enough.min())}",
        f"{charts.number(enough.max())}",
        charts.number(charts.n_named(rows[drawn], columns)),
    )
    if low == high:  # as they are printed: 12.1 and 12.4 days are no difference to a reader
        return f"No clear difference: the median lead time is {low} days at each of {n} {several}"
    return f"Median lead times lie between {low} and {high} days, among {n} {several}"
