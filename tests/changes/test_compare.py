"""Why a figure moved: the parts add up, are those of plain loops over all orders of replacement, and each edit lands in its own."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency, lead_times, slippage, spend, style
from makini_analytics.changes._shapley import shares
from tests.changes.worlds import METRICS, World, parts
from tests.tiers import one_in


def by_effect(result: pd.DataFrame) -> dict[str, float]:
    return dict(zip(result["effect"], result["value"], strict=True))


# ---- the algebra -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(5))
def test_shares_are_the_average_over_all_orders_that_have_values(n):
    rng = np.random.default_rng(n)
    for _ in range(10):
        value = rng.normal(size=(2**n, 1))
        value[1:-1][rng.random((max(2**n - 2, 0), 1)) < 0.3] = np.nan
        total, orders = np.zeros(n), 0
        for order in itertools.permutations(range(n)):
            states = list(itertools.accumulate(order, lambda s, k: s | 1 << k, initial=0))
            path = value[states, 0]
            if not np.isnan(path).any():
                orders += 1
                total[list(order)] += np.diff(path)
        want = total / orders if orders else np.full(n, np.nan)
        np.testing.assert_allclose(shares(value)[:, 0], want)


# ---- against plain loops ---------------------------------------------------------------------------------------------


def agrees(world: World, metric: str) -> int:
    """Check a world against the loops; return how many parts were compared."""
    groups = {"EUR": ("currency", "EUR"), "USD": ("currency", "USD")} if metric != "on_time" else {"all": (None, None)}
    n, result = 0, ma.compare(world.before, world.after, metric=metric)
    for column, value in groups.values():
        want = parts(world, metric, lambda row, c=column, v=value: c is None or row[c] == v)
        got = by_effect(result if column is None else result[result[column] == value])
        if want is None:
            assert all(np.isnan(v) for k, v in got.items() if k not in ("before", "after"))
            continue
        for kind, part in want.items():
            assert got.get(kind, 0.0) == pytest.approx(part, abs=1e-9), (metric, kind)
            n += part != 0
    return n


def small(seeds, most: int) -> list[World]:
    return [w for w in (World(seed, 4) for seed in seeds) if len(w.kinds()) <= most]


@pytest.mark.full
def test_parts_are_the_average_over_all_orders_of_replacement():
    worlds = small(range(12), 5)[:3]
    for metric in METRICS:
        assert sum(agrees(world, metric) for world in worlds) >= 3


@pytest.mark.full
def test_parts_are_the_average_over_all_orders_of_replacement_in_many_worlds():
    for metric in METRICS:
        assert sum(agrees(world, metric) for world in small(range(100), 6)) >= 60


@pytest.mark.parametrize(("column", "seeds"), [("vendor_id", (15,)), ("category", (77,))])
def test_parts_of_groups_are_those_of_the_loops_over_their_lines(column, seeds):
    moved = set()
    for world in (World(seed, 4) for seed in seeds):
        got = ma.compare(world.before, world.after, by=column)
        for (group, unit), rows in got.groupby([column, "currency"]):
            want = parts(world, "spend", lambda r, g=group, u=unit: r[column] == g and r["currency"] == u)
            for kind, part in want.items():
                assert by_effect(rows).get(kind, 0.0) == pytest.approx(part, abs=1e-9)
                moved |= {kind} if part else set()
    assert {"vendor_id": "vendor renamed", "category": "other changes"}[column] in moved


# ---- the ends and the sum --------------------------------------------------------------------------------------------


def figure(metric: str, lines: pd.DataFrame, by) -> pd.Series:
    """Return the figure that a metric is, by group."""
    keys = [by] if by else []
    if metric in ("spend", "open_value"):
        got = spend.by_vendor(lines, by=by, basis="open" if metric == "open_value" else "ordered")
        return got.set_index([*keys, "currency"])["spend"]
    if metric == "on_time":
        got, name = slippage.by_vendor(lines, by=by), "on_time_rate"
    else:
        got, name = lead_times.by_vendor(lines, by=by), "median_days"
    return got.set_index(keys)[name] if keys else got[name]


def adds_up(before: pd.DataFrame, after: pd.DataFrame, metric: str, by=None) -> None:
    """Check that the ends are the figures, and that the parts are the change to the cent."""
    got = ma.compare(before, after, metric=metric, by=by)
    keys = [c for c in (by, "currency") if c in got.columns]
    for side, lines in (("before", before), ("after", after)):
        mine = got[got["effect"] == side]
        mine = mine.set_index(keys)["value"] if keys else mine["value"].reset_index(drop=True)
        want = figure(metric, lines, by).reindex(mine.index)
        fill = 0.0 if metric in ("spend", "open_value") else np.nan
        np.testing.assert_allclose(mine.to_numpy(float), want.fillna(fill).to_numpy(float), atol=0.004)
    table = got.assign(key=got[keys].astype(str).agg("|".join, axis=1) if keys else "")
    for _, rows in table.groupby("key"):
        inner = rows[~rows["effect"].isin(["before", "after"])]["value"]
        ends = by_effect(rows)
        if not inner.isna().any():
            assert ends["before"] + inner.sum() == pytest.approx(ends["after"], abs=0.004, nan_ok=True)
            assert len(inner) or ends["before"] == pytest.approx(ends["after"], nan_ok=True)


ALL = ("spend", "open_value", "on_time", "lead_time")


def test_parts_add_up_to_the_change_on_random_pairs():
    for seed, metric in enumerate(ALL, start=100):
        world = World(seed, 20)
        adds_up(world.before, world.after, metric, by=None if seed % 2 else "vendor_id")


@pytest.mark.full
def test_parts_add_up_to_the_change_on_two_hundred_random_pairs():
    for seed in range(200, 400):
        world = World(seed, 25)
        for metric in ALL:
            adds_up(world.before, world.after, metric, by=None if seed % 2 else "vendor_id")


@pytest.fixture(scope="module")
def sample():
    """The sample in November, and at the end of the year with some edits."""
    lines = ma.load_sample("emea").lines
    rng = np.random.default_rng(5)
    before = lines[lines.order_date < "2025-11-15"].copy()
    before.attrs = dict(lines.attrs) | {"as_of": "2025-11-14"}
    dearer, gone = rng.random(len(lines)) < 0.05, rng.random(len(lines)) < 0.02
    after = lines.assign(
        unit_price=lines.unit_price.mask(dearer, lines.unit_price * 1.1),
        amount=lines.amount.mask(dearer, lines.amount * 1.1),
        state=lines.state.mask(gone, "cancelled"),
    )
    after.attrs = dict(lines.attrs)
    return before, after


@pytest.mark.parametrize("metric", one_in(2, ALL))
def test_ends_are_the_figures_and_parts_add_up_on_the_sample(sample, metric):
    adds_up(*sample, metric)


def test_the_order_of_the_lines_and_the_input_don_t_matter(sample):
    before, after = sample
    kept = before.copy(), after.copy()
    got = ma.compare(before, after, by="category")
    mixed = [side.sample(frac=1, random_state=3) for side in sample]
    for side, own in zip(mixed, sample, strict=True):
        side.attrs = own.attrs
    other = ma.compare(*mixed, by="category")
    pd.testing.assert_frame_equal(got, other, check_exact=False, rtol=1e-9, atol=1e-6)
    for side, own in zip(kept, sample, strict=True):
        pd.testing.assert_frame_equal(side, own)


# ---- one edit of each kind -------------------------------------------------------------------------------------------


@pytest.fixture
def plain():
    """Forty lines on 30 June: half of them have come, the others are due in July."""
    n = np.arange(40)
    return pd.DataFrame(
        {
            "connection": "c", "order_id": (n // 2).astype(str), "line_id": n.astype(str), "vendor_id": "v", "vendor_name": "Vogel",
            "state": np.where(n < 20, "received", "open"), "order_date": pd.Timestamp("2025-06-01") + pd.to_timedelta(n % 10, "D"),
            "required_date": pd.to_datetime(np.where(n < 20, "2025-06-20", "2025-07-20")),
            "delivered_date": pd.to_datetime(np.where(n < 20, "2025-06-18", None)), "quantity": 10.0,
            "received_quantity": np.where(n < 20, 10.0, 0.0), "unit_price": 5.0, "amount": 50.0, "currency": "EUR",
        }
    )  # fmt: skip


def looked_at(lines: pd.DataFrame, day: str) -> pd.DataFrame:
    lines.attrs["as_of"] = day
    return lines


def edited(lines: pd.DataFrame, number: int, **columns) -> pd.DataFrame:
    out = lines.copy()
    for name, value in columns.items():
        if name not in out:
            out[name] = pd.Series(pd.NaT if "date" in name or "_at" in name else None, index=out.index)
        out.loc[number, name] = pd.Timestamp(value) if "date" in name or "_at" in name else value
    return out


NEW_LINE = {"order_id": "new", "line_id": "1", "order_date": pd.Timestamp("2025-07-03"), "state": "open"}
PLANTED = {
    "new orders": ("spend", 50.0, lambda d: pd.concat([d, d.iloc[[30]].assign(**NEW_LINE)], ignore_index=True)),
    "late-arriving orders": (
        "spend", 50.0,
        lambda d: pd.concat([d, d.iloc[[30]].assign(**NEW_LINE | {"order_date": pd.Timestamp("2025-06-10")})], ignore_index=True),
    ),
    "added lines": (
        "spend", 50.0, lambda d: pd.concat([d, d.iloc[[30]].assign(line_id="x", order_date=pd.Timestamp("2025-06-10"))], ignore_index=True)),
    "prices": ("spend", 10.0, lambda d: edited(d, 25, unit_price=6.0, amount=60.0)),
    "quantities": ("spend", 15.0, lambda d: edited(d, 25, quantity=13.0, amount=65.0)),
    "dates": ("on_time", -1 / 40, lambda d: edited(d, 3, required_date="2025-06-17")),
    "receipts": ("open_value", -50.0, lambda d: edited(d, 25, state="received", delivered_date="2025-07-05", received_quantity=10.0)),
    "released": ("spend", 50.0, lambda d: d),
    "cancelled": ("spend", -50.0, lambda d: edited(d, 25, state="cancelled", cancelled_date="2025-07-05")),
    "deleted": ("spend", -50.0, lambda d: edited(d, 25, deleted_at="2025-07-05", cancelled_date="2025-07-05", state="cancelled")),
    "document currency": ("spend", -50.0, lambda d: edited(d, 25, currency="USD")),
}  # fmt: skip


@pytest.mark.parametrize("kind", one_in(5, PLANTED))
def test_one_planted_edit_lands_in_its_own_part(plain, kind):
    metric, part, edit = PLANTED[kind]
    if metric == "on_time":  # nothing is to come, so that time alone moves nothing
        plain = plain.assign(
            delivered_date=pd.Timestamp("2025-06-18"), required_date=pd.Timestamp("2025-06-20"), received_quantity=10.0
        )
    before = edited(plain, 25, state="draft") if kind == "released" else plain.copy()
    got = ma.compare(looked_at(before, "2025-06-30"), looked_at(edit(plain), "2025-07-10"), metric=metric)
    if "currency" in got:
        got = got[got["currency"] == "EUR"]
    inner = got[~got["effect"].isin(["before", "after"])]
    assert by_effect(inner) == {kind: pytest.approx(part)}
    assert inner["n_lines"].tolist() == [1]
    assert got["effect"].iloc[[0, -1]].tolist() == ["before", "after"]
    opened = ma.compare(
        looked_at(before, "2025-06-30"), looked_at(edit(plain), "2025-07-10"), metric=metric, per_line=True
    )
    assert set(opened["effect"]) == {kind}
    if "currency" in got:
        assert opened.loc[opened["currency"] == "EUR", "value"].sum() == pytest.approx(part)


def test_a_line_that_is_gone_without_a_trace_is_deleted_unless_it_was_not_asked_for(plain):
    before, after = looked_at(plain.copy(), "2025-06-30"), looked_at(plain.drop(index=25), "2025-06-30")
    assert by_effect(ma.compare(before, after)) == {"before": 2000.0, "deleted": -50.0, "after": 1950.0}
    after = looked_at(plain[plain.order_date > "2025-06-01"].copy(), "2025-06-30")
    after.attrs["since"] = "2025-06-02"
    assert by_effect(ma.compare(before, after)) == {"before": 2000.0, "other window": -200.0, "after": 1800.0}


def test_a_renamed_vendor_moves_from_its_name_to_the_other(plain):
    plain = plain.drop(columns="vendor_id")
    after = looked_at(edited(plain, 25, vendor_name="Vogel AG"), "2025-06-30")
    got = ma.compare(looked_at(plain.copy(), "2025-06-30"), after, by="vendor_name").set_index(
        ["vendor_name", "effect"]
    )
    assert got["value"].to_dict() == {
        ("Vogel", "before"): 2000.0, ("Vogel", "vendor renamed"): -50.0, ("Vogel", "after"): 1950.0,
        ("Vogel AG", "before"): 0.0, ("Vogel AG", "vendor renamed"): 50.0, ("Vogel AG", "after"): 50.0,
    }  # fmt: skip
    assert by_effect(ma.compare(looked_at(plain.copy(), "2025-06-30"), after)) == {"before": 2000.0, "after": 2000.0}


def test_another_rate_of_conversion_is_no_edit(plain):
    foreign = plain.assign(currency=np.where(plain.index == 25, "USD", "EUR"))
    sides = [currency.convert(looked_at(foreign.copy(), "2025-06-30"), "EUR", {"USD": rate}) for rate in (0.9, 0.8)]
    got = ma.compare(*sides)
    assert by_effect(got) == {"before": 1995.0, "currency rate": pytest.approx(-5.0), "after": 1990.0}
    # a quantity that was edited beside it is no price, though the converted price per piece is another one
    more = edited(foreign, 25, quantity=12.0, amount=60.0)
    got = ma.compare(sides[0], currency.convert(looked_at(more, "2025-06-30"), "EUR", {"USD": 0.8}))
    assert by_effect(got) == {
        "before": 1995.0, "quantities": pytest.approx((9 + 8) / 2), "currency rate": pytest.approx((-5 - 6) / 2), "after": 1998.0,
    }  # fmt: skip
    # an amount that was edited after the conversion, whatever the original says
    dearer = sides[0].assign(amount=sides[0]["amount"] * 1.1)
    assert by_effect(ma.compare(sides[0], dearer)) == {
        "before": 1995.0,
        "prices": pytest.approx(199.5),
        "after": pytest.approx(2194.5),
    }
    # the document in another currency at unchanged rates
    other = currency.convert(looked_at(foreign.assign(currency="EUR"), "2025-06-30"), "EUR", {"USD": 0.9})
    assert by_effect(ma.compare(sides[0], other)) == {
        "before": 1995.0,
        "document currency": pytest.approx(5.0),
        "after": 2000.0,
    }


def test_another_definition_is_told_from_what_happened(plain):
    late = plain.assign(delivered_date=plain.delivered_date.mask(plain.index < 8, pd.Timestamp("2025-06-22")))
    before, after = (
        looked_at(late.copy(), "2025-06-30"),
        looked_at(edited(late, 9, delivered_date="2025-06-25"), "2025-06-30"),
    )
    got = ma.compare(before, after, metric="on_time", definition={"late_days": 3}, definition_before={"late_days": 0})
    assert by_effect(got) == {
        "before": 12 / 20, "receipts": pytest.approx(-1 / 20), "another definition": pytest.approx(8 / 20), "after": 19 / 20,
    }  # fmt: skip
    with pytest.raises(ma.OptionError, match="near: late_days"):
        ma.compare(before, after, metric="on_time", definition={"late_day": 3})


def test_time_alone_makes_open_lines_overdue(plain):
    before, after = looked_at(plain.copy(), "2025-06-30"), looked_at(plain.copy(), "2025-07-21")
    got = ma.compare(before, after, metric="on_time")
    assert by_effect(got) == {"before": 1.0, "time passed": -0.5, "after": 0.5}
    assert got["n_lines"].tolist() == [20, 20, 40]
    assert by_effect(ma.compare(before, after, metric="on_time", as_of="2025-07-21")) == {"before": 0.5, "after": 0.5}


def test_from_one_day_only_what_was_written_anew_since_counts(plain):
    """June's figure is another one in July: not by what was ordered or received in July."""
    after = edited(plain, 25, state="received", delivered_date="2025-07-05", received_quantity=10.0)
    after = edited(after, 26, amount=70.0, unit_price=7.0)
    late = plain.iloc[[30]].assign(
        **NEW_LINE | {"order_date": pd.Timestamp("2025-06-10"), "line_id": "2", "order_id": "late"}
    )
    after = pd.concat([after, plain.iloc[[30]].assign(**NEW_LINE), late], ignore_index=True)
    sides = looked_at(plain.copy(), "2025-06-30"), looked_at(after, "2025-07-10")
    got = by_effect(ma.compare(*sides, metric="open_value", as_of="2025-06-30"))
    assert got == {"before": 1000.0, "late-arriving orders": 50.0, "prices": 20.0, "after": 1070.0}
    assert by_effect(ma.compare(*sides, metric="open_value"))["receipts"] == -50.0


