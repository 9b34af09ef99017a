"""CSV for people who open it in a spreadsheet: no text runs as a formula, and numbers stay numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from makini_analytics.frames import _csv, write_csv

RUN = [
    "=1+1", "+49 30", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1+1", "=cmd|' /C calc'!A0",
    "\u2003=1", "\u3000+1", "\u200b=1", "\ufeff@x", "\x0b=1", "\u202e=1", " \xad-1", "\ufe66 1", "\u207a1",
]  # fmt: skip
STAY = ["a=b", "Müller & Co", "'=1", "x;y", "1-2", "", "株式会社"]


def test_csv_runs_nothing_and_numbers_stay(tmp_path):
    texts = RUN + STAY
    frame = pd.DataFrame({"name": pd.array(texts, dtype="string"), "=head": texts, "amount": -1.0 - np.arange(len(texts)), "kind": pd.Categorical(texts)})  # fmt: skip
    kept = frame.copy()
    back = pd.read_csv(write_csv(frame, tmp_path / "x.csv"), encoding="utf-8-sig", keep_default_na=False)
    for column in ("name", "'=head", "kind"):
        assert back[column].tolist() == [f"'{t}" for t in RUN] + STAY
    assert back["amount"].tolist() == frame["amount"].tolist()
    pd.testing.assert_frame_equal(frame, kept)
    lines = (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    assert '"x;y"' in lines  # where a semicolon separates, too, it is one cell
    raw = pd.read_csv(write_csv(frame, tmp_path / "y.csv", raw=True), encoding="utf-8-sig", keep_default_na=False)
    assert raw["name"].tolist() == texts


def test_a_page_knows_the_same_beginnings_of_formulas():
    script = (Path(_csv.__file__).parents[1] / "reporting" / "page.js.j2").read_text(encoding="utf-8")
    assert f"/^({_csv._RUNS.pattern})/.test(text)" in script
