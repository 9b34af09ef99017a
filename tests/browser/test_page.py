"""The HTML report in a real browser: silent, alone, sortable without a mouse, readable on a phone, in the dark and on paper."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from tests.reporting.test_page_values import late
from tests.tiers import one_in

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
Image = pytest.importorskip("PIL.Image")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine: install it, or name one in CHROMIUM", allow_module_level=True)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "'><svg onload=alert(3)>",
    '" onmouseover="alert(4)',
    "</table></section><h1>gone",
    "&lt;b&gt;",
    "株式会社日立",
    "شركة النيل",
    "a" * 200,
    "=1+1",
    "New\nLine GmbH",
]


@pytest.fixture(scope="module")
def pages(made, tmp_path_factory) -> Callable[[str], Path]:
    """Return the page of a name; each is written when a test first asks for it."""
    out, day, n = tmp_path_factory.mktemp("pages"), pd.Timestamp("2025-01-01"), len(HOSTILE)

    @cache
    def page(name: str) -> Path:
        if name == "sample":
            return made[1] / "r.html"
        if name == "vendor":
            return ma.report(ma.load_sample(), out / "vendor.html", vendor="Kugellager Nord AG")
        if name == "cut":  # a list of more rows than a page has
            return ma.report(late(), out / "cut.html", sections=["open_orders"])
        if name == "lists":  # in one currency
            data = ma.load_sample(["emea"])
            lines = data.lines[data.lines["currency"] == "EUR"].reset_index(drop=True)
            return ma.report(replace(data, lines=lines), out / "lists.html", sections=["open_orders"])
        table = pd.DataFrame({"vendor_name": HOSTILE * 3, "amount": range(1, 3 * n + 1), "order_date": day, "required_date": day + pd.Timedelta(days=7),
                              "delivered_date": ([day + pd.Timedelta(days=8), None, day + pd.Timedelta(days=3)] * n)[: 3 * n]})  # fmt: skip
        hostile = ma.Purchases.from_table(table, currency="EUR", as_of="2025-02-01")
        return ma.report(hostile, out / "hostile.html")

    return page


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a page with all that it says and asks for written down; a request to anywhere else is refused."""
    contexts = []

    def go(path: Path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page, said, asked = context.new_page(), [], []

        def refuse(route):
            if route.request.url == path.as_uri():
                route.continue_()
            else:
                asked.append(route.request.url)
                route.abort()

        context.route("**/*", refuse)
        page.on("console", lambda m: said.append(m.text))
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on("dialog", lambda d: (said.append(f"dialog: {d.message}"), d.dismiss()))
        page.goto(path.as_uri())
        return page, said, asked

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", one_in(2, ["sample", "hostile"]))
def test_it_says_nothing_and_asks_for_nothing(pages, visit, name):
    page, said, asked = visit(pages(name))
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.mouse.wheel(0, 20_000)
    page.wait_for_function("[...document.images].every(i => i.complete)")
    assert said == []
    assert [u for u in asked if not u.startswith("data:")] == []
    charts = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.alt.length])")
    assert len(charts) > 6
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    heads = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby'))"
    )
    assert heads and set(heads) <= set(ids)
    assert all(width > 0 and alt > 20 for width, alt in charts)


@pytest.mark.full
def test_hostile_names_are_text(pages, visit):
    page, said, _ = visit(pages("hostile"))
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    cells = set(page.locator("table[data-name=spend_by_vendor_EUR] td").all_inner_texts())
    assert {name.replace("\n", " ") for name in HOSTILE} <= cells
    assert page.locator("script").count() == 1  # our own
    # inside the charts only the bands that tell values on hover
    assert page.locator("td *, h1 *, figure svg :not(rect, title), [onmouseover]").count() == 0
    assert page.locator("h1").count() == 1
    page.locator("figure").first.hover()
    assert said == []


def column(page, index):
    rows = page.locator("table[data-name=spend_by_vendor_EUR] tbody tr").all()
    return [row.locator("td").nth(index).get_attribute("data-v") for row in rows]


