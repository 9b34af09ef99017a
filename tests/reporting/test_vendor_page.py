"""The page that a vendor is handed: its own figures, as the frames have them, and nothing of anybody else."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import ConfigError, lead_times, slippage, spend
from makini_analytics.reporting import _print
from tests.tiers import one_in

NAME = "Kugellager Nord AG"


class Text(HTMLParser):
    """What one reads on a page, and the cells of its tables."""

    def __init__(self):
        super().__init__()
        self.said, self.tables, self.silent = [], {}, False

    def handle_starttag(self, tag, attrs):
        self.silent = tag in ("style", "script")
        if tag == "table":
            self.rows = self.tables.setdefault(dict(attrs)["data-name"], [])
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.in_cell = False

    in_cell = False

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data
        if not self.silent:
            self.said.append(data.strip())


def read(path):
    page = Text()
    page.feed(path.read_text(encoding="utf-8"))
    page.text = " ".join(" ".join(page.said).split())
    return page


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample()


@pytest.fixture(scope="module")
def page(sample, tmp_path_factory):
    return read(ma.report(sample, tmp_path_factory.mktemp("vendor") / "v.html", vendor=NAME))


def test_its_figures_are_those_of_the_frames(page, sample):
    day, lines = pd.Timestamp("2025-12-31"), sample.lines
    mine = lines[lines.vendor_name == NAME]
    due, ordered = (mine[mine[c].between("2025-01-01", day)] for c in ("required_date", "order_date"))
    rate = slippage.by_vendor(due, by=None, as_of=day).iloc[0]
    common = slippage.by_vendor(lines[lines.required_date.between("2025-01-01", day)], by=None, as_of=day).iloc[0]
    full = slippage.otif(due, by=None, as_of=day).iloc[0]
    days = lead_times.by_vendor(ordered, by=None, as_of=day).iloc[0]
    assert f"{rate.n_on_time} of {rate.n_due} lines due came on time, {rate.on_time_rate:.0%}".replace("%", " %") in page.text  # fmt: skip
    assert f"All vendors: {common.on_time_rate:.0%}".replace("%", " %") in page.text
    assert f"{full.n_otif} of {full.n_due} orders due" in page.text
    assert f"{days.median_days:.0f} days nine of ten within {days.p90_days:.0f} days" in page.text
    asked = (ordered.required_date - ordered.order_date).dt.days.median()
    assert f"Asked: {asked:.0f} days" in page.text
    for row in spend.by_vendor(ordered, by=None, as_of=day).itertuples():
        assert f"{row.spend:,.0f} {row.currency}" in page.text
    late = slippage.open_orders(mine, as_of=day)
    late = late[late.days_overdue > 0]
    assert f"{len(late)} lines are overdue, {late.open_value.sum():,.0f} EUR" in page.text
    head, *rows = page.tables["lines"]
    assert head[-1] == "New date"
    to_come = slippage.open_orders(mine, as_of=day)
    assert len(rows) == (to_come.days_overdue >= -30).sum() == 20  # all of them
    assert f"{len(rows)} lines to settle" in page.text
    largest = to_come.open_value[to_come.days_overdue >= -30].max()
    assert f"{largest:,.0f} EUR" in [r[8] for r in rows[10:]]  # which is due late
    assert [r[7] for r in rows[:3]] == [f"{d:.0f}" for d in late.days_overdue.sort_values(ascending=False)]
    assert {r[0] for r in rows} <= set(mine.order_number)
    changes = spend.price_changes(mine, currency="EUR")
    changes = changes[(changes.period == changes.period.max()) & changes.ppv.notna()]
    first = changes.loc[changes.ppv.abs().idxmax()]
    assert page.tables["prices"][1][0] == first.product_code
    assert page.tables["prices"][1][-1] == f"{first.ppv:+,.0f}"


@pytest.mark.full
def test_the_year_before_is_that_of_the_scorecard(page, sample):
    # two connections have it
    card = ma.scorecard(sample.filter(vendor=NAME), by="vendor_name", currency="EUR").set_index("vendor_name").loc[NAME]
    for figure, said in (("on_time", f"{card.on_time_before:.0%}"), ("otif", f"{card.otif_before:.0%}"), ("median", f"{card.median_before:.0f} days")):  # fmt: skip
        assert f"Year before: {said.replace('%', ' %')}, {card[f'{figure}_trend']}" in page.text
    lines = sample.lines[
        (sample.lines.vendor_name == NAME) & sample.lines.required_date.between("2024-01-01", "2024-12-31")
    ]
    before = slippage.by_vendor(lines, by=None, as_of="2024-12-31").on_time_rate.item()
    assert f"Year before: {before:.0%}".replace("%", " %") in page.text


@pytest.mark.full
def test_what_became_clearly_worse_is_said_and_too_little_is_not_compared(tmp_path):
    ordered = pd.date_range("2024-01-01", "2025-11-30", freq="2D")
    table = pd.DataFrame({"order_number": [f"{i}" for i in range(len(ordered))], "vendor_name": "a", "amount": 10.0, "currency": "EUR", "order_date": ordered})  # fmt: skip
    table["required_date"] = ordered + pd.Timedelta(days=10)
    late = (ordered >= "2024-12-20") & (table.index % 2 == 0)
    table["delivered_date"] = table["required_date"] + pd.to_timedelta(late * 5, unit="D")
    for part, said in (
        (table, "Year before: 100 %, now worse"),
        (table[::40], "Year before: 100 %, too little to compare"),
    ):
        data = ma.Purchases.from_table(part, as_of="2025-12-31")
        assert said in read(ma.report(data, tmp_path / "v.html", vendor="a")).text


def test_nothing_internal_is_in_it(page, sample):
    others = set(sample.lines.vendor_name.dropna()) - {NAME}
    assert not [name for name in others if name in page.text]
    assert not re.search(r"[0-9a-f]{20}", page.text)
    for word in (*sample.sources.connection, "chance", "rank", "makini", "expected", "share of"):
        assert not re.search(rf"\b{word}\b", page.text, re.IGNORECASE), word
    assert set(page.text.split()) >= {"Kugellager", "Nord"}


@pytest.mark.full
def test_a_vendor_without_days_of_delivery_is_not_judged(sample, tmp_path):
    said = read(ma.report(sample, tmp_path / "v.html", vendor="株式会社東海ベアリング")).text
    assert "No line due in the period can be judged." in said
    assert "All vendors" not in said
    assert "JPY" in said


@pytest.mark.full
def test_hostile_and_bare_tables_have_a_page(tmp_path):
    evil = "</td></p>'\"><img src=x onerror=alert(1)>"
    day = pd.Timestamp("2025-01-01")
    table = pd.DataFrame({"vendor_name": [evil, "x"] * 4, "amount": 2.0, "order_date": day, "required_date": [day, None] * 4, "description": evil, "order_number": evil, "currency": evil})  # fmt: skip
    data = ma.Purchases.from_table(table, as_of="2025-02-01")
    text = ma.report(data, tmp_path / "v.html", vendor=evil).read_text("utf-8")
    assert "<img" not in text
    bare = ma.Purchases.from_table(pd.DataFrame({"vendor_name": ["a", "b"], "amount": [1.0, 2.0]}), currency="EUR", as_of="2025-02-01")  # fmt: skip
    assert "<h1>a</h1>" in ma.report(bare, tmp_path / "b.html", vendor="a").read_text("utf-8")


def test_a_pdf_needs_a_browser_and_says_so_before_computing(sample, tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(_print.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="Chromium, Chrome or Edge, and there is none"):
        ma.report(sample, tmp_path / "x.pdf", vendor=NAME)
    monkeypatch.setenv("CHROMIUM", "/no/such")
    with pytest.raises(ConfigError, match="CHROMIUM names /no/such"):
        ma.report(sample, tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not (shutil.which("chromium") or shutil.which("google-chrome")), reason="no browser to print with")
def test_it_prints_on_one_or_two_sheets(sample, tmp_path):
    pdf = ma.report(sample, tmp_path / "v.pdf", vendor=NAME).read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 1 <= len(re.findall(rb"/Type ?/Page\b", pdf)) <= 2


def bare(**columns):
    """A table of one vendor's ten lines, ordered in March 2025, of which the last is still out."""
    day = pd.Timestamp("2025-03-03")
    came = pd.Series([day + pd.Timedelta(days=8)] * 9 + [pd.NaT])
    whole = {"order_number": list("abcdefghij"), "vendor_name": "a", "order_date": day, "required_date": day + pd.Timedelta(days=9), "delivered_date": came, "amount": 10.0, "currency": "EUR"}  # fmt: skip
    return pd.DataFrame({k: v for k, v in (whole | columns).items() if v is not None})


