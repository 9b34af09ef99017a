"""The extras that the README's first command installs have no PyArrow: pandas keeps text in another way then, and counts in numpy's integers."""

from __future__ import annotations

import subprocess
import sys

REPORT = """
import sys
sys.modules["pyarrow"] = None
import makini_analytics as ma
data = ma.load_sample(["us"])
assert data.lines.vendor_name.dtype.storage == "python"
for name in ("r.html", "r.xlsx", "r.pptx", "folder"):
    ma.report(data, name, progress=False)
ma.report(data, "v.html", vendor="Great Lakes Bearing Co.", progress=False)
"""


def test_every_format_is_written_without_pyarrow(tmp_path):
    done = subprocess.run([sys.executable, "-c", REPORT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "overdue" in page and (tmp_path / "folder" / "tables" / "open_orders.csv").stat().st_size > 1_000
