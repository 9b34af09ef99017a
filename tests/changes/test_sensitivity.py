"""A figure under other choices: each cell is the figure called once, ranks and swings are those of plain loops."""

from __future__ import annotations

from functools import wraps
from itertools import product

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, MixedCurrencyError, SchemaError, currency, lead_times, slippage, spend, style
from makini_analytics.changes._rankings import same_order_share
from makini_analytics.errors import OptionError
from tests.tiers import one_in

ON_TIME = {"late_days": [0, 3], "calendar": [None, "weekdays"], "weight": ["lines", "quantity"]}
SPEND = {"basis": ["ordered", "received", "open"]}


@pytest.fixture(scope="module")
def lines():
    return random_lines(1, 300)


def random_lines(seed: int, n: int | None = None) -> pd.DataFrame:
    """Return lines of few vendors, with ties, gaps, two currencies, and as few as one line."""
    rng = np.random.default_rng(seed)
    n = n or int(rng.integers(1, 60))
    day = pd.Timestamp("2025-01-01")

    def days(low: int, high: int, gaps: float) -> pd.DatetimeIndex:
        return pd.to_datetime([pd.NaT if rng.random() < gaps else day + pd.Timedelta(days=int(d)) for d in rng.integers(low, high, n)])  # fmt: skip

    quantity, delivered = rng.integers(1, 4, n).astype(float), days(50, 130, 0.2)
    vendors = pd.array(rng.choice(["a", "b", "c", "d", "e", "f", None], n), dtype="string")
    lines = pd.DataFrame({
        "vendor_id": vendors, "vendor_name": "Vendor " + vendors, "category": rng.choice(["x", "y"], n),
        "order_id": rng.integers(0, 20, n).astype(str), "line_id": [str(i) for i in range(n)],
        "order_date": days(0, 60, 0.05), "required_date": days(60, 120, 0.1), "delivered_date": delivered,
        "quantity": quantity, "received_quantity": np.where(delivered.isna(), rng.choice([0.0, np.nan], n), quantity),
        "amount": rng.integers(1, 5, n) * 10.0, "currency": rng.choice(["EUR", "USD"], n, p=[0.8, 0.2]),
        "state": pd.array(np.where(rng.random(n) < 0.1, "cancelled", np.where(delivered.isna(), "open", "received")), dtype="string"),
    })  # fmt: skip
    lines.attrs["as_of"] = "2025-05-15"
    return lines


def key_of(row, names):
    return tuple(None if pd.isna(row[n]) else row[n] for n in names)


def in_loops(f, lines, choices, value, keys, **options):
    """Return the value of each group under each combination, the figure called for every one of them."""
    cells = []
    for chosen in product(*choices.values()):
        result = f(lines, **dict(zip(choices, chosen, strict=True)), **options)
        cells.append({key_of(row, keys): row[value] for _, row in result.iterrows()})
    groups = list(dict.fromkeys(k for cell in cells for k in cell))
    return groups, [[cell.get(g, np.nan) for g in groups] for cell in cells]


def ranks_in_loops(groups, values, currency_at):
    out = [np.nan] * len(groups)
    for i, g in enumerate(groups):
        if pd.isna(values[i]) or g[0] is None:  # no vendor
            continue
        rivals = [j for j, h in enumerate(groups) if h[0] is not None and (currency_at is None or h[currency_at] == g[currency_at])]  # fmt: skip
        out[i] = 1 + sum(values[j] > values[i] or (values[j] == values[i] and j < i) for j in rivals)
    return out


def once(f):
    """Return the figure, computed once for each set of options: of one frame four tables are asked for."""
    known = {}

    @wraps(f)
    def called(lines, **options):
        if repr(options) not in known:
            known[repr(options)] = f(lines, **options)
        return known[repr(options)]

    return called