@pytest.mark.parametrize(
    ("columns", "said"),
    one_in(3, [
        # judged by the promised date, as the report on all vendors is, where no line has another
        ({"required_date": None, "promised_date": pd.Timestamp("2025-03-12")}, "9 of 10 lines due came on time, 90 %. 1 line is overdue"),
        ({"required_date": None}, "No due date is known of what is to come, 1 line."),
        ({"required_date": [pd.Timestamp("2025-03-12")] * 9 + [pd.NaT]}, "No due date is known of what is to come, 1 line."),
        ({"amount": None}, "Ordered: 10 lines without an amount"),
        ({"amount": [10.0] * 8 + [None] * 2}, "Ordered: 80 EUR, and 2 lines without an amount"),
        ({"status": "Cancelled"}, "Ordered: nothing"),
        ({"order_date": None}, "Ordered: no order has a date"),
    ]),
)  # fmt: skip
def test_it_says_what_it_does_not_know(columns, said, tmp_path):
    data = ma.Purchases.from_table(bare(**columns), as_of="2025-12-31")
    assert said in read(ma.report(data, tmp_path / "v.html", vendor="a")).text


@pytest.mark.full
@pytest.mark.parametrize(
    ("known", "said"), [([], "of unknown value"), ([250.0], "250 EUR, and 1 line of unknown value")]
)
def test_an_overdue_line_of_unknown_value_is_not_worth_nothing(known, said, tmp_path):
    amounts = [None, *known]
    table = pd.DataFrame(
        {"order_number": [str(i) for i in range(len(amounts))], "vendor_name": "Bolt AG", "amount": amounts}
    )
    table = table.assign(currency="EUR", order_date="2025-10-01", required_date="2025-11-01", status="open")
    data = ma.Purchases.from_table(table, as_of="2025-12-17")
    page = ma.report(data, tmp_path / "v.html", vendor="Bolt AG").read_text(encoding="utf-8")
    assert f"overdue, {said}." in page
    assert page.count('class="late" x=') == 1
    months = re.findall(r'<text x="[\d.]+" y="\d+" text-anchor="middle">([A-Z])</text>', page)
    assert "".join(months) == "DJFMAMJJASOND"  # the year begins within a month, and ends within one
    assert "hatched: parts of a month, from 18 Dec and to 17 Dec" in page