def test_a_table_sorts_by_click_and_by_keyboard(pages, visit):
    page, _, _ = visit(pages("sample"))
    page.locator("#spend_by_vendor_EUR summary").click()
    table = page.locator("table[data-name=spend_by_vendor_EUR]")
    names = table.locator("th").all_inner_texts()
    i = names.index("Lines")
    before = [int(v) for v in column(page, i)]
    assert before != sorted(before)
    button = table.locator("th").nth(i).locator("button")
    button.click()
    assert [int(v) for v in column(page, i)] == sorted(before)
    assert table.locator("th").nth(i).get_attribute("aria-sort") == "ascending"
    button.focus()
    page.keyboard.press("Enter")
    assert [int(v) for v in column(page, i)] == sorted(before, reverse=True)
    page.keyboard.press("Shift+Tab")  # to the column before it
    page.keyboard.press("Space")
    sorted_by = [th.get_attribute("aria-sort") for th in table.locator("th").all()]
    assert sorted_by.index("ascending") == i - 1
    assert sorted_by.count(None) == len(names) - 1


def chased(page):
    """Return the lines to chase that are seen: their order number, site, state and open value."""
    return page.evaluate("""[...document.querySelectorAll("table[data-name=open_orders] tbody tr:not([hidden], .later)")].map(r =>
        [...r.cells].map(c => c.dataset.v ?? c.textContent))""")


def test_a_list_is_filtered_and_its_sum_follows(pages, visit):
    page, said, _ = visit(pages("lists"))
    names = page.locator("table[data-name=open_orders] th").evaluate_all("all => all.map(h => h.dataset.h)")
    state, site, value, order = (names.index(n) for n in ("State", "Site", "Open value, EUR", "Order"))
    part = page.locator("table[data-name=open_orders]").locator("xpath=ancestor::div[.//p[@role='status']][1]")

    def status():
        return part.locator("[role=status]").inner_text()

    rows = chased(page)  # overdue ones at first, the largest first
    assert rows and {r[state] for r in rows} == {"overdue"}
    values = [float(r[value]) for r in rows]
    assert values == sorted(values, reverse=True)
    assert status().startswith(f"{len(rows)} of ") and status().endswith(f", open value {sum(values):,.0f} EUR")
    part.get_by_label("State").select_option("")
    assert len(chased(page)) == 10
    part.locator("xpath=.//button[contains(@class, 'more')]").click()
    rows = chased(page)
    assert len(rows) == page.locator("table[data-name=open_orders] tbody tr").count() > 10
    wanted = next(r[site] for r in rows if r[site] not in ("", "–"))
    part.get_by_label("Site").select_option(wanted)
    assert {r[site] for r in chased(page)} == {wanted}
    assert len(chased(page)) == sum(r[site] == wanted for r in rows)
    part.get_by_label("Site").select_option("")
    part.get_by_label("Find").fill(rows[3][order])
    assert len(chased(page)) == sum(rows[3][order] in " ".join(r) for r in rows)
    assert said == []


@pytest.mark.full
def test_a_list_of_which_the_page_has_the_first_rows_says_so(pages, visit):
    page, said, _ = visit(pages("cut"), viewport={"width": 1440, "height": 900})
    part = page.locator("#open_orders")
    options = part.get_by_label("State").locator("option").all_inner_texts()
    assert options == ["All", "due in 30 days (0 of 50)", "overdue (500 of 650)"]
    told = part.locator("[role=status]")
    assert told.inner_text().startswith("500 of 650 rows, ")
    assert told.inner_text().endswith("; the page has the first 500 of 700")
    assert part.locator(".paper").text_content().startswith("State: overdue: 25 of 650 rows; ")
    part.get_by_label("State").select_option("")
    assert told.inner_text().startswith("500 of 700 rows, ")
    part.get_by_label("Find").fill("no such thing")
    assert part.get_by_text("None of these 500 rows has that.").is_visible()
    assert said == []


