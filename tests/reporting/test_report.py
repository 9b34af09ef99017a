"""The report in its formats: the same figures in each, read back with a reader of the format; hostile names are text in all."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, spend
from makini_analytics.charts import kind_of
from makini_analytics.reporting import content, write
from makini_analytics.reporting._cells import columns_of, headings_of
from makini_analytics.reporting._lists import is_list, shown
from tests.tiers import one_in

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl, which reads workbooks back, is not installed")
Image = pytest.importorskip("PIL.Image")
Presentation = pytest.importorskip("pptx", reason="the extra 'report' is not installed").Presentation
pytest.importorskip("xlsxwriter", reason="the extra 'report' is not installed")
HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "株式会社日立",
    "شركة النيل",
    "a" * 200,
    "$x^2$",
    "M&Ms",
    "+49",
    "-1",
    "'x",
    None,
]


class Tables(HTMLParser):
    """Every table of a page, by its name: the names of its columns, and of each cell its value and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, tuple[list[str], list[list[tuple[str | None, str]]]]] = {}
        self.cell: list[str] | None = None

    def handle_starttag(self, tag, attrs):
        got = dict(attrs)
        if tag == "table":
            self.name = got["data-name"]
            self.tables[self.name] = ([], [])
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.cell, self.value = [], got.get("data-v")

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.row.append((self.value, "".join(self.cell)))
            self.cell = None
            if tag == "th":
                self.tables[self.name][0].append(self.row[-1][1])
        elif (
            tag == "tr"
            and self.row
            and self.row[0]
            and len(self.tables[self.name][0]) == len(self.row)
            and self.row[0][1] != self.tables[self.name][0][0]
        ):
            self.tables[self.name][1].append(self.row)


def read_html(path):
    reader = Tables()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.tables


def rows_of(book, exhibit):
    """Return the rows of an exhibit in a workbook, its names first: where the first sheet leads to."""
    links = {row[0].value: row[0].hyperlink.location for row in book["At a glance"].iter_rows() if row[0].hyperlink}
    name, first = links[exhibit.heading].rsplit("!A", 1)
    rows = list(book[name.strip("'").replace("''", "'")].iter_rows(min_row=int(first), values_only=True))
    return rows[1:] if rows[0][0] == exhibit.heading else rows  # on a sheet of several tables, each has its heading


def test_each_format_tells_every_figure_of_the_same_tables(made):
    _, out, told = made
    pages, book = read_html(out / "r.html"), openpyxl.load_workbook(out / "r.xlsx")
    compared = 0
    for exhibit in told.exhibits:
        csv = pd.read_csv(out / "folder" / "tables" / f"{exhibit.name}.csv", encoding="utf-8-sig")
        for column in exhibit.table.select_dtypes("number"):
            want = exhibit.table[column].to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_allclose(csv[column].to_numpy(dtype=float), want, rtol=1e-12)
            compared += len(want)
        table = shown(exhibit.table)
        rows = rows_of(book, exhibit)
        names = list(rows[0])
        page_names, page_rows = pages[exhibit.name]
        on_page = [c for c in table.columns if not (c == "currency" and len(table[c].unique()) == 1 and table[c].notna().any())]  # fmt: skip
        assert len(page_names) == len(on_page)
        assert len(page_rows) == min(500 if is_list(table) else 200, len(table)), exhibit.name
        for column in table.select_dtypes("number"):
            want = table[column].to_numpy(dtype=float, na_value=np.nan)
            at = names.index(headings_of(table)[list(table.columns).index(column)])
            excel = [np.nan if r[at] is None else r[at] for r in rows[1 : len(table) + 1]]
            np.testing.assert_allclose(np.array(excel, dtype=float), want[: len(excel)], rtol=1e-12)
            value = on_page.index(column)
            html = [np.nan if r[value][0] is None else float(r[value][0]) for r in page_rows]
            near = (
                5.1e-3 if kind_of(column, table[column]) == "money" else 5.1e-5
            )  # a page has cents, of others four decimals
            np.testing.assert_allclose(html, want[: len(html)], rtol=1e-12, atol=near)
            compared += len(want) + len(html)
    assert compared > 5000


