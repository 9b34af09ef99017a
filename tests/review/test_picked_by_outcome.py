"""Lines that were picked by what became of them: of those that are open each is late or not yet due, and none has come."""

import re
from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage, spend
from makini_analytics.review import View
from tests.tiers import one_in

COUNTED = ["open", "received", "closed_short", "unknown", "cancelled"]
JUDGED = ["on_time_rate", "promise_kept_rate", "otif_rate", "line_fill_rate", "median_days", "on_time_before"]


@pytest.fixture(scope="module")
def data():
    return ma.load_sample(["emea"])


@pytest.mark.full
@pytest.mark.parametrize("state", one_in(2, ["open", "received", ["open", "received", "closed_short", "unknown"]]))
def test_the_scorecard_judges_no_part(data, state):
    card = ma.scorecard(data.filter(state=state))

    assert card[[*JUDGED, "closed_short_rate", "cancelled_rate", "spend_before"]].isna().all(axis=None)
    assert card[["open_value", "overdue_value"]].isna().all(axis=None) == (state == "received")
    assert "are not judged: filtered by state." in " ".join(card.attrs["notes"])


@pytest.mark.full
def test_the_scorecard_of_all_that_count_is_that_of_all(data):
    whole, part = (ma.scorecard(d).set_index("vendor_id") for d in (data, data.filter(state=COUNTED)))

    pd.testing.assert_frame_equal(part, whole)


@pytest.mark.parametrize("state", ["open", "received"])
def test_no_older_year_is_compared(data, state):
    months = spend.by_period(data.filter(state=state).lines)
    whole = spend.by_period(data.filter(state=COUNTED).lines)

    assert months[["spend_year_before", "yoy_change", "n_lines_year_before"]].isna().all(axis=None)
    assert whole["yoy_change"].notna().any()


@pytest.mark.parametrize(
    ("state", "shown"), one_in(3, [("open", {"spend", "open_orders"}), ("received", {"spend"}), (COUNTED, {"spend", "slippage", "lead_times", "open_orders"})])
)  # fmt: skip
def test_the_report_has_the_sections_that_the_lines_bear(data, tmp_path, state, shown):
    ma.report(data.filter(state=state), tmp_path / "r.html", progress=False)
    page = (tmp_path / "r.html").read_text()
    sections = set(re.findall(r"<section id='part_(\w+)'", page))

    assert sections & {"spend", "slippage", "lead_times", "open_orders"} == shown
    assert ("Ordered spend, only state " in page) == isinstance(state, str)
    assert "was highest in" not in page or not isinstance(state, str)


@pytest.mark.full
def test_all_lines_of_a_figure_are_accounted_for(data):
    from makini_analytics.reporting._content import content

    some = data.filter(state="open")
    for exhibit in content(some).exhibits:
        if "excluded" in exhibit.table.attrs and exhibit.name.startswith("open_orders"):
            given = exhibit.table.attrs["included"]["n_lines"] + sum(
                e["n_lines"] for e in exhibit.table.attrs["excluded"]
            )
            assert given == len(some.lines)


@pytest.mark.full
@pytest.mark.parametrize("state", ["open", "received"])
def test_the_page_of_a_vendor_asks_for_open_lines_and_judges_none(data, tmp_path, state):
    some = data.filter(state=state)
    vendor = slippage.open_orders(data.lines)["vendor_name"].mode()[0]
    ma.report(some, tmp_path / "v.html", vendor=vendor, progress=False)
    page = (tmp_path / "v.html").read_text()

    assert "no lines to judge" in page
    assert ("What came can&#39;t be judged: filtered by state." in page) == (state == "received")


@pytest.mark.parametrize("column", one_in(2, ["status_id", "custom.Line Status"]))
def test_any_status_says_what_became_of_a_line(data, column):
    told = data.lines["status"].fillna("none").astype("string")
    some = replace(data, lines=data.lines.assign(**{column: told})).filter(**{column: str(told.iloc[0])})

    assert View.of(some, None, None).why_unjudged[0][1] == f"filtered by {column}"
    assert ma.findings(some).set_index("kind").loc["late", "sentence"].endswith(f"(filtered by {column})")


def test_what_is_left_out_is_named(data):
    assert View.of(data.filter(state="open"), None, None).why_unjudged[0][1] == "filtered by state"
