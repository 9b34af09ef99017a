"""The explorer in a real JupyterLab, in a real browser: change a filter, see the figure change, open a bar, export a file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec

import pandas as pd
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.full,
    # looked for, not imported: that takes seconds, in each process of the run
    pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed"),
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore"),  # of the browser's driver
]


@pytest.fixture
def lab(tmp_path):
    """Return the address of a JupyterLab that has a notebook with an explorer."""
    import nbformat

    cell = nbformat.v4.new_code_cell("import makini_analytics as ma\nfrom makini_analytics import explore\ndata = ma.load_sample()\nexplore.spend(data)")  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), tmp_path / "explore.ipynb")
    folders = {f"JUPYTER_{k}_DIR": str(tmp_path / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", f"--notebook-dir={tmp_path}", "--allow-root", "--LabApp.news_url=None"]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ | folders)  # fmt: skip
    try:
        for line in process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", line)
            if found:
                yield found[0].replace("/lab?", "/lab/tree/explore.ipynb?")
                break
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        process.stderr.close()


def test_filter_click_and_export(lab, tmp_path):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1500, "height": 1900})
        page.set_default_timeout(60_000)
        for _ in range(5):  # it says its address before it listens
            try:
                page.goto(lab)
                break
            except playwright.Error:
                page.wait_for_timeout(1000)
        page.get_by_text(re.compile(r"\| Idle")).first.wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        image = page.locator(".jp-OutputArea-output img").first
        image.wait_for()
        before = image.get_attribute("src")
        page.get_by_label("Connection", exact=True).select_option("emea")
        page.wait_for_function("was => document.querySelector('.jp-OutputArea-output img').src !== was", arg=before)
        code = page.get_by_label("Code", exact=True).input_value()
        assert "lines = data.filter(connection='emea').lines\n" in code
        bar = page.get_by_title(re.compile("The order lines of Kugellager Nord"))
        bar.click()
        page.get_by_text(re.compile(r"Kugellager Nord AG.*order lines", re.S)).first.wait_for()
        page.get_by_role("button", name="CSV of the table").click()
        page.get_by_text("Written:").wait_for()
        if os.environ.get("MAKINI_SCREENSHOT"):
            page.screenshot(path=os.environ["MAKINI_SCREENSHOT"])
        shown = "document.querySelector('.makini-filters').checkVisibility()"
        paper = "getComputedStyle(document.querySelector('.makini-picture')).filter"
        assert page.evaluate(shown)
        assert not page.locator(".makini-fold").is_visible()
        assert not page.locator(".makini-footnote").is_visible()
        assert page.evaluate(paper) == "none"
        page.set_viewport_size({"width": 900, "height": 1900})
        page.wait_for_function(f"!{shown}")
        assert page.locator(".makini-footnote").is_visible()  # that of the chart is too small to read there
        fits = "(() => { const t = document.querySelector('.makini-explorer textarea'); return t.scrollHeight <= t.clientHeight + 1 })()"
        assert page.evaluate(fits)
        page.get_by_role("button", name="Filters, emea").click()
        page.wait_for_function(shown)
        page.get_by_role("tab", name=re.compile("File Browser")).click()  # which closes it
        page.set_viewport_size({"width": 390, "height": 1900})
        page.wait_for_timeout(500)
        small = "Math.min(...[...document.querySelectorAll('.makini-picture')].map(e => e.getBoundingClientRect().width / e.naturalWidth))"
        assert page.evaluate(small) > 0.75  # its letters stay 9 pixels high, and it scrolls in its own place
        inside = "(() => { const e = document.querySelector('.makini-picture').closest('.widget-gridbox'); return [e.clientWidth, e.scrollWidth] })()"
        seen, whole = page.evaluate(inside)
        assert seen < 390 < whole
        cut = "(() => { const e = document.querySelector('.makini-fold'); return e.scrollWidth - e.clientWidth })()"
        page.get_by_label("Vendor", exact=True).fill("a name that is rather long")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="a name that is rather long").wait_for()
        assert page.evaluate(cut) <= 1
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")  # as a dark theme does
        assert "invert" in page.evaluate(paper)
        browser.close()
    back = pd.read_csv(tmp_path / "makini-exports" / "spend_by_vendor_emea.csv", encoding="utf-8-sig")
    assert "Kugellager Nord AG" in set(back.vendor_name)
    assert set(back.connection) == {"emea"}
