"""A list of orders that says nothing of deliveries: no line of it is late, and no vendor is asked for new dates."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.review import look
from tests.tiers import one_in

DAY = pd.Timestamp("2025-06-20")


def ordered(**more) -> pd.DataFrame:
    days = pd.date_range("2023-07-01", "2025-06-10", freq="6D")
    n = len(days)
    columns = {
        "order_number": [f"P{i}" for i in range(n)],
        "line_number": "1",
        "vendor_name": [f"V{i % 4}" for i in range(n)],
        "order_date": days,
        "required_date": days + pd.Timedelta(days=21),
        "quantity": 10.0,
        "unit_price": 5.0,
        "amount": 50.0,
        "currency": "EUR",
    }
    return pd.DataFrame(columns | more)


def text_of(path) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def silent() -> ma.Purchases:
    return ma.Purchases.from_table(ordered(), as_of=DAY)


@pytest.mark.full
def test_what_came_late_or_is_overdue_can_not_be_told(silent):
    told = ma.findings(silent).set_index("kind")
    for kind in ("late", "soon late", "overdue"):
        assert told.loc[kind, "certainty"] == "can't be told"
        assert "nothing says what has come" in told.loc[kind, "sentence"]
    assert [tile.name for tile in look(silent).tiles] == ["spend"]
    assert ma.scorecard(silent)["overdue_value"].isna().all()


@pytest.mark.full
def test_report_and_vendor_page_do_not_claim_it(silent, tmp_path):
    page = text_of(ma.report(silent, tmp_path / "r.html", progress=False))
    handed = text_of(ma.report(silent, tmp_path / "v.html", vendor="V1", progress=False))
    assert "nothing says what has come" in page
    assert "Lines not known to have come" in page
    for said in ("Open value by age", "On-time delivery", "0 % of", "is overdue", "Days overdue", "Chance"):
        assert said not in page
    assert "Nothing says what has come" in handed
    assert "confirm" not in handed
    assert "overdue" not in handed


@pytest.mark.parametrize(
    "told",
    one_in(3, [{"status": "open"}, {"received_quantity": 0.0}, {"delivered_date": pd.NaT, "status": "Approved"}]),
)
def test_a_status_or_a_receipt_says_so_also_where_nothing_came(told):
    data = ma.Purchases.from_table(ordered(**told), as_of=DAY)
    assert ma.findings(data).set_index("kind").loc["overdue", "certainty"] == "counted"


def test_of_two_connections_the_one_that_tells_is_judged_and_all_lines_are_accounted_for(silent):
    frame = ordered(delivered_date=ordered()["required_date"] + pd.Timedelta(days=2), connection="tells")
    frame.loc[frame["delivered_date"] > DAY, "delivered_date"] = pd.NaT
    frame.loc[5, "delivered_date"] = pd.NaT  # overdue
    tells = ma.Purchases.from_table(frame, as_of=DAY)
    both, alone = ma.concat([silent, tells]), tells
    found, expected = (look(d) for d in (both, alone))
    for kind in ("late", "overdue"):
        one, other = (x.findings.set_index("kind").loc[kind, "value"] for x in (found, expected))
        assert one == other > 0
    tiles, usual = ({t.name: t.value for t in x.tiles} for x in (found, expected))
    assert tiles["on_time"] == usual["on_time"]
    assert tiles["overdue"] == usual["overdue"]
    assert any("table records no delivery days" in s for s in found.data_line)
    from makini_analytics.reporting import content

    for exhibit in content(both).exhibits:
        about = exhibit.table.attrs
        if about.get("metric", "").startswith("slippage"):
            n = about["included"]["n_lines"] + sum(e["n_lines"] for e in about["excluded"])
            assert n == len(both), exhibit.name
            assert set(exhibit.table.get("connection", pd.Series(dtype="string")).dropna()) <= {"tells"}


@pytest.mark.full
def test_vendors_of_both_are_judged_by_the_lines_that_tell(silent, tmp_path):
    """Lead times and rates are those of the connection that tells, whatever else was ordered; spend is that of both."""
    tells, both = beside(silent)
    card, alone = (ma.scorecard(d, by="vendor_name").set_index("vendor_name") for d in (both, tells))
    ordered_of = ("spend", "n_orders", "n_lines", "open_value", "returned")
    judged = [c for c in card if not c.startswith(ordered_of)]
    pd.testing.assert_frame_equal(card[judged], alone[judged])
    assert (card["spend"] == 2 * alone["spend"]).all()
    assert card.attrs["notes"][-1].startswith(f"Deliveries of {len(silent)} lines are not judged: nothing says what")
    apart = ma.scorecard(both).set_index("connection").loc["table"]
    assert (
        apart[["on_time_rate", "median_days", "closed_short_rate", "cancelled_rate", "overdue_value"]]
        .isna()
        .all(axis=None)
    )
    assert (apart["n_due"] == 0).all()
    mine, usual = (text_of(ma.report(d, tmp_path / "v.html", vendor="V1", progress=False)) for d in (both, tells))
    assert mine[mine.index("due came on time") :] == usual[usual.index("due came on time") :]


@pytest.mark.full
def test_a_report_of_a_vendor_of_both_judges_the_lines_that_tell(silent):
    from makini_analytics.reporting import content

    made = content(beside(silent)[1], vendor="V1")
    for exhibit in made.exhibits + made.beside():
        about = exhibit.table.attrs
        if about.get("metric", "").startswith(("slippage", "lead_times")):
            n = about["included"]["n_lines"] + sum(e["n_lines"] for e in about["excluded"])
            assert n == len(made.data), exhibit.name
        if exhibit.name == "lead_times_by_material":
            assert exhibit.table["n_lines"].sum() == 15


def beside(silent: ma.Purchases) -> tuple[ma.Purchases, ma.Purchases]:
    """Return data that tell what has come, two days early, alone and beside those that don't."""
    frame = ordered(delivered_date=ordered()["required_date"] - pd.Timedelta(days=2), connection="tells")
    frame.loc[frame["delivered_date"] > DAY, "delivered_date"] = pd.NaT
    tells = ma.Purchases.from_table(frame, as_of=DAY)
    return tells, ma.concat([silent, tells])