@pytest.mark.full
def test_months_are_those_of_the_calendar(tmp_path):
    # what is due after the 20th comes late: until 20 June nothing is late in June
    due = pd.Series(pd.date_range("2024-06-01", "2025-06-20", freq="3D"))
    table = pd.DataFrame({"order_number": range(len(due)), "vendor_name": "Bolt AG", "order_date": due - pd.Timedelta(days=20), "required_date": due,
                          "delivered_date": due + pd.to_timedelta((due.dt.day > 20).map({True: 3, False: -1}), "D")})  # fmt: skip
    page = ma.report(ma.Purchases.from_table(table, as_of="2025-06-20"), tmp_path / "v.html", vendor="Bolt AG")
    said = re.findall(r"<title>(\w+ \d{4}(?: \(part\))?: \d+ of \d+) late", page.read_text(encoding="utf-8"))
    mine = table[(due > "2024-06-20") & (due <= "2025-06-20")]
    by_month = mine.groupby(mine.required_date.dt.to_period("M"))
    want = [f"{m:%b %Y}{' (part)' if m.month == 6 else ''}: {(rows.required_date.dt.day > 20).sum()} of {len(rows)}" for m, rows in by_month]  # fmt: skip
    assert said == want
    assert said[-1].startswith("Jun 2025 (part): 0 of ")


