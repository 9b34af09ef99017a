"""The explorer's widget: filters, the code, the chart with a button on each bar, the lines behind a bar, the table, the exports."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from .. import charts, style
from ..compute import Figure, rows_passed
from ..errors import ConfigError, MakiniError
from ..frames import FILTERS, categoricals, encode, narrowed_to, write_csv
from ..system import flag_of, folder_of, whole
from ._bars import Bar, bars_of
from ._filters import NAMED, Filters, named_like
from ._html import html, table_of
from ._source import Part, Source, spoken

#: Crisp enough on a screen, and small enough to be sent to it at every click.
_DPI = 90
#: To which part of its width a picture shrinks: its names and numbers are then 9 pixels high.
_LEAST = 0.76
#: Rows that are shown of a result, and of the order lines behind a bar; the exports have all of them.
_MOST_ROWS, _MOST_LINES = 25, 200
#: Letters of code that fit a row of its box, about, for browsers that can't fit the box to the code.
_LINE = 100
#: What a reader of a bar's lines wants to see.
_SHOWN = ("left_out", "connection", "order_number", "line_number", "vendor_name", "product_code", "description", "state", "order_date",
          "required_date", "promised_date", "delivered_date", "quantity", "unit_of_measure", "amount", "currency")  # fmt: skip


@dataclass(frozen=True)
class View:
    """What an explorer can show: a figure and its plot."""

    name: str
    figure: Figure
    plot: Callable[..., Any]
    counts: str = ""  # where its rows are vendors: the column of how many lines each has


class Explorer(w.VBox):  # type: ignore[misc]
    """A filter bar over some metrics.

    Attributes
    ----------
    result : the frame that is shown
    shown : the order lines of the bar that was clicked last; ``left_out`` says why a line does not count, and is missing where it does
    code : the code that gives the same result
    """

    def __init__(
        self,
        source: Source,
        views: tuple[View, ...],
        options: dict[str, Any],
        folder: str | Path,
        raw_csv: bool,
        without: tuple[str, ...] = (),
    ) -> None:
        self.lines = source.lines
        self.result = pd.DataFrame()
        self.shown = self.lines.iloc[:0]
        self._source, self._options, self._folder = source, options, folder_of("folder", folder)
        self._raw_csv = flag_of("raw_csv", raw_csv)
        self._usual = {name: option.value for name, option in options.items()}
        self._asked = self._usual.get("currency")  # which a pick may not have
        self._views = {v.name: v for v in views}
        self._axes: Any = None
        self._bars: list[Bar] = []
        self._opened = ""  # the bar whose lines are shown
        self.filters = Filters(source, without=(*options, *without))
        self.view = w.ToggleButtons(
            options=list(self._views),
            description="Show",
            style={"button_width": "auto", **NAMED["style"]},
            layout={"width": "auto"},
        )
        self._fold = w.ToggleButton(description="Filters", icon="filter", layout={"width": "auto"})
        self._fold.add_class("makini-fold")
        self._fold.observe(self._unfold, names="value")
        self._code = w.Textarea(description="Code", rows=5, layout=w.Layout(width="auto"))
        copy = w.HTML(html("copy_button"))
        self._chart, self._status = w.VBox(), w.HTML()
        self._table, self._behind = (w.HTML(layout=w.Layout(overflow="auto", max_height="28em")) for _ in range(2))
        exports = {"PNG of the chart": self._png, "CSV of the table": self._csv, "CSV of the lines": self._lines_csv}
        self.buttons = [w.Button(description=name, icon="download", layout={"width": "auto"}) for name in exports]
        for button, act in zip(self.buttons, exports.values(), strict=True):
            button.on_click(lambda _, act=act: self._export(act))
        bar = [*self.filters.controls, *options.values()]
        for control in (*bar, self.view):
            control.observe(self._show, names="value")
        grid = w.Layout(grid_template_columns="repeat(auto-fill, minmax(19em, 1fr))", grid_gap="2px 12px")
        row = w.HBox([copy, *self.buttons, self._status], layout=w.Layout(flex_flow="row wrap", align_items="center"))
        below = [self._code, row, self._chart, self._behind, self._table]
        self._bar = w.GridBox(bar, layout=grid)
        self._bar.add_class("makini-filters")
        super().__init__([w.HTML(html("style")), self._fold, self._bar, self.view, *below])
        self.add_class("makini-explorer")
        self._show()

    def __repr__(self) -> str:
        return f"Explorer of {self.view_call}, {len(self.lines):,} order lines"

    @property
    def code(self) -> str:
        """The code that gives the same result."""
        return str(self._code.value)

    # ---- showing -----------------------------------------------------------------------------------------------------

    def _show(self, change: Any = None) -> None:
        view = self._views[self.view.value]
        picked = self.filters.picked()
        if change is not None and change["owner"] is self._options.get("currency"):
            self._asked = change["new"]
        self._now, self._words = picked.part.lines, picked.spoken()
        known = {n: t for n, t in (self.lines.attrs.get(FILTERS) or {}).items() if n not in picked.part.words}
        self._told = [*spoken(known), *self._words]
        counted, search = picked.part, ""
        if view.counts:
            counted, search = picked.of_all_vendors, picked.part.words.get("vendor", "")
        self._offer_currencies(counted.lines)
        options = self._chosen(view)
        self._code.value = self._code_of(view, counted, options, search)
        self._code.rows = sum(1 + len(line) // _LINE for line in self.code.splitlines())
        self._fold.description = ", ".join(["Filters", *self._words])
        self._behind.value = self._status.value = self._opened = ""
        self.shown = self._now.iloc[:0]
        self._with_reasons: pd.DataFrame | None = None
        try:  # a pick may leave lines that have no such figure; the sentence says why, where the chart would be
            if len(self.lines) and not len(counted.lines):
                raise ConfigError(self.filters.contradiction() or "No line has all that is picked: widen a filter.")
            self.result = view.figure.function(counted.lines, **options)
            if search:
                names = self.result["vendor_name"]
                found = names.str.contains(search, case=False, regex=False, na=False)
                self.result = self.result[found.to_numpy(dtype=bool)]
                # what the result counts are the lines of all vendors, so the footnote says how many of them are shown
                said = f"{search} (shown: {_shown(self.result, view.counts)})"
                self.result.attrs[FILTERS] = {**self.result.attrs.get(FILTERS, {}), "vendor": said}
            self._axes = view.plot(self.result)
            charts.retitle(self._axes, self._titled(charts.captions_of(self._axes).title))
        except MakiniError as e:
            self.result, self._axes, self._bars = pd.DataFrame(), None, []
            self._chart.children = (w.HTML(html("alert_block", text=e)),)
            self._table.value = ""
            return
        self._chart.children = (self._picture(), w.HTML(html("footnote", text=charts.captions_of(self._axes).footnote)))
        self._table.value = html("result", call=self.view_call, table=table_of(self.result, _MOST_ROWS))

    def _titled(self, title: str) -> str:
        """Return a title with what the lines were narrowed to, unless the chart says so itself."""
        narrowed, vendor = narrowed_to(self.result), (self.lines.attrs.get(FILTERS) or {}).get("vendor")
        said = [*self._told] if narrowed and narrowed in title else [vendor] if vendor and vendor in title else []
        told = [word for word in self._told if word not in said]
        if not told:
            return title
        # a chart of some rows says how many they are; of a search that is said in words, and in the footnote
        return f"{', '.join(told)}: {title.removeprefix(f'Of {rows_passed(self.result)}: ')}"

    def _offer_currencies(self, lines: pd.DataFrame) -> None:
        """Offer the currencies that are left; where the one that was asked for is not, show the one that most lines have."""
        control = self._options.get("currency")
        if control is None or "currency" not in lines:
            return
        names = encode(lines["currency"], sort=False)
        n = np.bincount(names.codes[names.codes >= 0], minlength=len(names.labels))
        left = [str(names.labels[i]) for i in np.argsort(-n, kind="stable") if n[i]]
        if left and left != list(control.options):
            control.unobserve(self._show, names="value")
            control.options, control.value = left, self._asked if self._asked in left else left[0]
            control.observe(self._show, names="value")

    def _unfold(self, change: Any) -> None:
        """Show or hide the filters where they are folded, which the style does in narrow places."""
        (self._bar.add_class if change["new"] else self._bar.remove_class)("makini-open")

    def _code_of(self, view: View, part: Part, options: dict[str, Any], search: str) -> str:
        """Return the code that gives the table, as the value of its last line, and the chart before it."""
        room, figure = view.figure.name.split(".")
        result, imported = self._source.own("result"), self._source.own(room)
        arguments = "".join(f", {k}={v!r}" for k, v in options.items())
        return "\n".join(
            [
                f"from makini_analytics import {room}{f' as {imported}' if imported != room else ''}",
                *part.before,
                f"{result} = {imported}.{figure}({part.code}{arguments})",
                *([f"{result} = {result}[{named_like(result, search)}]"] if search else []),
                f"display({imported}.plot_{figure}({result}))",
                result,
            ]
        )

    def _chosen(self, view: View) -> dict[str, Any]:
        """Return the options that the view's function takes, without those that are as usual: the code reads as one writes it."""
        takes = view.figure.options
        for name, option in self._options.items():
            option.disabled = name not in takes  # a control that changes nothing looks as if it did
        chosen = {k: None if o.value == "" else o.value for k, o in self._options.items() if k in takes}
        return {k: v for k, v in chosen.items() if v is not None and v != takes[k]}

    def _png_text(self) -> str:
        out = io.BytesIO()
        charts.render(self._axes, out, format="png", dpi=_DPI)
        return base64.b64encode(out.getvalue()).decode()

    def _alt(self) -> str:
        return charts.alt_text(self._axes).replace("\n", " ")

    def _picture(self) -> w.Widget:
        """Return the chart, and over each bar a button, which can be reached by keyboard, too."""
        wide, high = (round(float(s) * _DPI) for s in self._axes.figure.get_size_inches())
        picture = html("picture", alt=self._alt(), png=self._png_text(), wide=wide, high=high)
        image = w.HTML(picture, layout=w.Layout(width="100%", height="auto", margin="0", grid_area="1 / 1"))
        self._bars = bars_of(self._axes, self.result, self._now)  # after drawing: only then its places are known
        buttons = []
        for i, bar in enumerate(self._bars):
            left, top, width, height = (f"{x:.3%}" for x in bar.box)
            # The one measure that margins and padding share is the picture's width; so nothing else sets the height.
            place = w.Layout(grid_area="1 / 1", width=width, height="0", margin=f"{top} 0 0 {left}", padding=f"0 0 {height} 0",
                             min_width="0", border="none", align_self="flex-start")  # fmt: skip
            button = w.Button(tooltip=f"The order lines of {bar.name}", layout=place)
            button.style.button_color = "transparent"
            button.on_click(lambda _, i=i: self.open_bar(i))
            buttons.append(button)
        columns = f"minmax({round(_LEAST * wide)}px, 1fr)"  # in a narrower place it scrolls
        fits = w.Layout(
            width="100%", max_width=f"{wide}px", grid_template_columns=columns, grid_gap="0", overflow="auto hidden"
        )
        return w.GridBox([image, *buttons], layout=fits)

    def open_bar(self, bar: int) -> pd.DataFrame:
        """Show the order lines of a bar, counted from the top or the left, and return them."""
        picked = self._bars[bar]
        self._opened = picked.name
        lines = self._judged().take(picked.rows())
        self.shown = categoricals.as_strings(lines, list(map(str, lines)))
        rows = table_of(self.shown[[c for c in _SHOWN if c in self.shown]], _MOST_LINES)
        self._behind.value = html("order_lines", bar=picked.name, said=_counted(self.shown["left_out"]), table=rows)
        return self.shown

    def _judged(self) -> pd.DataFrame:
        """Return the lines that are picked, each with the reason why the figure does not count it; found when someone asks."""
        if self._with_reasons is None:
            view = self._views[self.view.value]
            reasons = view.figure.counted(self._now, **self._chosen(view)).selection.reason()
            self._with_reasons = self._now.assign(left_out=reasons.array)
        return self._with_reasons

    # ---- exports -----------------------------------------------------------------------------------------------------

    def _export(self, write: Callable[[Path], Path]) -> None:
        # "3" and "0" tell nobody what they are: each value with the name of its control
        changed = [o for name, o in self._options.items() if o.value != self._usual[name] and not o.disabled]
        chosen = [f"{o.description} {getattr(o, 'label', o.value)}" for o in changed]
        name = self.view_call.replace(".", "_") + _file_words([*self._told, *chosen])
        try:
            if self._axes is None:
                raise ConfigError("there is no figure to export")
            self._folder.mkdir(parents=True, exist_ok=True)
            self._status.value = html("written", path=write(self._folder / name))
        except (OSError, MakiniError) as e:
            self._status.value = html("alert", text=e)

    @property
    def view_call(self) -> str:
        """The function that is shown, such as ``spend.by_vendor``."""
        return self._views[self.view.value].figure.name

    def _png(self, name: Path) -> Path:
        return style.save(self._axes, name.with_name(f"{name.name}.png"))

    def _csv(self, name: Path) -> Path:
        return self._write_csv(self.result, name.with_name(f"{name.name}.csv"))

    def _lines_csv(self, name: Path) -> Path:
        shown = self.shown if self._opened else self._judged()
        of_bar = _file_words([self._opened]) if self._opened else ""
        return self._write_csv(shown, name.with_name(f"{name.name}{of_bar}_lines.csv"))

    def _write_csv(self, frame: pd.DataFrame, path: Path) -> Path:
        with whole(path) as new:
            write_csv(frame, new, raw=self._raw_csv)
        return path

    # ---- where widgets can't run -------------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget's view, and beside it the chart's and the table's page for where no widgets run."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle  # IPython allows a pair of data and metadata, too
        if self._axes is not None and data is not None:
            rows = table_of(self.result, _MOST_ROWS)
            data["text/html"] = html("still", alt=self._alt(), png=self._png_text(), code=self.code, table=rows)
        return bundle