@pytest.mark.full
def test_a_connection_without_items_beside_one_with_is_no_error(silent, tmp_path):
    assert ma.report(ma.concat([silent, ma.load_sample(["us"])]), tmp_path / "r.html", progress=False).exists()


@pytest.mark.full
def test_a_vendor_is_not_told_of_a_day_after_the_data(tmp_path):
    data = ma.load_sample(["us"])
    vendor = data.lines["vendor_name"].iloc[0]
    with pytest.raises(ma.ConfigError, match="nothing is known after 31 December 2025"):
        ma.report(data, tmp_path / "v.html", vendor=vendor, as_of="2026-06-30")
    assert ma.report(data, tmp_path / "v.html", vendor=vendor, as_of="2025-12-31").exists()


@pytest.mark.full
def test_an_id_that_is_another_vendor_in_another_connection_is_no_page(tmp_path):
    rows = ordered(vendor_id="V1", vendor_name="Alpha GmbH", connection="emea")
    others = ordered(vendor_id="V1", vendor_name="Rival Inc", connection="us")
    data = ma.Purchases.from_table(pd.concat([rows, others], ignore_index=True), as_of=DAY)
    with pytest.raises(ma.ConfigError, match="Alpha GmbH in emea, Rival Inc in us"):
        ma.report(data, tmp_path / "v.html", vendor="V1")
    assert "Rival" not in text_of(ma.report(data, tmp_path / "v.html", vendor="Alpha GmbH"))
    one = data.filter(connection="us")
    assert "Alpha" not in text_of(ma.report(one, tmp_path / "v.html", vendor="V1"))


@pytest.mark.full
def test_a_tile_says_what_its_change_is_of_where_that_is_not_its_value():
    days = pd.date_range("2023-01-02", "2025-05-20", freq="2D")
    new = days[days > "2024-10-10"]
    one, other = (ordered_on(d, late=late, connection=c) for d, late, c in ((days, 0.1, "emea"), (new, 0.6, "us")))
    data = ma.Purchases.from_table(pd.concat([one, other], ignore_index=True), as_of="2025-06-17")
    alone = {t.name: t for t in look(data.filter(connection="emea")).tiles}
    both = {t.name: t for t in look(data).tiles}
    for name in ("on_time", "otif"):
        assert both[name].value < alone[name].value
        assert f"without us {alone[name].value_text}, " in both[name].change_text
        assert not any(word in alone[name].change_text for word in ("without", "like for like"))
        assert both[name].change_text.endswith(alone[name].change_text)


def ordered_on(days: pd.DatetimeIndex, *, late: float, connection: str) -> pd.DataFrame:
    n = len(days)
    due = days + pd.Timedelta(days=25)
    missed = [i % 10 < late * 10 for i in range(n)]
    return pd.DataFrame(
        {
            "connection": connection,
            "order_number": [f"{connection}{i}" for i in range(n)],
            "line_number": "1",
            "vendor_name": [f"V{i % 9}" for i in range(n)],
            "order_date": days,
            "required_date": due,
            "delivered_date": due + pd.to_timedelta([3 if m else -1 for m in missed], unit="D"),
            "quantity": 1.0,
            "amount": 9.0,
            "currency": "EUR",
        }
    )


