"""The door of a room: names that are loaded when they are asked for, and what may be meant by one that is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from inspect import isfunction
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import lazy_loader

#: Where a name may lie that was looked for at the top.
_HOLDERS = ("Purchases", "Client", "spend", "lead_times", "slippage", "quality", "currency", "units", "style")
_PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
#: What people call a vendor.
_VENDORS = ("supplier", "suppliers", "vendors", "creditor", "creditors")
#: What people look for by another name, and the call that has it.
_CALLED = {
    **dict.fromkeys(
        ("on_time", "ontime", "on_time_rate", "on_time_delivery", "otd", "late", "lateness", "late_lines", "late_deliveries", "delay", "delays", "punctuality"),
        "slippage.by_vendor(lines) has the on-time rate, slippage.per_line(lines) what was late",
    ),
    **dict.fromkeys(
        ("overdue", "open", "open_lines", "late_orders", "past_due", "backlog", "forecast", "predict"),
        "slippage.open_orders(lines) has what is still to come, its days overdue and its chance to come in time",
    ),
    **dict.fromkeys(
        ("savings", "ppv", "price_variance", "inflation"),
        "spend.price_changes(lines) has each item's price before and after, spend.bridge(before, after) what prices did to spend",
    ),
    **dict.fromkeys(
        ("kpi", "kpis", "summary", "summarize", "overview", "dashboard", "insights", "analyze"),
        "makini_analytics.findings(data) has what matters, makini_analytics.report(data, 'report.html') the whole",
    ),
    **dict.fromkeys(
        ("read_csv", "load_csv", "from_csv", "read_excel", "load_excel", "from_excel", "read_file", "from_file", "from_table", "read_table"),
        "Purchases.from_file('orders.csv', connection='erp') reads a list, Purchases.from_table(frame) a frame",
    ),
    **dict.fromkeys(("abc", "pareto"), "spend.by_vendor(lines) has each vendor's share and class"),
    **dict.fromkeys(_VENDORS, "spend.by_vendor(lines) has the spend of each vendor"),
}  # fmt: skip
#: The same for what is drawn.
_DRAWN = {
    "slippage.by_vendor": "slippage.plot_by_vendor(lines) draws the on-time rates",
    "slippage.open_orders": "slippage.plot_ageing(lines) draws what is overdue",
    "spend.by_vendor": "spend.plot_by_vendor(lines) draws the spend of each vendor",
    "spend.price_changes": "spend.plot_price_changes(lines) draws the changes of prices",
}
#: What people group by, and the column or key that it is.
_COLUMNS = {name: name for name in ("category", "material", "site_id", "site_name", "currency", "connection", "vendor_name", "product_code", "type")} | {
    "site": "site_name", "item": "material", "product": "material", "vendor_id": "vendor", "material_id": "material", "source": "connection",
}  # fmt: skip


class _Room(ModuleType):
    """A module that says, where it is called as a function is, which functions it has."""

    def __call__(self, *args: Any, **options: Any) -> NoReturn:
        room = self.__name__.partition(".")[2] or "makini_analytics"
        shown = [name for name in self.__all__ if isfunction(getattr(self, name))][:3]
        raise TypeError(
            f"{room} is a module: call one of its functions, such as {', '.join(f'{room}.{n}' for n in shown)}"
        )


#: What has purchases and is none, by its class, and the call that gives them.
_LEADS_TO = {"History": "history.at(day)", "Client": "client.fetch_purchases()", "Scan": "Purchases.load(folder)"}
#: What people ask a client for, and the call that brings it.
_FETCHED = {
    **dict.fromkeys(("get", "request", "list", "table", "tables", "fetch_list", "vendors", "suppliers"), "client.fetch_table('vendors')"),
    **dict.fromkeys(("fetch", "purchases", "purchase_orders", "fetch_orders", "get_orders", "get_purchases", "get_purchase_orders", "fetch_lines"), "client.fetch_purchases()"),
}  # fmt: skip


def instead_of(value: object, otherwise: str = "") -> str:
    """Return the end of an error that was given what leads to purchases: the call to pass instead; else ``otherwise``."""
    call = _LEADS_TO.get(type(value).__name__)
    return f": pass {call}" if call else otherwise


class LeadsToPurchases:
    """A history, a client or a scan: a name that purchases have says by which call they come from it."""

    def __len__(self) -> NoReturn:
        of = type(self).__name__
        raise TypeError(f"{of} has no length: len({_LEADS_TO[of]}) counts order lines")

    def __bool__(self) -> bool:
        return True

    if not TYPE_CHECKING:  # a type checker would take any name for right

        def __getattr__(self, name: str) -> Any:
            # asked by copy, pickle and IPython, also of an object that is not made yet
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(f"{type(self).__name__} has no {name!r}{self._meant(name)}")

        def _meant(self, name: str) -> str:
            from pandas import DataFrame

            from .system import near

            of, holds = type(self).__name__, _room("Purchases")
            if of == "Client" and name in _FETCHED:
                return f": {_FETCHED[name]}"
            made_otherwise = ("load", "from_table", "from_file")
            if name in holds.__dataclass_fields__ or (name in dir(holds) and name not in made_otherwise):
                return f": {_LEADS_TO[of]}.{name}"
            if of != "Client" and hasattr(DataFrame, name):
                return f": {_LEADS_TO[of]}.lines.{name}"
            return near(name, [n for n in dir(self) if not n.startswith("_")])


def opened(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a room whose names stand in the stub beside ``file``.

    >>> from makini_analytics import spend
    >>> spend.by_category
    Traceback (most recent call last):
    ...
    AttributeError: makini_analytics.spend has no 'by_category': spend.by_vendor(lines, by='category') groups by any column
    """
    load, names, everything = lazy_loader.attach_stub(package, file)
    sys.modules[package].__class__ = _Room

    def find(name: str) -> Any:
        # Python and notebooks ask every module for names such as __path__
        if name in everything or name.startswith("_"):
            return load(name)
        # `from .. import charts` asks for the name before it looks for the room: nobody reads that error
        meant = "" if name.isidentifier() and find_spec(f"{package}.{name}") else _meant(name, package, everything)
        told = f"{package} has no {name!r}{meant}"
        raise AttributeError(told, name=name, obj=sys.modules.get(package))

    return find, names, everything


