"""Several connections side by side: each with its own token, cache and fate."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, MakiniError
from ..history import History
from ..purchases import Purchases, concat
from ..system import Display, check_options, options_of, path_of
from ..tidy import a_few
from ..transport import token_in
from ._client import Client
from ._into_history import history_of

#: So many connections are fetched side by side, each with some pages at once.
AT_ONCE = 16

_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9._~+/=-]{32,}")


class Hidden(dict[str, Any]):
    """What may hold tokens, by name; a traceback with local variables shows none of it."""

    def __repr__(self) -> str:
        return "{***}"


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
    to: History | str | Path | None = None,
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
    to : a history, or the folder of one, that each connection is added to by itself as soon as it is fetched: nothing is held in
        memory for the others, so there may be hundreds
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
    given, options = Hidden(connections=connections), Hidden(options)
    del connections
    check_options("fetch_all", options, options_of(fetch_all, Client))
    history = None if to is None else history_of(to)
    if "token" in options:
        raise ConfigError(
            "token= is no option for all connections: give each its own, as {'emea': '$MAKINI_TOKEN_EMEA', ...}"
        )
    named = named_in(given)
    clients = {name: client_of(name, named, options) for name in named}
    must_differ([client.connection for client in clients.values()])
    errors: dict[str, MakiniError] = {}
    parts: list[Purchases] = []
    snapshots: list[pd.DataFrame] = []
    pool = ThreadPoolExecutor(min(len(clients), AT_ONCE), thread_name_prefix="makini-connection")
    try:
        with Display(f"{len(clients)} connections", options.get("progress")) as display:
            futures = {}
            for name, client in clients.items():
                client.display = display  # one bar for all, else each would draw over the others
                futures[name] = pool.submit(_fetch, client, since, until, history)
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
    data = concat(parts) if parts else None
    return Fetched(_without(data, list(errors)) if data is not None and errors else data, errors)


def _without(data: Purchases, failed: list[str]) -> Purchases:
    """Return purchases that say which connections failed and are not among them, since a report of them is read without the errors."""
    told = f"{a_few([repr(n) for n in failed])} could not be fetched and {'is' if len(failed) == 1 else 'are'} not among these data"
    notes = data.sources["notes"].fillna("").to_list()
    notes[0] = f"Warning: {told}. {notes[0]}".strip()
    return replace(data, sources=data.sources.assign(notes=pd.array(notes, dtype="string")))


def _fetch(client: Client, since: Any, until: Any, to: History | None) -> Any:
    """Fetch one connection, and let go of its sockets and its cache for the next ones."""
    with client:
        return client.fetch_purchases(since, until) if to is None else client.fetch_purchases(since, until, to=to)


def must_differ(names: list[str]) -> None:
    """Raise where two connections have one name: each would take the other's place."""
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(
            f"two connections are called {twice!r}: their rows could not be told apart; leave connection= out, or give each its own"
        )


def named_in(given: Hidden) -> Hidden:
    """Return the connections by name, each with its arguments or its token."""
    kind = type(given["connections"])
    if issubclass(kind, str | Path):
        named = _in_file(given)
    elif issubclass(kind, Mapping):
        named = Hidden(given["connections"])
    else:
        raise ConfigError(f"connections are a mapping of names, or the path of a TOML file, not {kind.__name__}")
    if not named:
        raise ConfigError("no connections: pass {'emea': '$MAKINI_TOKEN_EMEA', ...}")
    return named


def _in_file(given: Hidden) -> Hidden:
    """Return what a TOML file says of connections."""
    if _TOKEN.fullmatch(str(given["connections"])) and not Path(given["connections"]).exists():
        raise ConfigError("connections are no file, and look like a token: pass {'emea': '$MAKINI_TOKEN_EMEA', ...}")
    path = path_of("connections", given["connections"])
    try:
        named = Hidden(tomllib.loads(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not in UTF-8, as TOML is: save it in that encoding") from None
    except tomllib.TOMLDecodeError as e:
        # the message may repeat what stands there, and a traceback shows the text
        where = re.search(r"\(at .*\)$", str(e))
        raise ConfigError(f"{path} can't be read as TOML {where[0] if where else ''}") from None
    except (OSError, RecursionError) as e:
        raise ConfigError(f"{path} can't be read as TOML: {e}") from None
    if bad := [name for name, own in named.items() if not isinstance(own, Mapping) or "token" in own]:
        raise ConfigError(f'{path}: [{bad[0]}] names a variable with token_env = "..."; a file never holds a token')
    tokens = [(name, k) for name, own in named.items() for k, v in own.items() if _is_token(k, v)]
    if tokens:
        raise ConfigError(f"{path}: {tokens[0][1]} of [{tokens[0][0]}] looks like a token, and a file never holds one")
    return named


def _is_token(name: str, value: Any) -> bool:
    if name in ("token_env", "cache_dir", "base_url"):  # the first is looked up, the others are paths
        return False
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def client_of(name: str, named: Hidden, options: Hidden) -> Client:
    if isinstance(named[name], Client):
        raise ConfigError(
            f"connection {name!r}: pass a token, '$NAME' for an environment variable, or Client's arguments as a mapping, not a Client"
        )
    own = Hidden(named[name] if isinstance(named[name], Mapping) else {"token": named[name]})
    if "token_env" not in own and isinstance(own.get("token"), str) and own["token"].startswith("$"):
        own["token_env"] = own.pop("token")[1:]
    if "token_env" in own and "token" in own:
        raise ConfigError(f"connection {name!r} has both token and token_env: give one of them")
    if "token_env" in own:
        own["token"] = _of_environment(name, own)
    if own.get("token") is None:
        raise ConfigError(f"connection {name!r} has no token: pass one, or token_env")
    check_options(f"connection {name!r}: Client", own, options_of(Client))
    arguments = Hidden({"connection": name, **options, **own})
    return Client(**arguments)


def _of_environment(name: str, own: Hidden) -> str:
    """Return the token in a connection's variable, which is no longer among its arguments then."""
    hidden = Hidden(variable=own.pop("token_env"))
    if not isinstance(hidden["variable"], str):
        kind = type(hidden["variable"]).__name__
        raise ConfigError(f"connection {name!r}: token_env is the name of an environment variable, not {kind}")
    try:
        return token_in(hidden["variable"])
    except ConfigError as e:
        raise ConfigError(f"connection {name!r}: {e}") from None