@pytest.mark.full
def test_prices_are_per_unit_as_the_orders_write_it(tmp_path):
    table = pd.DataFrame({"order_number": range(4), "order_date": ["2024-05-01", "2025-05-01"] * 2, "required_date": "2025-09-01", "quantity": 10.0,
                          "unit_price": [10.0, 11.0] * 2, "vendor_name": "Bolt AG", "product_code": list("aabb"), "currency": "EUR"})  # fmt: skip
    for written, said in ((["PC"] * 4, "PC"), (["PC", "PC", "ST", "ST"], "EA"), (["G"] * 4, "KG")):
        data = ma.Purchases.from_table(table.assign(unit_of_measure=written), as_of="2025-08-17")
        rows = read(ma.report(data, tmp_path / "v.html", vendor="Bolt AG")).tables["prices"][1:]
        assert {row[2].split()[1] for row in rows} == {said}


@pytest.mark.full
def test_prices_in_one_currency_name_it_and_those_that_are_not_compared(tmp_path):
    days = ["2024-05-01", "2025-05-01"]
    table = pd.DataFrame(
        {"order_date": days * 3, "currency": ["USD"] * 4 + ["JPY"] * 2, "unit_price": [10.0, 11.0] * 3}
    )
    table = table.assign(order_number=range(6), quantity=1.0, vendor_name="Bolt AG", product_code=list("aabbcc"))
    data = ma.Purchases.from_table(table, as_of="2025-08-17")
    page = ma.report(data, tmp_path / "v.html", vendor="Bolt AG").read_text(encoding="utf-8")
    assert (
        "Prices of 2025 so far: +10.0\N{NO-BREAK SPACE}% against the year before on 2 items bought in USD in both years"
        in page
    )
    assert "What was ordered in JPY is not compared here." in page


def open_lines_of(due, amount, currency="EUR", **columns):
    """The page's text and lines of Bolt AG on 17 December 2025: open lines due on some days, of some amounts."""
    table = pd.DataFrame({"required_date": due, "amount": amount, "currency": currency})
    table = table.assign(order_number=[f"o{i}" for i in range(len(table))], vendor_name="Bolt AG", order_date="2025-10-01", status="open")  # fmt: skip
    return ma.Purchases.from_table(table.assign(**columns), as_of="2025-12-17")


@pytest.mark.full
def test_of_more_lines_than_fit_it_has_those_of_the_largest_value_by_due_date(tmp_path):
    due = pd.date_range("2025-11-27", periods=40)
    amount = [float(i) for i in range(1, 40)] + [None]
    page = read(ma.report(open_lines_of(due, amount), tmp_path / "v.html", vendor="Bolt AG"))
    said = "25 of 40 lines to settle, overdue or due within 30 days, those of the largest value"
    assert f"{said}, and of unknown value" in page.text
    assert [r[0] for r in page.tables["lines"][1:]] == [f"o{i}" for i in range(15, 40)]
    # 100,000 yen are no more than 1,000 euros
    mixed = open_lines_of(due, amount, ["EUR"] * 30 + ["JPY"] * 10)
    page = read(ma.report(mixed, tmp_path / "m.html", vendor="Bolt AG"))
    assert "25 of 40 lines to settle, overdue or due within 30 days, the first by due date" in page.text
    assert [r[0] for r in page.tables["lines"][1:]] == [f"o{i}" for i in range(25)]


