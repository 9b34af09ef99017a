"""A list of order lines as an ERP system wrote it to a file: encoding, separator, headings and marks found, to a plain table."""

from ._read_file import read_file, read_headings
from ._received import with_received

__all__ = ["read_file", "read_headings", "with_received"]
