"""Purchase orders as a data source of Spark: each connection is fetched by a task of its own, on whatever machine that runs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, one_of
from ..frames import as_text
from ..system import check_options
from ..tidy import TABLES, NumberFormat
from ..transport import is_variable
from ._client import Client
from ._connections import Hidden, client_of, must_differ, named_in
from ._purchase_orders import PurchaseOrderFetch, TidyOptions
from ._query import DAY, order_query

try:
    from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
except ImportError:  # then there is no Spark to register the source with
    DataSource = DataSourceReader = InputPartition = object

#: Options of Spark's reader beside ``connections`` and ``table``: those arguments of `Client.fetch_purchases` that are text.
_QUERY = ("since", "until", "modified_since", "timezone", "decimal", "thousands")
_SPANS = ("M", "Q", "Y")
#: Fields that no table has by itself, by their names: which there are is known only when all is fetched.
_CUSTOM = "custom"


class SparkSource(DataSource):
    """Purchase orders for Spark (4.0 or later): registered once, read as any other format, each connection by a task of its own.

    ::

        spark.dataSource.register(ma.SparkSource)
        reader = spark.read.format("makini").option("connections", "connections.toml")
        lines = reader.option("table", "lines").option("since", "2025-01-01").load()
        spend.by_vendor(lines)

    ``connections`` is the path of a TOML file as `fetch_all` takes it, read where the driver runs, or the same as JSON. It names the
    environment variables that hold the tokens; these are looked up by the task that fetches
    (``spark.executorEnv.MAKINI_TOKEN_EMEA``), so no token is in the plan, the options or the event log. ``table`` is orders, lines
    (the default), issues or sources; ``since``, ``until``, ``modified_since``, ``timezone``, ``decimal`` and ``thousands`` are as in
    `Client.fetch_purchases`. The columns are those of `makini_analytics.data_dictionary`; custom fields are in ``custom``, a map of
    text: ``lines.custom["costCenter"]``. A connection that fails is an error of the whole, after Spark's own tries.

    With ``spans`` ("M", "Q" or "Y") and ``since``, a connection is read by several tasks, each the orders of a month, a quarter or a
    year. What a fetch decides by all rows is then stated (``delivery_date`` of the connection) or decided by span (``decimal``), and
    sources have a row for each.

    Each table is a fetch: of the second one a task takes the pages from its cache, where it runs on the same machine within the hour.
    """

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return "makini"

    def schema(self) -> Any:
        """Return the columns of the table: those of every source, and a map of its own fields."""
        from pyspark.sql.pandas.types import from_arrow_schema

        return from_arrow_schema(_schema(_Asked.of(self.options).table))

    def reader(self, schema: Any) -> Any:
        """Return what reads the table."""
        asked = _Asked.of(self.options)
        own = {f.name: f.dataType for f in self.schema()}
        if other := [f.name for f in schema if own.get(f.name) != f.dataType]:
            raise ConfigError(
                f"schema: {asked.table} have no {other[0]!r} of that type: leave the schema out, and select"
            )
        return _Reader(asked, [f.name for f in schema])


@dataclass(frozen=True)
class _Asked:
    """What is to be read. It is part of the plan, and holds no tokens."""

    connections: Mapping[str, Mapping[str, Any]]
    table: str
    query: Mapping[str, str]
    spans: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Asked:
        given = {str(k).lower(): v for k, v in options.items()}  # to Spark all are one: since, SINCE
        check_options("format('makini')", given, ("connections", "table", "path", "spans", *_QUERY))
        order_query(given.get("since"), given.get("until"), given.get("modified_since"))  # raises for what is no date
        where = given.get("connections", given.get("path"))
        if not where:
            raise ConfigError("option 'connections' is missing: a TOML file as for fetch_all, or the same as JSON")
        one_of("table", table := given.get("table", "lines"), TABLES)
        named = _without_tokens(where)
        asked = cls(named, table, {k: given[k] for k in _QUERY if k in given}, given.get("spans"))
        if asked.spans is not None:
            asked.check_spans()
        return asked

    def check_spans(self) -> None:
        """Raise `ConfigError` where the orders of a span could be read otherwise than among all, and a row be there twice or not at all."""
        one_of("spans", self.spans, _SPANS)
        if "since" not in self.query:
            raise ConfigError("option 'spans' needs 'since': the day on which the first span begins")
        if self.query.get("timezone", "UTC") != "UTC":
            raise ConfigError(
                "option 'spans' goes with UTC days alone: whether midnights are days is seen in all orders together"
            )
        if unsaid := [n for n, own in self.connections.items() if own.get("delivery_date", "auto") == "auto"]:
            raise ConfigError(
                f"option 'spans': state delivery_date of connection {unsaid[0]!r}, since a span alone does not show what it means"
            )

    def queries(self) -> list[dict[str, str]]:
        """Return the query of each span of order dates; the last is open where no last day was asked for."""
        if self.spans is None:
            return [dict(self.query)]
        whole = order_query(self.query["since"], self.query.get("until"), None)
        assert whole.since is not None
        first = whole.since
        last = whole.until or max(pd.Timestamp.now("UTC").tz_localize(None).normalize(), first)
        starts = [str(p.start_time.date()) for p in pd.period_range(first, last, freq=self.spans)]
        starts[0] = str(first.date())
        ends = [str((pd.Timestamp(day) - DAY).date()) for day in starts[1:]]
        spans = [{"since": since, "until": until} for since, until in zip(starts, ends, strict=False)]
        rest = {"since": starts[-1]} | {k: v for k, v in self.query.items() if k == "until"}
        return [dict(self.query) | span for span in [*spans, rest]]


def _without_tokens(where: str) -> dict[str, Mapping[str, Any]]:
    """Return the connections of a file or JSON text, each naming the variable that holds its token."""
    given: Any = where
    if where.lstrip().startswith("{"):
        try:
            given = json.loads(where)
        except ValueError:  # not repeated: it may hold a token
            raise ConfigError("option 'connections' is no JSON, and no path of a TOML file") from None
    out: dict[str, Mapping[str, Any]] = {}
    for name, own in named_in(Hidden(connections=given)).items():
        if isinstance(own, str) and own.startswith("$"):
            own = {"token_env": own[1:]}
        if not isinstance(own, Mapping) or "token" in own or not is_variable(own.get("token_env")):
            raise ConfigError(
                f"connection {name!r}: name the variable that holds its token, as '$MAKINI_TOKEN_EMEA' or with token_env, in capitals; "
                "a plan of Spark, which others may read, holds no token"
            )
        out[name] = dict(own)
    must_differ([own.get("connection", name) for name, own in out.items()])
    return out


@dataclass
class _Partition(InputPartition):
    """One connection, or a span of its orders: what a task is sent."""

    connection: str
    own: Mapping[str, Any]
    query: Mapping[str, str]
    first: bool  # orders without a date come with every span, and are those of the first


class _Reader(DataSourceReader):
    def __init__(self, asked: _Asked, columns: list[str]) -> None:
        self.asked, self.columns = asked, columns

    def partitions(self) -> list[_Partition]:
        """Return one for each connection and span."""
        queries = self.asked.queries()
        return [
            _Partition(name, own, query, n == 0)
            for name, own in self.asked.connections.items()
            for n, query in enumerate(queries)
        ]

    def read(self, partition: _Partition) -> Iterator[Any]:
        """Yield the rows of a connection, part by part: it is fetched to disk, so that it need not fit into memory."""
        table = self.asked.table
        with tempfile.TemporaryDirectory(prefix="makini-spark-") as place:
            own = Hidden({partition.connection: partition.own})
            with client_of(partition.connection, own, Hidden(progress=False)) as client:
                folder = _fetch_of(client, partition.query).in_parts(Path(place))
            undated = None if partition.first else _Undated(folder)
            for batch in _batches(folder, table, undated):
                yield batch.select(self.columns)


def _fetch_of(client: Client, given: Mapping[str, str]) -> PurchaseOrderFetch:
    query = order_query(given.get("since"), given.get("until"), given.get("modified_since"))
    form = NumberFormat(given.get("decimal"), given.get("thousands"))
    options = TidyOptions(given.get("timezone", "UTC"), None, client.delivery_date, form)
    return client._fetch(query, False, options)


class _Undated:
    """The orders of a folder without a date, and their lines, which may have one of their own."""

    def __init__(self, folder: Path) -> None:
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        day = ds.field("order_date")
        ids = {
            which: ds.dataset(folder / "orders").to_table(["order_id"], filter=rows)["order_id"].combine_chunks()
            for which, rows in (("undated", day.is_null()), ("dated", day.is_valid()))
        }
        # orders without a key may share a number
        self._alone = ids["undated"].filter(pc.invert(pc.is_in(ids["undated"], value_set=ids["dated"])))
        lines = ds.dataset(folder / "lines").to_table(["line_id", "order_id", "order_date"])
        mine = lines.filter(pc.invert(self.rows_without(lines)))["line_id"]
        self._ids = {"orders": ids["undated"], "lines": mine.combine_chunks()}

    def rows_without(self, rows: Any) -> Any:
        """Return which orders or lines are none of these."""
        import pyarrow.compute as pc

        return pc.and_(pc.is_valid(rows["order_date"]), pc.invert(pc.is_in(rows["order_id"], value_set=self._alone)))

    def issues_without(self, rows: Any) -> Any:
        """Return which issues are of none of these."""
        import pyarrow.compute as pc

        theirs = [
            pc.and_(pc.equal(rows["table"], of), pc.is_in(rows["id"], value_set=ids)) for of, ids in self._ids.items()
        ]
        return pc.invert(pc.fill_null(pc.or_(*theirs), False))


def _batches(folder: Path, table: str, undated: _Undated | None) -> Iterator[Any]:
    """Yield the rows of a table in a folder of parts, in the columns of the schema; those of undated orders left out."""
    import pyarrow.parquet as pq

    schema = _schema(table)
    paths = sorted((folder / table).glob("*.parquet")) if table != "sources" else [folder / "sources.parquet"]
    for path in paths:
        for batch in pq.ParquetFile(path).iter_batches():
            rows = batch
            if undated is not None and table in ("orders", "lines"):
                rows = rows.filter(undated.rows_without(rows))
            elif undated is not None and table == "issues":
                rows = rows.filter(undated.issues_without(rows))
            yield _in_schema(rows, schema)


def _schema(table: str) -> Any:
    """Return the columns of a table as Arrow has them."""
    import pyarrow as pa

    text = pa.string()
    kinds = {"text": text, "label": text, "number": pa.float64(), "day": pa.date32(), "instant": pa.timestamp("us", "UTC"),
             "flag": pa.bool_(), "count": pa.int64()}  # fmt: skip
    fields = [(c.name, kinds[c.kind]) for c in TABLES[table]]
    return pa.schema([*fields, (_CUSTOM, pa.map_(text, text))])


def _in_schema(batch: Any, schema: Any) -> Any:
    """Return rows in the columns of a schema: missing where they have no such column, and what it does not have as text in its map."""
    import pyarrow as pa

    columns = []
    for field in schema:
        if field.name == _CUSTOM:
            columns.append(_others(batch, set(schema.names)))
        elif field.name in batch.schema.names:
            columns.append(batch.column(field.name).cast(field.type))
        else:
            columns.append(pa.nulls(len(batch), field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _others(batch: Any, known: set[str]) -> Any:
    """Return the columns that the schema does not have as one map per row, of those that have a value."""
    import pyarrow as pa

    names = [n for n in batch.schema.names if n not in known]
    texts = np.empty((len(batch), len(names)), dtype=object)
    for i, name in enumerate(names):
        texts[:, i] = as_text(batch.column(name).to_pandas()).astype("string").to_numpy(dtype=object, na_value=None)
    there = pd.notna(texts)
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    keys = np.broadcast_to(np.array([n.removeprefix("custom.") for n in names], dtype=object), texts.shape)[there]
    return pa.MapArray.from_arrays(ends, pa.array(keys, pa.string()), pa.array(texts[there], pa.string()))
