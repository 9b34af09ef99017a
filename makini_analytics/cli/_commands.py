"""What the commands of the command line do, one function each; `_parser` says how they are called."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import ConfigError
from ..purchases import Purchases, concat
from ..system import whole
from ._parser import SECTIONS

DEMO_PORT = 8765  # so that a second demo finds the first one's pages in the cache
#: What the notebooks take beyond JupyterLab.
_NOTEBOOKS_NEED = ("jupyterlab", "currency_converter", "rapidfuzz", "holidays", "xlsxwriter", "pptx")


def demo(options: argparse.Namespace) -> None:
    """Fetch from an embedded sandbox, with faults on the way, and write a report."""
    from ..demo import sandbox
    from ..fetch import Client

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
            with Client(
                server.tokens[name], connection=name, base_url=server.base_url, backoff=0.5, progress=show
            ) as client:
                got.append(client.fetch_purchases())
        data = concat(got)
        asked = len(server.requests)
    how = f"Fetched from a sandbox at {server.base_url} in {asked} requests, a 503 and a rate limit on the way."
    _write(data, options, how)
    _say(options, f"Took {time.monotonic() - began:.0f} s.")


def report(options: argparse.Namespace) -> None:
    """Fetch a connection's orders and write a report."""
    data = _fetched(options)
    _write(data, options, f"Fetched from {data.sources['source'].iloc[0]}.")


def fetch(options: argparse.Namespace) -> None:
    """Fetch a connection's orders and save the frames."""
    folder = Path(options.out)
    if folder.exists() and not (folder / "purchases.json").exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} holds other files: choose a new or empty folder")  # before the fetch, not after
    data = _fetched(options)
    with whole(folder) as part:
        data.save(part)
    _say(options, f"{data}\nSaved in {folder}; load it with ma.Purchases.load({str(folder)!r})")


def lab(options: argparse.Namespace) -> None:
    """Copy the notebooks, never over one that is there, and start JupyterLab there."""
    missing = [name for name in _NOTEBOOKS_NEED if not find_spec(name)]
    if "jupyterlab" in missing:
        raise ConfigError("JupyterLab is not installed: pip install 'makini-analytics[all]'")
    inside = Path(__file__).parents[1] / "_notebooks"
    ours = inside if inside.is_dir() else Path(__file__).parents[2] / "notebooks"
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for book in sorted(ours.glob("*.ipynb")):
        if not (folder / book.name).exists():
            shutil.copyfile(book, folder / book.name)
    own = "your token (MAKINI_API_TOKEN)" if os.environ.get("MAKINI_API_TOKEN") else "the sandbox"
    _say(options, f"Notebooks in {folder.resolve()}, on {own}; Ctrl-C ends JupyterLab.")
    if missing:
        _say(options, f"Some cells need more ({', '.join(missing)}): pip install 'makini-analytics[all]'")
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", f"--port={options.port}"]
    words += ["--LabApp.default_url=/lab/tree/01_first_look.ipynb"]
    words += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words += ["--no-browser"] if options.no_browser else []
    words += ["--log-level=ERROR"] if options.quiet else []
    # as root, as in a container, Jupyter asks to be told that this is meant
    words += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    code = subprocess.run(words, check=False).returncode
    if code:
        raise ConfigError(f"JupyterLab ended with code {code}; its own words are above")


def sandbox(options: argparse.Namespace) -> None:
    """Serve the sample until Ctrl-C, and say how to connect."""
    from ..demo import sandbox as serve

    with serve(port=options.port) as server:
        names = ", ".join(server.tokens)
        _say(options, f"A Makini on {server.base_url}, connections {names}; Ctrl-C ends it. To connect:")
        _say(options, f"export MAKINI_BASE_URL={server.base_url}")
        _say(options, f"export MAKINI_API_TOKEN={next(iter(server.tokens.values()))}")
        _say(options, "python -c 'import makini_analytics as ma; print(ma.Client().fetch_purchases())'")
        while True:
            time.sleep(3600)


def doctor(options: argparse.Namespace) -> None:
    """Say versions, the place of the cache, and whether the token answers."""
    from ..fetch import Client

    _say(options, f"makini-analytics {__version__}, Python {sys.version.split()[0]}")
    for name in ("pandas", "numpy", "requests", "requests-cache", "urllib3", "matplotlib", "ipywidgets"):
        _say(options, f"  {name} {version(name)}")
    given = options.token or os.environ.get("MAKINI_API_TOKEN")
    client = Client(options.token if given else "none", base_url=options.base_url)
    path = client.cache_path
    if path is not None:
        kept = list(path.parent.glob("*.sqlite")) if path.parent.exists() else []
        size = sum(f.stat().st_size for f in kept) / 1e6
        can = "writable" if os.access(path.parent, os.W_OK) else "not writable"
        _say(options, f"Cache: {path.parent} ({len(kept)} files, {size:.1f} MB, {can})")
    if given:
        _say(options, f"Token: {client.check()}")
    else:
        _say(options, "Token: none set (MAKINI_API_TOKEN); try `makini-analytics demo`")


def _fetched(options: argparse.Namespace) -> Purchases:
    from ..fetch import Client

    with Client(
        options.token,
        connection=options.connection,
        base_url=options.base_url,
        contract=options.contract,
        area=options.area,
        delivery_date=options.delivery_date,
        offline=options.offline,
        progress=False if options.quiet else None,
    ) as client:
        data: Purchases = client.fetch_purchases(options.since, options.until, refresh=options.refresh)
    return data


def _write(data: Purchases, options: argparse.Namespace, how: str) -> None:
    from ..reporting import content, write
    from ..system import steps

    with steps("report", len(options.sections or SECTIONS) + 1, False if options.quiet else None) as tell:
        made = content(data, sections=options.sections, vendor=options.vendor, tell=tell)
        tell("writing")
        target = write(made, options.out, template=options.template)
    cached = data.sources["from_cache"].fillna(False)
    _say(options, "All pages came from the cache; nothing was fetched." if cached.all() else how)
    for what, how_much in made.summary:
        _say(options, f"  {what + ':':<30} {how_much}")
    beside = "" if Path(options.out).suffix else f" (charts and tables beside it in {options.out}/)"
    _say(options, f"Report: {target}{beside}")


def _say(options: argparse.Namespace, text: Any) -> None:
    """Print, unless asked to be quiet; a reader who has left (``| head -1``) does not stop the work."""
    if options.quiet:
        return
    try:
        print(text, flush=True)
    except BrokenPipeError:
        options.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in the buffer goes nowhere
