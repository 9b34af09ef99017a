"""Arguments of any other type are a sentence that says what would be right: of the data set's own functions, and of figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import lead_times, slippage, spend
from makini_analytics.purchases import _folder
from tests.tiers import one_in

ODD = [None, 7, 1.5, True, b"x", [], {}, object(), "", "\0", np.nan, pd.NaT, ["a", 1], {"a": 1}, ("x",), print, pd.DataFrame(), pd.Series([1]), Path("/nowhere")]  # fmt: skip
TABLE = pd.DataFrame({"order_number": ["1"], "amount": [5.0], "order_date": ["2025-01-03"]})
OF_TABLE = ("columns", "connection", "currency", "as_of", "date_formats", "timezone", "delivery_date", "statuses", "decimal", "thousands", "orders", "receipts")  # fmt: skip
OF_FILE = (*OF_TABLE[:-2], "system", "sheet", "encoding", "separator", "header")
FIGURES = {
    "by": [spend.by_vendor, spend.by_period, spend.concentration, slippage.by_vendor, slippage.otif, lead_times.curve],
    "currency": [spend.by_vendor, spend.by_period, spend.single_source, spend.price_changes, spend.price_history],
    "freq": [spend.by_period, spend.price_changes, slippage.by_period, lead_times.by_period],
}


@pytest.fixture(scope="module")
def data():
    return ma.load_sample(["us"])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "t.csv"
    TABLE.to_csv(path, index=False)
    return path


def right_or_said(do, value):
    """Return whether it was refused; anything but a `MakiniError` fails."""
    try:
        do(value)
    except ma.MakiniError as e:
        assert "\n" not in str(e)
        return True
    return False


@pytest.mark.full
@pytest.mark.parametrize("odd", one_in(12, ODD), ids=lambda v: repr(v)[:20])
def test_of_the_data_set(data, file, odd):
    none_fits = [
        ma.Purchases.load,
        ma.scan,
        ma.concat,
        lambda v: ma.concat([v]),
        lambda v: ma.concat([data, v]),
        ma.Purchases.from_table,
        ma.Purchases.from_file,
    ]
    assert all(right_or_said(do, odd) for do in none_fits)
    right_or_said(lambda v: ma.Purchases(data.orders, data.lines, as_of=v), odd)
    for place in range(4):
        frames = [data.orders, data.lines, data.issues, data.sources]
        taken = right_or_said(lambda v, p=place, f=frames: ma.Purchases(*f[:p], v, *f[p + 1 :]), odd)
        assert taken or isinstance(odd, pd.DataFrame)
    for name in OF_TABLE:
        right_or_said(lambda v, n=name: ma.Purchases.from_table(TABLE, **{n: v}), odd)
    for name in OF_FILE:
        right_or_said(lambda v, n=name: ma.Purchases.from_file(file, **{n: v}), odd)


@pytest.mark.parametrize("option", FIGURES)
@pytest.mark.parametrize(
    "odd",
    [7, 1.5, True, b"x", {"a": 1}, ["a", 1], [["a"]], print, pd.DataFrame(), pd.Series(["a"])],
    ids=lambda v: repr(v)[:20],
)
def test_of_figures(data, option, odd):
    lines = data.lines.head(20)
    lines.attrs = data.lines.attrs
    for figure in FIGURES[option]:
        with pytest.raises(ma.ConfigError, match=f"^{option}="):
            figure(lines, **{option: odd})


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda: ma.Purchases.load(7), "folder=7: pass the path"),
        (lambda: ma.concat(ma.load_sample(["us"])), "concat takes a list of Purchases, not Purchases"),
        (lambda: ma.concat(None), "concat takes a list of Purchases, not NoneType"),
        (lambda: ma.concat(["x"]), "concat takes Purchases, not str"),
        (lambda: ma.Purchases(TABLE, TABLE, as_of="soon"), "as_of='soon' is no date"),
        (lambda: ma.Purchases.from_table(TABLE, columns=[]), "pass a mapping of the names of the table to ours"),
        (lambda: ma.Purchases.from_table(TABLE, timezone=b"UTC"), "pass one like 'Europe/Berlin'"),
        (lambda: ma.Purchases.from_table(TABLE, connection=None), "pass a name for the connection"),
        (lambda: ma.Purchases.from_table(TABLE, statuses=["x"]), "pass a mapping such as"),
        (lambda: ma.Purchases.from_file("/nowhere.csv"), "can't be read: No such file"),
        (lambda: spend.by_vendor(TABLE, by=7), "by=7: pass the name of a column"),
    ],
)
def test_what_would_be_right_is_said(do, said):
    with pytest.raises(ma.ConfigError) as e:
        do()
    assert said in str(e.value)


@pytest.mark.full
def test_a_save_of_another_process_while_one_reads_is_read_whole(tmp_path, monkeypatch):
    old, new = ma.load_sample(["emea"]), ma.load_sample(["us"])
    folder, read, swaps = old.save(tmp_path / "d"), _folder.read_parquet, iter([True])

    def swapped_meanwhile(path, *args, **options):
        if Path(path).name == "lines.parquet" and next(swaps, False):
            new.save(folder)
        return read(path, *args, **options)

    monkeypatch.setattr(_folder, "read_parquet", swapped_meanwhile)
    data = ma.Purchases.load(folder)
    assert set(data.orders.connection) == set(data.lines.connection) == {"us"}

    def always(path, *args, **options):
        (new if Path(path).name == "lines.parquet" else old).save(folder)
        return read(path, *args, **options)

    monkeypatch.setattr(_folder, "read_parquet", always)
    monkeypatch.setattr(_folder, "_TRIES", 2)
    with pytest.raises(ma.SchemaError, match="saved anew each time"):
        ma.Purchases.load(folder)


def test_frames_that_could_not_be_told_apart_or_joined():
    rows = pd.DataFrame({"order_number": ["1"], "amount": [1.0]})
    some = ma.Purchases.from_table(rows, currency="EUR", as_of="2025-01-01")
    with pytest.raises(ma.SchemaError, match="orders have two columns of one name"):
        ma.Purchases(pd.concat([some.orders, some.orders], axis=1), some.lines)
    with pytest.raises(ma.SchemaError, match="'connection', which is missing"):
        ma.concat([ma.Purchases(pd.DataFrame(), pd.DataFrame()), some])
