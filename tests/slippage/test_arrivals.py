"""What will come when: exact convolution where lines are independent, loops over the open lines, and bands that hold what comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, MixedCurrencyError, SchemaError, charts, slippage, style
from makini_analytics.slippage._arrival_forecast import Ahead, Common, drawn, in_common, probit
from makini_analytics.slippage._hazards import Book
from tests.conftest import SCMS, scms_purchases
from tests.slippage.test_claims import random_lines

DAY = pd.Timedelta(days=1)
AS_OF = pd.Timestamp("2025-12-28")  # a Sunday: the first week begins on the next day


def world(seed, *, n_vendors=8, months=30, orders=5, per_order=3, together=(0.15, 0.5), slow=1.0, median=30):
    """Lines with all that becomes of them: lateness is alike within a vendor and month of delivery, and within an order."""
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(per_order - 1, n_vendors * months * orders)
    order = np.repeat(np.arange(len(size)), size)
    month, vendor = order // orders % months, order // orders // months
    day = month * 30 + rng.integers(0, 30, len(size))[order]
    of_month, of_order = together
    z = np.sqrt(of_month) * rng.standard_normal((n_vendors, months))[vendor, month] + np.sqrt(of_order) * rng.standard_normal(len(size))[order]  # fmt: skip
    z = z + np.sqrt(1 - of_month - of_order) * rng.standard_normal(len(order))
    took = np.rint(median * np.exp(0.35 * z) * np.where(month >= months - 2, slow, 1.0))
    ordered = AS_OF - DAY * (months * 30 - 1) + day * DAY
    return pd.DataFrame({
        "vendor_id": [f"v{v}" for v in vendor], "order_id": order.astype(str), "order_date": ordered,
        "required_date": ordered + (median + 3) * DAY, "comes": ordered + pd.to_timedelta(took, unit="D"),
        "amount": np.round(np.exp(4 + 0.8 * rng.standard_normal(len(order))), 2), "currency": "EUR",
    })  # fmt: skip


def seen(lines):
    return lines.assign(delivered_date=lines.comes.where(lines.comes <= AS_OF)).drop(columns="comes")


@pytest.fixture(scope="module")
def made():
    return world(1)


def test_independent_lines_have_the_distribution_of_the_exact_convolution():
    rng = np.random.default_rng(1)
    chance = np.sort(rng.uniform(0.02, 0.9, (40, 2)), axis=1)
    value = rng.integers(1, 6, 40).astype(float)
    ahead = Ahead(np.arange(40), 0, chance)
    alone = np.arange(40)
    got = drawn(ahead, Common(0, 0, 0), alone, alone, np.zeros(40, dtype=int), 1, value)[0]
    for k, p in enumerate((chance[:, 0], chance[:, 1] - chance[:, 0])):
        exact = np.ones(1)
        for v, q in zip(value.astype(int), p, strict=True):
            step = np.zeros(v + 1)
            step[0], step[v] = 1 - q, q
            exact = np.convolve(exact, step)
        below = np.array([(got[k] <= x + 0.5).mean() for x in range(len(exact))])
        assert np.abs(below - np.cumsum(exact)).max() < 1.63 / len(got[k]) ** 0.5  # Kolmogorov and Smirnov, 1 %
        assert got[k].mean() == pytest.approx(value @ p, rel=0.05)


def test_draws_go_by_what_the_lines_are_and_not_by_their_places_or_names():
    rng = np.random.default_rng(2)
    value, order = rng.integers(1, 3, 60).astype(float), rng.integers(0, 15, 60)
    chance = np.sort(rng.choice([0.1, 0.4, 0.7], (60, 2)), axis=1) + order[:, None] / 100  # many lines are alike
    vendor, group, place = order // 5, rng.integers(0, 3, 60), rng.permutation(60)

    def total(rows, rename=lambda codes: codes):
        ahead = Ahead(rows, 0, chance[rows])
        return drawn(
            ahead, Common(0.1, 0.3, 0.6), rename(vendor[rows]), rename(order[rows]), group[rows], 3, value[rows]
        )

    plain = total(np.arange(60))
    np.testing.assert_allclose(total(place), plain, atol=1e-4)
    np.testing.assert_allclose(total(place, lambda codes: 99 - codes), plain, atol=1e-4)


def test_what_lines_have_in_common_widens_the_band_and_is_found_again():
    rng = np.random.default_rng(2)
    n, days = 400, 24
    vendor, order = np.arange(n) // 40, np.arange(n) // 4
    chance = rng.uniform(0.2, 0.8, (n, 1))
    z = np.zeros((days, n))
    shares = (0.1, 0.2, 0.4)  # all 0.1, vendor 0.3, order 0.7
    for share, code in zip(shares, (np.zeros(n, dtype=int), vendor, order), strict=True):
        z += np.sqrt(share) * rng.standard_normal((days, code.max() + 1))[:, code]
    z += np.sqrt(0.3) * rng.standard_normal((days, n))
    came = z <= probit(chance[:, 0])
    books = Book(np.zeros(n * days, int), np.full(n * days, -1), np.where(came.ravel(), 1, 99), came.ravel(), ~came.ravel() & False, (), len)  # fmt: skip
    past = [Ahead(d * n + np.arange(n), 0, chance) for d in range(days)]
    found = in_common(books, past, [1], np.tile(vendor, days), np.tile(order, days))
    assert (found.all, found.vendor, found.order) == pytest.approx((0.1, 0.3, 0.7), abs=0.12)
    widths = []
    for common in (Common(0, 0, 0), Common(0, 0, 0.7), Common(0.1, 0.3, 0.7)):
        low, high = np.quantile(drawn(past[0], common, vendor, order, np.zeros(n, int), 1, np.ones(n))[0, 0], [0.1, 0.9])  # fmt: skip
        widths.append(high - low)
    assert widths == sorted(widths)
    assert widths[2] > 2 * widths[0]


def test_what_is_due_and_expected_add_up(made):
    lines = seen(made)
    got = slippage.arrivals(lines, as_of=AS_OF)
    assert got.period.tolist() == list(pd.period_range("2025-12-29", periods=8, freq="W-SUN"))
    want = np.zeros((8, 2))
    n_open = n_overdue = 0
    for line in lines.itertuples():
        if pd.isna(line.delivered_date):
            n_open += 1
            n_overdue += line.required_date < AS_OF
            week = (line.required_date - AS_OF).days - 1
            if 0 <= week < 56:
                want[week // 7] += 1, line.amount
    assert got.due_lines.tolist() == want[:, 0].tolist()
    assert got.due_value.tolist() == pytest.approx(want[:, 1].tolist())
    assert 0 < got.expected_lines.sum() <= n_open
    chances = slippage.open_orders(lines, as_of=AS_OF)
    month = slippage.arrivals(lines, as_of=AS_OF, freq="W", horizon=5)
    # by the 30th day: four weeks and two days of the fifth
    by_week = month.expected_lines.cumsum()
    assert by_week[3] - 0.5 <= chances.chance_30_days.sum() <= by_week[4] + 0.5
    assert (got.low < got.expected_value).all()
    assert (got.expected_value < got.high).all()
    told = got.attrs
    assert told["included"]["n_lines"] == n_open
    assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
    assert any("held what came" in n for n in told["notes"])
    assert f"{n_overdue} open lines are overdue" in " ".join(told["notes"])


def test_groups_add_up_and_the_order_of_the_rows_is_no_matter(made):
    lines = seen(made)
    whole, by = slippage.arrivals(lines, as_of=AS_OF), slippage.arrivals(lines, as_of=AS_OF, by="vendor")
    for column in ("expected_lines", "expected_value", "due_lines", "due_value"):
        assert by.groupby("period")[column].sum().tolist() == pytest.approx(whole[column].tolist())
    kept = lines.copy()
    shuffled = slippage.arrivals(lines.sample(frac=1, random_state=1), as_of=AS_OF)
    exact = ["period", "due_lines"]
    pd.testing.assert_frame_equal(shuffled[exact], whole[exact])
    assert shuffled.expected_value.tolist() == pytest.approx(whole.expected_value.tolist())
    for end in ("low", "high"):
        assert shuffled[end].tolist() == pytest.approx(whole[end].tolist())
    pd.testing.assert_frame_equal(lines, kept)


@pytest.mark.full
def test_currencies_and_connections_stay_apart(made):
    half = np.arange(len(made)) % 2 == 0
    lines = seen(made).assign(
        currency=np.where(half, "EUR", "USD"), connection=np.where(made.vendor_id < "v4", "a", "b")
    )
    got = slippage.arrivals(lines, as_of=AS_OF, horizon=2, by="connection")
    assert got.groupby(["connection", "currency"]).size().tolist() == [2, 2, 2, 2]
    for name in "ab":  # whatever else is there, and whichever comes first
        alone = slippage.arrivals(lines[lines.connection == name], as_of=AS_OF, horizon=2)
        for column in ("expected_value", "low", "high"):
            assert got[got.connection == name][column].tolist() == pytest.approx(alone[column].tolist(), nan_ok=True)


def test_little_is_expected_of_little(made):
    lines = seen(made)
    empty = slippage.arrivals(lines.iloc[:0], as_of=AS_OF)
    assert len(empty) == 0
    few = slippage.arrivals(lines[lines.order_date > AS_OF - 40 * DAY], as_of=AS_OF)
    assert few[["expected_lines", "low", "high"]].isna().all(axis=None)
    assert few.due_value.sum() > 0
    assert "Too little is known" in " ".join(few.attrs["notes"])
    assert empty.dtypes.astype(str).to_dict() == few.dtypes.astype(str).to_dict()


def test_what_is_refused(made):
    lines = seen(made)
    for options, said in (({"freq": "Y"}, "freq='Y'"), ({"horizon": 0}, "horizon=0"), ({"horizon": 2.5}, "horizon=2.5"), ({"due": "x"}, "due")):  # fmt: skip
        with pytest.raises(ConfigError, match=said):
            slippage.arrivals(lines, as_of=AS_OF, **options)
    with pytest.raises(SchemaError, match="required_date"):
        slippage.arrivals(lines.drop(columns="required_date"), as_of=AS_OF)


def test_a_band_that_can_not_be_tested_is_left_out(made):
    got = slippage.arrivals(seen(made), as_of=AS_OF, freq="Q", horizon=6)
    assert got[["low", "high"]].isna().all(axis=None)
    assert got.expected_value.notna().all()
    assert "could not be tested" in " ".join(got.attrs["notes"])


def test_the_number_of_a_column_is_not_on_the_end_of_its_band(made):
    got = slippage.arrivals(seen(made), as_of=AS_OF, freq="W", horizon=5)
    got = got.assign(low=got.expected_value * 0.8, high=got.expected_value * 1.5)
    ax = slippage.plot_arrivals(got)
    ax.figure.draw_without_rendering()
    bands = next(c.get_segments() for c in ax.collections if len({x for x, _ in c.get_segments()[0]}) == 1)
    for text, (x, _), value in zip(ax.texts, [band[0] for band in bands], got.expected_value, strict=True):
        assert text.xy == pytest.approx((x, value))
        assert text.get_window_extent().x0 > ax.transData.transform((x, 0))[0] + 2


def test_the_chart_shows_the_figures(made, tmp_path):
    lines = seen(made)
    got = slippage.arrivals(lines, as_of=AS_OF)
    ax = slippage.plot_arrivals(got)
    assert [p.get_height() for p in ax.patches] == pytest.approx(got.expected_value.tolist())
    assert charts.money(got.expected_value.sum(), "EUR") in charts.captions_of(ax).title
    assert style.save(ax, tmp_path / "x.png").stat().st_size > 10_000
    with pytest.raises(ConfigError, match="shows one group"):
        slippage.plot_arrivals(lines, as_of=AS_OF, by="vendor")
    with pytest.raises(MixedCurrencyError):
        slippage.plot_arrivals(lines.assign(currency=np.where(lines.amount > 50, "EUR", "USD")), as_of=AS_OF)


def test_what_has_no_forecast_is_told_beside_what_has_one(made):
    """A connection that records no days of delivery takes no figure of the others away."""
    lines = seen(made)
    dark = lines.head(60).assign(delivered_date=pd.NaT)
    both = pd.concat([lines.assign(connection="a"), dark.assign(connection="b")], ignore_index=True)
    alone, got = slippage.arrivals(lines, as_of=AS_OF), slippage.arrivals(both, as_of=AS_OF)
    of_alone = alone.drop(columns=["n_without_forecast", "value_without_forecast", "low", "high"])
    assert got.expected_value.tolist() == pytest.approx(of_alone.expected_value.tolist())
    assert got.low.notna().all()
    own = slippage.arrivals(both, as_of=AS_OF, by="connection").groupby("connection").first()
    assert own.n_without_forecast.to_list() == [alone.n_without_forecast[0], 60]
    assert set(got.n_without_forecast) == {own.n_without_forecast.sum()}
    assert got.value_without_forecast[0] == pytest.approx(own.value_without_forecast.sum())
    assert np.isnan(own.expected_value["b"])
    told = charts.captions_of(slippage.plot_arrivals(got))
    assert told.title.startswith("Of the open lines with a forecast")
    worth = charts.money(got.value_without_forecast[0], "EUR")
    assert f"{got.n_without_forecast[0]} lines, {worth}, have no forecast" in told.subtitle


def held(seeds, **options):
    """How many bands held what came, of worlds whose bands were shown, and the error over worlds."""
    shares, expected, came = [], 0.0, 0.0
    for s in seeds:
        lines = world(s, **options)
        future = lines.comes[lines.comes > AS_OF]
        week = ((future - AS_OF).dt.days - 1) // 7
        value = np.bincount(week[week < 8], lines.amount[week.index[week < 8]], 8)
        now = lines[lines.order_date <= AS_OF]
        got = slippage.arrivals(seen(now), as_of=AS_OF)
        expected, came = expected + got.expected_value.sum(), came + value.sum()
        if got.low.notna().all():
            some = (got.expected_lines >= 1).to_numpy()
            shares.append(np.mean(((value >= got.low) & (value <= got.high))[some]))
    return np.mean(shares), np.std(shares) / len(shares) ** 0.5, expected / came, len(shares)


@pytest.mark.full
@pytest.mark.parametrize("together", [(0.0, 0.0), (0.15, 0.5), (0.4, 0.3)])
def test_bands_hold_what_comes_four_times_of_five(together):
    share, error, bias, n = held(range(60), together=together)
    assert n >= 50
    assert 0.72 - 2 * error <= share <= 0.9
    assert bias == pytest.approx(1, abs=0.1)


@pytest.mark.full
def test_on_the_sample_and_on_real_deliveries():
    sources = [(ma.load_sample().lines, None)]
    sources += [(scms_purchases(name).lines, "2012-12-31") for name in SCMS if name == "whole"]
    for lines, as_of in sources:
        got = slippage.arrivals(lines, as_of=as_of, by="vendor")
        assert got.expected_value.notna().any()
        assert not (got.expected_value < 0).any()
        assert not (got.low > got.high).any()


@pytest.mark.full
def test_random_frames_are_told_whole():
    """Vendors and orders of any size, gaps, missing dates: what is due adds up, every line is accounted for, no band is upside down."""
    for seed in range(200):
        lines = random_lines(seed)
        got = slippage.arrivals(lines, as_of="2025-06-30", by=["vendor", None][seed % 2])
        open_lines = slippage.open_orders(lines, as_of="2025-06-30")
        soon = open_lines.due_date.between("2025-07-01", str(got.period.max().end_time.date())) if len(got) else []
        assert got.due_lines.sum() == np.sum(soon)
        assert not (got.low > got.high).any()
        told = got.attrs
        assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
        assert told["included"]["n_lines"] == len(open_lines)
