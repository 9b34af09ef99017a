"""Frames of every engine with the same lines, what is asked of them, and what it means that two answers are the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, slippage, spend
from tests.cases import recorded

AS_OF = "2025-12-31"

#: Every function that takes any frame, under the options that change what its engine does.
CALLS = {
    "spend.by_vendor": lambda x: spend.by_vendor(x),
    "spend.by_vendor, one currency by category": lambda x: spend.by_vendor(x, by="category", currency="EUR"),
    "spend.by_vendor, material": lambda x: spend.by_vendor(x, by="material"),
    "spend.by_vendor, all together": lambda x: spend.by_vendor(x, by=None),
    "spend.by_vendor, received": lambda x: spend.by_vendor(x, basis="received"),
    "spend.by_vendor, open": lambda x: spend.by_vendor(x, basis="open", by=["site_id", "vendor"]),
    "spend.by_period": lambda x: spend.by_period(x, as_of=AS_OF),
    "spend.by_period, fiscal quarters": lambda x: spend.by_period(
        x, freq="Q", by="vendor", fiscal_year_start=4, as_of=AS_OF
    ),
    "spend.by_period, received weeks": lambda x: spend.by_period(x, freq="W", basis="received", as_of=AS_OF),
    "spend.concentration": lambda x: spend.concentration(x),
    "spend.concentration by category": lambda x: spend.concentration(x, by="category", currency="EUR"),
    "lead_times.by_vendor": lambda x: lead_times.by_vendor(x, as_of=AS_OF),
    "lead_times.by_vendor, other ends": lambda x: lead_times.by_vendor(
        x, as_of=AS_OF, start="approval", end="first_receipt", min_lines=5
    ),
    "lead_times.curve": lambda x: lead_times.curve(x, as_of=AS_OF),
    "lead_times.curve by vendor": lambda x: lead_times.curve(x, by="vendor", as_of=AS_OF),
    "lead_times.buffer": lambda x: lead_times.buffer(x, as_of=AS_OF),
    "slippage.by_vendor": lambda x: slippage.by_vendor(x, as_of=AS_OF),
    "slippage.by_vendor, nearly all": lambda x: slippage.by_vendor(x, as_of=AS_OF, under_share=0.3),
    "slippage.fill_rate": lambda x: slippage.fill_rate(x, as_of=AS_OF),
    "slippage.fill_rate, nearly all": lambda x: slippage.fill_rate(x, as_of=AS_OF, by=None, under_share=0.3),
    "slippage.by_vendor, lines independent": lambda x: slippage.by_vendor(x, as_of=AS_OF, cluster=None),
    "slippage.by_vendor, all together": lambda x: slippage.by_vendor(x, as_of=AS_OF, by=None),
    "slippage.by_vendor, sites hang together": lambda x: slippage.by_vendor(
        x, as_of=AS_OF, by="category", cluster="site_id"
    ),
    "slippage.by_vendor, promised": lambda x: slippage.by_vendor(
        x, as_of=AS_OF, due="promised", late_days=2, early_days=3, by=["site_id", "currency"]
    ),
}


#: Each of them once, as it is.
ASKED = (
    "spend.by_vendor",
    "spend.by_period",
    "spend.concentration",
    "lead_times.by_vendor",
    "lead_times.curve",
    "slippage.by_vendor",
)


def asked_of(kind: str) -> dict:
    """What an engine is asked by default: polars everything, the others each figure once. The rest is in full."""
    return CALLS if kind == "polars" else {name: CALLS[name] for name in ASKED}


def arrow(lines: pd.DataFrame):
    pa = pytest.importorskip("pyarrow")
    return pa.Table.from_pandas(lines, preserve_index=False)


def polars(lines: pd.DataFrame):
    return pytest.importorskip("polars").from_pandas(lines)


def duckdb(lines: pd.DataFrame):
    return pytest.importorskip("duckdb").from_arrow(arrow(lines))


KINDS = {"polars": polars, "polars lazy": lambda lines: polars(lines).lazy(), "pyarrow": arrow, "duckdb": duckdb}


def same(got: pd.DataFrame, want: pd.DataFrame) -> None:
    """Counts, days, quantiles, types and order are equal; money to the last digits of a sum in another order."""
    pd.testing.assert_frame_equal(got, want, rtol=1e-9)
    assert _book(got) == _book(want)
    for entry, other in zip(_entries(got), _entries(want), strict=True):
        assert entry["value"] == pytest.approx(other["value"], rel=1e-9, abs=1e-6)
    for said in ("metric", "parameters", "currency", "notes"):
        assert got.attrs[said] == want.attrs[said]


def _entries(result: pd.DataFrame) -> list[dict]:
    return [result.attrs["included"], *result.attrs["excluded"]]


def _book(result: pd.DataFrame) -> list[tuple[str, int]]:
    return [(e["reason"], e["n_lines"]) for e in _entries(result)]


def dirty(seed: int, n: int = 400, *, texts: str = "string", dated: bool = True) -> pd.DataFrame:
    """Lines with all that can be wrong: what is missing, odd or contradictory, in every column that a rule looks at.

    With ``dated`` nearly all that has come has a day, so that lines are judged.
    """
    rng = np.random.default_rng(seed)

    def some(values, missing=0.1):
        out = rng.choice(np.array(values, dtype=object), n)
        out[rng.random(n) < missing] = None
        return pd.array(out, dtype="string").astype(texts)

    def dates(first, last, missing, far=0.01):
        day = rng.integers(*np.array([first, last], dtype="datetime64[D]").astype(int), n).astype("datetime64[D]")
        day = day.astype("datetime64[us]")
        day[rng.random(n) < missing] = np.datetime64("NaT")
        day[rng.random(n) < far] = np.datetime64("9999-12-31")
        return day

    def numbers(low, high, missing=0.1):
        out = np.round(rng.uniform(low, high, n), 2)
        out[rng.random(n) < missing] = np.nan
        out[rng.random(n) < 0.01] = np.inf
        return out

    quantity = np.where(rng.random(n) < 0.05, -2.0, rng.integers(0, 5, n)).astype(float)
    received = np.where(rng.random(n) < 0.3, np.nan, np.minimum(quantity, rng.integers(0, 6, n)))
    quantity[rng.random(n) < 0.05] = np.nan
    approved = dates("2025-01-01", "2025-12-31", 0.1)
    lines = pd.DataFrame(
        {
            "connection": some(["emea", "us"], 0.02),
            "order_id": some([f"o{i}" for i in range(n // 4)], 0.2),
            "order_number": some([f"o{i}" for i in range(n // 4)], 0.1),
            "vendor_id": some(["v1", "v2", "v3", "Vendor B"], 0.2),
            "vendor_name": some(["Vendor A", "Vendor B", "vendor c"], 0.2),
            "material_id": some(["m1", "m2"], 0.5),
            "product_code": some(["p1", "p2"], 0.3),
            "description": some(["Bolt", "Nut"], 0.3),
            "category": some(["MRO", "IT", "Fleet"]),
            "site_id": some(["s1", "s2"]),
            "state": some(["open", "received", "closed_short", "cancelled", "draft", "unknown"]),
            "currency": some(["EUR", "USD"]),
            "order_date": dates("2024-12-01", "2026-01-20", 0.05, 0),
            "approved_date": approved,
            "required_date": dates("2025-01-01", "2026-03-01", 0.1),
            "promised_date": dates("2025-01-01", "2026-03-01", 0.4),
            "delivered_date": dates("2024-12-01", "2026-01-20", 0.4),
            "first_receipt_date": dates("2025-01-01", "2026-01-20", 0.6, 0),
            "cancelled_date": dates("2025-01-01", "2026-01-20", 0.6),
            "quantity": quantity,
            "received_quantity": received,
            "amount": numbers(-50, 1000),
            "deleted_at": pd.Series(dates("2025-01-01", "2025-12-31", 0.95, 0)).dt.tz_localize("UTC"),
            "updated_at": pd.Series(dates("2025-01-01", "2026-01-01", 0.5, 0)).dt.tz_localize("UTC"),
            "custom.plant": some(["x", "y"]),
        }
    )
    return recorded(lines) if dated else lines
