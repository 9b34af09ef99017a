"""Why a number is another one than before, and what it would be under other choices.

`compare` takes the change between two states of the same data apart; `sensitivity` computes a figure under every combination of choices.
``plot_*`` draws them.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
