"""What people write without looking it up: it does what was meant, or says what would be right."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import cli, currency, lead_times, slippage, spend, style
from tests.tiers import one_in

RATES = dict.fromkeys(["AUD", "CAD", "CHF", "GBP", "JPY", "SGD", "USD"], 0.5)


@pytest.fixture(scope="module")
def data():
    return ma.load_sample()


@pytest.fixture(scope="module")
def old_and_new(data):
    return data.lines[data.lines.order_date < "2025"], data.lines[data.lines.order_date >= "2025"]


DOES_WHAT_WAS_MEANT = {
    "one name for a list": (lambda d: ma.load_sample("us").lines, lambda d: ma.load_sample(["us"]).lines),
    "purchases for their lines": (lambda d: spend.by_vendor(d), lambda d: spend.by_vendor(d.lines)),
    "small letters": (
        lambda d: spend.by_vendor(d, currency="eur"),
        lambda d: spend.by_vendor(d, currency="EUR"),
    ),
    "blanks around": (
        lambda d: spend.by_period(d, currency=" usd "),
        lambda d: spend.by_period(d, currency="USD"),
    ),
    "small letters of what is converted to": (
        lambda d: currency.convert(d.lines, "eur", RATES).amount,
        lambda d: currency.convert(d.lines, "EUR", RATES).amount,
    ),
    "one vendor for a list": (
        lambda d: d.filter(vendor="Rossi Guarnizioni S.p.A.").lines,
        lambda d: d.filter(vendor=["Rossi Guarnizioni S.p.A."]).lines,
    ),
    "a year as a number": (
        lambda d: d.filter(since=2025, until=2025).lines,
        lambda d: d.filter(since="2025-01-01", until="2025-12-31").lines,
    ),
    "one table of the dictionary": (
        lambda d: ma.data_dictionary("lines"),
        lambda d: ma.data_dictionary().query("table == 'lines'").reset_index(drop=True),
    ),
    "a period by its name": (
        lambda d: spend.by_period(d, freq="monthly", currency="EUR"),
        lambda d: spend.by_period(d, freq="M", currency="EUR"),
    ),
    "a period as pandas has it": (
        lambda d: slippage.by_period(d, freq="QE"),
        lambda d: slippage.by_period(d, freq="Q"),
    ),
    "a filter by nothing": (lambda d: d.filter(vendor=None).sources, lambda d: d.sources),
    "a filter without arguments": (lambda d: d.filter().lines, lambda d: d.lines),
    "a day as text": (
        lambda d: d.filter(since="2025-06-01").lines,
        lambda d: d.filter(since=pd.Timestamp("2025-06-01")).lines,
    ),
}


@pytest.mark.parametrize("habit", one_in(5, DOES_WHAT_WAS_MEANT))
def test_it_does_what_was_meant(data, habit):
    written, meant = DOES_WHAT_WAS_MEANT[habit]
    got, want = written(data), meant(data)
    assert len(want)
    (pd.testing.assert_frame_equal if isinstance(want, pd.DataFrame) else pd.testing.assert_series_equal)(got, want)


@pytest.mark.full
def test_one_section_for_a_list(data, tmp_path):
    one, several = (
        ma.report(data, tmp_path / f"{n}.html", sections=s) for n, s in enumerate(["definitions", ["definitions"]])
    )
    assert one.read_text(encoding="utf-8") == several.read_text(encoding="utf-8")


WITH_A_CURRENCY = [spend.by_vendor, spend.by_period, spend.concentration, spend.price_changes, spend.price_index, spend.price_dispersion, spend.price_history, spend.single_source, spend.order_pattern]  # fmt: skip


@pytest.mark.parametrize("figure", one_in(5, WITH_A_CURRENCY), ids=lambda f: f.__name__)
def test_every_figure_takes_small_letters_and_says_which_currencies_there_are(data, figure):
    pd.testing.assert_frame_equal(figure(data, currency="gbp"), figure(data, currency="GBP"))
    with pytest.raises(ma.ConfigError, match="currency='XYZ': no line is in it; there are AUD, CAD, CHF, EUR, GBP"):
        figure(data, currency="XYZ")


def test_a_bridge_and_a_tail_and_charts_do_so_too(data, old_and_new):
    for figure in (lambda c: spend.bridge(*old_and_new, currency=c), lambda c: spend.tail(data, definition="share", currency=c)):  # fmt: skip
        pd.testing.assert_frame_equal(figure("eur"), figure("EUR"))
        with pytest.raises(ma.ConfigError, match=r"currency\.convert\(lines, to='XYZ'\)"):
            figure("xyz")
    from makini_analytics import style

    drawn = [style.alt_text(spend.plot_by_vendor(data, currency=c)) for c in ("eur", "EUR")]
    assert drawn[0] == drawn[1]


def test_a_currency_whose_lines_all_left_the_count_is_no_error(data):
    cancelled = data.lines.assign(state=data.lines.state.where(data.lines.currency != "CHF", "cancelled"))
    cancelled.attrs = data.lines.attrs
    assert spend.by_vendor(cancelled, currency="CHF").empty
    assert spend.by_vendor(cancelled.iloc[:0], currency="CHF").empty


SAYS_WHAT_WOULD_BE_RIGHT = {
    "no such connection": (lambda d: ma.load_sample("uss"), "none of emea, us, apac; near: us"),
    "no such section": (lambda d: ma.report(d, "r.html", sections="spent"), "'spent' is none of"),
    "sections that are none": (lambda d: ma.report(d, "r.html", sections=["slipage"]), "near: slippage"),
    "several vendors": (
        lambda d: ma.report(d, "r.html", vendor=["Rossi", "ACME"]),
        r"of several, report\(data.filter\(vendor=",
    ),
    "no such vendor": (lambda d: ma.report(d, "r.html", vendor="Kugelager"), "Kugellager Nord AG"),
    "a report of lines": (lambda d: ma.report(d.lines, "r.html"), r"\(data, not data.lines\), not DataFrame"),
    "explain the data": (lambda d: ma.explain(d), "as in ma.explain.*, not Purchases"),
    "explain the lines": (lambda d: ma.explain(d.lines), "pass the result of one, as in ma.explain"),
    "explain the function": (
        lambda d: ma.explain(slippage.by_vendor),
        r"ma\.explain\(slippage\.by_vendor\(data\.lines\)\)",
    ),
    "explain a chart": (lambda d: ma.explain(spend.plot_by_vendor(d, currency="EUR")), "not a chart"),
    "orders for lines": (lambda d: spend.by_vendor(d.orders), "these are orders, pass data.lines"),
    "the vendor of a figure": (
        lambda d: slippage.by_vendor(d, vendor="Rossi"),
        r"no option 'vendor'; pick the lines first, as data\.filter\(vendor='Rossi'\)",
    ),
    "the supplier of a figure": (lambda d: slippage.by_vendor(d, supplier="Rossi"), r"data\.filter\(vendor='Rossi'\)"),
    "the year of a figure": (lambda d: spend.by_vendor(d, year=2025), r"data\.filter\(since=2025, until=2025\)"),
    "the year of a filter": (lambda d: d.filter(year=2025), "no option 'year'.*; pass since=2025, until=2025$"),
    "days that are no delay": (lambda d: slippage.by_vendor(d, tolerance=3), "no option 'tolerance'; near: late_days"),
    "groups as pandas has them": (lambda d: slippage.by_vendor(d, groupby="category"), "near: by"),
    "a day as others call it": (lambda d: slippage.by_vendor(d, today="2025-12-31"), "near: as_of"),
    "rows of a chart": (lambda d: spend.plot_by_vendor(d, n=5), "near: top"),
    "the vendor of a chart": (lambda d: lead_times.plot_curve(d, vendor="Rossi"), r"data\.filter\(vendor="),
    "the days of a figure": (lambda d: spend.by_vendor(d, since="2025-01-01"), r"data\.filter\(since="),
    "a misspelt option of a figure": (lambda d: spend.by_vendor(d, curency="EUR"), "near: currency"),
    "a misspelt option of a chart": (lambda d: spend.plot_by_vendor(d, topp=5), "near: top"),
    "a misspelt option of the report": (lambda d: ma.report(d, "r.html", section="spend"), "near: sections"),
    "a misspelt option of the client": (lambda d: ma.Client("t", conection="emea"), "near: connection"),
    "a misspelt option of a filter": (lambda d: d.filter(vendr=None), "no option 'vendr'.*near: vendor"),
    "the first day under another name": (lambda d: d.filter(from_="2025"), "no option 'from_'.*; pass since="),
    "the last day under another name": (lambda d: d.filter(to="2025"), "no option 'to'.*; pass until="),
    "a start": (lambda d: d.filter(start="2025"), "pass since="),
    "an end": (lambda d: d.filter(end="2025"), "pass until="),
    "a supplier": (lambda d: d.filter(supplier="Rossi"), "pass vendor=$"),
    "by supplier": (lambda d: spend.by_vendor(d, by="supplier"), "by='supplier': .*; pass by='vendor'"),
    "by suppliers in a chart": (lambda d: slippage.plot_by_vendor(d, by="Supplier"), "pass by='vendor'"),
    "by item": (lambda d: spend.by_vendor(d, by=["item"]), "pass by='material'"),
    "the item of a price history": (
        lambda d: spend.plot_price_history(d, item="MOT-63"),
        "item='MOT-63': .*and of='MOT-63' the item",
    ),
    "the days of a report": (
        lambda d: ma.report(d, "r.html", since="2025-01-01"),
        r"no option 'since'; pick the lines first, as data\.filter\(since=",
    ),
    "the last day of a report": (lambda d: ma.report(d, "r.html", until="2025"), r"data\.filter\(until="),
    "the connection of a report": (lambda d: ma.report(d, "r.html", connection="us"), r"data\.filter\(connection="),
    "the category of a report": (lambda d: ma.report(d, "r.html", category="x"), r"data\.filter\(category="),
    "a table that there is not": (lambda d: ma.data_dictionary("line"), "near: lines"),
    "a misspelt column": (lambda d: d.filter(categry="Bearings"), "near: category"),
    "a misspelt value": (lambda d: d.filter(category="Bearing"), "category='Bearing': no line has it; near: Bearings"),
    "a filter by no text": (lambda d: d.filter(vendor=7), "pass a text, or a list of texts"),
    "a filter of days the wrong way round": (lambda d: d.filter(since="2025", until="2024"), "is after until="),
    "two purchases for a list": (lambda d: ma.concat(d), r"pass \[emea, us\]"),
}


@pytest.mark.parametrize("habit", SAYS_WHAT_WOULD_BE_RIGHT)
def test_it_says_what_would_be_right(data, habit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written, said = SAYS_WHAT_WOULD_BE_RIGHT[habit]
    with pytest.raises(ma.MakiniError, match=said) as e:
        written(data)
    assert "\n" not in str(e.value)
    assert not list(tmp_path.iterdir())


def test_the_command_line_speaks_of_what_one_types_there(capsys, monkeypatch):
    monkeypatch.delenv("MAKINI_API_TOKEN", raising=False)
    assert cli.main(["report"]) == 1
    said = capsys.readouterr().err
    assert "set the environment variable MAKINI_API_TOKEN" in said
    assert "makini-analytics demo" in said
    assert "Client(" not in said
    for words, near in ((["report", "--sinse", "2025-01-01"], "--since"), (["demo", "--outt=x"], "--out")):
        with pytest.raises(SystemExit) as e:
            cli.main(words)
        assert e.value.code == 2
        said = capsys.readouterr().err
        assert near in said.splitlines()[-1]


def test_a_tilde_is_the_home_folder_and_a_file_may_begin_with_one(data, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    data.save("~/saved")
    assert len(ma.Purchases.load("~/saved")) == len(data)
    assert ma.scan("~/saved").as_of == data.as_of
    assert ma.report(data, "~/r.html", sections="spend", progress=False) == tmp_path / "home" / "r.html"
    style.save(spend.plot_by_vendor(data.lines, currency="EUR"), "~/c.png")
    few = data.lines[["order_number", "line_number", "vendor_name", "amount"]].head(30)
    few.to_csv(tmp_path / "home" / "l.csv", index=False)
    assert len(ma.Purchases.from_file("~/l.csv", connection="x").lines) == 30
    assert style.save(spend.plot_by_vendor(data.lines, currency="EUR"), "~$c.png").name == "~$c.png"
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["c.png", "l.csv", "r.html", "saved"]


def test_a_number_of_numpy_is_a_number(data):
    three = pd.Series([1, 3]).max()
    got, same = (lead_times.by_vendor(data.lines, min_lines=n) for n in (three, 3))
    assert len(got)
    pd.testing.assert_frame_equal(got, same)
    assert ma.Client("t", retries=three)


@pytest.mark.parametrize(
    ("habit", "says"),
    [
        (lambda d: d["lines"], "data.lines;"),
        (lambda d: d["vendor_name"], r"data.lines\['vendor_name'\]"),
        (lambda d: d[:5], "hold them: data.lines"),
        (lambda d: [*d], "hold them: data.lines"),
        (lambda d: d.head(), "data.lines.head"),
        (lambda d: d.vendor_name, "data.lines.vendor_name"),
        (lambda d: d.vendor, "data.lines.vendor_name"),
        (lambda d: d["suppliers"], r"data.lines\['vendor_name'\]"),
        (lambda d: d.open_orders(), "slippage.open_orders"),
        (lambda d: d.report("r.html"), r"makini_analytics\.report\(data, "),
        (lambda d: d.kpis, r"makini_analytics\.findings\(data\)"),
        (lambda d: d.order, "near: orders"),
        (lambda d: d.post, "'post'$"),
        (lambda d: d.line, "near: lines"),
        (lambda d: d + d, "concat"),
        (lambda d: d.filter("Kugellager Nord AG"), "name what follows: connection=, vendor="),
        (lambda d: style.use(dark="no"), "True or False"),
        (lambda d: style.use(decimal=";"), "one mark"),
        (lambda d: style.alt_text(d), "takes the axes of a chart"),
    ],
)
def test_purchases_are_no_frame_and_say_where_it_is(data, habit, says):
    with pytest.raises((ma.ConfigError, AttributeError, KeyError, TypeError), match=says):
        habit(data)


def test_purchases_are_copied_and_pickled_as_they_were(data):
    for other in (copy.copy(data), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        pd.testing.assert_frame_equal(other.lines, data.lines)
    assert not hasattr(data, "columns")
    assert np.array([data, data], dtype=object).shape == (2,)


def test_purchases_equal_themselves_alone_and_have_a_hash(data):
    other = copy.copy(data)
    assert data == data and data != other and data != 1
    assert data in [other, data] and len({data, other, data}) == 2


def test_a_filter_takes_a_name_in_other_letters(data):
    assert len(data.filter(connection="EMEA")) == len(data.filter(connection="emea"))
    assert len(data.filter(vendor="KUGELLAGER nord ag", currency="eur")) == len(
        data.filter(vendor="Kugellager Nord AG", currency="EUR")
    )


@pytest.mark.parametrize(
    ("since", "until", "last"),
    one_in(
        3,
        [
            ("2025-06", "2025-06", "2025-06-30"),
            ("2025", "2025", "2025-12-31"),
            (pd.Period("2024-01"), pd.Period("2024-02"), "2024-02-29"),
            ("2025Q1", "2025-Q1", "2025-03-31"),
            ("2025-6", "2025/06", "2025-06-30"),
            ("2025-06", "June 2025", "2025-06-30"),
        ],
    ),
)
def test_a_month_a_quarter_and_a_year_end_with_their_last_day(data, since, until, last):
    days = data.lines["order_date"]
    first = pd.Period(str(since)).start_time
    assert len(data.filter(since=since, until=until)) == days.between(first, last).sum() > 0
    assert spend.by_vendor(data.lines, as_of=until).attrs["as_of"] == last
    card = ma.scorecard(data, since=since, until=until)
    assert card.attrs["parameters"]["until"] == last


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["reprot"], "near: report"),
        (["report", "--sections", "slipage"], "near: slippage"),
        (["report", "orders.csv"], "by Purchases.from_file"),
        (["report", "o.html"], "pass --out o.html"),
        (["report", "not-there.xlsx"], "pass --out not-there.xlsx"),
        (["demo", "folder"], "pass --out folder"),
        (["fetch", "folder"], "pass --out folder"),
        (["lab", "folder"], "pass --folder folder"),
    ],
)
def test_a_slip_on_the_command_line_is_told_in_one_line(words, says, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert says in told
    assert "usage:" not in told


def test_what_findings_are_not_asked_for_is_told_where_it_is(data):
    for function in (ma.findings, ma.scorecard):
        with pytest.raises(ma.OptionError, match=r"data.filter\(vendor="):
            function(data, vendor="Rossi")
    with pytest.raises(ma.OptionError, match="most=5"):
        ma.findings(data, top=5)