def test_price_and_quantity_share_what_they_did_together(plain):
    after = looked_at(edited(plain, 25, quantity=12.0, unit_price=7.5, amount=90.0), "2025-06-30")
    before = looked_at(plain.copy(), "2025-06-30")
    # 50 -> 75 -> 90 or 50 -> 60 -> 90
    assert by_effect(ma.compare(before, after)) == {
        "before": 2000.0, "prices": pytest.approx((25 + 30) / 2), "quantities": pytest.approx((15 + 10) / 2), "after": 2040.0,
    }  # fmt: skip
    opened = ma.compare(before, after, per_line=True)
    assert opened["changed"].tolist() == ["unit_price 5 -> 7.5; amount 50 -> 90", "quantity 10 -> 12"]
    assert opened[["line_id", "before", "after"]].to_numpy().tolist() == [["25", 50.0, 90.0]] * 2
    # without a unit price the amount says whether it is the price that moved
    bare = [
        looked_at(side.drop(columns="unit_price"), "2025-06-30")
        for side in (before, edited(plain, 25, quantity=12.0, amount=60.0))
    ]
    assert by_effect(ma.compare(*bare)) == {"before": 2000.0, "quantities": 10.0, "after": 2010.0}


# ---- what it refuses, and the chart ----------------------------------------------------------------------------------


