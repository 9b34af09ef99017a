"""From every row to the rows that count, and from the orders' own totals to the sums of their lines: all accounted for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import lead_times, slippage, spend
from ..compute import FigureResult, Selection, figure
from ..errors import one_of
from ..frames import FIGURE_COLUMNS, AsOf, as_of_days, categoricals, numbers, values
from ..purchases import Purchases
from ._takes import check_purchases

#: The figures that a meeting compares with the ERP's own.
METRICS: dict[str, Callable[..., pd.DataFrame]] = {
    "spend.by_vendor": spend.by_vendor,
    "lead_times.by_vendor": lead_times.by_vendor,
    "slippage.by_vendor": slippage.by_vendor,
}
Floats = npt.NDArray[np.float64]


@figure()
def reconcile(data: Purchases, *, metric: str = "spend.by_vendor", as_of: AsOf | None = None) -> FigureResult:
    """From all lines to those that a figure counts, and from the orders' totals to the sums of their lines.

    Part ``lines``: every line with its value, each reason for which lines are left out, and what the figure uses: raw = left out +
    used, in lines and to the cent. Part ``orders``: the orders by how their own total (net; gross where there is no net) stands to
    the sum of their live lines (plus tax, against gross). Orders agree to half a cent; a difference up to a cent per line, or 0.1 %
    where nothing else explains it, is rounding; a cause is named only where it explains the difference to a cent per line. Header
    total minus lines, by cause, adds up to the whole difference.

    Parameters
    ----------
    data : Purchases
    metric : the figure: "spend.by_vendor", "lead_times.by_vendor" or "slippage.by_vendor"
    as_of : day from which the figure looks; the data's own by default

    Returns
    -------
    DataFrame, one row per connection, currency, part, step and reason
        connection, currency : string; the currency is missing where the source gives none
        part : string; lines or orders
        step : string; raw, left out, used (lines); agrees, differs, not comparable (orders)
        reason : string; why left out, or the cause of the difference
        n_orders : Int64, orders (part orders)
        n_lines : Int64, lines
        value : float, sum of the line amounts, in ``currency``
        header_total : float, sum of the orders' own totals (part orders)
        difference : float, header_total minus the lines (and tax) compared with it (part orders)

    Raises
    ------
    SchemaError
        ``data`` is not Purchases.
    ConfigError
        An unknown metric.

    Examples
    --------
    >>> from makini_analytics import quality
    >>> import makini_analytics as ma
    >>> steps = quality.reconcile(ma.load_sample(["us"])).query("part == 'lines'").groupby("step", sort=False).n_lines.sum()
    >>> bool(steps["raw"] == steps["left out"] + steps["used"])
    True
    """
    one_of("metric", metric, METRICS)
    check_purchases(data, "connection", "order_id", "currency", metric="quality.reconcile")
    rows = [*_line_steps(data.lines, metric, as_of), *_order_steps(data.orders, data.lines)]
    columns = [
        "connection",
        "currency",
        "part",
        "step",
        "reason",
        "n_orders",
        "n_lines",
        "value",
        "header_total",
        "difference",
    ]
    result = pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("connection", "currency", "part", "step", "reason"), "string")
        | {"n_orders": "Int64", "n_lines": "Int64"}
        | dict.fromkeys(("value", "header_total", "difference"), "float64")
    )
    day = None if as_of is None else as_of_days(data.lines, as_of)
    return FigureResult(result, Selection(data.lines), as_of=day)


# ---- lines -------------------------------------------------------------------------------------------------------------


def _line_steps(lines: pd.DataFrame, metric: str, as_of: AsOf | None) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    # parts are copies: lines are wide, and their text is slow to copy but as codes
    read = categoricals.as_labels(lines[[c for c in lines if c in FIGURE_COLUMNS]])
    for key, part in read.groupby(["connection", "currency"], dropna=False, sort=True, observed=True):
        connection, currency = key if isinstance(key, tuple) else (key, None)
        part.attrs = lines.attrs
        about = METRICS[metric](part, as_of=as_of).attrs
        head = {"connection": connection, "currency": currency, "part": "lines"}
        out.append(
            head | {"step": "raw", "reason": "all lines", "n_lines": len(part), "value": _sum(numbers(part, "amount"))}
        )
        for entry in [*about["excluded"], about["included"]]:
            used = entry is about["included"]
            reason = metric if used else entry["reason"]
            value = math.fsum(entry["value"].values())
            out.append(
                head
                | {
                    "step": "used" if used else "left out",
                    "reason": reason,
                    "n_lines": entry["n_lines"],
                    "value": value,
                }
            )
    return out


def _sum(amounts: Any) -> float:
    """Return the exact sum of what is known."""
    known = np.asarray(amounts, dtype=float)
    return math.fsum(known[~np.isnan(known)])


# ---- orders ------------------------------------------------------------------------------------------------------------

_CHARGE = re.compile(r"freight|shipping|handling|charge|fracht|versand|transport", re.IGNORECASE)
_DISCOUNT = re.compile(r"discount|rebate|rabatt|skonto", re.IGNORECASE)


def _order_steps(orders: pd.DataFrame, lines: pd.DataFrame) -> list[dict[str, Any]]:
    cause, total, compared, amounts, n_lines = _causes(orders, lines)
    table = pd.DataFrame(
        {
            "connection": orders["connection"].to_numpy(dtype=object),
            "currency": orders["currency"].to_numpy(dtype=object),
            "cause": cause,
            "total": total,
            "difference": np.where(np.isnan(total), np.nan, total - compared),
            "amounts": amounts,
            "n_lines": n_lines,
        }
    )
    out = []
    for key, part in table.groupby(["connection", "currency", "cause"], dropna=False):
        connection, currency, reason = key if isinstance(key, tuple) else (key, None, "")
        known = part["total"].notna().any()
        out.append(
            {
                "connection": connection,
                "currency": currency,
                "part": "orders",
                "step": _STEP_OF.get(str(reason), "differs"),
                "reason": reason,
                "n_orders": len(part),
                "n_lines": int(part["n_lines"].sum()),
                "value": _sum(part["amounts"]),
                "header_total": _sum(part["total"]) if known else np.nan,
                "difference": _sum(part["difference"]) if known else np.nan,
            }
        )
    return out


#: The step of each cause; all others are differences.
_STEP_OF = {
    "agrees": "agrees",
    "rounding": "agrees",
    "the order has no total": "not comparable",
    "a line has no amount": "not comparable",
    "a line is in another currency": "not comparable",
}


def _causes(
    orders: pd.DataFrame, lines: pd.DataFrame
) -> tuple[npt.NDArray[np.object_], Floats, Floats, Floats, Floats]:
    """Return per order the cause, its own total, what that is compared with, the sum of its live lines, and their number."""
    n = len(orders)
    key = ["connection", "order_id"]
    keys = pd.MultiIndex.from_frame(orders[key])
    first = np.flatnonzero(~keys.duplicated())
    of = np.append(first, -1)[keys[first].get_indexer(pd.MultiIndex.from_frame(lines[key]))]
    of = np.where(lines["order_id"].isna(), -1, of)  # without one, it is no line of any order

    def per_order(rows: npt.NDArray[np.bool_], weights: Any = None) -> Floats:
        rows = rows & (of >= 0)
        weight = None if weights is None else np.nan_to_num(np.asarray(weights, dtype=float))[rows]
        return np.bincount(of[rows], weights=weight, minlength=n).astype(float)

    amount = numbers(lines, "amount")
    deleted = values(lines, "deleted_at", "datetime64[us, UTC]").notna().to_numpy()
    cancelled = (values(lines, "state", "string") == "cancelled").to_numpy(dtype=bool, na_value=False) & ~deleted
    live = ~deleted & ~cancelled
    # price x quantity, before the line's own discount
    priced = np.nan_to_num(
        numbers(lines, "unit_price") * numbers(lines, "quantity") / np.nan_to_num(numbers(lines, "price_unit"), nan=1.0)
    )
    sums, count = per_order(live, amount), per_order(live)
    tax = per_order(live, numbers(lines, "tax"))
    net, gross = numbers(orders, "total_net"), numbers(orders, "total_gross")
    by_gross = np.isnan(net) & ~np.isnan(gross)
    total = np.where(by_gross, gross, net)
    compared = np.where(by_gross, sums + np.where(tax != 0, tax, np.nan_to_num(numbers(orders, "total_tax"))), sums)
    gap = total - compared
    # every line may be rounded to the cent by itself
    tight = 0.01 * np.maximum(count, 1) + 1e-9

    def explains(part: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray((part != 0) & (np.abs(gap - part) <= tight))

    def noted(pattern: re.Pattern[str], sign: int) -> npt.NDArray[np.bool_]:
        found = np.zeros(n, dtype=bool)
        for name in orders.columns:
            if str(name).startswith("custom.") and pattern.search(str(name)) and orders[name].dtype.kind == "f":
                found |= explains(sign * np.nan_to_num(numbers(orders, name)))
        return found

    foreign = live & _in_other_currency(orders, lines, of)
    gone = per_order(deleted, amount), per_order(cancelled, amount)
    order_tax = np.nan_to_num(numbers(orders, "total_tax"))
    # the first reason that fits holds, so they stand from the certain to the likely
    reasons: dict[str, npt.NDArray[np.bool_]] = {
        "the order has no total": np.isnan(total),
        "a line has no amount": per_order(live & np.isnan(amount)) > 0,
        "a line is in another currency": per_order(foreign) > 0,
        "agrees": np.abs(gap) <= 0.005 + 1e-9,
        "rounding": np.abs(gap) <= tight,
        "the order has no lines": (per_order(live | ~live) == 0),
        "deleted lines are in the total": explains(gone[0]),
        "cancelled lines are in the total": explains(gone[1]) | explains(gone[0] + gone[1]),
        "tax is in the total": ~by_gross & (explains(tax) | explains(order_tax)),
        "line discounts are not in the total": explains(per_order(live, priced) - sums),
        "freight or charges on the order": noted(_CHARGE, 1),
        "a discount on the order": noted(_DISCOUNT, -1),
        "line numbers have gaps: lines may be missing": (gap > tight) & _gaps(lines, of, n),
    }
    small = np.abs(gap) <= 0.001 * np.abs(total)
    rest = np.where(
        small, "rounding", np.where(gap > 0, "more than the lines, cause unknown", "less than the lines, cause unknown")
    )
    return np.select(list(reasons.values()), list(reasons), rest).astype(object), total, compared, sums, count


def _in_other_currency(orders: pd.DataFrame, lines: pd.DataFrame, of: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return the lines that are in another currency than their order, both being known."""
    ours, theirs = categoricals.from_series(orders["currency"]), categoricals.from_series(lines["currency"])
    own = ours.take(of, allow_fill=True)
    known: npt.NDArray[np.bool_] = (theirs.codes >= 0) & (own.codes >= 0)
    return known & ~categoricals.equal(theirs, own)


def _gaps(lines: pd.DataFrame, of: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.bool_]:
    """Return the orders whose line numbers, such as 10, 20, 40, leave one out."""
    number = pd.to_numeric(values(lines, "line_number", "string"), errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    known = (of >= 0) & ~np.isnan(number)
    grouped = pd.Series(number[known]).groupby(of[known])
    # numbers start at their own step: 10 20 40 has the step 10, and its 40 says that there were four lines
    step = grouped.min()
    lacking = (step > 0) & (grouped.max() / step.where(step > 0) > grouped.size())
    out = np.zeros(n, dtype=bool)
    out[lacking.index.to_numpy(dtype=int)] = lacking.to_numpy(dtype=bool)
    return out
