"""The chart of a comparison."""

from ._compare import plot_compare

__all__ = ["plot_compare"]
