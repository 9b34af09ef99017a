"""The default run takes some of many like cases; the full run takes them all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(n: int, cases: Iterable[Any]) -> list[Any]:
    """Return the cases for ``parametrize``: the first and each nth after it for the default run, the others marked `full`.

    A tuple is the values of several arguments; ids are made by ``parametrize`` as usual.
    """
    return [
        case if i % n == 0 else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.full)
        for i, case in enumerate(cases)
    ]
