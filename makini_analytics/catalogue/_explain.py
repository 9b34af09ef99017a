"""What a result means, in words: its definition, its parameters, and what was left out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pandas as pd

from .. import changes, currency, review
from ..errors import SchemaError
from ..system import known_options, template
from ._figures import FIGURES

#: What leaves a trace on its result and is no figure of lines: the door that shows it, and its name there.
_OTHERS: Mapping[str, tuple[ModuleType, str]] = {
    "compare": (changes, "compare"),
    "currency.convert": (currency, "convert"),
    "findings": (review, "findings"),
    "scorecard": (review, "scorecard"),
    "sensitivity": (changes, "sensitivity"),
}
_FOR_EXAMPLE = "as in ma.explain(spend.by_vendor(data.lines))"


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
            return str(template("catalogue/text.html.j2").render(text=str(self)))
        entries = [("included", about["included"]), *((f"left out, {e['reason']}", e) for e in about["excluded"])]
        return template("catalogue/explanation.html.j2").render(
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
    function = (
        FIGURES[metric].function if metric in FIGURES else getattr(*_OTHERS[metric]) if metric in _OTHERS else None
    )
    if function is None:  # such as a result that another version saved
        return f"(no definition: {metric} is no figure of this version)"
    text = inspect.getdoc(function)
    if not text:
        return f"(no definition: it is the docstring of {metric}, which python -OO leaves out)"
    return text.split("\nParameters\n")[0].strip()


@known_options
def explain(result: pd.DataFrame) -> Explanation:
    """Return what a result means: its definition, parameters, as-of day, and what it left out and why.

    The definition is the docstring of the figure. Under ``python -OO`` there are no docstrings: everything else is there, and
    a line in place of the definition says why it is missing.

    Parameters
    ----------
    result : DataFrame
        What a figure of this package returned, or `currency.convert`.

    Returns
    -------
    Explanation, a text; a notebook shows it with its parts told apart

    Raises
    ------
    SchemaError
        It is no result of a figure, or an operation on it dropped its ``attrs``.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> from makini_analytics import spend
    >>> print(ma.explain(spend.by_vendor(ma.load_sample(["us"]).lines)))
    spend.by_vendor
    <BLANKLINE>
    Ordered spend by vendor, ...
    Parameters: by='vendor', basis='ordered'
    As of: 2025-12-31
    Source: us
    Currency: as in the documents
    Included: 2,690 lines, 773,070.76 CAD, 5,556,974.96 USD
    Left out, deleted: 38 lines, 1,049.79 CAD, 116,482.50 USD
    Left out, draft: 135 lines, 66,241.22 CAD, 332,248.26 USD
    """
    if not isinstance(result, pd.DataFrame):
        raise SchemaError(f"explain takes the result of a figure, {_FOR_EXAMPLE}, not {_named(result)}")
    about = result.attrs
    if "metric" not in about:
        raise SchemaError(
            f"this frame does not say which figure it comes from: pass the result of one, {_FOR_EXAMPLE}, as it was returned"
        )
    out = [about["metric"], "", _plain(definition(about["metric"])), ""]
    out.append("Parameters: " + (", ".join(f"{k}={v!r}" for k, v in about["parameters"].items()) or "none"))
    if only := about.get("filters"):
        out.append("Only: " + ", ".join(f"{name} {text}" for name, text in only.items()))
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


def _plain(text: str) -> str:
    """Return a text without the marks of its markup, which a prompt would show as they stand."""
    return re.sub("``?([^`]+)``?", r"\1", re.sub("::$", ":", text, flags=re.M))


def _named(result: Any) -> str:
    """Return what was passed, and what would be right where that is known."""
    if callable(result) and (name := getattr(getattr(result, "figure", None), "name", None)):
        return f"the function itself: ma.explain({name}(data.lines))"
    if isinstance(getattr(result, "lines", None), pd.DataFrame):
        return f"{type(result).__name__}: what is to be known of them stands in data.sources.notes and data.issues"
    if hasattr(result, "get_figure"):
        return "a chart: its footnote says so much, and the figure that it draws the rest"
    return type(result).__name__


def _entry(entry: Mapping[str, Any]) -> str:
    money = _money(entry)
    return f"{entry['n_lines']:,} lines" + (f", {money}" if money else "")


def _money(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{v:,.2f} {c}".strip() for c, v in entry["value"].items())
