"""The public names of the package, and how a docstring may abbreviate them.

The doors of the rooms are the one source: a name in ``__all__`` has a page, and a ``plot_*`` has a picture in the gallery.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from types import ModuleType
from typing import Any

import makini_analytics as ma
from makini_analytics.catalogue import FIGURES

ROOMS = ("spend", "lead_times", "slippage", "quality")
#: Modules with functions of their own that are no figures. ``style`` is reached by import only.
OTHER_ROOMS = ("currency", "units", "explore", "style")


def module(room: str) -> ModuleType:
    """Return a public module by its short name."""
    return importlib.import_module(f"makini_analytics.{room}")


def plots(room: str) -> list[str]:
    """Return the charts of a room, whether its door lists them or loads them when asked."""
    listed = {n for n in module(room).__all__ if n.startswith("plot_")}
    try:
        drawn = vars(importlib.import_module(f"makini_analytics.{room}._plots"))
    except ModuleNotFoundError:
        drawn = {}
    return sorted(listed | {n for n, value in drawn.items() if n.startswith("plot_") and inspect.isfunction(value)})


def figures(room: str) -> list[str]:
    """Return the functions of a room that give a table."""
    return sorted(n for n in module(room).__all__ if not n.startswith("plot_") and callable(getattr(module(room), n)))


def functions_of(room: str) -> list[str]:
    """Return the public functions and classes of a module that is no room of figures."""
    here = module(room)
    own = [n for n, value in vars(here).items() if getattr(value, "__module__", "").startswith(here.__name__)]
    listed = getattr(here, "__all__", own)
    return [n for n in listed if not n.startswith("_") and callable(getattr(here, n))]


def top_level() -> dict[str, Any]:
    """Return what stands in ``ma.__all__`` and is no module."""
    named = {n: getattr(ma, n) for n in ma.__all__}
    return {n: value for n, value in named.items() if not isinstance(value, ModuleType)}


def _is_method(value: Any) -> bool:
    return isinstance(value, (classmethod, staticmethod, property)) or inspect.isfunction(value)


@cache
def known() -> dict[str, str]:
    """Return every documented name, short (``spend.by_vendor``, ``Client.update``) to full."""
    short = list(top_level())
    for name, value in top_level().items():
        if inspect.isclass(value):
            short += [f"{name}.{m}" for m, v in vars(value).items() if not m.startswith("_") and _is_method(v)]
    for room in ROOMS:
        short += [f"{room}.{n}" for n in (*figures(room), *plots(room))]
    for room in OTHER_ROOMS:
        short += [f"{room}.{n}" for n in functions_of(room)]
    return {name: f"makini_analytics.{name}" for name in (*short, *ROOMS, *OTHER_ROOMS)}


def resolved(name: str, owner: str) -> str | None:
    """Return the full name that a docstring of ``owner`` means by a short one, or None.

    >>> resolved("by_vendor", "makini_analytics.spend.tail")
    'makini_analytics.spend.by_vendor'
    """
    name = name.removesuffix("()").removeprefix("makini_analytics.").removeprefix("ma.")
    around = owner.removeprefix("makini_analytics.").split(".")
    tries = [name, *(".".join([*around[:k], name]) for k in range(len(around), 0, -1))]
    return next((known()[t] for t in tries if t in known()), None)


def needed_columns(figure: str) -> list[str]:
    """Return what a figure needs, as lines of Markdown; nothing where it needs no column, or is a step and no figure."""
    entry = FIGURES.get(figure)
    if entry is None or not (entry.columns or entry.choices):
        return []
    always = [f"`{c}`" for c in entry.columns if not c.endswith("?")]
    absent = [f"`{c.rstrip('?')}`" for c in entry.columns if c.endswith("?")]
    out = [f"* Always: {', '.join(always)}"] if always else []
    out += [f"* Without it all lines are left out: {', '.join(absent)}"] if absent else []
    for option, column_of in entry.choices.items():
        out += [f"* With `{option}={value!r}`: `{column.rstrip('?')}`" for value, column in column_of.items()]
    engines = "polars, PyArrow, DuckDB and Spark, and databases by Ibis ([Other engines](../engines.md))"
    counted = "counted where they lie" if entry.any_frame else "brought into memory as far as they are needed"
    out.append(f"\nLines in an engine are {counted}: {engines}.")
    return out
