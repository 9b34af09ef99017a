"""``python -m makini_analytics``, the same as the command ``makini-analytics``."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
