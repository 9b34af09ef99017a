"""Options by name: a misspelt one is an error of the function that was called, with the near name."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from ..errors import OptionError
from ._near import near

P = ParamSpec("P")
R = TypeVar("R")


#: What people call an option, and the one that does it.
_CALLED = {
    **dict.fromkeys(("tolerance", "grace", "grace_days", "allowance", "max_delay", "late_after"), "late_days"),
    **dict.fromkeys(("groupby", "group_by", "group", "key"), "by"),
    **dict.fromkeys(("today", "date", "day", "on", "at", "reference_date"), "as_of"),
    **dict.fromkeys(("n", "limit", "head", "max_rows", "nlargest"), "top"),
    **dict.fromkeys(("ccy", "to", "unit"), "currency"),
    **dict.fromkeys(("period", "grain", "frequency", "resample", "interval"), "freq"),
}


def known_options(function: Callable[P, R], instead: Mapping[str, str] = MappingProxyType({})) -> Callable[P, R]:
    """Return the function, which raises `OptionError` for an option that it does not have. For methods, too.

    ``instead`` has what does so, for options that people look for in vain.

    A function that passes options on, as ``**options``, calls `check_options` itself.

    >>> known_options(lambda lines, *, top=12: top)([], topp=3)
    Traceback (most recent call last):
    makini_analytics.errors.OptionError: <lambda>() has no option 'topp'; near: top
    """
    names, parameters = options_of(function), inspect.signature(function).parameters.values()
    passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters)
    by_place = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    first = next((p for p in parameters if p.name in names and p.name in by_place), None)
    data = [first.name] if first and first.default is first.empty else []
    most = math.inf if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(by_place)
    # "Client.__init__" is called as Client(...); a function inside of another one goes by its own name
    label = function.__qualname__.removesuffix(".__init__").rpartition("<locals>.")[2]

    @wraps(function)
    def called(*args: P.args, **options: P.kwargs) -> R:
        if not passes_on:
            check_options(label, options, names, instead, data)
        if len(args) > most and (by_name := [f"{n}=" for n in names if n not in by_place]):
            placed = " and ".join(n for n in by_place if n in names) or "nothing"
            raise OptionError(f"{label}() takes {placed} by place; name what follows: {', '.join(by_name)}")
        # Popped, so that no frame of ours holds a token while `Client` runs: a traceback with local variables would show it.
        passed: Any = [options, args]
        del args, options
        return function(*passed.pop(), **passed.pop())

    return called


def options_of(*functions: Callable[..., Any]) -> dict[str, None]:
    """Return the names of the arguments that one of the functions takes, in their order.

    >>> list(options_of(lambda lines, *, top=12, **options: 0, lambda lines, *, by=None: 0))
    ['lines', 'top', 'by']
    """
    parameters = (p for function in functions for p in inspect.signature(function).parameters.values())
    return {p.name: None for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in ("self", "cls")}


def check_options(
    label: str,
    given: Iterable[str],
    good: Collection[str],
    instead: Mapping[str, str] = MappingProxyType({}),
    data: Collection[str] = (),
) -> None:
    """Raise `OptionError` for the first of the given options that is none of the good ones.

    Those that are ``data`` come by place, and are no near name of an option.
    """
    options = [name for name in good if name not in data]
    for name in given:
        if name not in good:
            called = f"; near: {_CALLED[name]}" if _CALLED.get(name) in good else near(name, options)
            hint = f"; {instead[name]}" if name in instead else called or f"; it has {', '.join(good)}"
            raise OptionError(f"{label}() has no option {name!r}{hint}")
