"""Several connections side by side: each with its own token, cache and fate."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, MakiniError
from ..history import History
from ..purchases import Purchases, concat
from ..system import Display, check_options, options_of, path_of
from ._client import Client

#: So many connections are fetched side by side, each with some pages at once.
AT_ONCE = 16


@dataclass(frozen=True)
class Fetched:
    """What several connections gave.

    Attributes
    ----------
    data : Purchases of those that answered; None where none did
    errors : dict, one clear error for each connection that failed
    snapshots : DataFrame or None; with ``to`` what `makini_analytics.History.add` returned of them, and then no data
    """

    data: Purchases | None
    errors: dict[str, MakiniError] = field(default_factory=dict)
    snapshots: pd.DataFrame | None = None

    def __repr__(self) -> str:
        failed = [f"FAILED {name}: {e}" for name, e in self.errors.items()]
        got = self.data if self.snapshots is None else f"{len(self.snapshots):,} snapshots added to the history"
        return "\n".join([str(got) if got is not None else "no data", *failed])


def fetch_all(
    connections: Mapping[str, Any] | str | Path,
    *,
    since: Any = None,
    until: Any = None,
    to: History | None = None,
    **options: Any,
) -> Fetched:
    """Fetch the purchase orders of several connections side by side; one that fails leaves the others whole.

    Parameters
    ----------
    connections : names to what a connection needs, or the path of a TOML file of the same. Each is a token, ``"$NAME"`` for an
        environment variable, or a mapping of arguments of `Client` with ``token`` or ``token_env``. A file names variables and
        never holds tokens::

            [emea]
            token_env = "MAKINI_TOKEN_EMEA"
            delivery_date = "actual"
    since, until : first and last day of the order date
    to : a history that each connection is added to, by itself, as soon as it is fetched: nothing is held in memory for the others, so
        there may be hundreds
    options : arguments of `Client` for all of them

    Returns
    -------
    Fetched, with ``data`` and ``errors``; look at both

    Raises
    ------
    ConfigError
        No connection is named, a file holds a token, or a variable is not set.

    Examples
    --------
    >>> import makini_analytics as ma
    >>> with ma.sandbox() as server:
    ...     got = ma.fetch_all({"us": server.tokens["us"], "old": "expired"}, base_url=server.base_url, delivery_date="actual",
    ...                     cache_dir=None, progress=False)
    >>> len(got.data.orders), list(got.errors)
    (700, ['old'])
    """
    check_options("fetch_all", options, options_of(fetch_all, Client))
    clients = {name: _client(name, given, options) for name, given in _named(connections).items()}
    errors: dict[str, MakiniError] = {}
    parts: list[Purchases] = []
    snapshots: list[pd.DataFrame] = []
    pool = ThreadPoolExecutor(min(len(clients), AT_ONCE), thread_name_prefix="makini-connection")
    try:
        with Display(f"{len(clients)} connections", options.get("progress")) as display:
            futures = {}
            for name, client in clients.items():
                client.display = display  # one bar for all, else each would draw over the others
                futures[name] = pool.submit(_fetch, client, since, until, to)
            for name, future in futures.items():
                try:
                    got = future.result()
                    (parts if isinstance(got, Purchases) else snapshots).append(got)
                except MakiniError as e:
                    errors[name] = e
                except Exception as e:  # a fault of ours with one connection's data must not lose the others'
                    errors[name] = MakiniError(f"connection {name!r} could not be read: {e!r}", connection=name)
                    errors[name].__cause__ = e
    finally:  # after Ctrl-C, too: wake the workers that are waiting
        for client in clients.values():
            client.close()
        pool.shutdown(wait=False, cancel_futures=True)
    if to is not None:
        return Fetched(None, errors, pd.concat(snapshots, ignore_index=True) if snapshots else None)
    return Fetched(concat(parts) if parts else None, errors)


def _fetch(client: Client, since: Any, until: Any, to: History | None) -> Any:
    """Fetch one connection, and let go of its sockets and its cache for the next ones."""
    with client:
        return client.fetch_purchases(since, until) if to is None else client.fetch_purchases(since, until, to=to)


def _named(connections: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    if isinstance(connections, str | Path):
        try:
            named: Mapping[str, Any] = tomllib.loads(path_of("connections", connections).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ConfigError(f"{connections} is not in UTF-8, as TOML is: save it in that encoding") from None
        except (OSError, tomllib.TOMLDecodeError, RecursionError) as e:
            raise ConfigError(f"{connections} can't be read as TOML: {e}") from None
        for name, given in named.items():
            if not isinstance(given, Mapping) or "token" in given:
                raise ConfigError(
                    f'{connections}: [{name}] names a variable with token_env = "..."; a file never holds a token'
                )
    elif isinstance(connections, Mapping):
        named = connections
    else:
        raise ConfigError(
            f"connections are a mapping of names, or the path of a TOML file, not {type(connections).__name__}"
        )
    if not named:
        raise ConfigError("no connections: pass {'emea': '$MAKINI_TOKEN_EMEA', ...}")
    return named


def _client(name: str, given: Any, options: Mapping[str, Any]) -> Client:
    own = dict(given) if isinstance(given, Mapping) else {"token": given}
    variable = own.pop("token_env", None)
    if variable is None and isinstance(own.get("token"), str) and own["token"].startswith("$"):
        variable = own.pop("token")[1:]
    if variable is not None:
        own["token"] = os.environ.get(variable)
        if not own["token"]:
            raise ConfigError(f"connection {name!r}: the environment variable {variable} is not set")
    if own.get("token") is None:
        raise ConfigError(f"connection {name!r} has no token: pass one, or token_env")
    check_options(f"connection {name!r}: Client", own, options_of(Client))
    return Client(**{"connection": name, **options, **own})
