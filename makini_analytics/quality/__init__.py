"""What the data are and what they can carry: how full, whether they add up, and what seems to be there twice.

The first question of a meeting is "does this match the ERP?". Nothing here changes the data but `rename_vendors`, by a mapping that
you give. ``plot_*`` draws the same.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
