"""A figure declares once what it needs: the check of columns, `quality.coverage`, `explain` and the documentation read it there.

A new figure is one function, declared beside its definition, and one line at the door of its room::

    @figure("amount", "order_date?", basis={"received": "received_quantity?"})
    def by_period(lines, *, basis="ordered", currency=None):
        \"\"\"Ordered spend by period of the order date.\"\"\"
        got = spend_tally(lines, basis=basis, currency=currency)
        return got.with_provenance(result)

What the caller gets is a plain frame: `figure` checks the options and the columns, calls the function, and writes the name, the
parameters and what was left out into ``attrs``. The declaration is the function's attribute ``figure``; `figures_of` reads those of
a room from its door, and `makini_analytics.catalogue` all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from types import ModuleType
from typing import Any, ParamSpec

import numpy as np
import pandas as pd

from ..errors import ConfigError
from ..frames import (
    FIGURE_COLUMNS,
    OnlyInMemory,
    collect,
    columns_of,
    frame_of,
    is_engine_frame,
    is_history,
    is_pandas,
    need,
)
from ..system import known_options
from ..tidy import currency_code
from ._engines import lines_of
from ._groups import ENTITIES, By
from ._lost import doubts_of
from ._option_types import check_types
from ._periods import freq_of
from ._provenance import Counted, FigureResult, Selection, stamp

P = ParamSpec("P")
#: What a figure gives that tells first which lines count.
InSteps = Generator[Counted, None, FigureResult]
Steps = FigureResult | InSteps

#: Values that a footnote need not mention, because they are what everybody expects. All other parameters are named even at
#: their default: a reader of "late_days=0" or "due='required'" learns something.
_UNREMARKABLE = {
    "abc": (0.80, 0.95),
    "end": "complete",
    "fiscal_year_start": 1,
    "min_lines": 1,
    "over_share": 0,
    "start": "order",
    "under_share": 0,
    "weight": "lines",
}

#: Columns that keep groups apart in any case.
_KEYS = ("connection", "currency", "unit_of_measure")

#: A figure counts all lines that it is given; which ones those are is decided before it.
BY_FILTER = {
    name: f"pick the lines first, as data.filter({example})"
    for name, example in {
        "vendor": "vendor='Rossi'",
        "vendors": "vendor=['Rossi', 'ACME']",
        "supplier": "vendor='Rossi'",
        "suppliers": "vendor=['Rossi', 'ACME']",
        "connection": "connection='emea'",
        "category": "category='Bearings'",
        "site": "site_name='Lyon'",
        "state": "state='open'",
        "status": "state='open'",
        "since": "since='2025-01-01'",
        "until": "until='2025-12-31'",
        "year": "since=2025, until=2025",
        "start_date": "since='2025-01-01'",
        "end_date": "until='2025-12-31'",
    }.items()
}


@dataclass(frozen=True)
class Figure:
    """What is known of a figure without computing it."""

    name: str  # as in "spend.by_vendor"
    function: Callable[..., pd.DataFrame]
    counted: Callable[
        ..., Counted
    ]  # the same arguments; computes no more than which lines count, where the figure can tell
    data: tuple[str, ...]  # the arguments that are data: "lines" for most, "before" and "after" for a comparison
    options: Mapping[
        str, Any
    ]  # the other arguments, with their defaults (`inspect.Parameter.empty` where there is none)
    columns: tuple[str, ...]  # always needed; "order_date?" may be absent, and then no line can be placed
    choices: Mapping[str, Mapping[Any, str]]  # option -> value -> the column that this choice needs
    any_frame: bool  # also computed by polars, PyArrow, DuckDB and Spark
    beside: tuple[str, ...] = ()  # those of ``data`` that are no order lines, such as a price list

    @property
    def room(self) -> str:
        """The room that the figure lies in, such as "spend"."""
        return self.name.partition(".")[0]

    @property
    def title(self) -> str:
        """The first line of the docstring; empty under ``python -OO``."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @cached_property
    def gives(self) -> frozenset[str]:
        """The columns that the figure gives beside those to group by: what no line at all gives."""
        none = pd.DataFrame({c: pd.Series(dtype="object") for c in dict.fromkeys([*FIGURE_COLUMNS, *self.required()])})
        none.attrs["as_of"] = "2000-01-01"
        return frozenset(map(str, self.function(*[none] * len(self.data), by=None).columns.difference([*_KEYS])))

    def needs(self, **options: Any) -> tuple[str, ...]:
        """Return the columns that the figure needs under these options; those that depend on a choice come first.

        >>> @figure("delivered_date", due={"required": "required_date", "promised": "promised_date"})
        ... def rate(lines, *, due="required"): ...
        >>> rate.figure.needs(due="promised")
        ('promised_date', 'delivered_date')
        """
        return tuple(column.rstrip("?") for column in self._declared(options))

    def required(self, **options: Any) -> list[str]:
        """Return the columns among them whose absence is an error; for want of the others all lines are left out."""
        return [column for column in self._declared(options) if not column.endswith("?")]

    def _declared(self, options: Mapping[str, Any]) -> list[str]:
        chosen = []
        for option, column_of in self.choices.items():
            value = options.get(option, self.options[option])
            values = [value] if isinstance(value, str) else value if isinstance(value, Collection) else ()
            # an unknown value is refused by the function, whose message lists the good ones
            chosen += [column_of[v] for v in values if isinstance(v, str) and v in column_of]
        return list(dict.fromkeys([*chosen, *self.columns]))


