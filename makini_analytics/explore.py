"""A filter bar in the notebook over the same functions; no logic of its own."""

from __future__ import annotations

import io
from html import escape
from typing import Any

import ipywidgets as w
import pandas as pd

from . import spend, style
from .provenance import frame_of

ALL = "all"


def vendors(data: Any, *, top: int = 10) -> w.VBox:
    """Return widgets that show ordered spend by vendor, for a connection, a currency, vendors by name and a span of order days.

    Parameters
    ----------
    data : Purchases, or their lines
    top : vendors in the chart

    Returns
    -------
    VBox of the filter bar, the line of code that gives the same, the chart and the table
    """
    lines = frame_of(data, "amount", "order_date", metric="explore.vendors")
    names = sorted(lines["connection"].dropna().unique()) if "connection" in lines else []
    most = lines["currency"].value_counts()
    first, last = lines["order_date"].min(), lines["order_date"].max()
    connection = w.Dropdown(options=[ALL, *names], description="Connection")
    currency = w.Dropdown(options=[str(c) for c in most.index], description="Currency")
    search = w.Text(placeholder="part of a name", description="Vendor", continuous_update=False)
    since = w.DatePicker(description="From", value=None if pd.isna(first) else first.date())
    until = w.DatePicker(description="To", value=None if pd.isna(last) else last.date())
    code = w.HTML()
    chart = w.Image(format="png", layout=w.Layout(max_width="100%"))
    table = w.HTML()

    def show(_: Any = None) -> None:
        picked, said = lines, []
        if connection.value != ALL:
            picked = picked[picked["connection"] == connection.value]
            said.append(f"connection == {connection.value!r}")
        if search.value:
            hit = picked["vendor_name"].str.contains(search.value, case=False, regex=False).fillna(False)
            picked = picked[hit.astype(bool)]
            said.append(f"vendor_name.str.contains({search.value!r}, case=False, regex=False)")
        # A line without an order date stays as long as the span is the whole one.
        if since.value and pd.Timestamp(since.value) > first:
            picked = picked[picked["order_date"] >= pd.Timestamp(since.value)]
            said.append(f"order_date >= '{since.value}'")
        if until.value and pd.Timestamp(until.value) < last:
            picked = picked[picked["order_date"] <= pd.Timestamp(until.value)]
            said.append(f"order_date <= '{until.value}'")
        source = f"lines.query({' and '.join(said)!r})" if said else "lines"
        code.value = f"<code>{escape(f'spend.by_vendor({source}, currency={currency.value!r})')}</code>"
        result = spend.by_vendor(picked, currency=currency.value)
        out = io.BytesIO()
        style.render(spend.plot_by_vendor(result, top=top), out, format="png", dpi=90)
        chart.value = out.getvalue()
        columns = ["vendor_name", "currency", "spend", "share", "abc_class", "n_orders", "n_lines"]
        formats: dict[Any, Any] = {"spend": "{:,.2f}".format, "share": style.percent}
        table.value = result.head(25)[columns].to_html(index=False, border=0, formatters=formats, escape=True)

    for control in (connection, currency, search, since, until):
        control.observe(show, names="value")
    show()
    return w.VBox([w.HBox([connection, currency, search]), w.HBox([since, until]), code, chart, table])
