"""`chart` makes a drawing function a public chart: it computes what is to be drawn, checks the options, and completes the docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial, wraps
from typing import Any, ParamSpec

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..compute import BY_FILTER, COLUMNS, rows_passed
from ..errors import MakiniError, OptionError, SchemaError
from ..frames import made_by, result_of
from ..system import known_options, number_of
from ._docstring import completed
from ._figure import paper_of
from ._footnote import ROWS_DRAWN
from ._look import drawn_on

P = ParamSpec("P")


def chart(
    *,
    of: Callable[..., pd.DataFrame],
    result_columns: Collection[str],
    own_defaults: Collection[str] = (),
    ranked: str = "",
) -> Callable[[Callable[P, Axes]], Callable[P, Axes]]:
    """Return a decorator for the charts of a metric.

    The decorated function declares the metric's options beside its own, so that editors and type checkers know them, but its
    body never reads them: when it runs, its first argument is the metric's result already, whatever the caller passed. A body that also
    draws the lines declares ``_lines``, which nobody else sees: the lines and the metric's options, `None` beside a finished result.

    Parameters
    ----------
    of : the metric whose result is drawn
    result_columns : columns that tell a result of the metric from lines: data that have all of them are drawn as they are
    own_defaults : options for which the chart has a default of its own
    ranked : column that the rows of a result stand in the order of, rising; falling with a "-" before it. A result that was sorted by
        something else is drawn in this order: the first rows are said to be the largest

    Examples
    --------
    >>> from makini_analytics.spend import by_vendor
    >>> @chart(of=by_vendor, result_columns=("abc_class",))
    ... def plot_rows(data, *, currency=None, ax=None, top=12):
    ...     return f"{len(data)} vendors, top {top}"
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "c"], "amount": 1.0, "currency": ["EUR", "EUR", "USD"]})
    >>> plot_rows(lines, currency="EUR", top=5)
    '2 vendors, top 5'
    >>> plot_rows(by_vendor(lines))
    '3 vendors, top 12'
    >>> plot_rows(by_vendor(lines), currency="EUR")
    Traceback (most recent call last):
    makini_analytics.errors.OptionError: plot_rows() was given a result of spend.by_vendor, which currency= can't change any more: pass it to spend.by_vendor
    """

    def decorate(draw: Callable[P, Axes]) -> Callable[P, Axes]:
        written, options = inspect.signature(draw), inspect.signature(of).parameters.values()
        signature = written.replace(parameters=[p for n, p in written.parameters.items() if n != "_lines"])
        draw.__signature__ = signature
        shared = [p.name for p in options if p.kind is p.KEYWORD_ONLY and p.name in signature.parameters]
        frames = [p.name for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]

        # known_options comes first, so that a misspelt option is reported with its near name, not as a failed binding.
        @partial(known_options, instead=BY_FILTER)
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> Axes:
            # Only what the caller wrote is in `given`: a default was not passed by the caller.
            given = dict(signature.bind(*args, **kwargs).arguments)
            if "top" in given:
                top = given["top"].item() if isinstance(given["top"], np.integer) else given["top"]
                given["top"] = int(number_of("top", top, low=1, high=1e6, whole=True))
            data = [given.pop(name, None) for name in frames]
            asked = {name: given.pop(name) for name in shared if name in given}
            first, others = data[0], data[1:]
            # A bridge has two sides; its result comes alone, in the place of the first one.
            alone = all(other is None for other in others)
            is_result = alone and isinstance(first, pd.DataFrame)
            if is_result:
                first = _out_of_the_index(first)
            if is_result and set(result_columns) <= set(first.columns):
                _refuse(asked, draw, of)
                try:
                    with drawn_on(paper_of(given.get("ax"))):
                        return draw(_told_as_a_part(_in_order(first, ranked), first, given), **given)
                except MakiniError:
                    raise
                except Exception as e:
                    if said := _edited(first, metric_name(of), e):
                        raise SchemaError(f"{draw.__name__}: {said}") from e
                    raise
            own_result = is_result and made_by(first) == metric_name(of)
            if own_result and (said := _edited(first, metric_name(of), KeyError(*result_columns))):
                raise SchemaError(f"{draw.__name__}: {said}")
            if others and alone:
                needed = " and ".join(map(repr, result_columns))
                raise SchemaError(
                    f"{draw.__name__} takes the result of {metric_name(of)} with the column {needed}, or {' and '.join(frames)}"
                )
            own = {name: signature.parameters[name].default for name in own_defaults}
            result = of(*data, **(own | asked))
            if "_lines" in written.parameters:
                given["_lines"] = first, own | asked
            with drawn_on(paper_of(given.get("ax"))):
                return draw(_told_as_a_part(result, first, given), **given)

        drawn.__doc__ = completed(draw, of, metric_name(of))
        kept: Any = drawn
        # for the documentation and the tests
        kept.metric, kept.shared, kept.own_defaults = of, tuple(shared), tuple(own_defaults)
        return drawn

    return decorate


def _out_of_the_index(result: pd.DataFrame) -> pd.DataFrame:
    """Return a result with those of its columns that were made its index since as columns."""
    had = result.attrs.get(COLUMNS) or ()
    indexed = [name for name in result.index.names if name in had and name not in result]
    return result.reset_index(indexed) if indexed else result


def _edited(result: pd.DataFrame, metric: str, failed: Exception) -> str:
    """Return what is not as the metric returned it in a result that could not be drawn, and what would be right; "" for nothing."""
    made = made_by(result) or metric
    if made != metric:
        return f"{result_of(made)}; pass one of {metric}, or data.lines"
    had: Mapping[str, str] = result.attrs.get(COLUMNS) or {}
    there = {str(name): str(dtype) for name, dtype in result.dtypes.items()}
    if lost := [name for name in had if name not in there]:
        missed = [name for name in lost if repr(name) in repr(failed)] or lost[:3]
        columns = f"column{'s' * (len(missed) > 1)} {', '.join(map(repr, missed))}"
        return f"the result lacks the {columns}: pass it as {metric} returned it"
    for name, dtype in had.items():
        if there[name] != dtype:
            return f"the result's column {name!r} holds {there[name]}, not {dtype}: pass it as {metric} returned it"
    if had and there == had and result.columns.is_unique and result.index.names == [None]:
        return ""
    return f"this is not a result as {metric} returns it ({type(failed).__name__}: {failed!s:.80}): pass that, or data.lines"


def _in_order(result: pd.DataFrame, ranked: str) -> pd.DataFrame:
    """Return a result in the order in which its figure gave it, whatever it was sorted by since."""
    if not result.index.is_monotonic_increasing:  # a figure numbers its rows
        result = result.sort_index(kind="stable")
    by = ranked.removeprefix("-")
    return result.sort_values(by, ascending=by == ranked, kind="stable") if by in result else result


def _told_as_a_part(result: pd.DataFrame, passed: Any, given: Mapping[str, Any]) -> pd.DataFrame:
    """Return a result that says how much of it was passed, where that is not all: no title may take a part for the whole."""
    if rows := rows_passed(passed):
        result = result.copy(deep=False)
        result.attrs[ROWS_DRAWN] = rows, given.get("title")
    return result


def metric_name(metric: Callable[..., Any]) -> str:
    """Return the name that a user calls a metric by: its room and its own, whatever file it lives in."""
    declared = getattr(metric, "figure", None)
    return declared.name if declared else f"{metric.__module__.split('.')[1]}.{metric.__name__}"


def _refuse(asked: Collection[str], draw: Callable[..., Any], of: Callable[..., Any]) -> None:
    """Raise where options of the computation come with a finished result: they would be ignored, and the chart would lie."""
    if asked:
        names, them = ", ".join(f"{name}=" for name in asked), "them" if len(asked) > 1 else "it"
        metric = metric_name(of)
        raise OptionError(
            f"{draw.__name__}() was given a result of {metric}, which {names} can't change any more: pass {them} to {metric}"
        )
