"""What a user gets of tidied records: the frames as `Purchases` holds them, texts as plain texts."""

from __future__ import annotations

from dataclasses import replace

from makini_analytics import Purchases
from makini_analytics.tidy import _orders as tidy


def tidy_orders(pages, **options):
    got = tidy.tidy_orders(pages, **options)
    data = Purchases(got.orders, got.lines, got.issues)
    return replace(got, orders=data.orders, lines=data.lines, issues=data.issues)
