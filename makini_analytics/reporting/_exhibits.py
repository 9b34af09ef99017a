"""What a report is made of: exhibits, each one table with the chart that shows it; and how tables and amounts go into files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from .. import charts
from ..charts import WITHOUT_CENTS
from ..purchases import Purchases
from ..review import NOTHING, UNKNOWN, Tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A currency at the end of an exhibit's name: its code, or what is left of another text with a fingerprint behind it.
_CURRENCY = "([A-Z0-9]{1,12}|[A-Za-z0-9_]{0,12}_[0-9a-f]{6})"


@dataclass(frozen=True)
class Native:
    """A chart that a spreadsheet or a slide program draws itself, from the rows of a table, so that it stays editable.

    Attributes
    ----------
    kind : "bar" (lying), "column" (standing), "line" or "scatter"
    x : the column of the labels, or of the days; "label" is made of the names in each row
    series : the columns that are drawn, and their names
    first : rows that are drawn, from the top
    form : how the numbers are shown, in the programs' own words
    interval : the columns of the lower and upper end, of a single series
    cumulative : the column of a running share: where the program can, a line on its own axis, which makes it a Pareto chart
    rows : what is drawn, where that is not the exhibit's table
    says : the subtitle, where the picture's speaks of marks that this chart has not
    colours : of each bar of the first series, where they are not the picture's
    hatched : rows of the first series that are parts, such as the month at hand, counted from 0
    """

    kind: Literal["bar", "column", "line", "scatter"]
    x: str
    series: dict[str, str]
    first: int = 15
    form: str = "#,##0"
    interval: tuple[str, str] | None = None
    cumulative: str | None = None
    rows: pd.DataFrame | None = None
    says: str = ""
    colours: tuple[str, ...] = ()
    hatched: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "says", charts.printable(self.says))

    @property
    def series_colours(self) -> tuple[str, str, str]:
        """The colour of each series. Of two, the second is the lesser one; of three, the last (the end of a band)."""
        return (
            charts.look.highlight,
            charts.look.rest if len(self.series) == 2 else charts.look.plain,
            charts.look.rest,
        )

    def least(self, rows: pd.DataFrame) -> float | None:
        """Return where the axis of bars begins, where that is not the program's choice: it would cut bars that are about as long.

        At zero; where lying bars go to the left, with room for their numbers, which would cover the names.
        """
        if self.kind not in ("bar", "column"):
            return None
        drawn = rows[list(self.series)].to_numpy(dtype="float64")
        low, high = (float(end(drawn, initial=0.0, where=np.isfinite(drawn))) for end in (np.min, np.max))
        return 0.0 if low >= 0 else low - 0.18 * (high - low) if self.kind == "bar" else None

    @property
    def short_form(self) -> str:
        """How the numbers are shown at bars and axes, where cents would be noise."""
        return self.form.replace(".00", "")


@dataclass(frozen=True)
class Exhibit:
    """One finding: its tidy table, with the chart and the native chart that show it, where there are any."""

    name: str
    heading: str
    table: pd.DataFrame
    chart: Axes | None = None
    native: Native | None = None
    tab: str = ""  # its name on a workbook's tab, where the heading is longer than that

    def __post_init__(self) -> None:
        object.__setattr__(self, "heading", charts.printable(self.heading))

    @property
    def title(self) -> str:
        """The finding, or what the table holds."""
        return charts.captions_of(self.chart).title if self.chart is not None else self.heading

    @property
    def footnote(self) -> str:
        """Source, as-of day, lines, what was left out."""
        return charts.printable(charts.footnote_of(self.table))

    @property
    def alt(self) -> str:
        """What the chart says, for those who don't see it."""
        said = charts.alt_text(self.chart).replace("\n", " ") if self.chart is not None else self.title
        return charts.printable(said)

    @property
    def charted(self) -> pd.DataFrame:
        """The rows that a native chart reads: the table, with the label of each row where it needs one."""
        rows = exportable(self.table if self.native is None or self.native.rows is None else self.native.rows)
        if self.native is not None and self.native.x == "label" and "label" not in rows:
            rows.insert(0, "label", pd.Series(labels_of(self.table), index=rows.index, dtype="string"))
        return rows


def as_drawn(groups: pd.DataFrame, chart: Axes) -> pd.DataFrame:
    """Return the rows of a ranking that its picture has, in the picture's order."""
    return groups.iloc[[i for bar in charts.captions_of(chart).bars for i in bar]]


def labels_of(table: pd.DataFrame) -> list[str]:
    """Return the name of each row, as charts have it."""
    if "period" in table and table.columns[0] == "period":
        # spend's periods are complete or cut by the data; those of lead times finished or with lines still open
        whole = table.get("complete", table.get("finished", pd.Series(True, index=table.index)))
        word = "part" if "complete" in table else "unfinished"
        return [
            str(p) if w is True or pd.isna(w) else f"{p} ({word})"
            for p, w in zip(table["period"], whole.astype(object), strict=True)
        ]
    return charts.group_labels(table, charts.group_columns(table, first_value(table)))


def first_value(table: pd.DataFrame) -> str:
    """Return the first column of a figure that does not name its rows: those that do come first."""
    return next(c for c in ("unit", "currency", "n_lines", "n_due") if c in table.columns)


