"""What a report draws: charts that say what their titles say, in the look of a company, the same bytes for the same data."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, spend, style
from makini_analytics.reporting import content, write
from makini_analytics.reporting._lists import shown
from makini_analytics.reporting._pictures import svg_of

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, which reads workbooks back, is not installed")
Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation
pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")


def exhibit(told, name):
    return next(e for e in told.exhibits if e.name == name)


def test_native_charts_show_what_their_titles_and_pictures_say(made):
    _, _, told = made
    rates = exhibit(told, "slippage_by_vendor")
    picture = [t.get_text() for t in rates.chart.get_yticklabels()]
    assert len(rates.native.colours) == len(rates.native.rows) == len(picture)
    late = rates.native.rows.label[[c == style.look.late for c in rates.native.colours]]
    below = rates.table[(rates.table.against_others == "below").fillna(False)]
    assert len(late) <= len(below)
    bridge = exhibit(told, "spend_bridge")
    effects = bridge.native.rows.set_index("label")["value"]
    assert effects["After"] - effects["Before"] == pytest.approx(effects.drop(["Before", "After"]).sum())


@pytest.mark.full
def test_pictures_on_slides_are_crisp_fill_their_room_and_leave_the_chart_as_it_was(made, tmp_path):
    _, _, told = made
    sections = {k: [replace(e, native=None) for e in v] for k, v in told.sections.items()}
    told = replace(told, sections=sections)  # as if PowerPoint had no such charts
    before = {e.name: e.chart.figure.get_size_inches().tolist() for e in told.exhibits if e.chart is not None}
    write(told, tmp_path / "x.pptx")
    assert before == {e.name: e.chart.figure.get_size_inches().tolist() for e in told.exhibits if e.chart is not None}
    assert all(len(e.chart.figure.texts) == 3 for e in told.exhibits if e.chart is not None)
    pictures = [
        (s, shape)
        for s in Presentation(str(tmp_path / "x.pptx")).slides
        for shape in s.shapes
        if shape.shape_type == 13
    ]
    assert len(pictures) >= 4
    for _, shape in pictures:
        wide, high = shape.image.size
        assert wide / (shape.width / 914400) >= 200
        assert wide / high == pytest.approx(shape.width / shape.height, rel=0.01)


@pytest.mark.full
def test_a_company_s_template_keeps_its_placeholders_and_its_size(made, tmp_path):
    data, _, _ = made
    for name, (wide, high) in {
        "4x3": (9144000, 6858000),
        "16x9": (12192000, 6858000),
        "a4": (9906000, 6858000),
    }.items():
        deck = Presentation()
        deck.slide_width, deck.slide_height = wide, high
        for layout in deck.slide_layouts:  # the company's order of layouts, and a title that stands at the bottom
            for holder in layout.placeholders:
                if holder.placeholder_format.type is not None and holder.placeholder_format.type.name == "TITLE":
                    holder.left, holder.top, holder.width, holder.height = 300_000, 200_000, wide - 600_000, 700_000
        deck.save(str(tmp_path / f"{name}.pptx"))
        back = Presentation(
            str(
                ma.report(
                    data, tmp_path / f"{name}-out.pptx", sections=["slippage"], template=tmp_path / f"{name}.pptx"
                )
            )
        )
        assert (back.slide_width, back.slide_height) == (wide, high)
        for slide in back.slides:
            assert [p.placeholder_format.type.name for p in slide.placeholders] == ["TITLE"]  # none is left empty
            title = slide.shapes.title
            assert not title._element.xpath("./p:spPr/a:xfrm")  # where the layout has it
            content_of = [s for s in slide.shapes if s.has_chart or s.shape_type == 13]
            for shape in content_of:
                assert shape.top >= 200_000 + 700_000
                assert shape.left >= 0 and shape.left + shape.width <= wide and shape.top + shape.height <= high


@pytest.mark.full
def test_each_amount_in_a_workbook_has_the_format_of_its_currency(tmp_path, monkeypatch):
    def no_rates(*args, **options):
        raise ma.ConfigError("no rates")

    monkeypatch.setattr("makini_analytics.review._one_currency.currency.convert", no_rates)
    data = ma.load_sample()
    book = openpyxl.load_workbook(ma.report(data, tmp_path / "x.xlsx", sections=["spend", "open_orders"]))
    sheet = book["Open lines"]
    names = [c.value for c in sheet[1]]
    money = names.index("Open value")
    seen = set()
    for row in sheet.iter_rows(min_row=2):
        currency, form = row[names.index("Currency")].value, row[money].number_format
        seen.add(currency)
        assert form == ("#,##0" if currency == "JPY" else "#,##0.00")  # which currency it is stands beside it
    assert {"JPY", "EUR", "USD"} <= seen


def test_a_table_of_vendors_and_amounts_alone_makes_a_report(tmp_path):
    table = pd.DataFrame({"vendor_name": ["a", "b", "a"], "amount": [1.0, 2.0, 3.0]})
    data = ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")
    told = content(data)  # as ma.report does, once for all formats
    for name in ("x.html", "x.xlsx", "x.pptx"):
        assert write(told, tmp_path / name).exists()


@pytest.mark.full
def test_long_times_go_by_quarter_or_year():
    day = pd.Timestamp("2015-01-01")
    for years, word in ((2, "month"), (8, "quarter"), (20, "year")):
        table = pd.DataFrame({"vendor_name": "a", "amount": 1.0, "order_date": [day - pd.DateOffset(years=years), day]})
        told = content(ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01"), sections=["spend"])
        assert f"spend_by_{word}_EUR" in {e.name for e in told.exhibits}


@pytest.mark.full
def test_a_report_of_one_vendor_names_materials_and_only_its_connections():
    told = content(ma.load_sample(), vendor="Kugellager Nord AG")
    names = [t.get_text() for t in exhibit(told, "slippage_by_material").chart.get_yticklabels()]
    assert not any(re.search(r"[0-9a-f]{8}", n) for n in names)
    assert set(told.data.sources.connection) == set(told.data.lines.connection)
    assert "materials" in exhibit(told, "slippage_by_material").title


@pytest.mark.parametrize(
    ("sections", "files"),
    [
        pytest.param(["slippage"], 10, marks=pytest.mark.full),
        pytest.param(["spend", "slippage"], 25, marks=pytest.mark.full),
    ],
)
def test_another_process_with_another_hash_seed_writes_the_same_bytes(sections, files, tmp_path):
    script = """
