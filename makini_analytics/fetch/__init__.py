"""Fetching purchase orders: of one connection, of several side by side, or only what changed; for Spark, see `_spark_source`."""

from ._client import Client
from ._connections import Fetched, fetch_all

__all__ = ["Client", "Fetched", "fetch_all"]
