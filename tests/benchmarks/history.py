"""A history of many lines: what a day's `add` costs, and how fast the present is counted beside a plain Parquet of it.

    python -m tests.benchmarks.history FOLDER [--lines 10000000] [--days 30] [--share 0.01]

The lines are the sample's, again and again with ids, vendors and materials of their own. On each day one of a hundred orders is another
(its due date moves, one line's amount rises), and only those are brought, as ``modified_since`` does; at the end a whole fetch brings all of
them once more. Each step is a process of its own, so that its peak of memory is its own. Two tables of Markdown are printed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import makini_analytics as ma
from makini_analytics import spend
from makini_analytics.purchases import _folder
from makini_analytics.purchases._parts import _DAYS, _arrow

FIRST_DAY = pd.Timestamp("2026-01-01", tz="UTC")
#: Copies of the sample in a part: some 50,000 lines.
COPIES = 8
#: Vendors and materials are so many times those of the sample.
KINDS = 40
ROUNDS = 5
SUMS = ["spend", "n_lines", "n_orders"]


def copies_of(data: ma.Purchases, first: int, n: int) -> dict[str, pd.DataFrame]:
    """Return orders and lines of some copies of the sample, each with ids of its own."""
    out = {}
    for table in ("orders", "lines"):
        parts = []
        for i in range(first, first + n):
            part = getattr(data, table).copy()
            for c in ("order_id", "order_number", "line_id"):
                if c in part:
                    part[c] = part[c] + f"-{i}"
            for c in ("vendor_id", "vendor_name", "material_id", "product_code"):
                if c in part:
                    part[c] = part[c] + f" {i % KINDS}"
            parts.append(part)
        out[table] = pd.concat(parts, ignore_index=True)
    return out


def parts_of(n_lines: int) -> Iterator[dict[str, pd.DataFrame]]:
    data = ma.load_sample()
    n_copies = -(-n_lines // len(data.lines))
    for first in range(0, n_copies, COPIES):
        yield copies_of(data, first, min(COPIES, n_copies - first)) | {"issues": data.issues.iloc[:0]}


def fetched(sources: pd.DataFrame, day: int) -> pd.DataFrame:
    """Return the sources as if everything had been fetched on a day."""
    moment = FIRST_DAY + pd.Timedelta(days=day)
    return sources.assign(fetched_at=moment.as_unit("us"))


def changed(frames: dict[str, pd.DataFrame], day: int, share: float) -> dict[str, pd.DataFrame]:
    """Return the orders that are others on a day than before, with their lines: the due date a week later, the first line dearer."""
    every = round(1 / share)
    ids = frames["orders"]["order_id"]
    place = pd.util.hash_array(ids.to_numpy(dtype=object)) % every
    mine = set(ids[place == day % every])
    orders, lines = (frames[t][frames[t]["order_id"].isin(mine)].copy() for t in ("orders", "lines"))
    lines["required_date"] = lines["required_date"] + pd.Timedelta(days=7 * (day // every + 1))
    first = ~lines["order_id"].duplicated()
    lines.loc[first, "amount"] = lines.loc[first, "amount"] * 1.1
    return {"orders": orders, "lines": lines, "issues": frames["issues"]}


# ---- steps, each in a process of its own --------------------------------------------------------------------------------------


def write_parts(work: Path, n_lines: int, day: int = 0, share: float = 0.01) -> None:
    """Write the purchases as a folder in parts: as they were first, or as they are after so many days."""
    import pyarrow.parquet as pq

    folder = work / f"parts-{day}"
    folder.mkdir(parents=True)
    rows, n = dict.fromkeys(_folder.FRAMES, 0), 0
    for frames in parts_of(n_lines):
        for d in range(1, day + 1):
            new = changed(frames, d, share)
            for table in ("orders", "lines"):
                others = frames[table][~frames[table]["order_id"].isin(set(new["orders"]["order_id"]))]
                frames[table] = pd.concat([others, new[table]], ignore_index=True)
        for table in _folder.FRAMES:
            path = folder / table / f"part-{n:05d}.parquet"
            path.parent.mkdir(exist_ok=True)
            pq.write_table(_arrow(frames[table], _DAYS[table]), path, compression="zstd")
            rows[table] += len(frames[table])
        n += 1
    data = ma.load_sample()
    sources = fetched(data.sources, day)
    sources.to_parquet(folder / "sources.parquet", index=False)
    _folder.write_head(folder, _folder.PARTS, data.as_of, parts=n, rows=rows | {"sources": len(sources)})


def write_changes(work: Path, n_lines: int, day: int, share: float) -> None:
    """Write the orders that changed on a day as saved purchases."""
    data = ma.load_sample()
    few = [changed(frames, day, share) for frames in parts_of(n_lines)]
    frames = {t: pd.concat([f[t] for f in few], ignore_index=True) for t in ("orders", "lines", "issues")}
    ma.Purchases(**frames, sources=fetched(data.sources, day), as_of=data.as_of).save(work / f"changes-{day}")


def add_all(work: Path, day: int) -> dict[str, Any]:
    got = ma.History(work / "history").add(work / f"parts-{day}")
    return {"changed": int((got["n_new"] + got["n_changed"]).sum())}


def add_changes(work: Path, day: int) -> dict[str, Any]:
    data = ma.Purchases.load(work / f"changes-{day}")
    t = time.perf_counter()
    got = ma.History(work / "history").add(data, whole=False)
    return {
        "seconds": time.perf_counter() - t,
        "changed": int((got["n_new"] + got["n_changed"]).sum()),
        "lines": len(data),
    }


def compact(work: Path) -> None:
    ma.History(work / "history").compact()


def save_plain(work: Path) -> dict[str, Any]:
    """Write what is known today as one plain Parquet file."""
    (work / "plain").mkdir(exist_ok=True)
    path = work / "plain" / "lines.parquet"
    ma.History(work / "history").scan().lines.write_parquet(str(path), compression="zstd")
    return {"gb": path.stat().st_size / 1e9}


def read(work: Path, engine: str) -> dict[str, Any]:
    """Return the medians of a figure of the history's present and of a plain file of it, in turns, with equal results."""
    path = str(work / "plain" / "lines.parquet")
    if engine == "spark":
        from pyspark.sql import SparkSession

        options = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.memory": "6g",
            "spark.sql.session.timeZone": "UTC",
        }
        session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
        session.sparkContext.setLogLevel("OFF")

    def of_history() -> pd.DataFrame:
        return spend.by_vendor(ma.History(work / "history").scan(engine=engine).lines)

    def of_plain() -> pd.DataFrame:
        if engine == "duckdb":
            import duckdb

            return spend.by_vendor(duckdb.read_parquet(path))
        if engine == "spark":
            return spend.by_vendor(session.read.parquet(path))
        import polars as pl

        return spend.by_vendor(pl.scan_parquet(path))

    # copies of a vendor spend the same but for the last digit, which hangs on the order of the sum: no order of the rows is meant
    a, b = (f().sort_values(["connection", "vendor_id", "currency"], ignore_index=True)[SUMS] for f in (of_history, of_plain))  # fmt: skip
    if not (len(a) == len(b) and np.allclose(a.to_numpy(dtype=float), b.to_numpy(dtype=float), rtol=1e-9)):
        raise AssertionError("the history and the plain file differ")
    times: dict[Callable[[], pd.DataFrame], list[float]] = {of_history: [], of_plain: []}
    for _ in range(ROUNDS):
        for run, took in times.items():
            t = time.perf_counter()
            run()
            took.append(time.perf_counter() - t)
    ours, plain = (statistics.median(took) for took in times.values())
    return {"history": ours, "plain": plain, "ratio": ours / plain}


