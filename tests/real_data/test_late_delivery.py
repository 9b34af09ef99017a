"""The trial on real deliveries in docs/late_delivery.md: no rival looks ahead, and the page says what the script says."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.benchmarks import late_delivery as trial
from tests.conftest import SCMS, SCMS_FILES

PAGE = Path(__file__).parents[2] / "docs" / "late_delivery.md"


def test_what_happens_later_changes_no_forecast():
    """All lines that come after the day come on another day, and other lines are in time: what was said on the day stays."""
    lines = trial.lines_of(SCMS_FILES[SCMS[-1]])
    days = pd.DatetimeIndex(["2012-07-01"])
    later = lines.delivered_date > days[0]
    came = (lines.required_date + pd.Timedelta(days=9)).where(lines.required_date > days[0], lines.delivered_date)
    other = lines.assign(delivered_date=lines.delivered_date.mask(later, came))
    other["in_time"] = other.delivered_date <= other.required_date
    first, again = trial.forecasts(lines, days), trial.forecasts(other, days)
    assert len(first) == len(again) > 5
    assert first.in_time.any()
    assert not again.in_time.any()
    pd.testing.assert_frame_equal(first.drop(columns="in_time"), again.drop(columns="in_time"))


def test_the_figures_by_hand():
    got = pd.DataFrame(
        {
            "day": pd.to_datetime(["2012-01-01"] * 2 + ["2012-04-01"] * 2),
            "in_time": [True, False, True, True],
            trial.TRAILING: [0.5, 0.5, 0.5, 0.5],
            "other": [0.8, 0.4, 0.4, 0.6],
        }
    )
    row = trial.table_of(got).loc["other"]
    assert row.brier == pytest.approx((0.04 + 0.16 + 0.36 + 0.16) / 4)
    assert row.below == pytest.approx(1 - 0.18 / 0.25)
    assert row.no_worse == 0.5  # the second day: .26
    assert row.bias == pytest.approx(-0.2)
    assert row.auc == pytest.approx(2.5 / 3)
    assert row.f1 == pytest.approx(2 / 3)  # two were called late, one of which was


@pytest.mark.full
@pytest.mark.skipif("whole" not in SCMS, reason="the whole file of real deliveries is not on this machine")
def test_the_page_says_what_the_script_says():
    got = trial.table_of(trial.forecasts(trial.lines_of(SCMS_FILES["whole"])))
    page = PAGE.read_text(encoding="utf-8")
    for name, row in got.iterrows():
        said = re.search(
            rf"^\| {re.escape(name)} \| ([\d.]+) \| .* \| ([-+\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.M
        )
        assert said, name
        assert [float(x) for x in said.groups()] == pytest.approx([row.brier, row.bias, row.auc, row.f1], abs=0.006)
