"""A test that needs a package of an extra skips where that is not installed, and says which; where it is installed, nothing is skipped."""

from __future__ import annotations

import importlib.util
import re

import pytest

#: The modules of all extras, and those that only tests use. A test of the core must need none of them.
OPTIONAL = {
    "pyarrow", "duckdb", "polars", "rapidfuzz", "cleanco", "holidays", "currency_converter", "xlsxwriter", "pptx",
    "matplotlib_fontja", "jupyterlab", "openpyxl", "scipy", "nbformat", "nbclient", "ipykernel", "orjson", "playwright",
    "deltalake", "lxml", "mypy", "python_calamine", "xlwt",
}  # fmt: skip

#: Told at the beginning: a test may hide a module later, and its failure then is one.
ABSENT = {name for name in OPTIONAL if importlib.util.find_spec(name) is None}


def missing(error: BaseException | None) -> str | None:
    """Return the optional module for want of which an error came up, directly or as its cause."""
    while error is not None:
        if isinstance(error, ImportError):
            for name in [(error.name or "").partition(".")[0], *re.findall(r"\w+", str(error))]:
                if name in ABSENT:
                    return name
        error = error.__cause__ or error.__context__
    return None


class Extras:
    """The plugin."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        return (yield from self.skipping())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        return (yield from self.skipping())

    def skipping(self):
        try:
            return (yield)
        except Exception as error:
            if (name := missing(error)) is None:
                raise
            pytest.skip(f"{name} is not installed")