def _shown(result: pd.DataFrame, counts: str) -> str:
    """Return how many lines a result's rows have, of those that it is made of, as "436 of 2,780 lines"."""
    of_all = result.attrs["included"]["n_lines"]
    return f"{charts.number(result[counts].sum())} of {charts.counted(of_all, 'line')}"


def _counted(left_out: pd.Series) -> str:
    """Return how many lines there are, and how many of them count.

    >>> _counted(pd.Series([None, "draft", None, "draft", "cancelled"])), _counted(pd.Series([None, None]))
    ('5 order lines, 2 counted; left out: 2 draft, 1 cancelled', '2 order lines, all counted')
    """
    reasons, n = left_out.value_counts(), charts.counted(len(left_out), "order line")
    told = ", ".join(f"{charts.number(k)} {reason}" for reason, k in reasons.items())
    return (
        f"{n}, {charts.number(len(left_out) - reasons.sum())} counted; left out: {told}"
        if told
        else f"{n}, all counted"
    )


def _file_words(words: list[str]) -> str:
    """Return what is picked as a part of a file's name: an export must not overwrite that of another pick.

    >>> _file_words([]), _file_words(["emea"]), _file_words(["a/b"]), _file_words(["a b"])
    ('', '_emea', '_a_b_3f68fd', '_a_b_9fef46')
    """
    if not words:
        return ""
    text = re.sub(r"\W+", "_", " ".join(words)).strip("_")[:60]
    if len(words) == 1 and re.fullmatch(r"[A-Za-z0-9-]{1,60}", words[0]):
        return f"_{text}"
    # "a/b" and "a b" leave the same letters, so a fingerprint keeps them apart
    mark = hashlib.sha256(repr(words).encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"_{text}_{mark}"
