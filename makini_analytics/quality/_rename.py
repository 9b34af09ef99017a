"""Vendors under the names that you give them: the one step by which what is there twice becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import ConfigError, SchemaError
from ..frames import frame_of
from ..purchases import Purchases
from ..system import known_options, near


@known_options
def rename_vendors(lines: Any, names: Mapping[str, str]) -> Any:
    """Return the lines with vendors renamed as you say, so that ``by="vendor_name"`` counts them as one.

    Parameters
    ----------
    lines : DataFrame of lines, or `Purchases`, which come back with the names of their orders and lines changed
    names : vendor name to the name that it shall go under

    Returns
    -------
    DataFrame (or Purchases), every line in its order
        vendor_name : string, the new name where there is one
        original_vendor_name : string, as it was

    Raises
    ------
    ConfigError
        ``names`` is no mapping of names to names.
    SchemaError
        The lines have no vendor names, or none that is to be renamed.

    Examples
    --------
    >>> from makini_analytics import quality
    >>> lines = pd.DataFrame({"vendor_name": ["Acme Ltd", "ACME Limited", "Else"], "amount": [1.0, 2.0, 4.0]})
    >>> quality.rename_vendors(lines, {"ACME Limited": "Acme Ltd"}).groupby("vendor_name")["amount"].sum().to_dict()
    {'Acme Ltd': 3.0, 'Else': 4.0}
    """
    if not isinstance(names, Mapping | pd.Series):
        raise ConfigError(f"names={names!r:.60}: pass a mapping, such as {{'ACME Limited': 'Acme Ltd'}}")
    new = dict(names.items())
    if odd := [name for name in new.values() if not isinstance(name, str)]:
        raise ConfigError(f"names: {odd[0]!r:.60} is no name: pass a mapping of names to names")
    frame = frame_of(lines, "vendor_name", metric="quality.rename_vendors")
    frames = [frame, lines.orders] if isinstance(lines, Purchases) else [frame]
    there = set().union(*(f["vendor_name"].dropna() for f in frames))
    if unknown := [n for n in new if n not in there]:
        others = f" (nor {len(unknown) - 1} others)" if unknown[1:] else near(unknown[0], there)
        raise SchemaError(f"no line has the vendor name {unknown[0]!r}{others}")
    renamed, *orders = (_renamed(f, new) for f in frames)
    return replace(lines, lines=renamed, orders=orders[0]) if orders else renamed


def _renamed(frame: pd.DataFrame, new: Mapping[str, str]) -> pd.DataFrame:
    old = frame["vendor_name"].astype("string")
    out = frame.assign(vendor_name=old.map(dict(new)).astype("string").fillna(old), original_vendor_name=old)
    out.attrs = dict(frame.attrs)
    return out
