"""What was promised first and what became of it, against loops over the snapshots; and the versions that it is made of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import charts, slippage, style
from tests.history.replay import day, lived, random_days


def history_of(folder, shown, snapshots):
    history = ma.History(folder)
    for n in snapshots:
        history.add(shown[n], seen_at=day(n))
    return history


def by_loops(shown, snapshots):
    """Return of each line of the last snapshot its due dates as they were seen, each with its snapshot and the one before."""
    out = {}
    last = shown[snapshots[-1]].lines
    for order, line in zip(last.order_id, last.line_id, strict=True):
        dates = []
        for i, n in enumerate(snapshots):
            rows = shown[n].lines
            row = rows[(rows.order_id == order) & (rows.line_id == line)]
            due = row.required_date.iloc[0] if len(row) else pd.NaT
            if not pd.isna(due) and (not dates or dates[-1][0] != due):
                dates.append((due, n, snapshots[i - 1] if i else None))
        out[order, line] = dates
    return out


def check(shown, snapshots, folder):
    history = history_of(folder, shown, snapshots)
    got = slippage.promise_history(history).set_index(["order_id", "line_id"])
    last = shown[snapshots[-1]].lines.set_index(["order_id", "line_id"])
    wanted = by_loops(shown, snapshots)
    assert set(got.index) == set(wanted) and got.index.is_unique
    n_moved = 0
    for key, dates in wanted.items():
        row, line = got.loc[key], last.loc[key]
        assert row.n_moves == len(dates) - 1
        n_moved += len(dates) > 1
        if not dates:
            assert pd.isna(row.first_due_date) and pd.isna(row.known_since)
            continue
        assert row.first_due_date == dates[0][0]
        assert row.known_since == day(dates[0][1]).tz_localize("UTC")
        assert row.drift_days == (line.required_date - dates[0][0]).days
        moves = [(a[0], b[2], b[1]) for a, b in pairwise(dates)]  # old date, and the interval
        surely = any(day(after) > old for old, after, _ in moves)
        perhaps = any(day(by) > old for old, _, by in moves)
        assert (row.moved_after_due is pd.NA) if perhaps and not surely else row.moved_after_due == surely
        if moves:
            assert row.moved_not_before == day(moves[-1][1]).tz_localize("UTC")
            assert row.moved_by == day(moves[-1][2]).tz_localize("UTC")
    return history, got, n_moved


@pytest.mark.full
def test_moves_against_loops(tmp_path):
    days = random_days(8, 8, 6)
    for edits in days:  # dates that move, more than anything else
        edits += [("postpone", which * 7, value + 3) for _, which, value in edits[:3]]
    shown = lived("a", 6, days)
    history, got, n_moved = check(shown, [0, 2, 3, 7], tmp_path / "history")
    assert n_moved >= 3
    book = slippage.promise_history(history).attrs
    versions = history.versions()
    ever = versions[["order_id", "line_id"]].drop_duplicates()
    assert book["included"]["n_lines"] + sum(e["n_lines"] for e in book["excluded"]) == len(ever)
    # the two judgements are those of per_line
    lines = history.at().lines
    by_first = lines.assign(
        required_date=got.first_due_date.reindex(pd.MultiIndex.from_frame(lines[["order_id", "line_id"]])).array
    )
    assert (slippage.per_line(by_first).outcome.array == got.outcome_first.array).all()
    assert (slippage.per_line(lines).outcome.array == got.outcome.array).all()


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5))
def test_moves_against_loops_of_many_logs(seed, tmp_path):
    snapshots = sorted(np.random.default_rng(seed).choice(30, 12, replace=False).tolist())
    check(lived("a", 40, random_days(seed, 30, 12)), snapshots, tmp_path / "history")


@pytest.fixture(scope="module")
def four_snapshots(tmp_path_factory):
    """Five rows by hand: kept, postponed before its date, postponed after it, postponed while it passed, gone."""
    table = pd.DataFrame(
        {"order_number": list("12345"), "required_date": "2025-03-10", "amount": 10.0, "vendor_name": "Acme"}
    )
    history = ma.History(tmp_path_factory.mktemp("snapshots") / "history")
    for as_of, changes in {
        "2025-03-01": {},
        "2025-03-08": {1: "2025-03-20"},
        "2025-03-15": {1: "2025-03-20", 3: "2025-03-25"},
        "2025-03-30": {1: "2025-03-20", 2: "2025-04-05", 3: "2025-03-25"},
    }.items():
        now = table.assign(
            required_date=[changes.get(i, d) for i, d in enumerate(table.required_date)], delivered_date=None
        )
        if as_of == "2025-03-30":
            now["delivered_date"] = ["2025-03-09", "2025-03-20", None, "2025-03-24", None]
            now = now.iloc[:4]
        history.add(ma.Purchases.from_table(now, currency="EUR", as_of=as_of))
    return history


@pytest.mark.full
def test_five_lines_by_hand(four_snapshots):
    got = slippage.promise_history(four_snapshots)
    assert got.n_moves.tolist() == [0, 1, 1, 1]
    assert got.moved_after_due.tolist() == [False, False, True, pd.NA]
    assert got.drift_days.tolist() == [0, 10, 26, 15]
    assert got.days_late_first.fillna(-99).tolist() == [-1, 10, -99, 14]
    assert got.days_late.fillna(-99).tolist() == [-1, 0, -99, -1]
    assert got.outcome_first.tolist() == ["early", "late", "overdue_open", "late"]
    assert got.outcome.tolist() == ["early", "on_time", "not_due", "early"]
    [gone] = got.attrs["excluded"]
    assert (gone["n_lines"], gone["value"]) == (1, {"EUR": 10.0})
    assert "since 2025-03-01 (table)" in got.attrs["notes"][0]
    assert got.attrs["notes"][1] == (
        "3 of 4 due dates moved, 1 after the old date had passed; of 1 more it is not known, since it passed between two snapshots."
    )
    ax = slippage.plot_promise_history(four_snapshots)
    assert charts.captions_of(ax).title == (
        "3 of 4 due dates moved: 1 of 4 due lines were on time by the first known dates, 3 of 3 by today's"
    )


@pytest.mark.full
def test_it_is_known_as_of_a_day(four_snapshots):
    got = slippage.promise_history(four_snapshots, as_of="2025-03-16")
    assert got.set_index("order_number").n_moves.to_dict() == {"1": 0, "2": 1, "3": 0, "4": 1, "5": 0}
    assert got.attrs["as_of"] == "2025-03-16"


def test_versions_tell_the_interval_of_each_change(four_snapshots):
    got = four_snapshots.versions(["required_date"])
    third = got[got.order_id == "3"]
    assert third.not_before.dt.day.fillna(0).tolist() == [0, 15]
    assert third.seen_at.dt.day.tolist() == [1, 30]
    assert third.ended_at.dt.day.fillna(0).tolist() == [30, 0]
    with pytest.raises(ma.OptionError, match="no column 'colour'"):
        four_snapshots.versions(["colour"])
    with pytest.raises(ma.SchemaError, match="takes a History, not DataFrame"):
        slippage.promise_history(got)


def test_vendors_of_one_name_and_without_one_stay_apart():
    result = pd.DataFrame(
        {
            "connection": ["a", "b", "a", "b"], "vendor_id": ["1", "1", "2", "3"], "vendor_name": ["Acme", "Acme", None, None],
            "first_due_date": pd.Timestamp("2025-03-01"), "n_moves": 0, "outcome_first": ["late", "on_time", "late", "late"], "outcome": "on_time",
        }
    )  # fmt: skip
    said = style.alt_text(slippage.plot_promise_history(result))
    assert said.endswith("Acme (a): 0 % to 100 %; Acme (b): 100 % to 100 %; 2: 0 % to 100 %; 3: 0 % to 100 %")
