"""The link to the next page: followed only to the host that has the token anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit


def own_link(base_url: str, path: str, link: str) -> tuple[str, Mapping[str, Any]]:
    """Return the URL of a link and its parameters, or raise `ValueError` with what is wrong with it.

    >>> own_link("https://api.makini.io", "/api/erp/vendors", "?page=2")
    ('https://api.makini.io/api/erp/vendors?page=2', {'page': ['2']})
    >>> own_link("https://api.makini.io", "/api/erp/vendors", "https://else.where/?page=2")
    Traceback (most recent call last):
    ValueError: leads to else.where, which is not asked
    """
    try:
        url = urljoin(base_url + path, link)
        parts = urlsplit(url)
        given = parse_qs(parts.query)
    except ValueError:
        raise ValueError("is no address") from None
    if parts[:2] != urlsplit(base_url)[:2]:
        raise ValueError(f"leads to {parts.netloc}, which is not asked")
    return url, given
