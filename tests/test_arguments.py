"""Arguments that can't be right end in an error of ours that says what would be, in every public function that reads, writes or fetches."""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import currency, lead_times, slippage, spend, style, units
from makini_analytics.compute import figures_of
from tests.tiers import one_in

ODD = [None, True, -1, 0, 1.5, math.nan, math.inf, 10**400, "", " ", "x", "a\0b", "\ud83d", "x" * 5000, b"x", [], ["x"], {}, {"x": 1}, object(), pd.NaT, timedelta(-1)]  # fmt: skip
NUMBERS = [-1, math.nan, math.inf, -math.inf, 10**400, "x", "5", True, None, [], {}]
PATHS = ["", "  ", "a\0b", "x" * 5000, "\ud83d", 5, True, b"x", [], {}]
DATES = [
    "0001-01-01",
    "9999-12-31",
    "1899-12-31",
    "yesterdayish",
    "",
    5,
    20259,
    True,
    1.5,
    [],
    {},
    object(),
    pd.NaT,
    b"x",
    "a\0b",
]


def client(**options):
    return ma.Client("a-token", **({"cache_dir": None, "progress": False, "base_url": "http://127.0.0.1:9", "retries": 0} | options))  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return ma.load_sample(["us"])


@pytest.mark.parametrize("value", NUMBERS, ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize(
    "name", ["per_page", "max_workers", "timeout", "retries", "backoff", "max_wait", "expire_after"]
)
def test_numbers_of_a_client(name, value):
    with pytest.raises(ma.ConfigError, match=f"{name}=.*: pass a"):
        client(**{name: value})


@pytest.mark.parametrize(
    "url", ["http://[", "http://", "ftp://x", "x", "http://a b", "http://a\0b", "http://x:99999", "http://\ud83d", "http://u:p@x", "http://x?q", 5, True, [], b"http://x"],
    ids=ascii,
)  # fmt: skip
def test_base_urls(url):
    with pytest.raises(ma.ConfigError, match="base_url"):
        client(base_url=url)


@pytest.mark.parametrize("value", DATES, ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize("name", ["since", "until", "modified_since"])
def test_dates_of_a_fetch(name, value):
    with pytest.raises(ma.ConfigError, match=name):
        client().fetch_purchases(**{name: value})


@pytest.mark.parametrize("value", DATES, ids=lambda v: repr(v)[:20])
def test_as_of_days(data, value):
    for figure in (lead_times.by_vendor, slippage.by_vendor, slippage.open_orders):
        with pytest.raises(ma.ConfigError, match="as_of"):
            figure(data.lines, as_of=value)


@pytest.mark.parametrize("value", one_in(5, PATHS), ids=lambda v: repr(v)[:20])
def test_paths(data, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chart = spend.plot_by_vendor(data.lines.head(50), currency=data.lines.currency[0])
    for name, call in {
        "folder=": data.save,
        "to=": lambda p: client().fetch_purchases(to=p),
        "out=": lambda p: ma.report(data, p),
        "path=": lambda p: style.save(chart, p),
        "cache_dir=": lambda p: client(cache_dir=p),
        "scan": ma.scan,
    }.items():
        with pytest.raises(ma.MakiniError, match="folder" if name == "scan" else name):
            call(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sections", ["", [], ["spend", "x"], [5], [None], 5, {"spend": 1}, [["spend"]]], ids=repr)
def test_sections(data, sections, tmp_path):
    with pytest.raises(ma.ConfigError, match="sections"):
        ma.report(data, tmp_path / "x.html", sections=sections)


@pytest.mark.parametrize(
    "options",
    one_in(2, [{"vendor": 5}, {"vendor": "nobody"}, {"title": 5}, {"headlines": ["x"]}, {"headlines": {"x": "y"}}, {"headlines": {"slippage_ladder": 5}},
               {"template": "x"}, {"as_of": "never"}]),
    ids=repr,
)  # fmt: skip
def test_options_of_a_report(data, options, tmp_path):
    with pytest.raises(ma.ConfigError):
        ma.report(data, tmp_path / "x.html", sections=["slippage"], **options)
    assert list(tmp_path.iterdir()) == []


def test_what_is_neither_true_nor_false(data, tmp_path):
    """Text such as "no" would count as true."""
    lines, out = data.lines.head(30), tmp_path / "x.html"
    for name, call in (
        ("raw_csv", lambda no: ma.report(data, out, raw_csv=no)), ("progress", lambda no: ma.report(data, out, progress=no)),
        ("open_lines", lambda no: slippage.ladder(lines, open_lines=(no,))), ("per_line", lambda no: ma.compare(lines, lines, per_line=no)),
        ("ascending", lambda no: ma.sensitivity(slippage.by_vendor, lines, {"late_days": [0, 3]}, ascending=no)),
        ("per_vendor", lambda no: spend.bridge(lines, lines, per_vendor=no)), ("per_item", lambda no: spend.bridge(lines, lines, per_item=no)),
        ("per_vendor", lambda no: spend.price_changes(lines, per_vendor=no)), ("per_vendor", lambda no: spend.price_index(lines, per_vendor=no)),
    ):  # fmt: skip
        for no in ("no", 0, []):
            with pytest.raises(ma.ConfigError, match=f"{name}=.*pass True or False"):
                call(no)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("template", ["none.pptx", "text.pptx", ".", "\0"], ids=ascii)
def test_templates(data, template, tmp_path, monkeypatch):
    pytest.importorskip("pptx", reason="the extra 'report' is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pptx").write_text("x")
    with pytest.raises(ma.ConfigError, match="template"):
        ma.report(data, tmp_path / "x.pptx", template=template)


@pytest.mark.parametrize("what", ODD, ids=lambda v: repr(v)[:20])
def test_a_report_of_what_are_no_purchases(what, tmp_path):
    with pytest.raises(ma.SchemaError, match="report takes Purchases"):
        ma.report(what, tmp_path / "x.html")


@pytest.mark.parametrize("size", ["", "tall", 5, [], {}, (1, 2), True])
def test_sizes_of_charts(data, size, tmp_path):
    chart = spend.plot_by_vendor(data.lines.head(50), currency=data.lines.currency[0])
    with pytest.raises(ma.ConfigError, match="size="):
        style.save(chart, tmp_path / "x.png", size=size)


@pytest.mark.parametrize("text", [b"\xff\xfe[", b"[a", b'[emea]\ntoken = "x"', b"", b"a = 1", b"\0"])
def test_files_of_connections(text, tmp_path):
    (tmp_path / "c.toml").write_bytes(text)
    with pytest.raises(ma.ConfigError, match=r"c\.toml|no connections"):
        ma.fetch_all(tmp_path / "c.toml")


@pytest.mark.filterwarnings("ignore:.* lines have no rate")
@pytest.mark.parametrize("what", one_in(3, ODD), ids=lambda v: repr(v)[:20])
def test_anything_else_is_an_error_of_ours(data, what, tmp_path, monkeypatch):
    """Where it may be right, something comes; where it is not, an error that a program can catch by the root of all."""
    monkeypatch.chdir(tmp_path)
    lines = data.lines.head(30)
    for call in (
        lambda: client(connection=what), lambda: client(contract=what), lambda: client(area=what), lambda: client(delivery_date=what),
        lambda: client().fetch_table(what), lambda: ma.fetch_all(what), lambda: ma.fetch_all({"a": what}, base_url="http://127.0.0.1:9", retries=0), lambda: ma.scan(tmp_path, engine=what),
        lambda: currency.convert(lines, what), lambda: currency.convert(lines, "EUR", what), lambda: currency.convert(lines, "EUR", {"USD": what}),
        lambda: currency.convert(lines, "EUR", 1.0, what), lambda: currency.convert(lines, "EUR", max_gap_days=what),
        lambda: currency.convert(lines, "EUR", basis="period_average", period=what), lambda: units.convert(lines, what),
        lambda: units.convert(lines, "EA", own=what), lambda: ma.load_sample(what), lambda: currency.convert(what), lambda: units.convert(what, "EA"),
        lambda: ma.Client(what if what is not None else "", cache_dir=None),
    ):  # fmt: skip
        with contextlib.suppress(ma.MakiniError):
            call()


def grouped(data, by):
    """Every figure that can be grouped, of lines and of purchases, by a column."""
    lines = data.lines
    whole = {
        f.name: getattr(room, f.name.split(".")[1])
        for room in (spend, lead_times, slippage)
        for f in figures_of(room)
        if "by" in f.options
        and len(f.data) == 1
        and f.name not in ("slippage.backtest", "slippage.ageing")  # choices of their own
    }
    made = {name: partial(f, lines, by=by) for name, f in whole.items()}
    return made | {"scorecard": partial(ma.scorecard, data, by=by, currency="USD")}


def test_a_column_of_ones_own_does_not_take_the_place_of_a_figures(data):
    halves = np.where(np.arange(len(data.lines)) % 2, "x", "y")
    seen = 0
    for name, call in grouped(replace(data, lines=data.lines.assign(half=halves)), "half").items():
        gives = [c for c in call().columns if c not in data.lines and c not in ("half", "unit")]
        for column in gives[-1:]:  # all of them take a minute
            mine = replace(data, lines=data.lines.assign(**{column: halves}))
            with pytest.raises(ma.ConfigError, match=f"by='{column}': {name} gives a column of that name: rename"):
                grouped(mine, column)[name]()
            seen += 1
    assert seen >= 20


def test_a_history_gives_columns_of_its_own_and_a_figure_some_that_lines_have(data, tmp_path):
    pytest.importorskip("deltalake")
    own = replace(data, lines=data.lines.assign(overdue_today="x", revised="x"))
    history = ma.History(tmp_path / "history")
    history.add(own)
    for name in ("overdue_today", "revised"):
        with pytest.raises(ma.ConfigError, match=f"by='{name}': .* gives a column of that name"):
            slippage.order_book(history, by=name)
    with pytest.raises(ma.ConfigError, match=r"by='received_quantity': slippage\.fill_rate gives"):
        slippage.fill_rate(data.lines, by="received_quantity")
    assert "unit_of_measure" in slippage.fill_rate(data.lines, by="unit_of_measure")
