"""Pages of a list, whole, or an error: one GET with its retries and its cache, the walk over pages, a connection's lists.

Knows neither frames nor meanings.
"""

from __future__ import annotations

from . import contracts
from ._endpoints import Lists
from ._page_cache import Store, file_name
from ._pagination import Rows, T, Walked
from ._session import Bearer, Link, Patience, check_base_url, check_token
from .contracts import MATCH_ALL, Contract

__all__ = [
    "MATCH_ALL",
    "Bearer",
    "Contract",
    "Link",
    "Lists",
    "Patience",
    "Rows",
    "Store",
    "T",
    "Walked",
    "check_base_url",
    "check_token",
    "contracts",
    "file_name",
]
