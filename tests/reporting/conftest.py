"""One report in every format, made once for all tests of reports."""

from __future__ import annotations

import pytest

import makini_analytics as ma
from makini_analytics.reporting import content, write


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Every format of one report."""
    data = ma.load_sample(["emea", "us"])
    out = tmp_path_factory.mktemp("report")
    told = content(data)
    for name in ("r.html", "r.xlsx", "folder", "r.pptx"):
        write(told, out / name)
    return data, out, told
