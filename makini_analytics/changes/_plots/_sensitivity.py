"""How far a figure depends on how it is counted: the range of each group, and whether the ranking survives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ... import charts
from ...errors import OptionError, SchemaError
from ...system import number_of
from .._outcomes import Outcomes
from .._sensitivity import per_choice, per_combination, per_group, sensitivity

_WORDS = {
    "hhi": "HHI",
    "on_time_rate": "on-time rate",
    "on_time_low": "on-time rate (lower end of the interval)",
    "otif_rate": "OTIF rate",
    "median_days": "median lead time",
}
#: Choices in the words of a title, and what their None stands for; others go by their names.
_CHOICES = {
    "abc": ("limits of the classes", ""),
    "basis": ("basis", ""),
    "by": ("groups", ""),
    "calendar": ("calendar", "calendar days"),
    "cluster": ("lines that hang together", "none"),
    "due": ("due date", ""),
    "early_days": ("days allowed early", "any"),
    "end": ("end", ""),
    "intercompany": ("own companies left out", "none"),
    "late_days": ("days allowed late", ""),
    "open_lines": ("open lines", ""),
    "start": ("start", ""),
    "under_share": ("share that may lack", ""),
    "weight": ("weight", ""),
}


def plot_sensitivity(
    f: Any,
    lines: Any = None,
    choices: Mapping[str, Any] | None = None,
    *,
    value: str | None = None,
    top: int = 5,
    ascending: bool = False,
    ax: Axes | None = None,
    title: str | None = None,
    rows: int = 12,
    **options: Any,
) -> Axes:
    """Draw how far each group's value swings with how it is counted, and say whether the ranking survives.

    A row for each of the first groups: the bar goes from the lowest to the highest value, with a thin line at the value under each
    combination and a dot at the usual one, which is the first. Beside it both ends, and the places that the group takes. In the
    highlight colour those of the first ``top`` that don't keep their place. Of a single group every combination is drawn in
    rising order, and how far each choice moves it, as in ``slippage.plot_ladder``.

    Parameters
    ----------
    f : the figure, as in `sensitivity`; or what `sensitivity` gave, one row per combination and group, alone
    lines, choices, value, top, ascending, options : as in `sensitivity`
    ax : axes to draw on; a figure of its own by default
    title : instead of the finding
    rows : groups to draw, the first ones of the usual ranking, 1 to 30

    Returns
    -------
    Axes

    Raises
    ------
    OptionError
        An option of the figure beside a finished result; one that the figure does not have.
    MixedCurrencyError
        The amounts are in several currencies.
    MakiniError
        As in `sensitivity`.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> from makini_analytics import slippage, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "a", "b"], "required_date": pd.Timestamp("2025-01-10"),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", "2025-01-12"])})
    >>> ax = ma.plot_sensitivity(slippage.by_vendor, lines, {"late_days": [0, 3]}, as_of="2025-01-31")
    >>> style.alt_text(ax).partition(". ")[0]
    'a is first under 1 of 2 ways to count; the order of all 2 holds under no other'
    >>> print(style.alt_text(ax).splitlines()[-1])
    a: 50 %, place 1 to 2; b: 0 % to 100 %, place 1 to 2
    """
    count = int(number_of("rows", rows, low=1, high=30, whole=True))
    top = int(number_of("top", top, low=1, whole=True))
    result = _rows_of(f, lines, choices, value, ascending, options)
    outcomes = Outcomes.of(result)
    name = outcomes.name
    unit = charts.one_currency(result) if "currency" in outcomes.keys else None
    what = _WORDS.get(name, name.removesuffix("_share").replace("_", " "))
    columns = [str(c) for c in outcomes.keys if c != "currency"]
    if np.isnan(outcomes.values).all():
        return charts.no_data(ax, f"{what} under other choices", result)
    say = _saying(charts.kind_of(name, result[name]), unit, outcomes.values)
    ranks = result["rank"].to_numpy(dtype=float, na_value=np.nan).reshape(outcomes.values.shape)
    about = per_group(outcomes, ranks)
    among = _listed([_choice(c) for c in outcomes.compared]) or "one combination"
    usual = _way(outcomes.choices.iloc[outcomes.usual])
    n_refused = sum(why is not None for why in outcomes.refused)
    of_all = charts.counted(len(outcomes.refused), "combination")
    apart = f"; refused: {charts.number(n_refused)} of {of_all}" if n_refused else ""
    if len(about) == 1:
        return _one_group(outcomes, say, unit, what, result, ax, title, f"{among}; as usual: {usual}{apart}")
    noun = charts.row_noun(columns)
    drawn = about.sort_values("rank", kind="stable", na_position="last").head(count)
    n = int((~np.isnan(outcomes.values).all(axis=1)).sum())  # combinations with a value
    stays = (
        (drawn["best_rank"] == drawn["rank"]) & (drawn["worst_rank"] == drawn["rank"]) & (drawn["n_combinations"] == n)
    )
    highlighted = ((drawn["rank"] <= top) & ~stays).fillna(False).to_numpy(dtype=bool)
    names = charts.group_labels(drawn.reset_index(drop=True), columns, 34)
    drawn = _shared(drawn, outcomes)
    texts = [_said(row, say, unit, n) for row in drawn.to_dict("records")]
    ax = charts.axes(ax, rows=len(drawn))
    _ranges(ax, outcomes.values[:, drawn.index.to_numpy()], drawn, highlighted, texts)
    charts.name_rows(ax, names)
    of = f", {len(drawn)} of {charts.counted(len(about), noun)}" if len(drawn) < len(about) else ""
    marked = f"; highlighted: of the first {top}, those whose place changes" if highlighted.any() else ""
    head = f"{_capital(what)} by {noun}{f', {unit}' if unit else ''}{of}"
    sub = f"{head}; bar: lowest to highest over {among}; dot: as usual, {usual}{marked}{apart}"
    headline = title or _finding(outcomes, ranks, top, noun, columns)
    alt = "; ".join(f"{n}: {t}" for n, t in zip(names, texts, strict=True))
    return charts.finish(ax, title=headline, subtitle=sub, result=result, alt=alt, cut=True)


def _rows_of(
    f: Any, lines: Any, choices: Any, value: str | None, ascending: bool, options: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the rows that are to be drawn: those that were given, or those of the figure."""
    if not isinstance(f, pd.DataFrame):
        return sensitivity(f, lines, choices or {}, value=value, ascending=ascending, **options)
    given = {"lines": lines, "choices": choices, "value": value, "ascending": ascending or None}
    if asked := [n for n, v in given.items() if v is not None] + list(options):
        raise OptionError(
            f"plot_sensitivity() was given a result, which {asked[0]}= can't change any more: pass it to sensitivity"
        )
    if not {"combination", "rank", "refused"} <= set(f.columns):
        raise SchemaError("plot_sensitivity takes a figure, lines and choices, or what sensitivity gave without per=")
    return f


