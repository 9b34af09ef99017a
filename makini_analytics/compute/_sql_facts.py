"""A rule made shorter by what is known already, before it is written as SQL.

Rules are written for arrays, where each reason must say for itself that no earlier one holds ::

    deleted   = marked & ~later
    cancelled = says_cancelled & ~later & ~deleted
    judged    = ~(later | deleted | cancelled)

In a query the first reason that fits holds. Whoever asks for the second knows that the first one doesn't, and there ``cancelled`` is
no more than ``says_cancelled``; of a line that counts, ``judged`` is True. So is what was not asked for: a column that is absent is
missing in each line, and nothing lies after the day from which all has happened. What is left is about what one writes by hand.
"""

from __future__ import annotations

from typing import Any

from ._rule import EVER
from ._sql import AND, IF, IS_KNOWN, IS_MISSING, NOT, OR, Piece

TRUE, FALSE = Piece("TRUE"), Piece("FALSE")
_COMPARED = {"({} < {})", "({} <= {})", "({} > {})", "({} >= {})", "({} = {})", "({} <> {})"}
_COUNTED = {"({} + {})", "({} - {})", "({} * {})"}


class Facts:
    """What holds of some lines. Pieces that come to the same become the same piece, so that they are worked out once."""

    def __init__(self) -> None:
        self._same: dict[tuple[Any, ...], Piece] = {}
        self._known: dict[Piece, bool] = {}
        self._shorter: dict[Piece, Piece] = {}

    def learn(self, piece: Piece, holds: bool) -> None:
        """Take it that a piece that was made shorter holds in all lines that are still asked about, or does not."""
        if piece.parts:
            self._shorter = {}
            self._known[piece] = holds
        if piece.form == NOT:
            self.learn(piece.parts[0], not holds)
        elif piece.form == (AND if holds else OR):
            for part in piece.parts:
                self.learn(part, holds)

    def shorter(self, piece: Any) -> Any:
        """Return what a piece comes to."""
        if not isinstance(piece, Piece):
            return piece
        if piece not in self._shorter:
            self._shorter[piece] = self._made(piece.form, *map(self.shorter, piece.parts))
        return self._shorter[piece]

    def _made(self, form: str, *parts: Any) -> Any:
        short = self._folded(form, *parts)
        if short is None:
            # numbers by their text: 0 and 0.0 are equal, and not the same in a query
            key = form, *(id(p) if isinstance(p, Piece) else repr(p) for p in parts)
            short = self._same.setdefault(key, Piece(form, *parts))
        holds = self._known.get(short)
        return short if holds is None else TRUE if holds else FALSE

    def _folded(self, form: str, *parts: Any) -> Any:
        """Return what an operation comes to without being worked out, if it does. NULL is no different from False."""
        a, b = (*parts, None, None)[:2]
        if form in ("TRUE", "FALSE"):
            return TRUE if form == "TRUE" else FALSE
        if form in (AND, OR):
            ends, other = (FALSE, TRUE) if form == AND else (TRUE, FALSE)
            return ends if a is ends or b is ends else b if a is other else a if b is other or a is b else None
        if form == NOT:
            return self._opposite(a)
        if form in (IS_MISSING, IS_KNOWN) and _nothing(a):
            return TRUE if form == IS_MISSING else FALSE
        if form == IF:
            return self._chosen(*parts)
        if form in _COMPARED:
            return self._compared(form, a, b)
        if form in _COUNTED:
            return next((p for p in parts if _nothing(p)), a if form == "({} * {})" and repr(b) == "1" else None)
        return None

    def _opposite(self, of: Piece) -> Piece | None:
        if of is TRUE or of is FALSE:
            return FALSE if of is TRUE else TRUE
        inner: Piece | None = of.parts[0] if of.form == NOT else None
        return inner

    def _chosen(self, rows: Piece, this: Any, that: Any) -> Any:
        if rows is TRUE or rows is FALSE:  # and not by ==, which makes a piece
            return this if rows is TRUE else that
        missing_anyway = rows.form == IS_MISSING and rows.parts[0] is that and _nothing(this)
        return that if this is that or missing_anyway else None

    def _compared(self, form: str, a: Any, b: Any) -> Any:
        if _nothing(a) or _nothing(b) or (a is b and form == "({} <> {})"):
            return FALSE
        if b is EVER and isinstance(a, Piece):
            return self._made(IS_KNOWN, a) if form in ("({} < {})", "({} <= {})") else FALSE
        if form == "({} = {})" and isinstance(b, int) and _is_code(a):
            return self._is(a, b)
        return None

    def _is(self, code: Any, number: int) -> Any:
        """Return where a choice of codes comes to one of them, without working out the code."""
        if not isinstance(code, Piece):
            return TRUE if code == number else FALSE
        rows, this, that = code.parts
        return self._made(
            OR,
            self._made(AND, rows, self._is(this, number)),
            self._made(AND, self._made(NOT, rows), self._is(that, number)),
        )


def _nothing(piece: Any) -> bool:
    return isinstance(piece, Piece) and piece.form.startswith("CAST(NULL")


def _is_code(piece: Any) -> bool:
    return isinstance(piece, int) or (
        isinstance(piece, Piece) and piece.form == IF and all(map(_is_code, piece.parts[1:]))
    )
