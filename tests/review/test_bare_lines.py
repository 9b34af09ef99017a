"""Lines of one's own may lack columns that a source always has: what looks at everything tells what it can."""

from __future__ import annotations

from dataclasses import replace

import pytest

import makini_analytics as ma
from makini_analytics import MakiniError, MakiniWarning, currency
from tests.tiers import one_in

COLUMNS = ["line_id", "connection", "order_id", "vendor_name", "material_id", "updated_at", "state"]


@pytest.mark.parametrize("column", one_in(7, COLUMNS))
def test_a_column_that_lacks_is_no_raw_error(column):
    data = ma.load_sample(["us"])
    bare = replace(data, lines=data.lines.drop(columns=column))
    with pytest.warns(MakiniWarning, match="lines have no rate"):  # those become issues
        converted = currency.convert(bare, "EUR", {"USD": 0.9})
    assert len(converted.lines) == len(data.lines)
    assert (converted.issues.reason == "not converted: no rate").sum() == (
        ~data.lines.currency.isin(["USD", "EUR"])
    ).sum()
    for look in (ma.findings, ma.scorecard):
        try:
            assert len(look(bare, currency="USD", as_of="2025-12-31"))
        except MakiniError as e:
            assert column in str(e)


def test_no_line_and_no_day_to_look_from_is_said():
    data = ma.load_sample(["us"])
    nothing = ma.Purchases(data.orders.iloc[:0], data.lines.iloc[:0])
    with pytest.raises(MakiniError, match="no as-of day"):
        ma.findings(nothing)
    for look in (ma.findings, ma.scorecard):
        assert look(nothing, as_of="2025-12-31") is not None
