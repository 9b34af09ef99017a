"""Options by name: a misspelt one is an error of the function that was called, with the near name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..errors import OptionError

P = ParamSpec("P")
R = TypeVar("R")


def known_options(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function, which raises `OptionError` for an option that it does not have.

    >>> known_options(lambda lines, *, top=12: top)([], topp=3)
    Traceback (most recent call last):
    makini_analytics.errors.OptionError: <lambda>() has no option 'topp'; near: top
    """
    names = list(inspect.signature(function).parameters)

    @wraps(function)
    def called(*args: P.args, **options: P.kwargs) -> R:
        for name in options:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=3)
                hint = f"near: {', '.join(near)}" if near else f"it has {', '.join(names)}"
                raise OptionError(f"{function.__name__}() has no option {name!r}; {hint}")
        return function(*args, **options)

    return called
