"""How far a figure depends on how it is counted, and whether its ranking does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..compute import spans
from ..errors import one_of
from ..system import flag_of, number_of
from ._outcomes import Floats, Outcomes, name_of, outcomes_of
from ._rankings import leaders, named, parts_of, ranks_of, same_order_share

SUMMARIES = ("group", "combination", "choice")


def sensitivity(
    f: Callable[..., pd.DataFrame],
    lines: Any,
    choices: Mapping[str, Any],
    *,
    value: str | None = None,
    top: int = 5,
    ascending: bool = False,
    per: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """The same figure under every combination of choices: how far each group's value swings, and whether the ranking survives.

    The figure is computed anew under each combination of the choices, and looked at is one of its columns. The first value of each
    choice is the usual one, and so is the first combination: the others are held against it. A swing is the highest minus the
    lowest value; that of a choice is taken over its values, the other choices held, as in ``slippage.swings``.

    Ranked is the largest value first, currency by currency. Equal values stand in the figure's own order under every combination,
    so that a tie is never a change. Lines that name no vendor are no vendor, and have no rank. ``same_order_share`` is the share of
    pairs of groups that stand in the same order as usual: 1 is the same ranking, 0 the reverse, 0.5 what chance gives (Kendall's
    tau is twice that, minus 1).

    A value that the figure refuses leaves its combinations without values; ``refused`` has the figure's words. What counts and what
    is left out is told of the usual combination; ``per="combination"`` has the numbers of each.

    Parameters
    ----------
    f : a figure such as ``spend.by_vendor``, or any function that takes lines and gives a frame with a row per group
    lines : what the figure takes, DataFrame of one row per order line for most
    choices : name of an option to the values to compare, as ``{"basis": ["ordered", "received"], "late_days": [0, 3]}``; or to a
        mapping of labels to values. Any other name stands for a change of the lines: a mapping of labels to functions that take lines
        and give lines, None for the lines as they are; they are applied in the order given
    value : column of the figure to look at; by default its first one that is no count
    top : how many of the first are held against the usual ranking
    ascending : True ranks the smallest value first
    per : None, or one of the summaries "group", "combination" and "choice"
    options : options of the figure that are the same under all combinations, such as ``by="category"``, ``currency="EUR"``

    Returns
    -------
    DataFrame, one row per combination and group, in the order of the choices; groups in the order of the figure
        a column per choice : boolean, float (None is missing) or string, the value or its label
        combination : int, from 0, the first
        the columns of the figure that name a group
        the column of ``value`` : float; missing where the figure has no such group, or no value
        rank : Int64, from 1; refused : string, missing unless the figure refused this combination
    or, per "group", one row per group
        the columns that name it; usual, lowest, highest, swing : float; n_combinations : int, those with a value
        rank : Int64, the usual one; best_rank, worst_rank : Int64
        moved_by : string, the choice with the largest swing on average; missing where none moves it
    or, per "combination", one row per combination (and currency)
        the choices and combination, as above; currency : string, where the figure has amounts
        the columns that name the first group; the column of ``value``, its value; n_groups : int, that are ranked
        same_first, same_top : boolean, the first group, and the first ``top`` in their order, are the usual ones
        same_order_share : float, 0..1; missing where fewer than two groups have a value under both
        n_lines, n_left_out : Int64, lines that count and that don't, where the figure tells; refused : string
    or, per "choice", one row per choice of which several values were compared (and currency), the largest swing first
        choice : string; currency : string, as above; swing, largest : float, mean and largest over groups and settings
        the columns that name the group with the largest

    Raises
    ------
    OptionError
        A choice or an option that the figure does not have, with the near names.
    ConfigError
        A choice without values; one that decides which groups there are, as ``by`` and ``freq``.
    SchemaError
        The figure gives several rows for a group, or no number.
    MakiniError
        The figure refused every combination: its own error of the first one.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({"vendor_id": ["a", "a", "b"], "required_date": pd.Timestamp("2025-01-10"),
    ...                       "delivered_date": pd.to_datetime(["2025-01-08", "2025-01-15", "2025-01-12"])})
    >>> choices = {"late_days": [0, 3]}
    >>> ma.sensitivity(slippage.by_vendor, lines, choices, as_of="2025-01-31")[["late_days", "vendor_id", "on_time_rate", "rank"]]
       late_days vendor_id  on_time_rate  rank
    0        0.0         a           0.5     1
    1        0.0         b           0.0     2
    2        3.0         a           0.5     2
    3        3.0         b           1.0     1
    >>> ma.sensitivity(slippage.by_vendor, lines, choices, per="group", as_of="2025-01-31")[["vendor_id", "usual", "swing", "worst_rank"]]
      vendor_id  usual  swing  worst_rank
    0         a    0.5    0.0           2
    1         b    0.0    1.0           2
    """
    if per is not None:
        one_of("per", per, SUMMARIES)
    flag_of("ascending", ascending)
    top = int(number_of("top", top, low=1, whole=True))
    outcomes = outcomes_of(f, lines, choices, value, options)
    ranks = ranks_of(outcomes, ascending)
    by_combination = per_combination(outcomes, ranks, top)
    if per == "combination":
        result = by_combination
    elif per == "group":
        result = per_group(outcomes, ranks)
    elif per == "choice":
        result = per_choice(outcomes)
    else:
        result = _rows(outcomes, ranks)
    usual = outcomes.about[outcomes.usual]
    told = {
        "figure": name_of(f),
        "choices": {n: list(v) for n, v in choices.items()},
        "value": outcomes.name,
        "top": top,
        "ascending": ascending or None,
        "per": per,
    }
    of_figure = {k: v for k, v in usual.get("parameters", {}).items() if k not in choices}
    nothing = {"included": {"n_lines": 0, "value": {}}, "excluded": []}
    result.attrs = nothing | usual | {
        "metric": "sensitivity",
        "parameters": {k: v for k, v in (told | of_figure).items() if v is not None},
        "notes": _notes(outcomes, by_combination, top),
    }  # fmt: skip
    return result


def _rows(outcomes: Outcomes, ranks: Floats) -> pd.DataFrame:
    n, k = outcomes.values.shape
    ways = np.repeat(np.arange(n), k)
    out = outcomes.choices.iloc[ways].reset_index(drop=True)
    out["combination"] = ways
    keys = outcomes.keys.iloc[np.tile(np.arange(k), n)].reset_index(drop=True)
    out = pd.concat([out, keys], axis=1)
    out[outcomes.name] = outcomes.values.ravel()
    out["rank"] = _places(ranks.ravel())
    out["refused"] = pd.array(outcomes.refused, dtype="string").take(ways)
    return out


def per_group(outcomes: Outcomes, ranks: Floats) -> pd.DataFrame:
    value, usual = pd.DataFrame(outcomes.values), outcomes.usual
    out = outcomes.keys.copy()
    out["usual"] = outcomes.values[usual]
    out["lowest"], out["highest"] = value.min(), value.max()
    out["swing"] = out["highest"] - out["lowest"]
    out["n_combinations"] = value.notna().sum().astype(np.int64)
    out["rank"] = _places(ranks[usual])
    out["best_rank"], out["worst_rank"] = _places(pd.DataFrame(ranks).min()), _places(pd.DataFrame(ranks).max())
    swings = _spans(outcomes).groupby(["group", "choice"], sort=False)["span"].mean()
    moves = swings[swings > 0].reset_index().sort_values("span", ascending=False, kind="stable")
    strongest = moves.drop_duplicates("group").set_index("group")["choice"]
    out["moved_by"] = strongest.reindex(range(len(out))).astype("string").array
    return out


def per_combination(outcomes: Outcomes, ranks: Floats, top: int) -> pd.DataFrame:
    usual, known, parts = outcomes.usual, named(outcomes.keys), []
    for name, all_groups in parts_of(outcomes.keys):
        groups = all_groups[known[all_groups]]
        before = leaders(ranks[usual], groups, top)
        rows: list[dict[str, Any]] = []
        firsts: list[int] = []
        for i, value in enumerate(outcomes.values):
            there = leaders(ranks[i], groups, top)
            firsts.append(there[0] if there else -1)
            rows.append({
                outcomes.name: value[there[0]] if there else np.nan,
                "n_groups": int((~np.isnan(value[groups])).sum()),
                "same_first": there[:1] == before[:1] if there else None,
                "same_top": there == before if there else None,
                "same_order_share": same_order_share(outcomes.values[usual, groups], value[groups]),
            })  # fmt: skip
        out = outcomes.choices.assign(combination=np.arange(len(rows)))
        if "currency" in outcomes.keys:
            out["currency"] = pd.array([name] * len(out), dtype="string")
        keys = outcomes.keys.drop(columns="currency", errors="ignore")
        # -1 is the last row, which has nothing: no group is first where none has a value
        first = keys.reindex([*keys.index, -1]).iloc[firsts].reset_index(drop=True)
        parts.append(pd.concat([out, first, pd.DataFrame(rows)], axis=1).assign(**_told(outcomes)))
    whole = pd.concat(parts or [outcomes.choices.iloc[:0]], ignore_index=True)
    return whole.astype({c: "boolean" for c in ("same_first", "same_top") if c in whole})


def _told(outcomes: Outcomes) -> dict[str, Any]:
    """Return how many lines count under each combination and how many don't, and what was refused."""
    counted = [a["included"]["n_lines"] if "included" in a else None for a in outcomes.about]
    left = [sum(e["n_lines"] for e in a["excluded"]) if "excluded" in a else None for a in outcomes.about]
    return {
        "n_lines": pd.array(counted, dtype="Int64"),
        "n_left_out": pd.array(left, dtype="Int64"),
        "refused": pd.array(outcomes.refused, dtype="string"),
    }


