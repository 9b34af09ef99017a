"""Figures share their rules inside a block, and only there: what one of them leaves out, or a later write, must not reach another."""

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.compute import _pandas_engine, _recorded, _reuse, part, reuse
from tests.tiers import one_in

FIGURES = {
    "otif": lambda lines: slippage.otif(lines),
    "on time": lambda lines: slippage.by_vendor(lines),
    "on time, under-delivery allowed": lambda lines: slippage.by_vendor(lines, under_share=0.1),
    "working days": lambda lines: slippage.by_vendor(lines, calendar="DE"),
    "months": lambda lines: slippage.by_period(lines),
    "spend": lambda lines: spend.by_vendor(lines),
    "spend in euros": lambda lines: spend.by_vendor(lines, currency="EUR"),
    "open": lambda lines: spend.by_vendor(lines, basis="open"),
    "terms": lambda lines: spend.payment_terms(lines),
    "lead times": lambda lines: lead_times.by_vendor(lines),
    "first receipts": lambda lines: lead_times.by_vendor(lines, end="first_receipt"),
    "another day": lambda lines: lead_times.by_vendor(lines, as_of="2025-06-30"),
}


@pytest.fixture(scope="module")
def lines():
    return ma.load_sample(["emea"]).lines


@pytest.mark.full
def test_figures_that_share_are_those_that_do_not(lines):
    alone = {name: figure(lines) for name, figure in FIGURES.items()}
    with reuse():
        for _ in range(2):  # the second time everything is known
            for name, figure in FIGURES.items():
                got = figure(lines)
                pd.testing.assert_frame_equal(got, alone[name])
                assert got.attrs == alone[name].attrs, name


@pytest.mark.parametrize("every", one_in(2, [2, 3, 700]))
def test_figures_of_a_part_are_those_that_it_has_alone(lines, every):
    # deliveries of a third of the lines have no day, so that what is judged of the part is not what is judged of the whole
    whole = lines.assign(delivered_date=lines["delivered_date"].mask(np.arange(len(lines)) % 3 == 0))
    rows = np.flatnonzero(np.arange(len(whole)) % every == 0)
    picked = whole.take(rows).assign(half=["a", "b"][every % 2])
    alone = {name: figure(picked) for name, figure in FIGURES.items()}
    with reuse():
        narrowed, further = whole.take(rows), picked.iloc[:-1]
        part(whole, rows, narrowed)
        part(narrowed, None, picked)
        part(picked, np.arange(len(picked) - 1), further)
        for name, figure in FIGURES.items():
            got = figure(picked)
            pd.testing.assert_frame_equal(got, alone[name])
            assert got.attrs == alone[name].attrs, name
            pd.testing.assert_frame_equal(figure(further), figure(picked.iloc[:-1]))
        by_half = slippage.by_vendor(picked, by="half")  # a column that the whole has not
        assert set(by_half["half"]) == {["a", "b"][every % 2]}
        assert by_half["n_due"].sum() == alone["on time"]["n_due"].sum()


