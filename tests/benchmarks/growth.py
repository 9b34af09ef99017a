"""How time and memory of every figure grow with the number of lines.

    python -m tests.benchmarks.growth [--most 1000000] [--only spend.tail ...] [--page docs/performance.md]

The lines are the sample's, again and again with ids, vendors and materials of their own. Each room is measured in a process of its own per
size, beyond a million lines each figure, on the columns that figures read. The figures are those of the catalogue, called as on the site, so a
new one appears by itself; those of a history are left out. The exit code is 1 where one is worse than linear. Linux only.
"""

from __future__ import annotations

import argparse
import ast
import ctypes
import gc
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import makini_analytics as ma
from docs.generator import calls
from makini_analytics.catalogue import FIGURES
from makini_analytics.frames import FIGURE_COLUMNS
from tests.benchmarks.history import COPIES, KINDS, copies_of

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
ROUNDS = 3
#: Beyond so many lines a process measures one figure, once after a first call, and may take so many GB.
MANY, MOST_GB = 1_000_000, 18
#: What is no figure of the catalogue, and how it is called.
STEPS = {
    "Purchases.load": "ma.Purchases.load(folder)",
    "currency.convert": 'currency.convert(data.lines, to="EUR")',
    "compare": "ma.compare(lines, lines.assign(amount=lines.amount * 1.02))",
    "findings": "ma.findings(data)",
    "scorecard": 'ma.scorecard(data, currency="EUR")',
    "report": 'ma.report(data, new_file(), currency="EUR", progress=False)',
}
#: Above this exponent, and with more seconds than these, something is worse than linear. A sort alone is at 1.07.
STEEP, SECONDS = 1.15, 0.2
BEGIN, END = "<!-- growth: python -m tests.benchmarks.growth --page docs/performance.md -->", "<!-- growth ends -->"


def line_of(name: str) -> str:
    """Return the line of code that is measured."""
    return STEPS.get(name) or calls.call(name)


def measured() -> list[str]:
    """Return what is measured, room by room: all figures but those of a history, and the steps."""
    return [*(f for f in FIGURES if not of_history(f)), *STEPS]


def of_history(name: str) -> bool:
    """Return whether a figure is called on a history, which cannot be made of copies of the sample."""
    return "history" in _names_in(line_of(name))


def room_of(name: str) -> str:
    return "steps" if name in STEPS else name.split(".")[0]


# ---- in processes of their own ------------------------------------------------------------------------------------------------


def save(n_lines: int, folder: str) -> None:
    """Save purchases of so many lines; where they are many, the columns that figures read."""
    data = ma.load_sample()
    n = -(-n_lines // len(data.lines))
    blocks = []
    for first in range(0, n, COPIES):
        block = copies_of(data, first, min(COPIES, n - first))
        if n_lines > MANY:
            block["lines"] = block["lines"][[c for c in FIGURE_COLUMNS if c in block["lines"]]]
        blocks.append(block)
    orders, lines = (pd.concat([b[t] for b in blocks], ignore_index=True) for t in ("orders", "lines"))
    lines = lines.head(n_lines).copy()
    # the kinds come round: without prices of their own the orders of the next round would all seem to be there twice
    dearer = 1 + np.arange(n_lines) // (len(data.lines) * KINDS) / 1000
    for c in ("unit_price", "amount"):
        lines[c] = lines[c] * dearer
    orders = orders[orders["order_id"].isin(lines["order_id"])].reset_index(drop=True)
    # the sample's issues are of ids that are no longer there
    whole = ma.Purchases(orders, lines, data.issues.iloc[:0], data.sources, as_of=data.as_of)
    whole.save(folder)


def names_on(folder: str, which: list[str]) -> dict[str, Any]:
    """Return the names that calls on the site assume, bound to saved purchases in place of the sample."""
    names: dict[str, Any] = {
        "folder": folder,
        "new_file": lambda: Path(tempfile.mkdtemp(dir=Path(folder).parent), "report.html"),
        **{room: calls.module(room) for room in calls.ROOMS},
    }
    wanted, needed = set().union(*(_names_in(line_of(name)) for name in which)), list[str]()
    for statement in reversed(ast.parse(calls.PREAMBLE.replace("ma.load_sample()", "ma.Purchases.load(folder)")).body):
        code = ast.unparse(statement)
        if not isinstance(statement, ast.Assign) or wanted & _names_in(ast.unparse(statement.targets[0])):
            wanted |= _names_in(code)
            needed.append(code)
    for code in reversed(needed):
        exec(code, names)
    return names


def _names_in(code: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)}


