"""Slippage: the delivered date against the date that was required or promised.

All due lines are in the denominator, those that have not come too: an open line past its due date is late
already. ``plot_*`` draws the same figures.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
