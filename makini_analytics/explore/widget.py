"""The explorer's widget: filters, the code, the chart with a button on each bar, the table, the lines behind a bar, the exports."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from .. import style
from ..errors import ConfigError, MakiniError
from ..grouping import group_lines

ALL = "all"
_DPI = 90
_MOST_ROWS = 200
#: Columns that the bar filters by, as far as the lines have them, and how the control is named.
_PICKS = {"connection": "Connection", "site_id": "Site", "category": "Category", "state": "State"}
#: What the metrics need of a line, and what a reader of its lines wants to see.
_SHOWN = ("connection", "order_number", "line_number", "vendor_name", "product_code", "description", "state", "order_date",
          "required_date", "promised_date", "delivered_date", "quantity", "unit_of_measure", "amount", "currency")  # fmt: skip
_NEEDED = (*_SHOWN, "order_id", "line_id", "vendor_id", "material_id", "product_id", "site_id", "category", "received_quantity", "first_receipt_date",
           "cancelled_date", "completed_date", "approved_date", "created_at", "deleted_at", "updated_at", "is_return", "document_type")  # fmt: skip


@dataclass(frozen=True)
class View:
    """What an explorer can show: the function, its plot, the call as code, and the columns of the lines behind a bar."""

    name: str
    call: str  # such as "spend.by_vendor"
    compute: Callable[..., pd.DataFrame]
    plot: Callable[..., Any]
    options: tuple[str, ...] = ()  # of the explorer's options, those that the function takes


class Explorer(w.VBox):  # type: ignore[misc]
    """The filter bar, the code, the chart with a button on each bar, the table, the lines behind a bar, the exports."""

    def __init__(
        self, lines: pd.DataFrame, views: tuple[View, ...], options: dict[str, Any], folder: str | Path
    ) -> None:
        self.lines = lines[[c for c in lines.columns if c in _NEEDED]]  # narrow: every filter copies it
        self.lines.attrs = lines.attrs
        self.result = pd.DataFrame()
        self.shown = self.lines.iloc[:0]
        self._views, self._options, self._folder = {v.name: v for v in views}, options, Path(folder)
        self._axes: Any = None
        self._codes = {c: pd.factorize(lines[c]) for c in _PICKS if c in lines and len(lines[c].unique()) > 1}
        self._vendors = pd.factorize(lines["vendor_name"]) if "vendor_name" in lines else None
        self._dates = lines["order_date"].to_numpy(dtype="datetime64[us]") if "order_date" in lines else None
        self._picks = {
            c: w.Dropdown(options=[ALL, *sorted(map(str, names))], description=_PICKS[c])
            for c, (_, names) in self._codes.items()
        }
        self._search = w.Text(placeholder="part of a name", description="Vendor", continuous_update=False)
        first, last = (getattr(lines["order_date"], f)() if self._dates is not None else pd.NaT for f in ("min", "max"))
        self._since, self._until = (
            w.DatePicker(description=n, value=None if pd.isna(d) else d.date())
            for n, d in (("From", first), ("To", last))
        )
        self._span = (self._since.value, self._until.value)
        self._view = w.ToggleButtons(options=list(self._views), description="")
        self._code = w.Textarea(disabled=False, description="Code", layout=w.Layout(width="100%", height="4.5em"))
        self._chart, self._table, self._behind, self._said = w.VBox(), w.HTML(), w.HTML(), w.HTML()
        exports = {"PNG": self._png, "CSV of the table": self._csv, "CSV of the lines": self._lines_csv}
        buttons = [w.Button(description=name, icon="download", layout=w.Layout(width="auto")) for name in exports]
        for button, act in zip(buttons, exports.values(), strict=True):
            button.on_click(lambda _, act=act: self._export(act))
        bar = [*self._picks.values(), self._search, self._since, self._until, *options.values()]
        for control in (*bar, self._view):
            control.observe(self._show, names="value")
        flow = w.Layout(flex_flow="row wrap")
        below = [self._code, w.HBox([*buttons, self._said], layout=flow), self._chart, self._behind, self._table]
        super().__init__([w.Box(bar, layout=flow), self._view, *below])
        self._show()

    # ---- what is picked, as rows and as code -------------------------------------------------------------------------

    def _picked(self) -> tuple[pd.DataFrame, str]:
        rows: np.ndarray[Any, Any] | None = None
        said = []

        def narrow(mask: np.ndarray[Any, Any], code: str) -> None:
            nonlocal rows
            rows = mask if rows is None else rows & mask
            said.append(f"({code})")

        for column, control in self._picks.items():
            if control.value != ALL:
                codes, names = self._codes[column]
                narrow(
                    np.isin(codes, np.flatnonzero(np.asarray(names, dtype=str) == control.value)),
                    f"lines.{column} == {control.value!r}",
                )
        if self._search.value and self._vendors is not None:
            codes, names = self._vendors
            hit = pd.Series(names, dtype="object").str.contains(self._search.value, case=False, regex=False)
            narrow(
                np.isin(codes, np.flatnonzero(hit.to_numpy(dtype=bool))),
                f"lines.vendor_name.str.contains({self._search.value!r}, case=False, regex=False, na=False)",
            )
        # A line without an order date stays as long as the span is the whole one.
        for control, edge, sign in ((self._since, 0, ">="), (self._until, 1, "<=")):
            if control.value and control.value != self._span[edge] and self._dates is not None:
                day = np.datetime64(control.value, "us")
                narrow(
                    self._dates >= day if edge == 0 else self._dates <= day,
                    f"lines.order_date {sign} '{control.value}'",
                )
        if rows is None:
            return self.lines, "lines"
        return self.lines.take(np.flatnonzero(rows)), f"lines[{' & '.join(said)}]"

    @property
    def code(self) -> str:
        """The code that gives the same result, given ``lines``."""
        return str(self._code.value)

    # ---- showing -----------------------------------------------------------------------------------------------------

    def _show(self, _: Any = None) -> None:
        view = self._views[self._view.value]
        lines, source = self._picked()
        self._now = lines
        options = {k: v.value for k, v in self._options.items() if k in view.options}
        # what is as usual is left out, so that the line reads as one would have written it
        usual = {"basis": "ordered", "due": "required", "late_days": 0, "early_days": None, "calendar": None}
        told = "".join(f", {k}={v!r}" for k, v in options.items() if k not in usual or usual[k] != v)
        self._code.value = f"{view.call}({source}{told})"
        self._behind.value = ""
        self.shown = lines.iloc[:0]
        try:
            self.result = view.compute(lines, **{k: v for k, v in options.items() if v is not None})
            axes = view.plot(self.result)
        except MakiniError as e:
            self.result = pd.DataFrame()
            self._chart.children = (w.HTML(f"<p role='alert'>{escape(str(e))}</p>"),)
            self._table.value = ""
            self._axes = None
            return
        self._axes = axes
        self._chart.children = (self._picture(axes),)
        self._table.value = _table(self.result)

    def _picture(self, axes: Any) -> w.Widget:
        """Return the chart, and over each bar that stands for a group a button that can be reached by keyboard, too."""
        out = io.BytesIO()
        style.render(axes, out, format="png", dpi=_DPI)
        wide, high = (round(float(s) * _DPI) for s in axes.figure.get_size_inches())
        image = w.Image(value=out.getvalue(), format="png", width=wide, height=high)
        if not style.said_of(axes).bars:
            return image
        ticks = [t for t in axes.get_yticklabels() if t.get_text()]
        at = (
            axes.transData.transform(np.column_stack([np.zeros(len(ticks)), axes.get_yticks()]))
            / axes.figure.dpi
            * _DPI
        )
        centres = high - at[:, 1]
        half = float(np.min(np.abs(np.diff(centres)))) / 2 if len(centres) > 1 else 14.0
        image.layout.grid_area = "1 / 1 / -1 / -1"
        edges, places, buttons = [0.0], [], []
        for i in np.argsort(centres):
            top, bottom = max(centres[i] - half * 0.9, edges[-1]), centres[i] + half * 0.9
            edges += [top, bottom]
            places.append((int(i), len(edges) - 1))
        for i, row in places:
            button = w.Button(
                tooltip=f"The order lines of {ticks[i].get_text()}",
                layout=w.Layout(grid_area=f"{row} / 1 / {row + 1} / 2", width="auto", height="auto", border="none"),
            )
            button.style.button_color = "transparent"
            button.on_click(lambda _, i=i: self.open_bar(i))
            buttons.append(button)
        rows = " ".join(f"{b - a:.1f}px" for a, b in zip(edges, [*edges[1:], float(high)], strict=True))
        return w.GridBox(
            [image, *buttons],
            layout=w.Layout(
                grid_template_rows=rows,
                grid_template_columns=f"{wide}px",
                width=f"{wide}px",
                height=f"{high}px",
                grid_gap="0",
            ),
        )

    def open_bar(self, bar: int) -> pd.DataFrame:
        """Show the order lines of a bar, counted from the top, and return them."""
        picked = self.result.iloc[list(style.said_of(self._axes).bars[bar])]
        groups = group_lines(self._now, "vendor", also=("currency",) if "currency" in picked else ())
        keys = [c for c in groups.keys if c in picked and c != "vendor_name"]
        ours, theirs = (frame[keys].astype("string") for frame in (groups.keys, picked))
        wanted = ours.reset_index(names="row").merge(theirs, on=keys)["row"]
        self.shown = self._now.take(np.flatnonzero(np.isin(groups.codes, wanted)))
        names = ", ".join(style.label(n) for n in picked["vendor_name"].fillna(picked["vendor_id"]).head(3))
        head = self.shown[[c for c in _SHOWN if c in self.shown]]
        self._behind.value = (
            f"<p><b>{escape(names)}{' …' if len(picked) > 3 else ''}</b>: {len(self.shown):,} order lines, counted or not</p>"
            f"<div style='max-height:20em;overflow:auto'>{_table(head, _MOST_ROWS)}</div>"
        )
        return self.shown

    # ---- exports -----------------------------------------------------------------------------------------------------

    def _export(self, write: Callable[[], Path]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._said.value = f"<span role='status'>Written: {escape(str(write()))}</span>"
        except (OSError, MakiniError) as e:
            self._said.value = f"<span role='alert'>{escape(str(e))}</span>"

    def _name(self, ending: str) -> Path:
        return self._folder / f"{self._views[self._view.value].call.replace('.', '_')}{ending}"

    def _png(self) -> Path:
        if self._axes is None:
            raise ConfigError("there is no chart to export")
        return style.save(self._axes, self._name(".png"))

    def _csv(self) -> Path:
        self.result.to_csv(self._name(".csv"), index=False, encoding="utf-8-sig")
        return self._name(".csv")

    def _lines_csv(self) -> Path:
        lines = self.shown if len(self.shown) else self._now
        lines.to_csv(self._name("_lines.csv"), index=False, encoding="utf-8-sig")
        return self._name("_lines.csv")

    # ---- where widgets can't run -------------------------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget's view, and beside it the chart's and the table's page for where no widgets run."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if self._axes is not None and data is not None:
            out = io.BytesIO()
            style.render(self._axes, out, format="png", dpi=_DPI)
            alt = escape(style.alt_text(self._axes).replace("\n", " "), quote=True)
            picture = base64.b64encode(out.getvalue()).decode()
            data["text/html"] = (
                f"<img alt='{alt}' src='data:image/png;base64,{picture}'><pre>{escape(self.code)}</pre>{_table(self.result)}"
            )
        return bundle


def _table(frame: pd.DataFrame, most: int = 25) -> str:
    shares = [c for c in frame.columns if str(c).endswith(("share", "_rate"))]
    formats: dict[Any, Any] = dict.fromkeys(shares, style.percent)
    if "spend" in frame:
        formats["spend"] = "{:,.2f}".format
    shown = frame.drop(columns=[c for c in frame.columns if str(c).endswith("_id") and f"{str(c)[:-3]}_name" in frame])
    texts = shown.head(most).select_dtypes(["string", "object", "category"])
    shown = shown.head(most).assign(**{str(c): texts[c].astype("object").where(texts[c].notna(), "–") for c in texts})
    more = f"<p>The first {most} of {len(frame):,} rows.</p>" if len(frame) > most else ""
    return str(shown.to_html(index=False, border=0, formatters=formats, escape=True, na_rep="–", max_cols=None)) + more
