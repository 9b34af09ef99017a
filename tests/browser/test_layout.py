"""Pages with long codes and long names in a real browser: no column is lost, on screen or on paper."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from tests.browser.test_page import Image, chromium, visit  # noqa: F401 - fixtures
from tests.tiers import one_in

CODES = {
    "GEHAEUSE-DICHTUNGSSATZ-40-FKM-0815": "Dichtungssatz Gehäuse 40 FKM, Innendurchmesser 40 mm, Außendurchmesser 62 mm",
    "PN.4711/2024-A-REV.C-316L-DN50-PN16": "Absperrklappe DN50 PN16 Edelstahl",
    "MOT-32": "Motor",
}


@pytest.fixture(scope="module")
def long():
    """Return purchases with item codes of 30 letters and order numbers with a site behind them."""
    n = 120
    i = np.arange(n)
    ordered = pd.Timestamp("2025-01-05") + pd.to_timedelta(i // 3 * 7, unit="D")
    table = pd.DataFrame({"order_number": [f"45000{k // 3:05d}-2024-EMEA" for k in i], "line_number": (i % 3 + 1).astype(str), "vendor_name": "Acme GmbH",
                          "product_code": [list(CODES)[k % 3] for k in i], "quantity": 1.0 + i, "unit_price": 97.5, "currency": "EUR", "unit_of_measure": "EA",
                          "site_name": "Werk Friedrichshafen-Kluftern", "order_date": ordered, "required_date": ordered + pd.Timedelta(days=20)})  # fmt: skip
    table["delivered_date"] = (table.required_date + pd.Timedelta(days=4)).where((i < 90) & (i % 2 == 0))
    table["description"], table["amount"] = table.product_code.map(CODES), table.quantity * table.unit_price
    return ma.Purchases.from_table(table, as_of="2025-11-30")


@pytest.fixture(scope="module")
def vendor_pages(long, tmp_path_factory):
    out = tmp_path_factory.mktemp("vendor")
    sample = ma.report(ma.load_sample(), out / "sample.html", vendor="Kugellager Nord AG")
    return {"long": ma.report(long, out / "long.html", vendor="Acme GmbH"), "sample": sample}


#: By how much a page's tables are wider than their room.
TOO_WIDE = "Math.max(...[...document.querySelectorAll('table')].map(t => t.scrollWidth - t.parentElement.clientWidth))"


@pytest.mark.parametrize("name", one_in(2, ["long", "sample"]))
def test_a_vendor_sees_every_column_and_where_to_write(vendor_pages, visit, name):  # noqa: F811
    page, _, _ = visit(vendor_pages[name])
    for width in (660, 768, 820, 870, 1060):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) <= 0, width
        assert page.locator("th.write").first.bounding_box()["width"] > 70
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1046})  # what A4 leaves between its margins
    assert page.evaluate(TOO_WIDE) <= 0


def test_a_card_of_the_vendor_page_has_two_halves_alike(vendor_pages, visit):  # noqa: F811
    page, _, _ = visit(vendor_pages["long"], viewport={"width": 390, "height": 844})
    card = page.locator("table[data-name=lines] tbody tr", has_text="GEHAEUSE").first
    left, right = card.evaluate("r => getComputedStyle(r).gridTemplateColumns.split(' ').map(parseFloat)")
    assert abs(left - right) < 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.full
def test_no_line_ends_before_its_per_cent_sign(vendor_pages, visit):  # noqa: F811
    page, _, _ = visit(vendor_pages["long"])
    said = page.locator("main").evaluate("m => [...m.querySelectorAll('p, .big, h2, td')].map(e => e.innerText).join()")
    said += page.locator("footer").inner_text()
    assert "\N{NO-BREAK SPACE}%" in said
    assert " %" not in said


@pytest.fixture(scope="module")
def report(long, tmp_path_factory):
    return ma.report(long, tmp_path_factory.mktemp("report") / "long.html", sections=["open_orders"])


@pytest.mark.full
@pytest.mark.parametrize("width", [390, 768])
def test_a_shade_says_that_a_table_goes_on_at_the_right(report, visit, width):  # noqa: F811
    page, _, _ = visit(report, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    boxes = page.locator(".rows").all()
    cut = next(b for b in boxes if b.is_visible() and b.evaluate("b => b.scrollWidth > b.clientWidth + 20"))

    cut.evaluate("b => scrollTo({top: b.getBoundingClientRect().top + scrollY - 120, behavior: 'instant'})")

    def edge():
        """Return the darkest pixel at the right edge above the heads, where no letter stands."""
        box = cut.bounding_box()
        clip = {"x": box["x"] + box["width"] - 3, "y": box["y"] + 1, "width": 2, "height": 8}
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L")
        return picture.getextrema()[0]

    assert edge() < 225
    cut.evaluate("b => b.scrollLeft = 9999")
    assert edge() > 250


@pytest.mark.full
def test_each_cell_of_the_column_that_stays_has_its_rule(report, visit):  # noqa: F811
    page, _, _ = visit(report, viewport={"width": 768, "height": 900})
    table = page.locator("table[data-name=open_orders]")
    assert table.evaluate("t => getComputedStyle(t).borderCollapse") == "separate"
    rules = table.locator("td:first-child").evaluate_all("all => all.map(c => getComputedStyle(c).borderBottomWidth)")
    assert set(rules) == {"1px"}


def test_an_order_number_on_paper_is_broken_at_a_hyphen(report, visit):  # noqa: F811
    page, _, _ = visit(report, viewport={"width": 695, "height": 1024})
    page.emulate_media(media="print")
    cell = page.locator("table[data-name=open_orders] tbody td").first
    lines = cell.evaluate("""c => { const out = {}, text = c.firstChild, range = document.createRange();
        for (let i = 0; i < text.length; i++) { range.setStart(text, i); range.setEnd(text, i + 1);
            const y = Math.round(range.getBoundingClientRect().top); out[y] = (out[y] || '') + text.data[i] }
        return Object.values(out) }""")
    assert len(lines) > 1
    assert all(line.endswith("-") for line in lines[:-1]), lines
    assert page.evaluate(TOO_WIDE) <= 0
