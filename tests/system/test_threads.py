"""Work that is begun beside other work is done once, whoever asks for it, and so is what two threads share."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from makini_analytics.errors import MakiniWarning
from makini_analytics.system import beside, cached_property, warn


def test_what_has_begun_is_waited_for_and_what_has_not_is_done_by_whoever_asks():
    may_end, started = threading.Event(), threading.Barrier(3)
    done: list[tuple[str, str]] = []

    def work(name):
        if name != "third":
            started.wait(10)
            may_end.wait(10)
        done.append((name, threading.current_thread().name))
        return name

    with beside() as begin:
        first, second, third = (begin(lambda n=n: work(n)) for n in ("first", "second", "third"))
        started.wait(10)
        assert third() == "third"  # both threads are busy with the others
        assert done == [("third", threading.current_thread().name)]
        may_end.set()
        assert [first(), first(), second(), third()] == ["first", "first", "second", "third"]
    assert sorted(name for name, _ in done) == ["first", "second", "third"]
    assert all(thread.startswith("makini-beside") for _, thread in done[1:])


def test_where_it_does_not_pay_it_is_done_once_when_asked_for():
    done = []
    with beside(pays=False) as begin:
        result = begin(lambda: done.append(threading.current_thread()) or len(done))
        assert done == []
        assert [result(), result()] == [1, 1]
    assert done == [threading.current_thread()]


@pytest.mark.parametrize("pays", [True, False])
def test_an_error_is_raised_where_the_result_is_asked_for(pays):
    def fails():
        raise ValueError("of the thread")

    with beside(pays=pays) as begin, pytest.raises(ValueError, match="of the thread"):
        begin(fails)()


def test_a_warning_of_the_thread_points_at_whoever_asks():
    def work():
        warn("look here")
        raise ValueError("and there")

    with beside() as begin:
        result = begin(work)
        with pytest.warns(MakiniWarning, match="look here") as told, pytest.raises(ValueError, match="and there"):
            result()
    assert [w.filename for w in told] == [__file__]


def test_no_thread_is_left_over_after_an_error():
    waiting, never = threading.Event(), []
    with pytest.raises(ValueError, match="in a section") as kept, beside() as begin:
        begin(lambda: waiting.wait(10))
        begin(lambda: waiting.wait(10))
        begin(lambda: never.append(1))
        raise ValueError("in a section")
    waiting.set()
    deadline = time.monotonic() + 5
    while any(t.name.startswith("makini-beside") for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(t.name.startswith("makini-beside") for t in threading.enumerate()), kept
    assert never == []


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
