"""A folder that was tampered with, or that is none of ours, is a sentence: never a raw exception, and never other figures."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics.purchases import _folder as saved
from makini_analytics.purchases import _spool as parts
from tests.purchases.in_parts import fetched_in_parts
from tests.tiers import one_in

for module in ("pyarrow", "duckdb", "polars"):
    pytest.importorskip(module, reason=f"{module}, of the extra 'lake' or its tests, is not installed")


def kept_as(*kinds):
    """Run a test for folders of these kinds alone: of the others there is nothing to break in that way."""
    return pytest.mark.parametrize("original", kinds, indirect=True)


@pytest.fixture(scope="module", params=["parquet", "parts", "csv.gz"])
def original(request, tmp_path_factory):
    """A folder of each kind."""
    folder = tmp_path_factory.mktemp("original") / "d"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "parts":
            patch.setattr(parts, "PART_LINES", 500)
            with ma.sandbox() as server:
                return fetched_in_parts(server.client("us", progress=False), folder, since="2025-06-01")
        if request.param == "csv.gz":
            patch.setattr(saved, "find_spec", lambda name: None)
        return ma.load_sample(["us"]).save(folder)


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "d")


def added(folder):
    """What was fetched in parts by an earlier version is read in this way alone."""
    return ma.History(folder.parent / "history").add(folder)


def refused(folder):
    """Whatever reads it says so."""
    for read in (ma.Purchases.load, ma.scan, lambda f: ma.scan(f, engine="polars"), added):
        with pytest.raises(ma.MakiniError) as e:
            read(folder)
        assert "\n" not in str(e.value)
        assert str(folder) in str(e.value)


HEADS = [b"", b"[]", b"5", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000, b'{"format": 2}', b'{"format": 2, "suffix": "../../etc"}', b'{"format": [], "suffix": []}', b"\0"]  # fmt: skip


@pytest.mark.parametrize("head", one_in(7, HEADS), ids=lambda h: repr(h)[:30])
def test_a_head_of_another_kind(folder, head):
    (folder / "purchases.json").write_bytes(head)
    refused(folder)
    with pytest.raises(ma.SchemaError, match="other files"):  # nor is it deleted: it is not as we write it
        ma.load_sample(["us"]).save(folder)


CHANGES = [
    {"as_of": 5}, {"as_of": "never"}, {"as_of": ["2025-01-01"]}, {"suffix": None}, {"suffix": {}}, {"format": "2"}, {"format": None},
]  # fmt: skip


@pytest.mark.parametrize("change", one_in(5, CHANGES), ids=repr)
def test_a_head_with_other_values(folder, change):
    head = json.loads((folder / "purchases.json").read_text()) | change
    (folder / "purchases.json").write_text(json.dumps(head))
    refused(folder)


# a head of parts lists no columns
@kept_as("parquet", "csv.gz")
@pytest.mark.parametrize(
    "dtypes", one_in(3, [[], 5, {}, {"../../x": {}}, {"lines": 5}, {"lines": {"amount": 5}}, {"/etc/passwd": {"x": "string"}}, {"lines": {"amount": "no dtype"}}, {"lines": {"no_column": "string"}}]), ids=repr
)  # fmt: skip
def test_a_head_with_other_columns(folder, dtypes):
    head = json.loads((folder / "purchases.json").read_text())
    usual = {} if not isinstance(dtypes, dict) or "lines" not in dtypes else head["dtypes"]
    (folder / "purchases.json").write_text(
        json.dumps(head | {"dtypes": usual | dtypes if isinstance(dtypes, dict) else dtypes})
    )
    with pytest.raises(ma.SchemaError):
        ma.Purchases.load(folder)


def files_of(folder, table):
    return sorted((folder / table).iterdir()) if (folder / table).is_dir() else list(folder.glob(f"{table}.*"))


@pytest.mark.parametrize("what", one_in(2, [b"x" * 5000, b"", None, b"PAR1", "folder"]), ids=repr)
@pytest.mark.parametrize("table", one_in(5, ["lines", "sources"]))
def test_a_table_that_is_none(folder, table, what):
    file = files_of(folder, table)[0]
    file.unlink()
    if what == "folder":
        file.mkdir()
    elif what is not None:
        file.write_bytes(what)
    elif file.parent != folder:
        shutil.rmtree(file.parent)
    refused(folder)


# CSV is all text
@kept_as("parquet", "parts")
@pytest.mark.parametrize(
    "change",
    one_in(5, [lambda f: f.assign(amount="much"), lambda f: f.assign(order_date=5), lambda f: f.assign(vendor_name=1.5), lambda f: f[["amount"]], lambda f: f.assign(connection=True)]),
    ids=["amount", "order_date", "vendor_name", "columns", "connection"],
)  # fmt: skip
def test_a_table_of_other_columns(folder, change):
    file = files_of(folder, "lines")[0]
    change(pd.read_parquet(file)).to_parquet(file, index=False)
    with pytest.raises(ma.SchemaError, match="column"):
        added(folder)


@kept_as("parts")
def test_a_part_that_is_gone(folder):
    files_of(folder, "lines")[-1].unlink()
    refused(folder)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "d").write_text("x")
    refused(tmp_path / "d")
    refused(tmp_path / "nowhere")
    refused(tmp_path / "d" / "below")


# `scan` reads Parquet
@kept_as("parquet", "parts")
@pytest.mark.parametrize("table", one_in(3, ["lines", "orders", "issues", "sources"]))
def test_rows_that_were_taken_away_or_doubled_are_missed(folder, table):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = (
        folder / f"{table}.parquet" if (folder / f"{table}.parquet").exists() else folder / table / "part-00000.parquet"
    )
    was = pq.read_table(path)
    for now in (was.slice(1), was.slice(0, 0), pa.concat_tables([was, was])):
        pq.write_table(now, path)
        for read in (added,) if (folder / "lines").is_dir() else (added, ma.Purchases.load, ma.scan):
            with pytest.raises(ma.SchemaError, match="were saved"):
                read(folder)


@pytest.mark.parametrize("rows", one_in(5, [[], "x", {"lines": "many"}, {"lines": -1}, 7]))
def test_numbers_of_rows_that_were_changed(folder, rows):
    path = folder / "purchases.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": rows}))
    with pytest.raises(ma.SchemaError, match="were saved"):
        added(folder)
