"""Charts of slippage: each takes the lines, or what the function of the same name gave."""

from ._choices import plot_by_period, plot_ladder
from ._funnel import plot_funnel
from ._judged import plot_by_vendor, plot_per_line
from ._open_lines import plot_ageing, plot_backtest

__all__ = [
    "plot_ageing",
    "plot_backtest",
    "plot_by_period",
    "plot_by_vendor",
    "plot_funnel",
    "plot_ladder",
    "plot_per_line",
]