def test_what_can_t_be_compared_is_said(plain):
    before, after = looked_at(plain.copy(), "2025-06-30"), looked_at(plain.copy(), "2025-07-10")
    with pytest.raises(
        ma.ConfigError, match="before is of 2025-07-10 and after of 2025-06-30: pass the earlier one first"
    ):
        ma.compare(after, before)
    with pytest.raises(ma.ConfigError, match="metric='spent'"):
        ma.compare(before, after, metric="spent")
    with pytest.raises(ma.SchemaError, match="compare needs the column 'line_id'"):
        ma.compare(before.drop(columns="line_id"), after)
    with pytest.raises(ma.SchemaError, match="several lines"):
        ma.compare(before, pd.concat([after, after.iloc[[0]]]))
    with pytest.raises(ma.ConfigError, match="no as-of day"):
        ma.compare(plain.assign(), plain.assign(), metric="on_time")
    assert ma.compare(before.iloc[:0], after.iloc[:0]).empty
    assert ma.compare(before, after.iloc[:0]).set_index("effect")["value"]["deleted"] == -2000.0


def test_lines_without_a_day_are_compared_as_they_are(plain):
    got = ma.compare(plain, edited(plain, 25, amount=60.0, unit_price=6.0))
    assert by_effect(got) == {"before": 2000.0, "prices": 10.0, "after": 2010.0}