@pytest.mark.full
def test_a_lead_time_that_moved_is_told_as_the_figure_has_it():
    """What is tested is cut at a horizon; what is said is not: a vendor that takes 80 days does not take 33."""
    days = pd.date_range("2023-06-19", "2025-06-10", freq="D")
    n = len(days)
    vendor = [i % 20 for i in range(n)]
    lead = [
        15 + (i * 7) % 9 + (60 if v == 7 and d > pd.Timestamp("2024-06-17") else 0)
        for i, (v, d) in enumerate(zip(vendor, days, strict=True))
    ]
    frame = ordered_on(days, late=0, connection="x").assign(
        vendor_name=[f"V{v}" for v in vendor], delivered_date=days + pd.to_timedelta(lead, unit="D")
    )
    frame = pd.concat([frame, frame.assign(order_number=frame["order_number"] + "b")], ignore_index=True)
    frame.loc[frame["delivered_date"] > "2025-06-17", "delivered_date"] = pd.NaT
    data = ma.Purchases.from_table(frame, as_of="2025-06-17")
    told = ma.findings(data).set_index("kind").loc["lead time"]
    names = {"lines": data.lines, "lead_times": ma.lead_times}
    table = eval(told["call"], names).set_index("vendor_name")["median_days"]
    assert table["V7"] > 70
    assert told["sentence"].startswith("Lead times grew at V7")
    assert f"V7 takes {table['V7']:.0f} days, " in told["why"]
    assert "(medians)" in told["why"]


@pytest.mark.full
def test_a_table_without_currency_is_of_the_twelve_months_and_its_call_gives_the_number():
    frame = ordered()[["order_number", "vendor_name", "amount", "order_date"]]
    frame.loc[frame["order_date"] > "2024-06-20", "amount"] = 80.0
    frame.loc[3, "order_date"] = pd.NaT
    data = ma.Purchases.from_table(frame, as_of=DAY)
    told = ma.findings(data).set_index("kind").loc["change"]
    got = eval(told["call"], {"lines": data.lines, "spend": ma.spend})
    assert got["spend"].sum() == pytest.approx(told["value"])
    from makini_analytics.reporting import content

    made = content(data)
    exhibits = {e.name: e.table for e in made.exhibits}
    assert exhibits["spend_by_vendor"]["spend"].sum() == pytest.approx(told["value"])
    left = {e["reason"]: e["n_lines"] for e in exhibits["spend_by_vendor"].attrs["excluded"]}
    assert left["no order date"] == 1
    assert "1 line has no order date, and so no place in the twelve months." in made.data_line
    assert set(made.ranked["exhibit"]) <= {*exhibits, ""}
    assert made.ranked.set_index("kind").loc["change", "exhibit"] in exhibits


def test_data_of_one_vendor_make_no_single_source():
    frame = ordered(vendor_name="Solo", material_id="M1", category="C1", unit_of_measure="EA", status="open")
    told = ma.findings(ma.Purchases.from_table(frame, as_of=DAY)).set_index("kind")
    for kind in ("single source", "concentration"):
        assert told.loc[kind, "certainty"] == "can't be told"
        assert "one vendor only" in told.loc[kind, "sentence"]


@pytest.mark.full
def test_a_part_of_data_that_say_what_has_come_says_so_too():
    """A vendor that delivers nothing any more is late: the days of delivery of the others say so."""
    frame = ordered()
    frame["delivered_date"] = frame["required_date"].where(
        (frame["required_date"] <= DAY)
        & ((frame["vendor_name"] != "V1") | (frame["required_date"] <= DAY - pd.Timedelta(days=150)))
    )
    data = ma.Purchases.from_table(frame, as_of=DAY)
    part = data.filter(vendor="V1")
    for some in (part, part.filter(since="2024-01-01")):
        told = ma.findings(some).set_index("kind").loc["overdue"]
        assert told["certainty"] == "counted"
        assert told["value"] > 0


def test_a_scorecard_has_no_rate_where_nothing_says_what_has_come(silent):
    card = ma.scorecard(silent)
    assert card[["on_time_rate", "on_time_low", "otif_rate", "line_fill_rate"]].isna().all(axis=None)
    assert (card["n_due"] == 0).all()


@pytest.mark.full
@pytest.mark.parametrize(
    ("bought", "reason"),
    [
        ({"type": "Service"}, "nothing says what was bought"),
        ({"type": "Service", "description": "Consulting"}, "no line has a price to compare"),
        ({"material_id": "M1", "quantity": None}, "no line has a price to compare"),
        ({"material_id": "M1", "only": "2024-06-20"}, "nothing says what was bought"),
    ],
)
def test_no_item_in_both_years_is_said_only_where_items_are_known(silent, bought, reason):
    last = bought.pop("only", None)
    lines = silent.lines.assign(**bought)
    if last is not None:
        lines.loc[lines["order_date"] > last, "material_id"] = None
    told = ma.findings(replace(silent, lines=lines)).set_index("kind").loc["prices"]
    assert told["certainty"] == "can't be told"
    assert told["sentence"] == f"prices ({reason})"
