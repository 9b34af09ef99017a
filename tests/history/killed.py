"""Kills a process that adds snapshots, again and again, and says what stood in the history then; run as a script by `test_side_by_side.py`.

The script makes what the source showed once; each trial is a fork of it that adds the snapshots one after the other until it is killed by
SIGKILL. A second fork compares. The script itself never opens a table: the engine's threads would not live on in a fork.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import makini_analytics as ma
from tests.history.replay import day, lived, random_days, same


def fork(do):
    pid = os.fork()
    if not pid:
        code = 1
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    return pid


def main(folder: Path, trials: int, n_days: int) -> None:
    shown = lived("a", 30, random_days(1, n_days, 10))

    def tell(n):
        # in one step: a kill between opening and writing would leave an empty file, and nothing told
        (folder.parent / "telling").write_text(str(n))
        (folder.parent / "telling").replace(folder.parent / "told")

    def add():
        history = ma.History(folder)
        known = history.snapshots
        tell(len(known) - 1)  # the last process may have been killed after it added and before it told
        for n in range(len(known), n_days):
            history.add(shown[n], seen_at=day(n))
            tell(n)

    def compare():
        history = ma.History(folder)
        snapshots = history.snapshots
        n = len(snapshots)
        assert snapshots["seen_at"].dt.tz_localize(None).tolist() == [day(i) for i in range(n)]
        for i in {n - 1, n // 2} if n else ():
            same(history.at(day(i)), shown[i])
        (folder.parent / "found").write_text(str(n))

    chance, found = random.Random(trials), []
    for _ in range(trials):
        pid = fork(add)
        time.sleep(chance.uniform(0.1, 1.5))
        os.kill(pid, signal.SIGKILL)
        killed = os.waitpid(pid, 0)[1] == signal.SIGKILL
        right = os.waitpid(fork(compare), 0)[1] == 0
        told = folder.parent / "told"
        n_told = 1 + int(told.read_text()) if told.exists() else 0
        found.append(
            {"killed": killed, "right": right, "n": int((folder.parent / "found").read_text()), "n_told": n_told}
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
