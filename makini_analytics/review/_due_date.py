"""Which of the two due dates deliveries are judged by, in findings, tiles and pages alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..frames import days_of


def due_of(lines: pd.DataFrame) -> str:
    """Return which due date of some lines is looked at: the promised one only where no line has a required one."""
    has = {name: bool((~np.isnat(days_of(lines, f"{name}_date"))).any()) for name in ("required", "promised")}
    return "promised" if has["promised"] and not has["required"] else "required"