STEPS = {f.__name__: f for f in (write_parts, write_changes, add_all, add_changes, compact, save_plain, read)}  # fmt: skip


def step(name: str, work: Path, *args: Any) -> dict[str, Any]:
    """Run a step in a process of its own; return what it says, its seconds and its peak of memory in GB."""
    command = [sys.executable, "-m", "tests.benchmarks.history", "--step", json.dumps([name, str(work), *args])]
    got = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    print(f"{name} {' '.join(map(str, args))}: {got}", file=sys.stderr, flush=True)
    return dict(got)


def _run_step(name: str, work: str, *args: Any) -> None:
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    t, cpu = time.perf_counter(), time.process_time()
    told = STEPS[name](Path(work), *args) or {}
    about = {"seconds": time.perf_counter() - t, "cpu": time.process_time() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(about | told | {"peak_gb": peak / 1e6, "imports_gb": base / 1e6}))


def _size(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e9


def main(work: Path, n_lines: int, days: int, share: float) -> None:
    work.mkdir(parents=True, exist_ok=True)
    step("write_parts", work, n_lines)
    rows = []

    def note(what: str, got: dict[str, Any], size: float | None = None) -> None:
        disk = "" if size is None else f"{size:.2f} GB"
        rows.append(f"| {what} | {got['seconds']:.1f} s | {got['peak_gb']:.2f} GB | {disk} |")

    note("the first snapshot, from a folder in parts", step("add_all", work, 0), _size(work / "history"))
    first = _size(work / "history")
    took = []
    for day in range(1, days + 1):
        step("write_changes", work, n_lines, day, share)
        took.append(step("add_changes", work, day))
    middle = sorted(took, key=lambda g: g["seconds"])[len(took) // 2]
    worst = max(took, key=lambda g: g["peak_gb"])
    note(
        f"a day's changes, {middle['lines']:,} lines: median of {days}",
        middle | {"peak_gb": worst["peak_gb"]},
        (_size(work / "history") - first) / days,
    )
    plain = step("save_plain", work)
    engines = [e for e in ("duckdb", "polars", "spark") if find_spec(e.replace("spark", "pyspark"))]
    ratios = [(f"with {days} days on top", e, step("read", work, e)) for e in engines]
    note("`compact`", step("compact", work), _size(work / "history"))
    ratios += [("after `compact`", e, step("read", work, e)) for e in engines]
    step("write_parts", work, n_lines, days, share)
    note("the same as a whole fetch: nothing changed", step("add_all", work, days), _size(work / "history"))
    print("\n| | time | peak of memory | on disk |\n|---|---|---|---|", *rows, sep="\n")
    print("\n| `spend.by_vendor` of `scan()` | engine | history | plain Parquet | ratio |\n|---|---|---|---|---|")
    for when, engine, got in ratios:
        print(f"| {when} | {engine} | {got['history']:.2f} s | {got['plain']:.2f} s | {got['ratio']:.2f} |")
    print(f"\nThe plain file: {plain['gb']:.2f} GB.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        _run_step(*json.loads(given.step))
    elif given.folder is None:
        parser.error("name a folder to work in")
    else:
        main(given.folder, given.lines, given.days, given.share)
