"""The figures of pandas on databases by Ibis: a PostgreSQL server of the machine, DuckDB and SQLite. Skipped where one is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, spend
from tests.compute.kinds import ASKED, CALLS, arrow, dirty, same
from tests.compute.test_sql import LINES_WITH_ALL, answers_are_those_of_pandas

pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:DeprecationWarning"),  # Ibis looks at it,
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # and calls that
]
ibis = pytest.importorskip("ibis", reason="Ibis is not installed")


@pytest.fixture(scope="module")
def postgres():
    """The folder of a server that is started for these tests, and listens there on a socket and at no port."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    found = shutil.which("initdb") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    tools = Path(found).resolve().parent
    with tempfile.TemporaryDirectory(prefix="makini-postgres-") as home:
        run = {"check": True, "cwd": home, "stdout": subprocess.DEVNULL}
        if os.getuid() == 0:  # as root the server refuses to run
            shutil.chown(home, "postgres")
            run["user"] = "postgres"
        subprocess.run(
            [tools / "initdb", "-D", "data", "-A", "trust", "-U", "makini", "-E", "UTF8", "--no-sync"], **run
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
        subprocess.run([tools / "pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start"], **run)
        yield home
        subprocess.run([tools / "pg_ctl", "-D", "data", "-m", "immediate", "stop"], **run)


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def connection(request, tmp_path):
    if request.param == "postgres":
        database = ibis.postgres.connect(host=request.getfixturevalue("postgres"), user="makini", database="postgres")
        database.con.execute("DROP TABLE IF EXISTS lines")
    elif request.param == "sqlite":
        database = ibis.sqlite.connect(tmp_path / "lines.db")
    else:
        pytest.importorskip("duckdb")
        database = ibis.duckdb.connect()
    yield database
    database.disconnect()


def table(database, lines: pd.DataFrame):
    """Return the lines as a table, written by the database's own driver."""
    if database.name == "duckdb":
        database.con.from_arrow(arrow(lines)).create("lines")
        return database.table("lines")
    kinds = {"M": "TIMESTAMP", "f": "DOUBLE PRECISION", "i": "BIGINT", "b": "BOOLEAN"}
    zoned = "TIMESTAMP" if database.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"

    def declared(kind) -> str:
        return (
            zoned
            if isinstance(kind, pd.DatetimeTZDtype)
            else "TEXT"
            if kind.name in ("string", "category")
            else kinds[kind.kind]
        )

    def told(value):
        if pd.isna(value):
            return None
        if isinstance(value, pd.Timestamp):
            return value.strftime("%Y-%m-%d %H:%M:%S") if database.name == "sqlite" else value.to_pydatetime()
        return value.item() if isinstance(value, np.generic) else value

    columns = ", ".join(f'"{name}" {declared(kind)}' for name, kind in lines.dtypes.items())
    rows = [tuple(map(told, row)) for row in lines.astype(object).itertuples(index=False)]
    mark = "?" if database.name == "sqlite" else "%s"
    cursor = database.con.cursor()
    cursor.execute(f"CREATE TABLE lines ({columns})")
    if rows:
        cursor.executemany(f"INSERT INTO lines VALUES ({', '.join([mark] * len(lines.columns))})", rows)
    database.con.commit()
    return database.table("lines")


def test_all_that_a_rule_asks_is_what_pandas_answers(connection):
    lines = LINES_WITH_ALL
    if connection.name == "sqlite":
        lines = lines.assign(instant=lines["instant"].dt.tz_localize(None))
    answers_are_those_of_pandas(table(connection, lines), lines)


@pytest.mark.full
def test_the_sample(connection):
    lines = ma.load_sample().lines
    frame = table(connection, lines)
    for name in ASKED:
        same(CALLS[name](frame), CALLS[name](lines))


def test_dirty_lines(connection):
    lines = dirty(0)
    frame = table(connection, lines)
    for call in CALLS.values():
        same(call(frame), call(lines))


def test_an_expression_is_counted_and_nothing_is_left_behind(connection):
    lines = dirty(1)
    frame = table(connection, lines)
    some = frame.filter(frame.currency == "EUR").mutate(category=frame.category.upper())
    want = lines[lines["currency"] == "EUR"].assign(category=lines["category"].str.upper())
    same(spend.by_vendor(some, by="category"), spend.by_vendor(want, by="category"))
    if connection.name == "duckdb":  # of which Ibis 12 can't list the tables
        assert connection.con.execute("SHOW TABLES").fetchall() == [("lines",)]
    else:
        assert connection.list_tables() == ["lines"]


def test_lines_of_a_database_that_has_not_been_tried_are_brought_into_memory_and_that_is_told():
    pl = pytest.importorskip("polars")
    lines = {"amount": np.ones(2), "vendor_id": ["a", "b"]}
    got = spend.by_vendor(ibis.polars.connect({"lines": pl.DataFrame(lines)}).table("lines"))
    pd.testing.assert_frame_equal(got, spend.by_vendor(pd.DataFrame(lines)))
    assert any(note.startswith("Brought into memory from ") for note in got.attrs["notes"])


def of_sqlite(folder, columns: str, *rows):
    database = ibis.sqlite.connect(folder / "own.db")
    database.con.execute(f"CREATE TABLE lines ({columns})")
    database.con.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * len(rows[0]))})", rows)
    database.con.commit()
    return database.table("lines")


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        ("order_date DATE", "31/01/2025", "dates"),  # of which Ibis makes a day that nobody wrote
        ("order_date DATE", 20250131, "dates"),
        ("order_date TIMESTAMP", 1738281600, "dates"),
        ("quantity INTEGER", "2 pcs", "numbers"),  # of which SQLite makes 2
        ("quantity REAL", "1,5", "numbers"),
    ],
)
def test_values_that_are_none_of_their_columns_kind_are_refused_and_never_guessed(tmp_path, kind, value, what):
    name = kind.split()[0]
    other = "quantity REAL" if name == "order_date" else "order_date DATE"
    lines = of_sqlite(tmp_path, f"vendor_id TEXT, amount REAL, {kind}, {other}", ("a", 1.0, value, None))
    for ask in (lambda: spend.by_vendor(lines, basis="open", as_of="2025-12-31"), lambda: spend.price_changes(lines)):
        with pytest.raises(ma.SchemaError, match=f"'{name}' holds values that are no {what}"):
            ask()


