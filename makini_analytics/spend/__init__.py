"""Vendor spend: ordered value by vendor or any column, by period, and how concentrated it is.

Each function takes the lines and gives one tidy frame, in one row per currency unless ``currency=`` or a conversion makes it
one; `makini_analytics.explain` tells its parameters and what it left out. ``plot_*`` draws the same figures.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
