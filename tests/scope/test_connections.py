"""Each connection by itself: from its own day, over its own span, and no figure of it changes when another one is added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.frames import AsOfDays, as_of_days
from tests.compute.kinds import dirty, same
from tests.tiers import one_in

#: What compares a group with all others of the call.
_OF_ALL = {"due_share", "others_rate", "p_value", "against_others", "against_before"}


def _own(table: pd.DataFrame, *also: str) -> pd.DataFrame:
    return table.drop(columns=[c for c in table if c in _OF_ALL or c in also])


FIGURES = {
    "slippage.by_vendor": lambda x: _own(slippage.by_vendor(x, by="connection"), "on_time_shrunken"),
    "slippage.by_vendor of each": lambda x: _own(slippage.by_vendor(x)),
    "slippage.per_line": slippage.per_line,
    "slippage.by_period": lambda x: _own(slippage.by_period(x, by="connection")),
    "slippage.otif": lambda x: slippage.otif(x, by="connection"),
    "slippage.fill_rate": lambda x: slippage.fill_rate(x, by="connection"),
    "slippage.value_days": lambda x: slippage.value_days(x, by="connection"),
    "slippage.open_orders": slippage.open_orders,
    "slippage.ageing": lambda x: slippage.ageing(x, by="connection"),
    "slippage.backtest": slippage.backtest,
    "slippage.order_book": lambda x: slippage.order_book(x, by="connection"),
    "lead_times.recommend": lambda x: lead_times.recommend(x, by="vendor", min_lines=5),
    "lead_times.recommend, below": lambda x: lead_times.recommend(x, by=["connection", "category"], min_lines=5),
    "lead_times.recommend of each": lambda x: lead_times.recommend(x, by="connection"),
    "lead_times.by_vendor": lambda x: lead_times.by_vendor(x, by="connection"),
    "lead_times.by_vendor of each": lead_times.by_vendor,
    "lead_times.curve": lambda x: lead_times.curve(x, by="connection"),
    "lead_times.by_period": lambda x: lead_times.by_period(x, by="connection"),
    "spend.by_vendor, open": lambda x: spend.by_vendor(x, by=["connection", "currency"], basis="open").drop(
        columns=["share", "cumulative_share", "abc_class"]
    ),
    "spend.order_pattern": lambda x: spend.order_pattern(x, by="connection", small={"EUR": 300}),
    "spend.order_pattern of each": spend.order_pattern,
    "spend.by_period": lambda x: spend.by_period(x, by="connection"),
    "spend.by_period, received": lambda x: spend.by_period(x, by="connection", basis="received", freq="Q"),
}


def _purchases(name: str, seed: int, day: str, since: str | None = None, until: str | None = None) -> ma.Purchases:
    named = pd.array([name] * 300, dtype="string")
    lines = dirty(seed, 300).assign(connection=named, line_id=[f"{name}{i}" for i in range(300)])
    lines = lines[~(lines.order_date < since)] if since else lines
    lines = lines[~(lines.order_date > until)] if until else lines
    orders = pd.DataFrame({"connection": [name], "order_id": ["1"]}).astype("string")
    window = {"since": pd.to_datetime([since]), "until": pd.to_datetime([until])}
    sources = ma.Purchases(orders, lines).sources.reindex([0]).assign(connection=name, **window)
    return ma.Purchases(orders, lines.reset_index(drop=True), sources=sources, as_of=pd.Timestamp(day))


@pytest.fixture(scope="module")
def both() -> tuple[ma.Purchases, ma.Purchases, ma.Purchases]:
    one, other = (
        _purchases("emea", 41, "2025-12-31", since="2025-02-01"),
        _purchases("us", 42, "2025-10-15", until="2025-09-30"),
    )
    return one, other, ma.concat([one, other])


@pytest.mark.parametrize("name", one_in(3, FIGURES))
def test_another_connection_changes_no_figure_of_one(both, name):
    *alone, together = both
    ask = FIGURES[name]
    of_both = ask(together.lines)
    for part in alone:
        want = ask(part.lines)
        connection = part.lines.connection.iloc[0]
        got = of_both[(of_both.connection == connection).to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)
        assert len(want)
        pd.testing.assert_frame_equal(got, want.reset_index(drop=True))


def test_one_day_for_all_is_stated(both):
    one, other, together = both
    assert together.as_of == other.as_of and together.sources.as_of.tolist() == [one.as_of, other.as_of]
    assert as_of_days(together.lines, None).own == {"emea": one.as_of, "us": other.as_of}
    for stated in (
        slippage.per_line(together.lines, as_of="2025-08-31"),
        slippage.per_line(replace(together, as_of=pd.Timestamp("2025-08-31")).lines),
    ):
        want = pd.concat([slippage.per_line(p.lines, as_of="2025-08-31") for p in (one, other)], ignore_index=True)
        pd.testing.assert_frame_equal(stated, want)
        assert stated.attrs["as_of"] == "2025-08-31"
    assert slippage.per_line(together.lines).attrs["as_of"] == "2025-12-31 (emea), 2025-10-15 (us)"
    only = together.lines[together.lines.connection == "us"]
    assert slippage.per_line(only).attrs["as_of"] == "2025-10-15"


def test_the_days_are_kept_on_disk_and_by_an_engine(both, tmp_path):
    *_, together = both
    back = ma.Purchases.load(together.save(tmp_path / "saved"))
    assert back.lines.attrs == together.lines.attrs
    pytest.importorskip("duckdb")
    scanned = ma.scan(tmp_path / "saved", engine="duckdb")
    for ask in (slippage.by_vendor, lead_times.by_vendor, spend.by_vendor):
        same(ask(scanned, by="connection"), ask(together.lines, by="connection"))


def test_without_a_day_each_connection_has_its_latest_change():
    lines = pd.DataFrame(
        {
            "connection": ["a", "a", "b", None],
            "updated_at": pd.to_datetime(["2025-01-01", "2025-03-01", "2025-02-01", "2025-01-15"]),
        }
    )
    day = pd.Timestamp
    got = as_of_days(lines, None)
    assert got == AsOfDays(day("2025-01-15"), {"a": day("2025-03-01"), "b": day("2025-02-01")})
    assert got.of_rows(lines).astype(str).tolist() == ["2025-03-01", "2025-03-01", "2025-02-01", "2025-01-15"]
    assert as_of_days(lines[:2], None) == AsOfDays(day("2025-03-01"))
    assert got.of_groups(lines, np.array([0, 0, 0, 1]), 2).tolist() == [day("2025-02-01"), day("2025-01-15")]


@pytest.mark.parametrize(
    "plot", one_in(3, [slippage.plot_by_period, lead_times.plot_by_period, slippage.plot_order_book])
)
def test_the_axis_goes_up_to_the_day_until_which_all_is_known(both, plot):
    *_, together = both
    lines = together.lines
    lines = lines[lines.currency == lines.currency.mode()[0]]
    lines.attrs = dict(together.lines.attrs)
    ends = [t.get_text() for t in plot(lines, freq="Q").get_xticklabels()]
    assert ends[-1].startswith("Q4")  # of 2025-10-15, though emea is known up to the end of the year
    early = lines[lines.order_date < "2025-03-01"]
    early.attrs = dict(lines.attrs)
    assert len(plot(early, freq="M").get_xticklabels()) >= 9  # months without a line stand there, too


def test_no_book_goes_on_beyond_the_day_of_its_connection(both):
    *_, together = both
    last = slippage.order_book(together.lines, by="connection", freq="W").groupby("connection").period.max()
    assert last.astype(str).str[:10].to_dict() == {"emea": "2025-12-29", "us": "2025-10-13"}
