"""How a list writes its numbers and days, as all of it together shows: what a single value, or a part of the list, does not tell."""

from __future__ import annotations

from datetime import UTC, tzinfo

from ._number_format import DecimalJudge, NumberFormat


class Writing:
    """What was shown so far of a list: each of its parts is looked at, and then heeds what all of them show.

    Attributes
    ----------
    judge : looks for the decimal mark
    points, commas_in : tables and columns with a number whose point, or comma, can only be the decimal mark
    zone : that of the days
    times : tables and columns of days of which one is no midnight in its zone: they hold moments, the others bare dates
    """

    def __init__(self, numbers: NumberFormat = NumberFormat(), tz: tzinfo = UTC) -> None:  # noqa: B008
        self._numbers = numbers
        self.judge = DecimalJudge(numbers.thousands)
        self.points: set[tuple[str, str]] = set()
        self.commas_in: set[tuple[str, str]] = set()
        self.zone = tz
        self.times: set[tuple[str, str]] = set()

    @property
    def is_open(self) -> bool:
        """Whether the decimal mark is to be found."""
        return self._numbers.decimal is None

    @property
    def commas(self) -> bool:
        """Whether numbers show a decimal comma."""
        return "," in self.judge.only

    @property
    def form(self) -> NumberFormat:
        """How numbers are read; without a decimal mark where both fit, or both occur."""
        return NumberFormat(self.judge.decimal, self._numbers.thousands) if self.is_open else self._numbers
