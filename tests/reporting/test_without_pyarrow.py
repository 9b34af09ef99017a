"""The extras that the README's first command installs have no PyArrow: pandas keeps text in another way then, and counts in numpy's integers."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from tests.tiers import one_in

REPORT = """
import sys
sys.modules["pyarrow"] = None
import makini_analytics as ma
data = ma.load_sample(["us"])
assert data.lines.vendor_name.dtype.storage == "python"
for name in sys.argv[1:]:
    ma.report(data, name, progress=False, vendor="Great Lakes Bearing Co." if name == "v.html" else None)
"""


@pytest.mark.parametrize("names", one_in(2, ["r.html r.xlsx", "r.pptx folder v.html"]))
def test_every_format_is_written_without_pyarrow(names, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *names.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    for name in names.split():
        if name.endswith(".html"):
            assert "overdue" in (tmp_path / name).read_text("utf-8")
        elif name == "folder":
            assert (tmp_path / name / "tables" / "open_orders.csv").stat().st_size > 1_000
        else:
            assert zipfile.is_zipfile(tmp_path / name)
