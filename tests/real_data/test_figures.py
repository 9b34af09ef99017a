"""The reference figures of the real deliveries are what plain loops count in the files; the extract is what its maker makes."""

from __future__ import annotations

import gzip

import pytest

from tests.conftest import SCMS, SCMS_FILES
from tests.real_data import make_extract
from tests.real_data.known import KNOWN
from tests.real_data.plain import figures
from tests.tiers import one_in


@pytest.mark.parametrize("name", one_in(2, SCMS))
def test_plain_loops_count_the_known_figures(name):
    assert figures(SCMS_FILES[name]) == KNOWN[name]


def test_the_whole_file_is_here_too():
    """On a machine without it this one skips, and every test of the real deliveries runs on the extract alone."""
    if "whole" not in SCMS:
        pytest.skip(
            "the whole file of real deliveries (../shared/data/scms) is not on this machine: the extract stands in"
        )
    lines, whole = (gzip.decompress(SCMS_FILES[n].read_bytes()).splitlines() for n in ("extract", "whole"))
    assert set(lines) <= set(whole)  # nothing in it was changed


def test_the_extract_comes_out_the_same_each_time(tmp_path, monkeypatch):
    if "whole" not in SCMS:
        pytest.skip("the extract is made from the whole file (../shared/data/scms), which is not on this machine")
    monkeypatch.setattr(make_extract, "EXTRACT", tmp_path / "again.csv.gz")
    make_extract.main()
    assert gzip.decompress((tmp_path / "again.csv.gz").read_bytes()) == gzip.decompress(
        SCMS_FILES["extract"].read_bytes()
    )
