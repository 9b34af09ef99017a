"""Purchase orders from Makini's unified API as tidy DataFrames, the figures on them, and charts for the meeting.

The way of the data, one direction only::

    fetch              tidy                              compute                          show
    Client      ->     Purchases(orders, lines)   ->     spend, lead_times, slippage  ->  plot_*, explore, report

In a notebook::

    import makini_analytics as ma
    from makini_analytics import spend, lead_times, slippage

    data = ma.Client().fetch_purchases(since="2025-01-01")    # token from MAKINI_API_TOKEN
    spend.by_vendor(data.lines, currency="EUR")               # a plain DataFrame
    spend.plot_by_vendor(data.lines, currency="EUR")          # an Axes
    ma.explain(spend.by_vendor(data.lines))                   # its definition, and what was left out

``client.fetch_*`` goes to the network (only GET, ever), ``load`` and ``save`` to the disk, a bare noun computes, ``plot_*``
draws. Whatever goes wrong is a `MakiniError`. Without a token: `load_sample`, or `sandbox`, a Makini on loopback.
"""

from ._door import opened as _opened
from ._version import __version__ as __version__  # not in __all__: `import *` must leave the reader's own alone

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
