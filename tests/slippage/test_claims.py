"""What the titles of slippage, lead times and quality say must be true of the lines beneath: words and numbers, over random frames."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from makini_analytics import Purchases, lead_times, quality, slippage
from makini_analytics.charts import SMALL_N, captions_of, percent

AS_OF = pd.Timestamp("2025-06-30")
SEEDS = [*range(3), *(pytest.param(s, marks=pytest.mark.full) for s in range(3, 400))]
DAY = pd.Timedelta(days=1)


def title(ax):
    return captions_of(ax).title


def random_lines(seed):
    """Vendors and orders of any size; gaps in time, open lines, missing dates; few lines in every third frame."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30) if seed % 3 == 0 else rng.integers(60, 500))
    vendor = rng.integers(0, rng.integers(1, 9), n)
    order = rng.integers(0, max(n // int(rng.integers(1, 6)), 1), n)
    ordered = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 170, n), unit="D")
    required = ordered + pd.to_timedelta(rng.integers(5, 40, n), unit="D")
    late = rng.random(n) < rng.uniform(0, 0.9, 9)[vendor]
    came = required + pd.to_timedelta(np.where(late, rng.integers(1, 30, n), -rng.integers(0, 9, n)), unit="D")
    came = came.where((came <= AS_OF) & (rng.random(n) > 0.1))
    return pd.DataFrame(
        {
            "connection": "x", "vendor_id": pd.array([f"v{v}" for v in vendor], dtype="string").to_numpy(dtype=object),
            "order_id": order.astype(str), "line_id": np.arange(n).astype(str), "order_date": ordered,
            "required_date": required.where(rng.random(n) > 0.05), "delivered_date": came,
            "quantity": rng.integers(1, 50, n).astype(float), "amount": rng.uniform(1, 900, n).round(2), "currency": "EUR",
        }
    )  # fmt: skip


def random_options(seed):
    rng = np.random.default_rng(1000 + seed)
    return {
        "weight": str(rng.choice(["lines", "quantity", "value"])),
        "late_days": int(rng.integers(0, 4)),
        "early_days": [None, 3][rng.integers(0, 2)],
        "calendar": [None, "weekdays"][rng.integers(0, 2)],
    }


def judged(frame, options):
    """The due lines by `slippage.per_line`, with their weight and whether they are on time."""
    got = slippage.per_line(frame, as_of=AS_OF, **{k: v for k, v in options.items() if k != "weight"})
    column = {"lines": None, "quantity": "quantity", "value": "amount"}[options["weight"]]
    due = ~got.outcome.isin(["not_due", "excluded"]).to_numpy(dtype=bool)
    good = ["on_time", "early"] if options["early_days"] is None else ["on_time"]
    hit = got.outcome.isin(good)
    lines = frame.assign(hit=hit.to_numpy(dtype=bool), w=1.0 if column is None else frame[column])
    return lines[due]


def told_rate(text):
    """Return the number that a title gives, in percent or as a count of few lines, and the number of lines."""
    share = re.search(r"(<?[\d,]+ %) of (?:the (?:quantity|value) of )?([\d,]+) due lines?", text)
    if share:
        return share[1], int(share[2].replace(",", ""))
    count = re.search(r"([\d,]+) of ([\d,]+) due lines?", text)
    return int(count[1]), int(count[2])


