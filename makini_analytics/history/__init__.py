"""What was known when: every snapshot of the purchases kept in one Delta table, an order only where it changed."""

from ._history import History
from ._known import lines_known
from ._scratch import scratch_for

__all__ = ["History", "lines_known", "scratch_for"]
