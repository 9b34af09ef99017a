"""Work that is begun beside other work is done once, whoever asks for it, and so is what two threads share."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from makini_analytics.system import beside, cached_property


def test_work_is_done_in_a_thread_of_its_own_and_waited_for():
    may_end = threading.Event()

    def work():
        assert may_end.wait(10)
        return threading.current_thread().name

    result = beside(work)
    may_end.set()  # this thread goes on meanwhile
    assert result().startswith("makini-beside")


def test_where_it_does_not_pay_it_is_done_once_when_asked_for():
    done = []
    result = beside(lambda: done.append(threading.current_thread()) or len(done), pays=False)
    assert done == []
    assert [result(), result()] == [1, 1]
    assert done == [threading.current_thread()]


@pytest.mark.parametrize("pays", [True, False])
def test_an_error_is_raised_where_the_result_is_asked_for(pays):
    def fails():
        raise ValueError("of the thread")

    result = beside(fails, pays=pays)
    with pytest.raises(ValueError, match="of the thread"):
        result()


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