def test_ids_of_two_kinds_in_one_column_and_texts_of_any_order(tmp_path):
    columns = (
        "vendor_id INTEGER, vendor_name TEXT COLLATE NOCASE, state TEXT COLLATE NOCASE, amount REAL, urgent BOOLEAN"
    )
    lines = of_sqlite(
        tmp_path,
        columns,
        (7, "x", "open", 1.0, True),
        ("X-1", "x", "CANCELLED", 2.0, False),
        (None, "A", "open", 4.0, None),
        (None, "a", "cancelled", 8.0, True),
        (None, "a", "open", 16.0, True),
    )
    assert spend.by_vendor(lines).set_index("vendor_id")["spend"].to_dict() == {"7": 1, "X-1": 2, "A": 4, "a": 16}
    assert spend.by_vendor(lines, by="urgent")["urgent"].tolist() == [True, pd.NA, False]


def test_numbers_that_are_none_and_infinite_dates_of_postgres_are_missing(postgres):
    database = ibis.postgres.connect(host=postgres, user="makini", database="postgres")
    database.con.execute(
        "CREATE TEMPORARY TABLE odd (amount NUMERIC, order_date DATE, delivered_date TIMESTAMP, updated_at TIMESTAMPTZ, order_id UUID)"
    )
    database.con.execute(
        "INSERT INTO odd VALUES ('NaN', '2025-01-01', 'infinity', 'infinity', NULL),"
        " (2, '-infinity', '2025-01-05', '2025-03-01', NULL), (4, '2025-01-01', '2025-01-05', NULL, md5('a')::uuid)"
    )
    lines = database.table("odd")
    want = pd.DataFrame(
        {
            "amount": [np.nan, 2.0, 4.0],
            "order_date": pd.to_datetime(["2025-01-01", None, "2025-01-01"]),
            "delivered_date": pd.to_datetime([None, "2025-01-05", "2025-01-05"]),
            "updated_at": pd.to_datetime([None, "2025-03-01", None], utc=True),
            "order_id": pd.array([None, None, "0cc175b9-c0f1-b6a8-31c3-99e269772661"], dtype="string"),
        }
    )
    for ask in (spend.by_period, spend.per_line, lead_times.curve, lead_times.by_period):
        got, expected = ask(lines), ask(want)
        pd.testing.assert_frame_equal(got, expected, check_dtype=False)
        assert got.attrs["as_of"] == expected.attrs["as_of"]
    database.disconnect()
