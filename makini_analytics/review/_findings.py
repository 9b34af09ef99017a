"""What a meeting should know, ranked by the money at stake, and what was looked at without anything to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from .. import charts
from ..compute import BY_FILTER, Selection, reuse, stamp
from ..errors import ConfigError, SchemaError
from ..purchases import Purchases, must_be_purchases
from ..system import beside, known_options, number_of, text_of
from . import _delivery_kinds as delivery
from . import _duplicate_kinds as there_twice
from . import _spend_kinds as of_spend
from ._alone import largest
from ._change_kind import change
from ._evidence import Evidence, clear_in
from ._kinds import NOTHING, UNKNOWN, Finding
from ._tiles import TILES, Tile, data_line, tile, tile_evidence
from ._view import View

T = TypeVar("T")

#: Of fewer lines threads wait for each other rather than count.
_MANY = 100_000
#: What is worth less than this share of the twelve months' spend is no finding.
_LEAST = 0.001
#: Kinds whose finding is tested, and those that are counted or for a person to settle.
_TESTED: dict[str, tuple[Callable[[View], Evidence], Callable[..., Finding]]] = {
    "late": (delivery.late_evidence, delivery.late),
    "lead time": (delivery.lead_time_evidence, delivery.lead_time),
    "prices": (of_spend.price_evidence, of_spend.prices),
}
_OTHERS: dict[str, Callable[[View], Finding]] = {
    "change": change,
    "soon late": delivery.soon_late,
    "overdue": delivery.overdue,
    "concentration": of_spend.concentration,
    "single source": of_spend.single_source,
    "duplicate vendors": there_twice.duplicate_vendors,
    "duplicates": there_twice.duplicates,
}
#: What a kind is called where it can't be told.
_NAMES = {
    "change": "change of spend",
    "late": "late deliveries",
    "lead time": "lead times",
    "soon late": "lines due in the next 30 days",
    "single source": "single sources",
}
#: What goes by what became of lines up to the as-of day.
_UP_TO_THE_DAY = ("late", "lead time", "soon late", "overdue")


@dataclass(frozen=True)
class Review:
    """Everything that was looked at: the view of the data, the findings, the tiles, and the line on the data."""

    view: View
    findings: pd.DataFrame
    tiles: list[Tile]
    data_line: list[str]  # sentences


def look(data: Purchases, *, currency: str | None = None, as_of: Any = None, most: int = 7) -> Review:
    """Look at everything; the arguments are those of `findings`."""
    return look_at(View.of(data, currency, as_of), most=most)


@reuse()
def look_at(
    view: View,
    *,
    most: int = 7,
    kinds: bool = True,
    meanwhile: Callable[[], None] = lambda: None,
    needed: Iterable[Callable[[], object]] = (),
) -> Review:
    """Look at everything that a view has. Without ``kinds`` only the figures at a glance are made.

    ``meanwhile`` is called while what takes longest is still looked at: a report draws its sections. ``needed`` is what that asks the
    view for at its end, and is worked out beside it.
    """
    if pd.isna(view.end):  # without lines figures need no day; what is looked at here is a year up to one
        raise ConfigError("no as-of day: there is no line, and the purchases carry none; pass as_of='2026-01-31'")
    with beside(pays=len(view.lines) >= _MANY) as begin:
        others = [
            begin(partial(_tried, kind, partial(_known, kind, find), view))
            for kind, find in (_OTHERS if kinds else {}).items()
        ]
        of_tiles = tile_evidence(view)
        evidence: dict[str, Evidence] = {}
        refused: dict[str, str] = {}
        for kind, (test, _) in (_TESTED if kinds else {}).items():
            try:
                evidence[kind] = _known(kind, test, view)
            except (SchemaError, ConfigError) as e:
                refused[kind] = str(e)
        clear = clear_in(evidence | of_tiles)
        got = [
            _tried(kind, partial(_TESTED[kind][1], evidence=evidence[kind], clear=clear[kind]), view)
            for kind in evidence
        ]
        got += [_refused(kind, reason) for kind, reason in refused.items()]
        is_clear = {name: bool(clear[name].any()) for name in of_tiles}
        at_its_end = [begin(work) for work in needed]
        shown = [begin(partial(tile, name, view, is_clear)) for name in TILES]
        said = begin(lambda: data_line(view))
        meanwhile()
        sentences, tiles, told, _ = said(), _results(shown), _results(others), _results(at_its_end)
        return Review(view, _ranked(view, got + told, most), [t for t in tiles if t is not None], sentences)


@partial(known_options, instead={**BY_FILTER, "top": "most=5 gives five"})
def findings(data: Purchases, *, currency: str | None = None, as_of: Any = None, most: int = 7) -> pd.DataFrame:
    """What a meeting should know of some purchases: at most seven findings, ranked by the money at stake, each with its proof.

    Looked at are the twelve months up to the as-of day, and the same days of the year before: what spend did and what drove it, what
    came late, what of the next 30 days is expected late, what is overdue, prices of the same item and vendor, vendors whose lead
    times moved, categories of which one vendor has more than half, items that are ordered often and from one vendor only, vendors and
    orders that seem to be there twice. Each is one row. The stake is in one currency, but of another kind for each ("overdue today",
    "paid more"), so stakes are ranked and never added.

    ``certainty`` says how far a finding can be trusted. "counted": a sum. "clear": a difference beyond chance; over all vendors, prices, lead
    times and tiles that were looked at together, at most 5 % of what is called clear is so by chance (Benjamini and Hochberg 1995).
    "estimated": a forecast, whose record stands in ``why``. "to check": a person has to settle it. What is not clear is not said; what
    has nothing to say, or is worth less than 0.1 % of spend, is a row without a rank, "nothing to report", and what the data don't
    hold one that "can't be told", with the reason.

    Amounts are converted at the European Central Bank's rate of the order date, as `currency.convert` does. Where there are no rates, the
    lines in the commonest currency are looked at, and the others left out and counted.

    Parameters
    ----------
    data : Purchases
    currency : of all amounts; by default that of most lines. Other rates than the ECB's: `currency.convert` the data first
    as_of : day from which to look; the data's own by default. After that nothing is known: of a later day deliveries, what is overdue,
        and the change against the year before can't be told
    most : so many findings have a rank; the others are "nothing to report"

    Returns
    -------
    DataFrame, one row per thing looked at, the findings first, by falling stake
        rank : Int64; 1 for the largest stake; missing where there is nothing to report, or where it can't be told
        kind : string; change, late, prices, soon late, overdue, lead time, concentration, single source, duplicate vendors, duplicates
        sentence : string, the finding with its number
        value : float, in ``currency``, the amount that the sentence tells; currency : string
        stake : float, in ``currency``, the amount that it is ranked by; stake_of : string, what that amount is
        certainty : string; counted, clear, estimated, to check, nothing to report, can't be told
        why : string, the figures behind it
        exhibit : string, name of the report's exhibit that shows it
        call : string, the call that gives its figures (for "lead time" how long they were, for "duplicate vendors" which they are).
            ``data`` are the purchases and ``lines`` their ``data.lines``, all of them: where amounts were converted, of
            ``currency.convert(data, "EUR")``. Where a figure has rows of several currencies, its number is that of those in ``currency``

    Raises
    ------
    SchemaError
        ``data`` are no Purchases.
    ConfigError
        No as-of day; a currency for which there are no rates.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> found = ma.findings(ma.load_sample(["us"]), currency="USD")
    >>> found.loc[found["kind"] == "overdue", "certainty"].item()
    'counted'
    """
    must_be_purchases(data, "findings")
    if currency is not None:
        text_of("currency", currency, "a currency's code, such as 'EUR'")
    most = int(number_of("most", most, high=1e6, whole=True))
    got = look(data, currency=currency, as_of=as_of, most=most)
    view, table = got.view, got.findings
    selection = Selection(view.lines)
    if view.unit is not None:
        selection.exclude(~view.in_unit(view.lines), "other currency" if not view.converted else "no rate")
    notes = tuple(n for n in (view.note, *got.data_line) if n)
    return stamp(
        table,
        metric="findings",
        parameters={"currency": view.unit},
        selection=selection,
        lines=view.lines,
        as_of=view.day,
        notes=notes,
    )


def _results(begun: list[Callable[[], T]]) -> list[T]:
    """Return the results of work that other threads do, from the last on, which they have not begun yet."""
    return [result() for result in reversed(begun)][::-1]


def _known(kind: str, find: Callable[[View], T], view: View) -> T:
    """Return what is found, or raise `ConfigError` where it goes by days of which nothing is known, or by what a filter picked by."""
    if view.lines.empty:
        raise ConfigError("there is no line")
    if kind in _UP_TO_THE_DAY and (why := view.untellable(kind)):
        raise ConfigError(why)
    return find(view)


def _tried(kind: str, find: Callable[[View], Finding], view: View) -> Finding:
    """Return a finding, or why it can't be told of these data."""
    try:
        return find(view)
    except (SchemaError, ConfigError) as e:
        return _refused(kind, str(e))


