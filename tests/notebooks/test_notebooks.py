"""Each notebook runs from top to bottom, shows its charts, and is kept with the outputs that it has today."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda p: p.stem)
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery
def test_notebook_runs_and_shows_what_is_kept(path, tmp_path, write):
    book = nbformat.read(path, as_version=4)
    kept = [texts(c) for c in book.cells if c.cell_type == "code"]
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    code = [c for c in book.cells if c.cell_type == "code"]
    outputs = [o for c in code for o in c.outputs]
    assert [o for o in outputs if o.output_type == "stream" and o.name == "stderr"] == []
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 3
    if write:
        for cell in book.cells:
            cell.metadata.pop("execution", None)
        book.metadata["language_info"] = {"name": "python"}
        nbformat.write(book, path)
    else:
        assert kept == [texts(c) for c in code], "pytest tests/notebooks --write-notebooks keeps the new outputs"


def texts(cell) -> list[str]:
    """Return what a cell shows as text, without what differs from run to run."""
    shown = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    varies = (
        r"127\.0\.0\.1:\d+|0x[0-9a-f]+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*|holidays [\d.]+|\w*Box\(.*|\\|dtype: \w+"
    )
    return [" ".join(re.sub(varies, " ", t, flags=re.S).split()) for t in shown]


def test_the_ten_lines_of_the_readme_are_those_of_the_first_notebook():
    ten = re.search(r"## From token to chart\n\n```python\n(.*?)```", README, re.S)[1]
    first = nbformat.read(FOLDER / "01_first_look.ipynb", as_version=4)
    code = "\n".join(c.source for c in first.cells if c.cell_type == "code")
    for line in ten.splitlines():
        said = line.split("  #")[0].strip()
        if said and not said.startswith("client = "):
            assert said in code, said
