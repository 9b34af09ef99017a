"""Columns of a pandas frame, as the rules of figures read them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics.compute import PandasColumns


@pytest.mark.parametrize("n_asked", [0, 1, 99, 100, 101, 400])
@pytest.mark.parametrize("dtype", ["string", "category"])
def test_whether_a_text_is_one_of_few_or_of_many(n_asked, dtype):
    rng = np.random.default_rng(n_asked)
    texts = pd.Series([f"v{i}" for i in rng.integers(0, 300, 2_000)], dtype="string").mask(rng.random(2_000) < 0.1)
    asked = [f"v{i}" for i in range(n_asked)]
    rows = slice(500, 1_500)
    got = PandasColumns(pd.DataFrame({"vendor_id": texts.astype(dtype)}), rows).is_in("vendor_id", *asked)
    assert got.tolist() == texts[rows].isin(asked).tolist()


def test_of_a_column_that_is_not_there_no_line_has_the_text():
    assert PandasColumns(pd.DataFrame({"n": [1, 2]})).is_in("vendor_id", "a").tolist() == [False, False]