@pytest.mark.full
def test_what_a_list_offers_stands_together_and_is_read_whole(pages, visit):
    page, _, _ = visit(pages("lists"), viewport={"width": 1440, "height": 900})
    part = page.locator("#open_orders")
    tops = [part.get_by_role("button", name=name).bounding_box()["y"] for name in ("Copy", "Download CSV", "Print list")]  # fmt: skip
    assert len(set(tops)) == 1
    wide = "s => s.getBoundingClientRect().width"
    state = part.get_by_label("State")
    given = state.evaluate(wide)
    state.evaluate("s => { s.style.width = 'max-content'; s.style.maxWidth = 'none' }")
    assert given == state.evaluate(wide)  # nothing of "overdue (32)" is cut off
    assert part.get_by_text("No row has that.").is_hidden()
    part.get_by_label("Find").fill("no such thing")
    assert part.get_by_text("No row has that.").is_visible()


@pytest.mark.full
def test_a_list_is_taken_along_as_csv_and_copied(pages, visit, tmp_path):
    page, said, _ = visit(pages("lists"), accept_downloads=True)
    part = page.locator("table[data-name=open_orders]").locator("xpath=ancestor::div[.//p[@role='status']][1]")
    part.get_by_label("State").select_option("")
    with page.expect_download() as down:
        part.get_by_role("button", name="Download CSV").click()
    assert down.value.suggested_filename == "open_orders.csv"
    down.value.save_as(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(tmp_path / "x.csv", encoding="utf-8-sig", dtype={"Order": str, "Line": str})
    data = ma.load_sample(["emea"])
    want = slippage.open_orders(data.lines[data.lines["currency"] == "EUR"])
    assert len(back) == len(want)  # all of them, not only those that are seen
    assert back["Open value, EUR"].sum() == pytest.approx(want.open_value.sum())
    assert set(back["Due"].dropna()) == set(want.due_date.dropna().dt.strftime("%Y-%m-%d"))
    assert set(back["Order"]) == set(want.order_number)
    part.get_by_role("button", name="Copy").click()
    page.wait_for_function("[...document.querySelectorAll('button')].some(b => b.textContent === 'Copied')")
    assert said == []


@pytest.mark.full
def test_a_text_that_a_spreadsheet_would_run_is_defused_in_the_csv(pages, visit, tmp_path):
    page, _, _ = visit(pages("hostile"), accept_downloads=True)
    page.locator("#spend_by_vendor_EUR summary").click()
    with page.expect_download() as down:
        page.locator("#spend_by_vendor_EUR").get_by_role("button", name="Download CSV").click()
    down.value.save_as(tmp_path / "x.csv")
    names = set(
        pd.read_csv(tmp_path / "x.csv", encoding="utf-8-sig")["Vendor"]
    )  # a name of two lines is one in the file, too
    assert {"'=1+1", *(set(HOSTILE) - {"=1+1"})} == names


def test_the_page_is_short_and_nothing_of_it_is_lost(pages, visit):
    page, _, _ = visit(pages("sample"), viewport={"width": 1060, "height": 900})
    assert (
        page.evaluate("document.documentElement.scrollHeight") < 9_000
    )  # 15,563 before tables folded and charts stood in pairs
    seen = "t => [...t.tBodies[0].rows].filter(r => getComputedStyle(r).display !== 'none').length"
    tables = page.locator("table[data-name]")
    on_screen = tables.evaluate_all(f"all => all.map({seen})")
    assert max(on_screen) <= 12
    page.emulate_media(media="print")
    on_paper = dict(tables.evaluate_all(f"all => all.map(t => [t.dataset.name, ({seen})(t)])"))
    assert on_paper.pop("left_out") == page.locator("table[data-name=left_out] tbody tr").count() > 25
    assert max(on_paper.values()) == 25
    page.emulate_media(media="screen")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for button in page.locator("button.more:visible").all():
        button.click()
    kept = page.evaluate(
        "[...document.querySelectorAll('table[data-name]:not([data-chosen]) tbody tr')].filter(r => r.offsetParent === null).length"
    )
    assert kept == 0


@pytest.mark.full
@pytest.mark.parametrize("scripts", [True, False])
def test_paper_says_of_each_table_how_many_rows_it_has_not(pages, visit, scripts):
    """Each table's rows, those on paper, and the line above it: "25 of 32 rows"."""
    page, _, _ = visit(pages("sample"), java_script_enabled=scripts)
    assert page.locator(".paper:visible").count() == 0
    page.emulate_media(media="print")
    cut = []
    for table in page.locator("table[data-name]").all():
        n = table.locator("tbody tr").count()
        if not table.is_visible():  # the table behind a chart
            continue
        shown = table.locator("tbody tr:visible").count()
        said = table.locator("xpath=../preceding-sibling::p[1]")
        if shown == n:
            assert said.is_hidden()
            continue
        n = int(table.get_attribute("data-all") or n)
        cut.append(table.get_attribute("data-name"))
        if cut[-1] == "open_orders" and scripts:
            late = table.locator("tbody tr").filter(has_text="overdue").count()
            assert said.inner_text() in (
                f"State: overdue: {late} of {n} rows",
                f"State: overdue: {shown} of {late} rows, of {n} in all",
            )
        else:
            assert said.inner_text() == f"{shown} of {n} rows"
    assert {"open_orders", "spend_prices"} <= set(cut)
    assert "left_out" not in cut


@pytest.mark.full
def test_no_line_breaks_in_a_day_or_before_a_unit(pages, visit):
    page, _, _ = visit(pages("sample"))
    days = page.locator("header.top span.d")
    assert days.count()
    assert days.evaluate_all(
        "all => all.every(d => getComputedStyle(d).whiteSpace === 'nowrap' && /^\\d{4}-\\d\\d-\\d\\d$/.test(d.textContent))"
    )
    heads = page.locator("th.d").evaluate_all("all => all.map(h => getComputedStyle(h).whiteSpace)")
    assert set(heads) == {"normal"}  # "Last order date" would run into the next one
    said = page.locator("#findings > p, .tile .big").evaluate_all("all => all.map(e => e.textContent)")
    assert [s for s in said if "\u00a0" in s]
    assert not [s for s in said if re.search("\\d %|\\d (?:k|M|bn) |\\d [A-Z]{3}\\b", s)]


def test_a_phone_without_scripts_has_all_rows_on_the_page_and_no_empty_names(pages, visit):
    page, _, _ = visit(pages("lists"), java_script_enabled=False, viewport={"width": 390, "height": 844})
    hidden = "all => Math.max(...all.map(box => box.scrollHeight - box.clientHeight))"
    assert page.locator(".rows").evaluate_all(hidden) <= 1
    empty = page.locator("table.list td:empty")
    assert empty.count()
    assert not any(cell.is_visible() for cell in empty.all())
    page.set_viewport_size({"width": 1060, "height": 900})
    assert page.locator(".rows").evaluate_all(hidden) > 100  # they scroll, where one sees it


def test_charts_stand_in_pairs_where_there_is_room_and_are_seen_whole_where_there_is_little(pages, visit):
    lefts = "[...document.querySelectorAll('#part_spend .charts > figure')].map(f => Math.round(f.getBoundingClientRect().left))"
    page, _, _ = visit(pages("sample"), viewport={"width": 1060, "height": 900})
    assert len(set(page.evaluate(lefts))) == 2
    scales = "[...document.querySelectorAll('.chart img')].map(i => i.getBoundingClientRect().width / i.naturalWidth)"
    assert min(page.evaluate(scales)) > 0.95
    for width in (390, 768):
        page, _, _ = visit(pages("sample"), viewport={"width": width, "height": 844})
        page.wait_for_function("[...document.images].every(i => i.complete)")
        assert len(set(page.evaluate(lefts))) == 1
        # on a telephone a chart is seen whole: its letters are smaller, and its values need no scrolling
        assert min(page.evaluate(scales)) >= (0.7 if width == 390 else 0.99)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_every_row_is_there_and_nothing_that_would_not_work(pages, visit):
    page, _, _ = visit(pages("lists"), java_script_enabled=False)
    rows = page.locator("table[data-name=open_orders] tbody tr")
    assert rows.count() > 25
    assert rows.last.is_visible()
    assert page.locator(".tools, select, input").count() == 0
    assert page.locator(".chart rect title").count() > 3  # values on hover need none


@pytest.mark.full
def test_the_contents_stay_in_sight_and_mark_the_section(pages, visit):
    page, _, _ = visit(pages("sample"))
    page.evaluate("document.querySelector('#part_slippage').scrollIntoView({behavior: 'instant'})")
    page.wait_for_function("document.querySelector('nav a[aria-current]')?.hash === '#part_slippage'")
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().top") == 0


@pytest.mark.full
def test_a_section_that_can_not_come_up_is_marked_when_it_is_asked_for(pages, visit):
    page, _, _ = visit(pages("sample"), viewport={"width": 1440, "height": 900})
    for link in reversed(page.locator("nav a").all()):
        link.click()
        page.wait_for_function(
            "want => document.querySelector('nav a[aria-current]')?.hash === want", arg=link.evaluate("a => a.hash")
        )
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")  # with the first one still asked for
    page.wait_for_function("[...document.querySelectorAll('nav a')].at(-1).hasAttribute('aria-current')")


@pytest.mark.full
def test_charts_follow_the_dark(pages, visit):
    page, _, _ = visit(pages("lists"), color_scheme="dark", viewport={"width": 900, "height": 900})
    image = page.locator(".chart img").first
    image.scroll_into_view_if_needed()
    picture = Image.open(io.BytesIO(image.screenshot())).convert("L")
    assert np.median(np.asarray(picture)) < 60  # most of it is paper


@pytest.mark.full
def test_the_keyboard_reaches_the_figures_and_every_table(pages, visit):
    page, _, _ = visit(pages("sample"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    wide = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(d => d.tabIndex !== 0 || !d.getAttribute('aria-label')).length"
    )
    assert wide == 0
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


@pytest.mark.full
@pytest.mark.parametrize("name", one_in(2, ["sample", "hostile"]))
def test_a_phone_scrolls_tables_and_charts_but_not_the_page(pages, visit, name):
    page, _, _ = visit(pages(name), viewport={"width": 390, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    # a word is never broken into letters: a cell of one word is one line high
    heights = page.evaluate("""[...document.querySelectorAll('td.t')].filter(c => /^[a-z]{2,9}$/.test(c.textContent) && c.offsetParent).map(c => {
        const range = document.createRange(); range.selectNodeContents(c); return range.getClientRects().length })""")
    assert heights
    assert max(heights) == 1


def brightness(colour: str) -> float:
    parts = [int(c) / 255 for c in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", one_in(2, ["dark", "light"]))
def test_each_scheme_has_its_colours_and_contrast(pages, visit, scheme):
    page, _, _ = visit(pages("sample"), color_scheme=scheme)
    paper = brightness(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (paper < 0.1) == (scheme == "dark")
    for what in ("p", "td", "dt", "nav a", "footer", "summary"):
        ink = brightness(page.evaluate("s => getComputedStyle(document.querySelector(s)).color", what))
        ratio = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
        assert ratio >= 4.5, what


@pytest.mark.full
def test_it_prints_on_paper_with_light_colours(pages, visit, tmp_path):
    page, _, _ = visit(pages("sample"), color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav").is_hidden()
    rooms = page.locator(".head").evaluate_all("all => all.map(h => parseFloat(getComputedStyle(h).paddingBottom))")
    assert min(rooms) > 100  # of the first rows: no heading stands alone at the foot of a page
    pdf = page.pdf(path=tmp_path / "x.pdf", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    boxes = pdf.count(b"/Type /Page\n")
    assert 5 <= boxes <= 12


@pytest.mark.skipif("AXE" not in os.environ, reason="AXE=path/to/axe.min.js checks accessibility (npm i axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sample", "vendor", "hostile"])
def test_axe_finds_nothing_serious(pages, visit, name, scheme):
    page, _, _ = visit(pages(name), color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(Path(os.environ["AXE"]).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(v["id"], len(v["nodes"])) for v in found if v["impact"] in ("serious", "critical")] == []