def _saying(kind: charts.Kind, unit: str | None, values: np.ndarray[Any, Any]) -> Callable[[float], str]:
    """Return how a value of this kind reads."""
    if kind == "share":
        return charts.percent
    if kind == "money":
        return lambda value: charts.money(value, unit)
    if kind == "price":
        return lambda value: f"{charts.price(value)} {unit or ''}".strip()
    if kind == "days":
        known = values[~np.isnan(values)]
        decimals = int((known % 1 > 0).any())
        return lambda value: f"{charts.number(value, decimals)} days"
    return charts.figures


def _said(row: Mapping[Any, Any], say: Callable[[float], str], unit: str | None, n: int) -> str:
    """Return both ends of a group's range, its places, and under how many combinations it has a value, if not all."""
    if np.isnan(row["lowest"]):
        return "no value"
    ends = _ends(row["lowest"], row["highest"], say, unit)
    if pd.isna(row["best_rank"]):
        return ends
    best, worst = charts.number(row["best_rank"]), charts.number(row["worst_rank"])
    place = f"place {best}{', shared' if row['shared'] else ''}" if best == worst else f"place {best} to {worst}"
    within = f", in {charts.number(row['n_combinations'])} of {charts.number(n)}" if row["n_combinations"] < n else ""
    return f"{ends}, {place}{within}"


def _shared(drawn: pd.DataFrame, outcomes: Outcomes) -> pd.DataFrame:
    """Return the rows with one place for groups that are equal under every combination: who comes first among them is no finding."""
    code = pd.factorize(pd.MultiIndex.from_arrays(outcomes.values[:, drawn.index.to_numpy()]))[0]
    places = ["rank", "best_rank", "worst_rank"]
    return drawn.assign(**drawn.groupby(code)[places].transform("min"), shared=np.bincount(code)[code] > 1)


def _choice(name: str) -> str:
    return _CHOICES.get(name, (name.replace("_", " "), ""))[0]


def _way(choices: pd.Series) -> str:
    """Return a combination in words, such as "days allowed late 0, days: calendar days"."""
    said = []
    for name, value in choices.items():
        none = _CHOICES.get(str(name), ("", ""))[1] or "none"
        text = none if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value)
        said.append(f"{_choice(str(name))} {text}" if _choice(str(name)) not in text else text)
    return ", ".join(said)


