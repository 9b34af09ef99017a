"""Every state of a line on its way from the earlier side to the later one: what it adds when some of its changes have been made.

A line whose price and quantity changed has four: as it was, with the new price, with the new quantity, as it is. Most lines have one
change or none, and then their states are the rows of both sides, which the figure has judged already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import NOT_RECORDED
from ..frames import Mask
from ._kinds import DEFINITION, OTHER, PRESENCE, PRICES, QUANTITIES, Kinds, document_amount
from ._measures import Measure, Options
from ._sides import Ints, Sides

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Lines with the same changes: ``state[line, made]`` is the place of the line's state in which the changes ``made`` are made."""

    kinds: tuple[int, ...]
    lines: Ints
    state: Ints


@dataclass(frozen=True)
class States:
    """All states of all lines; the last one stands for a line that is not there."""

    blocks: list[Block]
    mark: Ints  # -1 where it doesn't count
    amount: Floats
    keys: pd.DataFrame  # what groups are made of
    is_after: Mask  # the later side's own rows
    reason: pd.Series  # of the rows of both sides


def states_of(
    sides: Sides,
    kinds: Kinds,
    given: tuple[Any, Any],
    measure: Measure,
    definitions: tuple[Options, Options],
    as_of: Any,
) -> States:
    """Return every state of every line, judged by the metric."""
    ends = [measure.of_lines(side, as_of, options) for side, options in zip(given, definitions, strict=True)]
    reason = pd.concat([e.reason for e in ends], ignore_index=True)
    mark, amount = (np.concatenate([getattr(e, name) for e in ends]) for name in ("mark", "amount"))
    # whether a vendor's delivery days are recorded is judged over all of its lines: it is known of the two sides, and kept
    unrecorded = (reason == NOT_RECORDED).fillna(False).to_numpy(dtype=bool)
    if unrecorded.any():
        flags = np.append(unrecorded, False)
        other = sides.matched & (flags[sides.before] != flags[sides.after])
        kinds.mask[other] |= 1 << OTHER
    # a change that no column tells has to be somewhere, too
    quiet = np.flatnonzero(sides.matched & (kinds.mask == 0))
    one, other = sides.before[quiet], sides.after[quiet]
    kinds.mask[quiet[(mark[one] != mark[other]) | ~same(amount[one], amount[other])]] |= 1 << OTHER
    absent = -1
    blocks, between, n = [], [], len(mark)
    for present, lines in _by_mask(kinds.mask):
        state = np.empty((len(lines), 2 ** len(present)), dtype=np.int64)
        for made in range(state.shape[1]):
            bits = sum(1 << kind for i, kind in enumerate(present) if made >> i & 1)
            there = _there(sides, lines, bits)
            if made in (0, state.shape[1] - 1):
                rows = (sides.after if made else sides.before)[lines]
                state[:, made] = np.where(there, rows, absent)
                continue
            state[:, made] = absent
            state[there, made] = n + np.arange(int(there.sum()))
            n += int(there.sum())
            between.append((lines[there], np.full(int(there.sum()), bits)))
        blocks.append(Block(present, lines, state))
    nothing: list[Any] = [np.zeros(0, dtype=np.int64)] * 2
    which, bits_of = (np.concatenate([nothing[i], *(b[i] for b in between)]) for i in (0, 1))
    frame = _frame(sides, kinds, which, bits_of)
    marks, amounts = _judged(frame, sides, kinds, which, bits_of, measure, definitions)
    if unrecorded.any():
        later = bits_of >> OTHER & 1 == 1
        marks[np.where(later, flags[sides.after[which]], flags[sides.before[which]])] = -1
    is_after = np.zeros(n, dtype=bool)
    is_after[sides.after[sides.after >= 0]] = True
    return States(
        blocks,
        np.concatenate([mark, marks, [-1]]),
        np.concatenate([amount, amounts, [0.0]]),
        pd.concat([sides.both, frame], ignore_index=True),
        is_after,
        reason,
    )


def same(one: Floats, other: Floats) -> Mask:
    """Return where two amounts are the same but for what floating point leaves."""
    out: Mask = np.abs(one - other) <= 1e-9 * np.maximum(1.0, np.abs(other))
    return out


