"""A list of order lines as an ERP system wrote it to a file: encoding, separator, headings and marks found, to a plain table."""

from ._beside import FileBeside, beside
from ._read_file import FileRead, read_file, read_headings
from ._received import with_received

__all__ = ["FileBeside", "FileRead", "beside", "read_file", "read_headings", "with_received"]
