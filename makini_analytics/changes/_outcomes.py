"""What a figure gives under every combination of choices: the same groups, a value of each under each combination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import ENTITIES, Grid
from ..errors import ConfigError, MakiniError, SchemaError
from ..frames import need
from ..system import check_options, mapping_of, options_of

Floats = npt.NDArray[np.float64]
#: Columns of the results beside choices, groups and value.
OWN_COLUMNS = ("combination", "rank", "refused")
#: Combinations that are computed: each is the whole figure anew, so that more would take hours.
_MOST = 10_000


@dataclass(frozen=True)
class Outcomes:
    """The value of each group under each combination, and what the figure told beside it."""

    choices: pd.DataFrame  # one row per combination: the label of each choice
    keys: pd.DataFrame  # one row per group, in the order of the figure
    name: str  # of the value's column
    values: Floats  # combination x group; missing where the figure has no such group, or refused
    refused: list[str | None]  # per combination, the figure's words
    about: list[dict[Any, Any]]  # per combination, the attrs of its result; empty where refused

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Outcomes:
        """Return the outcomes of a result with one row per combination and group, such as the rows of one currency.

        Raises
        ------
        SchemaError
            A combination has other groups than another.
        """
        at, columns = list(rows.columns).index("combination"), [str(c) for c in rows.columns]
        name, keys = columns[columns.index("rank") - 1], columns[at + 1 : columns.index("rank") - 1]
        firsts = rows.drop_duplicates("combination")
        n, k = len(firsts), len(rows) // max(len(firsts), 1)
        groups = rows[keys].iloc[:k].reset_index(drop=True)
        whole = pd.concat([groups] * n, ignore_index=True) if n else groups
        if len(rows) != n * k or not whole.equals(rows[keys].reset_index(drop=True)):
            raise SchemaError(
                "a combination has other groups than another: pass the rows of a group under all combinations"
            )
        values = rows[name].to_numpy(dtype=float).reshape(n, k)
        refused = [None if pd.isna(why) else str(why) for why in firsts["refused"]]
        return cls(firsts[columns[:at]].reset_index(drop=True), groups, name, values, refused, [{}] * n)

    @property
    def usual(self) -> int:
        """The combination that the others are held against: the first one with a value, else the first that was not refused."""
        there = ~np.isnan(self.values).all(axis=1) if self.values.size else np.zeros(len(self.values), dtype=bool)
        return int(np.argmax(there)) if there.any() else next(i for i, why in enumerate(self.refused) if why is None)

    @property
    def ways(self) -> list[str]:
        """Each combination in words, such as "basis ordered, late_days 3"."""
        said = self.choices.astype(object).map(
            lambda v: "None" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v)
        )
        return [", ".join(f"{n} {v}" for n, v in row.items()) for row in said.to_dict("records")]

    @property
    def compared(self) -> list[str]:
        """The choices of which several values were compared."""
        return [str(c) for c in self.choices if len(self.choices[c].drop_duplicates()) > 1]


def name_of(f: Callable[..., Any]) -> str:
    """Return the name that a user calls a figure by."""
    declared = getattr(f, "figure", None)
    return str(declared.name if declared else getattr(f, "__name__", "the figure"))


def outcomes_of(
    f: Callable[..., Any], lines: Any, choices: Any, value: str | None, options: Mapping[str, Any]
) -> Outcomes:
    """Return what the figure gives under every combination; the error of the first one where it refuses them all."""
    grid, steps = _checked(f, choices, options)
    results: dict[int, pd.DataFrame | MakiniError] = {}
    gone: dict[int, int] = {}  # lines that a function of the lines left out
    for numbers, prepared in _prepared(grid, steps, lines):
        for i, chosen in numbers:
            try:
                if isinstance(prepared, MakiniError):
                    raise prepared
                results[i] = f(prepared, **options, **chosen)
                changed = prepared is not lines and hasattr(lines, "__len__") and hasattr(prepared, "__len__")
                gone[i] = len(lines) - len(prepared) if changed else 0
            except MakiniError as error:
                results[i] = error
    found = {i: r for i, r in sorted(results.items()) if not isinstance(r, MakiniError)}
    errors = {i: r for i, r in results.items() if isinstance(r, MakiniError)}
    if not found:
        raise errors[0]
    for result in found.values():
        if not isinstance(result, pd.DataFrame):
            raise SchemaError(f"{name_of(f)} gives no DataFrame, but {type(result).__name__}: pass a figure of lines")
    columns, name = _columns(f, next(iter(found.values())), value)
    if clash := [n for n in grid.values if n in (*columns, name, *OWN_COLUMNS)]:
        beside = f": it says which rows there are; pass {clash[0]}= beside the choices" if clash[0] in columns else ""
        raise ConfigError(f"{clash[0]!r} is a column of the result, and can't be the name of a choice{beside}")
    keys, places = _groups(f, list(found.values()), columns, name)
    values = np.full((len(grid), len(keys)), np.nan)
    for (i, result), place in zip(found.items(), places, strict=True):
        values[i, place] = pd.to_numeric(result[name]).to_numpy(dtype=float, na_value=np.nan)
    refused = [str(errors[i]) if i in errors else None for i in range(len(grid))]
    about = [_told(found[i].attrs, gone[i]) if i in found else {} for i in range(len(grid))]
    return Outcomes(grid.frame(), keys, name, values, refused, about)


def _told(attrs: Mapping[Any, Any], gone: int) -> dict[Any, Any]:
    """Return what a result tells, with the lines that the figure never saw."""
    if gone <= 0 or "excluded" not in attrs:
        return dict(attrs)
    entry = {"reason": "by a change of the lines", "n_lines": gone, "value": {}}
    return {**attrs, "excluded": [*attrs["excluded"], entry]}


def _checked(f: Any, choices: Any, options: Mapping[str, Any]) -> tuple[Grid, list[str]]:
    """Return the grid, and the names of the choices that are functions of the lines."""
    if not callable(f) or hasattr(f, "metric"):
        named = f": {name_of(f.metric)}" if callable(f) else ""
        raise ConfigError(f"f: pass a figure, such as spend.by_vendor, and no chart or result{named}")
    mapping_of("choices", choices, "the choices, such as {'basis': ['ordered', 'received']}")
    if not choices:
        raise ConfigError("choices={}: pass what is to be chosen, such as {'basis': ['ordered', 'received']}")
    names = list(options_of(f))[1:]  # the first one is the lines
    steps = [n for n, given in choices.items() if n not in names and _is_step(given)]
    check_options(name_of(f), [n for n in (*choices, *options) if n not in steps], names)
    if twice := [n for n in choices if n in options]:
        raise ConfigError(f"{twice[0]} is a choice, and an option beside them: pass it once")
    grid = Grid.of(choices)
    if len(grid) > _MOST:
        raise ConfigError(
            f"choices make {len(grid):,} combinations; at most {_MOST:,} are computed: fewer choices, or fewer values of each"
        )
    return grid, steps


def _is_step(given: Any) -> bool:
    """Whether a choice is a mapping of labels to functions of the lines; None is the lines as they are."""
    return isinstance(given, Mapping) and all(v is None or callable(v) for v in given.values())


def _prepared(grid: Grid, steps: list[str], lines: Any) -> Iterator[tuple[list[tuple[int, dict[str, Any]]], Any]]:
    """Yield the combinations of each way to prepare the lines, with these lines, or the error where that is refused.

    A million converted lines are made once for all options that are counted on them, and let go before the next.
    """
    ways: dict[tuple[int, ...], list[tuple[int, dict[str, Any]]]] = {}
    for i, chosen in enumerate(grid):
        functions = tuple(id(chosen.pop(n)) for n in steps)
        ways.setdefault(functions, []).append((i, chosen))
    by_id = {id(v): v for n in steps for v in grid.values[n]}
    for functions, numbers in ways.items():
        prepared = lines
        try:
            for step in functions:
                prepared = by_id[step](prepared) if by_id[step] is not None else prepared
        except MakiniError as error:
            prepared = error
        yield numbers, prepared


def _columns(f: Any, result: pd.DataFrame, value: str | None) -> tuple[list[str], str]:
    """Return the columns that name a row, which come before the first number, and the one to be looked at."""
    numeric = [pd.api.types.is_numeric_dtype(t) and not pd.api.types.is_bool_dtype(t) for t in result.dtypes]
    first = numeric.index(True) if any(numeric) else len(numeric)
    keys = [str(c) for c in result.columns[:first]]
    keys += ["connection"] if "connection" in result.columns and "connection" not in keys else []
    if value is not None:
        need(result.columns, value, metric=f"sensitivity(value={value!r}): {name_of(f)}")
        if not numeric[list(result.columns).index(value)]:
            raise ConfigError(f"value={value!r}: that column of {name_of(f)} holds no numbers")
        return keys, value
    floats = [c for c, t in result.dtypes.items() if pd.api.types.is_float_dtype(t)] + list(result.columns[numeric])
    if not floats:
        raise SchemaError(f"{name_of(f)} gives no number to look at")
    return keys, str(floats[0])


def _groups(
    f: Any, results: list[pd.DataFrame], columns: list[str], name: str
) -> tuple[pd.DataFrame, list[npt.NDArray[np.intp]]]:
    """Return one row per group of any result, and of each result the groups of its rows."""
    for result in results:
        need(result.columns, name, metric="sensitivity")
        own = _columns(f, result, name)[0]
        kinds = [result[c].dtype == results[0][c].dtype or not len(result) for c in own if c in columns]
        if own != columns or not all(kinds):
            raise ConfigError(
                f"{name_of(f)} has other groups under other choices ({', '.join(columns)}; {', '.join(own)}):"
                " pass what decides on them, such as by= and freq=, beside the choices"
            )
    if not columns:
        codes: npt.NDArray[Any] = np.zeros(sum(map(len, results)), dtype=np.intp)
        keys = pd.DataFrame(index=range(min(1, len(codes))))
    else:
        every = pd.concat([r[columns] for r in results if len(r)] or [results[0][columns]], ignore_index=True)
        # a vendor is its id, whatever its name is among the lines that count
        same = every.copy(deep=False)
        for (first, *_), naming in ENTITIES.values():
            for column in naming:
                if first in columns and column in columns:
                    same[column] = same[column].mask(same[first].notna())
        codes = same.groupby(columns, dropna=False, sort=False).ngroup().to_numpy(dtype=np.intp)
        keys = every[~pd.Series(codes).duplicated().to_numpy()].reset_index(drop=True)
    places = np.split(codes, np.cumsum([len(r) for r in results])[:-1])
    for place in places:
        if len(np.unique(place)) < len(place):
            raise SchemaError(
                f"{name_of(f)} has several rows of one group: pass a figure with a row per group, such as spend.by_vendor"
            )
    return keys, places
