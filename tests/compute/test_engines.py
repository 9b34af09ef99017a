"""The figures of pandas on every engine: the sample, the real deliveries, and frames in which everything is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.catalogue import FIGURES
from makini_analytics.errors import ConfigError, SchemaError
from tests.compute.kinds import AS_OF, ASKED, CALLS, KINDS, arrow, asked_of, dirty, polars, same
from tests.tiers import one_in


@pytest.fixture(scope="module")
def sample():
    return ma.load_sample().lines


@pytest.fixture(scope="module")
def figures_of_the_sample(sample):
    return {name: call(sample) for name, call in CALLS.items()}


@pytest.mark.parametrize("kind", one_in(2, KINDS))
def test_the_sample(kind, sample, figures_of_the_sample):
    frame = KINDS[kind](sample)
    for name, call in asked_of(kind).items():
        same(call(frame), figures_of_the_sample[name])


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_everything_of_the_sample(kind, sample, figures_of_the_sample):
    frame = KINDS[kind](sample)
    for name, call in CALLS.items():
        same(call(frame), figures_of_the_sample[name])


@pytest.mark.parametrize("kind", one_in(2, KINDS))
def test_the_real_deliveries(kind, scms):
    frame = KINDS[kind](scms.lines)
    for name in ASKED:
        same(CALLS[name](frame), CALLS[name](scms.lines))


@cache
def _figures_of_dirty(*args) -> dict[str, pd.DataFrame]:
    lines = dirty(*args)
    return {name: call(lines) for name, call in CALLS.items()}


#: Plain text in a frame of SQL's and categories in one of Python's; all of both with the big counts.
DIRTY = [
    pytest.param(kind, 0, "string", id=f"0-string-{kind}", marks=[] if kind == "duckdb" else pytest.mark.full)
    for kind in KINDS
] + [
    pytest.param(
        kind,
        1,
        "category",
        id=f"1-category-{kind}",
        marks=pytest.mark.full,
    )
    for kind in KINDS
]


@pytest.mark.parametrize(("kind", "seed", "texts"), DIRTY)
def test_dirty_lines(kind, seed, texts):
    lines = dirty(seed, texts=texts)
    frame = KINDS[kind](lines)
    everything = kind == "polars" or (kind, seed) == ("duckdb", 0)
    for name in CALLS if everything else ASKED:
        same(CALLS[name](frame), _figures_of_dirty(seed)[name])


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_many_dirty_lines(kind):
    for seed in range(100, 140):
        lines = dirty(seed, 60)
        for call in CALLS.values():
            same(call(KINDS[kind](lines)), call(lines))


@pytest.mark.parametrize(
    "calls", [pytest.param(ASKED, id="each"), pytest.param(CALLS, id="all", marks=pytest.mark.full)]
)
@pytest.mark.parametrize("kind", one_in(2, KINDS))
def test_no_lines(kind, calls):
    lines = dirty(0).iloc[:0]
    for name in calls:
        pd.testing.assert_frame_equal(CALLS[name](KINDS[kind](lines)), CALLS[name](lines))


@pytest.mark.parametrize("kind", one_in(2, KINDS))
def test_few_columns(kind):
    lines = dirty(1)[["vendor_name", "order_date", "required_date", "delivered_date", "amount"]]
    frame = KINDS[kind](lines)
    for name in ("spend.by_vendor", "spend.by_period", "spend.concentration", "lead_times.curve", "slippage.by_vendor"):
        same(CALLS[name](frame), CALLS[name](lines))


@pytest.mark.full
@pytest.mark.parametrize("kind", one_in(2, KINDS))
def test_columns_without_a_value_have_no_type_either(kind):
    lines = dirty(2).assign(received_quantity=None, cancelled_date=None, deleted_at=None, currency=None)
    # polars reads a pandas column of None as text, and of Arrow's null as what it is
    frame = (
        KINDS[kind](lines) if not kind.startswith("polars") else pytest.importorskip("polars").from_arrow(arrow(lines))
    )
    clean = lines.astype({"received_quantity": float, "currency": "string"})
    clean = clean.assign(cancelled_date=pd.NaT, deleted_at=pd.NaT)
    for name in ("spend.by_vendor", "lead_times.by_vendor", "slippage.by_vendor"):
        same(CALLS[name](frame), CALLS[name](clean))


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_columns_without_a_value_are_text_where_they_were_read_from_csv(kind):
    lines = dirty(18)
    silent = {name: pd.array([None] * len(lines), dtype="string") for name in ("cancelled_date", "received_quantity")}
    for name in ("spend.by_vendor, open", "lead_times.by_vendor", "slippage.by_vendor"):
        same(CALLS[name](KINDS[kind](lines.assign(**silent))), CALLS[name](lines.drop(columns=list(silent))))


def test_a_name_with_a_dot(sample):
    for make in KINDS.values():
        same(spend.by_vendor(make(sample), by="ship_to.country"), spend.by_vendor(sample, by="ship_to.country"))


@pytest.mark.full
def test_names_and_texts_with_marks_of_sql():
    odd = 'it\'s {x} "q" `b` \\ ...'
    lines = dirty(17).rename(columns={"category": odd})
    lines[odd] = lines[odd].where(lines[odd] != "IT", odd)
    for make in KINDS.values():
        same(
            spend.by_vendor(make(lines), by=odd, intercompany=["v1"]),
            spend.by_vendor(lines, by=odd, intercompany=["v1"]),
        )
        same(slippage.by_vendor(make(lines), by=odd, as_of=AS_OF), slippage.by_vendor(lines, by=odd, as_of=AS_OF))


def test_own_vendors_are_left_out_and_must_occur():
    lines = dirty(3)
    for make in KINDS.values():
        same(
            spend.by_vendor(make(lines), intercompany=["v1", "Vendor B"]),
            spend.by_vendor(lines, intercompany=["v1", "Vendor B"]),
        )
        with pytest.raises(ConfigError, match=r"no line has the vendor 'Vendor Q'; near: .*Vendor A"):
            spend.by_vendor(make(lines), intercompany=["Vendor Q"])


def test_aliases_are_merged_after_the_counting():
    lines = dirty(4)
    for make in KINDS.values():
        got, want = (spend.concentration(x, aliases={"vendor c": "Vendor A"}) for x in (make(lines), lines))
        same(got, want)


@pytest.mark.full
def test_duckdb_over_parquet(sample, tmp_path):
    engine = pytest.importorskip("duckdb")
    for i, part in enumerate(np.array_split(np.arange(len(sample)), 3)):
        sample.iloc[part].to_parquet(tmp_path / f"{i}.parquet")
    with engine.connect() as connection:
        frame = connection.read_parquet(str(tmp_path / "*.parquet"))
        for name in ("spend.by_vendor", "spend.by_period", "lead_times.by_vendor", "slippage.by_vendor"):
            same(CALLS[name](frame), CALLS[name](sample))


@pytest.mark.full
def test_the_day_to_look_from(sample):
    """The argument, else what an object around the frame says, else the latest change, an instant giving its UTC day."""
    sample = sample.head(500)
    late = sample.assign(updated_at=pd.Timestamp("2025-11-03 23:30", tz="America/New_York"))
    for make in KINDS.values():
        assert lead_times.by_vendor(make(sample), as_of="2025-06-30").attrs["as_of"] == "2025-06-30"
        held = SimpleNamespace(lines=make(sample), attrs={"as_of": "2025-12-31", "source": "lake"})
        assert slippage.by_vendor(held).attrs["as_of"] == "2025-12-31"
        assert slippage.by_vendor(held).attrs["source"] == "lake"
        assert lead_times.by_vendor(make(late)).attrs["as_of"] == "2025-11-04"
        with pytest.raises(ConfigError, match="no as-of day"):
            slippage.by_vendor(make(sample.drop(columns="updated_at")))


@pytest.mark.full
def test_explain_tells_the_same(sample):
    for make in KINDS.values():
        got = ma.explain(slippage.by_vendor(make(sample), as_of=AS_OF))
        assert "Left out, cancelled: " in got
        assert "not due yet" in got


def test_what_an_engine_cannot_do_is_refused_with_what_to_do_instead(sample):
    for make in KINDS.values():
        frame = make(sample)
        with pytest.raises(ConfigError, match="cluster='shipment': pass 'order' or a column"):
            slippage.by_vendor(frame, as_of=AS_OF, cluster="shipment")
        with pytest.raises(SchemaError, match=r"'required_date'.*near: "):
            slippage.by_vendor(make(sample.rename(columns={"required_date": "required_dat"})), as_of=AS_OF)
        with pytest.raises(SchemaError, match=r"categry.*near: category"):
            spend.by_vendor(frame, by="categry")
        text = make(sample.assign(order_date=sample["order_date"].astype("string")))
        with pytest.raises(SchemaError, match=r"'order_date' holds (String|VARCHAR), not dates: cast it to a date"):
            lead_times.curve(text, as_of=AS_OF)
        text = make(sample.assign(amount=sample["amount"].astype("string")))
        with pytest.raises(SchemaError, match=r"'amount' holds (String|VARCHAR): cast it to a number"):
            spend.by_vendor(text)


@pytest.mark.full
def test_an_instant_gives_its_utc_day_whatever_the_zone_of_the_session(sample):
    instants = sample.assign(order_date=sample["order_date"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    want = lead_times.curve(sample, as_of=AS_OF)
    for make in (polars, arrow):
        same(lead_times.curve(make(instants), as_of=AS_OF), want)
    with pytest.importorskip("duckdb").connect() as connection:
        connection.execute("SET TimeZone='Asia/Tokyo'")
        same(lead_times.curve(connection.from_arrow(arrow(instants)), as_of=AS_OF), want)


def test_nothing_but_a_frame_is_taken():
    for odd in ([1, 2], {"a": 1}, np.zeros(3), pd.Series([1]), object(), None):
        with pytest.raises(SchemaError, match=r"takes the lines as a DataFrame.*pass data\.lines"):
            spend.by_vendor(odd)


def test_pandas_loads_no_engine_and_without_any_pyarrow_is_told_what_to_install():
    code = """
