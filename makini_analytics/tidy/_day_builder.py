"""A column of days while its pages come: whether its midnights are bare dates shows in the whole column."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from typing import Any

from ._column_builder import DictionaryBuilder, at_places, spread
from ._parsing import Problem, parse_iso, parse_values


class DayBuilder(DictionaryBuilder):
    """A column of days. In a column of nothing but midnights these are calendar days; ``has_times`` says that there is more."""

    def __init__(self) -> None:
        super().__init__("day")
        self.has_times = False

    def tells_times(self, tz: tzinfo) -> bool:
        """Whether a value so far is a moment that is no midnight in the zone that it names, where that makes a difference in a zone."""
        values = [v for v in self.values_so_far() if v is not None]
        if tz is UTC and not any(map(_names_another_zone, values)):
            return False  # a moment in UTC has its own day, whatever the others are
        moments = (parse_iso(v)[0] for v in values)
        zoned = (m for m in moments if m is not None and m.tzinfo is not None)
        return any(m.time() != m.min.time() for m in zoned)

    def finish(self, kind: str, tz: tzinfo) -> tuple[Any, list[Problem]]:
        """Return the days, and what could not be parsed, by position."""
        values, numbers = self._distinct()
        array, problems = parse_values(values, kind, tz, self.has_times)
        return (array, problems) if numbers is None else (spread(array, numbers), at_places(problems, numbers))


_OFFSET = re.compile(r":\d\d.*[+-]\d\d(:?\d\d)?\s*$", re.ASCII)


def _names_another_zone(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and len(value) > 16 and bool(_OFFSET.search(value)))
