"""What a report of many lines counts in a second thread is what one thread counts."""

from __future__ import annotations

import threading
from functools import wraps

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage
from makini_analytics.reporting import content
from makini_analytics.review import _findings


def test_a_report_by_two_threads_is_that_by_one(made, monkeypatch):
    data, _, by_one = made
    where = []
    count = slippage.open_orders

    @wraps(count)
    def watched(*args, **options):
        where.append(threading.current_thread().name)
        return count(*args, **options)

    monkeypatch.setattr(slippage, "open_orders", watched)
    monkeypatch.setattr(_findings, "_MANY", 0)
    by_two = content(data)
    assert where[0].startswith("makini-beside")
    pd.testing.assert_frame_equal(by_two.findings, by_one.findings)
    assert [e.name for e in by_two.exhibits] == [e.name for e in by_one.exhibits]
    for one, two in zip(by_one.exhibits, by_two.exhibits, strict=True):
        pd.testing.assert_frame_equal(two.table, one.table, obj=one.name)


@pytest.mark.full
def test_a_fault_in_the_second_thread_ends_the_report(monkeypatch):
    where = []

    def fails(*_, **__):
        where.append(threading.current_thread().name)
        raise ValueError("no such thing")

    monkeypatch.setattr(slippage, "open_orders", fails)
    monkeypatch.setattr(_findings, "_MANY", 0)
    with pytest.raises(ValueError, match="no such thing"):
        content(ma.load_sample(), sections=["findings"])
    assert where[0].startswith("makini-beside")
