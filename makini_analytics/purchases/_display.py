"""How purchases show themselves at a prompt and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from ..tidy import warnings_in

if TYPE_CHECKING:
    from ._purchases import Purchases

#: So many characters of a connection's notes are shown on the first screen.
_SHOWN = 600


def as_text(data: Purchases) -> str:
    """Return counts, and what each connection warns and tells of."""
    as_of = "unknown" if data.as_of is None else data.as_of.date()
    head = (
        f"Purchases({len(data.orders):,} orders, {len(data.lines):,} lines, {len(data.issues):,} issues, as of {as_of})"
    )
    rows, first = [], []
    for r in data.sources.fillna({"notes": "", "n_orders": 0, "n_lines": 0}).to_dict("records"):
        warned, notes = warnings_in(r["notes"])
        first += [f"  {r['connection']}: {sentence}" for sentence in warned]
        rows.append(f"  {r['connection']}: {r['n_orders']:,} orders, {r['n_lines']:,} lines. {_cut(notes)}".rstrip())
    return "\n".join([head, *first, *rows])


def as_html(data: Purchases) -> str:
    """Return the connections as a notebook shows them; their names and notes come from outside, so they are escaped."""
    as_of = "unknown" if data.as_of is None else data.as_of.date()
    n_issues = f"{len(data.issues):,} {'issue' if len(data.issues) == 1 else 'issues'}"
    head = f"<b>Purchases</b>: {len(data.orders):,} orders, {len(data.lines):,} lines, {n_issues}, as of {as_of}"
    of_each = data.sources.reindex(columns=["connection", "n_orders", "n_lines", "as_of", "notes"]).astype(object)
    told = [warnings_in(notes) for notes in of_each["notes"]]
    of_each["notes"] = [notes for _, notes in told]
    first = "".join(
        f"<p><b>{escape(f'{name}: {sentence}')}</b></p>"
        for name, (warned, _) in zip(of_each["connection"], told, strict=True)
        for sentence in warned
    )
    counts = {c: of_each[c].map("{:,}".format, na_action="ignore") for c in ("n_orders", "n_lines")}
    # one day for all connections, unless they keep their own
    day = of_each["as_of"].fillna(str(as_of)).map(lambda d: str(d)[:10])
    table = of_each.assign(**counts, as_of=day).rename(columns=lambda c: c.removeprefix("n_").replace("_", " "))
    with pd.option_context("display.max_colwidth", None):  # a note that is cut may lack the very part that matters
        body = table.to_html(index=False, na_rep="", border=0, justify="left") if len(table) else ""
    return f"<div><p>{head}</p>{first}{body}</div>"


def _cut(notes: str) -> str:
    """Return notes cut after a sentence where they are long; all of them stand in ``sources``."""
    if len(notes) <= _SHOWN:
        return notes
    end = max(notes.rfind(". ", 0, _SHOWN), notes.rfind(", ", 0, _SHOWN), 0) or _SHOWN
    return f"{notes[: end + 1].rstrip(', ')} ... (more in sources.notes)"
