"""Whose lead time changed: the statistic by loops, planted changes found and dated, chance and quiet last months not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import ConfigError, SchemaError, charts, lead_times, style
from tests.slippage.test_claims import random_lines
from tests.tiers import one_in

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2024-01-01")


def world(seed, *, n_vendors=10, months=24, orders=5, per_order=3, factor=1.0, at=None, until=None, median=30, sigma=0.4, together=(0.1, 0.4)):  # fmt: skip
    """Lines of vendors whose lead times are lognormal, alike within a month and an order; the first one's times ``factor`` from a day on."""
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(per_order - 1, n_vendors * months * orders)
    order = np.repeat(np.arange(len(size)), size)
    month = order // orders
    day = (month % months) * 30 + rng.integers(0, 30, len(size))[order]
    of_month, of_order = together
    z = np.sqrt(of_month) * rng.standard_normal(n_vendors * months)[month] + np.sqrt(of_order) * rng.standard_normal(len(size))[order]  # fmt: skip
    z = z + np.sqrt(1 - of_month - of_order) * rng.standard_normal(len(order))
    vendor = month // months
    planted = (vendor == 0) & (day >= (np.inf if at is None else at)) & (day < (np.inf if until is None else until))
    took = np.rint(median * np.exp(sigma * z) * np.where(planted, factor, 1.0))
    lines = pd.DataFrame({"vendor_id": [f"v{v:02}" for v in vendor], "order_date": START + day * DAY})
    came = lines.order_date + pd.to_timedelta(took, unit="D")
    return lines.assign(delivered_date=came.where(came <= START + months * 30 * DAY))


def shifts(lines, months=24):
    return lead_times.shifts(lines, as_of=START + months * 30 * DAY)


def statistic_of(lines, day, as_of):
    """The log-rank statistic of the lines from a day on against those before, by loops over the ages."""
    rows = [((d if not pd.isna(d) else as_of) - o, not pd.isna(d), o >= day) for o, d in zip(lines.order_date, lines.delivered_date, strict=True)]  # fmt: skip
    observed_less_expected = 0.0
    for age in sorted({a for a, came, _ in rows if came}):
        at_risk = [(came and a == age, after) for a, came, after in rows if a >= age]
        n_come = sum(come for come, _ in at_risk)
        share_after = sum(after for _, after in at_risk) / len(at_risk)
        observed_less_expected += sum(come and after for come, after in at_risk) - n_come * share_after
    n_after = sum(after for *_, after in rows)
    return abs(observed_less_expected) / (n_after * (len(rows) - n_after) / len(rows)) ** 0.5


def test_the_day_is_that_of_the_largest_log_rank_statistic():
    as_of = START + 12 * 30 * DAY
    lines = world(1, n_vendors=1, months=12, orders=4, factor=2.0, at=200)
    got = lead_times.shifts(lines, as_of=as_of).iloc[0]
    assert got.shifted
    months = sorted(lines.order_date.dt.to_period("M").unique())
    days = [d for d in sorted(lines.order_date.unique())[1:] if months[3] <= d.to_period("M") <= months[-3]]
    days = [d for d in days if (lines.order_date < d).sum() >= 20 and (lines.order_date >= d).sum() >= 20]
    assert got.shift_date == max(days, key=lambda d: statistic_of(lines, d, as_of))
    for side, median in ((lines.order_date < got.shift_date, got.median_before), (lines.order_date >= got.shift_date, got.median_after)):  # fmt: skip
        assert median == lead_times.by_vendor(lines[side], as_of=as_of).median_days[0]
    assert got.n_lines == len(lines)
    assert got.n_months == len(months)


@pytest.mark.parametrize(("factor", "at"), [(1.5, 330), (0.6, 400), (2.0, 560)])
def test_a_planted_change_is_found_dated_and_lasting(factor, at):
    got = shifts(world(7, factor=factor, at=at, orders=10))
    first = got.iloc[0]
    assert (first.vendor_id, bool(first.shifted)) == ("v00", True)
    assert first.low <= first.shift_date <= first.high
    assert abs((first.shift_date - START).days - at) <= 45
    assert first.median_after / first.median_before == pytest.approx(factor, rel=0.3)
    assert first.lasting in (True, pd.NA)
    assert not got.shifted[1:].any()


def test_a_change_that_went_back_is_not_lasting():
    first = shifts(world(3, n_vendors=1, factor=2.5, at=300, until=600, orders=10, together=(0.0, 0.3))).iloc[0]
    assert first.shifted
    assert not first.lasting


def test_a_quiet_last_month_is_no_improvement_and_slow_lines_are_no_change():
    """Half of what is ordered in the last three months is open, and only its fast half has come."""
    for seed in range(3):
        assert not shifts(world(seed, median=90)).shifted.any()


