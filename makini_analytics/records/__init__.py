"""A page's JSON as records: mappings of their keys, parsed into places once the keys are known."""

from __future__ import annotations

from ._decoder import Parse, Record, Shaped, by_key, parse

__all__ = ["Parse", "Record", "Shaped", "by_key", "parse"]
