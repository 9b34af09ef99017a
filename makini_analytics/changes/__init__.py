"""Why a number is another one than before, and what it would be under other choices.

`compare` takes the change between two states of the same data apart; `sensitivity` computes a figure under every combination of choices.
``plot_*`` draws them.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
