"""The call of each finding, run on the lines as the docstring defines them, gives the number of its sentence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency, lead_times, quality, slippage, spend
from makini_analytics.frames import Recorded
from makini_analytics.review import look
from makini_analytics.review._calls import these, told
from tests.tiers import one_in

AS_OF = "2025-12-31"


def world(n=900, seed=0, vendors=12) -> pd.DataFrame:
    """Return lines of two years, three an order and six items a vendor, due after 20 days, some 30 % late; prices rose at two vendors."""
    r = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(r.integers(0, 731, n // 3)), unit="D")
    of, item = np.repeat(np.arange(n // 3), 3), r.integers(0, 6, n)
    vendor = r.integers(0, vendors, n // 3)[of]
    due = days[of] + pd.Timedelta(days=20)
    slip = np.where(r.random(n // 3) < 0.3, r.integers(1, 15, n // 3), -r.integers(0, 4, n // 3))[of]
    price = 10.0 + (vendor * 7 + item) * 7919 % 97
    price = np.where((vendor < 2) & (days[of] >= "2025-01-01"), price * (1.2 + item / 100), price)
    quantity = r.integers(1, 30, n).astype(float)
    came = pd.Series(due + pd.to_timedelta(slip, unit="D"))
    return pd.DataFrame(
        {"order_number": [f"PO{x}" for x in of], "line_number": np.tile([10, 20, 30], n // 3), "connection": "a",
         "vendor_id": [f"V{x}" for x in vendor], "vendor_name": [f"Vendor {chr(65 + x)}" for x in vendor],
         "product_code": [f"P{v}-{i}" for v, i in zip(vendor, item, strict=True)], "category": [f"Cat {x % 4}" for x in vendor],
         "order_date": days[of], "required_date": due, "delivered_date": came.where(came <= AS_OF), "quantity": quantity,
         "unit_price": price, "amount": quantity * price, "currency": "EUR"}
    )  # fmt: skip


def silent(**more) -> pd.DataFrame:
    """Return two connections, in one of which nothing says what has come."""
    other = world(seed=5).assign(connection="b", delivered_date=pd.NaT, **more)
    for name in ("order_number", "vendor_id", "vendor_name"):
        other[name] = "B" + other[name]
    return pd.concat([world(), other], ignore_index=True)


def in_second_currency() -> pd.DataFrame:
    """Return items of which one has its second source in a currency without a rate, with a third of all other lines."""
    table = world()
    second = table[table["product_code"] == table["product_code"][0]]
    table.loc[np.random.default_rng(1).random(len(table)) < 0.3, "currency"] = "XXX"
    return pd.concat([table, second.assign(vendor_id="V99", vendor_name="Other", currency="XXX", order_number="Z")])


def with_credits() -> pd.DataFrame:
    table = world()
    some = np.random.default_rng(1).random(len(table)) < 0.05
    table.loc[some, ["unit_price", "amount"]] *= -1
    return table


def few_of_one() -> pd.DataFrame:
    """Return two connections, of which one has a rate of too few lately to forecast from."""
    whole = world(seed=3).assign(connection="b")
    other = pd.concat([whole.head(90), whole.tail(15)])
    for name in ("order_number", "vendor_id", "vendor_name"):
        other[name] = "B" + other[name]
    return pd.concat([world(), other], ignore_index=True)


def made(table: pd.DataFrame) -> ma.Purchases:
    return ma.Purchases.from_table(table, as_of=AS_OF)


def twice() -> pd.DataFrame:
    again = world().tail(60).assign(vendor_name=lambda t: t["vendor_name"] + " Inc")
    again["vendor_id"] += "X"
    again["order_number"] += "-2"
    return pd.concat([world(), again, world().tail(30)], ignore_index=True)


WORLDS = {
    "one connection": lambda: made(world()),
    "a silent connection": lambda: made(silent()),
    "a silent connection, filtered": lambda: made(silent()).filter(category=["Cat 1", "Cat 2"]),
    "a second currency without a rate": lambda: made(in_second_currency()),
    "a second currency without a rate, EUR asked for": lambda: made(in_second_currency()),
    "a silent connection in another currency": lambda: made(silent(currency="XXX")),
    "negative amounts": lambda: made(with_credits()),
    "few lines in one connection": lambda: made(few_of_one()),
    "there twice": lambda: made(twice()),
    "sample": ma.load_sample,
}


def number_of(kind: str, out: pd.DataFrame, found: pd.Series) -> float | None:
    """Return the number that a call's result has for a finding's sentence; None where it is of something beside."""
    if "currency" in out:
        out = out[(out["currency"] == found["currency"]).fillna(False)]
    if kind == "change":
        return out.set_index("effect")["value"]["after"] if "effect" in out else out["spend"].sum()
    if kind == "late":
        return out["value_late"].sum()
    if kind == "soon late":
        return out["expected_late_value_30"].sum()
    if kind == "overdue":
        return out.loc[out["days_overdue"] > 0, "open_value"].sum()
    if kind == "single source":
        return out.loc[out["spend"] > 0, "spend"].sum()
    if kind == "concentration":
        known = out[out["category"].notna() & (out["spend"] > 0)]
        first = known.loc[((known["top_1_share"] - 0.5) * known["spend"]).idxmax()]
        return first["top_1_share"] * first["spend"]
    if kind == "prices":
        both = out[(out["before"] > 0) & (out["after"] > 0)]
        at = [n for n in both["vendor_name"].dropna().unique() if n in found["sentence"]]
        return both.loc[both["vendor_name"].isin(at) if at else both.index, "price"].sum()
    if kind == "duplicates":
        return out.loc[out["kind"].isin(["order", "repeated line", "repeated order"]) & (out["score"] > 50), "value"].abs().sum()  # fmt: skip
    return None  # lead times and the entries of vendors are not the amounts that are told


@pytest.mark.filterwarnings("ignore:.* have no rate")
@pytest.mark.parametrize("name", one_in(5, WORLDS))
def test_each_call_gives_the_number_of_its_sentence(name):
    data = WORLDS[name]()
    if name == "sample":
        pytest.importorskip("currency_converter", reason="the extra 'enrich' is not installed")
    got = look(data, currency="EUR" if "asked for" in name else None)
    data = currency.convert(data, got.view.unit) if got.view.converted else data
    rooms = {"spend": spend, "slippage": slippage, "lead_times": lead_times, "quality": quality}
    calls = got.findings[got.findings["call"].fillna("") != ""]
    assert {"late", "single source"} & set(calls["kind"])
    for _, found in calls.iterrows():
        out = eval(found["call"], {"data": data, "lines": data.lines, **rooms})
        number = number_of(found["kind"], out, found)
        assert number is None or number == pytest.approx(found["value"]), found["call"]
        assert len(out) > 0, found["call"]


@pytest.mark.full
def test_a_second_source_in_another_currency_is_one():
    found = ma.findings(made(in_second_currency())).set_index("kind").loc["single source"]
    assert "currency='EUR'" in found["call"]


@pytest.mark.full
def test_credits_are_in_neither_sum_of_what_came_late():
    data = made(with_credits())
    found = ma.findings(data).set_index("kind").loc["late"]
    judged = slippage.per_line(data.lines)
    due = data.lines["required_date"].between("2025-01-01", AS_OF) & (data.lines["amount"] > 0)
    late = due & judged["outcome"].isin(["late", "overdue_open"]).to_numpy()
    assert found["value"] == pytest.approx(data.lines.loc[late, "amount"].sum())
    assert "with a negative amount are in neither sum" in found["why"]


def test_a_connection_with_a_forecast_from_few_lines_is_left_out_of_what_is_expected_late():
    found = ma.findings(made(few_of_one())).set_index("kind").loc["soon late"]
    assert "more have no forecast" in found["why"]
    assert found["call"] == "slippage.ageing(lines[~lines.connection.isin(['b'])])"


def test_lines_without_a_connection_are_left_out_by_naming_the_others():
    lines = pd.DataFrame({"connection": ["a", None, "c"]}, dtype="string")
    view = SimpleNamespace(
        lines=lines,
        nothing_told=False,
        recorded=Recorded(),
        silent=np.array([False, True, False]),
        posted=np.zeros(3, bool),
    )
    assert told(view) == ["lines.connection.isin(['a', 'c'])"]
    assert lines[eval(these(*told(view)).removeprefix("lines[").removesuffix("]"))].index.tolist() == [0, 2]
