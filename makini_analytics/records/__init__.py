"""The JSON of a page as records: mappings of keys to values, decoded into slots once the keys are known."""

from ._decoder import Decode, Record, RecordDecoder, by_key, decode

__all__ = ["Decode", "Record", "RecordDecoder", "by_key", "decode"]
