"""The documentation site: nothing public is missing, every picture is there, and it is built strictly without a network."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import makini_analytics as ma

ROOT = Path(__file__).parents[2]
ROOMS = ("spend", "lead_times", "slippage", "quality")
PAPERS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


@pytest.fixture
def generator(monkeypatch):
    """The modules that write the generated pages; they need the package and no Sphinx."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import generator.calls
    import generator.docstrings
    import generator.names
    import generator.pages

    return generator


def test_docstrings_convert_and_link_to_public_names_only(generator):
    names = generator.names.known()
    assert {f"{r}.{n}" for r in ROOMS for n in (*generator.names.figures(r), *generator.names.plots(r))} <= set(names)
    for short in names:
        value = generator.pages.public(short)
        if isinstance(doc := getattr(value, "__doc__", None), str):
            assert generator.docstrings.as_rst(generator.docstrings.clean(doc), names[short])  # UnknownName says which


def test_examples_of_the_generator(generator):
    for module in (generator.calls, generator.docstrings, generator.names, generator.pages):
        assert doctest.testmod(module).failed == 0, module.__name__


def test_hand_written_notes_are_of_figures_that_exist(generator):
    for room in ROOMS:
        notes = generator.pages.notes_of(ROOT / "docs" / "notes" / f"{room}.md")
        assert set(notes) <= set(generator.names.figures(room)), room
        for name, text in notes.items():
            assert re.findall(r"^## (.+)$", text, re.M) == ["Formula", "Source", "Pitfalls"], name


def test_numbered_definitions_and_pitfalls_are_all_there_and_those_named_exist():
    said = "\n".join(
        p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in p.parts
    )
    for letter, page, last in (("d", "definitions", 23), ("p", "pitfalls", 37)):
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        assert re.findall(rf"^\({letter}(\d+)\)=$", text, re.M) == [str(n) for n in range(1, last + 1)]
        assert {int(n) for n in re.findall(rf"\(#{letter}(\d+)\)", said)} <= set(range(1, last + 1))


def test_every_line_of_code_in_the_lists_is_of_a_public_name(generator):
    public = set(generator.names.known())
    assert set(generator.calls.CALLS) <= public
    assert {c for c in generator.calls.DRAWS if c in public}
    for room in ROOMS:
        for name in generator.names.plots(room):
            compile(generator.calls.call(f"{room}.{name}"), name, "eval")


def test_the_price_list_of_the_gallery_is_in_the_units_that_were_paid(generator):
    """Cable glands are quoted per 100: a list without the price unit made every bar of the gallery −99 %."""
    rates = generator.calls.Sample().run("spend.agreed_prices")["difference_rate"]
    assert rates.abs().max() < 0.5


def test_the_papers_name_no_file_that_is_not_there():
    for paper in PAPERS:
        text = (ROOT / paper).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
            assert (ROOT / target).exists(), f"{paper}: {target}"


class _Page(HTMLParser):
    """Ids, links and pictures of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.charts: dict[str, tuple[str, bool]] = {}
        self._in_link = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if "id" in a:
            self.ids.add(a["id"])
        if tag == "a":
            self._in_link = True
            self.links += [a["href"]] if a.get("href") else []
        if tag in ("script", "img", "iframe") and a.get("src"):
            self.loaded.append(a["src"])
        if tag == "link" and a.get("href") and a.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(a["href"])
        if tag == "img" and "chart" in a.get("class", ""):
            self.charts[Path(a["src"]).stem] = (a.get("alt", ""), self._in_link)

    def handle_endtag(self, tag):
        self._in_link = self._in_link and tag != "a"


@pytest.mark.full
def test_the_site_is_built_strictly_and_is_whole(generator, tmp_path):
    for needed in ("sphinx", "myst_nb", "furo", "sphinx_copybutton", "currency_converter"):
        if find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: pip install '.[docs]'")
    for folder in ("docs", "notebooks"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("_build", "__pycache__", "out", "meeting")
        )
    for paper in PAPERS:
        shutil.copy(ROOT / paper, tmp_path / paper)
    out = tmp_path / "html"
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        str(tmp_path / "docs"),
        str(out),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    pages = {p.relative_to(out).as_posix(): _Page(p) for p in sorted(out.rglob("*.html"))}
    anchors = {i.removeprefix("module-") for page in pages.values() for i in page.ids}
    gallery = pages["gallery/index.html"].charts
    for room in ROOMS:
        for name in generator.names.figures(room):
            assert f"makini_analytics.{room}.{name}" in pages[f"figures/{room}.{name}.html"].ids
        drawn = generator.names.plots(room)
        assert drawn
        for name in drawn:
            assert f"makini_analytics.{room}.{name}" in anchors
            alt, leads_somewhere = gallery[f"{room}.{name}"]
            assert len(alt) > 40, name
            assert leads_somewhere, name
            assert (out / "_images" / f"{room}.{name}.png").stat().st_size > 5_000
    assert set(generator.names.known().values()) <= anchors
    assert len([p for p in pages if p.startswith("notebooks/0")]) == len(list((ROOT / "notebooks").glob("*.ipynb")))

    for path, page in pages.items():
        assert [x for x in page.loaded if urlsplit(x).scheme in ("http", "https") or x.startswith("//")] == [], path
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (out / path).parent / unquote(parts.path) if parts.path else out / path
            assert target.exists(), f"{path}: {link}"
            at = target.resolve().relative_to(out.resolve()).as_posix()
            if parts.fragment and at in pages:
                assert unquote(parts.fragment) in pages[at].ids, f"{path}: {link}"


def test_a_contact_sheet_has_every_chart(generator):
    """One case in full; the others differ in their lines, size and look alone."""
    import generator.contact_sheet as sheets

    assert {"sample", "one_vendor", "three_lines", "3000_vendors", "long_names", "eight_currencies", "half_size", "dark", "company"} <= set(sheets.CASES)  # fmt: skip
    drawn = {generator.calls.PICTURES.get(n, n).partition("(")[0].split(".")[-1] for n in sheets.names()}
    assert drawn >= {n for n in ma.__all__ if n.startswith("plot_")}
    scope = generator.calls.Sample().names
    figure = sheets.drawn("spend.plot_by_vendor", sheets.CASES["given_dark_axes"], scope)
    assert len(figure.axes) == 2
    lines = scope["lines"]
    assert sheets.CASES["3000_vendors"].lines(lines)["vendor_id"].nunique() >= 3000
    assert len(sheets.CASES["three_lines"].lines(lines)) == 3
    assert sheets.CASES["one_vendor"].lines(lines)["vendor_id"].nunique() == 1


def test_help_of_contact_sheets_is_no_folder(generator, capsys):
    import generator.contact_sheet as sheets

    with pytest.raises(SystemExit):
        sheets.arguments(["--help"])
    assert "long_names" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        sheets.arguments(["out", "no_such_case"])
    asked = sheets.arguments(["out", "dark"])
    assert (asked.folder.name, asked.cases) == ("out", ["dark"])


@pytest.mark.full
def test_every_contact_sheet_is_drawn(generator, tmp_path):
    import generator.contact_sheet as sheets

    sheets.main(tmp_path)
    assert {p.stem for p in tmp_path.glob("*.png")} == set(sheets.CASES)
