"""Kills the process that writes, again and again, and says what stood there afterwards; run as a script by `test_whole_or_not.py`.

The script makes its data once; each trial is a fork of it that writes, and is killed by SIGKILL after a time, or at its n-th call of the
file system. It prints one line of JSON with what each trial left.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import makini_analytics as ma
from makini_analytics.system import _files

#: What a process does to the file system, as Python's audit hooks name it.
CALLS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copymode", "os.chmod", "ctypes.dlsym", "os.listdir", "os.scandir"}  # fmt: skip


#: How a whole file of each kind ends.
ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n", ".html": b"</html>\n", ".csv": b"\n"}


def report(target: Path) -> str:
    """Return which report is there: of a folder its title and files, each of them whole; of a workbook its bytes."""
    if not target.is_dir():
        return hashlib.sha256(target.read_bytes()).hexdigest() if target.exists() else "none"
    files = sorted(p for p in target.rglob("*") if p.is_file())
    broken = [p.name for p in files if not p.read_bytes().endswith(ENDS[p.suffix])]
    title = re.search("<h1>(.*?)</h1>", (target / "report.html").read_text(encoding="utf-8"))[1]
    return f"{title}: {[p.relative_to(target).as_posix() for p in files]}" + (f", broken {broken}" if broken else "")


def connections(folder: Path) -> str:
    """Return which purchases a folder holds, read as a user reads them."""
    data = ma.Purchases.load(folder)
    return f"{set(data.orders.connection)} {len(data.orders)} {len(data.lines)}"


def child(do: Callable[[], object]) -> int:
    """Run something in a fork and return its process id."""
    pid = os.fork()
    if not pid:
        code = 1
        faulthandler.dump_traceback_later(200, exit=True)  # one that hangs says where
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    return pid


def apart(do: Callable[[], object]) -> str:
    """Return what something gives in a fork: threads of an engine that this process ran would not live on in the next one."""
    read, write = os.pipe()
    os.waitpid(child(lambda: os.write(write, str(do()).encode())), 0)
    os.close(write)
    with os.fdopen(read) as told:
        return told.read()


def dying(do: Callable[[], object], n: int) -> None:
    """Do something, and die at the n-th call of the file system."""
    left = [n]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event in CALLS:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    do()


def full(do: Callable[[], object], most: int) -> None:
    """Do something where no file may grow beyond so many bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    try:
        do()
    except OSError:
        return
    raise AssertionError("it was written to a disk without room")


def trials(target: Path, before: Callable[[], object], after: Callable[[], object], state: Callable[[Path], str], how: str, n: int, seed: int) -> list[str]:  # fmt: skip
    """Return what each trial left: "old", "new", or what else; with what was left beside it after the next write."""
    before()
    old = state(target)
    os.waitpid(child(after), 0)
    new = state(target)
    assert old != new
    began = time.monotonic()
    os.waitpid(child(after), 0)
    took = time.monotonic() - began
    draw, out = random.Random(seed), []
    calls = int(how.partition(":")[2] or 0)
    before()
    for i in range(n):
        if how == "time":
            pid = child(after)
            time.sleep(draw.uniform(0, took * 1.1))
            os.kill(pid, signal.SIGKILL)
        elif how == "full":
            pid = child(lambda i=i: full(after, (100, 5_000, 15_000)[i % 3]))
        else:  # the first calls one by one, and then further apart
            pid = child(lambda i=i: dying(after, 1 + i * max(1, calls // n)))
        status = os.waitpid(pid, 0)[1]
        if how == "full" and status:
            out.append(f"ended with {status}")
            before()
            continue
        try:
            found = state(target)
        except ma.MakiniError as e:
            found = f"{type(e).__name__}: {e}"
        left = {old: "old", new: "new"}.get(found, found)
        before()  # the next write removes what this one left
        beside = sorted(p.name for p in target.parent.iterdir() if p.name != target.name)
        out.append(left if not beside and state(target) == old else f"{left}, then {beside} beside it")
    return out


def main(what: str, how: str, n: int, folder: Path, url: str = "", *tokens: str) -> list[str]:
    if what.endswith("aside"):  # as on systems that can't exchange two folders
        _files._exchange = lambda one, other: False
        what = what.removesuffix("-aside")
    if what == "files":
        files = ["a.txt", "b/c.txt", "b/d.txt"]

        def text(target: Path) -> str:
            _files.settle(folder)  # as whoever reads a folder does
            return str(
                sorted(
                    (p.relative_to(target).as_posix(), p.read_text()[:3], p.stat().st_size)
                    for p in target.rglob("*.txt")
                )
            )

        def write_files(said: str) -> None:
            with _files.whole(folder / "out", files) as new:
                for name in files:
                    (new / name).parent.mkdir(parents=True, exist_ok=True)
                    (new / name).write_text(said * 20_000)

        return trials(folder / "out", lambda: write_files("old"), lambda: write_files("new"), text, how, n, 4)
    target = folder / ("r.xlsx" if what == "report-xlsx" else "out")
    if what == "save":
        a, b = ma.load_sample(["emea"]), ma.load_sample(["us"])
        return trials(target, lambda: a.save(target), lambda: b.save(target), connections, how, n, 1)
    if what == "to":

        def fetch(name: str, token: str) -> Path:
            client = ma.Client(token, connection=name, base_url=url, cache_dir=None, progress=False)
            with client:
                return client.fetch_purchases(since="2025-06-01", to=target)

        first, after = (lambda x=x: fetch(*x.split("=")) for x in tokens)

        def before() -> None:
            shutil.rmtree(target, ignore_errors=True)
            apart(first)

        return trials(target, before, after, lambda place: apart(lambda: connections(place)), how, n, 2)
    from makini_analytics.reporting import content, write

    data = ma.load_sample(["us"])
    a, b = (content(data, sections=[section], title=section) for section in ("slippage", "lead_times"))
    return trials(target, lambda: write(a, target), lambda: write(b, target), report, how, n, 3)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), *sys.argv[5:])))