def figure(
    *columns: str,
    any_frame: bool = False,
    beside: tuple[str, ...] = (),
    histories: bool = False,
    name: str | None = None,
    **choices: Mapping[Any, str],
) -> Callable[[Callable[P, Steps]], Callable[P, pd.DataFrame]]:
    """Declare a function as a figure: it returns a `FigureResult`, its caller gets the frame with its provenance.

    One that takes long yields what is `Counted` first, as soon as that is settled.

    Parameters
    ----------
    columns : columns that the lines must have; with "?" one that may be absent, all lines being left out for want of it
    any_frame : whether an engine such as polars or DuckDB may count the lines
    beside : arguments that are data, and no order lines
    histories : whether a history is taken in the place of lines; the function checks what is in it
    name : what a user calls it, where that is not the room and its own name, as in ``ma.compare``
    choices : for an option, the column that each of its values needs, such as ``due={"promised": "promised_date"}``

    Returns
    -------
    decorator
        The decorated function has the same parameters and returns a DataFrame, for type checkers too.
    """

    def declare(function: Callable[P, Steps]) -> Callable[P, pd.DataFrame]:
        signature = inspect.signature(function).replace(return_annotation="pd.DataFrame")
        called = name or f"{function.__module__.split('.')[1]}.{function.__name__}"
        parameters = signature.parameters.values()
        data = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        optional = [c.rstrip("?") for c in columns if c.endswith("?")]
        defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        opened = lines_of if any_frame else frame_of

        @partial(known_options, instead=BY_FILTER)
        @wraps(function)
        def computed(*args: P.args, **given: P.kwargs) -> pd.DataFrame:
            for several in ("by", "intercompany"):
                if isinstance(names := given.get(several), np.ndarray | pd.Index | Set):  # as df.columns[2:4] is
                    given[several] = list(names)
            if isinstance(freq := given.get("freq"), str):
                given["freq"] = freq_of(freq)
            if any_frame:
                with suppress(OnlyInMemory):
                    return counted(args, given)
            return counted(*_in_memory(declared, args, given))

        def checked(args: Any, given: Mapping[str, Any]) -> dict[str, Any]:
            options = {n: given.get(n, default) for n, default in defaults.items()}
            check_types(options, function.__annotations__)
            if function.__annotations__.get("by") == "By":  # columns of the lines, and not a choice of the figure's own
                refuse_given(options.get("by"), lambda: declared.gives, called)
            if columns or choices:
                required = declared.required(**options)
                passed = {**dict(zip(data, args, strict=False)), **{n: given[n] for n in data if n in given}}
                for lines in (side for n, side in passed.items() if n not in beside):
                    if not (histories and is_history(lines)):
                        # one that may be absent is not, where it is the index
                        indexed = lines.index.names if isinstance(lines, pd.DataFrame) else ()
                        hidden = [c for c in declared.needs(**options) if c in indexed]
                        opened(lines, *required, *hidden, metric=called)
            return options

        def only_counted(*args: P.args, **given: P.kwargs) -> Counted:
            checked(args, given)
            steps = function(*args, **given)
            return steps.counted if isinstance(steps, FigureResult) else next(steps)

        def counted(args: Any, given: Mapping[str, Any], brought: tuple[str, ...] = ()) -> pd.DataFrame:
            options = checked(args, given)
            got = _finished(function(*args, **given))
            currency: Any = options.get("currency")
            meant = (
                currency if currency is None or got.selection.kept.any() else _currency_meant(currency, got.selection)
            )
            if meant != currency:
                return counted(args, {**given, "currency": meant}, brought)
            passed = args[0] if args else given.get(data[0])
            by = options.get("by")
            read = [*optional, *["vendor_name"] * ("vendor" in ([by] if isinstance(by, str) else by or ()))]
            one_frame = len(data) == 1 and is_pandas(passed)
            doubts = doubts_of(frame_of(passed, metric=called), called, read) if one_frame else ()
            return stamp(
                got.result,
                metric=called,
                parameters=_worth_saying(options, got.parameters),
                selection=got.selection,
                lines=got.selection.lines,
                as_of=got.as_of,
                notes=(*doubts, *got.notes, *brought),
                included=got.included,
                excluded=got.excluded,
            )

        computed.__signature__ = signature  # type: ignore[attr-defined]
        computed.__annotations__ = {**function.__annotations__, "return": pd.DataFrame}
        declared = Figure(called, computed, only_counted, data, defaults, columns, choices, any_frame, beside)
        computed.figure = declared  # type: ignore[attr-defined]
        return computed

    return declare