def ready(name: str, names: dict[str, Any]) -> Callable[[], Any]:
    """Return the call of a figure with its arguments worked out: only the figure itself is measured, not what its line prepares."""
    line = line_of(name)
    for node in ast.walk(ast.parse(line)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("ma.") == name:
            if name == "report":  # each writes a file of its own
                return lambda: eval(line, names)
            function, *args = (eval(ast.unparse(n), names) for n in (node.func, *node.args))
            options = {str(k.arg): eval(ast.unparse(k.value), names) for k in node.keywords}
            return lambda: function(*args, **options)
    raise ValueError(f"{line} does not call {name}")


def measured_on(folder: str, which: list[str]) -> dict[str, list[float]]:
    """Return seconds of processor time, the best of three after a first call, and by how many GB the first raises the memory."""
    many = int(Path(folder).name) > MANY
    if many:
        threading.Thread(target=_end_above, args=(MOST_GB,), daemon=True).start()
    names, out = names_on(folder, which), {}
    for name in which:
        run = ready(name, names)
        before = _at_rest()
        run()
        peak, took = _status("VmHWM") - before, []
        for _ in range(1 if many else ROUNDS):
            gc.collect()
            t = time.process_time()
            run()
            took.append(time.process_time() - t)
        out[name] = [min(took), peak]
        print(f"{Path(folder).name} {name}: {min(took):.3f} s, {peak:.2f} GB", file=sys.stderr, flush=True)
    return out


def _end_above(gb: float) -> None:
    """End this process where it holds more memory: sooner than the kernel ends one, which may be another."""
    while _status("VmRSS") < gb:
        time.sleep(0.02)
    os._exit(TOO_MUCH)


def _at_rest() -> float:
    """Give back what is free but kept, which would hide what a call takes; forget the peak so far, and return what is held, in GB."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(key: str) -> float:
    """Return an entry of the kernel's record of this process, in GB; ``ru_maxrss`` would begin with that of the parent."""
    return int(Path("/proc/self/status").read_text().partition(f"{key}:")[2].split()[0]) / 1e6


#: The exit code of a step that needed more memory than it may have.
TOO_MUCH = 3
STEP = {f.__name__: f for f in (save, measured_on)}


def step(*what: Any) -> Any:
    """Run a function in a process of its own; return what it returns, None where it needed more memory than it may have."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", "--step", json.dumps(what)]
    got = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if got.returncode == TOO_MUCH:
        return None
    got.check_returncode()
    return json.loads(got.stdout.splitlines()[-1])


# ---- the table ----------------------------------------------------------------------------------------------------------------


def measure(sizes: list[int], which: list[str], work: Path) -> tuple[dict[int, dict[str, float]], dict[str, float]]:
    """Return seconds by size and name, and the peaks of memory at the largest size."""
    took: dict[int, dict[str, float]] = {}
    peaks: dict[str, float] = {}
    for n in sizes:
        step("save", n, str(work / str(n)))
        took[n] = {}
        for _, names in groupby(which, room_of if n <= MANY else str):
            for name, (seconds, peak) in (step("measured_on", str(work / str(n)), list(names)) or {}).items():
                took[n][name], peaks[name] = seconds, peak
    return took, peaks


def exponent(took: dict[int, dict[str, float]], name: str) -> float:
    """Return the power of the number of lines by which the time grew between the two largest sizes that were measured."""
    n1, n2 = sorted(n for n in took if name in took[n])[-2:]
    return math.log10(took[n2][name] / took[n1][name]) / math.log10(n2 / n1)


def is_steep(took: dict[int, dict[str, float]], name: str) -> bool:
    return exponent(took, name) > STEEP and max(of_size.get(name, 0) for of_size in took.values()) > SECONDS


def rows(took: dict[int, dict[str, float]], peaks: dict[str, float]) -> Iterator[str]:
    """Yield the table's lines, those of a room together."""
    sizes = sorted(took)
    yield f"| | {' | '.join(f'{n:,} lines' for n in sizes)} | exponent | peak of memory |"
    yield "|---" * (len(sizes) + 3) + "|"
    for name, gb in peaks.items():
        power = f"{exponent(took, name):.1f}"
        if is_steep(took, name):
            power = f"**{power}, worse than linear**"
        seconds = " | ".join(_seconds(took[n].get(name)) for n in sizes)
        yield f"| `{name}` | {seconds} | {power} | {gb:.2f} GB |"


def _seconds(took: float | None) -> str:
    return "–" if took is None else f"{took:.3f} s" if took < 1 else f"{took:.1f} s"


def told(took: dict[int, dict[str, float]], peaks: dict[str, float]) -> str:
    """Return what the page says."""
    versions = ", ".join(f"{p} {version(p)}" for p in ("pandas", "numpy", "pyarrow"))
    left_out = " and ".join(f"`{f}`" for f in FIGURES if of_history(f))
    intro = (
        f"Every figure of the catalogue, called as on its page: seconds of processor time, the best of {ROUNDS} after a first call. The peak "
        f"of memory is what the first call takes beyond what the process holds, at {max(took):,} lines; the figures of a room share a process, so "
        f"the first of them also works out the codes of text columns, which are kept. Beyond {MANY:,} lines each figure has a process of its own, "
        f"of at most {MOST_GB} GB (– where that is too little), the columns that figures read, and one call after the first. "
        f"{os.cpu_count()} cores under load, "
        f"{time.strftime('%d %B %Y').lstrip('0')}; Python {platform.python_version()}, {versions}. The lines are the sample's, again and "
        f"again with ids, vendors and materials of their own. The exponent is that between the two largest sizes: 1.0 is as many times "
        f"the time as lines. Left out, since they need a history: {left_out}."
    )
    return "\n".join([BEGIN, intro, "", *rows(took, peaks), END])


def main(sizes: list[int], which: list[str], page: Path | None) -> int:
    """Print the table, or write it into the page as well; return 1 where something is worse than linear."""
    with tempfile.TemporaryDirectory(prefix="growth_") as work:
        took, peaks = measure(sizes, which, Path(work))
    text = told(took, peaks)
    print(text)
    if page:
        before = page.read_text(encoding="utf-8")
        after = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: text, before, flags=re.S)
        page.write_text(after, encoding="utf-8")
    steep = [name for name in which if is_steep(took, name)]
    print(f"\nWorse than linear: {', '.join(steep) or 'none'}.")
    return bool(steep)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", choices=measured(), metavar="FIGURE")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        function, *args = json.loads(given.step)
        print(json.dumps(STEP[function](*args)))
        sys.exit()
    asked = [n for n in SIZES if n <= given.most]
    if len(asked) < 2:
        parser.error(f"growth takes two sizes: --most is at least {SIZES[1]}")
    if given.page and given.only:
        parser.error("the page has all figures: leave --only out")
    if given.page and BEGIN not in given.page.read_text(encoding="utf-8"):
        parser.error(f"{given.page} has no line {BEGIN}")
    sys.exit(main(asked, given.only or measured(), given.page))
