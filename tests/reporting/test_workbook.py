"""The workbook as one sees it: no number is wider than its column, headings and sheets are named in whole words."""

from __future__ import annotations

import re
import zipfile
from itertools import combinations, takewhile

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts
from makini_analytics.reporting import content
from makini_analytics.reporting._exhibits import Exhibit

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, which reads workbooks back, is not installed")
CellRange = pytest.importorskip("openpyxl.worksheet.cell_range").CellRange
pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")


def hidden(path):
    """Return the cells of a workbook whose number, as its format writes it, has more letters than its column."""
    book, files, out = openpyxl.load_workbook(path), zipfile.ZipFile(path), []
    for i, sheet in enumerate(book, 1):
        xml = files.read(f"xl/worksheets/sheet{i}.xml").decode()
        spans = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', xml)
        widths = {k: float(w) for first, last, w in spans for k in range(int(first), int(last) + 1)}
        for cell in (c for row in sheet.iter_rows() for c in row if isinstance(c.value, int | float)):
            form, _, unit = cell.number_format.partition('"')
            decimals = len(form.rstrip("%").partition(".")[2])
            text = f"{cell.value * (100 if form.endswith('%') else 1):,.{decimals}f}{unit[:-1]}"
            if form != "General" and len(text) + 1 > widths.get(cell.column, 8.43):
                out.append((sheet.title, cell.coordinate, text))
    return out


def test_every_number_fits_its_column(made):
    _, out, _ = made
    assert hidden(out / "r.xlsx") == []


