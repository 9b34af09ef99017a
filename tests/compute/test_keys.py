"""What tells groups apart is the same in every engine: numbers of which some are missing, NaN, closed lists, connections."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from makini_analytics import lead_times, slippage, spend
from makini_analytics.errors import ConfigError, SchemaError
from tests.compute.kinds import AS_OF, CALLS, KINDS, dirty, polars, same
from tests.tiers import one_in

#: Each engine that counts; what polars and DuckDB make of the other frames, too, with the big counts.
EVERY = pytest.mark.parametrize("make", one_in(3, KINDS.values()), ids=KINDS)


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


def floats() -> pd.DataFrame:
    """Lines whose ids are numbers of which some are missing, as pandas has them: floats, and NaN is no vendor and no order."""
    lines = dirty(27)
    vendor, order = (lines[n].astype("category").cat.codes for n in ("vendor_id", "order_id"))
    return lines.assign(
        vendor_id=(vendor + 10_000_001.0).where(vendor >= 0),
        order_id=(order + 5e7).where(order >= 0),
        site_id=lines["site_id"].map({"s1": 1.5, "s2": -2.0}).astype(float),
    )


def with_nan(lines: pd.DataFrame):
    """Return an Arrow table in which NaN is a value, as other tools write it."""
    pa = pytest.importorskip("pyarrow")
    columns = {n: c.to_numpy() if c.dtype == float else pa.Array.from_pandas(c) for n, c in lines.items()}
    table = pa.table(columns)
    assert not table["vendor_id"].null_count
    return table


def of_arrow(kind: str, table):
    """Return an Arrow table as the frame of an engine, nulls and NaN as they are."""
    if kind == "pyarrow":
        return table
    if kind == "duckdb":
        return pytest.importorskip("duckdb").from_arrow(table)
    frame = pytest.importorskip("polars").from_arrow(table)
    return frame.lazy() if kind == "polars lazy" else frame


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_ids_that_are_floats(kind):
    lines = floats()
    frame = of_arrow(kind, with_nan(lines))
    for name in ("spend.by_vendor", "slippage.by_vendor", "slippage.by_vendor, sites hang together"):
        same(CALLS[name](frame), CALLS[name](lines))
    without = lines.drop(columns="order_number")
    same(spend.by_vendor(of_arrow(kind, with_nan(without)), by=None), spend.by_vendor(without, by=None))
    own = {"intercompany": ["10000001.0", "Vendor A"]}
    same(spend.by_vendor(frame, **own), spend.by_vendor(lines, **own))


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_ids_that_are_decimals_without_a_fraction_are_whole_numbers(kind):
    """Databases declare ids so; an id of 18 digits has too many for a float."""
    pa = pytest.importorskip("pyarrow")
    lines = dirty(28).assign(vendor_id=pd.array([10**17, None, 10**17 + 1, 7] * 100, dtype="Int64"))
    table = pa.Table.from_pandas(lines, preserve_index=False)
    place = table.column_names.index("vendor_id")
    frame = of_arrow(kind, table.set_column(place, "vendor_id", table["vendor_id"].cast(pa.decimal128(19, 0))))
    same(spend.by_vendor(frame), spend.by_vendor(lines))
    got, want = (slippage.otif(x, as_of=AS_OF) for x in (frame, lines))  # in memory
    pd.testing.assert_frame_equal(got, want)


@EVERY
def test_columns_of_the_users_own_have_any_name_and_kind(make):
    names = ["n", "h", "of_order", "__plant", "yes"]
    lines = dirty(29).rename(columns={"category": "n", "site_id": "h", "custom.plant": "of_order"})
    lines["__plant"] = lines["n"]
    lines["yes"] = pd.array([True, False, None, True] * 100, dtype="boolean")
    frame = make(lines)
    for name in names:
        for ask in (slippage.by_vendor, spend.by_period, lead_times.curve):
            same(ask(frame, by=name, as_of=AS_OF), ask(lines, by=name, as_of=AS_OF))
        with_cluster = {"by": None, "as_of": AS_OF, "cluster": name}
        same(slippage.by_vendor(frame, **with_cluster), slippage.by_vendor(lines, **with_cluster))


@EVERY
def test_a_column_of_lists_groups_nothing_and_says_so(make):
    lines = dirty(29).assign(tags=pd.Series([["a"], ["b"]] * 200))
    for frame in (lines, make(lines)):
        with pytest.raises(SchemaError, match="'tags' holds lists or objects"):
            spend.by_vendor(frame, by="tags", as_of=AS_OF)


@EVERY
def test_a_column_that_is_not_there_is_the_same_error(make):
    lines, said = dirty(30), set()
    for frame in (lines, make(lines)):
        with pytest.raises(SchemaError, match="near: category") as error:
            spend.by_vendor(frame, by="categry")
        said.add(str(error.value))
    assert len(said) == 1


def test_infinite_numbers_are_missing_as_keys_too():
    lines = dirty(31).assign(plant=[1.0, np.inf, np.nan, -np.inf] * 100)
    want = spend.by_vendor(lines.assign(plant=[1.0, np.nan, np.nan, np.nan] * 100), by="plant")
    for frame in (lines, *(make(lines) for make in KINDS.values())):
        same(spend.by_vendor(frame, by="plant"), want)
