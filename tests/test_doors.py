"""A name that is not there: the error says what may be meant."""

from __future__ import annotations

import pickle
import re

import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics._door import _CALLED, _COLUMNS, _DRAWN


@pytest.mark.parametrize("name", ["spend", "lead_times", "slippage", "quality", "explore", "currency", "style"])
def test_a_room_that_is_called_says_what_to_call(name):
    room = getattr(ma, name)
    with pytest.raises(
        TypeError, match=rf"^{name} is a module: call one of its functions, such as {name}\.\w+"
    ) as told:
        room(ma.load_sample)
    assert callable(getattr(room, str(told.value).rpartition(".")[2]))


@pytest.mark.parametrize(
    ("room", "name", "meant"),
    [
        (spend, "by_category", "spend.by_vendor(lines, by='category')"),
        (spend, "plot_by_site_name", "spend.plot_by_vendor(lines, by='site_name')"),
        (spend, "by_site", "spend.by_vendor(lines, by='site_name')"),
        (slippage, "by_item", "slippage.by_vendor(lines, by='material')"),
        (spend, "by_month", "spend.by_period(lines, freq='M')"),
        (lead_times, "plot_by_quarter", "lead_times.plot_by_period(lines, freq='Q')"),
        (slippage, "by_vendors", "slippage.by_vendor(lines)"),
        (spend, "plot_by_supplier", "spend.plot_by_vendor(lines)"),
        (slippage, "ontime", "slippage.by_vendor(lines) has the on-time rate"),
        (ma, "on_time", "slippage.by_vendor(lines) has the on-time rate"),
        (ma, "duplicates", "quality.duplicates"),
        (ma, "by_vendor", "spend.by_vendor or lead_times.by_vendor"),
        (ma, "from_file", "Purchases.from_file"),
        (ma, "fetch_purchases", "Client.fetch_purchases"),
        (ma, "findngs", "near: findings"),
        (spend, "late", "slippage.by_vendor(lines) has the on-time rate"),
        (slippage, "plot_on_time", "slippage.plot_by_vendor(lines)"),
        (slippage, "overdue", "slippage.open_orders(lines)"),
        (spend, "otif", "slippage.otif"),
        (ma, "supplier", "spend.by_vendor(lines)"),
        (ma, "spend_by_vendor", ": spend.by_vendor"),
        (ma, "plot_lead_times", ": lead_times.plot_by_vendor"),
        (ma, "read_excel", "Purchases.from_file('orders.csv'"),
        (ma, "kpis", "makini_analytics.findings(data)"),
    ],
)
def test_a_name_that_is_not_there_teaches_the_one_that_is(room, name, meant):
    with pytest.raises(AttributeError) as told:
        getattr(room, name)
    assert meant in str(told.value)
    assert (told.value.name, told.value.obj) == (name, room)
    assert not hasattr(room, name)


def test_what_is_meant_is_there():
    lines = ma.load_sample(["emea"]).lines
    for by in {*_COLUMNS.values()}:
        assert len(spend.by_vendor(lines, by=by)) >= 1
    assert len(lead_times.by_period(lines, freq="Q")) > 1


def test_all_that_is_named_instead_is_there():
    for said in {*_CALLED.values(), *_DRAWN.values()}:
        for of, name in re.findall(r"(\w+)\.(\w+)\(", said):
            assert name in dir(ma if of == "makini_analytics" else getattr(ma, of)), said
    assert {*_DRAWN} <= {said.partition("(")[0] for said in _CALLED.values()}


def test_what_python_asks_of_every_module_is_answered_as_ever():
    assert not hasattr(spend, "_repr_html_")
    assert pickle.loads(pickle.dumps(spend.by_vendor)) is spend.by_vendor  # noqa: S301: our own
    with pytest.raises(ImportError, match="cannot import name 'by_category'"):
        exec("from makini_analytics.spend import by_category")
