"""Work that several figures share: inside `reuse` the same question to the same frame is answered once.

A scorecard asks five figures of the lines that fell due, each of which judges every line to its due date first. Outside such a block
nothing is kept, since the owner of a frame may write into it between two calls.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Any, TypeVar, cast

import numpy as np

from ..frames import Encoding

T = TypeVar("T")


@dataclass
class _Answer:
    """A question and its answer. Two threads that ask at once get one: the second waits for the first."""

    question: Any
    lock: RLock = field(default_factory=RLock)
    given: list[Any] = field(default_factory=list)  # empty while it is worked out


@dataclass
class _Known:
    """What is known of a frame. The frame itself is not held: what was known of it goes with it."""

    frame: weakref.ref[Any]
    answers: list[_Answer] = field(default_factory=list)
    part_of: tuple[Any, Any] | None = None  # the frame of which it is some rows, and which ones


_ASKING = Lock()
_KNOWN: ContextVar[dict[int, _Known] | None] = ContextVar("known", default=None)


@contextmanager
def reuse() -> Iterator[None]:
    """Let figures of the same frame share their work within the block, in which no frame is written into."""
    if _KNOWN.get() is not None:
        yield
        return
    token = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(token)


def shared() -> bool:
    """Return whether figures share their work now, so that it pays to work out for all lines what a rule needs of some at a time."""
    return _KNOWN.get() is not None


def part(whole: Any, rows: Any, frame: Any) -> None:
    """Tell that a frame is some rows of another one, by position, with the same columns and maybe more: None for all rows."""
    known = _KNOWN.get()
    if known is not None:
        with _ASKING:
            _known_of(known, frame).part_of = whole, rows


def rows_of(answers: T, rows: Any) -> T:
    """Return some rows of an array or of a column's codes, by position: those of a slice are no copy."""
    of: Any = answers
    if isinstance(of, Encoding):
        return cast(T, Encoding(rows_of(of.codes, rows), of.labels))
    return cast(T, of[rows] if isinstance(rows, slice) else of.take(rows))


def lie_in_a_row(first: Any, second: Any) -> Any:
    """Return the rows of two frames as one that is no copy, where the second lies right behind the first in one whole; else None."""
    whole, rows = _both_parts(first, second)
    return whole.iloc[rows] if isinstance(rows, slice) else None


def beside_each_other(first: Any, second: Any, frame: Any) -> None:
    """Tell that a frame is the rows of two others, the second behind the first: where both are parts of one whole, it is one, too."""
    whole, rows = _both_parts(first, second)
    if whole is not None:
        part(whole, rows, frame)


def _both_parts(first: Any, second: Any) -> tuple[Any, Any]:
    """Return the frame of which both are a part, and the rows of both in it; None where there is none."""
    (one, its), (other, those) = map(_part_of, (first, second))
    if one is not other or its is None or those is None:
        return None, None
    if isinstance(its, slice) and isinstance(those, slice) and its.stop == those.start:
        return one, slice(its.start, those.stop)
    return one, np.r_[its, those]


def same_rows(frame: Any) -> Any:
    """Return the frame that another one is all rows of, with the same columns and more; itself where there is none."""
    whole, rows = _part_of(frame)
    return frame if whole is None or rows is not None else same_rows(whole)


def once_by_row(frame: Any, question: Any, answer: Callable[[Any], T], pick: Callable[[T, Any], T]) -> T:
    """Return the answer to a question that each row answers for itself; of a part it is picked from that of the whole.

    A year's lines are asked what all lines are asked, too: to pick half a million answers takes a tenth of working them out.
    """
    whole, rows = _part_of(frame)
    if whole is None:
        return once(frame, question, lambda: answer(frame))

    def picked() -> T:
        of_whole = once_by_row(whole, question, answer, pick)
        return of_whole if rows is None else pick(of_whole, rows)

    return once(frame, question, picked)


def once(frame: Any, question: Any, answer: Callable[[], T]) -> T:
    """Return the answer to a question about a frame, worked out now or known. An answer must not be written into, nor hold the frame."""
    known = _KNOWN.get()
    if known is None:
        return answer()
    with _ASKING:
        of_frame = _known_of(known, frame)
        found = next((a for a in of_frame.answers if a.question == question), None)
        if found is None:
            of_frame.answers.append(found := _Answer(question))
    with found.lock:
        if not found.given:
            found.given.append(answer())
    out: T = found.given[0]
    return out


def _part_of(frame: Any) -> tuple[Any, Any]:
    """Return the frame of which another one is some rows, and which ones; None where it is told of none."""
    known = _KNOWN.get()
    if known is None:
        return None, None
    with _ASKING:
        return _known_of(known, frame).part_of or (None, None)


def _known_of(known: dict[int, _Known], frame: Any) -> _Known:
    of_frame = known.get(id(frame))
    if of_frame is None or of_frame.frame() is not frame:
        number = id(frame)  # given out again once the frame is gone
        gone = weakref.ref(frame, lambda _: known.pop(number, None))
        of_frame = known[number] = _Known(gone)
    return of_frame
