"""How good the forecast of open orders was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..compute import Counted, InSteps, figure
from ..errors import one_of
from ..frames import AsOf, texts_of
from ._due_rule import DUE_DATES
from ._forecast import BackTest, Past, back_test
from ._rates import cluster_codes
from ._snapshot import Snapshot, snapshot

#: Parts that the forecasts are put in, from the least to the most confident, and the lines that each has at least.
_PARTS, _FEWEST = 10, 5


@figure("order_date", "delivered_date", due=DUE_DATES)
def backtest(lines: Any, *, by: str | None = None, as_of: AsOf | None = None, due: str = "required") -> InSteps:
    """How good the forecast of ``slippage.open_orders`` was: what it would have said on days gone by, and what became of the lines.

    On twelve days, 30 to 360 days before as-of, only what was known on that day is used; each line that was open then and has fallen
    due since is forecast, of more than 3,000 a day every second or third and so on. How much each part of a forecast counts is decided by
    what had fallen due before its own day, so it has not seen its own test. Days on which too little was known for a forecast are not
    tested: what would have been shown then is the rate to beat, that of all lines due in the 90 days before. Each connection is tested
    by itself.

    The error is the Brier score, the mean of (chance - outcome)^2, the bias the mean of chance - outcome: positive is too hopeful.
    ``explain`` says whether the forecast is shown, and its bias on the last of the days.

    Parameters
    ----------
    lines : DataFrame, one row per order line
        Needs ``order_date``, ``delivered_date`` and the due date.
    by : None for each line; "origin" for each day of the test; "chance" for a table of calibration
    as_of : day from which to look; the lines' own as-of day by default, else their latest ``updated_at``
    due : "required" or "promised"

    Returns
    -------
    DataFrame, one row per line and day from which it was forecast
        origin : datetime64, the day looked from
        connection, order_id, line_id, vendor_id, vendor_name : string
        chance : float, 0..1, forecast to arrive by its due date
        trailing_rate : float, 0..1, the on-time rate of the 90 days before
        on_time : boolean, what became of it
    With ``by="origin"``, one row per day looked from
        origin : datetime64; n_lines, n_orders : int
        chance, on_time_rate : float, 0..1, the mean chance, and the share that came in time
        bias : float, -1..1, chance - on_time_rate
        brier, brier_base : float, 0..1, the mean squared error of the forecast, and of the trailing rate
    With ``by="chance"``, one row per tenth of the forecasts, the least confident first
        from_chance, to_chance : float, 0..1; and the same columns
        low, high : float, 0..1, 95 % interval of on_time_rate, the lines of an order taken as one

    Raises
    ------
    SchemaError, ConfigError
        A column is missing; no as-of day; ``by`` is none of these.

    Examples
    --------
    >>> from makini_analytics import slippage
    >>> lines = pd.DataFrame({"order_date": pd.to_datetime(["2025-01-01"]), "required_date": pd.to_datetime(["2025-01-15"]),
    ...                       "delivered_date": pd.to_datetime(["2025-01-10"])})
    >>> len(slippage.backtest(lines, as_of="2025-01-25"))
    0
    """
    if by is not None:
        one_of("by", by, ("origin", "chance"))
    seen = snapshot(lines, as_of, due)
    pasts = [Past.of(part.book, part.day) for part in seen.parts]
    were_open, asked = np.zeros((2, len(seen.frame)), dtype=bool)
    for part, past in zip(seen.parts, pasts, strict=True):
        were_open[part.rows[past.row]] = True
        asked[part.rows[past.row[past.known]]] = True
    selection = seen.selection(delivered=True)
    selection.exclude(~were_open, "not open on a day of the test")
    selection.exclude(~asked, "open while too little was known for a forecast")
    yield Counted(selection, seen.notes)
    tests = [back_test(part.book, part.day, past) for part, past in zip(seen.parts, pasts, strict=True)]
    table = _by_line(seen, tests)
    if by is not None:
        table = by_origin(table) if by == "origin" else by_chance(table)
    return seen.with_provenance(table, selection, tests)


def _by_line(seen: Snapshot, tests: Sequence[BackTest]) -> pd.DataFrame:
    """Return the test of each line that was forecast."""

    def joined(kind: type, *parts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.concatenate([np.zeros(0, dtype=kind), *parts])

    pairs = list(zip(seen.parts, tests, strict=True))
    row = joined(np.int64, *(part.rows[test.past.row[test.tested]] for part, test in pairs))
    origin = joined(np.int64, *(test.past.origin[test.tested] for test in tests))
    on_time = joined(bool, *(test.past.on_time[test.tested] for test in tests))
    texts = ("connection", "order_id", "line_id", "vendor_id", "vendor_name")
    return pd.DataFrame(
        {
            "origin": origin.astype("datetime64[D]").astype("datetime64[us]"),
            **{c: texts_of(seen.frame, c, row) for c in texts},
            "chance": joined(float, *(test.chance[test.tested] for test in tests)),
            "trailing_rate": joined(float, *(test.past.base[test.tested] for test in tests)),
            "on_time": pd.array(on_time, dtype="boolean"),
        }
    )


def by_origin(table: pd.DataFrame) -> pd.DataFrame:
    """Return a test line by line as one row per day looked from."""
    days, codes = np.unique(table["origin"].to_numpy(), return_inverse=True)
    return pd.DataFrame({"origin": days.astype("datetime64[us]")}).assign(**_errors(table, codes, len(days)))


def by_chance(table: pd.DataFrame) -> pd.DataFrame:
    """Return a test line by line as one row per tenth of the forecasts: chances that are the same are in the same row."""
    chance = table["chance"].to_numpy(dtype=float)
    n = min(_PARTS, len(table) // _FEWEST)
    edges = np.unique(np.quantile(chance, np.arange(1, n) / n)) if n > 1 else np.zeros(0)
    codes = np.unique(np.searchsorted(edges, chance, side="left"), return_inverse=True)[1]
    parts = int(codes.max()) + 1 if len(codes) else 0
    ends = pd.Series(chance).groupby(codes)
    out = pd.DataFrame({"from_chance": ends.min().to_numpy(), "to_chance": ends.max().to_numpy()})
    out = out.assign(**_errors(table, codes, parts))
    half = _half_interval(table, codes, out["on_time_rate"].to_numpy())
    rate = out["on_time_rate"]
    return out.assign(low=np.clip(rate - half, 0, 1), high=np.clip(rate + half, 0, 1))


def _errors(table: pd.DataFrame, codes: np.ndarray[Any, Any], n: int) -> dict[str, np.ndarray[Any, Any]]:
    """Return the columns that both tables have, by group."""
    chance, base = (table[c].to_numpy(dtype=float) for c in ("chance", "trailing_rate"))
    came = table["on_time"].to_numpy(dtype=float)
    count = np.bincount(codes, minlength=n)

    def mean(what: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        out: np.ndarray[Any, Any] = np.bincount(codes, weights=what, minlength=n) / count
        return out

    pairs = pd.DataFrame({"group": codes, "order": _orders(table)}).drop_duplicates()
    return {
        "n_lines": count.astype("int64"),
        "n_orders": np.bincount(pairs["group"], minlength=n).astype("int64"),
        "chance": mean(chance),
        "on_time_rate": mean(came),
        "bias": mean(chance - came),
        "brier": mean((chance - came) ** 2),
        "brier_base": mean((base - came) ** 2),
    }


def _half_interval(
    table: pd.DataFrame, codes: np.ndarray[Any, Any], rate: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return half the width of the 95 % interval of each group's share; lines of one order are one observation.

    The lines of an order come together or not at all, and one line is asked about on several days. So what they differ by from the
    mean is summed per order, and the orders' sums give the variance, at least that of half of a line.
    """
    came = table["on_time"].to_numpy(dtype=float)
    n = np.bincount(codes, minlength=len(rate))
    sums = pd.Series(came - rate[codes]).groupby([codes, _orders(table)]).sum()
    group = sums.index.get_level_values(0).to_numpy()
    orders = np.bincount(group, minlength=len(rate))
    squares = np.bincount(group, weights=sums.to_numpy() ** 2, minlength=len(rate))
    variance = squares * orders / np.maximum(orders - 1, 1)
    half: np.ndarray[Any, Any] = 1.96 * np.sqrt(np.maximum(variance, 0.25)) / n
    return half


def _orders(table: pd.DataFrame) -> np.ndarray[Any, Any]:
    return cluster_codes(table, "order", np.ones(len(table), dtype=bool))
