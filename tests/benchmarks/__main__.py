"""The package beside its peers: one table of everything that a ratio is promised of.

    python -m tests.benchmarks [--page docs/performance.md] [--only figures ...]

Each row is the median of interleaved rounds in one process, or of processes in turns; a peer gives the same columns, or what it lacks is
said. Takes about half an hour, and says nothing on a machine that does something else. Linux only.
"""

from __future__ import annotations

import argparse
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks import test_end_to_end, test_tidy
from tests.benchmarks.conftest import measured_by
from tests.benchmarks.page_server import running
from tests.benchmarks.pages import LINES, PER_PAGE, write

N_LINES, ROUNDS = 1_000_000, 7
BEGIN, END = "<!-- peers: python -m tests.benchmarks --page docs/performance.md -->", "<!-- peers end -->"
#: What a row is compared with, and the ratio that is wanted.
BESIDE = {
    "pandas": ("polars on its own frame, all cores, by the clock", 0.9),
    "polars": ("polars by hand", 1.25),
    "PyArrow": ("polars by hand", 1.25),
    "DuckDB, Parquet": ("SQL by hand", 1.25),
    "DuckDB, table": ("SQL by hand, text columns of type `ENUM`", 1.25),
    "Spark, Parquet": ("SQL by hand, by the clock", 1.25),
}
Row = tuple[str, str, float, float, float]  # what, beside what, seconds of ours and of the peer, the ratio wanted


def _medians(took: Mapping[str, Sequence[float]], *who: str) -> Iterator[float]:
    return (statistics.median(took[name]) for name in who)


def engines(n: int, rounds: int, *which: str) -> Iterator[Row]:
    """Four figures on the frames of pandas and of other engines."""
    for engine, figures in measured_by("engine_peers", str(n), str(rounds), *which).items():
        peer, wanted = BESIDE[engine]
        for name, times in figures.items():
            ours, theirs = _medians(times, "ours", "by hand")
            yield f"{engine}, {n:,} lines: `{name}`", peer, ours, theirs, wanted


def figures() -> Iterator[Row]:
    """Prices, open orders and the lead time to plan with, on a pandas frame."""
    for name, times in measured_by("figure_peers", str(N_LINES), str(ROUNDS)).items():
        ours, theirs = _medians(times, "ours", "by hand")
        yield (
            f"pandas, {N_LINES:,} lines: `{name}`",
            "polars on its own frame, all cores, by the clock",
            ours,
            theirs,
            1.0,
        )


def tidy() -> Iterator[Row]:
    """Pages to frames, and saved frames to frames."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        n_orders = write(folder / "pages", N_LINES)
        took, _ = test_tidy.interleaved(test_tidy.VARIANTS, folder, n_orders)
        for peer, wanted in (("pyarrow.json", 0.9), ("msgspec, typed", 1.0), ("json_normalize", 1.0)):
            beside = f"`{peer}`" + (", which drop unknown keys" if peer != "json_normalize" else "")
            yield (
                f"pages of {N_LINES:,} lines to frames",
                beside,
                *_medians(took, "ours", peer),
                wanted,
            )
        test_tidy.timed(test_tidy.SAVE, folder, n_orders)
        took, _ = test_tidy.interleaved(test_tidy.REOPENED, folder, n_orders)
        ours, theirs = _medians(took, "ours, Purchases.load", "pd.read_parquet of both")
        yield "both frames from disk", "`pd.read_parquet`", ours, theirs, 1.15


def to_report() -> Iterator[Row]:
    """From a warm cache to the report; its peers are the seconds that are wanted."""
    with tempfile.TemporaryDirectory() as work, running(N_LINES // (PER_PAGE * LINES), 0.0, "made") as (url, _):
        for word in ("cold", "warm"):
            _, _, took = test_end_to_end.run(test_end_to_end.REPORT, url, Path(work), word)
    yield f"a warm cache of {N_LINES:,} lines to frames", "8 s, the goal", took["fetch and tidy"], 8.0, 1.0
    yield f"{N_LINES:,} lines to the HTML report", "5 s, the goal", took["report in all"], 5.0, 1.0


PARTS = {
    "engines": lambda: engines(N_LINES, ROUNDS),
    "ten million": lambda: engines(10 * N_LINES, 5, "pandas", "polars", "DuckDB, Parquet"),
    "figures": figures,
    "tidy": tidy,
    "report": to_report,
}


def _shown(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def _versions() -> str:
    names = ("pandas", "numpy", "pyarrow", "polars", "duckdb", "pyspark")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def main(which: list[str], page: Path | None) -> None:
    """Print the table; write it into the page."""
    rows = ["| work | beside | ours | peer | ratio | wanted |", "|---|---|---|---|---|---|"]
    for part in which:
        for work, beside, ours, theirs, wanted in PARTS[part]():
            ratio = f"{ours / theirs:.2f}" if ours / theirs <= wanted else f"**{ours / theirs:.2f}**"
            rows.append(f"| {work} | {beside} | {_shown(ours)} | {_shown(theirs)} | {ratio} | {wanted:g} |")
            print(rows[-1], file=sys.stderr, flush=True)
    day = time.strftime("%d %B %Y").lstrip("0")
    intro = f"Two cores, {day}; Python {platform.python_version()}, {_versions()}. Processor time unless the clock is named; medians of {ROUNDS} rounds."
    text = "\n".join([BEGIN, intro, "", *rows, END])
    print(text)
    if page:
        before = page.read_text(encoding="utf-8")
        page.write_text(
            re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: text, before, flags=re.S), encoding="utf-8"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    main(given.only, given.page)
