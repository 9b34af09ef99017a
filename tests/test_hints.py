"""What goes wrong easily: the error is one of the package, in a line, and says what would be right."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency, lead_times, slippage, spend


@pytest.fixture(scope="module")
def data():
    return ma.load_sample("emea")


@pytest.fixture(scope="module")
def lines(data):
    return data.lines[data.lines.currency == "EUR"]


def refuses(said: str, call, *args):
    """Check that a call raises an error of the package, of one line."""
    with pytest.raises(ma.MakiniError, match=said) as e:
        call(*args)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("figure", [spend.by_vendor, slippage.open_orders, lead_times.plot_curve, lambda e: currency.convert(e, "USD", {"EUR": 2})])  # fmt: skip
def test_a_column_that_is_there_twice_is_named(lines, figure):
    refuses("several columns named 'amount': rename them first", figure, pd.concat([lines, lines[["amount"]]], axis=1))