def _by_mask(mask: Ints) -> Iterator[tuple[tuple[int, ...], Ints]]:
    """Yield the kinds that lines have, and the lines that have just these."""
    found, of = np.unique(mask, return_inverse=True)
    of = of.reshape(-1)
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(np.bincount(of, minlength=len(found))).tolist()
    for bits, begin, end in zip(found.tolist(), [0, *ends], ends, strict=False):
        yield tuple(k for k in range(int(bits).bit_length()) if bits >> k & 1), order[begin:end]


def _there(sides: Sides, lines: Ints, bits: int) -> Mask:
    """Return which lines are there: those of both sides, those that came, and those that have not gone yet."""
    moved = any(bits >> kind & 1 for kind in PRESENCE)
    came, gone = sides.before[lines] < 0, sides.after[lines] < 0
    out: Mask = np.where(came, moved, np.where(gone, not moved, True))
    return out


def _frame(sides: Sides, kinds: Kinds, lines: Ints, made: Ints) -> pd.DataFrame:
    """Return the lines with the changes ``made``: each column from the side that its kind has brought it to."""
    one, other = sides.before[lines], sides.after[lines]
    one, other = np.where(one < 0, other, one), np.where(other < 0, one, other)
    out = {}
    for name in sides.both.columns:
        kind = kinds.of_column[name]
        kind = kind[lines] if isinstance(kind, np.ndarray) else kind
        out[name] = sides.both[name].take(np.where(made >> kind & 1 == 1, other, one)).reset_index(drop=True)
    frame = pd.DataFrame(out)
    if "amount" in frame:
        frame["amount"] = _amounts(sides, kinds, lines, made, one, other)
    return frame


def _amounts(sides: Sides, kinds: Kinds, lines: Ints, made: Ints, one: Ints, other: Ints) -> Floats:
    """Return the amounts: of a line with a new price and a new quantity, either alone moves the amount in its proportion."""
    document, _ = document_amount(sides.both)
    old, new = document[one], document[other]
    mask = kinds.mask[lines]
    has = {kind: mask >> kind & 1 == 1 for kind in (PRICES, QUANTITIES)}
    done = {kind: made >> kind & 1 == 1 for kind in (PRICES, QUANTITIES)}
    both = has[PRICES] & has[QUANTITIES]
    all_done = (done[PRICES] | ~has[PRICES]) & (done[QUANTITIES] | ~has[QUANTITIES]) & (has[PRICES] | has[QUANTITIES])
    amount = np.where(all_done, new, old)
    half = both & (done[PRICES] != done[QUANTITIES])
    if half.any():
        quantity = sides.both["quantity"].to_numpy()
        grown = np.divide(quantity[other], quantity[one], out=np.full(len(lines), np.nan), where=quantity[one] > 0)
        grown = np.where(np.isfinite(grown * old * new) & (grown > 0), grown, np.nan)
        # without a quantity to go by on both sides, all of it counts as quantity
        amount = np.where(half & done[PRICES], np.where(np.isnan(grown), old, new / grown), amount)
        amount = np.where(half & done[QUANTITIES], np.where(np.isnan(grown), new, old * grown), amount)
    _, rate = document_amount(sides.both)
    kind = kinds.of_column.get("rate")
    changed = np.zeros(len(lines), dtype=bool) if kind is None else made >> kind[lines] & 1 == 1
    return amount * np.where(changed, rate[other], rate[one])


def _judged(
    frame: pd.DataFrame,
    sides: Sides,
    kinds: Kinds,
    lines: Ints,
    made: Ints,
    measure: Measure,
    definitions: tuple[Options, Options],
) -> tuple[Ints, Floats]:
    """Return the mark and amount of each state, judged by itself: what its neighbours are has been judged with the two sides."""
    mark, amount = np.full(len(lines), -1, dtype=np.int64), np.zeros(len(lines))
    days, redefined = kinds.day(sides, lines, made), made >> DEFINITION & 1 == 1
    alone = frame.drop(columns=["vendor_id", "vendor_name"], errors="ignore")
    alone["connection"] = pd.Series(np.arange(len(lines))).astype("string")
    for day in np.unique(days):
        for now in (False, True):
            rows = np.flatnonzero(((days == day) | (np.isnat(days) & np.isnat(day))) & (redefined == now))
            if len(rows):
                as_of = None if np.isnat(day) else pd.Timestamp(day)
                got = measure.of_lines(alone.iloc[rows], as_of, definitions[now])
                mark[rows], amount[rows] = got.mark, got.amount
    return mark, amount