def _refused(kind: str, reason: str) -> Finding:
    return Finding(kind, f"{_NAMES.get(kind, kind)} ({reason})", certainty=UNKNOWN)


def _ranked(view: View, got: list[Finding], most: int) -> pd.DataFrame:
    """Return the findings by falling stake, then what there is nothing to report of, then what can't be told."""
    least = _LEAST * max(_usual_spend(view), 0.0)
    said = [f for f in got if f.certainty not in (NOTHING, UNKNOWN)]
    large = sorted((f for f in said if f.stake >= least and f.stake > 0), key=lambda f: -f.stake)
    told, small = large[:most], large[most:] + [f for f in said if not (f.stake >= least and f.stake > 0)]
    quiet = [f for f in got if f.certainty == NOTHING] + [_small(view, f) for f in small]
    rows = [*told, *quiet, *(f for f in got if f.certainty == UNKNOWN)]
    table = pd.DataFrame([{name: getattr(f, of) for name, of in _COLUMNS.items()} for f in rows], columns=[*_COLUMNS])
    table.insert(0, "rank", pd.Series(range(1, len(rows) + 1), dtype="Int64").where(table.index < len(told)))
    table.insert(4, "currency", view.unit)
    texts = [c for c in table if c not in ("rank", "value", "stake")]
    for name in texts:
        table[name] = table[name].astype("string").map(charts.printable, na_action="ignore").astype("string")
    return table


#: The columns of the frame, and what of a finding is in them.
_COLUMNS = {
    "kind": "kind", "sentence": "sentence", "value": "value", "stake": "stake", "stake_of": "noun", "certainty": "certainty",
    "why": "why", "exhibit": "exhibit", "call": "call",
}  # fmt: skip


def _usual_spend(view: View) -> float:
    """Return the spend of the year without one line or order that is more than half of it: beside a mistyped one all else is little."""
    amount = np.where(view.counted & (view.year_of_order == 1), view.amount, 0.0)
    return view.spent - largest(view.lines, amount, max(view.spent, 0.0) / 2)[2]


def _small(view: View, f: Finding) -> Finding:
    """Return a finding of little as something that there is nothing to report of, with how little; its figures stay."""
    sentence = f.sentence[0].lower() + f.sentence[1:] if f.sentence[:2].istitle() else f.sentence
    amount = view.say(f.stake)
    stake = f" ({amount} {f.noun})" if f.stake > 0 and f.noun and amount not in sentence else ""
    return replace(f, sentence=f"{sentence.rstrip('.')}{stake}", certainty=NOTHING)
