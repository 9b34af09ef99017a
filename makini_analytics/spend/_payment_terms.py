"""Which terms of payment were agreed: how many days, how far they differ within a vendor, and which discounts are offered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ..compute import By, Counted, InSteps, figure
from ..frames import AsOf, encode, pairs, values
from ._rule import spend_tally, value_of
from ._terms import read_terms

#: As many texts that are not understood are named.
_NAMED = 5


@figure("amount", "payment_terms")
def payment_terms(
    lines: Any,
    *,
    by: By = "vendor",
    currency: str | None = None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Which terms of payment were agreed: days to pay, weighted by spend, their spread within a vendor, and discounts offered.

    ``days`` run from the invoice to payment without a discount: "Net 30" and "14 Tage 2 %, 30 Tage netto" are 30, "due on receipt" and
    "prepaid" are 0. Terms that run from the end of the month ("30 EOM", "30 jours fin de mois") are 15 more, half a month. Of several
    discounts the highest counts: "3 % 8 days, 2 % 14 days, 30 days net" offers 3 %. What is offered need not have been taken, and what was paid,
    and when, orders don't tell. Terms are understood in English, German, French, Spanish, Italian, Portuguese, Dutch and Polish.

    The lines are those of ``spend.by_vendor``. Left out are lines without terms, and those whose terms are not understood, such as
    a code of the source or "30 % deposit, rest 60 days"; ``ma.explain`` names them.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``amount`` and ``payment_terms``.
    by : "vendor", or a column or several
    currency : keeps the lines in that currency and counts the rest
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look, as in ``spend.by_vendor``

    Returns
    -------
    DataFrame, one row per (group, currency), largest spend first
        vendor_id, vendor_name, or the columns of ``by``; currency : string
        spend : float, in ``currency``, of lines whose terms are understood
        days : float, weighted by spend, where credits weigh nothing; missing where there are credits only
        shortest_days, longest_days : float
        usual_terms : string, the text with the most spend; n_terms : int, texts that mean different terms
        discount_spend : float, in ``currency``, spend on terms that offer a discount
        discount_offered : float, in ``currency``, what would be saved if each of them were taken
        n_orders, n_lines : int

    Raises
    ------
    SchemaError
        A column that is needed is missing.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"vendor_id": list("aab"), "currency": "EUR", "amount": [300.0, 100.0, 50.0],
    ...                       "payment_terms": ["Net 30", "2/10 net 60", "sofort netto"]})
    >>> spend.payment_terms(lines)[["vendor_id", "spend", "days", "longest_days", "n_terms", "discount_offered"]]
      vendor_id  spend  days  longest_days  n_terms  discount_offered
    0         a  400.0  37.5          60.0        2               2.0
    1         b   50.0   0.0           0.0        1               0.0
    """
    got = spend_tally(lines, by=by, currency=currency, intercompany=intercompany, orders=True, as_of=as_of)
    texts = encode(values(got.frame, "payment_terms", "string"))  # sorted: of equals the first of the alphabet
    read = [read_terms(str(text)) for text in texts.labels]
    blank = np.append([not str(text).strip() for text in texts.labels], True).astype(bool)
    got.selection.exclude(blank[texts.codes], "no payment terms")
    odd = np.append([terms is None for terms in read], False).astype(bool)[texts.codes] & got.selection.kept
    got.selection.exclude(odd, "payment terms not understood")
    notes = _not_understood(texts, odd)
    yield Counted(got.selection, notes)
    groups = got.groups(by, "currency")
    n = len(groups) if len(groups.codes) else 0
    kept = got.selection.kept
    spent, text = value_of(got)[kept], texts.codes[kept]
    # the days and the discount of each text, then of each line
    days = np.array([np.nan if t is None else t.days for t in read], dtype=float)[text]
    rate = np.array([0.0 if t is None else t.rate for t in read], dtype=float)[text]
    # texts that mean the same are one: "Net 30" and "30 days net"
    meaning, _ = pd.factorize(pd.Series([None if t is None else (t.days, t.discounts) for t in read], dtype=object))
    rows = pd.DataFrame({"group": groups.codes, "spend": spent, "days": days, "text": text, "meaning": meaning[text]})
    # what goes back is paid for by nobody: with another term its weight would lead the mean out of all terms there are
    rows["weight"] = np.maximum(spent, 0.0)
    rows["paid_days"], rows["discount_spend"] = rows["weight"] * days, np.where(rate > 0, spent, 0.0)
    rows["discount_offered"] = spent * rate
    result = rows.groupby("group").agg(
        spend=("spend", "sum"), weight=("weight", "sum"), paid_days=("paid_days", "sum"), shortest_days=("days", "min"), longest_days=("days", "max"),
        n_terms=("meaning", "nunique"), discount_spend=("discount_spend", "sum"), discount_offered=("discount_offered", "sum"),
        n_lines=("spend", "size"),
    ).reindex(range(n))  # fmt: skip
    weight = result.pop("weight")
    result.insert(1, "days", result.pop("paid_days") / weight.where(weight > 0))
    result.insert(4, "usual_terms", _usual(rows, n, texts.labels))
    result["n_orders"] = got.n_orders(groups.codes, groups.keys.iloc[:n])
    result = pd.concat([groups.keys.iloc[:n].reset_index(drop=True), result.reset_index(drop=True)], axis=1)
    order = [
        "spend",
        "days",
        "shortest_days",
        "longest_days",
        "usual_terms",
        "n_terms",
        "discount_spend",
        "discount_offered",
        "n_orders",
        "n_lines",
    ]
    keys = [c for c in result.columns if c not in (*order, "currency", "connection")]
    result = result[[*keys, "currency", *order, *(c for c in ("connection",) if c in result)]]
    result = result.astype({"n_terms": "int64", "n_lines": "int64", "currency": "string"})
    result = result.sort_values(["currency", "spend"], ascending=[True, False], kind="stable", na_position="last")
    return got.with_provenance(result.reset_index(drop=True), notes=notes)


def _usual(rows: pd.DataFrame, n: int, labels: Any) -> Any:
    """Return the text of each group with the most spend; of equal ones the first of the alphabet."""
    group, text, cell = pairs(rows["group"].to_numpy(), rows["text"].to_numpy())
    total = np.bincount(cell, weights=rows["spend"], minlength=len(group))
    order = np.lexsort((text, -total, group))
    first = order[np.unique(group[order], return_index=True)[1]]
    out = np.full(n, None, dtype=object)
    out[group[first]] = [str(labels[i]) for i in text[first]]
    return pd.array(out, dtype="string")


def _not_understood(texts: Any, odd: Any) -> tuple[str, ...]:
    counts = np.bincount(texts.codes[odd], minlength=len(texts.labels))
    if not counts.any():
        return ()
    most = [i for i in np.argsort(-counts, kind="stable") if counts[i]]
    named = ", ".join(
        f"“{texts.labels[i]}” ({counts[i]:,} {'line' if counts[i] == 1 else 'lines'})" for i in most[:_NAMED]
    )
    more = f" and {len(most) - _NAMED:,} more" if len(most) > _NAMED else ""
    return (f"Payment terms not understood: {named}{more}.",)
