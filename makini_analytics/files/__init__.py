"""A list of order lines as an ERP system wrote it to a file: encoding, separator, headings and marks found, to a plain table."""

from ._beside import FileBeside, read_all
from ._read_file import FileRead, read_file, read_headings

__all__ = ["FileBeside", "FileRead", "read_all", "read_file", "read_headings"]
