"""Spark fetches connections side by side: the frames of the local fetch, whatever a source adds, and no token in the plan."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import slippage, spend
from makini_analytics.fetch._spark_source import _Asked
from makini_analytics.frames import as_text
from makini_analytics.tidy import TABLES
from tests.faults.server import TOKEN, FaultServer, order

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
KEYS = {"orders": ["connection", "order_id"], "lines": ["connection", "line_id"], "issues": [c.name for c in TABLES["issues"]], "sources": ["connection"]}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    """A Makini on loopback whose tokens stand in the environment, as those of a cluster do before it starts."""
    with ma.sandbox() as server, pytest.MonkeyPatch.context() as environment:
        for name, token in {**server.tokens, "old": "an-old-token"}.items():
            environment.setenv(f"MAKINI_TOKEN_{name.upper()}", token)
        yield server


@pytest.fixture(scope="module")
def spanned():
    """One connection with orders on the days where spans meet, on no day, and behind today."""
    days = pd.date_range("2025-01-01", "2025-07-31", freq="12h")
    rows = [order(i, orderDate=f"{d:%Y-%m-%dT%H:%M:%SZ}") for i, d in enumerate(days)]
    rows += [order(900 + i, orderDate=None) for i in range(3)]
    rows[-1]["lineItems"][0]["orderDate"] = "2025-03-01T00:00:00Z"  # of a line alone
    rows += [order(999, orderDate="2099-01-01T00:00:00Z")]
    # this server keeps to no span, so that those without a day come with each
    with FaultServer(rows) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MAKINI_TOKEN_SPANNED", TOKEN)
        yield server


@pytest.fixture(scope="module")
def cluster(served, spanned, request):
    session = request.getfixturevalue("spark")
    session.dataSource.register(ma.SparkSource)
    return session


def connection(served, site, place):
    return {"token_env": f"MAKINI_TOKEN_{site.upper()}", "base_url": served.base_url, "delivery_date": "actual", "cache_dir": str(place)}  # fmt: skip


def alike(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return rows in one order and kind: days without a zone, text as text."""
    out = frame.copy()
    for c in TABLES[table]:
        kind = {"text": "string", "label": "string", "day": "datetime64[us]", "instant": "datetime64[us, UTC]", "flag": "boolean", "count": "Int64", "number": "float64"}[c.kind]  # fmt: skip
        out[c.name] = pd.to_datetime(out[c.name]) if c.kind == "day" else out[c.name]
        out[c.name] = out[c.name].astype(kind)
    return out.sort_values(KEYS[table], ignore_index=True)


def test_eight_connections_are_what_the_local_fetch_gives(served, cluster, tmp_path):
    sites = [*served.tokens, *served.tokens, *served.tokens][:8]
    named = {f"c{i}": connection(served, site, tmp_path / f"cache{i}") for i, site in enumerate(sites)}
    reader = cluster.read.format("makini").option("connections", json.dumps(named))
    local = ma.fetch_all(named, progress=False)
    assert not local.errors
    for table in KEYS:
        got = reader.option("table", table).load()
        assert got.rdd.getNumPartitions() == 8
        plan = got._jdf.queryExecution().toString()
        assert not any(token in plan for token in served.tokens.values())
        rows, want = got.toArrow().to_pandas(), getattr(local.data, table)
        standard = [c.name for c in TABLES[table]]
        skip = {
            "from_cache",
            "fetched_at",
            "first_fetched_at",
            "n_pages",
            "n_from_cache",
            "notes",
        }  # of which fetch it was
        both = [alike(f, table)[[c for c in standard if c not in skip]] for f in (rows, want)]
        pd.testing.assert_frame_equal(*both)
        told = pd.DataFrame([dict(row) for row in alike(rows, table)["custom"]])
        for name in [c for c in want if c not in standard]:
            texts = as_text(alike(want, table)[name]).astype("string")
            assert told[name.removeprefix("custom.")].astype("string").fillna("").tolist() == texts.fillna("").tolist()
    lines, day = reader.option("table", "lines").load().cache(), str(local.data.as_of.date())
    for figure in (spend.by_vendor, slippage.by_vendor):
        pd.testing.assert_frame_equal(figure(lines, as_of=day), figure(local.data.lines, as_of=day), rtol=1e-9)
    span = {"since": "2025-01-01", "until": "2025-03-31"}
    assert reader.options(**span).load().count() == len(ma.fetch_all(named, **span, progress=False).data.lines)
    # a reader keeps the options and the schema that it was given
    reader = cluster.read.format("makini").option("connections", json.dumps(named))
    few = reader.schema("amount double, line_id string").load()
    assert few.columns == ["amount", "line_id"] and few.count() == len(local.data.lines)
    with pytest.raises(Exception, match="have no 'amount' of that type"):
        reader.schema("amount string").load().count()


