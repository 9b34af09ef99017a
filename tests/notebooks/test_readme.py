"""The README, followed line by line in one notebook: each line runs, and what it needs is named before it."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import makini_analytics as ma

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)
#: What needs an extra, and the extra that must stand before it.
EXTRAS = {
    "currency.convert(": "enrich",
    "out.xlsx": "report",
    "explore.spend(": "notebook",
    "ma.scan(": "lake",
    "ma.History(": "history",
}


def lines_of(block: str) -> list[str]:
    """Return the statements of a block, each as one would type it into a cell."""
    return [ast.get_source_segment(block, statement) or "" for statement in ast.parse(block).body]


def test_the_extra_is_named_before_what_needs_it():
    for needs, extra in EXTRAS.items():
        # on the line of its use, or above it
        before = README[: README.index("\n", README.index(needs))]
        assert f".[{extra}]" in before, needs


def test_each_call_is_one_that_there_is():
    known = {"ma": ma} | {n: getattr(ma, n) for n in ma.__all__}
    instances = {"client": ma.Client, "data": ma.Purchases, "history": ma.History}
    known |= instances
    called = []
    for call in (n for block in BLOCKS for n in ast.walk(ast.parse(block)) if isinstance(n, ast.Call)):
        root, *path = ast.unparse(call.func).split(".")
        if root not in known or not path or "[" in ast.unparse(call.func) or (root == "data" and path[0] == "lines"):
            continue
        found = known[root]
        for name in path:
            found = getattr(found, name)
        of_instance = [None] if root in instances else []
        inspect.signature(found).bind(*of_instance, *call.args, **{k.arg: None for k in call.keywords if k.arg})
        called.append(".".join([root, *path]))
    assert len(called) > 18
    assert {"ma.Client", "client.fetch_purchases", "ma.report", "spend.plot_bridge", "ma.scan"} <= set(called)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_each_line_runs_in_one_notebook_from_top_to_bottom(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient, which runs notebooks, is not installed")
    lines = [line for block in BLOCKS for line in lines_of(block)]
    assert len(lines) > 25
    cells = [nbformat.v4.new_code_cell(line) for line in lines]
    book = nbformat.v4.new_notebook(cells=cells)
    with ma.sandbox() as server:
        monkeypatch.setenv("MAKINI_BASE_URL", server.base_url)
        monkeypatch.setenv("MAKINI_API_TOKEN", server.tokens["emea"])
        for name in ("emea", "us"):
            monkeypatch.setenv(f"MAKINI_TOKEN_{name.upper()}", server.tokens[name])
        monkeypatch.setenv("MAKINI_CACHE_DIR", str(tmp_path / "cache"))
        where = {"metadata": {"path": str(tmp_path)}}
        nbclient.NotebookClient(book, timeout=240, kernel_name="python3", resources=where).execute()
    drawn = 0
    for cell in cells:
        assert [o for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"] == [], cell.source
        if isinstance(ast.parse(cell.source).body[0], ast.Expr):
            assert any(o.output_type == "execute_result" for o in cell.outputs), cell.source
            assert "No data" not in str(cell.outputs), cell.source
        drawn += any("image/png" in o.get("data", {}) for o in cell.outputs)
    assert drawn == sum(".plot_" in line for line in lines)
    assert (tmp_path / "out" / "report.html").exists()
