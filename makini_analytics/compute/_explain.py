"""What a result means, in words: its definition, its parameters, and what was left out."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..errors import SchemaError
from ..system import template
from ._figures import FIGURES


class Explanation(str):
    """A text that a notebook shows as it reads, and in HTML with its parts told apart."""

    about: Mapping[str, Any] | None = None  # the attrs that the text was made of
    facts: Sequence[str] = ()  # its lines on parameters, as-of day, source and currency

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """Return name, definition, parameters, and what is included and left out."""
        about = self.about
        if about is None:
            return str(template("compute/text.html.j2").render(text=str(self)))
        entries = [("included", about["included"]), *((f"left out, {e['reason']}", e) for e in about["excluded"])]
        return template("compute/explanation.html.j2").render(
            metric=about["metric"],
            # "::" announces the formula that follows to Sphinx; a reader needs one colon
            paragraphs=[re.sub("::$", ":", p) for p in definition(about["metric"]).split("\n\n")],
            pieces=lambda text: re.split("``?([^`]+)``?", text),
            facts=[*self.facts, *about.get("notes", [])],
            rows=[(name, f"{e['n_lines']:,}", _money(e)) for name, e in entries],
        )


def definition(metric: str) -> str:
    """Return the definition of a figure: its docstring up to the parameters, so that it is written down once.

    ``python -OO`` strips docstrings. What is returned then is a sentence that says so: an empty definition would look like a
    figure without one.
    """
    if metric in FIGURES:
        function = FIGURES[metric].function
    else:  # a step such as currency.convert, which leaves a trace and is no figure
        module, _, name = metric.rpartition(".")
        function = getattr(importlib.import_module(f"makini_analytics.{module}"), name)
    text = inspect.getdoc(function)
    if not text:
        return f"(no definition: it is the docstring of {metric}, which python -OO leaves out)"
    return text.split("\nParameters\n")[0].strip()


def explain(result: pd.DataFrame) -> Explanation:
    """Return what a result means: its definition, parameters, as-of day, and what it left out and why.

    The definition is the docstring of the figure. Under ``python -OO`` there are no docstrings: everything else is there, and
    a line in place of the definition says why it is missing.

    Parameters
    ----------
    result : DataFrame
        What a metric of this package returned.

    Raises
    ------
    SchemaError
        The frame carries no provenance: it is no result, or an operation on it dropped its ``attrs``.
    """
    about = result.attrs
    if "metric" not in about:
        raise SchemaError("this frame does not say where it comes from: pass the result of a metric, unchanged")
    out = [about["metric"], "", definition(about["metric"]), ""]
    out.append("Parameters: " + (", ".join(f"{k}={v!r}" for k, v in about["parameters"].items()) or "none"))
    if about.get("as_of"):
        out.append(f"As of: {about['as_of']}")
    if about.get("source"):
        out.append(f"Source: {about['source']}")
    if about.get("currency") and "currency" in result.columns:
        out.append(f"Currency: {about['currency']}")
    facts = out[4:]  # what follows the definition
    out.append(f"Included: {_entry(about['included'])}")
    out += [f"Left out, {e['reason']}: {_entry(e)}" for e in about["excluded"]] or ["Left out: nothing"]
    out += about.get("notes", [])
    explanation = Explanation("\n".join(out))
    explanation.about, explanation.facts = {str(k): v for k, v in about.items()}, facts
    return explanation


def _entry(entry: Mapping[str, Any]) -> str:
    money = _money(entry)
    return f"{entry['n_lines']:,} lines" + (f", {money}" if money else "")


def _money(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