def check(f, lines, choices, value, keys, **options):
    """Hold every table of one figure against plain loops."""
    groups, cells = in_loops(f, lines, choices, value, keys, **options)
    f = once(f)
    at = keys.index("currency") if "currency" in keys else None
    got = ma.sensitivity(f, lines, choices, value=value, **options)
    assert len(got) == len(cells) * len(groups)
    assert [key_of(r, keys) for _, r in got.iterrows()] == groups * len(cells)
    np.testing.assert_array_equal(got[value].to_numpy(dtype=float), np.array(cells, dtype=float).ravel())
    ranks = [ranks_in_loops(groups, cell, at) for cell in cells]
    np.testing.assert_array_equal(
        got["rank"].to_numpy(dtype=float, na_value=np.nan), np.array(ranks, dtype=float).ravel()
    )
    if not groups or not any(not pd.isna(v) for cell in cells for v in cell):
        return
    usual = next(i for i, cell in enumerate(cells) if not pd.isna(cell).all())
    per_group = ma.sensitivity(f, lines, choices, value=value, per="group", **options)
    for i, row in enumerate(per_group.to_dict("records")):
        mine = [cell[i] for cell in cells if not pd.isna(cell[i])]
        assert row["n_combinations"] == len(mine)
        if mine:
            assert (row["lowest"], row["highest"], row["swing"]) == (min(mine), max(mine), max(mine) - min(mine))
            places = [r[i] for r in ranks if not pd.isna(r[i])]
            assert not places or (row["best_rank"], row["worst_rank"]) == (min(places), max(places))
        np.testing.assert_equal(row["usual"], cells[usual][i])
    by = ma.sensitivity(f, lines, choices, value=value, top=2, per="combination", **options)
    names = sorted({g[at] for g in groups}, key=[g[at] for g in groups].index) if at is not None else [None]
    rows = iter(by.to_dict("records"))
    for name, (cell, rank) in product(names, zip(cells, ranks, strict=True)):
        row = next(rows)
        mine = [i for i, g in enumerate(groups) if g[0] is not None and (at is None or g[at] == name)]
        firsts = [[i for r in (1, 2) for i in mine if who[i] == r] for who in (rank, ranks[usual])]
        assert row["n_groups"] == sum(not pd.isna(cell[i]) for i in mine)
        if firsts[0]:
            assert key_of(row, keys) == groups[firsts[0][0]]
            assert (row["same_first"], row["same_top"]) == (firsts[0][:1] == firsts[1][:1], firsts[0] == firsts[1])
        both = [i for i in mine if not pd.isna(cell[i]) and not pd.isna(cells[usual][i])]
        pairs = [(i, j) for i in both for j in both if i < j]
        against = sum((cell[i] - cell[j]) * (cells[usual][i] - cells[usual][j]) < 0 for i, j in pairs)
        np.testing.assert_equal(row["same_order_share"], 1 - against / len(pairs) if pairs else np.nan)
    check_choices(ma.sensitivity(f, lines, choices, value=value, per="choice", **options), choices, cells, groups, at)


def check_choices(got, choices, cells, groups, at):
    ways = list(product(*[range(len(v)) for v in choices.values()]))
    for row in got.to_dict("records"):
        c = list(choices).index(row["choice"])
        spans = []
        for i, g in enumerate(groups):
            if at is not None and g[at] != row["currency"]:
                continue
            for setting in {w[:c] + w[c + 1 :] for w in ways}:
                held = [cells[k][i] for k, w in enumerate(ways) if w[:c] + w[c + 1 :] == setting]
                held = [v for v in held if not pd.isna(v)]
                spans += [max(held) - min(held)] if held else []
        assert (row["swing"], row["largest"]) == pytest.approx((np.mean(spans), max(spans)))


def figures_of(frame):
    yield (
        slippage.by_vendor,
        frame,
        {"late_days": [0, 7], "weight": ["lines", "quantity"]},
        "on_time_rate",
        ["vendor_id"],
        {},
    )
    yield spend.by_vendor, frame, SPEND, "spend", ["vendor_id", "currency"], {}
    yield (
        lead_times.by_vendor,
        frame,
        {"calendar": [None, "weekdays"]},
        "median_days",
        ["vendor_id"],
        {"as_of": "2025-05-15"},
    )


