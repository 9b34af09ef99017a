"""The command line: ``makini-analytics demo | fetch | report | lab | sandbox | doctor``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import __version__
from .errors import ConfigError, MakiniError
from .purchases import Purchases, concat

DEMO_PORT = 8765  # so that a second demo finds the first one's pages in the cache


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 an error of ours, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(argv)
    try:
        options.run(options)
    except MakiniError as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="makini-analytics",
        description="Purchase orders from Makini's unified API: vendor spend, lead times, delivery-date slippage. It only reads.",
    )
    parser.add_argument("--version", action="version", version=f"makini-analytics {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the whole way on an embedded sandbox: fetch, tidy, compute, report")
    demo.add_argument("--out", default="makini-report", help="folder of the report (default: ./makini-report)")
    _sections(demo)
    demo.add_argument("--quiet", action="store_true", help="no progress bar and no summary")
    demo.set_defaults(run=_demo)

    for name, what, run in (
        ("report", "fetch and write a report", _report),
        ("fetch", "fetch and save the frames", _fetch),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument(
            "--token",
            help="the connection's token; other users of this machine can see it here: prefer MAKINI_API_TOKEN",
        )
        command.add_argument("--connection", default="default", help="your name for the connection")
        command.add_argument("--base-url", help="where the API is (default: MAKINI_BASE_URL, else Makini's own)")
        command.add_argument("--contract", default="auto", help="auto, v3, v4 or v1")
        command.add_argument("--area", default="erp", help="erp, eam or wms")
        command.add_argument(
            "--delivery-date", default="auto", help="what the source's delivery date means: auto, actual or planned"
        )
        command.add_argument("--since", help="first order day, such as 2025-01-01")
        command.add_argument("--until", help="last order day")
        command.add_argument("--refresh", action="store_true", help="ask anew, whatever the cache holds")
        command.add_argument("--offline", action="store_true", help="only the cache, never the network")
        command.add_argument("--quiet", action="store_true", help="no progress bar and no summary")
        command.add_argument(
            "--out",
            default="makini-report" if name == "report" else "makini-data",
            help="folder to write to" + (", or a .html, .xlsx or .pptx file" if name == "report" else ""),
        )
        if name == "report":
            _sections(command)
            command.add_argument("--template", help="a company's .pptx, for a .pptx report")
        command.set_defaults(run=run)

    lab = commands.add_parser("lab", help="open the notebooks in JupyterLab, on the sandbox or with MAKINI_API_TOKEN")
    lab.add_argument("--folder", default="makini-notebooks", help="where your copies are (default: ./makini-notebooks)")
    lab.add_argument("--port", type=int, default=0, help="a free one by default")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.set_defaults(run=_lab)

    sandbox = commands.add_parser("sandbox", help="serve the sample as a Makini on loopback until Ctrl-C")
    sandbox.add_argument("--port", type=int, default=0, help="a free one by default")
    sandbox.set_defaults(run=_sandbox)

    doctor = commands.add_parser("doctor", help="versions, cache place, and whether the token answers")
    doctor.add_argument("--token", help="prefer MAKINI_API_TOKEN")
    doctor.add_argument("--base-url")
    doctor.set_defaults(run=_doctor)
    return parser


def _sections(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sections",
        nargs="+",
        metavar="NAME",
        help="of quality, spend, lead_times, slippage, open_orders, left_out, definitions (default: all)",
    )
    command.add_argument("--vendor", help="a vendor's name or id: a report of that vendor alone")
    command.set_defaults(template=None)


def _demo(options: argparse.Namespace) -> None:
    from .sandbox_server import sandbox

    began = time.monotonic()
    try:
        server = sandbox(port=DEMO_PORT)
    except ConfigError:  # taken by someone else
        server = sandbox()
    with server:
        server.misbehave("503", connection="emea", page=2)
        server.misbehave("429", connection="us", page=2, retry_after=1)
        show = None if not options.quiet else False
        got = []
        for name in ("emea", "us"):
            # The cache's usual place: "cache_dir" is left to the client.
            from .client import Client

            with Client(
                server.tokens[name], connection=name, base_url=server.base_url, backoff=0.5, progress=show
            ) as client:
                got.append(client.fetch_purchases())
        data = concat(got)
        asked = len(server.requests)
    _write(
        data,
        options,
        f"Fetched from a sandbox at {server.base_url} in {asked} requests, a 503 and a rate limit on the way.",
    )
    if not options.quiet:
        print(f"Took {time.monotonic() - began:.0f} s.")


def _client(options: argparse.Namespace) -> Any:
    from .client import Client

    return Client(
        options.token,
        connection=options.connection,
        base_url=options.base_url,
        contract=options.contract,
        area=options.area,
        delivery_date=options.delivery_date,
        offline=options.offline,
        progress=False if options.quiet else None,
    )


def _fetched(options: argparse.Namespace) -> Purchases:
    with _client(options) as client:
        data: Purchases = client.fetch_purchases(options.since, options.until, refresh=options.refresh)
    return data


def _report(options: argparse.Namespace) -> None:
    data = _fetched(options)
    _write(data, options, f"Fetched from {data.sources['source'].iloc[0]}.")


def _write(data: Purchases, options: argparse.Namespace, how: str) -> None:
    from .reporting import content, write

    made = content(data, sections=options.sections, vendor=options.vendor)
    target = write(made, options.out, template=options.template)
    if options.quiet:
        return
    cached = data.sources["from_cache"].fillna(False)
    print("All pages came from the cache; nothing was fetched." if cached.all() else how)
    for what, how_much in made.summary:
        print(f"  {what + ':':<30} {how_much}")
    print(
        f"Report: {target}" + ("" if Path(options.out).suffix else f" (charts and tables beside it in {options.out}/)")
    )


def _fetch(options: argparse.Namespace) -> None:
    data = _fetched(options)
    folder = data.save(options.out)
    if not options.quiet:
        print(data)
        print(f"Saved in {folder}; load it with ma.Purchases.load({str(folder)!r})")


def _lab(options: argparse.Namespace) -> None:
    """Copy the notebooks, never over a changed one, and start JupyterLab there."""
    if not find_spec("jupyterlab"):
        raise ConfigError("JupyterLab is not installed: pip install 'makini-analytics[notebook]'")
    inside = Path(__file__).with_name("_notebooks")
    ours = inside if inside.is_dir() else Path(__file__).parents[1] / "notebooks"
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for book in sorted(ours.glob("*.ipynb")):
        if not (folder / book.name).exists():
            shutil.copyfile(book, folder / book.name)
    own = "your token (MAKINI_API_TOKEN)" if os.environ.get("MAKINI_API_TOKEN") else "the sandbox"
    print(f"Notebooks in {folder.resolve()}, on {own}; Ctrl-C ends JupyterLab.", flush=True)
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", f"--port={options.port}"]
    words += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words += ["--no-browser"] if options.no_browser else []
    # as root, as in a container, Jupyter asks to be told that this is meant
    words += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    code = subprocess.run(words, check=False).returncode
    if code:
        raise ConfigError(f"JupyterLab ended with code {code}; its own words are above")


def _sandbox(options: argparse.Namespace) -> None:
    from .sandbox_server import sandbox

    with sandbox(port=options.port) as server:
        print(
            f"A Makini on {server.base_url}, connections {', '.join(server.tokens)}; Ctrl-C ends it. To connect:",
            flush=True,
        )
        print(f"export MAKINI_BASE_URL={server.base_url}")
        print(f"export MAKINI_API_TOKEN={next(iter(server.tokens.values()))}")
        print("python -c 'import makini_analytics as ma; print(ma.Client().fetch_purchases())'", flush=True)
        while True:
            time.sleep(3600)


def _doctor(options: argparse.Namespace) -> None:
    from .client import Client

    print(f"makini-analytics {__version__}, Python {sys.version.split()[0]}")
    for name in ("pandas", "numpy", "requests", "requests-cache", "urllib3", "matplotlib", "ipywidgets"):
        print(f"  {name} {version(name)}")
    given = options.token or os.environ.get("MAKINI_API_TOKEN")
    client = Client(options.token if given else "none", base_url=options.base_url)
    path = client.cache_path
    if path is not None:
        kept = list(path.parent.glob("*.sqlite")) if path.parent.exists() else []
        size = sum(f.stat().st_size for f in kept) / 1e6
        print(
            f"Cache: {path.parent} ({len(kept)} files, {size:.1f} MB, {'writable' if os.access(path.parent, os.W_OK) else 'not writable'})"
        )
    if not given:
        print("Token: none set (MAKINI_API_TOKEN); try `makini-analytics demo`")
        return
    print(f"Token: {client.check()}")


if __name__ == "__main__":
    sys.exit(main())
