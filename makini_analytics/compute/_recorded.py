"""Whether the days of deliveries are recorded at all: what records none can't be on time, and is not late either."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..frames import AsOfDays
from ._delivery import TO_CLOSE, UNDATED_RECEIPT, standing_on
from ._groups import ENTITIES
from ._pandas_engine import PandasColumns, PandasLines
from ._reuse import once, reuse, same_rows
from ._rule import Columns, Lines, RuleResult, Tally, day_in

#: A connection, or a vendor of one, is judged where at least this share of its received lines has a day of delivery. The lines
#: without a day are left out, while those that are overdue count: of 100 received lines with 95 days the share of late ones comes
#: out too high by at most a twentieth of itself, which is less than most tolerances make. One line without a day is no habit.
RECORDED_SHARE = 0.95

#: How the note begins on due dates that seem to be filled in from the delivery.
DOUBTFUL_DUE = "Doubtful due dates"
#: Of fewer due lines that came exactly on their due date nothing is suspected.
MANY_EXACT = 20
NOT_RECORDED = "delivery days not recorded"


@dataclass(frozen=True)
class Unrecorded:
    """The connections, and the vendors of others, that lack the day of too many received lines; None: the unnamed one.

    Two are equal where they name the same, whatever their counts: what is not judged is the same then.
    """

    connections: Sequence[str | None] = ()
    #: By connection: the keys of its vendors.
    vendors: Mapping[str | None, list[Any]] = field(default_factory=dict)
    #: By connection: lines with a day, received lines.
    counts: Mapping[str | None, tuple[int, int]] = field(default_factory=dict, compare=False)

    def left_out(self, c: Columns) -> list[tuple[Any, str]]:
        """Return what a rule leaves out: the lines of these, or none, so that the place of the reason is known."""
        return self.rows(c) or [(None, NOT_RECORDED)]

    def rows(self, c: Columns) -> list[tuple[Any, str]]:
        """Return the lines of these, with the reason why they can't be judged."""
        out = [_is(c, "connection", self.connections)] if self.connections else []
        for connection, keys in self.vendors.items():
            # the key of a vendor is its id, and its name where there is none
            by_id = c.known("vendor_id") & _is(c, "vendor_id", keys)
            by_name = ~c.known("vendor_id") & _is(c, "vendor_name", keys)
            out.append(_is(c, "connection", [connection]) & (by_id | by_name))
        return [(rows, NOT_RECORDED) for rows in out]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not judged, in words."""
        told = [
            f"{'connection ' + repr(name) if name is not None else 'the lines'} ({dated:,} of {n:,} received lines have a day of delivery)"
            for name, (dated, n) in self.counts.items()
        ]
        if n := sum(map(len, self.vendors.values())):
            told.append(f"{n:,} {'vendor' if n == 1 else 'vendors'} of whose received lines fewer have one")
        least = f"Not judged, since fewer than {RECORDED_SHARE:.0%} of the received lines have a day of delivery: "
        return (least + "; ".join(told) + ".",) if told else ()


def _is(c: Columns, column: str, names: Sequence[Any]) -> Any:
    known = [n for n in names if n is not None]
    if not known:
        return ~c.known(column)
    return c.is_in(column, *known) | ~c.known(column) if None in names else c.is_in(column, *known)


def copied_due(n_due: npt.NDArray[np.int64], n_exact: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which groups' due lines all came exactly on their due date, where less than half of the others' did.

    >>> copied_due(np.array([30, 40, 10]), np.array([30, 12, 10])).tolist()
    [True, False, False]
    """
    others, their_exact = n_due.sum() - n_due, n_exact.sum() - n_exact
    return np.asarray((n_due >= MANY_EXACT) & (n_exact == n_due) & (their_exact < others / 2), dtype=np.bool_)


def tally_recorded(
    source: Lines, rule: Callable[..., RuleResult], as_of: AsOfDays, end: str = "complete", **options: Any
) -> tuple[Tally, Unrecorded]:
    """Return the lines tallied by a rule that is told, as ``unrecorded``, what can't be judged; and what that is.

    Most data need one look: only where some lines have come on a day that is not known an engine is asked again. Of a pandas frame
    each line's reason is at hand: what is not judged takes the place of those that the rule gives behind it.
    """
    with reuse():  # both look how each line stands
        got = source.tally(partial(rule, unrecorded=Unrecorded()), **options)
        if sum(got.selection.n_lines(reason) for reason in (UNDATED_RECEIPT, TO_CLOSE)) < 2:
            return got, Unrecorded()
        found = unrecorded(source, as_of, end)
    if found == Unrecorded():
        return got, found
    if not isinstance(source, PandasLines):
        return source.tally(partial(rule, unrecorded=found), **options), found
    for rows, reason in found.rows(PandasColumns(source.frame)):
        got.selection.exclude_instead(rows, reason)
    return got, found


def _received(c: Columns, as_of: AsOfDays | None, end: str) -> RuleResult:
    stands = standing_on(c, day_in(c, as_of), end)
    dated, undated = stands.delivered, stands.unjudged[UNDATED_RECEIPT] | stands.unjudged[TO_CLOSE]
    return RuleResult([(~(dated | undated), "not received")], {"dated": c.pick(dated, 1, 0)})


def unrecorded(source: Lines, as_of: AsOfDays | None, end: str = "complete") -> Unrecorded:
    """Return what lacks the days of too many of the lines that were received by a day; None: by whichever."""
    if isinstance(source, PandasLines):
        source = PandasLines(same_rows(source.frame))
    return once(source.frame, ("unrecorded", as_of, end), partial(_unrecorded, source, as_of, end))


def _unrecorded(source: Lines, as_of: AsOfDays | None, end: str) -> Unrecorded:
    named = ["vendor"] if any(map(source.has, ENTITIES["vendor"][0])) else ["connection"] * source.has("connection")
    got = source.tally(partial(_received, as_of=as_of, end=end), by=named)
    groups = got.groups(named)
    n = got.count(groups.codes, len(groups))
    days = np.bincount(
        groups.codes,
        weights=got.kept(got.marks["dated"]) * (1 if got.n_kept is None else got.n_kept),
        minlength=len(groups),
    )
    none = pd.Series([None] * len(groups), dtype=object)
    keys = [groups.keys.get(name, none).astype(object) for name in ("connection", "vendor_id")]
    names = [k.where(k.notna(), None).tolist() for k in keys]
    counts = list(zip(*names, days[: len(groups)].astype(int).tolist(), n.tolist(), strict=True))
    of_all: dict[Any, tuple[int, int]] = {}
    for connection, _, dated, received_lines in counts:
        so_far = of_all.get(connection, (0, 0))
        of_all[connection] = so_far[0] + dated, so_far[1] + received_lines
    few = {connection: both for connection, both in of_all.items() if _too_few(*both)}
    vendors: dict[Any, list[Any]] = {}
    for connection, vendor, dated, received_lines in counts if "vendor_id" in groups.keys else ():
        if connection not in few and _too_few(dated, received_lines):
            vendors.setdefault(connection, []).append(vendor)
    return Unrecorded([*few], vendors, few)


def _too_few(dated: int, n: int) -> bool:
    return n - dated > 1 and dated < RECORDED_SHARE * n
