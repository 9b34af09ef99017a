"""How full each column is, and which figures a connection's data can carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import Counted, Selection, figure
from ..errors import SchemaError
from ..frames import values
from ..purchases import Purchases

Metric = Callable[[pd.DataFrame], pd.DataFrame]

#: Each figure, how it is made, and the column without which it says nothing.
METRICS: dict[str, tuple[Metric, str]] = {
    "spend.by_vendor": (spend.by_vendor, "amount"),
    "spend.by_period": (spend.by_period, "order_date"),
    "spend by category": (lambda lines: spend.by_vendor(lines, by="category"), "category"),
    "spend by site": (lambda lines: spend.by_vendor(lines, by="site_id"), "site_id"),
    "spend, received": (lambda lines: spend.by_vendor(lines, basis="received"), "received_quantity"),
    "spend, still open": (lambda lines: spend.by_vendor(lines, basis="open"), "received_quantity"),
    "lead_times.by_vendor": (lead_times.by_vendor, "delivered_date"),
    "slippage.by_vendor": (slippage.by_vendor, "delivered_date"),
    "slippage, due=promised": (lambda lines: slippage.by_vendor(lines, due="promised"), "promised_date"),
}


@figure()
def coverage(data: Purchases) -> Counted:
    """How full each column is, and which figures can be computed, by connection.

    A cell is filled when it is neither missing nor an empty text. A figure can be computed where the column that it stands on holds
    something and lines are left after its own exclusions; the evidence says which lines those are, or why there are none. Which
    fields a source system fills is decided by its field mapping in Makini's dashboard.

    Parameters
    ----------
    data : Purchases

    Returns
    -------
    DataFrame, one row per connection and column of orders and lines, and per connection and figure
        connection : string
        table : string; orders, lines, or metrics for the figures
        name : string, the column or the figure
        n_rows, n_filled : int, rows, and rows that are filled (that the figure counts)
        share : float, 0..1; missing without rows
        computable : boolean; missing for columns
        evidence : string, why; missing for columns

    Raises
    ------
    SchemaError
        ``data`` is not Purchases.
    """
    if not isinstance(data, Purchases):
        raise SchemaError(
            f"quality.coverage takes Purchases, not {type(data).__name__}: it looks at orders, lines and sources"
        )
    rows: list[dict[str, Any]] = []
    names = dict.fromkeys([*data.sources["connection"].dropna(), *data.orders["connection"].dropna()])
    for connection in names:
        for table in ("orders", "lines"):
            part = _of(getattr(data, table), connection)
            rows += [
                {"connection": connection, "table": table, "name": c, "n_rows": len(part), "n_filled": _filled(part[c])}
                for c in part.columns
            ]
        lines = _of(data.lines, connection)
        said = data.sources.loc[data.sources["connection"] == connection, "delivery_date"].dropna()
        role = str(said.iloc[0]) if len(said) else ""
        rows += [_metric(connection, name, lines, role) for name in METRICS]
    columns = ["connection", "table", "name", "n_rows", "n_filled", "share", "computable", "evidence"]
    result = pd.DataFrame(rows).reindex(columns=columns)
    n = result["n_rows"].to_numpy(dtype=float, na_value=0)
    result["share"] = np.where(
        n > 0, result["n_filled"].to_numpy(dtype=float, na_value=0) / np.where(n > 0, n, 1), np.nan
    )
    result = result.astype(
        {"connection": "string", "table": "string", "name": "string", "n_rows": "int64", "n_filled": "int64"}
        | {"computable": "boolean", "evidence": "string"}
    )
    return Counted(result, Selection(data.lines))


def _of(frame: pd.DataFrame, connection: str) -> pd.DataFrame:
    part = frame[(frame["connection"] == connection).to_numpy(dtype=bool, na_value=False)]
    part.attrs = frame.attrs
    return part


def _filled(column: pd.Series) -> int:
    filled = column.notna()
    if isinstance(column.dtype, pd.StringDtype):
        filled &= (column != "").fillna(False)
    return int(filled.sum())


def _metric(connection: str, name: str, lines: pd.DataFrame, role: str) -> dict[str, Any]:
    metric, needs = METRICS[name]
    row = {
        "connection": connection,
        "table": "metrics",
        "name": name,
        "n_rows": len(lines),
        "n_filled": 0,
        "computable": False,
    }
    filled = _filled(values(lines, needs, "string"))
    if not filled:
        why = f"no line has a {needs}"
        if needs == "delivered_date" and role == "planned":
            why += ": the source's delivery date is read as planned (delivery_date='actual' if it is not)"
        return row | {"evidence": why}
    said = metric(lines).attrs
    counted = said["included"]["n_lines"]
    left_out = ", ".join(f"{e['n_lines']:,} {e['reason']}" for e in said["excluded"]) or "nothing"
    evidence = f"{needs} on {filled:,} of {len(lines):,} lines; left out: {left_out}"
    if len(said["included"]["value"]) > 1 and name.startswith("spend"):
        evidence += f"; in {len(said['included']['value'])} currencies"
    return row | {
        "n_filled": counted,
        "computable": counted > 0,
        "evidence": ". ".join([evidence, *(n.rstrip(".") for n in said["notes"])]),
    }
