"""The public names are there, and what is not there is said."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import makini_analytics as ma


def test_every_public_name_can_be_had():
    for name in ma.__all__:
        assert getattr(ma, name) is not None
    assert set(ma.__all__) <= set(dir(ma))
    with pytest.raises(AttributeError, match="nothing"):
        _ = ma.nothing


def test_functions_stay_functions_whatever_was_imported():
    import makini_analytics.demo._server  # noqa: F401

    assert callable(ma.report)
    assert callable(ma.sandbox)


@pytest.mark.parametrize("room", ["spend", "lead_times", "slippage"])
def test_metrics_take_data_and_keywords_and_say_what_they_return(room):
    module = getattr(ma, room)
    for name in module.__all__:
        function = getattr(module, name)
        first, *others = inspect.signature(function).parameters.values()
        assert first.kind is first.POSITIONAL_OR_KEYWORD
        assert all(p.kind is p.KEYWORD_ONLY or p.default is p.empty for p in others), name  # or more data
        for part in ("Parameters", "Returns", "Raises"):
            assert part in function.__doc__, (name, part)


@pytest.mark.parametrize("error", ["ConfigError", "ApiError", "AuthError", "RateLimitError", "ServerError", "NetworkError",
                                   "IncompleteDataError", "OfflineMissError", "SchemaError", "MixedCurrencyError"])  # fmt: skip
def test_every_error_carries_the_same_fields(error):
    made = getattr(ma, error)("x")
    assert isinstance(made, ma.MakiniError)
    for field in ("status", "code", "request_id", "retry_after", "connection", "operation"):
        assert getattr(made, field) is None
    assert made.retryable is False


def test_the_readme_says_what_the_docstrings_say():
    """One source of all definitions: each line of the README's table is the first of a docstring."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)\.(\w+)` \| (.+) \|$", readme, re.M)
    assert len(told) >= 15
    for room, name, said in told:
        assert inspect.getdoc(getattr(getattr(ma, room), name)).splitlines()[0].replace("``", "`") == said
