"""What tells groups apart is the same in every engine: numbers of which some are missing, NaN, closed lists, connections."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, slippage, spend
from makini_analytics.errors import ConfigError
from tests.compute.kinds import AS_OF, CALLS, KINDS, dirty, polars, same

EVERY = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@EVERY
def test_ids_that_are_numbers_and_may_be_missing(make):
    """pandas itself makes floats of them: vendor 7 is not 7.0, and of two names of its own counts each order once."""
    lines = dirty(21)
    number = pd.array(np.arange(400) % 7 + 1, dtype="Int64")
    number[::5] = pd.NA
    lines["vendor_id"] = number
    for name in ("spend.by_vendor", "slippage.by_vendor", "lead_times.by_vendor"):
        want = CALLS[name](lines)
        assert {"1", "7"} <= set(want["vendor_id"])
        same(CALLS[name](make(lines)), want)


@EVERY
def test_large_numbers_stay_apart(make):
    lines = dirty(22).assign(plant=pd.array([None, 2**53, 2**53 + 1, 2**53 + 2] * 100, dtype="Int64"))
    want = spend.by_vendor(lines, by="plant")
    assert len(want.dropna(subset="plant").drop_duplicates("plant")) == 3
    same(spend.by_vendor(make(lines), by="plant"), want)


def test_nan_and_missing_are_one_group():
    pl, engine = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    lines = pd.DataFrame({"order_id": ["1", "2", "1", "2"], "currency": "EUR", "amount": 1.0}).convert_dtypes()
    frame = polars(lines.assign(amount=1.0)).with_columns(pl.Series("plant", [np.nan, np.nan, None, None]))
    assert frame["plant"].null_count() == 2
    for made in (frame, frame.lazy(), engine.from_arrow(frame.to_arrow())):
        assert spend.by_vendor(made, by="plant")["n_orders"].tolist() == [2]


def test_the_order_of_a_closed_list_stays():
    pl = pytest.importorskip("polars")
    lines = dirty(23)
    frame = polars(lines).with_columns(pl.col("category").cast(pl.Enum(["Fleet", "MRO", "IT"])))
    for made in (frame, frame.lazy()):
        got = spend.by_period(made, by="category", as_of=AS_OF)["category"].dropna().astype(str)
        assert list(dict.fromkeys(got)) == ["Fleet", "MRO", "IT"]


def test_a_dictionary_with_a_gap_comes_into_memory():
    pa = pytest.importorskip("pyarrow")
    lines = dirty(24)
    place = pa.array(lines["category"].map({"MRO": 0, "IT": 1, "Fleet": 2}).fillna(3).astype("int32"))
    table = KINDS["pyarrow"](lines.drop(columns="category"))
    table = table.append_column(
        "category", pa.DictionaryArray.from_arrays(place, pa.array(["MRO", "IT", "Fleet", None]))
    )
    same_way = {"by": "category", "weight": "quantity", "as_of": AS_OF}
    got, want = slippage.by_vendor(table, **same_way), slippage.by_vendor(lines, **same_way)
    pd.testing.assert_frame_equal(got, want, rtol=1e-9)


@EVERY
def test_each_connection_teaches_by_itself_when_its_lines_were_cancelled(make):
    """By site the connections are not in the groups, and yet one cancels within two days and the other after two months."""
    parts = []
    for connection, site, day in (("us", "A", "2025-01-03"), ("emea", "B", "2025-02-25")):
        state = ["received"] * 20 + ["cancelled"] * 10
        part = pd.DataFrame({"state": state, "connection": connection, "site_id": site, "order_date": "2025-01-01"})
        part["delivered_date"] = ["2025-03-01"] * 20 + [None] * 10
        part["cancelled_date"] = [None] * 20 + [day] * 5 + [None] * 5
        parts.append(part)
    lines = pd.concat(parts, ignore_index=True).astype({"state": "string", "connection": "string", "site_id": "string"})
    for name in ("order_date", "delivered_date", "cancelled_date"):
        lines[name] = pd.to_datetime(lines[name])
    want = lead_times.curve(lines, by="site_id", as_of="2025-06-30")
    early = want[(want["site_id"] == "A") & (want["days"] > 7)]
    assert early["cancelled"].sum() == 0
    same(lead_times.curve(make(lines), by="site_id", as_of="2025-06-30"), want)


@EVERY
def test_lines_that_all_name_their_connection_need_no_day_of_their_own(make):
    lines = dirty(25).assign(connection=pd.array(["us"] * 400, dtype="string"))
    lines.attrs |= {"as_of": "2025-01-31", "as_of_by_connection": {"us": "2025-03-01", "emea": "2025-01-31"}}
    got = spend.by_vendor(SimpleNamespace(lines=make(lines), attrs=lines.attrs))
    same(got, spend.by_vendor(lines))
    assert got.attrs["as_of"] == "2025-03-01"


def test_own_vendors_by_ids_that_are_numbers():
    lines = dirty(26).assign(vendor_id=pd.array(np.arange(400) % 7 + 1, dtype="Int64"))
    for frame in (lines, KINDS["duckdb"](lines)):
        with pytest.raises(ConfigError, match="no line has the vendor 'v1'"):
            spend.by_vendor(frame, intercompany=["v1"])
        got = spend.by_vendor(frame, intercompany=["7"])
        assert "7" not in set(got["vendor_id"])
        assert "intercompany" in [e["reason"] for e in got.attrs["excluded"]]
