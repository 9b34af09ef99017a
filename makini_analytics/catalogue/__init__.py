"""All figures by name, and what a result of theirs means."""

from ._explain import Explanation, definition, explain
from ._figures import FIGURES

__all__ = ["FIGURES", "Explanation", "definition", "explain"]


def __dir__() -> list[str]:
    return sorted(__all__)
