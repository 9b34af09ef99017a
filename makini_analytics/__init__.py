"""Purchase orders from Makini's unified API as tidy DataFrames, the figures on them, and charts for the meeting.

The way of the data, one direction only::

    fetch              tidy                              compute                          show
    Client      ->     Purchases(orders, lines)   ->     spend, lead_times, slippage  ->  plot_*, explore, report

In a notebook::

    import makini_analytics as ma
    from makini_analytics import spend, lead_times, slippage

    data = ma.Client().fetch_purchases(since="2025-01-01")    # token from MAKINI_API_TOKEN
    spend.by_vendor(data.lines, currency="EUR")               # a plain DataFrame
    spend.plot_by_vendor(data.lines, currency="EUR")          # an Axes
    ma.explain(spend.by_vendor(data.lines))                   # its definition, and what was left out

``client.fetch_*`` goes to the network (only GET, ever), ``load`` and ``save`` to the disk, a bare noun computes, ``plot_*``
draws. Whatever goes wrong is a `MakiniError`. Without a token: `load_sample`, or `sandbox`, a Makini on loopback.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .compute import explain as explain
    from .demo import load_sample as load_sample
    from .demo import sandbox as sandbox
    from .errors import (
        ApiError as ApiError,
    )
    from .errors import (
        AuthError as AuthError,
    )
    from .errors import (
        ConfigError as ConfigError,
    )
    from .errors import (
        IncompleteDataError as IncompleteDataError,
    )
    from .errors import (
        MakiniError as MakiniError,
    )
    from .errors import (
        MixedCurrencyError as MixedCurrencyError,
    )
    from .errors import (
        NetworkError as NetworkError,
    )
    from .errors import (
        OfflineMissError as OfflineMissError,
    )
    from .errors import (
        RateLimitError as RateLimitError,
    )
    from .errors import (
        SchemaError as SchemaError,
    )
    from .errors import (
        ServerError as ServerError,
    )
    from .fetch import Client as Client
    from .purchases import Purchases as Purchases
    from .purchases import concat as concat
    from .purchases import scan as scan
    from .reporting import report as report
    from .tidy import data_dictionary as data_dictionary
    from .tidy import read_headings as read_headings

# Loaded when first used, so that importing the package costs no more than what is then called.
_HOME = {
    "Client": "fetch",
    "fetch_all": "fetch",
    "Purchases": "purchases",
    "concat": "purchases",
    "scan": "purchases",
    "load_sample": "demo",
    "sandbox": "demo",
    "report": "reporting",
    "explain": "compute",
    "data_dictionary": "tidy",
    "read_headings": "tidy",
    "MakiniError": "errors",
    "MakiniWarning": "errors",
    "support_report": "errors",
    "ConfigError": "errors",
    "ApiError": "errors",
    "AuthError": "errors",
    "RateLimitError": "errors",
    "ServerError": "errors",
    "NetworkError": "errors",
    "IncompleteDataError": "errors",
    "OfflineMissError": "errors",
    "SchemaError": "errors",
    "MixedCurrencyError": "errors",
}
_ROOMS = ("spend", "lead_times", "slippage", "quality", "currency", "units", "explore")

__all__ = ["__version__", *_HOME, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
