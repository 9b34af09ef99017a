"""Purchase orders of a connection, or of several side by side, and what changed since."""

from __future__ import annotations

from ._client import Client
from ._connections import Fetched, fetch_all

__all__ = ["Client", "Fetched", "fetch_all"]
