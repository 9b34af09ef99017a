"""Whether a figure of the scorecard is better or worse than in the period before, by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..compute import discoveries
from ..frames import Mask
from ._evidence import FALSE_SHARE
from ._sides import Floats

BETTER, WORSE, SAME = "better", "worse", "no clear difference"


@dataclass(frozen=True)
class Trend:
    """How a figure of each group compares with the period before."""

    p_value: Floats  # missing where not tested
    better: Mask  # where it is clear
    unmoved: Mask | None = None  # where nothing can be clear: 0 or 1 on both sides
    before: Floats | None = None

    def words(self, clear: Mask) -> Any:
        """Return it in words, of which those that are clear say better or worse."""
        said = np.where(clear, np.where(self.better, BETTER, WORSE), SAME).astype(object)
        said[np.isnan(self.p_value) & (True if self.unmoved is None else ~self.unmoved)] = None
        return pd.array(said, dtype="string")


def clear_of(p_values: list[Floats]) -> list[Mask]:
    """Return which of the tests of a card are clear: all of them are one family."""
    whole = np.concatenate(p_values)
    return np.split(discoveries(whole, ~np.isnan(whole), FALSE_SHARE), len(p_values))
