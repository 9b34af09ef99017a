"""Twelve exports, each in its system's own dialect and language, read without an argument: the figures are those of plain columns."""

from __future__ import annotations

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from tests.tiers import one_in

from .plain import AS_OF
from .writers import EXPORTS

CASES = [(system, writer) for system, writers in EXPORTS.items() for writer in writers]


@pytest.fixture(params=one_in(3, [[*case] for case in CASES]), ids=lambda c: c[1].__name__, scope="module")
def export(request, tmp_path_factory):
    """The system, the purchases of its file, and those of the plain table."""
    system, writer = request.param
    folder = tmp_path_factory.mktemp(writer.__name__)
    plain = writer(folder / "export")
    (path,) = folder.iterdir()
    return (
        system,
        ma.Purchases.from_file(path, as_of=AS_OF),
        ma.Purchases.from_table(plain, connection="export", as_of=AS_OF),
        path,
    )


def test_there_are_twelve():
    assert len(CASES) == 12


def test_the_lines_are_those_of_the_plain_table(export):
    _, got, want, _ = export
    compared = ["order_number", "line_number", "vendor_id", "vendor_name", "order_date", "required_date", "promised_date", "delivered_date", "quantity",
                "received_quantity", "unit_price", "amount", "currency", "state"]  # fmt: skip
    pd.testing.assert_frame_equal(got.lines[compared], want.lines[compared])


def test_the_figures_are_those_of_the_plain_table(export):
    _, got, want, _ = export
    for figure in (spend.by_vendor, lead_times.by_vendor, slippage.by_vendor):
        pd.testing.assert_frame_equal(figure(got.lines), figure(want.lines), check_dtype=False)


def test_the_system_is_recognised_and_the_reading_can_be_passed_back(export):
    system, got, _, path = export
    assert got.sources.notes.item().startswith(f"Read as {system} (")
    reading = ma.read_headings(path)
    assert reading.columns.tolist() == ["heading", "column", "example", "rule"]
    assert reading["rule"].notna().all()
    again = ma.Purchases.from_file(path, columns=reading, as_of=AS_OF)
    pd.testing.assert_frame_equal(again.lines, got.lines)


def test_no_value_was_left_unread(export):
    _, got, _, _ = export
    bad = got.issues[
        ~got.issues.reason.str.contains("left out of the lines|stands for no date|not understood", na=False)
    ]
    assert bad.reason.tolist() == []
