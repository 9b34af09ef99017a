"""Purchases fetched into a folder in parts, as what waits for a history, and as earlier versions left it to their users."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import makini_analytics as ma
from makini_analytics.fetch._purchase_orders import TidyOptions
from makini_analytics.fetch._query import order_query
from makini_analytics.purchases import saved_parts
from makini_analytics.tidy import NumberFormat


def fetched_in_parts(client: ma.Client, place: Path, since=None, until=None, modified_since=None) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    options = TidyOptions("UTC", None, client.delivery_date, NumberFormat())
    return client._fetch(order_query(since, until, modified_since), False, options).in_parts(place)


def loaded(folder: Path) -> ma.Purchases:
    """Return all parts together."""
    sources, as_of, parts = saved_parts(folder)
    frames = list(parts())
    tables = {t: pd.concat([f[t] for f in frames], ignore_index=True) for t in ("orders", "lines", "issues")}
    return ma.Purchases(**tables, sources=sources, as_of=as_of)
