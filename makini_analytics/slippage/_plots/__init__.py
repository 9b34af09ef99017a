"""Charts of slippage: each takes the lines, or what the function of the same name gave."""

from ._arrivals import plot_arrivals
from ._funnel import plot_funnel
from ._ladder import plot_ladder
from ._open_lines import plot_ageing, plot_backtest
from ._order_book import plot_order_book
from ._periods import plot_by_period
from ._promise_history import plot_promise_history
from ._rates import plot_by_vendor, plot_per_line

__all__ = [
    "plot_ageing",
    "plot_arrivals",
    "plot_backtest",
    "plot_by_period",
    "plot_by_vendor",
    "plot_funnel",
    "plot_ladder",
    "plot_order_book",
    "plot_per_line",
    "plot_promise_history",
]