@pytest.mark.full
def test_every_cell_is_the_figure_itself():
    check(slippage.by_vendor, random_lines(3, 40), {"late_days": [0, 7], "weight": ["lines", "quantity"]}, "on_time_rate", ["vendor_id"])  # fmt: skip
    check(spend.by_vendor, random_lines(4), SPEND, "spend", ["vendor_id", "currency"])


@pytest.mark.full
def test_every_cell_is_the_figure_itself_on_random_lines():
    for seed in range(200):
        for f, frame, choices, value, keys, options in figures_of(random_lines(seed)):
            check(f, frame, choices, value, keys, **options)


@pytest.mark.full
def test_every_cell_is_the_figure_itself_on_the_sample():
    whole = ma.load_sample().lines
    check(slippage.by_vendor, whole, ON_TIME, "on_time_low", ["vendor_id", "connection"])
    check(spend.by_vendor, whole, SPEND, "spend", ["vendor_id", "currency", "connection"])
    check(
        slippage.otif,
        whole,
        {"level": ["order", "line"], "over_share": [0, 0.1]},
        "otif_rate",
        ["vendor_id", "connection"],
    )


def test_the_ladder_is_a_case_of_it(lines):
    """One rate, the choices of the ladder that are options of a rate: the same rates and the same swings."""
    frame = lines[lines.currency == "EUR"]
    choices = {"late_days": [0, 3], "early_days": [None, 7], "calendar": [None, "weekdays"]}
    ladder = slippage.ladder(frame, **choices, due=["required"], weight=["lines"], open_lines=[True])
    got = ma.sensitivity(slippage.by_vendor, frame, choices, by=None)
    np.testing.assert_allclose(got["on_time_rate"], ladder["on_time_rate"], rtol=1e-12)
    swings = ma.sensitivity(slippage.by_vendor, frame, choices, by=None, per="choice")
    pd.testing.assert_frame_equal(swings, slippage.swings(ladder), check_exact=False)


@pytest.mark.full  # scipy takes two seconds to load
@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_the_share_of_pairs_is_kendalls_tau(n):
    from scipy import stats

    rng = np.random.default_rng(n)
    for values in (rng.normal(size=(2, n)), rng.integers(0, 4, (2, n)).astype(float)):
        x, y = values
        against = sum((x[i] - x[j]) * (y[i] - y[j]) < 0 for i in range(n) for j in range(i))
        assert same_order_share(x, y) == pytest.approx(1 - against / (n * (n - 1) / 2))
        if len(set(x)) == len(set(y)) == n:  # without ties
            assert 2 * same_order_share(x, y) - 1 == pytest.approx(stats.kendalltau(x, y).statistic)


@pytest.mark.full
def test_lines_that_are_changed_are_a_choice(lines):
    def thousandfold(frame):
        return frame.assign(amount=frame.amount.where(frame.currency != "USD", frame.amount * 1000))

    rates = {"as they are": None, "in EUR": lambda x: currency.convert(x, "EUR", {"USD": 0.5, "CHF": 1, "GBP": 1}), "slips": thousandfold}  # fmt: skip
    got = ma.sensitivity(spend.by_vendor, lines, {"lines": rates, "basis": ["ordered", "received"]}, by="category")
    for label, step in rates.items():
        for basis in ("ordered", "received"):
            want = spend.by_vendor(step(lines) if step else lines, by="category", basis=basis)
            mine = got[(got["lines"] == label) & (got["basis"] == basis)].dropna(subset="spend")
            merged = mine.merge(want, on=["category", "currency"], how="outer", suffixes=("", "_once"))
            np.testing.assert_array_equal(merged["spend"], merged["spend_once"])
    # each way to prepare the lines is taken once, whatever is counted on it
    calls = []
    counted = {"a": lambda x: calls.append(1) or x, "b": None}
    ma.sensitivity(spend.by_vendor, lines, {"basis": ["ordered", "received", "open"], "lines": counted})
    assert len(calls) == 1