def test_what_is_too_little_is_not_tested():
    lines = world(1, n_vendors=1)
    for some in (lines.iloc[:0], lines.iloc[:1], lines.iloc[:39], lines[lines.order_date < START + 100 * DAY]):
        got = shifts(some)
        assert len(got) == min(len(some), 1)
        assert got.p_value.isna().all()
        assert got.shifted.isna().all()
        assert got.dtypes.astype(str).to_dict() | {} == shifts(lines).dtypes.astype(str).to_dict()


def test_the_order_of_the_rows_is_no_matter_and_every_line_is_accounted_for():
    lines = world(2, n_vendors=4, factor=2.0, at=300)
    lines["state"] = np.where(lines.delivered_date.isna(), "open", "received")
    lines.loc[lines.index[:30], ["state", "delivered_date"]] = ["cancelled", pd.NaT]
    kept = lines.copy()
    got = shifts(lines)
    pd.testing.assert_frame_equal(shifts(lines.sample(frac=1, random_state=1)), got)
    pd.testing.assert_frame_equal(lines, kept)
    told = got.attrs
    assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
    assert told["included"]["n_lines"] == got.n_lines.sum()
    assert "cancelled on an unknown day" in [e["reason"] for e in told["excluded"]]


def test_by_other_columns_and_what_is_refused():
    lines = world(5, n_vendors=2).assign(category="Bearings", connection="x")
    assert shifts(lines).columns[-1] == "connection"
    assert lead_times.shifts(lines, by="category", as_of="2026-01-01").category.tolist() == ["Bearings"]
    assert len(lead_times.shifts(lines, by=None, as_of="2026-01-01")) == 1
    with pytest.raises(SchemaError, match="order_date"):
        shifts(lines.drop(columns="order_date"))
    with pytest.raises(ConfigError, match="as-of"):
        lead_times.shifts(lines)


def alarms(seeds, **options):
    """How often a chart without any change names a vendor, and the error of that."""
    hit = np.array([shifts(world(s, **options), options.get("months", 24)).shifted.fillna(False).any() for s in seeds])
    return hit.mean(), (0.05 * 0.95 / len(hit)) ** 0.5


def test_chance_is_seldom_a_change():
    share, error = alarms(range(100, 125), n_vendors=5, months=18)
    assert share <= 0.05 + 3 * error


@pytest.mark.full
@pytest.mark.parametrize("options", [{}, {"median": 90}, {"n_vendors": 1}, {"orders": 1, "per_order": 8}, {"months": 12}, {"together": (0.0, 0.0)}, {"together": (0.3, 0.5)}])  # fmt: skip
def test_chance_is_a_change_in_one_chart_of_twenty(options):
    share, error = alarms(range(300), **options)
    assert share <= 0.05 + 3 * error


@pytest.mark.full
@pytest.mark.parametrize(("options", "power"), [({"orders": 10}, 0.4), ({"orders": 10, "months": 36}, 0.7), ({"orders": 10, "together": (0.0, 0.3)}, 0.85)])  # fmt: skip
def test_thirty_percent_longer_is_found_among_ten_vendors(options, power):
    months = options.get("months", 24)
    found = [bool(shifts(world(s, factor=1.3, at=months * 15, **options), months).set_index("vendor_id").shifted.fillna(False)["v00"]) for s in range(100)]  # fmt: skip
    assert np.mean(found) >= power


@pytest.mark.full
def test_the_interval_holds_the_day():
    held = []
    for s in range(150):
        got = shifts(world(s, n_vendors=1, factor=1.6, at=360, orders=10)).iloc[0]
        if got.shifted:
            held.append(got.low <= START + 361 * DAY and got.high >= START + 359 * DAY)
    assert len(held) > 100
    assert np.mean(held) >= 0.9


def test_the_chart_shows_what_is_found(tmp_path):
    lines = world(7, n_vendors=1, factor=1.6, at=330, orders=10)
    ax = lead_times.plot_shifts(lines, as_of=START + 720 * DAY)
    row = shifts(lines).iloc[0]
    assert f"{row.median_before:.0f} to {row.median_after:.0f} days" in charts.captions_of(ax).title
    assert style.save(ax, tmp_path / "x.png").stat().st_size > 10_000


@pytest.mark.full
def test_random_frames_are_told_whole():
    """Vendors and orders of any size, gaps, missing dates: each vendor has a row, every line is accounted for, p-values are in order."""
    for seed in range(200):
        lines = random_lines(seed)
        got, buffers = (f(lines, as_of="2025-06-30") for f in (lead_times.shifts, lead_times.buffer))
        assert sorted(got.vendor_id) == sorted(buffers.vendor_id) == sorted(lead_times.by_vendor(lines, as_of="2025-06-30").vendor_id)  # fmt: skip
        assert got.p_value.dropna().is_monotonic_increasing
        assert (got.low.dropna() <= got.shift_date.dropna()).all()
        for told in (got.attrs, buffers.attrs):
            assert told["included"]["n_lines"] + sum(e["n_lines"] for e in told["excluded"]) == len(lines)
        lead_times.plot_shifts(got)
        lead_times.plot_buffer(buffers)