@pytest.mark.full
@pytest.mark.parametrize(
    ("due", "said"),
    one_in(2, [
        (["2025-12-01"], "Please confirm a new date for the overdue line."),
        (["2025-12-27"], "Please confirm the date of the line to come."),
        (["2025-12-27", "2025-12-28"], "Please confirm the dates of the lines to come."),
        (["2025-12-01", "2025-12-02", "2025-12-27"], "Please confirm a new date for each overdue line, and the date of the line to come."),
        (["2026-12-01"], None),
    ]),
)  # fmt: skip
def test_it_asks_for_dates_of_the_lines_that_there_are(due, said, tmp_path):
    text = read(ma.report(open_lines_of(due, 1.0), tmp_path / "v.html", vendor="Bolt AG")).text
    assert said in text if said else "Please confirm" not in text


@pytest.mark.full
def test_all_vendors_are_told_of_only_where_there_are_others(tmp_path):
    alone, *others = (bare(vendor_name=name) for name in "abcd")
    # of two vendors the rate of all would tell that of the other
    for n, told in ((2, False), (3, True)):
        table = pd.concat([alone, *others[:n]], ignore_index=True)
        page = read(ma.report(ma.Purchases.from_table(table, as_of="2025-12-31"), tmp_path / "v.html", vendor="a"))
        assert ("All vendors" in page.text) is told
        assert "9 of 10 lines due" in page.text


def test_one_line_is_one_of_one_line(tmp_path):
    day = pd.to_datetime(["2025-11-01"])
    due = day + pd.Timedelta(days=19)
    table = pd.DataFrame({"order_number": ["o"], "line_number": "1", "vendor_name": ["Bolt AG"], "order_date": day, "required_date": due,
                          "delivered_date": due, "quantity": 1.0, "received_quantity": 1.0, "amount": 10.0, "currency": "EUR"})  # fmt: skip
    page = ma.report(ma.Purchases.from_table(table, as_of="2025-12-31"), tmp_path / "v.html", vendor="Bolt AG")
    said = page.read_text("utf-8")
    assert re.findall(r"1 of 1 \w+ due", said.replace("\N{NO-BREAK SPACE}", " ")) != []
    assert not re.findall(r"1 of 1 (?:lines|orders)", said.replace("\N{NO-BREAK SPACE}", " "))


@pytest.mark.full
@pytest.mark.parametrize(
    ("picks", "said"),
    one_in(
        2,
        [
            ({"since": "2025-07-01"}, "Only ordered from 2025-07-01"),
            ({"category": "Bearings", "until": "2025-07-01"}, "Only category Bearings, ordered to 2025-07-01"),
            ({"connection": "us"}, "Only some of the systems"),
            ({}, ""),
        ],
    ),
)
def test_it_says_what_it_is_narrowed_to(sample, tmp_path, picks, said):
    data = sample.filter(**picks) if picks else sample
    page = tmp_path / "v.html"
    ma.report(data, page, vendor="Great Lakes Bearing Co.", progress=False)
    text = page.read_text()
    assert (f"<p>{said}</p>" in text) == bool(said)
    assert said or "<p>Only " not in text


@pytest.mark.full
@pytest.mark.parametrize(("until", "told"), [("2025-12-01", True), ("2024-12-01", False)])
def test_prices_are_of_the_time_that_the_page_is_of(tmp_path, until, told):
    days = pd.date_range("2023-01-01", "2025-12-31", freq="7D")
    table = pd.DataFrame({"order_number": [str(i) for i in range(len(days))], "order_date": days, "vendor_name": "a"})
    table = table.assign(
        product_code="p", unit_of_measure="EA", quantity=2.0, currency="EUR", unit_price=10.0 + days.year % 3
    )
    table.loc[table.order_date > until, "product_code"] = [f"once {i}" for i in range((table.order_date > until).sum())]
    page = read(ma.report(ma.Purchases.from_table(table, as_of="2025-12-31"), tmp_path / "v.html", vendor="a"))
    assert ("Prices of 2025" in page.text) is told and "Prices of 2024" not in page.text
