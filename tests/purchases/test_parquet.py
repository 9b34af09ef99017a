"""Saved text is read as the file holds it: the same frame as pandas reads, with its codes known."""

import numpy as np
import pandas as pd
import pytest

from makini_analytics.errors import SchemaError
from makini_analytics.frames import encode
from makini_analytics.purchases._parquet import read_parquet

N = 2_000


@pytest.fixture
def saved(tmp_path):
    names = ["Müller", "ACME", None, "", "ACME ", "\u0000", "Zoë"]
    frame = pd.DataFrame(
        {
            "id": [f"order-{i:010d}" for i in range(N)],
            "vendor_name": [names[i * i % len(names)] for i in range(N)],
            "ship_to.country": [["DE", "US", None][i % 3] for i in range(N)],
            "nothing": [None] * N,
            "n": pd.array([1, None] * (N // 2), dtype="Int64"),
            "seen": pd.to_datetime(["2025-01-31T12:00:00Z"] * N, utc=True),
        }
    ).astype(dict.fromkeys(["id", "vendor_name", "ship_to.country", "nothing"], "string"))
    path = tmp_path / "lines.parquet"
    frame.to_parquet(path, index=False, row_group_size=600)
    return path


def test_the_frame_is_that_of_pandas(saved, tmp_path):
    pd.testing.assert_frame_equal(read_parquet(saved), pd.read_parquet(saved))
    pd.read_parquet(saved).head(0).to_parquet(tmp_path / "none.parquet", index=False)
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "none.parquet"), pd.read_parquet(tmp_path / "none.parquet"))


def test_codes_of_text_that_repeats_are_known(saved, monkeypatch):
    frame = read_parquet(saved)
    monkeypatch.setattr(pd, "factorize", None)  # finding them would take it
    for name in ("vendor_name", "ship_to.country"):
        found = encode(frame[name])
        texts = np.append(found.labels.astype(object), None)[found.codes]
        assert texts.tolist() == frame[name].astype(object).where(frame[name].notna(), None).tolist()
    with pytest.raises(SchemaError):
        encode(frame["id"])
