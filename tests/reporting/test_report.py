"""The report: self-contained, escaped, and the same figures as the frames."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from PIL import Image

import makini_analytics as ma
from makini_analytics import ConfigError, spend


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = ma.load_sample(["emea", "us"])
    out = tmp_path_factory.mktemp("report")
    return data, out, ma.report(data, out / "r").read_text(encoding="utf-8")


def test_the_folder_holds_page_charts_and_tables(made):
    data, out, _ = made
    charts = sorted(p.stem for p in (out / "r" / "charts").glob("*.png"))
    assert len(charts) >= 5
    assert charts == sorted(p.stem for p in (out / "r" / "charts").glob("*.svg"))
    for chart in (out / "r" / "charts").glob("*.png"):
        with Image.open(chart) as image:
            assert image.width >= 1800
            assert image.info["Description"]
    back = pd.read_csv(out / "r" / "tables" / "spend_by_vendor.csv", encoding="utf-8-sig")
    want = spend.by_vendor(data.lines)
    assert back.spend.round(2).tolist() == want.spend.round(2).tolist()
    assert back.vendor_name.fillna("").tolist() == want.vendor_name.fillna("").tolist()


def test_the_page_asks_for_nothing_and_closes_its_tags(made):
    page = made[2]
    assert not re.search(r'(src|href)="?\'?https?:', page)
    assert "<script" not in page
    assert page.count("<img alt='") == page.count("<img")
    assert "alt=''" not in page
    HTMLParser().feed(page)
    for tag in ("section", "figure", "table", "details", "dl"):
        assert page.count(f"<{tag}") == page.count(f"</{tag}>"), tag


def test_the_page_tells_the_figures_of_the_frames(made):
    data, _, page = made
    for currency in ("EUR", "USD"):
        for row in spend.by_vendor(data.lines, currency=currency).head(10).to_dict("records"):
            assert f"{row['spend']:,.2f}" in page
    assert "Left out" in page or "left out" in page
    assert "Kaplan" in page  # the definitions come from the docstrings


def test_what_was_left_out_adds_up(made):
    data, out, _ = made
    left = pd.read_csv(out / "r" / "tables" / "left_out.csv", encoding="utf-8-sig")
    whole = left.groupby("metric").n_lines.sum()
    assert (whole[["spend.by_vendor", "lead_times.by_vendor", "slippage.by_vendor"]] == len(data.lines)).all()


def test_hostile_names_are_text(tmp_path):
    names = ["<script>alert(1)</script>", "=1+1", "株式会社", "a" * 200, "$x^2$", "M&Ms", None]
    table = pd.DataFrame({"vendor_name": names, "amount": range(1, 8), "order_date": "2025-01-01", "delivered_date": "2025-01-09",
                          "required_date": "2025-01-08", "order_number": list("abcdefg")})  # fmt: skip
    data = ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")
    page = ma.report(data, tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nothing_at_all_is_still_a_report(tmp_path):
    data = ma.Purchases.from_table(pd.DataFrame({"vendor_name": [], "amount": []}), as_of="2025-02-01")
    assert "No data" in ma.report(data, tmp_path / "x.html").read_text(encoding="utf-8")


def test_another_kind_of_file_teaches(tmp_path):
    with pytest.raises(ConfigError, match="html"):
        ma.report(ma.load_sample(["us"]), tmp_path / "x.docx")
