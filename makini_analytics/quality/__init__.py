"""What the data are and what they can carry: how full, whether they add up, and what seems to be there twice.

The first question of a meeting is "does this match the ERP?". Nothing here changes the data but `rename_vendors`, by a mapping that
you give. ``plot_*`` draws the same.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