def test_spans_of_a_connection_are_what_one_fetch_gives(cluster, spanned, tmp_path):
    named = {"us": connection(SimpleNamespace(base_url=spanned.url), "spanned", tmp_path / "cache")}
    reader = cluster.read.format("makini").option("connections", json.dumps(named))
    for asked, spans, n in (
        ({"since": "2025-01-15"}, "Y", 2),
        ({"since": "2025-01-15", "until": "2025-07-20"}, "M", 7),
        ({"since": "2025-01-15", "until": "2025-07-20"}, "Q", 3),
    ):
        local = ma.fetch_all(named, **asked, progress=False).data
        assert local.orders.order_date.isna().sum() == 3
        for table in ("orders", "lines"):
            got = reader.options(**asked, spans=spans, table=table).load()
            assert got.rdd.getNumPartitions() >= n if "until" not in asked else n == got.rdd.getNumPartitions()
            standard = [c.name for c in TABLES[table]]
            both = [alike(f, table)[standard] for f in (got.toArrow().to_pandas(), getattr(local, table))]
            pd.testing.assert_frame_equal(*both)


def test_a_connection_that_is_refused_is_an_error_that_names_it(served, cluster, tmp_path):
    named = {"old": connection(served, "old", tmp_path)}
    with pytest.raises(Exception, match="reconnect") as told:
        cluster.read.format("makini").option("connections", json.dumps(named)).load().count()
    assert "old" in str(told.value) and "an-old-token" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "'connections' is missing"),
        ({"connections": '{"us": "secret-token"}'}, "name the variable that holds its token"),
        ({"connections": '{"us": {"token": "secret-token"}}'}, "name the variable that holds its token"),
        ({"connections": '{"us": "secret-token"'}, "no JSON"),
        ({"connections": '{"us": "$secret-token"}'}, "name the variable that holds its token"),
        ({"connections": '{"us": {"token_env": "secret-token"}}'}, "name the variable that holds its token"),
        ({"connections": '{"x": {"token_env": "X", "connection": "z"}, "z": "$Y"}'}, "two connections are called 'z'"),
        ({"connections": '{"us": "$X"}', "since": "2025-02-01", "until": "2025-01-01"}, "since=2025-02-01 is after"),
        ({"connections": '{"us": "$X"}', "since": "soon"}, "since"),
        ({"connections": "nowhere.toml"}, "nowhere.toml"),
        ({"connections": '{"us": "$X"}', "table": "vendors"}, "table='vendors'"),
        ({"connections": '{"us": "$X"}', "sinse": "2025-01-01"}, "no option 'sinse'; near: since"),
        ({"connections": '{"us": "$X"}', "spans": "M"}, "'spans' needs 'since'"),
        ({"connections": '{"us": "$X"}', "spans": "D", "since": "2025-01-01"}, "spans='D'"),
        (
            {"connections": '{"us": "$X"}', "spans": "M", "since": "2025-01-01"},
            "state delivery_date of connection 'us'",
        ),
        (
            {"connections": '{"us": "$X"}', "spans": "M", "since": "2025-01-01", "timezone": "Asia/Tokyo"},
            "UTC days alone",
        ),
    ],
)
def test_what_can_not_be_read_is_said_before_anything_is_fetched_and_no_token_with_it(options, says):
    with pytest.raises(ma.MakiniError, match=says) as told:
        _Asked.of(options)
    assert "secret-token" not in str(told.value)
