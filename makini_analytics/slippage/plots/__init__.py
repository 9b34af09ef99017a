"""Charts of slippage: each takes the lines, or what the function of the same name gave."""

from .choices import plot_by_period, plot_ladder
from .funnel import plot_funnel
from .judged import plot_by_vendor, plot_per_line
from .open_lines import plot_ageing, plot_backtest

__all__ = [
    "plot_ageing",
    "plot_backtest",
    "plot_by_period",
    "plot_by_vendor",
    "plot_funnel",
    "plot_ladder",
    "plot_per_line",
]