def test_parts_in_a_row_are_no_copies_and_give_what_copies_give(lines):
    n = len(lines)
    before, after = lines.iloc[: n // 3].copy(), lines.iloc[n // 3 : n - 9].copy()
    alone = {name: figure(after) for name, figure in FIGURES.items()}
    bridged = spend.bridge(before, after, mixed_units="apart", currency="EUR")
    with reuse():
        sides = []
        for rows in (slice(0, n // 3), slice(n // 3, n - 9)):
            sides.append(lines.iloc[rows])
            part(lines, rows, sides[-1])
        for name, figure in FIGURES.items():
            got = figure(sides[1])
            pd.testing.assert_frame_equal(got, alone[name])
            assert got.attrs == alone[name].attrs, name
        both = _reuse.lie_in_a_row(*sides)
        assert np.shares_memory(both["amount"].to_numpy(), lines["amount"].to_numpy())
        assert _reuse.lie_in_a_row(*reversed(sides)) is None  # the second one does not lie behind the first
        got = spend.bridge(*sides, mixed_units="apart", currency="EUR")
        pd.testing.assert_frame_equal(got, bridged)
        assert got.attrs == bridged.attrs
    assert _reuse.lie_in_a_row(*sides) is None  # outside nothing is known


@pytest.mark.parametrize("share", one_in(3, [0.5, 0.1, 0.9]))
def test_what_is_not_recorded_is_left_out_as_if_the_rule_had_been_told_at_once(lines, share, monkeypatch):
    rng = np.random.default_rng(int(share * 10))
    hidden = rng.random(len(lines)) < share
    odd = lines.assign(
        connection=np.where(rng.random(len(lines)) < 0.5, "a", "b"),
        delivered_date=lines["delivered_date"].mask(hidden),
        required_date=lines["required_date"].mask(rng.random(len(lines)) < 0.2),
        order_date=lines["order_date"].mask(rng.random(len(lines)) < 0.2),
    )
    odd.attrs = dict(lines.attrs)
    got = {name: figure(odd) for name, figure in FIGURES.items()}
    assert any("not recorded" in str(found.attrs["excluded"]) for found in got.values())
    monkeypatch.setattr(
        _recorded, "PandasLines", type("OtherLines", (), {})
    )  # as of an engine, which is asked a second time
    for name, figure in FIGURES.items():
        found = figure(odd)
        pd.testing.assert_frame_equal(found, got[name])
        assert found.attrs == got[name].attrs, name


def test_what_is_known_of_a_part_goes_with_it(lines):
    with reuse():
        for _ in range(3):
            whole = lines.copy()
            some = whole.take(np.arange(9))
            part(whole, np.arange(9), some)
            spend.by_vendor(some)
        del whole, some
        gc.collect()
        assert not _reuse._KNOWN.get()
    part(lines, None, lines.copy())  # outside nothing is kept
    assert _reuse._KNOWN.get() is None


def test_a_rule_is_applied_once_inside_and_each_time_outside(lines, monkeypatch):
    looks, _ = [], spend.by_vendor.figure.gives  # which is asked of no line at all, once
    tallied = _pandas_engine.PandasLines._tallied
    monkeypatch.setattr(_pandas_engine.PandasLines, "_tallied", lambda *a: looks.append(1) or tallied(*a))
    spend.by_vendor(lines)
    spend.by_vendor(lines, by="category")
    assert len(looks) == 2
    with reuse():
        spend.by_vendor(lines)
        with reuse():  # of a figure that asks others itself
            spend.by_vendor(lines, by="category")
        spend.by_vendor(lines, by="site_id")
    assert len(looks) == 3


def test_what_is_written_after_the_block_is_seen(lines):
    own = lines.copy()
    with reuse():
        before = spend.by_vendor(own, by=None)
    own["amount"] = own["amount"] * 2
    with reuse():
        after = spend.by_vendor(own, by=None)
    assert (after["spend"].to_numpy() == 2 * before["spend"].to_numpy()).all()


def test_what_is_known_of_a_frame_goes_with_it(lines):
    with reuse():
        for _ in range(5):
            spend.by_vendor(lines.copy())
        gc.collect()
        assert not _reuse._KNOWN.get()


def test_two_threads_that_ask_at_once_get_one_answer(lines):
    asked = []

    def answer():
        time.sleep(0.05)
        asked.append(1)
        return object()

    with reuse(), ThreadPoolExecutor(4) as pool:
        contexts = [copy_context() for _ in range(8)]
        got = list(pool.map(lambda c: c.run(_reuse.once, lines, "what", answer), contexts))
        assert _reuse.once(lines, "what else", answer) is not got[0]
    assert len({id(x) for x in got}) == 1
    assert len(asked) == 2


def test_an_answer_that_failed_is_asked_for_again(lines):
    with reuse():
        with pytest.raises(ZeroDivisionError):
            _reuse.once(lines, "what", lambda: 1 / 0)
        assert _reuse.once(lines, "what", lambda: 2) == 2