import sys
sys.modules["polars"] = sys.modules["duckdb"] = None  # as if they were not installed
import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
lines = ma.load_sample().lines
for metric in (spend.by_vendor, spend.by_period, spend.concentration, lead_times.by_vendor, slippage.by_vendor):
    metric(lines)
import pyarrow as pa
try:
    spend.by_vendor(pa.table({"amount": [1.0], "vendor_id": ["v"]}))
except ma.ConfigError as e:
    print(e)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'makini-analytics[lake]'" in done.stdout, done.stderr


def test_pyarrow_is_counted_by_duckdb_where_polars_is_not_installed(sample, monkeypatch):
    pytest.importorskip("duckdb")
    monkeypatch.setitem(sys.modules, "polars", None)
    for name in ("spend.by_vendor", "slippage.by_vendor"):
        same(CALLS[name](arrow(sample)), CALLS[name](sample))


@pytest.mark.full
def test_lines_are_never_collected(sample, monkeypatch):
    """What comes back has at most a row for each group, reason, day and outcome; but for what lies in memory anyway."""
    from makini_analytics.compute import _engine_frames as engines

    sizes = []
    small = engines.to_pandas

    def watched(table):
        sizes.append(len(table))
        return small(table)

    monkeypatch.setattr(engines, "to_pandas", watched)
    many = pd.concat([sample] * 10, ignore_index=True)
    for call in (lead_times.curve, lead_times.by_vendor, slippage.by_vendor, spend.by_vendor, spend.concentration):
        once, tenfold = [], []
        for lines, out in ((sample, once), (many, tenfold)):
            sizes.clear()
            call(
                polars(lines).lazy(),
                **({} if call.__module__.startswith("makini_analytics.spend") else {"as_of": AS_OF}),
            )
            out += sizes
        assert once == tenfold
        assert max(once) < len(sample)