def _ends(lowest: float, highest: float, say: Callable[[float], str], unit: str | None) -> str:
    """Return both ends of a range, the unit once; one of them where they read alike."""
    low, high = say(lowest), say(highest)
    return high if low == high else f"{low.removesuffix(' days').removesuffix(f' {unit}')} to {high}"


def _ranges(
    ax: Axes, values: np.ndarray[Any, Any], drawn: pd.DataFrame, highlighted: np.ndarray[Any, Any], texts: list[str]
) -> None:
    low, high = min(0.0, float(np.nanmin(values))), float(np.nanmax(values))
    for i, (row, text) in enumerate(zip(drawn.to_dict("records"), texts, strict=True)):
        colour = charts.look.highlight if highlighted[i] else charts.look.rest
        ax.hlines(i, row["lowest"], row["highest"], color=colour, lw=9)
        ax.plot(values[:, i], np.full(len(values), i), "|", color=colour, ms=13, mew=1)
        ax.plot(row["usual"], i, "o", color=charts.look.ink, mec=charts.look.paper, ms=7, zorder=3)
        at = row["highest"] if not np.isnan(row["highest"]) else low
        charts.beside(ax, text, (at, i), (9, 0))
    ax.set_xlim(low, high + 0.02 * ((high - low) or 1.0))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def _one_group(
    outcomes: Outcomes, say: Callable[[float], str], unit: str | None, what: str, result: pd.DataFrame, ax: Axes | None,
    title: str | None, among: str,
) -> Axes:  # fmt: skip
    """Draw a single value under every combination, and how far each choice moves it."""
    kind, swings = charts.kind_of(outcomes.name, result[outcomes.name]), per_choice(outcomes)

    def say_swing(swing: float) -> str:
        if kind == "share":
            return f"{charts.number(swing * 100, 1)} points"
        return f"{charts.number(swing, 1)} days" if kind == "days" else say(swing)

    ax = charts.axes(ax, rows=8)
    value, usual = outcomes.values[:, 0], outcomes.usual
    charts.every_way(
        ax, np.concatenate([value[[usual]], np.delete(value, usual)]), [_choice(c) for c in swings["choice"]], swings["swing"].tolist(),
        say=say, say_swing=say_swing, whole=1.0 if kind == "share" else None, what="value",
    )  # fmt: skip
    low, high = float(np.nanmin(value)), float(np.nanmax(value))
    moved = [_choice(c) for c in swings[swings["swing"] > 0]["choice"]] if say(low) != say(high) else []
    under = f" under {_all(int((~np.isnan(value)).sum()))}" if say(low) == say(high) else ""
    most = f"; what moves it most: {moved[0]}" if moved else ""
    headline = f"{_capital(what)} is {_ends(low, high, say, unit)}{under}{most}"
    alt = "; ".join(f"{_choice(c)} {say_swing(s)}" for c, s in zip(swings["choice"], swings["swing"], strict=True))
    return charts.finish(ax, title=title or headline, subtitle=f"{_capital(what)} over {among}", result=result, alt=alt)


def _finding(outcomes: Outcomes, ranks: np.ndarray[Any, Any], top: int, noun: str, columns: list[str]) -> str:
    """Return under how many ways to count the first one, and the order of the first ones, are as usual."""
    by = per_combination(outcomes, ranks, top)
    by = by[by["same_first"].notna()]
    n, first, same = len(by), int(by["same_first"].sum()), int(by["same_top"].sum())
    ranked = int((~np.isnan(ranks[outcomes.usual])).sum())
    several = f"all {charts.number(ranked)}" if ranked <= top else f"the first {charts.number(top)}"
    if not n:
        return f"The {noun} of all lines is unknown"
    leader = by[by["combination"] == outcomes.usual].reset_index(drop=True)
    name = charts.group_labels(leader, columns, charts.IN_TITLE)[0]
    if n == 1:
        return f"{name} is first; no other way to count gives a figure"
    there = outcomes.values[:, ~np.isnan(ranks[outcomes.usual])]
    if ranked > 1 and (there == there[:, :1]).all():
        alike = (
            f"all {charts.number(ranked)} {charts.plural(noun)} are equal"
            if ranked > 2
            else f"both {charts.plural(noun)} are equal"
        )
        return f"No order to compare: {alike} under {_all(n)}"
    if same == n:
        return f"The ranking of {several} {charts.plural(noun)} holds under {_all(n)}"
    of = _all(n) if first == n else f"{charts.number(first)} of {charts.number(n)} ways to count"
    return f"{name} is first under {of}; the order of {several} holds under {charts.number(same) if same > 1 else 'no other'}"


def _all(n: int) -> str:
    return "both ways to count" if n == 2 else f"all {charts.number(n)} ways to count" if n > 1 else "one way to count"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
