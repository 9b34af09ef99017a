"""On pandas the figures don't depend on how text is held: as categories of any order, unused ones too, or as any kind of text."""

from __future__ import annotations

import pandas as pd
import pytest

from makini_analytics import slippage, spend
from tests.compute.kinds import AS_OF, CALLS, dirty, same
from tests.tiers import one_in


def _as(lines: pd.DataFrame, kind: str) -> pd.DataFrame:
    out = lines.copy()
    for name in lines.columns[lines.dtypes == "string"]:
        text = lines[name]
        if kind == "categories out of order, some unused":
            labels = pd.Index(["zzz", *sorted(text.dropna().unique(), reverse=True), "aaa"], dtype="string")
            out[name] = pd.Categorical(text, categories=labels)
        else:
            out[name] = text.astype(kind)
    return out


@pytest.mark.parametrize(
    "kind", one_in(3, ["categories out of order, some unused", "category", "str", "object", "string[python]"])
)
@pytest.mark.parametrize("seed", [5, pytest.param(6, marks=pytest.mark.full)])
def test_the_same_figures(kind, seed):
    lines = dirty(seed)
    other = _as(lines, kind)
    for name, call in CALLS.items():
        if kind in ("str", "object", "string[python]") and "by=" in name:
            continue
        got, want = call(other), call(lines)
        same(got.astype({c: want[c].dtype for c in want}), want)


def test_keys_are_text_in_the_result_whatever_they_are_in_the_lines():
    lines = _as(dirty(7), "category")
    for result in (
        spend.by_vendor(lines, by=["category", "vendor"]),
        slippage.by_vendor(lines, by="site_id", as_of=AS_OF),
    ):
        assert not [c for c in result if isinstance(result[c].dtype, pd.CategoricalDtype)]
    assert spend.by_vendor(lines, by="category")["category"].dtype == "string"


def test_categories_that_are_no_text_stay_what_they_are():
    lines = dirty(8).assign(rank=pd.Categorical([1, 2] * 200, categories=[2, 1, 3], ordered=True))
    got = spend.by_period(lines, by="rank", as_of=AS_OF, freq="Y")
    assert got["rank"].tolist() == sorted(got["rank"].tolist(), key=[2, 1, 3].index)


def test_the_input_is_not_touched():
    lines = _as(dirty(9), "category")
    before = lines.copy(deep=True)
    for call in CALLS.values():
        call(lines)
    pd.testing.assert_frame_equal(lines, before)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.full) for seed in (10, 11)])
def test_lines_are_looked_at_in_steps(seed, monkeypatch):
    """However small the steps: a reason may come up in a late one first, and the book keeps the order of the rule."""
    from makini_analytics.compute import _pandas_engine as tally

    lines = dirty(seed, texts="category")
    want = {name: call(lines) for name, call in CALLS.items()}
    for step in (1, 37, 400):
        monkeypatch.setattr(tally, "_STEP", step)
        for name, call in CALLS.items():
            same(call(lines), want[name])
