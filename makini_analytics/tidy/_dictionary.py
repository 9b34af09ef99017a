"""The data dictionary: the column table as a frame, for whoever looks a column up."""

from __future__ import annotations

import pandas as pd

from ..system import names_of, text_of
from ._schema import ORDERS, TABLES, Column


def data_dictionary(table: str | None = None) -> pd.DataFrame:
    """Return one row per column of the tidy frames: table, column, dtype, unit, meaning, sources.

    Which fields a source system fills, and what its custom fields are, is decided by the field mapping of the connection, seen in
    Makini's dashboard under the connection's settings; undocumented fields are kept under ``custom.<name>``.

    Parameters
    ----------
    table : "orders", "lines", "issues" or "sources"; by default all of them

    Returns
    -------
    DataFrame, one row per column of ``orders``, ``lines``, ``issues`` and ``sources``:
        * table, column : where it is, and its name
        * dtype : its dtype in pandas
        * unit : such as "in `currency`"; empty where it has none
        * meaning : what it holds, in a sentence
        * sources : the API's field names in the order in which they are tried; empty where it follows from other columns

    Raises
    ------
    ConfigError
        There is no such table.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> ma.data_dictionary("lines").query("column == 'required_date'").sources.item()
    "dueAt; else the order's dueAt"
    """
    names = TABLES if table is None else names_of("table", text_of("table", table, "the name of a table"), TABLES)
    order_sources = {c.name: ", ".join(c.sources) for c in ORDERS}

    def sources(of: str, c: Column) -> str:
        found = [", ".join(c.sources)]
        if of == "lines" and c.inherits:
            found.append(f"the order's {order_sources[c.name] or c.name}")
        if c.of_material:
            found.append(f"the material's {', '.join(c.of_material)}")
        found.append(c.otherwise)
        return "; else ".join(f for f in found if f)

    rows = [(t, c.name, c.dtype, c.unit, c.meaning, sources(t, c)) for t in names for c in TABLES[t]]
    custom = "A field of the connection's own mapping (see it in Makini's dashboard), typed where it is clean"
    rows += [(t, "custom.*", "", "", custom, "any undocumented field") for t in ("orders", "lines") if t in names]
    return pd.DataFrame(rows, columns=["table", "column", "dtype", "unit", "meaning", "sources"], dtype="string")
