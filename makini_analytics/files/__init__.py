"""A list of order lines as an ERP system wrote it to a file: encoding, separator, headings and marks found, to a plain table."""

from ._beside import FileBeside, beside
from ._by_numbers import settled_by_numbers
from ._order_status import with_own_heads
from ._read_file import FileRead, read_file, read_headings

__all__ = ["FileBeside", "FileRead", "beside", "read_file", "read_headings", "settled_by_numbers", "with_own_heads"]
