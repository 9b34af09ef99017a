"""A page as PDF, printed by the browser that is on the machine: it has the fonts, and breaks pages as the page's own print rules say."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..errors import ConfigError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
#: Where browsers are that are on no path: on a Mac, and on Windows.
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
#: Seconds for a page of some megabytes on a busy machine.
_PATIENCE = 180


def browser() -> str:
    """Return the browser that prints: the one that ``CHROMIUM`` names, else the first that is there; or raise `ConfigError`."""
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return found
        raise ConfigError(f"CHROMIUM names {named}, which can't be run: name a Chromium, Chrome or Edge")
    for name in (*_NAMES, *_PLACES):
        if found := shutil.which(name):
            return found
    raise ConfigError(
        "a .pdf is printed by Chromium, Chrome or Edge, and there is none: install one, name it in the environment variable "
        "CHROMIUM, or write .html and print that"
    )


def print_page(page: str, path: Path) -> None:
    """Print a page into a PDF file."""
    with tempfile.TemporaryDirectory() as folder:
        html, pdf = Path(folder) / "page.html", Path(folder) / "page.pdf"
        html.write_text(page, encoding="utf-8")
        # Chromium's sandbox refuses to run as root, as containers do; the page asks for nothing, and its only script is ours
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        command = [browser(), "--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions",
                   f"--user-data-dir={folder}/profile", *(["--no-sandbox"] if root else []),
                   f"--print-to-pdf={pdf}", html.as_uri()]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise ConfigError(f"{command[0]} did not print within {_PATIENCE} seconds") from None
        if done.returncode or not pdf.exists():
            raise ConfigError(f"{command[0]} did not print: {done.stderr.strip()[-300:]}")
        shutil.copyfile(pdf, path)
