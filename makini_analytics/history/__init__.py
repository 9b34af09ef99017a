"""What was known when: every snapshot of the purchases kept in one Delta table, an order only where it changed."""

from ._history import History
from ._known import knows_more_lines
from ._scratch import scratch_for

__all__ = ["History", "knows_more_lines", "scratch_for"]
