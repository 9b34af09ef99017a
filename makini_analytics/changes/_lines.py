"""The lines behind each effect: what they were, what they are, and what was edited."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import values
from ._kinds import EFFECTS, Kinds
from ._parts import Parts
from ._sides import NAMES, Ints, Sides


def lines_behind(parts: Parts, sides: Sides, kinds: Kinds) -> pd.DataFrame:
    """Return one row per line and effect, by group and effect."""
    moved = parts.moved.sort_values(["group", "kind", "line"], kind="stable", ignore_index=True)
    line, kind, group = (moved[c].to_numpy() for c in ("line", "kind", "group"))
    keys = parts.groups.keys.iloc[group].reset_index(drop=True)
    # the later row names the line, and the earlier one where it is gone
    row = np.where(sides.after[line] >= 0, sides.after[line], sides.before[line])
    names = {c: values(sides.both, c, "string").iloc[row].array for c in NAMES if c not in keys}
    sums = {c: keys[c] for c in ("currency",) if c in keys}
    ends = [_of_line(parts, moved[side].to_numpy(), group) for side in ("first", "last")]
    return keys.drop(columns="currency", errors="ignore").assign(
        **names,
        **sums,
        effect=pd.array(EFFECTS, dtype="string").take(kind.astype(np.intp)),
        value=moved["value"],
        before=ends[0],
        after=ends[1],
        changed=_changed(sides, kinds, line, kind),
    )


def _of_line(parts: Parts, state: Ints, group: Ints) -> npt.NDArray[np.float64]:
    """Return what a line is in one state, where it is one of the group."""
    shown = parts.measure.of_line(parts.states.mark[state], parts.states.amount[state])
    return np.where(parts.group[state] == group, shown, np.nan)


def _changed(sides: Sides, kinds: Kinds, line: Ints, kind: Ints) -> Any:
    """Return what was edited of each line, in words."""
    said = np.full(len(line), "", dtype=object)
    for name, differs in kinds.differs.items():
        of = np.broadcast_to(kinds.of_column[name], len(sides))
        rows = np.flatnonzero(differs[line] & (of[line] == kind))
        if len(rows):
            old, new = (_words(sides.both[name], ends[line[rows]]) for ends in (sides.before, sides.after))
            between = np.where(said[rows] == "", "", "; ")
            said[rows] = said[rows] + between + f"{name} " + old + " -> " + new
    return pd.Series(said, dtype="string").replace("", pd.NA).array


def _words(column: pd.Series, rows: Ints) -> npt.NDArray[np.object_]:
    """Return some values of a column as text.

    >>> _words(pd.Series([10.0, 2.5, np.nan]), np.arange(3)).tolist()
    ['10', '2.5', 'none']
    """
    taken = column.iloc[rows]
    if taken.dtype.kind == "M":
        text = taken.dt.strftime("%Y-%m-%d")
    elif taken.dtype.kind == "f":
        text = taken.map("{:.15g}".format, na_action="ignore")
    else:
        text = taken
    words: npt.NDArray[np.object_] = text.astype(object).where(taken.notna(), "none").to_numpy()
    return words
