"""A filter bar in the notebook over the same functions; no logic of its own.

Each explorer shows a chart, its table, and the line of code that gives the same: copy it, and go on without widgets. A click
on a bar opens its order lines. JupyterLab, Notebook 7 and VS Code run its ipywidgets. Where they can't run (marimo, a page of the
web, a printed notebook) the chart, the code and the table stay as they were first shown.
"""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