def test_included_and_excluded_are_all_lines_of_both_sides(sample):
    got = ma.compare(*sample, currency="eur")
    assert got["currency"].unique().tolist() == ["EUR"]
    about = got.attrs
    counted = about["included"]["n_lines"] + sum(e["n_lines"] for e in about["excluded"])
    assert counted == sum(map(len, sample))
    said = ma.explain(got)
    assert "Why a figure differs from an earlier state" in said
    assert (
        f"Before: {len(sample[0]):,} lines as of 2025-11-14; after: {len(sample[1]):,} lines as of 2025-12-31" in said
    )


def test_the_chart_leads_from_before_to_after(sample):
    result = ma.compare(*sample, currency="EUR")
    ax = ma.plot_compare(result)
    widths = [p.get_width() for p in ax.patches]
    assert widths == pytest.approx(result["value"].tolist())
    assert style.alt_text(ax).startswith("Ordered spend rose by")
    assert "Median lead time" in style.alt_text(ma.plot_compare(*sample, metric="lead_time"))
    with pytest.raises(ma.ConfigError, match="one group"):
        ma.plot_compare(*sample, currency="EUR", by="category")
    with pytest.raises(ma.MixedCurrencyError):
        ma.plot_compare(*sample)


def test_sides_without_a_connection_in_common_are_not_compared():
    with pytest.raises(ma.ConfigError, match="no connection in common"):
        ma.compare(ma.load_sample(["us"]), ma.load_sample(["emea"]))