def test_slides_hold_one_finding_each_with_native_charts_of_the_same_figures(made):
    _, out, told = made
    deck = Presentation(str(out / "r.pptx"))
    charts = [e for e in told.exhibits if e.chart is not None]
    slides = list(deck.slides)[2:-1]  # without findings, figures at a glance, and the list of overdue lines
    assert [s.shapes.title.text_frame.text for s in slides] == [e.title for e in charts]
    native = 0
    for slide, exhibit in zip(slides, charts, strict=True):
        assert exhibit.footnote in [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        compare_notes(slide.notes_slide.notes_text_frame.text, exhibit, told.as_of)
        shapes = [s for s in slide.shapes if s.name == exhibit.name]
        assert len(shapes) == 1
        assert shapes[0]._element.xpath(".//p:cNvPr")[0].get("descr")
        if not shapes[0].has_chart:
            continue
        native += 1
        chart, spec = shapes[0].chart, exhibit.native
        rows = exhibit.charted
        for series, (column, name) in zip(chart.plots[0].series, spec.series.items(), strict=True):
            assert series.name == name
            got = [np.nan if v is None else v for v in series.values]
            want = rows[column].astype(float).to_numpy()
            if spec.cumulative:  # ten, and the others in one bar: the whole is told
                np.testing.assert_allclose(got[:10], want[: min(10, len(want))][: len(got)])
                assert sum(got) == pytest.approx(want.sum())
            elif spec.kind != "scatter":
                np.testing.assert_allclose(got, want[: len(got)])
            else:
                assert len(got) == np.isfinite(want).sum()
        # its data open in PowerPoint: the workbook inside holds the same numbers
        inside = openpyxl.load_workbook(pd.io.common.BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active
        assert inside.max_row >= 2
    assert native >= 8
    assert (
        "errBars"
        in zipfile.ZipFile(out / "r.pptx").read("ppt/charts/" + min(_with_error_bars(out / "r.pptx"))).decode()
    )


def compare_notes(notes, exhibit, as_of):
    """A slide's notes hold the table as it is shown: no keys, and the numbers of the frame."""
    assert not re.search(r"[0-9a-f]{20}|_id\b|``", notes)
    columns = columns_of(shown(exhibit.table).head(15), as_of)
    said = notes.splitlines()
    first = said.index("\t".join(c.heading for c in columns)) + 1
    rows = [line.split("\t") for line in said[first : first + len(exhibit.table.head(15))]]
    for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
        if column.kind in ("money", "count"):
            numbers = [np.nan if c == "–" else float(c.replace(",", "").replace("−", "-")) for c in cells]
            want = column.values.to_numpy(dtype=float, na_value=np.nan)
            np.testing.assert_allclose(numbers, want, atol=0.501)


def _with_error_bars(path):
    book = zipfile.ZipFile(path)
    return [
        n.split("/")[-1] for n in book.namelist() if n.startswith("ppt/charts/chart") and b"errBars" in book.read(n)
    ]


def test_the_workbook_has_native_charts_dates_filters_and_a_true_pareto(made):
    _, out, told = made
    book = openpyxl.load_workbook(out / "r.xlsx")
    sheet = book["Open lines"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    names = [c.value for c in sheet[1]]
    assert sheet.cell(2, names.index("Due") + 1).is_date
    assert sheet.cell(2, names.index("Open value") + 1).number_format == "#,##0.00"
    assert sheet.cell(2, names.index("Currency") + 1).value == "EUR"  # once, where one filters by it
    xml = zipfile.ZipFile(out / "r.xlsx")
    charts = [xml.read(n).decode() for n in xml.namelist() if re.match(r"xl/charts/chart\d+\.xml", n)]
    assert len(charts) == sum(e.native is not None and len(e.charted) > 0 for e in told.exhibits)
    pareto = [c for c in charts if "<c:barChart>" in c and "<c:lineChart>" in c]
    assert pareto
    # bound to the cells, which hold what the exhibit has
    bound = re.search(r"<c:val><c:numRef><c:f>(.+?)!\$(\w+)\$(\d+):\$\w+\$(\d+)</c:f>", pareto[0])
    cells = book[bound[1].strip("'")][f"{bound[2]}{bound[3]}:{bound[2]}{bound[4]}"]
    first = next(e for e in told.exhibits if e.native is not None and e.native.cumulative)
    assert [c[0].value for c in cells] == pytest.approx(first.charted["spend"].head(len(cells)).tolist())
    assert pareto[0].count("<c:valAx>") == 2  # the share has its own axis
    drawings = "".join(xml.read(n).decode() for n in xml.namelist() if n.startswith("xl/drawings/drawing"))
    assert drawings.count('descr="') == len(charts)
    assert {"Definitions", "Excluded", "Sources", "At a glance"} <= set(book.sheetnames)


def test_the_workbook_has_few_sheets_and_its_first_leads_to_every_table(made):
    _, out, told = made
    book = openpyxl.load_workbook(out / "r.xlsx")
    assert len(book.sheetnames) <= 15
    front = book["At a glance"]
    links = {row[0].value: row[0].hyperlink.location for row in front.iter_rows() if row[0].hyperlink}
    assert set(links) >= {e.heading for e in told.exhibits} | {"Where the rows come from"}
    for place in links.values():
        name, cell = place.rsplit("!", 1)
        assert book[name.strip("'").replace("''", "'")][cell].value
    for exhibit in told.exhibits:
        assert list(rows_of(book, exhibit)[0])[: len(shown(exhibit.table).columns)] == [
            *(["Label"] if exhibit.native is not None and exhibit.native.rows is None and exhibit.native.x == "label" else []),
            *headings_of(shown(exhibit.table)),
        ][: len(shown(exhibit.table).columns)]  # fmt: skip


def test_the_folder_holds_page_charts_and_tables(made):
    _, out, told = made
    charts = sorted(p.stem for p in (out / "folder" / "charts").glob("*.png"))
    assert charts == sorted(p.stem for p in (out / "folder" / "charts").glob("*.svg"))
    assert charts == sorted(e.name for e in told.exhibits if e.chart is not None)
    for chart in (out / "folder" / "charts").glob("*.png"):
        with Image.open(chart) as image:
            assert image.width >= 1800
            assert image.info["Description"]
    back = pd.read_csv(out / "folder" / "tables" / "spend_by_vendor_EUR.csv", encoding="utf-8-sig")
    lines = told.data.lines
    want = spend.by_vendor(lines[lines.order_date > "2024-12-31"], currency="EUR")
    assert back.spend.round(2).tolist() == want.spend.round(2).tolist()
    assert back.vendor_name.fillna("").tolist() == want.vendor_name.fillna("").tolist()


def test_the_page_asks_for_nothing_and_closes_its_tags(made):
    page = (made[1] / "r.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="?\'?(https?:|//)', page)
    assert page.count("<img alt='") == page.count("<img")
    assert "alt=''" not in page
    for tag in ("section", "figure", "table", "details", "dl", "nav", "main"):
        assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag
    for link in re.findall(r"href='#([^']+)'", page):
        assert page.count(f" id='{link}'") == 1, link
    assert "with the open lines counted as open" in page  # the definitions come from the docstrings


def test_the_bars_of_a_ranking_are_as_long_as_its_numbers_and_a_minus_is_one(made):
    page = (made[1] / "r.html").read_text(encoding="utf-8")
    table = page[page.index("<table data-name='spend_by_vendor_EUR'") :].partition("</table>")[0]
    bars = [(float(b), float(v)) for b, v in re.findall(r"style='--b: ([\d.]+)' data-v='([^']+)'", table)]
    exhibit = next(e for e in made[2].exhibits if e.name == "spend_by_vendor_EUR")
    drawn = exhibit.table[["spend", "spend_year_before"]]
    assert len(bars) == int((drawn > 0).sum().sum())
    for length, value in bars:
        assert length == pytest.approx(100 * value / drawn.max().max(), abs=0.051)
    numbers = [text for _, rows in read_html(made[1] / "r.html").values() for row in rows for value, text in row if value and value.startswith("-")]  # fmt: skip
    assert len(numbers) > 50
    assert all(text.startswith("−") or not re.search("[1-9]", text) for text in numbers)


@pytest.mark.full
def test_the_same_data_give_the_same_bytes(made, tmp_path):
    data, _, _ = made
    pages, books = [], []
    for _ in range(2):
        told = content(data, sections=["spend"])
        pages.append(write(told, tmp_path / "a.html").read_bytes())
        books.append(write(told, tmp_path / "a.xlsx").read_bytes())
    assert pages[0] == pages[1]
    assert books[0] == books[1]


def test_what_was_left_out_adds_up(made):
    data, _, told = made
    left = told.sections["left_out"][0].table
    whole = left.groupby(["metric", "currency"], dropna=False).n_lines.sum().reset_index()
    of_lines = whole[
        whole.metric.isin(["spend.by_vendor", "lead_times.by_vendor", "slippage.by_vendor", "slippage.open_orders"])
    ]
    assert len(of_lines) == 4
    assert (of_lines.n_lines == len(data.lines)).all()
    # of the same lines one has the amounts, the other what is still to come: the row says so
    kept = left[left.reason.str.startswith("included")].set_index("metric")
    assert kept.loc["slippage.ageing", "reason"] == "included, at what is still to come"
    assert kept.loc["slippage.open_orders", "reason"] == "included"
    assert kept.loc["slippage.ageing", "value_EUR"] <= kept.loc["slippage.open_orders", "value_EUR"]


def test_sections_vendor_headlines_and_template(made, tmp_path):
    data, _, _ = made
    page = ma.report(
        data,
        tmp_path / "x.html",
        sections=["slippage", "spend"],
        headlines={"slippage_by_month": "It depends <how>", "spend_by_vendor": "As the findings call it"},
    ).read_text("utf-8")
    assert page.index("<section id='part_slippage'") < page.index("<section id='part_spend'")
    assert "<section id='part_quality'" not in page
    assert "It depends &lt;how&gt;" in page
    assert "As the findings call it" in page
    told = content(data, vendor="Kugellager Nord AG", sections=["spend"])
    mine = data.lines[data.lines.vendor_name == "Kugellager Nord AG"]
    assert len(told.data.lines) == len(mine)
    assert told.title.startswith("Kugellager Nord AG")
    items = next(e.table for e in told.exhibits if e.name == "spend_by_material_EUR")
    new = told.data.lines[told.data.lines.order_date > "2024-12-31"]
    assert items.spend.sum() == pytest.approx(spend.by_vendor(new, currency="EUR").spend.sum())
    assert set(told.data.orders.order_id) == set(mine.order_id)
    deck = Presentation()
    deck.slide_width, deck.slide_height = 9144000, 6858000
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "old"
    deck.save(str(tmp_path / "company.pptx"))
    back = Presentation(
        str(ma.report(data, tmp_path / "y.pptx", sections=["spend"], template=tmp_path / "company.pptx"))
    )
    assert back.slide_width == 9144000
    assert "old" not in [s.shapes.title.text_frame.text for s in back.slides]
    for slide in back.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= back.slide_width + 1
            assert shape.top >= 0 and shape.top + shape.height <= back.slide_height + 1


@pytest.fixture(scope="module")
def hostile():
    n = len(HOSTILE)
    day = pd.Timestamp("2025-01-01")
    table = pd.DataFrame({"vendor_name": HOSTILE * 3, "amount": range(1, 3 * n + 1), "order_date": day, "delivered_date": [day + pd.Timedelta(days=8), None, day + pd.Timedelta(days=3)] * n,
                          "required_date": day + pd.Timedelta(days=7), "order_number": [f"=P{i}" for i in range(3 * n)], "description": "=HYPERLINK(1)"})  # fmt: skip
    return ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")


@pytest.mark.full
def test_hostile_names_are_text_in_every_format(hostile, tmp_path):
    told = content(hostile)  # as ma.report does, once for all formats
    page = write(told, tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1  # our own, that sorts
    assert "&lt;script&gt;alert" in page
    _, rows = read_html(tmp_path / "x.html")["spend_by_vendor_EUR"]
    assert {n for n in HOSTILE if n} <= {cell[1] for row in rows for cell in row}

    book = openpyxl.load_workbook(write(told, tmp_path / "x.xlsx"))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds  # no formula anywhere
    rows = rows_of(book, next(e for e in told.exhibits if e.name == "spend_by_vendor_EUR"))
    assert {n for n in HOSTILE if n} <= {r[rows[0].index("Vendor")] for r in rows if r}

    deck = Presentation(str(write(told, tmp_path / "x.pptx")))
    said = "".join(shape.text_frame.text for s in deck.slides for shape in s.shapes if shape.has_text_frame)
    notes = "".join(s.notes_slide.notes_text_frame.text for s in deck.slides if s.has_notes_slide)
    assert "株式会社日立" in said + notes
    for shape in (shape for s in deck.slides for shape in s.shapes if shape.has_chart):
        inside = openpyxl.load_workbook(pd.io.common.BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob)).active
        assert "f" not in {cell.data_type for row in inside.iter_rows() for cell in row}

    told = replace(told, sections={"spend": told.sections["spend"]}, beside=list)  # a folder draws each chart twice
    write(told, tmp_path / "folder")
    back = pd.read_csv(tmp_path / "folder" / "tables" / "spend_by_vendor_EUR.csv", encoding="utf-8-sig")
    run = {"=1+1", "@SUM(A1)", "+49", "-1"}  # by a spreadsheet, so an apostrophe goes before them
    assert {f"'{n}" if n in run else n for n in HOSTILE if n} <= set(back.vendor_name.dropna())
    write(told, tmp_path / "folder", raw_csv=True)
    raw = pd.read_csv(tmp_path / "folder" / "tables" / "spend_by_vendor_EUR.csv", encoding="utf-8-sig")
    assert {n for n in HOSTILE if n} <= set(raw.vendor_name.dropna())
    pd.testing.assert_frame_equal(raw.select_dtypes("number"), back.select_dtypes("number"))


@pytest.mark.full
def test_hostile_texts_of_every_kind_are_text_on_the_page(tmp_path):
    """Not only vendors have names: titles, connections, currencies, categories, notes and headlines reach the page as well."""
    n = 8
    evil = {what: f"</td></p>'\"><img src=x alt={what}>" for what in ("vendor", "title", "connection", "currency", "category", "item", "number", "head")}  # fmt: skip
    evil["currency"] = evil["currency"].upper()  # as all are
    day = pd.Timestamp("2025-01-01")
    table = pd.DataFrame({"vendor_name": evil["vendor"], "amount": np.arange(1.0, n + 1), "category": evil["category"], "description": evil["item"], "order_number": [f"{evil['number']}{i}" for i in range(n)],
                          "order_date": day, "delivered_date": [day + pd.Timedelta(days=8), None] * (n // 2), "required_date": ["2025-01-07", "2025-01-09", "2025-01-07", "no day " + evil["number"]] * (n // 4)})  # fmt: skip
    data = ma.Purchases.from_table(table, currency=evil["currency"], connection=evil["connection"], as_of="2025-02-01")
    headline = {"slippage_by_month": evil["head"]}
    text = ma.report(data, tmp_path / "x.html", title=evil["title"], headlines=headline).read_text(encoding="utf-8")
    page = Elements()
    page.feed(text)
    pictures = [attrs for tag, attrs in page.elements if tag == "img"]
    assert pictures
    assert all(set(attrs) == {"alt", "src"} and attrs["src"].startswith("data:image/svg") for attrs in pictures)
    known = {"alt", "src", "id", "class", "data-name", "data-v", "aria-label", "aria-labelledby", "tabindex", "role", "href", "scope", "type", "lang", "charset", "name", "content", "data-h", "data-sum", "data-choose", "data-chosen", "data-whole", *SVG}  # fmt: skip
    assert {name for _, attrs in page.elements for name in attrs} <= known
    texts = "".join(page.texts)
    for what in ("vendor", "title", "connection", "currency", "category", "number"):
        assert evil[what] in texts, what
    labels = "".join(f"{attrs.get('alt')} {attrs.get('aria-label')}" for _, attrs in page.elements)
    for what in ("currency", "head"):
        assert evil[what] in labels, what


#: Of the bands that tell values on hover, the tiles and the discs: drawn by us, with texts inside them.
SVG = {"viewbox", "preserveaspectratio", "aria-hidden", "x", "y", "width", "height", "points", "cx", "cy", "r", "d", "fill", "stroke", "stroke-width", "style", "data-kind", "title"}  # fmt: skip


class Elements(HTMLParser):
    """Every element of a page with its attributes, and every text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_nothing_at_all_is_still_a_report(tmp_path):
    data = ma.Purchases.from_table(pd.DataFrame({"vendor_name": [], "amount": []}), as_of="2025-02-01")
    told = content(data)  # as ma.report does, once for all formats
    assert "No data" in write(told, tmp_path / "x.html").read_text(encoding="utf-8")
    assert write(told, tmp_path / "x.xlsx").exists()
    assert len(Presentation(str(write(told, tmp_path / "x.pptx"))).slides) > 1
    assert told.subtitle == "There is no line. As of 2025-02-01."


@pytest.mark.full
def test_an_empty_part_says_of_what_it_is_empty():
    told = content(ma.load_sample(["emea"]).filter(since="2026-01-01"))
    assert told.subtitle == "Only ordered from 2026-01-01: there is no line. As of 2025-12-31."


@pytest.mark.parametrize(
    ("out", "options", "says"),
    one_in(
        3,
        [
            ("x.docx", {}, "html, .pdf, .xlsx or .pptx"),
            ("x.html", {"sections": ["spnd"]}, "spend"),
            ("x.html", {"vendor": "Kugelager Nord"}, "Kugellager Nord AG"),
            ("x.html", {"headlines": {"no": "x"}, "sections": ["spend"]}, "spend_by_vendor_EUR"),
            ("x.html", {"template": "y.pptx"}, "pptx"),
            (
                "x.pdf",
                {"vendor": "Kugellager Nord AG", "currency": "USD"},
                "currency: the page that a vendor is handed",
            ),
            (
                "x.html",
                {"vendor": "Kugellager Nord AG", "headlines": {"a": "b"}, "title": "c"},
                "title, headlines: the page",
            ),
        ],
    ),
)
def test_what_is_wrong_is_said(out, options, says, tmp_path):
    with pytest.raises(ConfigError, match=re.escape(says)):
        ma.report(ma.load_sample(["emea"]), tmp_path / out, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_amounts_that_are_left_out_are_numbers_in_one_currency_and_texts_in_others(tmp_path):
    days = pd.date_range("2025-01-01", "2025-12-31")
    table = pd.DataFrame({"order_number": [str(i) for i in range(len(days))], "order_date": days, "amount": 2.5})
    table = table.assign(vendor_name="A", currency=["XXB" if i % 5 == 0 else "XXA" for i in range(len(days))])
    data = ma.Purchases.from_table(table, as_of="2025-12-31")
    left = content(data).sections["left_out"][0].table
    of_vendors = left[(left.metric == "spend.by_vendor") & (left.currency == "XXA")].set_index("reason")
    assert of_vendors.loc["included", "value_XXA"] == 292 * 2.5
    assert pd.isna(of_vendors.loc["included", "value_in_others"])
    assert of_vendors.loc["other currency", "value_in_others"] == "182.50 XXB"
    sheet = openpyxl.load_workbook(ma.report(data, tmp_path / "r.xlsx", progress=False))["Excluded"]
    head = next(c for column in sheet.iter_cols() for c in column if c.value == "Value, XXA")
    values = [row[head.column - 1].value for row in sheet.iter_rows(min_row=head.row + 1)]
    assert 730 in values and not any(isinstance(v, str) for v in values)
