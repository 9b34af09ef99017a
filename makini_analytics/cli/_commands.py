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
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..errors import ConfigError, SchemaError
from ..purchases import Purchases, checked_folder, concat
from ..system import folder_of
from ._parser import SECTIONS

if TYPE_CHECKING:
    from ..fetch import Client

#: Always the same, because the cache knows a page by its address: a second demo finds the first one's pages.
DEMO_PORT = 8765
#: What the notebooks import, by module name; all of it comes with the extra "all".
_NOTEBOOKS_NEED = ("jupyterlab", "currency_converter", "rapidfuzz", "holidays", "xlsxwriter", "pptx")


def demo(options: argparse.Namespace) -> None:
    """Fetch from an embedded sandbox, with faults on the way, and write a report."""
    from ..demo import sandbox
    from ..fetch import Client
    from ..reporting import checked_out

    checked_out(options.out)
    began = time.monotonic()
    try:
        server = sandbox(port=DEMO_PORT)
    except ConfigError:  # someone else has the port; then the demo just fetches anew
        server = sandbox()
    with server:
        # one of each kind of fault that a client meets: it retries the first, and waits as the second says
        server.misbehave("503", connection="emea", page=2)
        server.misbehave("429", connection="us", page=2, retry_after=1)
        got = []
        for name in ("emea", "us"):
            # not server.client(), whose cache is in memory: the demo is to show that a second run needs no network
            with Client(
                server.tokens[name],
                connection=name,
                base_url=server.base_url,
                backoff=0.5,
                progress=_progress(options),
            ) as client:
                got.append(client.fetch_purchases())
        data = concat(got)
        n_requests = len(server.requests)
    how = f"Fetched from a sandbox at {server.base_url} in {n_requests} requests, a 503 and a rate limit on the way."
    _write(data, options, how)
    _say(options, f"Took {time.monotonic() - began:.0f} s.")


def report(options: argparse.Namespace) -> None:
    """Fetch a connection's orders and write a report."""
    from ..reporting import checked_out

    # before the fetch: minutes of it must not end in "choose another folder"
    checked_out(options.out, options.template)
    data = _fetch(options)
    _write(data, options, f"Fetched from {data.sources['source'].iloc[0]}.")


def fetch(options: argparse.Namespace) -> None:
    """Fetch a connection's orders and save the frames, or add what changed to a history."""
    if options.history is not None:
        from ..history import History

        history = History(options.history)
        with _client(options) as client:
            snapshots = client.fetch_purchases(options.since, options.until, refresh=options.refresh, to=history)
        told = [
            f"{x.connection}: {x.n_new:,} new orders, {x.n_changed:,} changed, {x.n_gone:,} gone, {x.n_same:,} the same"
            for x in snapshots.itertuples()
        ]
        _say(options, "\n".join(told or ["Nothing was added: this snapshot is known."]))
        _say(options, f"History: {options.history}; read it with ma.History({options.history!r}).at('2025-03-31')")
        return
    folder = folder_of("out", options.out)
    try:
        checked_folder(folder)  # before the fetch: minutes of it must not end in "choose another folder"
    except SchemaError as e:
        raise ConfigError(str(e)) from None  # here the folder is an option of the command, not somebody's data
    data = _fetch(options)
    data.save(folder)
    _say(options, f"{data}\nSaved in {folder}; load it with ma.Purchases.load({str(folder)!r})")


