"""A chart as a file, and its text for those who don't see it."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from ..charts import SIZES, resize, write_chart
from ..charts import alt_text as alt_text
from ..errors import ConfigError
from ..system import known_options, path_of, whole


@known_options
def save(ax: Axes, path: str | Path, *, size: str | None = None) -> Path:
    """Write a chart as PNG (200 dpi) or SVG, with its alt text in the file; the same data give the same bytes.

    The file is there whole or not at all; one of that name is replaced.

    Parameters
    ----------
    ax : what a ``plot_*`` function returned
    path : where to; its ending, ``.png`` or ``.svg``, is the format
    size : "slide" (10.0 x 5.6 inches), "half" (6.0 x 4.6) or "column" (7.0 x 4.2); by default as large as it is.
        Letters stay large enough to be read: rows and columns that have no room are left out, and the subtitle says how many

    Returns
    -------
    Path of the file

    Raises
    ------
    ConfigError
        Another ending or size.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from makini_analytics import spend, style
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b"], "currency": "EUR", "amount": [90.0, 10.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     style.save(spend.plot_by_vendor(lines), f"{folder}/spend.png", size="half").name
    'spend.png'
    """
    path = path_of("path", path)
    if not isinstance(ax, Axes):
        raise ConfigError(f"save takes the axes of a chart, as plot_* return them, not {type(ax).__name__}")
    if path.suffix.lower() not in (".png", ".svg") or path.is_dir():
        raise ConfigError(f"{path.name}: save charts as .png or .svg")
    if size is not None and (not isinstance(size, str) or size not in SIZES):
        raise ConfigError(f"size={size!r}: pass one of {', '.join(SIZES)}")
    if size:
        resize(ax, *SIZES[size])
    with whole(path) as new:
        write_chart(ax, new)
    return path