def test_few_changes_are_drawn_from_close_by_where_lines_are_there():
    """The two curves of each vendor, read back from the picture, and a point for each month."""
    changed = [
        world(7, n_vendors=1, factor=1.6, at=330, orders=10),
        world(8, n_vendors=1, factor=0.6, at=400, orders=8),
    ]
    changed[1]["vendor_id"] = "other"
    lines, day = pd.concat(changed, ignore_index=True), START + 720 * DAY
    ax = lead_times.plot_shifts(lines, as_of=day)
    rows = lead_times.shifts(lines, as_of=day)
    drawn = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert len(drawn) == 4
    for i, row in enumerate(rows.to_dict("records")):
        mine = lines[lines.vendor_id == row["vendor_id"]]
        for k, part in enumerate(
            (mine[mine.order_date < row["shift_date"]], mine[mine.order_date >= row["shift_date"]])
        ):
            x, y = drawn[2 * i + k].get_data()
            share = (i + 0.37 - np.asarray(y)) / 0.74
            want = lead_times.curve(part, as_of=day)
            np.testing.assert_allclose(share[:-1], want.share_delivered[: len(share) - 1], atol=1e-9)
            assert np.all(np.diff(x) >= 0)
    assert sum(len(p.get_xdata()) for p in ax.lines if p.get_markersize() == 3.5) == sum(
        lead_times.by_period(m, as_of=day).median_days.notna().sum() for _, m in lines.groupby("vendor_id")
    )
    overview = lead_times.plot_shifts(rows)
    assert not any(line.get_drawstyle() == "steps-post" for line in overview.lines)
    assert charts.captions_of(overview).title == charts.captions_of(ax).title


def medians_drawn(ax) -> list[tuple[float, float]]:
    """Return by how much each curve, read at its median's dot, lies above one half and just before it below."""
    curves = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    dots = [line for line in ax.lines if line.get_marker() == "o" and line.get_markersize() == 5]
    out = []
    for i, dot in enumerate(dots):
        x, y = (np.asarray(v, dtype=float) for v in curves[i].get_data())
        place = float(dot.get_xdata()[0])
        at = np.searchsorted(x, place + 1e-9, side="right") - 1
        out.append((float(dot.get_ydata()[0]) - y[at], y[at - 1] - float(dot.get_ydata()[0])))
    return out


@pytest.mark.parametrize("kind", one_in(3, ["created before", "own last update", "zone"]))
def test_the_curves_are_split_and_end_where_the_figure_says(kind):
    """Each median lies on its curve: where lines begin otherwise, were updated less late, or have days with a zone."""
    slow, fast = (world(s, n_vendors=1, factor=f, at=330, orders=10) for s, f in ((7, 1.6), (8, 0.6)))
    lines = pd.concat([slow, fast.assign(vendor_id="other")], ignore_index=True)
    day, options = START + 720 * DAY, {}
    if kind == "created before":
        lines["created_at"] = (lines.order_date - 60 * DAY).dt.tz_localize("UTC")
        options = {"start": "creation", "as_of": day}
    elif kind == "zone":
        lines["order_date"] = lines.order_date.dt.tz_localize("UTC")
        options = {"as_of": day}
    else:
        lines["updated_at"] = day.tz_localize("UTC")
        lines.loc[lines.vendor_id == "other", "updated_at"] = (day - 150 * DAY).tz_localize("UTC")
        lines.attrs = {}
    ax = lead_times.plot_shifts(lines, **options)
    read = medians_drawn(ax)
    assert len(read) == 4 and all(above >= -1e-9 and below >= -1e-9 for above, below in read)


def test_what_is_not_known_is_neither_longer_nor_drawn_on():
    lines = world(7, n_vendors=1, factor=3.0, at=600, orders=10)
    day = START + 720 * DAY
    ax = lead_times.plot_shifts(lines, as_of=day)
    row = lead_times.shifts(lines, as_of=day).iloc[0]
    if pd.isna(row.median_after):
        assert "not yet known" in style.alt_text(ax)
    curves = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    after = lead_times.curve(lines[lines.order_date >= row.shift_date], as_of=day)
    if after.share_delivered.iloc[-1] < 1:
        wide = ax.get_xticks()
        assert max(curves[-1].get_xdata()) <= 1 and len(wide)
    from matplotlib.figure import Figure

    small = Figure(figsize=(4, 3)).subplots()
    lead_times.plot_shifts(lines, as_of=day, ax=small)
    assert not any(line.get_drawstyle() == "steps-post" for line in small.lines)