def test_a_choice_that_the_figure_does_not_have_is_its_error(lines):
    with pytest.raises(OptionError, match=r"spend.by_vendor\(\) has no option 'bassis'; near: basis"):
        ma.sensitivity(spend.by_vendor, lines, {"bassis": ["ordered", "received"]})
    with pytest.raises(OptionError, match=r"slippage.by_vendor\(\) has no option 'late_day'; near: late_days"):
        ma.sensitivity(slippage.by_vendor, lines, {"weight": ["lines"]}, late_day=3)
    with pytest.raises(OptionError, match="has no option 'outliers'"):
        ma.sensitivity(spend.by_vendor, lines, {"outliers": {"kept": 1, "dropped": 2}})


@pytest.mark.parametrize(
    ("f", "choices", "options", "said"),
    one_in(3, [
        (spend.by_vendor, {}, {}, "choices={}"),
        (spend.by_vendor, ["basis"], {}, "choices="),
        (spend.by_vendor, {"basis": "ordered"}, {}, "basis='ordered': pass the ones to compare, as a list"),
        (spend.by_vendor, {"basis": []}, {}, "as a list"),
        (spend.by_vendor, {"basis": {"ordered"}}, {}, "as a list"),  # a set has no first one
        (spend.by_vendor, {"basis": ["ordered"]}, {"basis": "open"}, "basis is a choice, and an option beside them"),
        (spend.by_vendor, {"by": ["vendor", "category"]}, {}, "pass what decides on them, such as by= and freq="),
        (spend.by_period, {"freq": ["M", "Q"]}, {}, "pass what decides on them, such as by= and freq="),
        (spend.by_vendor, {"currency": ["EUR", "USD"]}, {}, "pass currency= beside the choices"),
        (spend.by_vendor, {"basis": ["ordered"]}, {"value": "spent"}, "near: spend"),
        (spend.by_vendor, {"basis": ["ordered"]}, {"value": "abc_class"}, "holds no numbers"),
        (spend.by_vendor, {"basis": ["ordered"]}, {"per": "vendor"}, "per='vendor': pass one of"),
        (spend.by_vendor, {"basis": ["ordered"]}, {"top": 0}, "top=0"),
        (spend.plot_by_vendor, {"basis": ["ordered"]}, {}, "no chart or result: spend.by_vendor"),
        ("spend.by_vendor", {"basis": ["ordered"]}, {}, "pass a figure"),
        (lead_times.curve, {"start": ["order"]}, {}, "several rows of one group"),
        (lambda lines, *, x=1: 5, {"x": [1, 2]}, {}, "gives no DataFrame, but int"),
    ]),
)  # fmt: skip
def test_what_can_not_be_compared_is_said(lines, f, choices, options, said):
    with pytest.raises((ConfigError, SchemaError), match=said.replace("{", r"\{")):
        ma.sensitivity(f, lines.head(50), choices, **options)


def test_what_the_figure_refuses_is_said_and_not_lost(lines):
    choices = {"due": ["wanted", "required"], "late_days": [0, 3]}
    got = ma.sensitivity(slippage.by_vendor, lines, choices)
    bad = got["due"] == "wanted"
    assert got.loc[bad, "refused"].str.startswith("due='wanted': pass 'required'").all()
    assert got.loc[bad, ["on_time_rate", "rank"]].isna().all(axis=None)
    assert got.loc[~bad, "refused"].isna().all() and got.loc[~bad, "rank"].notna().any()
    assert "Refused, 2 of 4 combinations: due='wanted'" in ma.explain(got)
    assert "Usual is due required, late_days 0" in ma.explain(got)  # the first one that gives something
    by = ma.sensitivity(slippage.by_vendor, lines, choices, per="combination")
    assert by["n_lines"].isna().tolist() == by["n_left_out"].isna().tolist() == [True, True, False, False]
    with pytest.raises(ConfigError, match="20,000 combinations"):
        ma.sensitivity(slippage.by_vendor, lines, {"late_days": list(range(100)), "early_days": list(range(200))})
    with pytest.raises(ConfigError, match="due='wanted'"):
        ma.sensitivity(slippage.by_vendor, lines, {"due": ["wanted", "asked"]})
    step = {"in EUR": lambda x: currency.convert(x, "EUR", basis="order_day"), "as they are": None}
    assert ma.sensitivity(spend.by_vendor, lines, {"rates": step})["refused"].notna().any()


