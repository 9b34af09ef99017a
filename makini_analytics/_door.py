"""The door of a room: names that are loaded when they are asked for, and what may be meant by one that is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from inspect import isfunction
from types import ModuleType
from typing import Any, NoReturn

import lazy_loader

#: Where a name may lie that was looked for at the top.
_HOLDERS = ("Purchases", "Client", "spend", "lead_times", "slippage", "quality", "currency", "units", "style")
_PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
#: What people call a vendor, and what they call on time and late.
_VENDORS = ("supplier", "suppliers", "vendors", "creditor", "creditors")
_ON_TIME = ("on_time", "ontime", "on_time_rate", "otd", "late", "lateness", "delay", "delays", "late_deliveries")
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
        meant = (
            "" if name.isidentifier() and find_spec(f"{package}.{name}") else _meant(name, package, everything, load)
        )
        told = f"{package} has no {name!r}{meant}"
        raise AttributeError(told, name=name, obj=sys.modules.get(package))

    return find, names, everything


def _meant(name: str, package: str, there: list[str], load: Callable[[str], Any]) -> str:
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
    if name.casefold() in _ON_TIME and room in ("", "slippage"):
        return ": slippage.by_vendor(lines) has the on-time rate, slippage.per_line(lines) what was late"
    found = [] if room else [of for of in _HOLDERS if name in dir(load(of))]
    if found:
        return f": {' or '.join(f'{of}.{name}' for of in found)}"
    return near(name, there)
