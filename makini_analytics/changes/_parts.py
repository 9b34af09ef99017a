"""The part that each effect has in the change of each group, and the lines that it moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import By, Groups, group_lines, one_of_each
from ..frames import Mask, encode, pairs, values
from ._kinds import EFFECTS
from ._measures import Cells, Measure
from ._shapley import shares, steps
from ._sides import Ints
from ._states import Block, States, same

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """The lines that each effect moved, with their part of a sum, and what the groups came to."""

    states: States
    measure: Measure
    groups: Groups
    group: Ints  # of each state; -1 where it doesn't count
    moved: pd.DataFrame  # line, kind, group, value, and the line's states on the two sides: first, last
    shown: Mask  # which groups are shown

    def only(self, groups: Mask) -> Parts:
        """Return the parts of some groups."""
        return replace(self, shown=self.shown & groups, moved=self.moved[groups[self.moved["group"]]])

    def table(self) -> pd.DataFrame:
        """Return one row per group and effect, from before to after."""
        n = len(self.groups)
        kinds = sorted(self.moved["kind"].unique().tolist())
        first, last = (self._ends(i) for i in (0, -1))
        lines = np.zeros((len(kinds) + 2, n), dtype=np.int64)
        lines[0], lines[-1] = first[0], last[0]
        for i, kind in enumerate(kinds, start=1):
            lines[i] = np.bincount(self.moved["group"][self.moved["kind"] == kind], minlength=n)
        value = self._sums(kinds, first[1], last[1]) if self.measure.is_sum else self._figures(kinds)
        names = ["before", *(EFFECTS[kind] for kind in kinds), "after"]
        groups = np.flatnonzero(self.shown)
        keys = self.groups.keys.iloc[np.repeat(groups, len(names))].reset_index(drop=True)
        return keys.assign(
            effect=pd.array(np.tile(names, len(groups)), dtype="string"),
            value=value[:, groups].T.ravel(),
            n_lines=lines[:, groups].T.ravel(),
        )

    def _ends(self, side: int) -> tuple[Ints, Floats]:
        """Return the lines that count in each group on one side, and their amount."""
        n = len(self.groups)
        count, total = np.zeros(n, dtype=np.int64), np.zeros(n)
        for block in self.states.blocks:
            rows = block.state[:, side]
            rows = rows[self.group[rows] >= 0]
            count += np.bincount(self.group[rows], minlength=n)
            total += np.bincount(self.group[rows], weights=self.states.amount[rows], minlength=n)
        return count, total

    def _sums(self, kinds: list[int], first: Floats, last: Floats) -> Floats:
        n = len(self.groups)
        value: list[Floats] = [first]
        for kind in kinds:
            of = self.moved[self.moved["kind"] == kind]
            value.append(np.bincount(of["group"], weights=of["value"], minlength=n).astype(float))
        return np.array([*value, last])

    def _figures(self, kinds: list[int]) -> Floats:
        """Return the figures before and after, and the parts between, from the figure of every state of all lines together."""
        assert self.measure.of_groups is not None
        cells, cell = self._cells()
        n = len(cells.group)
        # what no effect moved is in every state as it is
        still, moving = np.zeros(n + 1), []
        moved = np.zeros(max((int(b.lines.max(initial=-1)) for b in self.states.blocks), default=-1) + 1, dtype=bool)
        moved[self.moved["line"]] = True
        for block in self.states.blocks:
            rows = moved[block.lines]
            still += np.bincount(cell[block.state[~rows, 0]], minlength=n + 1)
            if rows.any():
                moving.append((block.kinds, cell[block.state[rows]]))
        figures = []
        for made in range(2 ** len(kinds)):
            count = still.copy()
            for own, of_state in moving:
                # the state of these lines: changes that they don't have, or that move nothing, make no difference to them
                at = sum(1 << i for i, kind in enumerate(own) if kind in kinds and made >> kinds.index(kind) & 1)
                count += np.bincount(of_state[:, at], minlength=n + 1)
            figures.append(self.measure.of_groups(cells, count[:n]))
        value = np.array(figures)
        return np.vstack([value[:1], shares(value), value[-1:]])

    def _cells(self) -> tuple[Cells, Ints]:
        """Return the cells that states fall into, and the cell of each state; the last one for those that don't count."""
        counted = self.group >= 0
        group, mark, place = pairs(self.group[counted], self.states.mark[counted])
        cell = np.full(len(self.group), len(group), dtype=np.int64)
        cell[counted] = place
        names = encode(values(self.states.keys, "connection", "string"), sort=False).codes.astype(np.int64)
        known = counted[:-1]
        connection = one_of_each(self.group[:-1][known], names[known], len(self.groups))
        return Cells(group.astype(np.int64), mark.astype(np.int64), len(self.groups), connection), cell


def parts_of(states: States, measure: Measure, by: By) -> Parts:
    """Return what each effect moved, by group."""
    # a vendor goes by the name that it has on the later side, where it has two
    weight = np.where(states.is_after, 2, 1)
    groups = group_lines(states.keys, by, also=("currency",) if measure.is_sum else (), n=weight)
    group = np.append(groups.codes, -1).astype(np.int64)
    group[states.mark < 0] = -1
    steps_of = [table for block in states.blocks for table in _steps(block, states, group)]
    moved = _added_up(pd.concat(steps_of, ignore_index=True)) if steps_of else _NONE
    if not measure.is_sum:
        moved["value"] = np.nan
    shown = np.zeros(len(groups), dtype=bool)
    for block in states.blocks:
        for side in (0, -1):
            at = group[block.state[:, side]]
            shown[at[at >= 0]] = True
    shown[moved["group"]] = True
    return Parts(states, measure, groups, group, moved, shown)


_NONE = pd.DataFrame(
    {
        name: pd.Series(dtype="float64" if name == "value" else "int64")
        for name in ("line", "kind", "group", "value", "first", "last")
    }
)


def _steps(block: Block, states: States, group: Ints) -> Iterator[pd.DataFrame]:
    """Yield what making each change takes from the group that a line was in, and adds to the one that it is in then.

    Lines that are the same in every state are left out.
    """
    of_state, mark, amount = group[block.state], states.mark[block.state], states.amount[block.state]
    other = (of_state != of_state[:, :1]) | (mark != mark[:, :1]) | ~same(amount, amount[:, :1])
    rows = np.flatnonzero(other.any(axis=1))
    if not len(rows):
        return
    of_state, mark, amount = of_state[rows], mark[rows], amount[rows]
    for change, kind in enumerate(block.kinds):
        before, after, share = steps(len(block.kinds), change)
        moves = (
            (of_state[:, before] != of_state[:, after])
            | (mark[:, before] != mark[:, after])
            | ~same(amount[:, before], amount[:, after])
        )
        at = np.repeat(rows, len(before))
        for side, sign in ((before, -1), (after, 1)):
            yield pd.DataFrame(
                {
                    "line": block.lines[at],
                    "kind": kind,
                    "group": of_state[:, side].ravel(),
                    "value": (sign * share * amount[:, side]).ravel(),
                    "moves": moves.ravel(),
                    "first": block.state[at, 0],
                    "last": block.state[at, -1],
                }
            )


def _added_up(steps_of: pd.DataFrame) -> pd.DataFrame:
    """Return one row per line, kind and group that a step of it moved."""
    there = steps_of[steps_of["group"] >= 0].groupby(["line", "kind", "group"], sort=True)
    out = there.agg({"value": "sum", "moves": "max", "first": "first", "last": "first"}).reset_index()
    return out[out.pop("moves")].reset_index(drop=True)
