"""What goes wrong easily: the error is one of the package, in a line, and says what would be right."""

from __future__ import annotations

import contextlib

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import cli, currency, lead_times, quality, slippage, spend, style
from makini_analytics.compute import figures_of


@pytest.fixture(scope="module")
def data():
    return ma.load_sample("emea")


@pytest.fixture(scope="module")
def lines(data):
    return data.lines[data.lines.currency == "EUR"]


def refuses(said: str, call, *args):
    """Check that a call raises an error of the package, of one line."""
    with pytest.raises(ma.MakiniError, match=said) as e:
        call(*args)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("figure", [spend.by_vendor, slippage.open_orders, lead_times.plot_curve, lambda e: currency.convert(e, "USD", {"EUR": 2})])  # fmt: skip
def test_a_column_that_is_there_twice_is_named(lines, figure):
    refuses("several columns named 'amount': rename them first", figure, pd.concat([lines, lines[["amount"]]], axis=1))


EDITED = {
    "renamed": (spend, "by_vendor", lambda r: r.rename(columns={"spend": "Spend"}), "lacks the column 'spend'"),
    "dropped": (spend, "by_vendor", lambda r: r.drop(columns="currency"), "lacks the column 'currency'"),
    "a part": (lead_times, "by_vendor", lambda r: r[["vendor_name", "median_days"]], "lacks the column 'n_lines'"),
    "too small a part": (spend, "by_vendor", lambda r: r[["vendor_name", "spend"]], "lacks the column 'abc_class': pass it as spend.by_vendor returned it"),
    "another type": (spend, "by_period", lambda r: r.assign(period=r.period.dt.to_timestamp()), r"'period' holds datetime64.*, not period\[M\]"),
    "twice": (spend, "by_vendor", lambda r: pd.concat([r, r[["spend"]]], axis=1), "not a result as spend.by_vendor returns it"),
    "without attrs": (spend, "by_vendor", lambda r: pd.DataFrame(r.drop(columns="spend").to_dict("list")), "not a result as spend.by_vendor returns it"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITED)
def test_a_chart_of_an_edited_result_says_what_it_lacks(lines, edit):
    room, name, edited, said = EDITED[edit]
    refuses(f"plot_{name}: .*{said}", getattr(room, f"plot_{name}"), edited(getattr(room, name)(lines)))


def test_a_result_that_was_indexed_is_drawn_as_it_was(lines):
    books = slippage.order_book(lines)
    drawn = [style.alt_text(slippage.plot_order_book(b)) for b in (books, books.set_index(["currency", "period"]))]
    assert drawn[0] == drawn[1]


def test_a_fault_of_a_chart_is_not_taken_for_an_edit(lines, monkeypatch):
    from makini_analytics.spend._plots import _vendors

    monkeypatch.setattr(_vendors, "charts", None)
    with pytest.raises(AttributeError):
        spend.plot_by_vendor(spend.by_vendor(lines))


OF_ANOTHER_FIGURE = {
    "by period": (lambda e: spend.plot_by_vendor(spend.by_period(e)), "a result of spend.by_period, which spend.plot_by_period draws; pass data.lines"),
    "without a chart": (lambda e: slippage.plot_by_vendor(slippage.otif(e)), "a result of slippage.otif; pass data.lines"),
    "in a figure": (lambda e: lead_times.curve(lead_times.by_vendor(e)), "a result of lead_times.by_vendor, which lead_times.plot_by_vendor draws"),
    "with the column": (lambda e: lead_times.plot_by_vendor(spend.by_vendor(e).assign(median_days=1)), "a result of spend.by_vendor.*pass one of lead_times.by_vendor"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", OF_ANOTHER_FIGURE)
def test_the_result_of_another_figure_is_named(lines, mistake):
    call, said = OF_ANOTHER_FIGURE[mistake]
    refuses(said, call, lines)


def test_lines_that_were_converted_are_no_result(lines):
    converted = currency.convert(lines, "USD", {"EUR": 2})
    with pytest.raises(ma.SchemaError, match=r"'order_date', which is missing(?!.*result)"):
        lead_times.curve(converted.drop(columns="order_date"))


@pytest.mark.parametrize("odd", [[2024], {1, 2}, b"x", pd.Series({"x": 1.0})], ids=lambda o: type(o).__name__)
def test_an_option_of_the_wrong_type_is_an_error_of_ours(lines, odd):
    few = lines.head(5)
    for room in (spend, lead_times, slippage):
        for figure in figures_of(room):
            if len(figure.data) == 1 and not figure.beside:
                for option in figure.options:
                    # what may be right is computed
                    with contextlib.suppress(ma.MakiniError):
                        figure.function(few, **({"definition": "share"} | {option: odd} if figure.name == "spend.tail" else {option: odd}))  # fmt: skip


@pytest.mark.parametrize("option", [{"baseline": 2024}, {"baseline": [2024]}, {"abc": 0.8}, {"abc": (0.8,)}, {"abc": (0.8, "x")}, {"intercompany": 5}, {"item": ["x"]}, {"of": ["BV-32"]}], ids=repr)  # fmt: skip
def test_an_option_of_the_wrong_type_says_what_to_pass(lines, option):
    (name,) = option
    figure = {"baseline": spend.price_changes, "item": spend.price_index, "of": spend.price_history}.get(
        name, spend.by_vendor
    )
    refuses(rf"{name}.*: pass ", lambda: figure(lines, **option))


def test_a_series_of_prices_is_a_mapping(lines):
    prices = {"BV-32": 100.0}
    listed, same = (spend.price_changes(lines, baseline=b) for b in (prices, pd.Series(prices)))
    assert listed.base_price.notna().any()
    pd.testing.assert_frame_equal(listed, same)


def test_names_may_come_as_an_array(lines):
    names = lines.vendor_name.unique()[:2]
    pd.testing.assert_frame_equal(*(spend.by_vendor(lines, intercompany=n) for n in (pd.Index(names), [*names])))


def test_a_sandbox_and_a_support_report_say_what_they_take():
    refuses("ma.load_sample", ma.sandbox, "emea")
    for odd in (ValueError("x"), "x", None, [ValueError("x")]):
        refuses("takes errors of this package, not", ma.support_report, odd)
    assert ma.support_report({"emea": ma.MakiniError("x")}) == ma.support_report([ma.MakiniError("x")])


@pytest.mark.parametrize(("figure", "column"), [(spend.by_vendor, "amount"), (spend.by_period, "order_date"), (slippage.by_vendor, "required_date")], ids=["amount", "order_date", "required_date"])  # fmt: skip
def test_a_column_that_is_the_index_is_said_to_be_there(lines, figure, column):
    refuses(
        rf"'{column}', which is missing: it is the index, pass lines.reset_index\(\)", figure, lines.set_index(column)
    )


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv", "x.ZIP"])
def test_a_folder_is_not_named_like_a_file(data, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for call in (data.save, ma.History, lambda n: ma.Client("t", cache_dir=None).fetch_purchases(to=n)):
        refuses(f"'{name}': name a folder, .*(to_excel|to_csv).* writes one file", call, name)
    assert cli.main(["fetch", "--out", name, "--token", "a-token"]) == 1
    assert not list(tmp_path.iterdir())
    (tmp_path / name).mkdir()  # one that is there is one
    assert data.save(name).is_dir()


@pytest.fixture(scope="module")
def held(data, tmp_path_factory):
    """A history, a scan and a client: what leads to purchases and is none."""
    pytest.importorskip("deltalake")
    pytest.importorskip("duckdb")
    folder = tmp_path_factory.mktemp("held")
    history = ma.History(folder / "h")
    data.filter(vendor="Kugellager Nord AG").save(folder / "s")
    client = ma.Client("t", cache_dir=None, base_url="http://127.0.0.1:9", retries=0)
    return {"history": history, "scan": ma.scan(folder / "s"), "client": client}


LEADS = {
    "history": "history.at\\(day\\)",
    "scan": "Purchases.load\\(folder\\)",
    "client": "client.fetch_purchases\\(\\)",
}


@pytest.mark.parametrize("name", LEADS)
def test_what_leads_to_purchases_says_by_which_call(held, name):
    it, call = held[name], LEADS[name]
    for figure in (*([spend.by_vendor] if name != "scan" else []), ma.findings, ma.scorecard, quality.coverage, lambda x: ma.report(x, "x.html")):  # fmt: skip
        refuses(f"not {type(it).__name__}: pass {call}$", figure, it)
    for attribute in ("lines", "orders", "filter"):
        if not hasattr(it, attribute):
            with pytest.raises(AttributeError, match=f"'{attribute}': {call}.{attribute}$"):
                getattr(it, attribute)
    with pytest.raises(TypeError, match=f"len.{call}"):
        len(it)
    assert it
    assert not hasattr(it, "_repr_html_")


def test_a_history_and_a_client_know_what_is_asked_of_them(held):
    for it, name, said in (
        (held["scan"], "head", r"Purchases.load\(folder\).lines.head"),
        (held["client"], "fetch_orders", r"client.fetch_purchases\(\)"),
        (held["client"], "get", r"client.fetch_table\('vendors'\)"),
        (held["client"], "fetch_tabel", "near: fetch_table"),
        (held["history"], "snapshot", "near: snapshots"),
    ):
        with pytest.raises(AttributeError, match=said):
            getattr(it, name)


def test_a_list_that_is_not_there_names_the_near_ones():
    with ma.sandbox({"vendors": [], "purchase-orders": []}) as server:
        client = server.client()
        for name, said in (("vendor", "Near: vendors."), ("zzz", "nothing is at this path")):
            with pytest.raises(ma.ApiError, match=said):
                client.fetch_table(name)


MISLED = {
    "a price list": (lambda d: spend.agreed_prices(d, {"BV-32": 100}), r"materials takes a table, not dict: pass client.fetch_table\('materials'\)"),
    "no near option": (lambda d: slippage.by_vendor(d, min_lines=10), "no option 'min_lines'(?!; near: lines)"),
    "no data for an option": (lambda d: slippage.ageing(d, bins=[0, 30]), "no option 'bins'; it has"),
    "a level": (lambda d: lead_times.recommend(d, level=95), "no option 'level'(?!.*near: by)"),
    "an item": (lambda d: d.filter(item="BV-32"), "no option 'item'.*; pass product_code="),
    "a material": (lambda d: d.filter(material="BV-32"), "; pass product_code="),
    "a sku": (lambda d: d.filter(sku="BV-32"), "; pass product_code="),
    "a plant": (lambda d: d.filter(plant="x"), "; pass site_name="),
    "an order": (lambda d: d.filter(po="x"), "; pass order_number="),
    "a code for an id": (lambda d: d.filter(material_id="BV-32"), "no line has it; product_code='BV-32' has lines"),
    "parts": (lambda d: ma.concat([d.filter(since="2025"), d.filter(until="2024")]), "if these are parts of one whole, filter that once; else"),
    "the same twice": (lambda d: ma.concat([d, d]), "comes twice: give each Client"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISLED)
def test_a_hint_does_not_mislead(data, mistake):
    call, said = MISLED[mistake]
    refuses(said, call, data)


def test_a_table_of_one_column(lines):
    found = spend.by_vendor(lines)
    assert repr(style.table(found, "vendor_name")) == repr(style.table(found, ["vendor_name"]))


def test_a_chart_says_what_saves_it(lines):
    chart = spend.plot_by_vendor(lines)
    for name, said in (("savefig", r"style\.save\(ax, 'chart.png'\)"), ("tight_layout", r"ax\.figure\.tight_layout"), ("_x", "no attribute '_x'")):  # fmt: skip
        with pytest.raises(AttributeError, match=said):
            getattr(chart, name)