def per_choice(outcomes: Outcomes) -> pd.DataFrame:
    every, parts = _spans(outcomes), []
    for name, groups in parts_of(outcomes.keys):
        mine = every[every["group"].isin(groups)]
        of = mine.groupby("choice", sort=False)["span"]
        out = of.agg(swing="mean", largest="max").reset_index()
        largest = mine["group"].loc[of.idxmax()].to_numpy()
        if "currency" in outcomes.keys:
            out["currency"] = pd.array([name] * len(out), dtype="string")
            out = out[["choice", "currency", "swing", "largest"]]
        keys = outcomes.keys.drop(columns="currency", errors="ignore").iloc[largest].reset_index(drop=True)
        parts.append(pd.concat([out, keys], axis=1).sort_values("swing", ascending=False, kind="stable"))
    return pd.concat(parts, ignore_index=True)


def _spans(outcomes: Outcomes) -> pd.DataFrame:
    """Return how far each choice moves each group, the other choices held."""
    names, k = list(outcomes.choices), len(outcomes.keys)
    # numbers in place of the values, which would have to be told apart for every row
    codes = [pd.factorize(outcomes.choices[c], use_na_sentinel=False)[0] for c in names]
    table = pd.DataFrame({str(j): np.repeat(c, k) for j, c in enumerate(codes)})
    table["group"], table["value"] = np.tile(np.arange(k), len(outcomes.choices)), outcomes.values.ravel()
    out = spans(table, [str(j) for j in range(len(names))], "value", ["group"])
    return out.assign(choice=out["choice"].map({str(j): n for j, n in enumerate(names)}).astype("string"))


def _notes(outcomes: Outcomes, by_combination: pd.DataFrame, top: int) -> list[str]:
    notes = [f"Usual is {outcomes.ways[outcomes.usual]}; what counts and what is left out is told of it."]
    k = len(outcomes.refused)
    for i, (name, _) in enumerate(parts_of(outcomes.keys)):
        rows = by_combination.iloc[i * k : (i + 1) * k]
        if n := int(rows["same_first"].notna().sum()):
            within = f" in {'no currency' if pd.isna(name) else name}" if "currency" in outcomes.keys else ""
            first, order = int(rows["same_first"].sum()), int(rows["same_top"].sum())
            notes.append(
                f"Of {n} combinations the first{within} is as usual under {first}, the first {top} under {order}."
            )
    said = pd.Series(outcomes.refused, dtype="string").value_counts()
    return notes + [f"Refused, {n} of {len(outcomes.refused)} combinations: {why}" for why, n in said.items()]


def _places(ranks: Any) -> Any:
    return pd.array(np.asarray(ranks, dtype=float), dtype="Int64")
