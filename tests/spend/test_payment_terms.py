"""Terms of payment are read as a buyer reads them, or listed; the figures are those of plain loops."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.spend._terms import Terms, read_terms
from tests.tiers import one_in

UNDERSTOOD = {
    "Net 30": Terms(30),
    "NET30": Terms(30),
    "N30": Terms(30),
    "n/30": Terms(30),
    "NT30": Terms(30),
    "30 days": Terms(30),
    "Net 30 days after invoice date": Terms(30),
    "within 30 days": Terms(30),
    "Due on receipt": Terms(0),
    "COD": Terms(0),
    "Prepaid": Terms(0),
    "30 EOM": Terms(45, end_of_month=True),
    "Net 30 E.O.M.": Terms(45, end_of_month=True),
    "EOM": Terms(15, end_of_month=True),
    "2/10 Net 30": Terms(30, ((0.02, 10),)),
    "2/10, n/30": Terms(30, ((0.02, 10),)),
    "2%10N30": Terms(30, ((0.02, 10),)),
    "2% 10 days, net 30": Terms(30, ((0.02, 10),)),
    "1.5/10 net 45": Terms(45, ((0.015, 10),)),
    "14 days 2 %, 30 days net": Terms(30, ((0.02, 14),)),
    "30 Tage netto": Terms(30),
    "Zahlbar innerhalb 30 Tagen ohne Abzug": Terms(30),
    "Sofort netto": Terms(0),
    "Vorkasse": Terms(0),
    "14 Tage 2 % Skonto, 30 Tage netto": Terms(30, ((0.02, 14),)),
    "innerhalb 14 Tagen 2,5 % Skonto, 30 Tage ohne Abzug": Terms(30, ((0.025, 14),)),
    "3 % 8 Tage, 2 % 14 Tage, netto 30 Tage": Terms(30, ((0.03, 8), (0.02, 14))),
    "8 Tage 3 %, 14 Tage 2 %, 30 Tage netto": Terms(30, ((0.03, 8), (0.02, 14))),
    "30 jours net": Terms(30),
    "45 jours fin de mois": Terms(60, end_of_month=True),
    "45 jours fin de mois le 10": Terms(70, end_of_month=True),
    "2 % d'escompte à 10 jours, 30 jours net": Terms(30, ((0.02, 10),)),
    "2% escompte à 10 jours, 30 jours net": Terms(30, ((0.02, 10),)),
    "Comptant": Terms(0),
    "À réception de facture": Terms(0),
    "60 días": Terms(60),
    "30 giorni data fattura fine mese": Terms(45, end_of_month=True),
    "30 dias": Terms(30),
    "30 dagen netto": Terms(30),
    "30 dni": Terms(30),
}
#: Each would be easy to take for something that it is not.
NOT = [
    "", "0001", "30", "Z030", "ZB14", "30/60/90", "30 % deposit, rest 60 days", "50% in advance, 50% net 30", "net 2030", "1/15 net 10", "15 MFI", "10th of following month",
    "2% interest after 30 days, net 30", "Net 45 Days 1%", "30 or 60 days", "net 30.5", "2/10", "as agreed", "see contract 30", "Net", "100 % 30 days", "30 days & 2 instalments",
]  # fmt: skip


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood(text):
    assert read_terms(text) == UNDERSTOOD[text]
    assert read_terms(text.upper()) == UNDERSTOOD[text]


@pytest.mark.parametrize("text", NOT)
def test_what_is_not_understood_is_nothing(text):
    assert read_terms(text) is None


def by_loops(lines):
    """Sums by vendor and currency, in Decimal: spend, positive spend x days, discounts, days, meanings, lines, positive spend."""
    out = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0), [], set(), 0, Decimal(0)])
    for row in lines.to_dict("records"):
        terms = read_terms(row["payment_terms"]) if isinstance(row["payment_terms"], str) else None
        if terms is None or pd.isna(row["amount"]):
            continue
        amount, mine = Decimal(repr(row["amount"])), out[row["vendor_id"], row["currency"]]
        mine[0] += amount
        mine[1] += max(amount, Decimal(0)) * Decimal(repr(terms.days))
        mine[6] += max(amount, Decimal(0))
        mine[2] += amount * Decimal(repr(terms.rate))
        mine[3].append(terms.days)
        mine[4].add(terms)
        mine[5] += 1
    return out


@pytest.mark.parametrize("seed", one_in(3, range(5)))
def test_the_figures_are_those_of_plain_loops(seed):
    rng = np.random.default_rng(seed)
    lines = pd.DataFrame(
        {
            "vendor_id": rng.choice(list("abcde"), 300),
            "order_id": rng.integers(0, 90, 300).astype(str),
            "currency": rng.choice(["EUR", "USD"], 300),
            "amount": np.where(rng.random(300) < 0.05, np.nan, rng.normal(500, 400, 300).round(2)),
            "payment_terms": rng.choice([*list(UNDERSTOOD)[::4], "Z030", "as agreed", None, " "], 300),
        }
    )
    got, want = spend.payment_terms(lines), by_loops(lines)
    assert {*zip(got.vendor_id, got.currency, strict=True)} == set(want)
    for row in got.itertuples():
        total, paid, offered, days, meanings, n, weight = want[row.vendor_id, row.currency]
        assert row.spend == pytest.approx(float(total), abs=1e-6)
        if weight > 0:
            assert row.days == pytest.approx(float(paid / weight), rel=1e-9)
            assert min(days) <= row.days <= max(days)
        assert row.discount_offered == pytest.approx(float(offered), abs=1e-6)
        assert (row.shortest_days, row.longest_days) == (min(days), max(days))
        assert (row.n_terms, row.n_lines) == (len(meanings), n)
    book = got.attrs
    assert book["included"]["n_lines"] + sum(e["n_lines"] for e in book["excluded"]) == len(lines)


def test_what_is_not_understood_is_named_with_its_lines():
    lines = pd.DataFrame(
        {"vendor_id": "v", "currency": "EUR", "amount": 10.0, "payment_terms": ["Z030", "Z030", "Net 30", None]}
    )
    got = spend.payment_terms(lines)
    assert [(e["reason"], e["n_lines"]) for e in got.attrs["excluded"]] == [
        ("no payment terms", 1),
        ("payment terms not understood", 2),
    ]
    assert "“Z030” (2 lines)" in ma.explain(got)


@pytest.mark.parametrize("n", [0, 1])
def test_few_lines_and_none_that_is_understood(n):
    lines = pd.DataFrame({"vendor_id": ["v"], "currency": ["EUR"], "amount": [10.0], "payment_terms": ["Z030"]}).iloc[
        :n
    ]
    got = spend.payment_terms(lines)
    assert len(got) == 0
    assert {"days", "usual_terms", "discount_offered"} <= set(got.columns)
    spend.plot_payment_terms(lines)


def test_equals_are_told_in_the_same_order_whatever_that_of_the_rows():
    texts = ["Net 60", "Net 30", "odd b", "odd a", "odd c", "Net 60", "Net 30"]
    lines = pd.DataFrame({"vendor_id": "v", "currency": "EUR", "amount": 10.0, "payment_terms": texts})
    for rows in (lines, lines[::-1], lines.sample(frac=1, random_state=3)):
        got = spend.payment_terms(rows)
        assert got.usual_terms.tolist() == ["Net 30"]
        assert "“odd a” (1 line), “odd b” (1 line), “odd c” (1 line)." in got.attrs["notes"][-1]
