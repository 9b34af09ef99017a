"""Names that are alike and are not one vendor's, and names that are."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import Purchases, quality
from tests.tiers import one_in


@pytest.mark.parametrize(
    ("names", "n"),
    one_in(
        3,
        [
            (["Supplier A GmbH", "Supplier B GmbH", "Supplier C GmbH", "Supplier D GmbH"], 0),
            (["Plant 1", "Plant 2"], 0),
            (["Nordic Works 1a", "Nordic Works 1b"], 0),
            (["Müller Pumps GmbH", "Muller Pumps"], 1),
            (["Bearing Co", "Bearing Co."], 1),
            (["A B Volvo Parts", "AB Volvo Parts"], 1),
            (["Supplier A GmbH", "Suppliers A GmbH"], 1),
        ],
    ),
)
def test_names_that_differ_in_a_letter_of_their_own_are_different_vendors(names, n):
    pytest.importorskip("rapidfuzz", reason="rapidfuzz, of the extra 'enrich', is not installed")
    table = pd.DataFrame({"vendor_name": names, "amount": 1.0, "currency": "EUR"})
    got = quality.duplicates(Purchases.from_table(table, as_of="2025-12-31"))
    assert (got["kind"] == "vendor").sum() == n
