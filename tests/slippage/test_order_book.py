"""The order book: its identity, the same as a loop over days, as the open figure, and as what was known at the time."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage, spend, style
from tests.slippage.order_book_world import Looks, by_loop, extract, world

MONEY = ["opening", "ordered", "delivered", "cancelled", "closing", "overdue"]


def adds_up(book: pd.DataFrame) -> None:
    for n in ("", "n_"):
        left = book[f"{n}opening"] + book[f"{n}ordered"] - book[f"{n}delivered"] - book[f"{n}cancelled"]
        assert (left - book[f"{n}closing"]).abs().max() < 0.005
    follows = book.groupby("currency", dropna=False)["closing"].shift().dropna()
    assert (follows - book.loc[follows.index, "opening"]).abs().max() < 0.005


def is_the_loop(book: pd.DataFrame, lines, start: date, end: date) -> None:
    for currency, rows in book.groupby("currency"):
        want = by_loop(lines, start, end, currency)
        months = list(want)[-len(rows) :]  # a book begins with its first order
        assert [(p.year, p.month) for p in rows["period"]] == months
        for month, (_, row) in zip(months, rows.iterrows(), strict=True):
            for name, value in want[month].items():
                assert row[name] == pytest.approx(value, abs=0.005), (currency, month, name)


@pytest.mark.parametrize("seed", range(2))
def test_the_book_is_that_of_a_loop_over_days(seed):
    lines, start, end = world(seed)
    book = slippage.order_book(extract(lines, end))
    adds_up(book)
    is_the_loop(book, lines, start, end)


@pytest.mark.full
def test_the_book_is_that_of_a_loop_over_days_in_many_worlds():
    for seed in range(10, 60):
        lines, start, end = world(seed)
        book = slippage.order_book(extract(lines, end))
        adds_up(book)
        is_the_loop(book, lines, start, end)


def test_closing_is_the_open_value_of_that_day_on_the_sample():
    lines = ma.load_sample(["emea", "us"]).lines
    book = slippage.order_book(lines, freq="Q")
    adds_up(book)
    for period, rows in list(book.groupby("period"))[::3]:
        day = min(period.end_time.normalize(), pd.Timestamp("2025-12-31"))
        want = spend.by_vendor(lines, by=None, basis="open", as_of=day).set_index("currency")["spend"]
        for row in rows.itertuples():
            assert row.closing == pytest.approx(want.get(row.currency, 0.0), abs=0.005)
    last = book[book["period"] == book["period"].max()].set_index("currency")
    overdue = slippage.open_orders(lines).query("days_overdue > 0").groupby("currency")["open_value"].sum()
    for unit, value in last["overdue"].items():
        assert value == pytest.approx(overdue.get(unit, 0.0), abs=0.005)
    counted = book.attrs["included"]["n_lines"] + sum(e["n_lines"] for e in book.attrs["excluded"])
    assert counted == len(lines)


def hand() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": list("abcdef"), "line_id": "1", "currency": "EUR", "amount": [100.0, 50.0, 40.0, 30.0, 20.0, 10.0],
            "state": ["open", "received", "cancelled", "received", "cancelled", "open"], "quantity": 10.0,
            "order_date": pd.to_datetime(["2025-01-10", "2025-01-15", "2025-02-01", "2025-02-05", "2025-01-20", None]),
            "required_date": pd.to_datetime(["2025-02-10"] * 6),
            "delivered_date": pd.to_datetime([None, "2025-02-20", None, None, None, None]),
            "cancelled_date": pd.to_datetime([None, None, "2025-03-05", None, None, None]),
            "received_quantity": [4.0, 10.0, 0.0, 10.0, 0.0, 0.0],
        }
    )  # fmt: skip


def test_by_hand_and_what_can_t_be_known_is_counted():
    book = slippage.order_book(hand(), as_of="2025-03-10")
    assert book[MONEY].to_numpy().tolist() == [
        # what has come of the first line came on an unknown day: it never was in the book
        [0.0, 150.0, 40.0, 0.0, 110.0, 0.0],
        [110.0, 40.0, 50.0, 0.0, 100.0, 100.0],
        [100.0, 0.0, 0.0, 40.0, 60.0, 60.0],
    ]
    assert book["n_closing"].tolist() == [2, 2, 1]
    assert book["complete"].tolist() == [True, True, False]
    left_out = {e["reason"]: e["n_lines"] for e in book.attrs["excluded"]}
    assert left_out == {"no order date": 1, "left the book on an unknown day": 2}
    assert "Of 1 line a part has come on a day that is not known" in ma.explain(book)


def test_a_history_shows_what_was_known_then_and_what_is_known_today():
    lines, start, end = world(7)
    raised, gone, late = lines[0], lines[1], lines[2]
    for line in (raised, gone, late):
        line.fate, line.end, line.part = "open", None, 0
        line.ordered, line.due, line.currency = start + timedelta(5), start + timedelta(200), "EUR"
    late.seen_from = start + timedelta(70)
    raised.raised_on, raised.raised = start + timedelta(80), raised.amount + 1000
    looks = Looks(lines, [start + timedelta(d) for d in range(0, 151, 5)])
    looks.days += [pd.Timestamp(end)]
    plain_at = looks.at

    def at(day):
        frame = plain_at(day)
        seen = frame.attrs["as_of"]
        if day >= pd.Timestamp(start + timedelta(100)):
            frame = frame[frame["line_id"] != "1"]
            frame.attrs["as_of"] = seen
        return frame

    looks.at = at
    book = slippage.order_book(looks)
    adds_up(book)
    eur = book[book["currency"] == "EUR"].set_index("period")
    for period, row in eur.iterrows():
        day = min(period.end_time.normalize(), pd.Timestamp(end))
        then = spend.by_vendor(at(day), by=None, basis="open").set_index("currency")["spend"]
        assert row["closing"] == pytest.approx(then["EUR"], abs=0.005)
    for period, row in eur.iterrows():
        # the last look in the period, five days apart
        seen = max(d for d in looks.days if d <= period.end_time)
        today = slippage.order_book(at(pd.Timestamp(end)), as_of=seen).query("currency == 'EUR'").iloc[-1]
        assert row["closing_today"] == pytest.approx(today["closing"], abs=0.005)
        assert row["overdue_today"] == pytest.approx(today["overdue"], abs=0.005)
    # the line that came late and the higher amount are in today's January, and not in that of then; the one that is gone the other way
    january = eur.loc["2025-01"]
    assert january["closing_today"] - january["closing"] == pytest.approx(late.amount + 1000 - gone.amount, abs=0.005)
    assert eur["revised"].to_dict() == {
        p: pytest.approx(1000.0 if p == pd.Period("2025-03", "M") else 0.0, abs=0.005) for p in eur.index
    }
    assert eur["complete"].all()  # the first look is of the first day, the last of the last


def test_looks_without_a_change_keep_the_book():
    lines, start, _ = world(8)
    looks = Looks(lines, [start + timedelta(45)])
    book = slippage.order_book(looks)
    assert (book["opening"] == book["closing"]).all()
    with pytest.raises(ma.ConfigError, match="knows no day up to 2024-12-31"):
        slippage.order_book(looks, as_of="2024-12-31")


def test_groups_empty_frames_and_options():
    lines = ma.load_sample("emea").lines
    parts = slippage.order_book(lines, by="category", freq="Y")
    whole = slippage.order_book(lines, freq="Y")
    for name in ("ordered", "closing", "overdue"):
        one = parts.groupby(["currency", "period"])[name].sum()
        other = whole.set_index(["currency", "period"])[name]
        pd.testing.assert_series_equal(one, other.sort_index(), check_names=False, rtol=1e-9)
    empty = slippage.order_book(lines.iloc[:0])
    assert empty.empty
    assert list(empty.columns) == list(whole.columns)
    with pytest.raises(ma.SchemaError, match="order_date"):
        slippage.order_book(lines.drop(columns="order_date"))
    with pytest.raises(ma.ConfigError, match="freq='D'"):
        slippage.order_book(lines, freq="D")


def test_the_chart_says_how_much_is_overdue():
    lines = ma.load_sample("emea").lines
    eur = slippage.order_book(lines).query("currency == 'EUR'")
    ax = slippage.plot_order_book(eur)
    heights = [p.get_height() for p in ax.patches]
    assert heights == pytest.approx([*eur["closing"], *eur["overdue"]])
    assert "8 % of it overdue" in style.alt_text(ax)
    with pytest.raises(ma.MixedCurrencyError):
        slippage.plot_order_book(lines)


def test_a_draft_that_was_deleted_was_never_ordered():
    lines = pd.DataFrame(
        {"order_id": ["1"], "line_id": ["1"], "vendor_id": "v", "order_date": pd.Timestamp("2025-01-10"), "required_date": pd.Timestamp("2025-02-01"),
         "delivered_date": pd.to_datetime([None]), "state": "draft", "amount": 100.0, "currency": "EUR", "deleted_at": pd.to_datetime(["2025-04-05T00:00Z"])}
    )  # fmt: skip
    book = slippage.order_book(lines, as_of="2025-06-30")
    assert book.empty
    assert book.attrs["excluded"] == [{"reason": "draft", "n_lines": 1, "value": {"EUR": 100.0}}]