@dataclass
class Content:
    """A report before it has a format: every format writes these tables and charts, so the figures are the same in all."""

    data: Purchases
    title: str
    as_of: pd.Timestamp
    subtitle: str = ""  # the days that are looked at, the currency and its rates
    findings: pd.DataFrame | None = None  # `ma.findings`; None where the section is not wanted
    tiles: list[Tile] = field(default_factory=list)
    #: Sentences: all lines are accounted for, how many values are doubtful, what can't be judged.
    data_line: list[str] = field(default_factory=list)
    sections: dict[str, list[Exhibit]] = field(default_factory=dict)
    drawn: dict[str, Any] = field(default_factory=dict)  # exhibits as the page has them, where they were drawn already
    beside: Callable[[], list[Exhibit]] = list  # makes the tables that only a folder has
    summary: list[tuple[str, str]] = field(default_factory=list)  # what, how much
    notes: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)

    @property
    def ranked(self) -> pd.DataFrame:
        """The findings that have a rank, the one of the largest stake first."""
        return pd.DataFrame() if self.findings is None else self.findings[self.findings["rank"].notna()]

    @property
    def quiet_line(self) -> list[str]:
        """What was looked at and has nothing to report, each with its figures."""
        return self._said(NOTHING)

    @property
    def untold(self) -> list[str]:
        """What the data can't tell, each with the reason."""
        return self._said(UNKNOWN)

    def _said(self, certainty: str) -> list[str]:
        if self.findings is None:
            return []
        return [str(s) for s in self.findings.loc[self.findings["certainty"] == certainty, "sentence"]]

    @property
    def exhibits(self) -> list[Exhibit]:
        """All exhibits that are shown, in their order."""
        return [e for section in self.sections.values() for e in section]

    def printable(self) -> Content:
        """Return the same with texts that every format can hold; tables become so by `exportable`."""
        texts: list[Any] = [charts.printable(n) for n in self.notes]
        said = [(charts.printable(what), charts.printable(how_much)) for what, how_much in self.summary]
        subtitle = charts.printable(self.subtitle)
        return replace(self, title=charts.printable(self.title), subtitle=subtitle, summary=said, notes=texts)


def named_in(name: str, currency: Any) -> str:
    """Return the name of an exhibit of money in a currency; where none is stated it has none behind it."""
    return name if currency is None else f"{name}_{safe(currency)}"


def named_as(name: str, there: Iterable[str]) -> list[str]:
    """Return the exhibit of a name, or those that have the currency of their money behind it, as findings name them.

    >>> named_as("spend_by_vendor", ["spend_by_vendor_EUR", "spend_by_site_EUR"]), named_as("spend_by", ["spend_by_site_EUR"])
    (['spend_by_vendor_EUR'], [])
    """
    names = list(there)
    return [name] if name in names else [n for n in names if re.fullmatch(f"{re.escape(name)}_{_CURRENCY}", n)]


def safe(currency: Any) -> str:
    """Return a currency as a part of an exhibit's name, which becomes a file's name and an id on the page.

    >>> safe("EUR"), safe("€"), safe("£")
    ('EUR', '__c4cc90', '__b4fe15')
    """
    text = str(currency)
    if re.fullmatch("[A-Z0-9]{1,12}", text):
        return text
    # what is left of other texts may be the same for two of them, so a fingerprint keeps them apart, also where case does not
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{re.sub('[^A-Za-z0-9]', '_', text)[:12]}_{mark}"


def exportable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as files hold it: periods, intervals and other objects as their text, all else as it is.

    No format has a type for ``Period("2025-01")``, and each library would write its own text for it. Nor has any a control character:
    a sign stands in its place. What turns a text around is taken out.
    """
    out = table.copy(deep=False)
    out.attrs = {}  # which pandas would copy, with all that is in it, into each column
    for i, dtype in enumerate(table.dtypes):
        values = out.iloc[:, i]
        if isinstance(dtype, pd.PeriodDtype) or pd.api.types.is_object_dtype(dtype):
            texts = values.map(lambda v: charts.printable(str(v)), na_action="ignore").astype("string")
            out.isetitem(i, texts.array)
        elif isinstance(dtype, pd.StringDtype | pd.CategoricalDtype):
            odd = {v: p for v in values.dropna().unique() if isinstance(v, str) and (p := charts.printable(v)) != v}
            if odd:
                texts = values.astype(object).map(lambda v, odd=odd: odd.get(v, v), na_action="ignore").astype("string")
                out.isetitem(i, texts.array)
    out.columns = pd.Index([charts.printable(c) if isinstance(c, str) else c for c in table.columns])
    out.attrs = table.attrs
    return out


def money_format(table: pd.DataFrame) -> str:
    """Return how amounts are shown: with their currency, where the table has one only."""
    names: list[str] = list(table["currency"].dropna().unique()) if "currency" in table else []
    return money_form(names[0] if len(names) == 1 else None)


def money_form(currency: str | None, price: float | None = None) -> str:
    """Return how amounts of a currency are shown, in the words of spreadsheets; one of a price has the digits that it needs.

    >>> money_form("EUR"), money_form("JPY"), money_form(None), money_form("EUR", 0.0042)
    ('#,##0.00" EUR"', '#,##0" JPY"', '#,##0.00', '#,##0.0000" EUR"')
    """
    # quotes and brackets mean something in a number format: a hostile currency must not get into one
    # nor may it be long: a format has room for 255 letters
    unit = "".join(c for c in str(currency) if c.isalnum())[:20] if currency else ""
    least = 0 if unit in WITHOUT_CENTS else 2
    decimals = least if price is None else charts.price_decimals(price, least)
    form = f"#,##0{'.' if decimals else ''}{'0' * decimals}"
    return f'{form}" {unit}"' if unit else form
