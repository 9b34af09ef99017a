"""What a report tells, before it has a format: findings, figures at a glance, sections, definitions, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from .. import charts
from ..catalogue import definition
from ..compute import reuse
from ..errors import ConfigError
from ..frames import days_of, values
from ..purchases import Purchases
from ..review import View, days_in_words, look_at
from ..system import beside
from ..tidy import warnings_in
from ._beside import BESIDE
from ._exhibits import Content, Exhibit, named_as, safe
from ._sections import SECTIONS

#: Data that begin so many days after the twelve months do are of fewer.
_A_MONTH = 31
PARTS = ("findings", *SECTIONS, "left_out", "definitions")


@reuse()
def content(
    data: Purchases,
    *,
    sections: Sequence[str] | None = None,
    vendor: str | None = None,
    currency: str | None = None,
    as_of: Any = None,
    title: str | None = None,
    begin: Callable[[str], None] = lambda name: None,
    finished: Callable[[Content, list[Exhibit]], None] = lambda made, exhibits: None,
) -> Content:
    """Compute and draw what a report shows; see `makini_analytics.report`.

    ``begin`` is called with each section's name, and ``finished`` with its exhibits: they can be drawn while findings
    are still looked for. The tables that only a folder has are made when a folder is written.
    """
    wanted = PARTS if sections is None else tuple(sections)
    for name in wanted:
        if name not in PARTS:
            raise ConfigError(f"sections: {name!r} is none of {', '.join(PARTS)}")
    subject = "vendor"
    if vendor is not None:
        data, vendor = of_vendor(data, vendor)
        subject = "material"  # grouped by vendor, such a report would have one bar in each chart
        wanted = tuple(name for name in wanted if name != "findings")  # they compare vendors
    with beside() as also:
        also(lambda: charts.render)  # loads matplotlib, half a second, while amounts are converted
        view = View.of(data, currency, as_of)
    made = Content(view.data, title or (f"{vendor}: purchase orders" if vendor else "Purchase order report"), view.end)

    def draw() -> None:
        for name in wanted:
            if name == "findings":
                continue
            begin(name)
            if name in SECTIONS:
                exhibits = SECTIONS[name][1](view, subject)
                if exhibits:  # of deliveries there is none where nothing says what came: the line on the data tells
                    made.sections[name] = exhibits
                    finished(made, exhibits)
            elif name == "left_out":
                made.sections[name] = [
                    Exhibit("left_out", "What each figure counts, and what it leaves out", _left_out(made, view.unit))
                ]
            else:
                # of the figures that are shown, each once, in the order in which a reader meets them
                metrics = dict.fromkeys(e.table.attrs["metric"] for e in made.exhibits if "metric" in e.table.attrs)
                made.definitions = {m: definition(m) for m in metrics}

    if "findings" in wanted:
        begin("findings")
    needed = [lambda: view.computable] if "quality" in wanted else []
    found = look_at(view, kinds="findings" in wanted, meanwhile=draw, needed=needed)
    made.beside = cache(lambda: [e for name in wanted if name in BESIDE for e in BESIDE[name](view, subject)])
    if "findings" in wanted:
        made.findings = _placed(found.findings, [e.name for e in made.exhibits])
    made.tiles, made.data_line = found.tiles, found.data_line
    if "definitions" in made.sections or made.definitions:
        of_tiles = {"otif": "slippage.otif"}  # the others have an exhibit, which brings theirs
        made.definitions |= {m: definition(m) for t in made.tiles if (m := of_tiles.get(t.name))}
    made.subtitle = _subtitle(view)
    made.summary = [(tile.label, tile.text) for tile in made.tiles]
    for name, notes in zip(data.sources["connection"], data.sources["notes"], strict=True):
        made.notes += [f"{name}: {sentence}" for sentence in warnings_in(notes)[0]]
    return made


def _subtitle(view: View) -> str:
    """Return which days are looked at, and what amounts are in."""
    if view.lines.empty:
        return f"{f'Only {view.only}: there' if view.only else 'There'} is no line. As of {view.day}."
    days = view.period_in_words
    compared = "" if view.not_compared else ", beside the same days of the year before"
    amounts = view.note or (f"All amounts in {view.unit}." if view.unit else "")
    first = pd.Timestamp(days_of(view.lines, "order_date").min())
    late = view.period[0] == view.first_day and first > view.first_day + pd.Timedelta(days=_A_MONTH)
    begins = f" The first order is of {days_in_words(first, first)}." if late else ""
    if not view.dated:
        days, compared, begins = "All lines: none has an order date", "", ""
    only = f"Only {view.only.rstrip('.')}. " if view.only else ""
    return f"{only}{days}{compared}.{begins} {amounts} As of {view.day}.".replace("  ", " ")


def _placed(findings: pd.DataFrame, exhibits: list[str]) -> pd.DataFrame:
    """Return the findings with the names that their exhibits have in this report; none where it has not that one.

    An exhibit of money is named with its currency: "spend_by_vendor" is there as "spend_by_vendor_EUR".
    """

    def place(name: str, currency: str) -> str:
        # data of many years are drawn by quarter or year
        words = dict.fromkeys(name.replace("_month", f"_{grain}") for grain in ("month", "quarter", "year"))
        found = [e for word in words if word for e in named_as(word, exhibits)]
        # of charts in several currencies the one of the finding's own, or none
        return next((e for e in found if e in words or e.endswith(f"_{safe(currency)}")), "")

    named = zip(findings["exhibit"], findings["currency"].fillna(""), strict=True)
    out = findings.assign(exhibit=pd.array([place(*pair) for pair in named], dtype="string"))
    out.attrs = findings.attrs
    return out


def of_vendor(data: Purchases, vendor: str) -> tuple[Purchases, str]:
    """Return the part of the purchases that is one vendor's, and the vendor's name; `ConfigError` where an id is that of two."""
    mine = data.filter(vendor=vendor)
    names = values(mine.lines, "vendor_name", "string").dropna()
    if len(names) and not (names.str.casefold() == vendor.strip().casefold()).any():
        # by its id, which is another vendor's in another system: one must not be handed the orders of the other
        of_each = {str(c): sorted(set(n)) for c, n in names.groupby(values(mine.lines, "connection", "string"))}
        if len(of_each) > 1 and len({" ".join(n).casefold() for n in of_each.values()}) > 1:
            who = ", ".join(f"{' or '.join(n)} in {c}" for c, n in of_each.items())
            raise ConfigError(
                f"vendor={vendor!r} is {who}: pass the name, or data.filter(connection=...) instead of data"
            )
    return mine, str(names.iloc[0]) if len(names) else vendor


def _left_out(made: Content, unit: str | None) -> pd.DataFrame:
    """Return one row per metric and reason: included and excluded lines add up to all.

    An amount in the report's currency is a number; others are a text, "300.00 USD; 1.20 CHF", since amounts of two are never added.
    Amounts are those of whole lines; only ageing has open lines at what is still to come, and says so.
    """
    of_unit, rows = f"value_{unit}" if unit else "value", list[dict[str, Any]]()
    for exhibit in made.exhibits:
        provenance = exhibit.table.attrs
        if "metric" not in provenance:  # counts of what became of lines, for one: no metric, nothing left out
            continue
        what = {"metric": provenance["metric"], "currency": provenance["parameters"].get("currency")}
        for entry in (provenance["included"], *provenance["excluded"]):
            others = [
                f"{charts.number(v, 2)} {c}".strip() for c, v in entry["value"].items() if v and c != (unit or "")
            ]
            reason = entry["reason"]
            if reason == "included" and provenance["metric"] == "slippage.ageing":
                reason = "included, at what is still to come"
            row = what | {"reason": reason, "n_lines": entry["n_lines"]}
            rows.append(row | {of_unit: entry["value"].get(unit or ""), "value_in_others": "; ".join(others) or None})
    frame = pd.DataFrame(rows, columns=["metric", "currency", "reason", "n_lines", of_unit, "value_in_others"])
    frame = frame.astype(
        dict.fromkeys(("metric", "currency", "reason", "value_in_others"), "string") | {of_unit: "float64"}
    )
    # a metric that two exhibits show would stand here twice
    return frame.dropna(axis="columns", how="all").drop_duplicates(ignore_index=True)
