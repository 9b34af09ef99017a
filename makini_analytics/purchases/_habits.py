"""What people try on `Purchases` that are no frame: an error that names what does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from .._door import elsewhere, instead_of
from ..errors import OptionError, SchemaError
from ..system import near

#: What people call a column.
_COLUMNS = {
    "supplier": "vendor_name", "item": "material_id", "material": "material_id", "plant": "site_name", "status": "state", "po": "order_number",
    "qty": "quantity", "price": "unit_price", "value": "amount", "uom": "unit_of_measure",
}  # fmt: skip


def must_be_purchases(data: Any, metric: str) -> None:
    """Raise `SchemaError` where a figure of orders and lines is given something else."""
    if not isinstance(data, NoFrame):
        raise SchemaError(
            f"{metric} takes Purchases, as fetch_purchases, load or from_table give them (data, not data.lines), "
            f"not {type(data).__name__}{instead_of(data)}"
        )


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
            raise AttributeError(f"Purchases have no attribute {name!r}{self._meant(name)}")

        def _meant(self, name: str) -> str:
            if column := self._column(name):
                return f": data.lines.{column}"
            return elsewhere(name) or near(name, [n for n in dir(self) if not n.startswith("_")])

    def __getitem__(self, key: Any) -> NoReturn:
        if not isinstance(key, str):  # numpy asks for the first item, and takes this for an object of its own
            raise KeyError("Purchases are no DataFrame, but hold them: data.lines")
        name = key if key in self.lines.columns else self._column(key) or key
        hold = name if name in ("orders", "lines", "issues", "sources") else f"lines[{name!r:.40}]"
        raise OptionError(
            f"Purchases are no DataFrame, but hold them: data.{hold}; data.filter(vendor=..., since=...) is a part"
        )

    def _column(self, name: str) -> str:
        """Return the column of the lines that a name is likely to mean, such as vendor_name for "suppliers"; "" for none."""
        one = name.casefold().removesuffix("s")
        return next((c for c in (_COLUMNS.get(one, one), f"{one}_name") if c in self.lines.columns), "")

    def __add__(self, other: Any) -> NoReturn:
        raise OptionError("purchases are put together by makini_analytics.concat([one, other])")
