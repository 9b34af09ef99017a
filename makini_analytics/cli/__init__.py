"""The command line: ``makini-analytics demo | fetch | report | lab | sandbox | doctor``."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import MakiniError
from ._parser import parser

__all__ = ["main"]


def __dir__() -> list[str]:
    return sorted(__all__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 an error that the message explains, 2 wrong usage, 130 interrupted."""
    try:
        options = parser().parse_args(argv)
        from . import _commands  # the frames and charts take a second to load, and --help needs none of them

        with warnings.catch_warnings():
            warnings.showwarning = _warn
            if (
                options.quiet
            ):  # nothing is lost: each warning is a note in the report, and in the sources of what is saved
                warnings.simplefilter("ignore")
            getattr(_commands, options.command)(options)
    except (MakiniError, OSError) as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        if threading.active_count() > 1:
            # At exit Python joins the threads that wait for an answer, for up to a minute. Leaving them is safe: the cache
            # takes a page in one transaction, and files appear whole or not at all.
            os._exit(130)
        return 130
    return 0


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning as a sentence, without the line of code that it comes from."""
    print(f"Warning: {message}", file=sys.stderr)
