"""A file or folder that is written takes its place whole or not at all, and nothing that others wrote is deleted.

What is written goes into a workspace first, a folder beside the target, and is exchanged with the target in one step::

    reports/
        q3/                   the target, old until the exchange, new after it
        .makini-5f0c.../      the workspace, locked as long as its process lives
            names.json        what may be deleted of old and new; written before the exchange
            new/q3/           the new one, and after the exchange the old one
            old/q3/           the old one, for a moment, on systems that can't exchange two folders

A process that is killed leaves its workspace. Whoever writes beside it next finds that nobody holds its lock, and removes it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import shutil
import sys
import time
import uuid
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import ConfigError

fcntl: Any = import_module("fcntl") if os.name == "posix" else None  # Windows has no such locks
_PREFIX = ".makini-"
_OURS = re.compile(re.escape(_PREFIX) + "[0-9a-f]{32}")
_NAMES = "names.json"
#: Files that systems put into any folder that is looked at; they are in nobody's way, and stay.
_OF_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
#: Where folders can't be locked, a workspace is one of a dead process from this age on, in seconds.
_OLD = 86_400.0


@contextmanager
def whole(path: Path, owned: Collection[str] = ()) -> Iterator[Path]:
    """Yield the path to write to instead; what is written there takes its place at the end, or is removed if writing fails.

    Of a folder that is replaced, only the files that are ``owned`` are deleted; others that came meanwhile are moved to the new one.
    """
    workspace = Workspace(path)
    try:
        yield workspace.new
        workspace.swap(owned)
    finally:
        workspace.close()


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Yield a new folder of one's own beside a path, on the same disk, for what is needed meanwhile; it is removed at the end.

    One that a killed process leaves goes with the next workspace there.
    """
    workspace = Workspace(beside)
    try:
        workspace.new.mkdir(mode=0o700)
        yield workspace.new
    finally:
        workspace.close()


class Workspace:
    """A place beside a target, on the same disk, where what is to take its place is written."""

    def __init__(self, target: Path) -> None:
        self._target = Path(os.path.realpath(target))  # a link stays one, and what it points at is replaced
        parent = self._target.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as e:
            raise ConfigError(f"{target} can't be made: {e.filename} is no folder") from None
        settle(parent)
        self._place, lock = _locked_folder(parent)
        # under its own name: writers choose the format by the ending
        self.new = self._place / "new" / self._target.name
        self.new.parent.mkdir()
        # also for a workspace that is forgotten, as that of an attempt that was given up
        self._closed = weakref.finalize(self, _close, self._place, lock, os.getpid())

    def swap(self, owned: Collection[str] = ()) -> None:
        """Let what was written take the target's place, in one step."""
        _sync(self.new)
        if self._target.exists():
            shutil.copymode(self._target, self.new)
        if not self.new.is_dir():
            self.new.replace(self._target)
        elif not self._target.exists():
            self.new.rename(self._target)
        else:
            names = self._place / _NAMES
            known = sorted({*owned, *_names_in(self.new)})
            names.write_text(json.dumps({"target": self._target.name, "known": known}), encoding="utf-8")
            _sync(names)
            if not _exchange(self.new, self._target):
                aside = self._place / "old" / self._target.name
                aside.parent.mkdir()
                self._target.rename(aside)
                self.new.rename(self._target)
        _sync_folder(self._target.parent)

    def close(self) -> None:
        """Remove the workspace, with what did not take the target's place or what it took the place of."""
        self._closed()


def not_writable(path: Path) -> str | None:
    """Return why nothing can be made where a path is, in words that follow its name; None where it can."""
    real = Path(os.path.realpath(path))
    if any(p.is_symlink() for p in (real, *real.parents)):
        return "is a link that leads back to itself"
    above = next((p for p in real.parents if p.exists()), real)
    if not above.is_dir():
        return f"can't be made: {above} is a file"
    if not os.access(above, os.W_OK):
        return f"can't be written: {above} is read-only for you"
    try:  # by making what a writer makes: rights alone don't tell of systems that hold no files, as /proc
        trial = above / f"{_PREFIX}{uuid.uuid4().hex}"
        trial.mkdir()
        with suppress(FileNotFoundError):  # another process took it for a dead one's
            trial.rmdir()
    except OSError as e:
        return f"can't be written: {e.strerror} in {above}"
    return None


def in_the_way(folder: Path, owned: Collection[str]) -> str | None:
    """Return why a folder can't be replaced as one, in words that follow its name; None where it can.

    ``owned`` are the files in it that may go, as paths in it with slashes.
    """
    if reason := not_writable(folder):
        return reason
    real = Path(os.path.realpath(folder))
    if not real.exists():
        return None
    if not real.is_dir():
        return "is a file: name a folder"
    foreign = (n for n in _names_in(real) if n not in owned and Path(n).name not in _OF_SYSTEMS)
    if others := list(islice(foreign, 4)):  # the rest of them may be a whole disk
        more = ", ..." if len(others) > 3 else ""
        return f"holds other files ({', '.join(map(repr, others[:3]))}{more}): choose a new or empty folder"
    with suppress(FileNotFoundError):  # this may run in a folder that is gone
        if Path.cwd().is_relative_to(real):
            return "is where this runs, and would be replaced as one: name a folder in it"
    if real.is_mount():
        return "is the root of a disk, which can't be replaced as one: name a folder in it"
    return None


