"""What the page shows first: the findings by the money at stake, and the tiles with the line of their twelve months."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .. import charts
from ..review import Tile
from ._exhibits import Content

#: Units of a tile's line, wide and high, and the room around it that the thick line needs.
_WIDE, _HIGH, _EDGE = 200, 36, 2


@dataclass(frozen=True)
class FindingRow:
    """A finding as the page has it: ``share`` is its stake in hundredths of the largest one."""

    rank: int
    kind: str
    sentence: str
    why: str
    stake: str
    value: float
    stake_of: str
    share: float
    certainty: str
    link: str
    link_text: str
    call: str


@dataclass(frozen=True)
class TileRow:
    """A tile as the page has it: its texts, whether the change is good, and its line of this year and of the year before."""

    tile: Tile
    css: str
    line: str
    line_before: str


def findings_of(made: Content, places: Mapping[str, tuple[str, str]]) -> list[FindingRow]:
    """Return the ranked findings; ``places`` are the id on the page and the heading of each exhibit."""
    ranked = made.ranked
    if not len(ranked):
        return []
    largest = float(ranked["stake"].max())
    out = []
    for row in ranked.to_dict("records"):
        link, heading = places.get(str(row["exhibit"]), ("", ""))
        stake = float(row["stake"])
        out.append(
            FindingRow(
                rank=int(row["rank"]),
                kind=str(row["kind"]),
                sentence=unbroken(str(row["sentence"])),
                why=unbroken(_text(row["why"])),
                stake=unbroken(charts.money(stake, row["currency"])),
                value=stake,
                stake_of=_text(row["stake_of"]),
                share=round(100 * stake / largest, 1) if largest > 0 else 0.0,
                certainty=str(row["certainty"]),
                link=link,
                link_text=heading,
                call=_text(row["call"]),
            )
        )
    return out


def tiles_of(made: Content) -> list[TileRow]:
    """Return the tiles with their lines, both on one scale, which has zero on it for money and days."""
    out = []
    for tile in made.tiles:
        both = np.array([*tile.months, *tile.months_before], dtype=float)
        known = both[np.isfinite(both)]
        # with zero on it, also where returns are worth more than orders
        scale = known if tile.kind == "share" and len(known) else np.append(known, 0.0)
        low, span = float(scale.min()), float(np.ptp(scale)) or 1.0
        css = "" if tile.good is None else "good" if tile.good else "bad"
        tile = replace(tile, value_text=unbroken(tile.value_text), change_text=unbroken(tile.change_text))
        out.append(TileRow(tile, css, _points(tile.months, low, span), _points(tile.months_before, low, span)))
    return out


def each_to(day: pd.Timestamp) -> str:
    """Return up to which day the months of a tile's line go, where that is not their last one.

    >>> each_to(pd.Timestamp("2025-06-22")), each_to(pd.Timestamp("2025-06-30"))
    (' (each to the 22nd)', '')
    """
    if pd.isna(day) or day.is_month_end:
        return ""
    ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f" (each to the {day.day}{ending})"


def _points(months: Sequence[float], low: float, span: float) -> str:
    """Return the points of a line; a month that is not known is left out.

    >>> _points([0.0, float("nan"), 2.0], 0.0, 2.0)
    '2.0,34.0 198.0,2.0'
    """
    step = (_WIDE - 2 * _EDGE) / max(len(months) - 1, 1)
    at = [(i, v) for i, v in enumerate(months) if np.isfinite(v)]
    return " ".join(f"{_EDGE + i * step:.1f},{_EDGE + (_HIGH - 2 * _EDGE) * (1 - (v - low) / span):.1f}" for i, v in at)


def unbroken(text: str) -> str:
    """Return a text in which no line breaks between a number and its unit.

    >>> unbroken("57 % of 9.3 k EUR").split(" ")
    ['57\xa0%', 'of', '9.3\xa0k\xa0EUR']
    >>> unbroken("n = 20 lines").split(" ")
    ['n\xa0=\xa020', 'lines']
    >>> unbroken("912 EUR of 1.2 bn EUR").split(" ")
    ['912\xa0EUR', 'of', '1.2\xa0bn\xa0EUR']
    """
    return re.sub(
        r"(?<=\d) (?=(?:%|(?:k|M|bn|[A-Z]{3})\b))|(?<=\d [kM]) (?=[A-Z]{3}\b)|(?<=\d bn) (?=[A-Z]{3}\b)|(?<=\bn) (?==)|(?<=\bn =) ",
        "\N{NO-BREAK SPACE}",
        text,
    )


def apart(text: str) -> list[str]:
    """Return a text as what may be broken into lines and the days and months in it, which may not, in turn.

    >>> apart("As of 2025-12-31.")
    ['As of ', '2025-12-31', '.']
    >>> apart("Highest in 2025-12")
    ['Highest in ', '2025-12', '']
    """
    return re.split(r"(\b\d{4}-\d\d(?:-\d\d)?\b)", text)


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
