"""What an explanation tells, as text and in a notebook, and what it says where there is nothing to explain."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import SchemaError, currency, slippage, spend

EVIL = "<script>alert(1)</script> & Co"


def test_an_explanation_shows_all_that_its_text_says():
    lines = ma.load_sample(["emea"]).lines
    for result in (
        spend.by_vendor(lines, by="vendor", currency="EUR", intercompany=[lines["vendor_name"].iloc[0]]),
        slippage.by_vendor(lines),
    ):
        told = ma.explain(result)
        shown = told._repr_html_()
        assert f"<b>{result.attrs['metric']}</b>" in shown
        rows = pd.read_html(StringIO(shown), flavor="lxml", thousands=None)[0]
        assert len(rows) == 1 + len(result.attrs["excluded"])
        assert "".join(rows["lines"].astype(str)).replace(",", "") == "".join(
            str(e["n_lines"]) for e in [result.attrs["included"], *result.attrs["excluded"]]
        )
        assert ("Currency:" in shown) == ("currency" in result) == ("Currency:" in told)
        assert "Parameters: " in shown
        assert "As of: " in shown
    told = ma.explain(spend.bridge(lines.iloc[:50], lines.iloc[50:90], mixed_units="apart"))
    assert "the rate:</p><pre>    price " in told._repr_html_()


def test_an_explanation_escapes_what_comes_from_outside():
    frame = pd.DataFrame({"vendor_id": [EVIL, "b"], "amount": [1.0, 2.0], "currency": ["EUR", "EUR"]})
    told = ma.explain(spend.by_vendor(frame, intercompany=[EVIL]))
    assert EVIL in told
    assert "<script" not in told._repr_html_()
    assert type(told)("made by hand <b>")._repr_html_() == "<pre>made by hand &lt;b&gt;</pre>"


@pytest.mark.parametrize("what", [5, None, "spend", {}, ma.load_sample, []], ids=lambda v: type(v).__name__)
def test_what_is_no_frame_gets_an_error_that_says_what_to_pass(what):
    with pytest.raises(SchemaError, match=rf"as in ma\.explain\(spend\.by_vendor\(.*not {type(what).__name__}"):
        ma.explain(what)


def test_purchases_and_lines_are_no_result():
    data = ma.load_sample(["us"])
    with pytest.raises(SchemaError, match="not Purchases"):
        ma.explain(data)
    for frame in (data.lines, data.orders, pd.DataFrame()):
        with pytest.raises(SchemaError, match="does not say which figure it comes from"):
            ma.explain(frame)


def test_a_step_is_explained_and_a_figure_of_another_version_is_named():
    lines = currency.convert(pd.DataFrame({"amount": [1.0], "currency": "USD", "order_date": pd.Timestamp("2025-01-02")}), "EUR", {"USD": 0.9})  # fmt: skip
    assert ma.explain(lines).startswith("currency.convert\n\nConvert the amounts of every line")
    result = spend.by_vendor(ma.load_sample(["us"]).lines)
    result.attrs["metric"] = "spend.by_moon"
    assert "(no definition: spend.by_moon is no figure of this version)" in ma.explain(result)


def test_the_swings_of_a_ladder_carry_what_the_ladder_counted():
    lines = ma.load_sample(["us"]).lines
    ladder = slippage.ladder(lines)
    by_result, by_lines = slippage.swings(ladder), slippage.swings(lines)
    pd.testing.assert_frame_equal(by_result, by_lines)
    for got in (by_result, by_lines):
        assert {k: got.attrs[k] for k in ("included", "excluded", "as_of")} == {
            k: ladder.attrs[k] for k in ("included", "excluded", "as_of")
        }
        assert got.attrs["metric"] == "slippage.swings"
    ladder.attrs.clear()
    assert slippage.swings(ladder).equals(by_lines)  # attrs are a convenience


@pytest.mark.full
def test_without_docstrings_an_explanation_says_why_the_definition_is_missing():
    code = (
        "import makini_analytics as ma; from makini_analytics import spend;"
        "print(ma.explain(spend.by_vendor(ma.load_sample().lines)))"
    )
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "(no definition: it is the docstring of spend.by_vendor, which python -OO leaves out)" in done.stdout
    assert "Left out, cancelled" in done.stdout