def settle(parent: Path) -> None:
    """Remove the workspaces of dead processes in a folder; a target that one of them had moved aside is put back."""
    for place in [p for p in parent.iterdir() if _OURS.fullmatch(p.name)]:
        if place.is_dir() and not place.is_symlink() and _is_mine(place):
            held, lock = _lock(place)
            with suppress(OSError):  # another process may be at it
                if held or (lock is None and time.time() - place.stat().st_mtime > _OLD):
                    _finish(place)
            if lock is not None:
                os.close(lock)


def _is_mine(place: Path) -> bool:
    try:
        # in a folder that everybody may write to, a workspace of another user may be a trap
        mine = not hasattr(os, "getuid") or place.stat().st_uid == os.getuid()
        return mine and {p.name for p in place.iterdir()} <= {
            _NAMES,
            "new",
            "old",
        }  # else it only looks like a workspace
    except OSError:  # its process has just removed it
        return False


def _locked_folder(parent: Path) -> tuple[Path, int | None]:
    while True:
        place = parent / f"{_PREFIX}{uuid.uuid4().hex}"
        place.mkdir(mode=0o700)
        held, lock = _lock(place)
        if held or (lock is None and place.exists()):
            return place, lock
        if lock is not None:  # another process took it for a dead one's, before it was locked
            os.close(lock)


def _lock(place: Path) -> tuple[bool, int | None]:
    """Return whether a folder's lock is ours now, and the open folder where it can be locked at all."""
    if fcntl is None:
        return False, None
    try:
        opened = os.open(place, os.O_RDONLY)
    except OSError:
        return False, None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # between opening and locking it another process may have taken it for a dead one's, and removed it
        if os.fstat(opened).st_ino == place.stat().st_ino:
            return True, opened
    except BlockingIOError:
        return False, opened
    except OSError:  # a file system without such locks; or it is gone
        pass
    os.close(opened)
    return False, None


def _close(place: Path, lock: int | None, process: int) -> None:
    if os.getpid() != process:  # a fork of the one that writes
        return
    try:
        _finish(place)
    finally:
        if lock is not None:
            os.close(lock)


def _finish(place: Path) -> None:
    """Remove a workspace; what is in it and known to nobody goes to the target."""
    name, known = None, set()
    with suppress(
        OSError, ValueError, KeyError, TypeError, RecursionError
    ):  # without the list nothing was exchanged: all of it is ours
        said = json.loads((place / _NAMES).read_text(encoding="utf-8"))
        name, known = Path(said["target"]).name, set(said["known"])
    if name and name != "..":
        target, aside = place.parent / name, place / "old" / name
        if aside.exists() and not target.exists():
            aside.rename(target)
        for left in (aside, place / "new" / name):
            for file in set(_names_in(left)) - known if left.is_dir() else ():
                _give_back(left / file, target / file)
    shutil.rmtree(place)


def _give_back(file: Path, target: Path) -> None:
    """Move what somebody put into the old folder at the last moment to the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    while os.path.lexists(target):
        target = target.with_name(f"{target.name}.kept")
    file.rename(target)


def _names_in(folder: Path) -> Iterator[str]:
    """Yield every file, link and empty folder of a folder."""
    for where, folders, files in os.walk(folder):
        at = Path(where)
        links = [f for f in folders if (at / f).is_symlink()]
        if not folders and not files and at != folder:
            yield at.relative_to(folder).as_posix()
        yield from ((at / f).relative_to(folder).as_posix() for f in sorted((*files, *links)))


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, and return whether the system can."""
    libc: Any = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(*names, 2)  # RENAME_SWAP
    elif hasattr(libc, "renameat2"):
        failed = libc.renameat2(-100, names[0], -100, names[1], 2)  # AT_FDCWD, RENAME_EXCHANGE
    else:
        return False
    if failed and (why := ctypes.get_errno()) not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(why, os.strerror(why), str(other))
    return not failed


def _sync(path: Path) -> None:
    """Wait until a file, or all of a folder, is on the disk: before it takes the place of another, not after."""
    for file in [path] if not path.is_dir() else [p for p in path.rglob("*") if p.is_file()]:
        with file.open("r+b") as opened:
            os.fsync(opened.fileno())
    for folder in [path, *path.rglob("*")] if path.is_dir() else []:
        if folder.is_dir():
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere folders can't be opened
        with suppress(OSError):
            opened = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
