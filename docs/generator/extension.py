"""The Sphinx extension: pages are generated before reading, docstrings converted, and nothing public may be missing."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import docstrings, pages
from .names import ROOMS, figures, known, plots

log = logging.getLogger(__name__)


class Chart(SphinxDirective):
    """The picture of a chart with its alt text; a click leads to a function, by a link that the build checks."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged_required, "link": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the picture, in a link where one is given."""
        name = self.options["name"]
        uri = f"/gallery/images/{name}.png"
        picture = nodes.image("", uri=uri, alt=" ".join(self.content), classes=["chart"], loading="lazy")
        self.env.note_dependency(self.env.relfn2path(uri)[1])
        inner: nodes.Node = picture
        if link := self.options.get("link"):
            inner = addnodes.pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=link,
                refexplicit=True,
                refwarn=True,
                refdoc=self.env.docname,
            )
            inner += picture
        return [nodes.container("", nodes.paragraph("", "", inner), classes=["chart"])]


def _generate(app: Sphinx) -> None:
    pages.write(Path(app.srcdir), Path(app.srcdir).parent)


def _converted(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Convert a docstring in place; on a figure's own page without the definition, which stands above."""
    text = inspect.cleandoc("\n".join(lines))
    with_head = not app.env.docname.startswith("figures/")
    try:
        lines[:] = docstrings.as_rst(text, name, with_head=with_head)
    except docstrings.UnknownName as error:
        log.warning("%s", error, location=app.env.docname)


def _complete(app: Sphinx, env: Any) -> None:
    """Warn, which a strict build takes as an error, of each public name that no page documents."""
    documented = {entry[0] for entry in env.get_domain("py").get_objects()}
    for full in sorted(set(known().values()) - documented):
        log.warning("%s is public and on no page", full)
    for room in ROOMS:
        for name in figures(room):
            if f"figures/{room}.{name}" not in env.all_docs:
                log.warning("%s.%s has no page of its own", room, name)
        for name in plots(room):
            if not any(path.endswith(f"gallery/images/{room}.{name}.png") for path in env.images):
                log.warning("%s.%s is missing from the gallery", room, name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("chart", Chart)
    app.connect("builder-inited", _generate)
    app.connect("autodoc-process-docstring", _converted)
    app.connect("env-check-consistency", _complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
