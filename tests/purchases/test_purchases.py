"""Purchases: printed, saved, loaded, put together; the caller's frames stay as they are."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import makini_analytics.purchases._folder as saved
from makini_analytics import Purchases, SchemaError, concat, load_sample, spend
from tests.tidy.test_tidy import ORDER, tidy


def one(name="emea", **order):
    t = tidy(ORDER | order)
    frames = {f: getattr(t, f).assign(connection=pd.array([name] * len(getattr(t, f)), dtype="string"))
              for f in ("orders", "lines", "issues")}  # fmt: skip
    return Purchases(**frames, as_of=t.as_of)


@pytest.fixture(params=[True, False])
def parquet(request, monkeypatch):
    """Whether purchases are saved as Parquet, or as CSV, as without pyarrow."""
    if request.param:
        pytest.importorskip("pyarrow", reason="pyarrow, the extra 'fast', is not installed")
    else:
        monkeypatch.setattr(saved, "find_spec", lambda name: None)
    return request.param


def test_what_is_saved_is_loaded(tmp_path, parquet):
    data = one(title="", notes=None, totalNetValue=0.1 + 0.2)
    folder = data.save(tmp_path / "run")
    assert (folder / "lines.parquet").exists() == parquet
    back = Purchases.load(folder)
    for table in ("orders", "lines", "issues", "sources"):
        pd.testing.assert_frame_equal(getattr(data, table), getattr(back, table))
    assert back.as_of == data.as_of
    assert back.lines.attrs == data.lines.attrs
    assert back.orders.title.item() == ""
    assert back.orders.notes.item() is pd.NA
    assert back.orders.total_net.item() == 0.1 + 0.2
    data.save(folder)  # again, over itself


def test_what_an_older_version_saved_is_loaded(tmp_path, parquet):
    # before sources told how values were read
    data = load_sample(["us"])
    object.__setattr__(data, "sources", data.sources.drop(columns="read_with"))
    back = Purchases.load(data.save(tmp_path / "run"))
    now = load_sample(["us"])
    assert back.sources.dtypes.to_dict() == now.sources.dtypes.to_dict()
    assert back.sources["read_with"].isna().all()
    pd.testing.assert_frame_equal(back.lines, now.lines)
    object.__setattr__(data, "sources", data.sources.drop(columns="connection"))
    with pytest.raises(SchemaError, match="lacks the column 'connection'"):
        Purchases.load(data.save(tmp_path / "other"))


def test_a_folder_that_is_none_of_ours_is_neither_read_nor_overwritten(tmp_path):
    (tmp_path / "taxes.xlsx").write_text("mine")
    with pytest.raises(SchemaError, match="other files"):
        one().save(tmp_path)
    with pytest.raises(SchemaError, match="no saved purchases"):
        Purchases.load(tmp_path)


def test_another_format_is_told_apart(tmp_path):
    folder = one().save(tmp_path / "run")
    head = json.loads((folder / "purchases.json").read_text())
    (folder / "purchases.json").write_text(json.dumps(head | {"format": 99}))
    with pytest.raises(SchemaError, match="format 99"):
        Purchases.load(folder)


def test_concat_keeps_every_row_and_every_custom_field():
    a, b = one("emea"), one("us", department="x", plantCostCenter=7, updatedAt="2025-04-09T00:00:00Z")
    both = concat([a, b])
    assert len(both.lines) == 2
    assert both.orders["custom.department"].tolist() == [pd.NA, "x"]
    assert both.orders["custom.plantCostCenter"].tolist() == ["CC-118", "7"]  # typed differently: text
    assert both.as_of == min(a.as_of, b.as_of)
    assert str(both.lines.order_date.dtype) == "datetime64[us]"
    with pytest.raises(SchemaError, match="emea"):
        concat([a, one("emea")])
    with pytest.raises(SchemaError, match="at least one"):
        concat([])


def test_concat_of_a_number_and_a_missing_one():
    a, b = one("emea"), one("us", budget=None)
    both = concat([a, b])
    assert both.orders["custom.budget.year"].dtype == "float64"
    assert np.isnan(both.orders["custom.budget.year"].iloc[1])


def test_the_callers_frames_are_not_touched():
    frame = tidy(ORDER).lines
    Purchases(tidy(ORDER).orders, frame, as_of="2025-01-01")
    assert frame.attrs == {}


def test_categories_that_their_owner_writes_into_later_change_nothing_here():
    data = load_sample(["us"])
    lines = data.lines.assign(vendor_id=data.lines["vendor_id"].astype("category"))
    mine = Purchases(data.orders, lines, data.issues, data.sources, data.as_of)
    lines["vendor_id"].array[:] = lines["vendor_id"].iloc[0]
    pd.testing.assert_frame_equal(spend.by_vendor(mine.lines), spend.by_vendor(data.lines))


def test_text_has_one_dtype_whatever_the_number_of_lines():
    """What an analyst does with a text column works on a million lines as on five."""
    t = tidy(ORDER)
    many = Purchases(t.orders, t.lines.take(np.zeros(100_001, dtype=int)).reset_index(drop=True), t.issues).lines
    few = Purchases(t.orders, t.lines, t.issues).lines
    pd.testing.assert_series_equal(many.dtypes, few.dtypes)
    assert not [c for c in many if isinstance(many[c].dtype, pd.CategoricalDtype)]
    assert many.category.fillna("none").notna().all()
    assert many.vendor_id.map({"x": 1.0}).isna().all()
    assert not (many.vendor_id == many.currency).fillna(False).any()
    assert str(pd.concat([many.vendor_name, few.vendor_name]).dtype) == "string"


def test_repr_says_what_it_is():
    assert "1 orders, 1 lines, 0 issues, as of 2025-04-02" in repr(one())
