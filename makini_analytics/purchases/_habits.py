"""What people try on `Purchases` that are no frame: an error that names what does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from ..errors import OptionError
from ..system import near


class NoFrame:
    """Purchases hold frames, and are none: ``data.vendor_name`` and ``data["lines"]`` say where it is."""

    lines: pd.DataFrame

    if not TYPE_CHECKING:  # a type checker would take any name for right

        def __getattr__(self, name: str) -> Any:
            # asked by copy, pickle and IPython, also of an object that is not made yet
            if name.startswith("_") or "lines" not in self.__dict__:
                raise AttributeError(name)
            if name in self.lines.columns or hasattr(pd.DataFrame, name):
                raise AttributeError(f"Purchases are no DataFrame, but hold them: data.lines.{name}")
            raise AttributeError(f"Purchases have no attribute {name!r}{near(name, dir(self))}")

    def __getitem__(self, key: Any) -> NoReturn:
        if not isinstance(key, str):  # numpy asks for the first item, and takes this for an object of its own
            raise KeyError("Purchases are no DataFrame, but hold them: data.lines")
        name = key
        hold = name if name in ("orders", "lines", "issues", "sources") else f"lines[{name!r:.40}]"
        raise OptionError(
            f"Purchases are no DataFrame, but hold them: data.{hold}; data.filter(vendor=..., since=...) is a part"
        )

    def __add__(self, other: Any) -> NoReturn:
        raise OptionError("purchases are put together by makini_analytics.concat([one, other])")
