"""A rule is made shorter before an engine is asked: what is asked is less, and what is answered is the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from makini_analytics import spend
from makini_analytics.compute import RuleResult
from makini_analytics.compute._engine_frames import LINES
from makini_analytics.compute._engines import lines_of
from makini_analytics.compute._rule import EVER
from tests.compute.kinds import KINDS, dirty
from tests.tiers import one_in


def drawn(rng):
    """Return a rule of reasons that refer to each other, as those of the figures do, and to what is absent."""
    seed = int(rng.integers(1 << 30))

    def rule(c):
        draw = np.random.default_rng(seed)  # the same rule, whoever asks
        days = [c.day(x) for x in ("order_date", "delivered_date", "required_date", "absent")]
        numbers = [c.number(x) for x in ("quantity", "received_quantity", "absent")]
        marks = [
            c.is_in("state", "open"),
            c.known("deleted_at"),
            c.is_in("absent", "x"),
            c.is_in("category", "MRO", "IT"),
        ]
        for _ in range(14):
            i, j, k = (int(draw.integers(1 << 30)) for _ in range(3))
            a, b, x = marks[i % len(marks)], marks[j % len(marks)], days[k % len(days)]
            y = [*days, EVER, 20_200][i % 6]
            how = c.pick(a, c.pick(b, 0, 1), 2)
            made = [
                a & b, a | b, ~a, a & ~b, c.missing(x), x <= y, x > y, ~(x > y), how == k % 3, how != how, a & (b | ~a),
                numbers[i % 3] * 1 < numbers[j % 3], c.missing(c.pick(c.missing(x), days[j % 4], x)), ~(numbers[k % 3] - 1 >= 0),
            ]  # fmt: skip
            marks.append(made[(i + j + k) % len(made)])
        left_out = [(rows, f"reason {n % 4}") for n, rows in enumerate(marks[4:12])]
        return RuleResult(
            left_out, {"how": c.pick(marks[-1], c.pick(marks[-2], 0, 1), 2)}, {"one": c.pick(marks[-3], 1.0, 0.0)}
        )

    return rule


@pytest.mark.parametrize("kind", one_in(3, KINDS))
def test_rules_that_are_drawn_by_lot_count_as_in_pandas(kind):
    rng = np.random.default_rng(24)
    lines = dirty(24)
    native = KINDS[kind](lines)
    for _ in range(12):
        rule = drawn(rng)
        tables = []
        for given in (lines, native):
            got = lines_of(given).tally(rule, by="category")
            kept, n = got.selection.kept, np.ones(len(got.frame)) if got.n is None else got.n
            cells = pd.DataFrame(
                {"why": got.selection.reason(), "how": np.where(kept, got.marks["how"], -1).astype(int), "n": n}
            )
            cells["one"] = np.where(kept, got.sums["one"], 0.0)
            tables.append(cells.groupby(["why", "how"], dropna=False).sum())
        pd.testing.assert_frame_equal(*tables, check_dtype=False)


def test_what_cannot_matter_is_not_read():
    """Where no day is stated all has happened, and no column of days tells more about a line than that it is marked."""
    lines = KINDS["polars lazy"](dirty(1))
    texts = []
    import makini_analytics.compute._engine_frames as engines

    with pytest.MonkeyPatch.context() as patch:
        asked = engines._in_polars
        patch.setattr(engines, "_in_polars", lambda frame, query: (texts.append(query), asked(frame, query))[1])
        spend.by_vendor(lines)
    query, *_ = texts
    read = query.split(f"FROM {LINES}")[0]
    assert '"deleted_at"' in read
    assert "cancelled_date" not in read
    assert "order_date" not in read