def check_rate(text, lines, weight):
    rate, n = told_rate(text)
    assert n == len(lines)
    words = {"lines": "", "quantity": "the quantity of ", "value": "the value of "}[weight]
    if isinstance(rate, int):
        assert rate == lines.hit.sum()
        assert n < SMALL_N
    else:
        assert rate == percent((lines.w * lines.hit).sum() / lines.w.sum())
        assert f"of {words}{n:,} due" in text


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_clearly_below_is_the_same_on_every_chart(seed):
    frame, options = random_lines(seed), random_options(seed)
    result = slippage.by_vendor(frame, as_of=AS_OF, **options)
    bars, funnel = slippage.plot_by_vendor(result, top=3), slippage.plot_funnel(result)
    lines = judged(frame, options)
    if not len(lines):
        assert title(bars).startswith("No data")
        return
    for text in (title(bars), title(funnel)):
        check_rate(text, lines, options["weight"])
    below, above = ((result.against_others == w).fillna(False) for w in ("below", "above"))
    groups, n = int((result.n_due > 0).sum()), int(result.p_value.notna().sum())
    said = title(bars).partition("; ")[2]
    assert said.lower() == "" if groups == 1 else said.lower() in title(funnel).lower()
    # by the lines themselves: the rate of a vendor against that of all others, and enough of both
    for row in result[below | above].itertuples():
        mine = (lines.vendor_id == row.vendor_id).to_numpy()
        own, rest = ((lines.w * lines.hit)[m].sum() / lines.w[m].sum() for m in (mine, ~mine))
        assert (own < rest) == (row.against_others == "below")
        assert row.others_rate == pytest.approx(rest)
        assert min(mine.sum(), (~mine).sum()) >= SMALL_N
        assert lines.order_id[mine].nunique() >= 3
        assert (
            row.on_time_high < rest or row.on_time_low > rest
        )  # the interval that is drawn does not hold the line that is drawn
    if below.any() or above.any():
        first = re.match(r"([\d,]+) of ([\d,]+) vendors (?:is|are) clearly (below|above)", said)
        assert (int(first[1]), int(first[2])) == (int((below if below.any() else above).sum()), n)
        assert first[3] == ("below" if below.any() else "above")
    elif groups > 1:
        assert said.startswith("no clear difference" if n else "too few lines")
    # squares and triangles are those of the count, and each that is below is drawn where there is room
    shapes = [line.get_marker() for line in bars.lines]
    assert shapes.count("s") == min(int(below.sum()), 3)
    assert sum(len(line.get_xdata()) for line in funnel.lines if line.get_marker() == "s") == below.sum()
    assert sum(len(line.get_xdata()) for line in funnel.lines if line.get_marker() == "^") == above.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_period_is_up_or_down_only_where_both_have_lines_enough(seed):
    frame, options = random_lines(seed), random_options(seed)
    result = slippage.by_period(frame, as_of=AS_OF, freq="M" if seed % 2 else "Q", fiscal_year_start=4, **options)
    ax = slippage.plot_by_period(result)
    lines = judged(frame, options)
    if not len(lines):
        assert title(ax).startswith("No data")
        return
    period = lines.required_date.dt.to_period("M" if seed % 2 else "Q-MAR")
    whole = sorted({p for p in period if p.end_time.normalize() <= AS_OF})
    last = whole[-1] if whole else period.max()
    name = str(last) if seed % 2 else f"FY{last}"
    assert title(ax).startswith(f"On time in {name}: ")
    mine = lines[(period == last).to_numpy()]
    check_rate(title(ax), mine, options["weight"])
    moved = re.search(r", (up|down) from (.+)$", title(ax))
    if moved:
        before = lines[(period == last - 1).to_numpy()]
        now, then = ((x.w * x.hit).sum() / x.w.sum() for x in (mine, before))
        assert (moved[1] == "up") == (now > then)
        assert moved[2] == percent(then)
        assert min(len(mine), len(before)) >= SMALL_N
    elif len(whole) > 1 and not (period == last - 1).any():
        assert "nothing was due the period before" in title(ax)
    # every period from the first to the as-of day stands on the axis
    until = max(period.max(), AS_OF.to_period(period.dt.freq))
    ax.figure.draw_without_rendering()
    low, high = ax.get_xlim()
    assert round(high - low + 0.2) == (until - period.min()).n + 1
    assert captions_of(ax).subtitle.count("hollow") == int((~result.complete).any())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shares_of_early_and_late_are_those_of_the_lines(seed):
    frame = random_lines(seed)
    ax = slippage.plot_per_line(frame, as_of=AS_OF)
    lines = frame[frame.required_date.notna() & (frame.required_date <= AS_OF)]
    days = (lines.delivered_date - lines.required_date).dropna().dt.days
    overdue = int((lines.delivered_date.isna() & (lines.required_date < AS_OF)).sum())
    if not len(days):
        waits = f"{overdue:,} line{' is' if overdue == 1 else 's are'} open and overdue"
        assert title(ax) == f"Nothing delivered; {waits}" if overdue else title(ax).startswith("No data")
        return
    more = f"; {overdue:,} more {'is' if overdue == 1 else 'are'} open and overdue" if overdue else ""
    assert title(ax) == f"{percent((days > 0).mean())} of the delivered due lines came late{more}"
    ladder = slippage.ladder(frame, as_of=AS_OF, calendar=(None,))
    rates = ladder.on_time_rate.dropna()
    lowest, highest = percent(rates.min()), percent(rates.max())
    range_of = f"{lowest} on time under" if lowest == highest else f"{lowest} to {highest} on time"
    assert title(slippage.plot_ladder(ladder)).startswith(f"The same lines are {range_of}")


