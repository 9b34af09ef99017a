"""The progress bar: shown where someone is looking or where it is wanted, with what is at hand and which connection waits."""

from __future__ import annotations

from types import SimpleNamespace

from makini_analytics.system import Display, steps


def test_nobody_looking_and_nothing_wanted_shows_nothing(capsys):
    for wanted in (None, False):
        with steps("report", 2, wanted) as begin, Display("orders", wanted):
            begin("spend")
    assert capsys.readouterr().err == ""


def test_steps_are_named_as_they_begin(capsys):
    with steps("report", 2, True) as begin:
        begin("lead_times")
        begin("writing")
    shown = capsys.readouterr().err
    assert "report: lead times" in shown
    assert "report: writing" in shown
    assert "1/2" in shown


def test_one_bar_counts_the_pages_of_all_lists_and_says_who_waits(capsys):
    one, other = (SimpleNamespace(connection=n, on_wait=lambda text: None) for n in ("emea", "us"))
    with Display("2 connections", True) as display, display.follow(one) as first, display.follow(other) as second:
        first(1, 4)
        second(2, 6)
        other.on_wait("rate limit, 3 s")
        assert display._bar.n == 3
        assert display._bar.total == 10
        assert "us: rate limit, 3 s" in display._bar.postfix
    assert capsys.readouterr().err != ""
