"""Work that is begun beside other work is done once, whoever asks for it, and so is what two threads share."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from makini_analytics.errors import MakiniWarning
from makini_analytics.system import beside, cached_property, warn


def test_what_has_begun_is_waited_for_and_what_has_not_is_done_by_whoever_asks():
    may_end, started = threading.Event(), threading.Event()
    done: list[tuple[str, str]] = []

    def work(name):
        if name == "first":
            started.set()
            may_end.wait(10)
        done.append((name, threading.current_thread().name))
        return name

    begin = beside()
    first, second = (begin(lambda n=n: work(n)) for n in ("first", "second"))
    assert started.wait(10)
    assert second() == "second"  # the thread is busy with the first
    assert done == [("second", threading.current_thread().name)]
    may_end.set()
    assert [first(), first(), second()] == ["first", "first", "second"]
    assert [name for name, _ in done] == ["second", "first"]
    assert done[1][1].startswith("makini-beside")


def test_where_it_does_not_pay_it_is_done_once_when_asked_for():
    done = []
    result = beside(pays=False)(lambda: done.append(threading.current_thread()) or len(done))
    assert done == []
    assert [result(), result()] == [1, 1]
    assert done == [threading.current_thread()]


@pytest.mark.parametrize("pays", [True, False])
def test_an_error_is_raised_where_the_result_is_asked_for(pays):
    def fails():
        raise ValueError("of the thread")

    with pytest.raises(ValueError, match="of the thread"):
        beside(pays=pays)(fails)()


def test_a_warning_of_the_thread_points_at_whoever_asks():
    def work():
        warn("look here")
        return 1

    result = beside()(work)
    with pytest.warns(MakiniWarning, match="look here") as told:
        assert result() == 1
    assert [w.filename for w in told] == [__file__]


def test_no_thread_is_left_over():
    begin = beside()
    assert begin(lambda: 1)() == 1
    del begin
    gc.collect()
    deadline = time.monotonic() + 5
    while any(t.name.startswith("makini-beside") for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(t.name.startswith("makini-beside") for t in threading.enumerate())


class Thing:
    def __init__(self):
        self.done = []

    @cached_property
    def slow(self):
        """It takes its time."""
        time.sleep(0.05)
        self.done.append(1)
        return object()

    @cached_property
    def by_way(self):
        return self.slow

    @cached_property
    def fails_at_first(self):
        self.done.append(1)
        if len(self.done) == 1:
            raise ValueError("not yet")
        return "there"


def test_two_threads_share_what_one_of_them_works_out():
    thing, other = Thing(), Thing()
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda name: getattr(thing, name), ["slow", "by_way"] * 4))
    assert len({id(x) for x in got}) == 1
    assert thing.done == [1]
    assert other.slow is not thing.slow
    assert Thing.slow.__doc__ == "It takes its time."


def test_what_failed_is_worked_out_again():
    thing = Thing()
    with pytest.raises(ValueError, match="not yet"):
        _ = thing.fails_at_first
    assert thing.fails_at_first == "there"
