"""The JSON of a page as records: mappings of keys to values, decoded into slots once the keys are known."""

from ._decoder import Decode, Record, RecordDecoder, by_key, decode
from ._once import KeyTwice

__all__ = ["Decode", "KeyTwice", "Record", "RecordDecoder", "by_key", "decode"]
