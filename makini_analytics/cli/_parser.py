"""How the commands are called: their options, help and exit codes. Loads nothing heavy, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .._version import __version__
from ..errors import ConfigError

#: The report's sections again: asking `reporting` for them would load pandas and matplotlib for ``--help``. A test compares.
SECTIONS = ("findings", "spend", "slippage", "lead_times", "open_orders", "quality", "left_out", "definitions")
_EXITS = """exit codes:
  0    done
  1    an error, which the message on stderr explains
  2    wrong usage
  130  interrupted by Ctrl-C; no half-written file is left"""
_ENVIRONMENT = """environment:
  MAKINI_API_TOKEN  the connection's token, from Makini's dashboard
  MAKINI_BASE_URL   where the API is (default: Makini's own)
  MAKINI_CACHE_DIR  where fetched pages are kept for an hour
An option on the command line goes before its variable."""


class _Once(argparse.Action):
    """Takes a value; a second one would silently replace the first."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        """Keep the value, or refuse it where there is one already."""
        given = vars(namespace).setdefault("given", set())
        if self.dest in given:
            raise argparse.ArgumentError(self, "is given twice, and takes one value" if self.nargs is None else "is given twice: name all after one")  # fmt: skip
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class _Parser(argparse.ArgumentParser):
    """A parser that names the near options of a misspelt one; those of its commands are parsers of this class, too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        self._must_begin_with_a_command(words)
        options, unknown = super().parse_known_args(words, namespace)
        # only a command knows its options; the parser above it would report them as unknown, and no more
        if unknown and self._subparsers is None:
            from ..system import near  # loads numpy, which --help does without

            known = [name for action in self._actions for name in action.option_strings]
            hints = "".join(near(word.partition("=")[0], known) for word in unknown)
            path = next((name for name in ("--out", "--folder") if name in known), None)
            if path and unknown[0][:1] != "-":
                hints = f": pass {path} {unknown[0]}"
            if any(_is_read(word) for word in unknown):
                hints = ": a file is read in Python, by Purchases.from_file"
            self.error(f"unknown: {' '.join(unknown)}{hints}")
        return options, unknown

    def _must_begin_with_a_command(self, words: list[str]) -> None:
        """Refuse an option of a command before it: its value would be taken for the command."""
        own = [name for action in self._actions for name in action.option_strings]
        option = words[0].partition("=")[0] if words else ""
        if self._subparsers and option.startswith("-") and not any(name.startswith(option) for name in own):
            # what follows may be a token, and is not repeated
            self.error(f"{option}: options go after the command, as in {self.prog} report {option} ...")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line: a usage of ten lines above it hides it."""
        if found := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            from ..system import near

            message += near(found[1], [name.strip(" '") for name in found[2].split(",")])
        self.exit(2, f"{self.prog}: error: {message} (--help says more)\n")


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[_Parser]  # generic for type checkers only


def parser() -> argparse.ArgumentParser:
    made = _Parser(
        prog="makini-analytics",
        description="Purchase orders from Makini's unified API: vendor spend, lead times, delivery-date slippage. It only reads.",
        epilog=f"Without a token, start with: makini-analytics demo\n\n{_ENVIRONMENT}\n\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"makini-analytics {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for add in (_demo, _report, _fetch, _lab, _sandbox, _doctor):  # the order of the help
        add(commands)
    return made


def _command(
    commands: Commands, name: str, does: str, more: str, example: str, *, token: bool = False
) -> argparse.ArgumentParser:
    """Add a command, with the parts that the help of each one has: what it does, an example, the exit codes."""
    end = f"example:\n  {example}\n\n" + (f"{_ENVIRONMENT}\n\n" if token else "") + _EXITS
    command = commands.add_parser(
        name,
        help=does,
        description=f"{does[0].upper()}{does[1:]}.\n\n{more}",
        epilog=end,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--quiet", action="store_true", help="print nothing, and show no progress, unless it fails")
    return command


def _demo(commands: Commands) -> None:
    command = _command(
        commands,
        "demo",
        "the whole way on an embedded sandbox: fetch, tidy, compute, report",
        "Needs no token and no network: a Makini on this machine serves made-up orders, with a fault and a\n"
        "rate limit on the way. Writes a page, charts and tables.",
        "makini-analytics demo --out demo-report",
    )
    command.add_argument("--out", default="makini-report", help="folder of the report (default: ./makini-report)")
    _sections(command)


def _report(commands: Commands) -> None:
    command = _command(
        commands,
        "report",
        "fetch a connection's orders and write a report",
        "One report in the format that --out names: a page (.html, or printed: .pdf), a workbook (.xlsx), slides\n"
        "(.pptx), or a folder with a page, charts and tables. The figures are the same in each.",
        "makini-analytics report --since 2025-01-01 --out spend.pptx --sections spend slippage",
        token=True,
    )
    _connection(command)
    command.add_argument("--out", default="makini-report", type=_report_name, metavar="PATH",
                        help="a .html, .pdf, .xlsx or .pptx file, or a folder (default: ./makini-report)")  # fmt: skip
    _sections(command)
    command.add_argument("--template", metavar="FILE", help="a company's .pptx, for a .pptx report")


def _fetch(commands: Commands) -> None:
    command = _command(
        commands,
        "fetch",
        "fetch a connection's orders and save the frames",
        "For a notebook that goes on without the network: ma.Purchases.load('makini-data'). With --history what changed is\n"
        "added to a history, for a daily job: ma.History('makini-history').at('2025-03-31') is what was known on that day.",
        "makini-analytics fetch --connection emea --since 2025-01-01 --out emea\n"
        "  makini-analytics fetch --connection emea --history makini-history --quiet",
        token=True,
    )
    _connection(command)
    where = command.add_mutually_exclusive_group()
    where.add_argument("--out", default="makini-data", metavar="FOLDER", help="folder to save into (default: ./makini-data)")  # fmt: skip
    where.add_argument("--history", metavar="FOLDER", help="folder of a history, to which what changed is added")


def _lab(commands: Commands) -> None:
    command = _command(
        commands,
        "lab",
        "open the notebooks in JupyterLab, on the sandbox or with MAKINI_API_TOKEN",
        "Copies the notebooks into a folder, never over one that is there, and opens them. With a token they\n"
        "show your own orders; without, made-up ones. Needs: pip install 'makini-analytics[all]'",
        "MAKINI_API_TOKEN=... makini-analytics lab --folder my-notebooks",
        token=True,
    )
    command.add_argument(
        "--folder", default="makini-notebooks", help="where your copies are (default: ./makini-notebooks)"
    )
    command.add_argument("--port", type=int, default=0, help="a free one by default")
    command.add_argument("--no-browser", action="store_true", help="open no browser; JupyterLab prints its address")


def _sandbox(commands: Commands) -> None:
    command = _command(
        commands,
        "sandbox",
        "serve the sample as a Makini on this machine until Ctrl-C",
        "Prints the two variables to export in another terminal; then every other command works on it.",
        "makini-analytics sandbox --port 8765",
    )
    command.add_argument("--port", type=int, default=0, help="a free one by default; the tokens are always the same")


def _doctor(commands: Commands) -> None:
    command = _command(
        commands,
        "doctor",
        "say versions, the place of the cache, and whether the token answers",
        "For a first look when something does not work, and for support. The token itself is never shown.",
        "makini-analytics doctor",
        token=True,
    )
    command.add_argument("--token", help="prefer MAKINI_API_TOKEN")
    command.add_argument("--base-url", metavar="URL", help="where the API is")


def _connection(command: argparse.ArgumentParser) -> None:
    token = "the connection's token; other users of this machine can see it here: prefer MAKINI_API_TOKEN"
    command.add_argument("--token", help=token)
    command.add_argument("--connection", default="default", metavar="NAME", help="your name for the connection")
    command.add_argument("--base-url", metavar="URL", help="where the API is (default: Makini's own)")
    command.add_argument("--contract", default="auto", choices=("auto", "v1", "v3", "v4"),
                         help="the API's version; auto asks for it")  # fmt: skip
    command.add_argument("--area", default="erp", help="erp, eam or wms (default: erp)")
    command.add_argument("--delivery-date", default="auto", choices=("auto", "actual", "planned"),
                         help="what the source's delivery date means; auto judges by the data")  # fmt: skip
    command.add_argument(
        "--since", type=_span, metavar="DAY", help="first order day, such as 2025-01-01 or 2025 (default: all)"
    )
    command.add_argument("--until", type=_span, metavar="DAY", help="last order day, such as 2025-12-31 or 2025-06")
    command.add_argument("--refresh", action="store_true", help="ask anew, whatever the cache holds")
    command.add_argument("--offline", action="store_true", help="only the cache, never the network")


def _sections(command: argparse.ArgumentParser) -> None:
    which = f"which, in which order, of {', '.join(SECTIONS)} (default: all)"
    command.add_argument("--sections", nargs="+", metavar="NAME", choices=SECTIONS, help=which)
    command.add_argument("--vendor", metavar="NAME", help="a vendor's name or id: a report of that vendor alone")
    command.add_argument("--currency", metavar="CODE",
                         help="one for all amounts, such as EUR, at the rate of each order's day (extra \"enrich\")")  # fmt: skip
    command.add_argument("--as-of", type=_day, metavar="DAY",
                         help="the day to look from, such as 2025-12-31 (default: the data's own)")  # fmt: skip
    command.add_argument("--title", metavar="TEXT", help="headline of the whole")
    command.add_argument("--raw-csv", action="store_true",
                         help="a folder's tables as they stand; else an apostrophe goes before what a spreadsheet would run")  # fmt: skip
    command.set_defaults(template=None)  # `demo` has no --template, but writes its report as `report` does


def _is_read(word: str) -> bool:
    """Whether a word names a file to read: a workbook that is not there is one to write."""
    return Path(word).suffix in (".csv", ".xls") or (Path(word).suffix == ".xlsx" and Path(word).exists())


def _day(text: str) -> str:
    try:
        return str(date.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2025-01-31") from None


def _span(text: str) -> str:
    """Take a day, or a month, quarter or year, as Python does."""
    try:
        return _day(text)
    except argparse.ArgumentTypeError as e:
        from ..frames import moment_of  # loads pandas, which --help does without

        try:
            moment_of("day", text)
        except ConfigError:
            raise argparse.ArgumentTypeError(f"{e}, month such as 2025-01, or year") from None
        return text


def _report_name(text: str) -> str:
    """Say at once what can't be written, not after the fetch."""
    if Path(text).suffix.lower() not in ("", ".html", ".htm", ".pdf", ".xlsx", ".pptx"):
        raise argparse.ArgumentTypeError(f"{text!r}: a report is a .html, .pdf, .xlsx or .pptx file, or a folder")
    return text
