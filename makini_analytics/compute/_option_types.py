"""The types of a figure's options, by their annotations; which values are good the figure itself says."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..system import mapping_of, text_of

#: Examples of options that have none in their default.
_SUCH_AS = {
    "aliases": "{'ACME Limited': 'ACME Ltd'}",
    "definition": "{'late_days': 3}",
    "definition_before": "{'late_days': 3}",
}


def check_types(options: Mapping[str, Any], annotations: Mapping[str, Any]) -> None:
    """Raise `ConfigError` where an option is of a type on which Python or numpy would fail with words of their own."""
    by = options.get("by")
    several = isinstance(by, Collection) and not isinstance(by, bytes | Mapping | pd.DataFrame | pd.Series)
    if by is not None and not (several and all(isinstance(n, str) for n in by)):
        text_of("by", by, "the name of a column, such as 'category', or a list of names")
    for name, what in (
        ("currency", "a currency code such as 'EUR'"),
        ("freq", "'M', 'Q', 'Y' or 'W'"),
        ("item", "'material', 'asset' or the name of a column"),
        ("of", "the material_id, product_code or description of one item"),
    ):
        if options.get(name) is not None:
            text_of(name, options[name], what, empty=True)
    for name, value in options.items():
        kind = str(annotations.get(name))
        if value is None:
            continue
        if kind.startswith("Mapping["):
            mapping_of(name, value, f"a mapping such as {_SUCH_AS[name]}" if name in _SUCH_AS else "a mapping")
        elif kind == "Collection[str]" and (
            not isinstance(value, Collection) or isinstance(value, bytes | Mapping | pd.DataFrame | pd.Series)
        ):
            raise ConfigError(f"{name}: pass a list of names, not {type(value).__name__}")
        elif kind.removesuffix(" | None") in ("str", "float", "int") and not isinstance(value, Hashable):
            raise ConfigError(f"{name}: pass one value, not {type(value).__name__}")
