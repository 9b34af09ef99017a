"""What else of an overdue item is on order: one rule for the finding and for the lists."""

from __future__ import annotations

import pandas as pd

#: The bucket of `slippage.open_orders` for lines of which all has come.
TO_CLOSE = "to be closed"


def also_on_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return beside each overdue line of ``slippage.open_orders`` the other open lines of its item and unit.

    An item is what its connection calls so: its material, else its code. Lines to be closed bring nothing any more.

    Returns
    -------
    DataFrame, one row per line, with the index of ``table``
        n_lines : int, how many others; 0 for lines that are not overdue
        quantity : float, what is still to come by them, in the line's unit
        next_due : datetime64, day, when the next of them is due; missing where all of them are overdue, too

    Examples
    --------
    >>> lines = pd.DataFrame({
    ...     "connection": "a", "material_id": ["BOLT", "BOLT", "BOLT", None], "product_code": None, "unit_of_measure": "EA",
    ...     "open_quantity": [10.0, 15.0, 25.0, 1.0], "due_date": pd.to_datetime(["2025-06-20", "2025-07-12", "2025-08-01", "2025-06-01"]),
    ...     "days_overdue": [10.0, -12.0, -32.0, 29.0], "bucket": ["8-30", "not due", "not due", "8-30"],
    ... })
    >>> also_on_order(lines)
       n_lines  quantity   next_due
    0        2      40.0 2025-07-12
    1        0       0.0        NaT
    2        0       0.0        NaT
    3        0       0.0        NaT
    """
    late = table["days_overdue"] > 0
    item = table["material_id"].fillna(table["product_code"])
    to_come = pd.DataFrame(
        {
            "connection": table["connection"].fillna(""),
            "item": item,
            "unit": table["unit_of_measure"].fillna(""),
            "quantity": table["open_quantity"].astype("float64").fillna(0),
            "next_due": table["due_date"].where(~late),  # what is overdue itself is not to be waited for
        }
    )[item.notna() & (table["bucket"] != TO_CLOSE)]
    groups = to_come.groupby(["connection", "item", "unit"], sort=False)
    beside = pd.DataFrame(
        {
            "n_lines": groups["quantity"].transform("size") - 1,
            "quantity": groups["quantity"].transform("sum") - to_come["quantity"],
            "next_due": groups["next_due"].transform("min"),
        }
    )
    out = beside[late.reindex(beside.index) & (beside["n_lines"] > 0)].reindex(table.index)
    return out.fillna({"n_lines": 0, "quantity": 0.0}).astype({"n_lines": "int64"})
