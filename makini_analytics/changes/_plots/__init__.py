"""The charts of a comparison, and of other choices."""

from ._compare import plot_compare
from ._sensitivity import plot_sensitivity

__all__ = ["plot_compare", "plot_sensitivity"]
