"""The version, in a file of its own, so that nothing imports the package's root."""

from __future__ import annotations

__version__ = "0.1.0"