import sys
import makini_analytics as ma
from pathlib import Path
data, out = ma.load_sample(["us"]), Path(sys.argv[1])
from makini_analytics.reporting import content, write
from makini_analytics.reporting._pictures import svg_of
told = content(data, sections=sys.argv[2:])
for name in ("folder", "x.xlsx"):
    write(told, out / name)
"""
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / seed), *sections],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
    names = sorted(p.relative_to(tmp_path / "1") for p in (tmp_path / "1").rglob("*") if p.is_file())
    assert {p.suffix for p in names} == {".png", ".svg", ".csv", ".html", ".xlsx"}
    assert len(names) > files
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name


def test_a_hatched_bar_has_the_paper_of_the_dark_in_the_dark():
    dates = pd.to_datetime(["2024-01-20", "2024-02-10", "2024-03-10"])
    lines = pd.DataFrame({"vendor_id": "a", "amount": 10.0, "currency": "EUR", "order_date": dates})
    lines.attrs["since"] = "2024-01-15"
    svg = base64.b64decode(svg_of(spend.plot_by_period(lines, as_of="2024-03-31"))).decode()
    assert "<pattern" in svg
    assert not re.search("(fill|stroke)[=:] ?[\"']?#", svg.split("</style>", 1)[1])


def said_of(told, kind):
    """The amounts of a finding's sentence: a number and its letter, as it is read."""
    row = told.findings.set_index("kind").loc[kind]
    return row, exhibit(told, row["exhibit"]).table


