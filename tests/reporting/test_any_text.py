"""A report takes any text and still opens: in every format, in CSV, and in the names of its files."""

from __future__ import annotations

import re
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, explore, spend, style
from makini_analytics.reporting import content, write
from makini_analytics.reporting._exhibits import safe
from tests.tiers import one_in

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, which reads workbooks back, is not installed")
Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation
etree = pytest.importorskip("lxml.etree")
Image = pytest.importorskip("PIL.Image")
pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")
CONTROLS = "a\x00b\x01c\x08\x0bd\x1be\x7ff\x85g\u2028h\ufffei\ufdd0\U0001ffff"
TITLES = {"controls": CONTROLS, "half a surrogate": "half \ud83d of one", "long": "T" * 300 + "&" * 30}
NAMES = {"controls": CONTROLS, "half a surrogate": "x", "long": "L" * 300}


def purchases(text):
    n, day = 8, pd.Timestamp("2025-01-01")
    table = pd.DataFrame({"vendor_name": [text, "x" + text] * (n // 2), "amount": np.arange(1.0, n + 1), "category": text, "description": text, "order_number": [f"{text}{i}" for i in range(n)],
                          "order_date": day, "delivered_date": [day + pd.Timedelta(days=8), None] * (n // 2), "required_date": ["2025-01-07", "no day " + text] * (n // 2), "currency": ["EUR", "US" + text] * (n // 2)})  # fmt: skip
    return ma.Purchases.from_table(
        table, connection="x" if text is CONTROLS or "\n" in text else text[:40], as_of="2025-02-01"
    )


@pytest.mark.full
@pytest.mark.parametrize("kind", ["half a surrogate", "controls", "long"])
def test_every_format_opens(tmp_path, kind):
    told = content(purchases(NAMES[kind]), title=TITLES[kind], sections=["spend", "slippage", "definitions"])
    charts.retitle(next(e.chart for e in told.exhibits if e.chart is not None), TITLES[kind])

    page = write(told, tmp_path / "x.html").read_text(encoding="utf-8")
    assert charts.printable(page) == page
    book = write(told, tmp_path / "x.xlsx")
    assert openpyxl.load_workbook(book)["At a glance"]["A1"].value == charts.printable(TITLES[kind])
    deck = write(told, tmp_path / "x.pptx")
    assert len(Presentation(str(deck)).slides) > 3
    for packed in (book, deck):
        with zipfile.ZipFile(packed) as parts:
            for name in parts.namelist():
                if name.endswith((".xml", ".rels")):
                    etree.fromstring(parts.read(name))
    folder = write(told, tmp_path / "folder").parent
    pictures = list((folder / "charts").iterdir())
    assert pictures
    for chart in pictures:
        if chart.suffix == ".svg":
            etree.parse(str(chart))
        else:
            with Image.open(chart) as image:
                image.load()
                assert charts.printable(image.info["Description"]) == image.info["Description"]


@pytest.mark.full
def test_a_name_of_two_lines_has_one_line_in_each_cell(tmp_path):
    told = content(purchases("Line one\nLine two\r\nthree"), sections=["spend", "open_orders", "definitions"])
    book = openpyxl.load_workbook(write(told, tmp_path / "x.xlsx"))
    texts = [
        c.value
        for s in book
        if s.title != "Definitions"
        for row in s.iter_rows()
        for c in row
        if isinstance(c.value, str)
    ]
    assert "Line one Line two three" in texts
    assert not [t for t in texts if "Line one\n" in t]
    assert [c.value for row in book["Definitions"].iter_rows() for c in row if "\n" in str(c.value)]  # paragraphs
    page = write(told, tmp_path / "x.html").read_text(encoding="utf-8")
    told_in_full = "data-t='Line one\nLine two\nthree'"  # what is copied and goes into a CSV file is the name as it is
    assert f"<td class='t' {told_in_full}>Line one Line two three</td>" in page
    assert "Line one\n" not in re.sub(r"<[^>]*>", "", page)
    tables = [
        sh.table for s in Presentation(str(write(told, tmp_path / "x.pptx"))).slides for sh in s.shapes if sh.has_table
    ]
    assert not [c.text for table in tables for row in table.rows for c in row.cells if "Line one\n" in c.text]


@pytest.mark.full
def test_names_of_files_keep_apart_what_is_apart(tmp_path):
    names = ["EUR", "eur", "€", "£", "a/b", "a_b", "a b", "A_B", "..", "\\", "", "x" * 300, "x" * 301, "円"]
    assert len({safe(n).lower() for n in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,20}", safe(n)) for n in names)
    table = pd.DataFrame({"vendor_name": ["a", "b", "c"] * 3, "amount": 1.0, "order_date": "2025-01-01", "currency": ["a/b", "a_b", "A B"] * 3})  # fmt: skip
    data = ma.Purchases.from_table(table, as_of="2025-02-01")
    names = [e.name for e in content(data, sections=["quality", "spend", "open_orders"]).exhibits]
    assert len(set(names)) == len(names)
    got = explore.spend(data, folder=tmp_path)
    for currency in data.lines.currency.unique():
        got._options["currency"].value = str(currency)
        got.buttons[1].click()
    assert len(list(tmp_path.iterdir())) == data.lines.currency.nunique()


MINE = ["notes.txt", "charts/mine.png", "tables/sheet.xlsx", "charts/sub/", "report.html"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report's folder, to be copied: each would draw the same charts."""
    return ma.report(purchases("x"), tmp_path_factory.mktemp("written") / "r", sections=["spend"]).parent


@pytest.mark.parametrize("name", one_in(3, MINE))
def test_a_file_of_the_users_in_a_reports_folder_stops_the_next_report(written, tmp_path, name):
    data, folder = purchases("x"), tmp_path / "r"
    if name != "report.html":
        shutil.copytree(written, folder)
    mine = folder / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.mkdir() if name.endswith("/") else mine.write_text("mine")
    before = sorted(p.relative_to(folder) for p in folder.rglob("*"))
    with pytest.raises(ma.ConfigError, match="other files"):
        ma.report(data, folder, sections=["slippage"])
    assert sorted(p.relative_to(folder) for p in folder.rglob("*")) == before


@pytest.mark.full
def test_the_next_report_takes_the_place_of_the_last_one(written, tmp_path):
    data, folder = purchases("x"), tmp_path / "r"
    shutil.copytree(written, folder)
    ma.report(data, folder, sections=["open_orders"])
    assert not list(folder.rglob("spend*"))
    assert [p.name for p in tmp_path.iterdir()] == ["r"]
    for _ in range(2):  # one without charts leaves nothing that the next one would not know
        ma.report(data, folder, sections=["left_out"])
    assert not (folder / "charts").exists()


@pytest.mark.full
@pytest.mark.parametrize("mine", one_in(2, [None, "charts/mine.png", "tables/sources.csv", "notes.txt"]))
def test_a_folder_of_the_first_versions_is_replaced_and_a_file_in_it_stops_that(written, tmp_path, mine):
    data, folder = purchases("x"), tmp_path / "r"
    page = shutil.copytree(written, folder) / "report.html"
    old = "".join(line for line in page.read_text(encoding="utf-8").splitlines(True) if "makini-files" not in line)
    page.write_text(old, encoding="utf-8")
    for table in (folder / "tables").iterdir():  # those versions had no table that is not on the page
        if f"data-name='{table.stem}'" not in old:
            table.unlink()
    if mine is not None:
        (folder / mine).write_text("mine")
        with pytest.raises(ma.ConfigError, match="other files"):
            ma.report(data, folder, sections=["slippage"])
        assert (folder / mine).read_text() == "mine"
    else:
        ma.report(data, folder, sections=["open_orders"])
        assert not list(folder.rglob("spend*"))


def test_a_chart_of_any_text_is_saved(tmp_path):
    chart = spend.plot_by_vendor(purchases(CONTROLS).lines, currency="EUR")
    etree.parse(str(style.save(chart, tmp_path / "x.svg")))
    assert [p.name for p in tmp_path.iterdir()] == ["x.svg"]