def lab(options: argparse.Namespace) -> None:
    """Copy the notebooks, never over one that is there, and start JupyterLab there."""
    missing = [name for name in _NOTEBOOKS_NEED if not find_spec(name)]
    if "jupyterlab" in missing:
        raise ConfigError("JupyterLab is not installed: pip install 'makini-analytics[all]'")
    installed = Path(__file__).parents[1] / "_notebooks"  # where the wheel puts them; a checkout has them at its root
    ours = installed if installed.is_dir() else Path(__file__).parents[2] / "notebooks"
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for book in sorted(ours.glob("*.ipynb")):
        if not (folder / book.name).exists():  # a copy that is there may have been worked in
            shutil.copyfile(book, folder / book.name)
    own = "your token (MAKINI_API_TOKEN)" if os.environ.get("MAKINI_API_TOKEN") else "the sandbox"
    _say(options, f"Notebooks in {folder.resolve()}, on {own}; Ctrl-C ends JupyterLab.")
    if missing:
        _say(options, f"Some cells need more ({', '.join(missing)}): pip install 'makini-analytics[all]'")
    words = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", f"--port={options.port}"]
    words += ["--LabApp.default_url=/lab/tree/01_first_look.ipynb"]
    # neither news nor updates are asked for: the toolkit talks to Makini and to nobody else
    words += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words += ["--no-browser"] if options.no_browser else []
    words += ["--log-level=ERROR"] if options.quiet else []
    # Jupyter refuses to run as root unless that is meant; in a container it is the usual user
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
        while True:  # the server has threads of its own; Ctrl-C ends the sleep
            time.sleep(3600)


def doctor(options: argparse.Namespace) -> None:
    """Say versions, the place of the cache, and whether the token answers."""
    from ..fetch import Client

    _say(options, f"makini-analytics {__version__}, Python {sys.version.split()[0]}")
    for name in ("pandas", "numpy", "requests", "requests-cache", "urllib3", "matplotlib", "ipywidgets"):
        _say(options, f"  {name} {version(name)}")
    given = options.token or os.environ.get("MAKINI_API_TOKEN")
    # a client refuses to be made without a token, but the cache's place is worth saying all the same
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


def _fetch(options: argparse.Namespace) -> Purchases:
    with _client(options) as client:
        data: Purchases = client.fetch_purchases(options.since, options.until, refresh=options.refresh)
    return data


def _client(options: argparse.Namespace) -> Client:
    from ..fetch import Client

    if not (options.token or os.environ.get("MAKINI_API_TOKEN", "")).strip():
        raise ConfigError(
            "no token: set the environment variable MAKINI_API_TOKEN; Makini's dashboard makes one per connection. "
            "Without one, start with: makini-analytics demo"
        )
    return Client(
        options.token,
        connection=options.connection,
        base_url=options.base_url,
        contract=options.contract,
        area=options.area,
        delivery_date=options.delivery_date,
        offline=options.offline,
        progress=_progress(options),
    )


def _write(data: Purchases, options: argparse.Namespace, how: str) -> None:
    from ..reporting import content, write
    from ..system import steps

    with steps("report", len(options.sections or SECTIONS) + 1, _progress(options)) as begin:
        made = content(
            data,
            sections=options.sections,
            vendor=options.vendor,
            currency=options.currency,
            as_of=options.as_of,
            title=options.title,
            begin=begin,
        )
        begin("writing")
        target = write(made, options.out, template=options.template, raw_csv=options.raw_csv)
    cached = data.sources["from_cache"].fillna(False)
    _say(options, "All pages came from the cache; nothing was fetched." if cached.all() else how)
    # before the figures what they are of: the days, the currency, and the lines that are not in it
    for sentence in (made.subtitle, *made.data_line):
        _say(options, sentence)
    for what, how_much in made.summary:
        _say(options, f"  {what + ':':<32} {how_much}")
    beside = "" if Path(options.out).suffix else f" (charts and tables beside it in {options.out}/)"
    _say(options, f"Report: {target}{beside}")


def _progress(options: argparse.Namespace) -> bool | None:
    """Return the ``progress=`` of the functions: never with --quiet, else where a terminal is watching."""
    return False if options.quiet else None


def _say(options: argparse.Namespace, text: Any) -> None:
    """Print, unless --quiet; a reader who has left (``| head -1``) does not stop the work."""
    if options.quiet:
        return
    try:
        print(text, flush=True)
    except BrokenPipeError:
        options.quiet = True
        # at exit Python flushes what is left in the buffer, which would fail once more, with a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
