"""Lines of one's own may lack columns that a source always has: what looks at everything tells what it can."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import MakiniError, MakiniWarning, SchemaError, currency, quality
from makini_analytics.reporting._lists import shown
from tests.tiers import one_in

COLUMNS = ["line_id", "connection", "order_id", "vendor_name", "material_id", "updated_at", "state", "category"]


@pytest.mark.full
@pytest.mark.parametrize("column", one_in(8, COLUMNS))
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


@pytest.mark.parametrize("columns", one_in(2, [["connection", "vendor_name"], ["connection", "category"]]))
def test_a_vendor_is_picked_and_handed_a_page_without_them(columns, tmp_path):
    data = ma.load_sample(["us"])
    bare = replace(data, lines=data.lines.tail(200).drop(columns=columns))
    vendor = data.lines["vendor_id"].iloc[-1]
    assert len(bare.filter(vendor=vendor).lines) == (data.lines["vendor_id"].tail(200) == vendor).sum()
    page = ma.report(bare, tmp_path / "v.html", vendor=vendor, as_of="2025-12-31")
    assert "Lines on time" in page.read_text(encoding="utf-8")
    assert "category" not in columns or "(no categories)" in " ".join(ma.findings(bare, as_of="2025-12-31")["sentence"])


def test_a_report_of_lines_without_days_says_which_column_lacks(tmp_path):
    data = ma.load_sample(["us"])
    bare = replace(data, lines=data.lines.head(200).drop(columns="order_date"))
    with pytest.raises(SchemaError, match="needs the column 'order_date'"):
        ma.report(bare, tmp_path / "r.html", sections="spend", as_of="2025-12-31", progress=False)


def test_no_line_and_no_day_to_look_from_is_said():
    data = ma.load_sample(["us"])
    nothing = ma.Purchases(data.orders.iloc[:0], data.lines.iloc[:0])
    with pytest.raises(MakiniError, match="no as-of day"):
        ma.findings(nothing)
    for look in (ma.findings, ma.scorecard):
        assert look(nothing, as_of="2025-12-31") is not None


@pytest.mark.full
@pytest.mark.parametrize("name", one_in(2, [None, "us"]))
def test_orders_that_are_there_again_where_no_connection_is_known(name):
    """Of lists that were put together the connection is missing, of both or of one."""
    data = ma.load_sample(["us"])
    of = data.lines["order_id"].isin(data.lines["order_id"].iloc[:3])
    again = replace(
        data,
        orders=pd.concat(
            [data.orders.assign(connection=pd.NA), data.orders.head(3).assign(connection=name)], ignore_index=True
        ),
        lines=pd.concat(
            [data.lines.assign(connection=pd.NA), data.lines[of].assign(connection=name)], ignore_index=True
        ),
    )
    again.lines.attrs = data.lines.attrs
    found = ma.findings(again, currency="USD", as_of="2025-12-31").set_index("kind")
    assert "<NA>" not in " ".join(found["sentence"])
    steps = quality.reconcile(again)
    assert (steps[(steps["part"] == "lines") & (steps["step"] == "raw")]["n_lines"]).sum() == len(again.lines)
    assert shown(quality.duplicates(again))["name"].notna().any()
