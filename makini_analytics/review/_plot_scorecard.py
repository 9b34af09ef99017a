"""The scorecard as small multiples: a row for each vendor, a column for each figure, and where it got better or worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .. import charts
from ..compute import By
from ..errors import ConfigError, OptionError
from ..system import known_options
from ._scorecard import scorecard
from ._trend import BETTER, SAME, WORSE

#: Vendors that can be told apart on one slide.
_MOST = 20
_MARKS = {BETTER: "^", WORSE: "v", SAME: "o"}


def _money(value: float) -> str:
    return charts.money(value) if abs(value) >= 1000 else charts.number(value)


def _rate(value: float) -> str:
    return charts.percent(value)


def _days(value: float) -> str:
    return f"{charts.number(value)} d"


def _change(value: float) -> str:
    return charts.with_plus(value, f"{charts.number(value * 100, 1)} %")


@dataclass(frozen=True)
class _Panel:
    """One figure: its head, its column, which trend is its own, and how it is told."""

    head: str
    column: str
    trend: str | None
    say: Callable[[float], str]
    span: tuple[str, str] | None = None  # columns between which a bar is drawn


_PANELS = (
    _Panel("Spend", "spend", None, _money),
    _Panel("Prices", "price_change", "price", _change),
    _Panel("On time", "on_time_rate", "on_time", _rate, ("on_time_low", "on_time_high")),
    _Panel("OTIF", "otif_rate", "otif", _rate),
    _Panel("Lead time", "median_days", "median", _days),
    _Panel("Its p90", "p90_days", "p90", _days),
    _Panel("Cancelled", "cancelled_rate", "cancelled", _rate),
    _Panel("Overdue", "overdue_value", None, _money),
)


@known_options
def plot_scorecard(
    data: Any,
    *,
    by: By = "vendor",
    since: Any = None,
    until: Any = None,
    currency: str | None = None,
    as_of: Any = None,
    ax: Axes | None = None,
    title: str | None = None,
    top: int = 12,
) -> Axes:
    """Draw the scorecard as small multiples: a row for each vendor, a column for each figure, all on the scale of their column.

    An upright triangle is better than in the period before, one that points down worse, each by more than chance; a grey dot is no
    clear difference, a hollow one was not tested. Bars are amounts; the line through an on-time rate is its 95 % interval; lead times
    are the days by which half, and nine tenths, of the lines come.

    Parameters
    ----------
    data : Purchases, or what `scorecard` gave, sorted and cut as you like
    by, since, until, currency, as_of : as in `scorecard`
    ax : axes to draw on; a figure of its own by default
    title : instead of the finding
    top : rows to draw, the first ones of the card, 1 to 20

    Returns
    -------
    Axes

    Raises
    ------
    ConfigError
        ``top`` is out of range; an option of `scorecard` beside a finished card.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> from makini_analytics import style
    >>> ax = ma.plot_scorecard(ma.load_sample(["us"]), currency="USD", top=3)
    >>> style.alt_text(ax).splitlines()[-1].split(";")[0]
    'Great Lakes Bearing Co.: ...'
    """
    if not isinstance(top, int | np.integer) or not 1 <= top <= _MOST:
        raise ConfigError(f"top={top!r}: pass 1 to {_MOST} rows")
    given = {"by": by, "since": since, "until": until, "currency": currency, "as_of": as_of}
    if isinstance(data, pd.DataFrame) and "on_time_trend" in data:
        if wrong := [n for n, v in given.items() if v is not None and (n, v) != ("by", "vendor")]:
            raise OptionError(f"plot_scorecard() was given a scorecard, which {wrong[0]}= can't change any more: pass it to scorecard")  # fmt: skip
        card = data
    else:
        card = scorecard(data, **given)
    rows = card.head(top)
    if not len(rows):
        return charts.no_data(ax, "scorecard", card)
    columns = charts.group_columns(card, "currency")
    names = charts.group_labels(rows, columns, 30, among=card)
    panels = [p for p in _PANELS if rows[p.column].notna().any()]
    ax = charts.axes(ax, rows=len(rows) + 2)
    charts.columns_beside_names(ax, names, len(panels), top=-1.2)
    said: list[list[str]] = [[] for _ in names]
    for k, panel in enumerate(panels):
        _draw(ax, k, panel, rows, said)
    noun = charts.row_noun(columns)
    about = card.attrs.get("parameters", {})
    unit = rows["currency"].iloc[0]
    money = "" if pd.isna(unit) else f", amounts in {unit}"
    period = f"{about['since']} to {about['until']}" if "since" in about else "the period"
    which = f", {len(rows)} of {charts.counted(len(card), noun)}" if len(rows) < len(card) else ""
    sub = f"{period}{which}{money}; ▲ better, ▼ worse than in the period before, ● no clear difference, ○ not tested"
    alt = "; ".join(f"{n}: {', '.join(s)}" for n, s in zip(names, said, strict=True))
    return charts.finish(ax, title=title or _finding(card, noun), subtitle=sub, result=card, alt=alt, bars=[[i] for i in range(len(rows))], columns=len(panels), cut=True)  # fmt: skip


def _draw(ax: Axes, k: int, panel: _Panel, rows: pd.DataFrame, said: list[list[str]]) -> None:
    """Draw one column of the card, and add to each row's words what it says."""
    value = rows[panel.column].to_numpy(dtype=float)
    edges = [value, *(rows[c].to_numpy(dtype=float) for c in panel.span or ())]
    low, high = min(0.0, *(np.nanmin(e) for e in edges)), max(1e-9, *(np.nanmax(e) for e in edges))
    if panel.span:
        high = 1.0

    def at(x: Any) -> Any:
        """Return where a value stands: in the first half of the column, before its words."""
        return k + 0.05 + 0.35 * (x - low) / (high - low)

    ax.text(k + 0.04, -0.85, panel.head, fontsize=9, color=charts.look.muted, va="center")
    trend = rows[f"{panel.trend}_trend"] if panel.trend else pd.Series([None] * len(rows), dtype="string")
    for i, (v, t) in enumerate(zip(value, trend.tolist(), strict=True)):
        if np.isnan(v):
            said[i].append(f"{panel.head.lower()} not known")
            continue
        clear = isinstance(t, str) and t != SAME
        colour = {BETTER: charts.look.highlight, WORSE: charts.look.late}.get(t, charts.look.plain) if isinstance(t, str) else charts.look.plain  # fmt: skip
        if panel.trend is None:
            ax.barh(i, at(v) - at(0.0), left=at(0.0), height=0.44, color=charts.look.rest, lw=0)
        else:
            if panel.span:
                ax.hlines(i, *(at(rows[c].iloc[i]) for c in panel.span), color=charts.look.rest, lw=3)
            known = isinstance(t, str)
            ax.plot(
                at(v),
                i,
                _MARKS[t] if known else "o",
                color=colour,
                mfc=colour if known else charts.look.paper,
                ms=8 if clear else 5,
                zorder=3,
            )
        text = panel.say(v)
        weight = "bold" if clear else "normal"
        ax.text(k + 0.49, i, text, fontsize=8.5, va="center", color=colour if clear else charts.look.ink, fontweight=weight)  # fmt: skip
        said[i].append(f"{panel.head.lower()} {text}{f', {t}' if clear else ''}")


def _finding(card: pd.DataFrame, noun: str) -> str:
    """Return how many got better or worse in something, by more than chance."""
    trends = card[[c for c in card if str(c).endswith("_trend")]]
    tested = trends.notna().any(axis=1)
    worse, better = ((trends == word).fillna(False).any(axis=1) for word in (WORSE, BETTER))
    of = charts.counted(int(tested.sum()), noun)
    if not tested.any():
        return f"Too little to compare: none of {charts.counted(len(card), noun)} has 20 lines in both periods"
    if not worse.any() and not better.any():
        return f"No clear difference from the period before{'' if tested.sum() == 1 else f' at any of {of}'}"
    parts = [
        f"{charts.number(int(x.sum()))} got {word}" for x, word in ((worse, "worse"), (better, "better")) if x.any()
    ]
    return f"Of {of} {' and '.join(parts)} in something, by more than chance"
