"""A chart's docstring: its own text, and the parts that it shares with its metric, which are written in the metric alone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

# The numpydoc sections that the docstrings of this package use: a capitalised line, underlined with dashes.
_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.M)

# What all charts share with each other rather than with their metrics.
_OF_EVERY_CHART = {
    "ax": "ax : matplotlib Axes to draw on; a new figure by default",
    "title": "title : headline to use instead of the one that the chart finds",
}
_RETURNS = (
    "Axes\n    The chart; `style.save` writes it as PNG or SVG, and its ``figure`` can be changed like any other."
)
_OPTION_ERROR = (
    "OptionError\n    An unknown option, or an option of the computation given together with a finished result."
)
_MIXED_CURRENCY = "MixedCurrencyError\n    The amounts are in several currencies."


def completed(draw: Callable[..., Any], metric: Callable[..., Any], name: str) -> str | None:
    """Return the docstring of a chart with what it shares with its metric; None where Python runs without docstrings (-OO)."""
    if draw.__doc__ is None:
        return None
    own, shared = sections(inspect.getdoc(draw) or ""), sections(inspect.getdoc(metric) or "")
    parameters = inspect.signature(draw).parameters
    raises = [own.get("Raises", ""), shared.get("Raises", ""), _MIXED_CURRENCY if "currency" in parameters else "", _OPTION_ERROR]  # fmt: skip
    # The metric's definition goes below the parameters: someone who looks up a chart wants to know first what its marks mean.
    parts = {
        "Parameters": _parameters(list(parameters), own, shared, name),
        "Returns": _RETURNS,
        "Raises": "\n".join(r for r in raises if r),
        "Notes": f"The definition of `{name}`:\n\n{shared['']}",
        "Examples": own.get("Examples", ""),
    }
    written = [f"{heading}\n{'-' * len(heading)}\n{text}" for heading, text in parts.items() if text]
    return "\n\n".join([own[""], *written])


def sections(text: str) -> dict[str, str]:
    """Return a docstring by its headings; what stands before the first one under "".

    >>> sections("Add.\\n\\nParameters\\n----------\\na : int\\n\\nReturns\\n-------\\nint\\n")
    {'': 'Add.', 'Parameters': 'a : int', 'Returns': 'int'}
    """
    before, *rest = _HEADING.split(text)
    return {"": before.strip()} | {name: body.strip() for name, body in zip(rest[::2], rest[1::2], strict=True)}


def entries(section: str) -> list[tuple[list[str], str]]:
    """Return the parameters of a section, each with its names and its text.

    >>> entries("a, b : two sides\\n    of it\\nc : another")
    [(['a', 'b'], 'a, b : two sides\\n    of it'), (['c'], 'c : another')]
    """
    texts = re.split(r"\n(?=\S)", section) if section else []
    return [([n.strip() for n in text.partition(" : ")[0].split(",")], text) for text in texts]


def _parameters(names: list[str], own: dict[str, str], shared: dict[str, str], metric: str) -> str:
    """Return the text of each parameter of the chart, in the order of its signature: its own, else the metric's."""
    mine = {n: text for of, text in entries(own.get("Parameters", "")) for n in of}
    (first, data), *others = entries(shared.get("Parameters", "")) or [([], "")]
    theirs = {n: text for of, text in others for n in of}
    head, _, more = data.partition("\n")
    # The chart takes what the metric takes, or what it gave: "lines : DataFrame" becomes "data : DataFrame; or a result of ..."
    n = max(len(first), 1)
    alone = "" if n == 1 else f"``{names[0]}`` alone, "
    entry = f"{', '.join(names[:n])} : {head.partition(' : ')[2]}; or {alone}a result of `{metric}`"
    texts = [entry + (f"\n{more}" if more else "")]
    for name in names[n:]:
        text = mine.get(name) or theirs.get(name) or _OF_EVERY_CHART.get(name)
        if text and text not in texts:  # two names may share one text
            texts.append(text)
    return "\n".join(texts)
