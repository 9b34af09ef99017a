"""Why a number is another one than before: two states of the same data, and what lies between them.

`compare` takes the change apart, `plot_compare` draws it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