def screws(times=1.0):
    """Make a thousand lines of screws of less than a cent, dearer from 2025 on."""
    n = 1000
    day = pd.Timestamp("2023-07-01") + pd.to_timedelta(pd.Series(range(n)) * 720 // n, "D")
    price = day.ge("2025-01-01").map({True: 0.0046, False: 0.0042}) * times
    table = pd.DataFrame({"order_number": [f"P{i}" for i in range(n)], "line_number": "1", "vendor_name": [f"Screws {i % 3}" for i in range(n)],
                          "order_date": day, "quantity": 100_000, "unit_price": price, "amount": price * 100_000, "currency": "IDR",
                          "material_id": [f"M{i % 8}" for i in range(n)], "unit_of_measure": "EA"})  # fmt: skip
    return ma.Purchases.from_table(table, as_of="2025-06-20")


@pytest.mark.full
def test_billions_fit_their_columns(tmp_path):
    assert hidden(ma.report(screws(1e5), tmp_path / "x.xlsx", currency="IDR", sections=["spend"])) == []


@pytest.mark.full
def test_a_price_below_a_cent_is_read_in_every_format(tmp_path):
    data = screws()
    for name, options in (("page.html", {"sections": ["spend"], "currency": "IDR"}), ("vendor.html", {"vendor": "Screws 1"})):  # fmt: skip
        cells = re.findall("<td[^>]*>([^<]*)</td>", ma.report(data, tmp_path / name, **options).read_text("utf-8"))
        assert "0.0042" in cells, name
    book = openpyxl.load_workbook(ma.report(data, tmp_path / "x.xlsx", currency="IDR", sections=["spend"]))
    sheet = book["Prices of the same item"]
    at = [c.value for c in sheet[1]].index("Price before")
    assert sheet.cell(2, at + 1).number_format == "#,##0.0000"


def test_sheets_and_columns_have_names_as_people_read_them(made):
    _, out, _ = made
    book = openpyxl.load_workbook(out / "r.xlsx")
    assert not [name for name in book.sheetnames if re.search(r"\d$|, ?$", name)]
    assert {"Spend by category, site, EUR", "Prices of the same item"} <= set(book.sheetnames)
    heads = [c.value for sheet in book if sheet.title != "At a glance" for c in sheet[1] if c.value]
    assert len(heads) > 100
    assert not [h for h in heads if "_" in h or h[0].islower()]


def test_what_is_whole_has_no_decimals_and_names_stand_over_their_numbers(made):
    sheet = openpyxl.load_workbook(made[1] / "r.xlsx")["Open lines"]
    names = [c.value for c in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        days, quantity = (row[names.index(name)] for name in ("Days overdue", "Open quantity"))
        assert days.number_format == "0"
        assert quantity.number_format == ("#,##0" if quantity.value % 1 == 0 else "#,##0.00")
    over = {c.value: c.alignment.horizontal for c in sheet[1]}
    assert {over[name] for name in ("Days overdue", "Open value", "Open quantity", "Chance", "Due")} == {"right"}
    assert {over[name] for name in ("Order", "Currency", "State")} & {"right"} == set()
    beside = sheet.cell(2, names.index("Currency") + 1).alignment  # a number ends at its left
    assert (beside.horizontal, beside.indent) == ("left", 1)


def test_the_first_sheet_breaks_its_texts_and_names_the_unit_of_days(made):
    sheet = openpyxl.load_workbook(made[1] / "r.xlsx")["At a glance"]
    cells = {c.value: c for row in sheet.iter_rows() for c in row if c.value is not None}
    tile = next(t for t in made[2].tiles if t.name == "lead_time")
    assert sheet.cell(cells[tile.label].row, 2).number_format == '0 "days"'
    joined = {str(r).split(":")[0]: r for r in sheet.merged_cells.ranges}
    for cell in cells.values():
        if isinstance(cell.value, str) and cell.row > 1:
            assert cell.alignment.wrap_text, cell.value
            span = joined[cell.coordinate].cells if cell.coordinate in joined else [(cell.row, cell.column)]
            wide = sum(sheet.column_dimensions["ABC"[j - 1]].width for _, j in span)
            assert len(cell.value) / wide / 1.05 <= (sheet.row_dimensions[cell.row].height or 15) / 15, cell.value


def test_sheets_of_several_currencies_say_which():
    from makini_analytics.reporting._workbook import _sheet_name

    exhibits = [Exhibit(f"x{i}", heading, pd.DataFrame()) for i, heading in enumerate((
        "Open value by age, INR", "Open value by age, GBP", "Open value by age, CHF", "Spend by vendor, CHF", "Spend by month, GBP",
        "What drove the change, INR", "Spend by vendor, INR"))]  # fmt: skip
    named = [_sheet_name("spend", [exhibits[i] for i in some], alone=False) for some in ((0, 1), (0, 1, 2), (3, 4), (5, 6))]  # fmt: skip
    assert named == ["Open value by age, INR, GBP", "Open value by age, INR, GBP …", "Spend by vendor CHF, month GBP", "What drove the change, INR …"]  # fmt: skip


def test_a_sheet_of_tables_that_have_nothing_in_common_and_one_of_a_long_heading_have_whole_names():
    from makini_analytics.reporting._workbook import _sheet_name

    apart = [Exhibit(f"x{i}", heading, pd.DataFrame()) for i, heading in enumerate(("What may be there twice", "Values not read, or doubtful"))]  # fmt: skip
    assert _sheet_name("quality", apart, alone=False) == "Quality"
    data = ma.Purchases.from_table(pd.DataFrame({"order_number": ["1"], "vendor_name": "A", "amount": 9.0, "currency": "EUR"}), as_of="2025-01-01")  # fmt: skip
    (figures, *_) = content(data, sections=["quality"]).exhibits
    assert _sheet_name("quality", [figures], alone=False) == "Figures not all can give"


def test_the_numbers_of_bars_to_the_left_have_room(made):
    _, out, told = made
    bridge = next(e for e in told.exhibits if e.name == "spend_bridge")
    least = float(bridge.native.rows["value"].min())
    xml = zipfile.ZipFile(out / "r.xlsx")
    begins = [float(x) for n in xml.namelist() if n.startswith("xl/charts/chart") for x in re.findall(r'<c:min val="([-\d.e+]+)"', xml.read(n).decode())]  # fmt: skip
    assert any(x < 1.1 * least for x in begins)
    assert begins.count(0) > 4  # bars are as long as their numbers, also where all are about as large


def test_no_cell_holds_an_error_where_all_is_sent_back(tmp_path):
    days = pd.date_range("2024-01-01", "2025-12-20", freq="11D")
    n = len(days)
    table = pd.DataFrame({"order_number": [f"P{i}" for i in range(n)], "line_number": "1", "vendor_name": [f"V{i % 3}" for i in range(n)],
                          "order_date": days, "quantity": -10.0, "unit_price": 5.0, "amount": -50.0, "currency": "EUR",
                          "category": [f"C{i % 2}" for i in range(n)], "product_code": "M", "unit_of_measure": "EA"})  # fmt: skip
    made = ma.report(ma.Purchases.from_table(table, as_of="2025-12-31"), tmp_path / "x.xlsx", sections=["spend"])
    cells = {(s.title, c.value): c for s in openpyxl.load_workbook(made) for row in s.iter_rows() for c in row}
    assert not [key for key, cell in cells.items() if cell.data_type in "ef"]
    assert any("share" in str(text).lower() and "Chart" in str(text) for _, text in cells)


def test_no_sentence_is_cut_by_the_cell_beside_it(made):
    sheet = openpyxl.load_workbook(made[1] / "r.xlsx")["Quality"]
    heads = [c for row in sheet.iter_rows() for c in row if c.value in ("Evidence", "Reason")]
    assert len(heads) == 2
    for head in heads:
        wide = sheet.column_dimensions[head.column_letter].width
        below = takewhile(bool, (sheet.cell(i, head.column).value for i in range(head.row + 1, sheet.max_row + 1)))
        assert max(map(charts.text_width, below)) <= wide


def test_the_amounts_of_the_findings_end_at_one_place(made):
    sheet = openpyxl.load_workbook(made[1] / "r.xlsx")["At a glance"]
    amounts = [c for (c,) in sheet.iter_rows(max_col=1) if isinstance(c.value, int | float)]
    assert len(amounts) == len(made[2].ranked) > 2
    assert {c.alignment.horizontal for c in amounts} == {"right"}


def test_a_chart_is_printed_on_a_page_of_its_own_and_its_rows_are_not(made):
    book = openpyxl.load_workbook(made[1] / "r.xlsx")
    charted = [sheet for sheet in book if sheet._charts]
    assert len(charted) > 5
    for sheet in charted:
        areas = [CellRange(part) for part in re.findall(r"!([$A-Z]+\d+:[$A-Z]+\d+)", sheet.print_area)]
        assert len(areas) == 1 + len(sheet._charts) and all(a.isdisjoint(b) for a, b in combinations(areas, 2))
        for chart in sheet._charts:  # with its note below it
            corner = chart.anchor._from.row + 1, chart.anchor._from.col + 1
            assert any((a.min_row, a.min_col) == corner and a.max_row - a.min_row > 25 for a in areas)
        printed = {at for area in areas for at in area.cells}
        for cell in (c for row in sheet.iter_rows() for c in row if c.value is not None):
            of_chart = cell.column > max(a.max_col for a in areas)
            assert ((cell.row, cell.column) in printed) != of_chart, cell.coordinate
            assert of_chart or not str(cell.value).startswith("Chart: ")


def test_a_running_share_over_few_columns_says_of_how_many_they_are(made):
    files = zipfile.ZipFile(made[1] / "r.xlsx")
    xml = [files.read(n).decode() for n in files.namelist() if n.startswith("xl/charts/chart")]
    (vendors,) = [x for x in xml if "cumulative share" in x and "vendors make" in x]
    n = sum(e.name == "spend_by_vendor_EUR" and len(e.table) for e in made[2].exhibits)
    assert f"the 15 largest of {n}" in vendors
    sheet = openpyxl.load_workbook(made[1] / "r.xlsx")["Spend by vendor, EUR"]
    (label,) = [c for c in sheet[1] if c.value == "Chart: label"]
    names = [str(sheet.cell(i, label.column).value) for i in range(2, 17)]
    assert max(map(charts.text_width, names)) <= 24 and any("…" in name for name in names)
