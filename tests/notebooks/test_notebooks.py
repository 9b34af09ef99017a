"""Each notebook runs from top to bottom, shows its charts, and is kept with the outputs that it has today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import makini_analytics as ma
from makini_analytics import slippage
from tests.tiers import one_in

FOLDER = Path(__file__).parents[2] / "notebooks"
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


WIDGET = "application/vnd.jupyter.widget-view+json"
ALL = sorted(FOLDER.glob("*.ipynb"))
#: The first one is run each time, the others with the big counts: what they show is tested room by room.
BOOKS = pytest.mark.parametrize("path", one_in(len(ALL), ALL), ids=lambda p: p.stem)


@BOOKS
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_notebook_runs_and_shows_what_is_kept(path, tmp_path, write):
    book = read(path)
    kept = [texts(c) for c in book.cells if c.cell_type == "code"]
    code = ran(book, tmp_path)
    outputs = [o for c in code for o in c.outputs]
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 3
    for output in outputs:
        if "image/png" in output.get("data", {}):
            assert len(output.metadata["image/png"]["alt"]) > 20  # the text for those who don't see the chart
    if write:
        import nbformat

        nbformat.write(as_kept(book), path)
    else:
        assert kept == [texts(c) for c in code], "pytest tests/notebooks --write-notebooks keeps the new outputs"


@pytest.mark.full
@BOOKS
@pytest.mark.parametrize("connection", ["us", "apac"])
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_notebook_takes_the_orders_of_your_own_token(path, connection, tmp_path, monkeypatch):
    with ma.sandbox() as server:
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens[connection])
        monkeypatch.setenv("MAKINI_BASE_URL", server.base_url)
        code = ran(read(path), tmp_path)
        assert len(server.requests) > 10
    shown = " ".join(t for c in code for t in texts(c))
    assert "Makini sample" not in shown
    assert "emea:" not in shown


def read(path):
    """Return a notebook. (The package that reads them takes a second to import: not at the start of every run.)"""
    import nbformat

    return nbformat.read(path, as_version=4)


def ran(book, folder) -> list:
    """Run a notebook and return its code cells, of which none complains."""
    from nbclient import NotebookClient

    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    code = [c for c in book.cells if c.cell_type == "code"]
    assert [o for c in code for o in c.outputs if o.output_type == "stream" and o.name == "stderr"] == []
    for cell in code:
        cell.outputs = [o for o in cell.outputs if not is_bar(o)]
    return code


def is_bar(output) -> bool:
    """Whether it is a progress bar: it was there while the cell ran."""
    shown = output.get("data", {})
    return WIDGET in shown and "text/html" not in shown


def as_kept(book):
    """Return the notebook with what a reader of it on the web sees, and nothing that differs from run to run."""
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
                if text := output.get("data", {}).get("text/plain"):
                    output.data["text/plain"] = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8765", text)
                # a widget without its kernel is an error message; its page stays
                output.get("data", {}).pop(WIDGET, None)
    book.metadata["language_info"] = {"name": "python"}
    book.metadata.pop("widgets", None)  # the state of widgets whose kernel has gone; web pages stumble over it
    return book


@BOOKS
def test_what_is_kept_has_no_traces_of_the_run(path):
    book = read(path)
    assert "widgets" not in book.metadata
    for cell in book.cells:
        assert "execution" not in cell.metadata
        assert cell.get("execution_count") is None
        for output in cell.get("outputs", []):
            assert output.get("execution_count") is None
            assert not any("widget" in kind for kind in output.get("data", {}))


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_what_a_notebook_checks_is_true(path):
    """A cell that shows False under "the same figures everywhere" says the opposite of its text, and would be kept as it is."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            shown = "".join(output.get("data", {}).get("text/plain", ""))
            assert "False" not in shown or re.sub(r"True|False|[\s(),\[\]]", "", shown), cell["source"]


def test_the_vendor_of_the_talk_is_called_late_only_where_the_funnel_says_so():
    (path,) = (p for p in ALL if p.stem.startswith("05"))
    (said,) = (
        "".join(o["data"]["text/markdown"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for o in cell.get("outputs", [])
        if "vendor.html" in "".join(o.get("data", {}).get("text/markdown", ""))
    )
    vendors = slippage.by_vendor(ma.load_sample(["emea", "us"]).lines)
    below = [*vendors.vendor_name[vendors.against_others == "below"]]
    assert (
        any(name in said for name in below)
        if below
        else said.startswith("Nobody is later than the others by more than luck")
    )


def texts(cell) -> list[str]:
    """Return what a cell shows as text, without what differs from run to run."""
    data = (o.get("data", {}) for o in cell.outputs)
    # what Markdown says is in its own kind: as plain text it is the name of a class
    shown = [
        d.get("text/markdown") or o.get("text") or d.get("text/plain", "")
        for d, o in zip(data, cell.outputs, strict=True)
    ]
    varies = (
        r"127\.0\.0\.1:\d+|0x[0-9a-f]+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*|holidays [\d.]+|\w*Box\(.*|\\|dtype: \w+"
    )
    return [" ".join(re.sub(varies, " ", t, flags=re.S).split()) for t in shown]


def test_the_ten_lines_of_the_readme_are_those_of_the_first_notebook():
    ten = re.search(r"## From token to chart\n\n```python\n(.*?)```", README, re.S)[1]
    first = read(FOLDER / "01_first_look.ipynb")
    code = "\n".join(c.source for c in first.cells if c.cell_type == "code")
    for line in ten.splitlines():
        said = line.split("  #")[0].strip()
        if said and not said.startswith("client = "):
            assert said in code, said
