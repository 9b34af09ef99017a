"""The search for garbage stands still for as long as it was asked to, and is as it was after that."""

from __future__ import annotations

import gc

import pytest

import makini_analytics as ma
from makini_analytics.system import without_search


def test_the_search_goes_on_after_it_also_after_an_error():
    with pytest.raises(ValueError, match="inside"), without_search():
        assert not gc.isenabled()
        raise ValueError("inside")
    assert gc.isenabled()


def test_who_had_put_it_off_finds_it_so():
    gc.disable()
    try:
        with without_search():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_report_that_fails_leaves_it_on(tmp_path):
    with pytest.raises(ma.ConfigError):
        ma.report(ma.load_sample(["us"]), tmp_path / "r.html", sections=["nonsense"], progress=False)
    assert gc.isenabled()