@pytest.mark.parametrize("seed", SEEDS)
def test_lead_times_are_told_of_enough_lines_and_in_the_days_that_are_drawn(seed):
    frame = random_lines(seed)
    calendar = [None, "weekdays"][seed % 2]
    result = lead_times.by_vendor(frame, as_of=AS_OF, calendar=calendar)
    ax = lead_times.plot_by_vendor(result, top=50)
    rows = result[result.n_delivered > 0]
    if not len(rows):
        n = int(result.n_lines.sum())
        assert title(ax).startswith(f"Nothing is delivered yet of {n} line" if n else "No data")
        return
    assert ax.get_xlabel().startswith("working days" if calendar else "calendar days")
    enough = rows[(rows.n_lines >= SMALL_N) & rows.median_days.notna()].median_days
    span = re.search(r"between (\d+) and (\d+) days, among (\d+) vendors", title(ax))
    one = re.search(
        r"Half of the lines of one of (\d+) vendors take up to (\d+) days; of the others? too few have come to tell",
        title(ax),
    )
    if span:
        assert [int(x) for x in span.groups()] == [round(enough.min()), round(enough.max()), len(enough)]
    elif one:
        assert [int(x) for x in one.groups()] == [int((result.n_lines > 0).sum()), round(enough.item())]
    elif (result.n_lines > 0).sum() > 1:
        assert title(ax).startswith(("Too few lines have come to tell", "No clear difference"))
        assert len(enough) == 0 or f"{enough.min():.0f}" == f"{enough.max():.0f}"
    months = lead_times.by_period(frame, as_of=AS_OF)
    drawn = lead_times.plot_by_period(months)
    told = re.search(r"median (?:was|lay between) (\d+)(?: and (\d+))? days", title(drawn))
    finished = months[months.finished & (months.n_lines >= SMALL_N) & months.median_days.notna()].median_days
    if told:
        assert [int(told[1]), int(told[2] or told[1])] == [round(finished.min()), round(finished.max())]
    else:
        assert not len(finished) or not months.n_delivered.sum()


def test_a_line_is_told_in_the_singular_and_units_follow_start_and_calendar():
    one = pd.DataFrame({"vendor_id": ["a"], "required_date": [AS_OF - 9 * DAY], "delivered_date": [AS_OF - 9 * DAY]})
    assert title(slippage.plot_by_vendor(one, as_of=AS_OF)) == "1 of 1 due line came on time"
    frame = random_lines(4).assign(approved_date=lambda f: f.order_date + DAY)
    ax = lead_times.plot_curve(frame, as_of=AS_OF, start="approval")
    assert ax.get_xlabel() == "calendar days since the approval"
    ax = lead_times.plot_by_vendor(frame, as_of=AS_OF, end="first_receipt")
    assert ax.get_xlabel() == "calendar days from order to first receipt"


def test_three_names_of_a_vendor_are_one_vendor():
    names = ["Acme", "ACME", "acme Ltd", "Bolt", "BOLT", "Other"]
    table = pd.DataFrame(
        {"order_number": list("123456"), "vendor_name": names, "amount": 1.0, "order_date": "2025-01-01"}
    )
    found = quality.duplicates(Purchases.from_table(table, currency="EUR", as_of="2025-02-01"))
    assert (found.kind == "vendor").sum() >= 4  # pairs
    assert title(quality.plot_duplicates(found)) == "Seems to be there twice: 2 vendors"
    copies = pd.DataFrame({"kind": ["due date", "due date"], "connection": ["a", "b"], "score": 99.0}).reindex(columns=found.columns)  # fmt: skip
    assert title(quality.plot_duplicates(copies.assign(name="x"))) == "The due dates of 2 connections copy the delivery"


def test_a_line_without_a_value_has_a_chance_all_the_same():
    """Of what falls due soon 3 lines lack a value and none a chance: the chart and its table must not say that nothing is known."""
    lines = pd.DataFrame(
        {
            "order_date": [AS_OF - 100 * DAY] * 200 + [AS_OF - 10 * DAY] * 6,
            "required_date": [AS_OF - 60 * DAY] * 200 + [AS_OF + 9 * DAY] * 6,
            "delivered_date": [AS_OF - (55 if i % 3 else 70) * DAY for i in range(200)] + [pd.NaT] * 6,
            "amount": [10.0] * 203 + [None] * 3,
            "currency": "EUR",
            "order_id": [str(i) for i in range(206)],
        }
    )
    got = slippage.ageing(lines, as_of=AS_OF).set_index("bucket").loc["not due"]
    assert got[["n_lines", "n_without_chance_30", "n_without_chance"]].tolist() == [6, 0, 0]
    assert 0 < got["expected_late_value_30"] < 30


def test_a_vendor_whose_due_dates_are_its_days_of_delivery_is_said_to_be():
    due = pd.date_range("2024-01-01", periods=300)
    vendor = np.array(["a", "b", "c"])[np.arange(300) % 3]
    late = pd.to_timedelta(np.where(vendor == "a", 0, np.random.default_rng(0).integers(-5, 3, 300)), unit="D")
    lines = pd.DataFrame({"vendor_id": vendor, "required_date": due, "delivered_date": due + late, "order_date": due - pd.Timedelta(days=9)})  # fmt: skip
    got = slippage.by_vendor(lines.assign(order_id=lines.index.astype(str)), as_of="2025-01-01").set_index("vendor_id")
    assert got.on_time_rate["a"] == 1
    assert got.attrs["notes"][0].startswith("Of 1 group all of 20 due lines or more came exactly on their due date")
    early = lines.assign(delivered_date=lines.delivered_date.where(lines.index != 0, due[0] - pd.Timedelta(days=1)))
    again = slippage.by_vendor(early.assign(order_id=lines.index.astype(str)), as_of="2025-01-01")
    assert again.attrs["notes"] == []
