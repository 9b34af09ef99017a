"""Work that is begun beside other work is done once, by the thread or by whoever needs it first."""

from __future__ import annotations

import threading

import pytest

from makini_analytics.system import begun


def test_what_has_begun_is_waited_for_and_what_has_not_is_done_by_whoever_asks():
    may_end = threading.Event()
    done: list[tuple[str, str]] = []

    def work(name):
        if name == "first":
            may_end.wait(10)
        done.append((name, threading.current_thread().name))
        return name

    started = threading.Event()
    results = begun({"first": lambda: started.set() or work("first"), "second": lambda: work("second")})
    assert started.wait(10)
    assert results["second"]() == "second"  # the thread is busy with the first
    assert done == [("second", threading.current_thread().name)]
    may_end.set()
    assert results["first"]() == "first"
    assert [name for name, _ in done] == ["second", "first"]
    assert done[1][1].startswith("makini-beside")


def test_an_error_is_raised_where_the_result_is_asked_for():
    def fails():
        raise ValueError("of the thread")

    with pytest.raises(ValueError, match="of the thread"):
        begun({"it": fails})["it"]()
