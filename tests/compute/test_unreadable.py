"""Values that were given and could not be read: never taken as absent, left out by that reason, the same in every engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import explain, lead_times, slippage, spend
from makini_analytics.compute import PandasColumns, RuleResult
from tests.compute.kinds import AS_OF, KINDS, asked_of, dirty, same
from tests.tiers import one_in

NAMES = ("order_date", "delivered_date", "required_date", "promised_date", "quantity", "received_quantity", "amount",
         "deleted_at", "cancelled_date", "custom.quantity", "approved_date", "currency")  # fmt: skip


def told(seed: int, n: int = 400, texts: str = "string") -> pd.DataFrame:
    """Dirty lines of which some values could not be read: those are missing, and named."""
    rng = np.random.default_rng(seed + 1000)
    lines = dirty(seed, n, texts=texts)
    hit = rng.random((n, len(NAMES))) < 0.06
    for j, name in enumerate(NAMES):
        if name in lines:
            lines.loc[hit[:, j], name] = None
    names = [", ".join(name for name, h in zip(NAMES, row, strict=True) if h) or None for row in hit]
    return lines.assign(unreadable=pd.array(names, dtype="string").astype(texts))


def names_of(line) -> list[str]:
    return [] if pd.isna(line.unreadable) else line.unreadable.split(", ")


def standing(line, as_of=AS_OF) -> tuple[str, str]:
    """Return how a line stands on the day, and why it is not to be judged."""
    names, state, day = names_of(line), str(line.state), pd.Timestamp(as_of)
    if line.order_date > day:
        return "excluded", "ordered after as-of"
    deleted = pd.NaT if pd.isna(line.deleted_at) else line.deleted_at.tz_localize(None)
    if deleted <= day or "deleted_at" in names:
        return "cancelled", "deleted"
    if state == "cancelled" and not (deleted if pd.isna(line.cancelled_date) else line.cancelled_date) > day:
        return "cancelled", "cancelled"
    if state == "draft":
        return "excluded", "draft"
    if line.quantity < 0:
        return "excluded", "return"
    short, enough = line.received_quantity < line.quantity, line.received_quantity >= line.quantity
    came = line.delivered_date <= day and not short
    closed = not came and state in ("received", "closed_short") and not line.delivered_date > day
    if closed and (short or (state == "closed_short" and not enough)):
        return "excluded", "closed short"
    for column, words in (
        ("delivered_date", "delivery date"),
        ("quantity", "quantity"),
        ("received_quantity", "received quantity"),
    ):
        if column in names:
            return "excluded", f"{words} unreadable"
    if closed:
        return "excluded", "received, delivery date unknown"
    begun = line.first_receipt_date > day
    if not came and pd.isna(line.delivered_date) and enough and line.received_quantity > 0 and not begun:
        return "excluded", "all received, to be closed"
    return "delivered" if came else "open", ""


@pytest.mark.parametrize("seed", range(3))
def test_lead_times_of_single_lines_against_plain_loops(seed):
    lines, day = told(seed), pd.Timestamp(AS_OF)
    got = lead_times.per_line(lines, as_of=AS_OF)
    for line, new in zip(lines.itertuples(), got.itertuples(), strict=True):
        names, (outcome, why) = names_of(line), standing(line)
        if outcome != "excluded":
            why = ""
            arrived = line.delivered_date <= day
            for reason, fits in (
                ("cancellation date unreadable", outcome == "cancelled" and arrived and "cancelled_date" in names),
                ("deletion date unreadable", outcome == "cancelled" and arrived and "deleted_at" in names),
                ("order date unreadable", "order_date" in names),
                ("no order date", pd.isna(line.order_date)),
                ("delivered before ordered", outcome == "delivered" and line.delivered_date < line.order_date),
            ):
                if fits:
                    outcome, why = "excluded", reason
                    break
        assert (new.outcome, "" if pd.isna(new.reason) else new.reason) == (outcome, why)
        undated = outcome == "cancelled" and bool(
            (pd.isna(line.cancelled_date) and pd.isna(line.deleted_at)) or {"cancelled_date", "deleted_at"} & set(names)
        )
        assert pd.isna(new.age_days) == (undated or outcome in ("delivered", "excluded"))


@pytest.mark.parametrize("due", ["required", "promised"])
def test_slippage_of_single_lines_against_plain_loops(due):
    lines = told(7)
    got = slippage.per_line(lines, as_of=AS_OF, due=due)
    for line, new in zip(lines.itertuples(), got.itertuples(), strict=True):
        _, why = standing(line)
        if not why and f"{due}_date" in names_of(line):
            why = "due date unreadable"
        elif not why and pd.isna(getattr(line, f"{due}_date")):
            why = "no due date"
        assert ("" if pd.isna(new.reason) else new.reason) == why
        assert (new.outcome == "excluded") == bool(why)


@pytest.mark.parametrize("basis", ["ordered", "received", "open"])
def test_spend_against_plain_loops(basis):
    lines = told(8)
    got = spend.by_vendor(lines, by=["currency"], basis=basis)
    want: dict[str, int] = {}
    for line in lines.itertuples():
        names, q, r = names_of(line), line.quantity, line.received_quantity
        share = np.nan if pd.isna(q) or pd.isna(r) or q == 0 else r / q
        # without a day to look from, all that the lines tell has happened
        outcome, why = standing(line, "9999-12-31")
        closed = outcome == "delivered" or why in ("closed short", "received, delivery date unknown")
        for reason, fits in (
            ("deleted", pd.notna(line.deleted_at) or "deleted_at" in names),
            ("cancelled", str(line.state) == "cancelled"),
            ("draft", str(line.state) == "draft"),
            ("amount unreadable", "amount" in names),
            ("no amount", not np.isfinite(line.amount)),
            ("closed", basis == "open" and closed),
            ("return", basis == "open" and q < 0),
            (why, basis == "open" and "unreadable" in why),
            ("quantity unreadable", basis == "received" and "quantity" in names),
            ("received quantity unreadable", basis == "received" and "received_quantity" in names),
            ("no quantity or received quantity", basis == "received" and not np.isfinite(share)),
            ("included", True),
        ):
            if fits:
                want[reason] = want.get(reason, 0) + 1
                break
    entries = [got.attrs["included"], *got.attrs["excluded"]]
    assert {e["reason"]: e["n_lines"] for e in entries} == want
    assert sum(want.values()) == len(lines)


def test_other_figures_tell_the_same_reasons():
    lines = told(9).assign(category="x")
    for ask in (slippage.by_vendor, slippage.by_period, slippage.otif, slippage.value_days):
        reasons = {e["reason"]: e["n_lines"] for e in ask(lines, as_of=AS_OF).attrs["excluded"]}
        per_line = slippage.per_line(lines, as_of=AS_OF).reason.value_counts()
        for what in (
            "delivery date unreadable",
            "quantity unreadable",
            "received quantity unreadable",
            "due date unreadable",
        ):
            assert reasons[what] == per_line[what]
    reasons = {e["reason"] for e in slippage.ladder(lines, as_of=AS_OF).attrs["excluded"]}
    assert {"delivery date unreadable", "due date unreadable", "promised date unreadable"} <= reasons
    still_open = slippage.open_orders(lines, as_of=AS_OF)
    book = [still_open.attrs["included"], *still_open.attrs["excluded"]]
    assert sum(e["n_lines"] for e in book) == len(lines)
    assert "delivery date unreadable" in {e["reason"] for e in book}
    # such a line is open, whenever it is due: the commitment is that of `spend.by_vendor(basis="open")`
    assert (
        len(still_open)
        == spend.by_vendor(lines, by=None, basis="open", as_of=AS_OF).n_lines.sum() + still_open.open_value.isna().sum()
    )
    assert "order date unreadable" in {e["reason"] for e in spend.by_period(lines, as_of=AS_OF).attrs["excluded"]}
    for ask in (spend.price_changes, spend.price_history):
        assert {"amount unreadable", "quantity unreadable", "order date unreadable"} <= {
            e["reason"] for e in ask(lines).attrs["excluded"]
        }
    assert "amount unreadable" in {e["reason"] for e in slippage.value_days(lines, as_of=AS_OF).attrs["excluded"]}
    assert "approval date unreadable: " in explain(lead_times.by_vendor(lines, as_of=AS_OF, start="approval"))


@pytest.mark.parametrize("kind", one_in(2, KINDS))
@pytest.mark.parametrize("texts", ["string", pytest.param("category", marks=pytest.mark.full)])
def test_every_engine_says_the_same(kind, texts):
    lines = told(2, 250, texts)
    frame = KINDS[kind](lines)
    for call in asked_of(kind).values():
        same(call(frame), call(lines))


@pytest.mark.parametrize("kind", ["pandas", *KINDS])
def test_whole_names_are_matched(kind):
    names = [
        "quantity",
        "received_quantity",
        "a, quantity",
        "quantity, b",
        "a, quantity, b",
        "quantity_b",
        None,
        "Quantity",
    ]
    lines = pd.DataFrame({"unreadable": pd.array(names, dtype="string"), "n": range(len(names))})
    if kind == "pandas":
        found = PandasColumns(lines).unreadable("quantity").tolist()
    else:
        from makini_analytics.compute._sql_engine import SqlLines

        got = SqlLines.of(KINDS[kind](lines), metric="").tally(
            lambda c: RuleResult([(c.unreadable("quantity"), "hit")], {"n": c.number("n")})
        )
        kept = set(got.kept(got.marks["n"]).tolist())
        found = [i not in kept for i in range(len(names))]
    assert found == [True, False, True, True, True, False, False, False]


@pytest.mark.parametrize("kind", one_in(4, ["pandas", *KINDS]))
def test_a_column_that_tells_of_nothing_changes_nothing(kind):
    lines = dirty(3)
    silent = lines.assign(unreadable=pd.array([None] * len(lines), dtype="string"))
    frame = silent if kind == "pandas" else KINDS[kind](silent)
    for call in asked_of(kind).values():
        same(call(frame), call(lines))