def _meant(name: str, package: str, there: list[str]) -> str:
    from .system import near

    room = package.partition(".")[2]
    drawn, by, column = name.rpartition("by_")
    if by and drawn in ("", "plot_") and {"by_vendor", "by_period"} <= set(there):
        if column in _PERIODS:
            return f": {room}.{drawn}by_period(lines, freq={_PERIODS[column]!r})"
        if column in _COLUMNS:
            return f": {room}.{drawn}by_vendor(lines, by={_COLUMNS[column]!r}) groups by any column"
        if column in _VENDORS:
            return f": {room}.{drawn}by_vendor(lines)"
    return elsewhere(name, room) or near(name, there)


def elsewhere(name: str, room: str = "") -> str:
    """Return the call that somebody may have meant by a name that a room, or the purchases, don't have; "" where it is not known."""
    word = name.casefold()
    found = [of for of in _HOLDERS if of != room and (of.islower() or not room) and name in dir(_room(of))]
    if found:
        return f": {' or '.join(f'{of}.{name}' for of in found)}"
    if said := _CALLED.get(word.removeprefix("plot_").removeprefix("get_")):
        return f": {_DRAWN.get(said.partition('(')[0], said) if word.startswith('plot_') else said}"
    if name in dir(import_module(__package__)) and isfunction(_room(name)):
        return f": {__package__}.{name}(data, ...)"
    # "spend_by_vendor" spells out spend.by_vendor, "plot_spend" is spend.plot_by_vendor
    bare = word.removeprefix("plot_")
    for of in _HOLDERS:
        call = word[: -len(bare)] + (bare.removeprefix(of).lstrip("_") or "by_vendor")
        if (bare == of or bare.startswith(f"{of}_")) and call in dir(_room(of)):
            return f": {of}.{call}"
    return ""


def chart_of(figure: str) -> str:
    """Return the chart of a figure, such as "spend.plot_by_vendor" for "spend.by_vendor"; "" where there is none of that name."""
    room, dot, name = figure.rpartition(".")
    chart = f"plot_{name}"
    there = dir(_room(room)) if room in _HOLDERS else () if room else dir(import_module(__package__))
    return f"{room}{dot}{chart}" if chart in there else ""


def _room(name: str) -> Any:
    return getattr(import_module(__package__), name)
