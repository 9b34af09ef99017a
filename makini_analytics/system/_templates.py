"""HTML templates: one environment for every room, so that escaping is a setting and not something to remember at each text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here: most programs that import us write no HTML

    return Environment(
        loader=PackageLoader("makini_analytics", ""),
        autoescape=True,  # whatever the file is called: Jinja's own default looks at the ending, and does not know .j2
        undefined=StrictUndefined,  # a misspelt name is an error, not an empty cell
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def template(name: str) -> Template:
    """Return a template by its path in the package, such as ``"reporting/page.html.j2"``: each room keeps its own."""
    return _environment().get_template(name)
