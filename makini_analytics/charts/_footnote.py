"""What stands below every chart: where the lines come from, how they were judged, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

import pandas as pd

from ..compute import DATA_AS_OF
from ._wording import counted, label, number, percent

#: Where a result of which rows were picked since says how many, as "5 of 70 rows"; behind it the user's own title, if there is one.
ROWS_DRAWN = "rows_drawn"
#: Letters of what lines were narrowed to.
_MOST_PICKED = 120


def is_part(result: pd.DataFrame) -> bool:
    """Whether a chart was given some of the rows of a result: what they add up to is not the total."""
    return ROWS_DRAWN in result.attrs


def footnote_of(result: pd.DataFrame) -> str:
    """Return source, as-of day, currency basis, number of lines, what was left out, and the definition's name."""
    about: Mapping[str, Any] = result.attrs
    if (
        "metric" not in about
    ):  # attrs are a convenience that many operations of pandas drop; a chart is drawn without them
        return ""
    # of a hundred vendors that were picked by their names a few do
    only = ", ".join(f"{name} {label(text, _MOST_PICKED)}" for name, text in about.get("filters", {}).items())
    parts = [
        f"Only {only}" if only else "",
        f"Source: {about['source']}" if about.get("source") else "",
        f"as of {about['as_of']}" if about.get("as_of") else "",
        str(about.get(DATA_AS_OF, "")),
    ]
    parts.append(f"currency: {about['currency']}" if about.get("currency") and "currency" in result else "")
    parameters = about.get("parameters", {})
    parts.append(f"days: {parameters['calendar']}" if parameters.get("calendar") else "")
    parts += judged_by(parameters)
    rows, _ = about.get(ROWS_DRAWN, ("", None))
    sides = about["included"].get("n_sides", ())
    n = f"{' and '.join(map(number, sides))} lines" if sides else counted(about["included"]["n_lines"], "line")
    parts.append(f"n = {n}" + (f" ({rows} drawn)" if rows else ""))
    left_out = ", ".join(f"{number(e['n_lines'])} {e['reason']}" for e in about["excluded"])
    parts.append(f"left out{' of both' if sides else ''}: {left_out or 'nothing'}")
    parts.append(f"definition: {about['metric']}")
    return " · ".join(p for p in parts if p)


def judged_by(parameters: Mapping[str, Any]) -> list[str]:
    """Return what on time means, as far as that is not the usual: up to the end of the required day, however early, all of it.

    >>> judged_by({"due": "promised", "late_days": 3, "early_days": 0}), judged_by({"due": "required", "late_days": 0})
    (['due date: promised', 'up to 3 days late is on time', 'early is not on time'], [])
    """
    both = parameters.get("definition")  # of a comparison; where its sides have two, that is one of the effects
    every = (
        {**both, **parameters} if isinstance(both, Mapping) and "definition_before" not in parameters else parameters
    )
    given = {n: v for n, v in every.items() if isinstance(v, Number | str)}  # several ways to count say so
    early = given.get("early_days")

    def days(n: Any) -> str:
        return f"{n:g} day{'s' * (n != 1)}"

    return [
        *([f"due date: {given['due']}"] if given.get("due", "required") != "required" else []),
        *([f"up to {days(given['late_days'])} late is on time"] if given.get("late_days") else []),
        *([f"{f'more than {days(early)} early' if early else 'early'} is not on time"] if early is not None else []),
        *([f"up to {percent(given['under_share'])} may lack"] if given.get("under_share") else []),
    ]
