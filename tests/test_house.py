"""The house keeps its own rules: format, lint, types, and the direction of imports, each by its tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=lambda c: " ".join(c),
)
def test_the_house_keeps_its_rules(command):
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_files_stay_short_enough_to_hold_in_the_head():
    long = {p.name: n for p in (ROOT / "makini_analytics").rglob("*.py") if (n := p.read_text().count("\n")) > 350}
    assert long == {}


def test_importing_the_package_draws_nothing():
    code = "import sys, makini_analytics as ma; ma.Client; ma.load_sample; from makini_analytics import spend, slippage, lead_times;"
    code += "print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'scipy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
