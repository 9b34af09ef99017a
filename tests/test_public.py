"""The public names are there, and what is not there is said."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import makini_analytics as ma

ROOT = Path(__file__).parents[1]


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


ROOMS = ["spend", "lead_times", "slippage", "quality", "explore", "currency"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_shows_what_is_behind_it_and_nothing_else(room):
    module = getattr(ma, room)
    assert {n for n in dir(module) if not n.startswith("_")} == set(module.__all__)
    behind = [n for n in vars(module) if not n.startswith("_")]
    assert set(behind) <= set(module.__all__)  # no submodule, no Any, no annotations
    assert all(inspect.isfunction(getattr(module, n)) for n in module.__all__)
    shown = pydoc.plain(pydoc.render_doc(module))
    assert all(f"    {n}(" in shown for n in module.__all__)
    assert module.__doc__.splitlines()[0] in shown


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(ma.__path__) if not m.name.startswith("_")])
def test_completion_shows_what_is_public_and_nothing_else(name):
    module = importlib.import_module(f"makini_analytics.{name}")
    assert {n for n in dir(module) if not n.startswith("_")} == set(module.__all__)
    assert all(hasattr(module, n) for n in module.__all__)


def test_nothing_is_loaded_before_it_is_used():
    """Neither importing the rooms, completing their names nor what is told in words takes matplotlib; drawing does."""
    code = """
import sys
import makini_analytics as ma
from makini_analytics import lead_times, quality, slippage, spend
rooms = (ma, spend, lead_times, slippage, quality)
print(*[n for m in rooms for n in vars(m) if not n.startswith("_") and n not in m.__all__])
_ = [dir(m) for m in rooms], spend.by_vendor
data = ma.load_sample(["us"])
_ = ma.findings(data), ma.scorecard(data), ma.report
print("matplotlib" in sys.modules)
_ = spend.plot_by_vendor
print("matplotlib" in sys.modules)
print(ma.__version__ != "")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    first, *others = done.stdout.split("\n")
    assert set(first.split()) <= {
        "errors",
        "frames",
        "compute",
    }  # rooms that spend.by_vendor's import has bound to the package
    assert others[:3] == ["False", "True", "True"]


@pytest.mark.parametrize("room", ["spend", "lead_times", "slippage"])
def test_metrics_take_data_and_keywords_and_say_what_they_return(room):
    module = getattr(ma, room)
    for name in module.__all__:
        function = getattr(module, name)
        first, *others = inspect.signature(function).parameters.values()
        assert first.kind is first.POSITIONAL_OR_KEYWORD
        more_data = [p for p in others if p.kind is not p.KEYWORD_ONLY]
        assert {p.name for p in more_data} <= {"after", "later", "materials"}, name
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
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)\.(\w+)` \| (.+) \|$", readme, re.M)
    assert len(told) >= 15
    for room, name, said in told:
        assert inspect.getdoc(getattr(getattr(ma, room), name)).splitlines()[0].replace("``", "`") == said


def public_docstrings():
    for name in ma.__all__:
        value = getattr(ma, name)
        if inspect.isfunction(value) or name in ("Client", "Purchases"):
            yield f"ma.{name}", value
        elif inspect.ismodule(value):
            yield from ((f"{name}.{n}", getattr(value, n)) for n in value.__all__ if callable(getattr(value, n)))


@pytest.mark.parametrize(("name", "value"), [pytest.param(n, v, id=n) for n, v in public_docstrings()])
def test_an_example_calls_the_function_as_a_user_does(name, value):
    """Copied into a notebook it runs: with the room before the name, and the room imported."""
    lines = [x.source for x in doctest.DocTestParser().get_examples(inspect.getdoc(value) or "")]
    if lines:
        room = name.partition(".")[0]
        assert re.search(rf"(?<!\w){re.escape(name)}\b", "".join(lines))
        imported = "import makini_analytics as ma\n" if room == "ma" else rf"from makini_analytics import .*\b{room}\b"
        assert re.search(imported, "".join(lines))
