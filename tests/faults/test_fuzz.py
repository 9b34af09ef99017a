"""Fuzz below the socket: no exception that is no `MakiniError`, no row lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults import fuzz


def rounds(n):
    """Return how many rounds gave the rows, and how many an error."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.fuzz", str(n)], capture_output=True, text=True, timeout=3_000, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    played, whole, errors, engine = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("[")))
    print(f"{played} rounds by {engine}: {whole} with all rows, {errors} errors")
    assert played >= n
    return whole, errors


def test_no_choice_is_the_truth():
    """A round without a change gives all rows, whatever the contract, as rows and as frames: so that a lost one would be seen."""
    made = fuzz.Fuzz()
    for contract in range(3):
        for whole in (0, fuzz.EVERY - 1):
            made.round(bytes([contract, 7, whole]))
    assert (made.whole, made.errors) == (6, 0)


def test_a_row_that_is_lost_is_seen(monkeypatch):
    monkeypatch.setattr(fuzz.Both, "take", lambda self, page: self.rows.extend(page[1:]))
    with pytest.raises(AssertionError, match="lost"):
        fuzz.Fuzz().round(bytes([0, 7, 0]))


@pytest.mark.full
def test_three_hundred_rounds():
    played = fuzz.by_hypothesis(300)
    assert min(played.whole, played.errors) > 60


@pytest.mark.full
def test_a_hundred_thousand_rounds():
    whole, errors = rounds(100_000)
    assert min(whole, errors) > 20_000