def _finished(steps: Steps) -> FigureResult:
    while not isinstance(steps, FigureResult):
        try:
            next(steps)
        except StopIteration as done:
            steps = done.value
    return steps


def figures_of(door: ModuleType) -> Iterator[Figure]:
    """Yield the figures that a room shows, in the order of their names; its charts are not loaded for that."""
    for name in door.__all__:
        if not name.startswith("plot_") and isinstance(found := getattr(getattr(door, name), "figure", None), Figure):
            yield found


def _in_memory(
    figure: Figure, args: tuple[Any, ...], given: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]:
    """Return the arguments with lines that lie in an engine brought into memory, and what was brought, in words."""
    # an option may name a column of the lines, as by= and item= do
    texts = [v if isinstance(v, list | tuple) else (v,) for n, v in given.items() if n not in figure.data]
    named = [name for several in texts for name in several if isinstance(name, str)]
    brought: list[str] = []

    def bring(name: str, lines: Any) -> Any:
        takes_lines = name in figure.data and name not in figure.beside and (figure.columns or figure.choices)
        if not takes_lines or not is_engine_frame(lines):
            return lines
        required = figure.required(**{n: given.get(n, default) for n, default in figure.options.items()})
        need(columns_of(lines), *required, metric=figure.name)
        frame, said = collect(lines, (*FIGURE_COLUMNS, *required, *named), metric=figure.name)
        brought.append(said)
        return frame

    n = len(figure.data)
    args = (*(bring(name, lines) for name, lines in zip(figure.data, args, strict=False)), *args[n:])
    return args, {name: bring(name, value) for name, value in given.items()}, tuple(brought)


def refuse_given(by: By, gives: Callable[[], Collection[str]], metric: str) -> None:
    """Raise `ConfigError` where a column of the user's own to group by has the name of one that a figure gives."""
    own = [n for n in ([by] if isinstance(by, str) else by or ()) if n not in ENTITIES and n not in _KEYS]
    given = gives() if own else ()
    for name in own:
        if name in given:
            raise ConfigError(
                f"by={name!r}: {metric} gives a column of that name: rename yours, as in lines.rename(columns={{{name!r}: 'my_{name}'}})"
            )


def _currency_meant(currency: str, selection: Selection) -> str:
    """Return the currency as the lines have it, "EUR" for "eur"; raise where no line is in it."""
    there: list[str] = sorted({code for entry in selection.book() for code in entry["value"] if code})
    same = [code for code in there if code.casefold() == currency.strip().casefold()] or [
        code for code in there if currency_code(code) == currency_code(currency)
    ]
    lines = selection.lines
    if isinstance(lines, pd.DataFrame) and len(lines) and "currency" not in lines:
        raise ConfigError(f"currency={currency!r}: the lines have no column 'currency'")
    if currency in there or not there:  # its lines don't count, for reasons that the result gives
        return currency
    if len(same) != 1:
        said = f"currency={currency!r}: no line is in it; there {'is' if len(there) == 1 else 'are'} {', '.join(there)}"
        code = currency_code(currency)
        to = repr(code) if len(code) == 3 and code.isalpha() else "..."  # "EURO" is no code that it would know
        raise ConfigError(f"{said}. It keeps lines and converts none: for that, currency.convert(lines, to={to})")
    return same[0]


def _worth_saying(options: Mapping[str, Any], instead: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a footnote should name, in the order of the signature: not the day, which stands apart, nor the obvious.

    ``instead`` are the values that the function reports itself, such as the item that it chose; those are named as they are.
    """
    named = {n: v for n, v in options.items() if n != "as_of" and (n not in _UNREMARKABLE or v != _UNREMARKABLE[n])}
    if "intercompany" in named:
        named["intercompany"] = list(named["intercompany"]) or None  # a set prints as a list
    named |= instead
    return {n: named[n] for n in options if named.get(n) is not None}
