"""What every chart is made of: axes, captions, marks, the look, and how numbers and names read.

For the rooms that draw and report; what a user needs of it is in `makini_analytics.style`.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
