"""Charts of lead times: each takes the lines, or what the function of the same name gave."""

from ._buffer import plot_buffer
from ._curve import plot_curve
from ._lines import plot_per_line
from ._periods import plot_by_period
from ._shifts import plot_shifts
from ._vendors import plot_by_vendor

__all__ = ["plot_buffer", "plot_by_period", "plot_by_vendor", "plot_curve", "plot_per_line", "plot_shifts"]
