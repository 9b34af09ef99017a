"""How far the data of each connection reach: its as-of day, and the order dates that were asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import SchemaError
from ..frames import CARRIED, OWN_DAYS, OWN_WINDOWS


def source_of(sources: pd.DataFrame) -> str | None:
    """Return the names of the connections, as footnotes name the source."""
    return ", ".join(sources["connection"].dropna().unique()) or None if len(sources) else None


def own_days(sources: pd.DataFrame, as_of: pd.Timestamp | None) -> pd.Series:
    """Return the as-of day of each connection, a row of ``sources`` each."""
    common: Any = pd.NaT if as_of is None else as_of
    none = pd.Series(pd.NaT, index=sources.index, dtype="datetime64[us]")
    if "as_of" not in sources:
        return none.fillna(common)
    own = pd.to_datetime(sources["as_of"]).astype("datetime64[us]")
    # a day that was set since the connections came together is one for all
    return own.fillna(common) if own.min() == common else none.fillna(common)


def reach(sources: pd.DataFrame, as_of: pd.Timestamp | None) -> dict[str, Any]:
    """Return what lines carry of it: the days that all connections share, and those of each where they differ.

    A period that the span of order dates cuts is incomplete.
    """
    span = sources.reindex(columns=["connection", "since", "until"])
    windows = {str(name): (_text(first), _text(last)) for name, first, last in span.itertuples(index=False)}
    days = {str(k): _text(day) for k, day in zip(span["connection"], own_days(sources, as_of), strict=True)}
    shared = {"as_of": _text(as_of), "since": _text(span["since"].max()), "until": _text(span["until"].min())}
    own: dict[str, dict[str, Any]] = {OWN_DAYS: days, OWN_WINDOWS: windows}
    return shared | {name: each for name, each in own.items() if len(set(each.values())) > 1}


def _text(day: Any) -> str | None:
    return None if day is None or pd.isna(day) else str(day.date())


def carried(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a frame carries beside its reach: the rates that `currency.convert` used, and what `filter` picked."""
    return {k: v for k in ("currency", *CARRIED) if (v := frame.attrs.get(k)) is not None}


def check_frame(name: str, frame: object) -> None:
    """Raise `SchemaError` where a table is no frame, or has two columns of one name."""
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(
            f"Purchases takes its {name} as a DataFrame, not {type(frame).__name__}; Purchases.from_table reads a table of yours"
        )
    if frame.columns.has_duplicates:
        raise SchemaError(f"{name} have two columns of one name: {frame.columns[frame.columns.duplicated()][0]!r}")
