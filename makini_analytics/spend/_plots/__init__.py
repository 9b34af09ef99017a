"""Charts of vendor spend: each takes the lines, or what the function of the same name gave."""

from ._prices import plot_bridge, plot_price_changes, plot_price_dispersion, plot_price_history
from ._ranking import plot_by_vendor, plot_concentration, plot_pareto, plot_single_source, plot_tail
from ._time import plot_by_period, plot_small_multiples

__all__ = [
    "plot_bridge",
    "plot_by_period",
    "plot_by_vendor",
    "plot_concentration",
    "plot_pareto",
    "plot_price_changes",
    "plot_price_dispersion",
    "plot_price_history",
    "plot_single_source",
    "plot_small_multiples",
    "plot_tail",
]
