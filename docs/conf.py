"""Settings of the documentation site. Build it, strictly: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from makini_analytics import __version__  # noqa: E402

project = "makini_analytics"
copyright = "the makini_analytics authors"
release = version = __version__

extensions = ["sphinx.ext.autodoc", "myst_nb", "sphinx_copybutton", "generator.extension"]
exclude_patterns = ["_build", "notes", "generator"]
nitpicky = True  # a link to nothing is a warning, and -W makes it an error
nitpick_ignore_regex = [("py:.*", r"(?!makini_analytics).*")]  # names of other packages: their sites are on the network
default_role = "py:obj"

autodoc_typehints = "none"  # the docstrings say what an argument may be
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
add_module_names = False

myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks are kept with their outputs; a test runs them
nb_ipywidgets_js = {}  # widgets would be loaded from a CDN
suppress_warnings = ["myst.header"]  # a notebook may begin below its title

html_theme = "furo"  # no font and no script from elsewhere
html_title = f"makini_analytics {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
