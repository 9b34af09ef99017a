"""The house keeps its own rules: format, lint, types, and the direction of imports, each by its tool."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.tiers import one_in

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "makini_analytics"
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    one_in(
        3,
        [
            ["ruff", "format", "--check", "."],
            ["ruff", "check", "."],
            ["lint-imports"],
        ],
    ),
    ids=lambda c: " ".join(c),
)
def test_the_house_keeps_its_rules(command):
    if shutil.which(BIN / command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: pip install -e '.[dev]'")
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


NOTEBOOK = """\
import makini_analytics as ma
from makini_analytics import spend, style
lines = ma.load_sample().lines
spend.plot_by_vendor(lines, topp=3)
spend.plot_by_vendr(lines)
spend.plot_by_vendor(lines, top=3)
spend.plot_by_vendor(lines, currency=3)
ma.Client("token", conection="emea")
ma.Client("token").fetch_purchases(sinc="2025-01-01")
ma.Purchases.from_table(lines, colums={})
style.use(highligt="#7A1FA2")
ma.report(ma.Client("token", connection="emea").fetch_purchases(since="2025-01-01"), "out.html")
"""
WRONG = {
    4: 'Unexpected keyword argument "topp" for "plot_by_vendor"',
    5: 'no attribute "plot_by_vendr"',
    7: 'Argument "currency" to "plot_by_vendor"',
    8: 'Unexpected keyword argument "conection" for "Client"',
    9: 'Unexpected keyword argument "sinc" for overloaded function "fetch_purchases"',
    10: 'Unexpected keyword argument "colums" for "from_table"',
    11: 'Unexpected keyword argument "highligt" for "use"',
}


@pytest.mark.full
def test_types_are_right_and_a_type_checker_finds_what_a_user_misspells(tmp_path):
    """One run for both: from nothing mypy takes 20 seconds, then one or two (it keeps what it found in .mypy_cache)."""
    pytest.importorskip("mypy", reason="mypy is not installed: pip install -e '.[dev]'")
    script = tmp_path / "notebook.py"
    script.write_text(NOTEBOOK)
    command = [str(BIN / "mypy"), "makini_analytics", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    found = {int(m[1]): m[2] for e in errors if (m := re.search(r"notebook\.py:(\d+): error: (.+)", e))}
    assert [e for e in errors if "notebook.py" not in e] == []
    assert found.keys() == WRONG.keys(), done.stdout + done.stderr
    for line, said in WRONG.items():
        assert said in found[line]


def test_files_stay_short_enough_to_hold_in_the_head():
    long = {p.name: n for p in PACKAGE.rglob("*.py") if (n := p.read_text().count("\n")) > 350}
    assert long == {}


ROOMS = sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> set[tuple[str, ...]]:
    """Return the dotted names under the package that a module imports, in functions, strings and TYPE_CHECKING too."""
    here, found = ("makini_analytics", *path.relative_to(PACKAGE).with_suffix("").parts), set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {tuple(a.name.split(".")) for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            found |= {(*module, a.name) for a in node.names}
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"makini_analytics[\w.]+", node.value)
        ):
            found.add(tuple(node.value.split(".")))  # of importlib
    return {name[1:] for name in found if name[0] == "makini_analytics"}


def test_no_import_crosses_a_room_except_through_its_door():
    """What begins with an underscore belongs to its room: others take it from the room's ``__init__``, or not at all."""
    crossed = []
    for path in sorted(PACKAGE.rglob("*.py")):
        own = path.relative_to(PACKAGE).parts[0]
        for name in imports_of(path):
            room, *inside = name
            if room in ROOMS and room != own and any(re.match("_[^_]", part) for part in inside):
                crossed.append(f"{path.relative_to(ROOT)} imports {'.'.join(name)}")
    assert crossed == []


def test_no_import_hides_in_a_string():
    """What importlib loads is no part of the package: the import contracts see statements alone."""
    hidden = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if not re.search(r"import\w*\(", path.read_text(encoding="utf-8")):
            continue  # nothing called so: it need not be parsed
        for node in ast.walk(tree_of(path)):
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if "import" in called:  # import_module, __import__
                texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
                if any(t.startswith(("makini_analytics", ".")) for t in texts) or "__name__" in ast.unparse(node):
                    hidden.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert hidden == []


def test_few_modules_lie_at_the_root_and_few_rooms():
    assert len(list(PACKAGE.glob("*.py"))) <= 12
    assert len(ROOMS) <= 25


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_layout_in_the_readme_is_the_folder_tree():
    """The code block under "## Layout" names each folder of the package, with a slash behind it, and each module at its root."""
    layout = re.search(r"^## Layout\n.*?^```\w*\n(.*?)^```", README, re.M | re.S)[1]
    package = re.search(r"^makini_analytics/(.*?)(?=^\S|\Z)", layout, re.M | re.S)[1]
    assert set(re.findall(r"(?<![\w/])(\w+)/(?=\s)", package)) == set(ROOMS)
    there = {p.stem for p in PACKAGE.glob("*.py")} - {"__init__"}
    assert there <= set(re.findall(r"\w+", package))


def test_the_tests_lie_as_the_rooms():
    """Each room has a folder of tests under its own name."""
    assert set(ROOMS) <= {p.name for p in (ROOT / "tests").iterdir() if p.is_dir()}


def test_importing_the_package_draws_nothing():
    code = "import sys, makini_analytics as ma; ma.Client; ma.load_sample; from makini_analytics import spend, slippage, lead_times;"
    code += "print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'scipy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