def test_no_vendor_at_all_is_the_same_error():
    frame = pytest.importorskip("polars").DataFrame({"amount": [1.0], "currency": ["EUR"], "order_id": ["1"]})
    with pytest.raises(SchemaError, match="vendor_id"):
        spend.by_vendor(frame)


@pytest.mark.full
def test_ids_that_are_numbers():
    lines = dirty(14).assign(vendor_id=np.arange(400) % 7 + 1, site_id=np.arange(400) % 3)
    text = lines.assign(vendor_id=lines["vendor_id"].astype(str).astype("string"))
    for make in KINDS.values():
        for name in ("spend.by_vendor", "slippage.by_vendor"):
            same(CALLS[name](make(lines)), CALLS[name](text))
        same(spend.by_period(make(lines), by="site_id", as_of=AS_OF), spend.by_period(lines, by="site_id", as_of=AS_OF))
        sites = {"as_of": AS_OF, "by": "category", "cluster": "site_id"}
        same(slippage.by_vendor(make(lines), **sites), slippage.by_vendor(lines, **sites))


@pytest.mark.full
def test_texts_of_a_closed_list():
    """Such a list is a type of its own, and two of them have nothing in common."""
    pl, engine = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    lines = dirty(15)
    texts = lines.columns[lines.dtypes == "string"]
    closed = polars(lines).with_columns(pl.col(t).cast(pl.Enum(sorted(lines[t].dropna().unique()))) for t in texts)
    listed = engine.from_df(lines.astype(dict.fromkeys(texts, "category")))
    assert "enum" in {kind.id for kind in listed.types}
    for name in ASKED:
        for frame in (closed, listed):
            same(CALLS[name](frame), CALLS[name](lines))


@pytest.mark.full
@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_many_connections_each_on_its_own_day(kind):
    lines = dirty(16)
    names = [f"c{i}" for i in range(90)]
    lines["connection"] = pd.array(np.array(names)[np.arange(len(lines)) % 90], dtype="string")
    days = {name: f"2025-{1 + i % 12:02}-{1 + i // 12:02}" for i, name in enumerate(names)}
    lines.attrs |= {"as_of": min(days.values()), "as_of_by_connection": days}
    held = SimpleNamespace(lines=KINDS[kind](lines), attrs=lines.attrs)
    for call in (spend.by_vendor, lead_times.by_vendor, slippage.by_vendor):
        same(call(held), call(lines))


def test_the_documentation_tells_of_every_figure_which_frames_it_takes():
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| `")]
    told = {name: row[2].strip() for row in rows for name in re.findall(r"`(\w+\.\w+)`", row[1])}
    assert set(told) == set(FIGURES)
    assert {n for n, where in told.items() if where == "in the engine"} == {
        n for n, f in FIGURES.items() if f.any_frame
    }
