"""What a meeting should know: everything that can be looked at is looked at, and what matters is ranked by the money at stake.

`findings` gives the frame, `look` the same with the tiles and the line on the data, for the report.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
