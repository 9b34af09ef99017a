"""The sample purchase orders that come with the package: three connections, no network."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..purchases import Purchases, concat
from ..system import known_options, names_of
from ..tidy import SOURCES, tidy_orders
from ..transport import contracts

#: Each connection and the contract that its sandbox speaks.
CONTRACTS = {"emea": "v3", "us": "v4", "apac": "v1"}
#: What each source means by its delivery date. apac has planned ones only, so that the sample also shows which figures are missing then.
DELIVERY_DATES = {"emea": "actual", "us": "actual", "apac": "planned"}


def _folder() -> Path:
    # the wheel carries the sample inside the package; a checkout has it at its root
    installed = Path(__file__).parents[1] / "_sample"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "data" / "sample"


def sample_tables(name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the raw records of one sample connection by path, in the API's own shape."""
    if name not in CONTRACTS:
        raise ConfigError(f"no sample connection {name!r}: there are {', '.join(CONTRACTS)}")
    with gzip.open(_folder() / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        tables: dict[str, list[dict[str, Any]]] = json.load(file)
    return tables


@known_options
def load_sample(connections: str | Iterable[str] | None = None) -> Purchases:
    """Return the sample purchase orders of all three connections ("emea", "us", "apac"), or of some, without any network.

    They are made up, by a generator with known answers; see ``data/sample/README.md``.

    Parameters
    ----------
    connections : name of the one that is wanted, or several; all by default

    Returns
    -------
    Purchases, read through the same steps as a fetch

    Raises
    ------
    ConfigError
        No sample connection has such a name.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> ma.load_sample("us").sources.connection.tolist()
    ['us']
    """
    names = CONTRACTS if connections is None else names_of("connections", connections, CONTRACTS)
    kept = _read(tuple(names))
    # copies: what is written into one sample must not be in the next
    return Purchases(kept.orders.copy(), kept.lines.copy(), kept.issues.copy(), kept.sources.copy(), kept.as_of)


@cache
def _read(names: tuple[str, ...]) -> Purchases:
    return concat(_one(name) for name in names)


def _one(name: str) -> Purchases:
    tables = sample_tables(name)
    # through tidy, as a fetch would: the sample has the same columns, dtypes and issues as real orders
    got = tidy_orders(
        [tables["purchase-orders"]],
        connection=name,
        lookups={ours: tables[path] for ours, path in contracts.LOOKUPS.items() if path in tables},
        delivery_date=DELIVERY_DATES[name],
    )
    row = {"connection": name, "source": "sample", "contract": CONTRACTS[name], "from_cache": False}
    row |= {"n_orders": len(got.orders), "n_lines": len(got.lines), "delivery_date": got.delivery_date}
    row["notes"] = " ".join(["Made-up sample data.", *got.notes])
    sources = pd.DataFrame({c.name: pd.Series([row.get(c.name)], dtype=object).astype(c.dtype) for c in SOURCES})
    return Purchases(got.orders, got.lines, got.issues, sources, got.as_of)