def test_the_table_behind_a_finding_adds_up_to_it(made):
    _, _, told = made
    row, table = said_of(told, "late")
    assert table["late_value"].sum() == pytest.approx(row["value"])
    total = charts.money(table["due_value"].sum(), row["currency"])
    assert f"of {total} due came late" in row["sentence"]
    assert (table["late_value"] <= table["due_value"]).all()
    assert set(table["currency"]) == {row["currency"]}
    row, table = said_of(told, "duplicate vendors")
    vendors = table[table["kind"] == "vendor"]
    assert vendors["value"].sum() == pytest.approx(row["value"])
    assert row["value"] > 0
    assert set(vendors["currency"]) == {row["currency"]}


@pytest.mark.full
def test_an_entry_that_is_the_smaller_of_two_pairs_adds_up():
    # three names of one vendor are three pairs
    names = ["Müller Antriebstechnik GmbH", "Muller Antriebstechnik GmbH", "Mueller Antriebstechnik GmbH"]
    table = pd.DataFrame({"vendor_name": names, "amount": [100.0, 30.0, 5.0], "order_number": list("abc")})
    data = ma.Purchases.from_table(table.assign(order_date="2025-10-01"), currency="EUR", as_of="2025-12-31")
    told = content(data)
    row, table = said_of(told, "duplicate vendors")
    assert len(table[table["kind"] == "vendor"]) == 3
    assert table["value"].sum() == row["value"] == 35.0


def legends(told):
    return {e.name: e.native.says for e in told.exhibits if e.native is not None}


@pytest.mark.full
def test_legends_name_only_what_is_there(tmp_path):
    """Of four whole months without a late line nothing is cut, below the others or grey."""
    days = list(pd.date_range("2025-09-01", "2025-12-31").repeat(2))
    table = pd.DataFrame({"order_date": days, "vendor_name": ["a", "b"] * (len(days) // 2), "amount": 1.0})
    table = table.assign(order_number=[str(i) for i in range(len(days))], required_date=days, delivered_date=days)
    told = content(ma.Purchases.from_table(table, currency="EUR", as_of="2025-12-31"))
    said = legends(told)
    assert not [s for s in said.values() if "part:" in s or "orange" in s or "grey" in s or "unfinished" in s], said
    # one line of a third vendor, and a month that began before the data did
    few = table.iloc[[40]].assign(vendor_name="c", order_number="x")
    told = content(ma.Purchases.from_table(pd.concat([table, few]).iloc[20:], currency="EUR", as_of="2025-12-20"))
    said = legends(told)
    assert "; grey: fewer than 20 lines" in said["slippage_by_vendor"]
    assert "hatched: cut" in said["spend_by_month_EUR"]


@pytest.mark.full
def test_the_page_explains_lines_only_where_a_tile_has_one(made, tmp_path):
    _, _, told = made
    page = write(told, tmp_path / "x.html").read_text("utf-8")
    assert "Line: the last twelve months thick, the year before thin." in page
    bare = replace(told, tiles=[replace(t, months_before=[]) for t in told.tiles])
    assert "Line: the last twelve months." in write(bare, tmp_path / "x.html").read_text("utf-8")
    bare = replace(told, tiles=[replace(t, months=[], months_before=[]) for t in told.tiles])
    assert "Line: the last twelve months" not in write(bare, tmp_path / "x.html").read_text("utf-8")


def test_what_may_be_there_twice_is_listed_by_score_then_value(made):
    _, _, told = made
    rows = shown(exhibit(told, "quality_duplicates").table)
    key = list(zip(-rows["score"], -rows["value"].fillna(float("-inf")), strict=True))
    assert key == sorted(key)


def test_people_write_endings_in_capitals_and_htm(made, tmp_path):
    _, _, told = made
    bare = replace(told, sections={})
    assert write(bare, tmp_path / "x.HTM").read_text("utf-8").startswith("<!doctype html>")
    assert write(bare, tmp_path / "x.XLSX").read_bytes().startswith(b"PK")