def test_included_and_left_out_are_all_lines_under_every_combination(lines):
    by = ma.sensitivity(slippage.by_vendor, lines, {"late_days": [0, 3], "due": ["required"]}, per="combination")
    assert ((by["n_lines"] + by["n_left_out"]) == len(lines)).all()
    few = {"outliers": {"left out": lambda x: x[x.amount < 40], "kept": None}}
    by = ma.sensitivity(spend.by_vendor, lines, few, per="combination", currency="EUR")
    assert ((by["n_lines"] + by["n_left_out"]) == len(lines)).all()
    assert f"Left out, by a change of the lines: {(lines.amount >= 40).sum()} lines" in ma.explain(by)
    for per in (None, "group", "combination", "choice"):
        about = ma.sensitivity(slippage.by_vendor, lines, {"late_days": [0, 3]}, per=per, by="category").attrs
        usual = slippage.by_vendor(lines, by="category").attrs
        assert {k: about[k] for k in ("included", "excluded", "as_of", "source")} == {
            k: usual[k] for k in ("included", "excluded", "as_of", "source")
        }
        assert about["metric"] == "sensitivity" and about["parameters"]["by"] == "category"
    assert str(ma.explain(ma.sensitivity(spend.by_vendor, lines, SPEND))).startswith("sensitivity\n\nThe same figure")


def test_a_vendor_is_its_id_whatever_it_is_called(lines):
    renamed = {"as they are": None, "renamed": lambda x: x.assign(vendor_name=x.vendor_name + " GmbH")}
    got = ma.sensitivity(spend.by_vendor, lines, {"names": renamed})
    assert len(set(got.groupby("combination")["spend"].sum().round(6))) == 1
    assert got["spend"].notna().all()


@pytest.mark.full
def test_empty_in_empty_typed_out(lines):
    for f, choices in ((spend.by_vendor, SPEND), (slippage.by_vendor, {"late_days": [0, 3]})):
        for per in (None, "group", "combination", "choice"):
            none, some = (ma.sensitivity(f, x, choices, per=per) for x in (lines.iloc[:0], lines))
            assert len(none) == (len(choices.get("basis", [0, 3])) if per == "combination" else 0)
            pd.testing.assert_series_equal(none.dtypes, some.dtypes)
        assert "No data" in " ".join(t.get_text() for t in ma.plot_sensitivity(f, lines.iloc[:0], choices).texts)


def test_input_is_untouched_and_the_order_of_rows_irrelevant(lines):
    before = lines.copy()
    shuffled = lines.sample(frac=1, random_state=1)
    one, other = (ma.sensitivity(spend.by_vendor, x, SPEND, currency="EUR") for x in (lines, shuffled))
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(lines, before)


@pytest.mark.full
def test_purchases_and_functions_that_are_no_figure_of_a_room_are_taken():
    data = ma.load_sample(["emea"])
    one, other = (ma.sensitivity(spend.by_vendor, x, SPEND, currency="EUR") for x in (data, data.lines))
    pd.testing.assert_frame_equal(one, other)
    card = ma.sensitivity(ma.scorecard, data, {"until": ["2025-12-31", "2025-06-30"]}, currency="EUR")
    assert card["combination"].nunique() == 2 and card["spend"].notna().any()


# ---- the chart -------------------------------------------------------------------------------------------------------


def title(ax):
    return style.alt_text(ax).splitlines()[0]


