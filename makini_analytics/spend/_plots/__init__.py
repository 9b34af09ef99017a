"""Charts of vendor spend: each takes the lines, or what the function of the same name gave."""

from ._agreed_prices import plot_agreed_prices
from ._bridge import plot_bridge
from ._order_pattern import plot_order_pattern
from ._pareto import plot_pareto
from ._payment_terms import plot_payment_terms
from ._price_index import plot_price_index
from ._prices import plot_price_changes, plot_price_dispersion, plot_price_history
from ._shares import plot_concentration, plot_tail
from ._single_source import plot_single_source
from ._time import plot_by_period, plot_small_multiples
from ._vendors import plot_by_vendor

__all__ = [
    "plot_agreed_prices",
    "plot_bridge",
    "plot_by_period",
    "plot_by_vendor",
    "plot_concentration",
    "plot_order_pattern",
    "plot_pareto",
    "plot_payment_terms",
    "plot_price_changes",
    "plot_price_dispersion",
    "plot_price_history",
    "plot_price_index",
    "plot_single_source",
    "plot_small_multiples",
    "plot_tail",
]
