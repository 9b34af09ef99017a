"""The JSON of a page as records: mappings of keys to values, decoded into slots once the keys are known."""

from ._cut_lines import cut_lines
from ._decoder import Decode, Record, RecordDecoder, by_key, decode
from ._once import KeyTwice

__all__ = ["Decode", "KeyTwice", "Record", "RecordDecoder", "by_key", "cut_lines", "decode"]