def test_the_title_is_what_the_table_says(lines):
    eur = lines[lines.currency == "EUR"]
    rows = ma.sensitivity(spend.by_vendor, eur, SPEND)
    by = ma.sensitivity(spend.by_vendor, eur, SPEND, per="combination")
    first, order = int(by["same_first"].sum()), int(by["same_top"].sum())
    assert 0 < order < first < 3
    assert title(ma.plot_sensitivity(rows)).startswith(
        f"{by['vendor_name'][0]} is first under {first} of 3 ways to count; the order of the first 5 holds under "
        + ("no other" if order == 1 else str(order))
    )
    double = {"amounts": {"as they are": None, "doubled": lambda x: x.assign(amount=2 * x.amount)}}
    held = ma.plot_sensitivity(spend.by_vendor, eur, double)
    assert title(held).startswith("The ranking of the first 5 vendors holds under both ways to count")
    # a single value is drawn as the ladder is
    rate = ma.sensitivity(slippage.by_vendor, eur, {"late_days": [0, 1, 3], "calendar": [None, "weekdays"]}, by=None)
    said = title(ma.plot_sensitivity(rate))
    low, high = (f"{v:.0%}".replace("%", " %") for v in (rate.on_time_rate.min(), rate.on_time_rate.max()))
    assert said.startswith(f"On-time rate is {low} to {high}; what moves it most: days allowed late")


def test_the_chart_shows_ranges_the_usual_value_and_what_was_refused(lines):
    eur = lines[lines.currency == "EUR"]
    choices = {"basis": ["ordered", "received", "asked"]}
    ax = ma.plot_sensitivity(spend.by_vendor, eur, choices, rows=4)
    table = ma.sensitivity(spend.by_vendor, eur, choices, per="group").sort_values("rank").head(4)
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert dots == table["usual"].tolist()
    spans = [tuple(c.get_segments()[0][:, 0]) for c in ax.collections]
    assert spans == list(zip(table["lowest"], table["highest"], strict=True))
    assert "refused: 1 of 3 combinations" in title(ax)
    assert len(ax.get_yticklabels()) == 4 and "4 of 7 vendors" in title(ax)


def test_what_a_chart_can_not_draw_is_said(lines):
    rows = ma.sensitivity(spend.by_vendor, lines, SPEND)
    with pytest.raises(MixedCurrencyError):
        ma.plot_sensitivity(rows)
    assert "EUR" in title(
        ma.plot_sensitivity(rows[rows.currency == "EUR"])
    )  # the rows of one currency are a result, too
    for options in ({"currency": "EUR"}, {"value": "spend"}, {"by": None}, {"lines": lines}):
        with pytest.raises(OptionError, match="can't change any more"):
            ma.plot_sensitivity(rows, **options)
    with pytest.raises(SchemaError, match="without per="):
        ma.plot_sensitivity(ma.sensitivity(spend.by_vendor, lines, SPEND, per="group"))
    with pytest.raises(SchemaError, match="other groups"):
        ma.plot_sensitivity(rows.drop(index=rows.index[0]))
    with pytest.raises(OptionError, match="near: basis"):
        ma.plot_sensitivity(spend.by_vendor, lines, {"bassis": ["open"]})
    with pytest.raises(ConfigError, match="rows=0"):
        ma.plot_sensitivity(rows, rows=0)


def test_groups_that_are_equal_have_one_place_and_no_order():
    one = {"order_date": "2025-01-01", "required_date": "2025-01-10", "delivered_date": "2025-01-08"}
    lines = pd.DataFrame({"vendor_id": list("abc"), **{n: pd.Timestamp(day) for n, day in one.items()}})
    ax = ma.plot_sensitivity(
        slippage.by_vendor, lines, {"late_days": [0, 3], "calendar": [None, "weekdays"]}, as_of="2025-03-01"
    )
    assert title(ax).startswith("No order to compare: all 3 vendors are equal under all 4 ways to count")
    assert [t.get_text() for t in ax.texts] == ["100 %, place 1, shared"] * 3
    assert "dot: as usual, days allowed late 0, calendar days" in style.alt_text(ax)
