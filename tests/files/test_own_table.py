"""Lines that somebody saved as CSV or in a workbook are read back as they were."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.files import read_headings
from tests.tiers import one_in


def saved(lines, folder, ending):
    path = folder / f"lines{ending}"
    if ending == ".csv":
        lines.to_csv(path, index=False)
    else:  # Excel knows no zones
        zoned = lines.select_dtypes("datetimetz").columns
        lines.assign(**{c: lines[c].dt.tz_localize(None) for c in zoned}).to_excel(path, index=False)
    return path


@pytest.mark.parametrize("ending", one_in(2, [".csv", ".xlsx"]))
def test_our_own_lines_come_back_as_they_were(ending, tmp_path):
    lines = ma.load_sample().lines
    lines = lines[lines["order_id"].isin(lines["order_id"].unique()[::8])].reset_index(drop=True)
    got = ma.Purchases.from_file(saved(lines, tmp_path, ending)).lines
    keys = ["connection", "line_id"]
    was, now = (frame.sort_values(keys).reset_index(drop=True) for frame in (lines, got))
    told = [c for c in lines if c in got and lines[c].notna().any() and c not in ("n_receipts", "first_receipt_date")]
    assert {"state", "vendor_id", "price_unit", "unit_price", "site_name", "custom.wbsElement"} <= set(told)
    pd.testing.assert_frame_equal(now[told], was[told], check_dtype=False)


@pytest.mark.parametrize("dropped", one_in(2, [["status"], ["state"], ["line_id", "unreadable", "unit_code"]]))
def test_the_state_is_not_lost_with_a_column(dropped, tmp_path):
    lines = ma.load_sample().lines.iloc[::3].reset_index(drop=True)
    path = saved(lines.drop(columns=dropped).rename(columns=str.upper), tmp_path, ".csv")
    got = ma.Purchases.from_file(path).lines
    assert got["state"].value_counts().to_dict() == lines["state"].value_counts().to_dict()


def test_each_heading_says_that_it_is_ours(tmp_path):
    path = saved(ma.load_sample(["us"]).lines.head(20), tmp_path, ".csv")
    told = read_headings(path).set_index("heading")
    assert told.loc["price_unit", ["column", "rule"]].tolist() == ["price_unit", "our own name"]
    assert told.loc["state", "rule"] == "left out: it follows from other columns"
    mine = read_headings(path, columns={"notes": "title"}).set_index("heading")
    assert mine.loc["notes", "column"] == "title"


def test_a_list_with_some_of_our_names_is_any_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "order_number,line_id,vendor_name,status,state,quantity,unit_price,currency\n1,a,ACME,open,TX,2,3,USD\n"
    )
    rules = read_headings(path)["rule"]
    assert not rules.str.contains("our own name|follows from").any()
