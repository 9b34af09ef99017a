"""A page's JSON as records: mappings of their keys, decoded into places once the keys are known."""

from __future__ import annotations

from ._decoder import Decode, Record, RecordDecoder, by_key, decode

__all__ = ["Decode", "Record", "RecordDecoder", "by_key", "decode"]
