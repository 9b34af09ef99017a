"""What the first screen of the page shows, ready to be laid out: findings with their bars, tiles with their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import charts
from ..review import Tile
from ._exhibits import Content


@dataclass(frozen=True)
class Shown:
    """A finding as it is laid out."""

    sentence: str
    why: str
    stake: float
    stake_text: str
    stake_of: str
    part: int  # of the largest stake, in percent: the length of its bar
    certainty: str
    exhibit: str
    heading: str  # of that exhibit


@dataclass(frozen=True)
class ShownTile:
    """A figure at a glance as it is laid out; lines break where a month has no value."""

    name: str
    label: str
    value: float
    value_text: str
    change_text: str
    judged: str  # "good", "bad" or nothing
    now: list[str]
    then: list[str]


@dataclass(frozen=True)
class FirstScreen:
    """The texts and figures above all sections."""

    subtitle: str
    data_line: list[str]
    quality: bool  # whether there is a section to point to
    findings: list[Shown] | None
    quiet: list[str]
    untold: list[str]
    tiles: list[ShownTile]


def first_screen(made: Content) -> FirstScreen:
    """Return what the first screen of a report shows."""
    return FirstScreen(
        made.subtitle,
        made.data_line,
        "quality" in made.sections,
        None if made.findings is None else shown_findings(made),
        made.quiet_line,
        made.untold,
        [_tile(t) for t in made.tiles],
    )


def shown_findings(made: Content) -> list[Shown]:
    """Return the findings that have a rank."""
    headings = {e.name: e.heading for e in made.exhibits}
    largest = made.ranked["stake"].max() if len(made.ranked) else 0.0
    return [
        Shown(_unbroken(f["sentence"]), _unbroken(f["why"]), float(f["stake"]), _unbroken(charts.money(f["stake"], f["currency"])), f["stake_of"],
              max(round(100 * f["stake"] / largest), 1), f["certainty"], f["exhibit"], headings.get(f["exhibit"], ""))
        for f in made.ranked.to_dict("records")
    ]  # fmt: skip


def _unbroken(text: str) -> str:
    """Return a text in which no line breaks between a number and its unit.

    >>> _unbroken("57 % of 9.3 k EUR").split(" ")
    ['57\xa0%', 'of', '9.3\xa0k\xa0EUR']
    """
    return re.sub(r"(?<=\d) (?=%)|(?<=\d) (?=(?:k|M|bn)\b)|(?<=\d [kM]) (?=[A-Z]{3}\b)", "\N{NO-BREAK SPACE}", text)


def _tile(t: Tile) -> ShownTile:
    both = np.array([*t.months, *t.months_before], dtype=float)
    known = both[~np.isnan(both)]
    # money and days stand on zero; shares have their own range, since they seldom come near it
    low = float(known.min()) if t.kind == "share" and len(known) else min(0.0, float(known.min(initial=0.0)))
    high = float(known.max(initial=low)) or 1.0
    judged = "" if t.good is None else "good" if t.good else "bad"
    now, then = (_lines(months, low, high) for months in (t.months, t.months_before))
    return ShownTile(t.name, t.label, t.value, t.value_text, t.change_text, judged, now, then)


def _lines(months: Sequence[float], low: float, high: float) -> list[str]:
    """Return the points of a line in a box of 120 x 30, a line for each run of months without a gap.

    >>> _lines([0.0, 5.0, float("nan"), 10.0, 10.0], 0.0, 10.0)
    ['2.0,28.0 31.0,15.0', '89.0,2.0 118.0,2.0']
    """
    runs: list[list[str]] = [[]]
    wide = 116 / max(len(months) - 1, 1)
    for i, value in enumerate(months):
        if np.isnan(value):
            runs.append([])
        else:
            runs[-1].append(f"{2 + i * wide:.1f},{28 - 26 * (value - low) / max(high - low, 1e-300):.1f}")
    return [" ".join(run) for run in runs if len(run) > 1]
