"""Text as codes: those of several columns together, and those that are remembered with a column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics.frames import encode, pairs


@pytest.mark.parametrize("dtype", ["int8", "int16", "int64"])
def test_pairs_are_those_of_rows_of_two_columns(dtype):
    rng = np.random.default_rng(1)
    for n in (0, 1, 200, 20_000):  # few are sorted, many numbered by a table
        one, other = rng.integers(-1, 40, n).astype(dtype), rng.integers(-128, 128, n).astype(dtype)
        first, second, place = pairs(one, other)
        want, stands = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)
        assert np.column_stack([first, second]).tolist() == want.tolist()
        assert place.tolist() == stands.reshape(-1).tolist()


def test_codes_are_remembered_with_the_text_and_forgotten_when_it_changes():
    lines = pd.DataFrame({"vendor_id": pd.array(["one"] * 3, dtype="string")})
    first = encode(lines["vendor_id"])
    assert first.codes.tolist() == [0, 0, 0]
    copy = lines.copy()
    copy.loc[1, "vendor_id"] = "another"
    changed = encode(copy["vendor_id"])
    assert changed.labels[changed.codes].tolist() == copy["vendor_id"].tolist()
    assert encode(lines["vendor_id"]).codes.tolist() == [0, 0, 0]
    turned = lines["vendor_id"].iloc[::-1]
    assert encode(turned).labels[encode(turned).codes].tolist() == turned.tolist()
