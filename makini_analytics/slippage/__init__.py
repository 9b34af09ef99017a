"""Slippage: the delivered date against the date that was required or promised.

All due lines are in the denominator, those that have not come too: an open line past its due date is late
already. ``plot_*`` draws the same figures.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
