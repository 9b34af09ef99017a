"""`Purchases`: the tidy frames of one or several connections, with their sources and as-of day. Save, load, concat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..files import FileBeside, FileRead, read_all
from ..frames import DECIDED_BY, DECIDING, N_LINES, as_day, categoricals, stack
from ..system import check_options, flag_of, folder_of, known_options, mapping_of, options_of, path_of
from ..tidy import TABLES, Beside, NumberFormat, empty, tidy_table
from . import _display, _folder
from ._filter import filtered, mark_open_list
from ._habits import NoFrame
from ._reach import carried, check_frame, reach, source_of


@dataclass(frozen=True, eq=False)  # frames have no truth value and no hash: purchases equal themselves alone
class Purchases(NoFrame):
    """Purchase orders, ready to compute on.

    Attributes
    ----------
    orders : DataFrame, one row per purchase order
    lines : DataFrame, one row per order line, cancelled and deleted ones too
    issues : DataFrame, one row per value that could not be read, or that is doubtful
    sources : DataFrame, one row per connection: when fetched, pages, rows, the server's total, notes
    as_of : Timestamp or None, the day from which figures look by default. Of several connections whose days differ it is the
        earliest one; each is looked at from its own, which stands in ``sources.as_of``

    See `makini_analytics.data_dictionary` for every column. Text is of dtype ``string`` whatever the number of lines, so what works
    on the sample works on a million lines. Where memory is tight, ``.astype("category")`` makes a column of repeated text a tenth of
    its size; every metric takes it.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    issues: pd.DataFrame = field(default_factory=lambda: empty("issues"))
    sources: pd.DataFrame = field(default_factory=lambda: empty("sources"))
    as_of: pd.Timestamp | None = None

    def __post_init__(self) -> None:
        day = None if self.as_of is None else as_day(self.as_of, empty=False)
        object.__setattr__(self, "as_of", day)
        for name in TABLES:
            check_frame(name, getattr(self, name))
        said = {"source": source_of(self.sources)} | reach(self.sources, day)
        attrs = {k: v for k, v in said.items() if v is not None}
        # attrs serve titles and footnotes, and go on a shallow copy: the caller's frame stays untouched
        for name in ("orders", "lines", "issues"):
            frame = getattr(self, name).copy(deep=False)
            repeated = {c.name for c in TABLES[name] if c.kind == "label"}
            repeated |= {c for c in frame.columns if str(c).startswith("custom.")}
            frame = categoricals.as_strings(frame, repeated)
            frame.attrs = {} if name == "issues" else attrs | carried(frame)
            if name == "lines" and len(self.sources):
                frame.attrs |= {DECIDED_BY: [c for c in DECIDING if c in frame], N_LINES: len(frame)}
            object.__setattr__(self, name, frame)

    def __len__(self) -> int:
        """Return the number of order lines, the unit of counting."""
        return len(self.lines)

    def __repr__(self) -> str:
        return _display.as_text(self)

    def _repr_html_(self) -> str:
        return _display.as_html(self)

    @known_options
    def filter(
        self,
        *,
        connection: str | Collection[str] | None = None,
        vendor: str | Collection[str] | None = None,
        since: Any = None,
        until: Any = None,
        **columns: str | Collection[str] | None,
    ) -> Purchases:
        """Return a part of the purchases that knows what the whole does: as-of days, notes, rates, how far the data reach.

        Lines that fit all of the conditions stay, with their orders, their issues and their connections; ``sources.notes`` says how
        many were left out. What is computed from the part says in its footnote and in `makini_analytics.explain` what it is a part of,
        and `spend.single_source` does not take what one vendor sold for what nobody else sells.

        Parameters
        ----------
        connection : name of a connection, or several
        vendor : name or id of a vendor, or several
        since, until : first and last order date; with one of them, lines without an order date are left out and counted
        **columns : any other column of the lines, as ``category="Bearings"`` or ``site_id=["HH1", "HH2"]``

        Returns
        -------
        Purchases

        Raises
        ------
        ConfigError
            No line has such a value (near ones are given), or a day is none.
        OptionError
            The lines have no such column.

        Examples
        --------
        >>> import makini_analytics as ma
        >>> from makini_analytics import spend
        >>> data = ma.load_sample().filter(connection="emea", category="Bearings", since="2025-01-01")
        >>> len(data), data.sources.connection.tolist(), str(data.as_of.date())
        (208, ['emea'], '2025-12-31')
        >>> spend.by_vendor(data).attrs["filters"]
        {'connection': 'emea', 'category': 'Bearings', 'ordered from': '2025-01-01'}
        """
        return filtered(self, {"connection": connection, "vendor": vendor, **columns}, since, until)

    # ---- disk ------------------------------------------------------------------------------------------------------

    @known_options
    def save(self, folder: str | Path, *, dated: bool = False) -> Path:
        """Write the frames into a folder and return it: Parquet where pyarrow is installed, else compressed CSV.

        Parameters
        ----------
        folder : a new or empty folder, or one of saved purchases, which these take the place of
        dated : write into a folder of that folder, named by the as-of day, so that each run keeps its snapshot: what was promised then
            is known later (`slippage.date_changes`). A second run of the same day takes the place of the first.

        Returns
        -------
        Path of the folder that holds the frames

        Raises
        ------
        SchemaError
            The folder holds something else already.
        ConfigError
            ``dated``, and the purchases have no as-of day.

        Examples
        --------
        >>> import tempfile
        >>> import makini_analytics as ma
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     ma.load_sample(["us"]).save(folder, dated=True).name
        '2025-12-31'
        """
        if flag_of("dated", dated) and self.as_of is None:
            raise ConfigError("save(dated=True) names the folder by the as-of day, and these purchases have none")
        folder = folder_of("folder", folder)
        folder = _folder.checked_folder(folder / str(self.as_of.date()) if dated and self.as_of is not None else folder)
        _folder.write(folder, {table: getattr(self, table) for table in TABLES}, self.as_of)
        return folder

    @classmethod
    @known_options
    def load(cls, folder: str | Path) -> Purchases:
        """Read what `save` wrote, or the last that ``client.fetch_purchases(to=folder)`` brought: of a history, what is known now.

        Parameters
        ----------
        folder : where the purchases are

        Returns
        -------
        Purchases, with the same frames, dtypes and as-of day

        Raises
        ------
        SchemaError
            No saved purchases there, or of another format version.

        Examples
        --------
        >>> import tempfile
        >>> import makini_analytics as ma
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(ma.Purchases.load(ma.load_sample(["us"]).save(folder)).orders)
        700
        """
        if history := _folder.history_in(folder):
            return history.at()
        head, frames = _folder.read_whole(folder)
        return cls(**frames, as_of=_folder.as_of_in(head))

    # ---- tables ----------------------------------------------------------------------------------------------------

    @classmethod
    @known_options
    def from_table(
        cls,
        df: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        connection: str = "table",
        currency: str | None = None,
        as_of: Any = None,
        date_formats: Mapping[str, str] | None = None,
        timezone: str = "UTC",
        delivery_date: str = "actual",
        statuses: Mapping[str, str] | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        orders: Beside | None = None,
        receipts: Beside | None = None,
    ) -> Purchases:
        """Return purchases from any table of order lines: an ERP export, a CSV, a query result.

        Every row becomes a line; no row is merged or dropped, also where rows look alike: what seems to be a total or to be there twice
        is a row of ``issues``. ``order_id`` falls back to ``order_number``, ``vendor_id`` to the id that the vendor's name has
        elsewhere, else to ``vendor_name`` (compared exactly after stripping outer blanks), ``line_id`` to the row's position. Numbers and
        dates written as text are read in one way for the whole table: where exactly one decimal mark, and exactly one of day-first and
        month-first, fits everything. What can't be read is missing and a row of ``issues``, and so is what depends on it.

        Parameters
        ----------
        df : DataFrame, one row per order line; values may be text, numbers or datetimes
        columns : the table's names to ours (see `makini_analytics.data_dictionary`), also ``custom.<name>``. Unmapped
            columns are left out, with a note in ``sources``. Without it, columns that already have our names are taken.
        connection : name written into each row that has none
        currency : fills rows that have none, and says which one a sign of several ("$") is; read as the values of the column are
        as_of : the day the table was made; where omitted, the latest ``updated_at``, if there is one
        date_formats : our column to a format, as ``{"order_date": "%m/%d/%y"}``; "dayfirst" and "monthfirst" read any separator, "excel"
            counts of days (``"excel1904"`` from 1904 on), "s" and "ms" seconds and milliseconds since 1970; numbers such as 20240131
            are read by "%Y%m%d"
        timezone : where a date with a zone becomes a calendar day
        delivery_date : "actual", or "planned" where the delivered date is a plan, or "auto"
        statuses : status text to state, over the words that are understood anyway
        decimal, thousands : the marks of numbers that are written as text, as pandas has them; judged where they are left out
        orders : a table of one row per order, with our names or as ``(table, columns)``; its values are those of lines that have none
        receipts : a table of one row per receipt (order_number or order_id, line_number, received_date, quantity), likewise; several
            receipts never multiply a line

        Returns
        -------
        Purchases, with one line per row; how the table was read stands in the notes of ``sources``, doubtful values in ``issues``

        Raises
        ------
        SchemaError
            A name is unknown (near names are given), or numbers or dates can be read in two ways.
        ConfigError
            An argument can't be right.

        Examples
        --------
        >>> import makini_analytics as ma
        >>> export = pd.DataFrame({"PO": ["45001", "45001"], "Supplier": ["ACME", "ACME"], "Net": ["1.250,00", "80,50"], "Cur": ["EUR", "EUR"]})
        >>> names = {"PO": "order_number", "Supplier": "vendor_name", "Net": "amount", "Cur": "currency"}
        >>> data = ma.Purchases.from_table(export, columns=names, as_of="2025-06-30")
        >>> len(data.orders), data.lines.amount.tolist()
        (1, [1250.0, 80.5])
        """
        got = tidy_table(
            df,
            columns=columns,
            connection=connection,
            currency=currency,
            date_formats={} if date_formats is None else date_formats,
            timezone=timezone,
            delivery_date=delivery_date,
            statuses=statuses,
            number_format=NumberFormat(decimal, thousands),
            orders=orders,
            receipts=receipts,
        )
        day = got.as_of if as_of is None else as_day(as_of, empty=False)
        mark_open_list(got.lines, got.sources, day)
        return cls(got.orders, got.lines, got.issues, got.sources, day)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        columns: Mapping[str, str | None] | pd.DataFrame | None = None,
        system: str | None = None,
        sheet: str | int | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        header: int | None = None,
        connection: str | None = None,
        statuses: Mapping[str, str] | None = None,
        orders: str | Path | Beside | None = None,
        receipts: str | Path | Beside | None = None,
        **options: Any,
    ) -> Purchases:
        """Return purchases from a list of order lines as an ERP system wrote it: CSV, TSV, SAP's printed lists, .xlsx, .xlsm,
        .xls, and what is called .xls and is HTML, MHTML or XML.

        Encoding, separator, sheet and the row of headings are found; the headings of SAP, Oracle, NetSuite, Dynamics 365, Business
        Central, Coupa, Odoo, ERPNext, Maximo, JD Edwards, Infor, Sage, Epicor and Acumatica, and plain words in eight languages, are
        understood. Totals, headings that come again, remarks, quotes and invoices are no lines: ``issues`` has each with the value at stake and its
        row in the file, which is a line's ``line_id``; what may be a total or a line stays, and is told. Cells that an order has once are filled down,
        rows of orders among those of lines are given to their lines, marks (deleted, cancelled, delivery completed) become a status. ``sources``
        says how the file was read; `makini_analytics.read_headings` shows it as a table before anything is computed. Where it would have to guess, it asks.

        Parameters
        ----------
        path : the file
        columns : heading to our column, over what is understood; None leaves a heading out. Or the frame of `read_headings`, changed.
            Where they are said, a list without order numbers or amounts is read for what it has
        system : the system that wrote the file, where its headings don't show it, as "sap" or "netsuite"
        sheet : name or place (from 0) of a workbook's sheet; where omitted, the one with most headings that are known
        encoding, separator : of a text, where they are not found rightly
        header : row of the headings, counted from 1 as a spreadsheet does; 0 where there is none: the columns are called "1", "2", ...
        connection : name written into each row; where omitted, the file's
        statuses : status text to state, over the words that are understood anyway
        orders, receipts : files beside the lines, read the same way, or tables as in `from_table`: the heads of the orders, as SAP's EKKO
            beside EKPO, and the receipts, as EKBE; ``(path, columns)`` says what headings mean. Of a history only the receipts are
            taken, and what takes goods away again is negative; so it is of a list that has the history beside the lines, as ME80FN
        **options : as in `from_table`: ``currency``, ``as_of``, ``date_formats``, ``timezone``, ``delivery_date``, and the marks of numbers

        Raises
        ------
        SchemaError
            No row of headings, a heading that can mean two columns, two headings for one, no order number, neither amount nor price and
            quantity, rows that don't fit the headings, or what `from_table` asks about.
        ConfigError
            An argument can't be right, or the library that reads such a file is not installed.
        """
        check_options("Purchases.from_file", options, options_of(cls.from_file, cls.from_table))
        name = connection if connection is not None else path_of("path", path).stem
        own_statuses = (
            {} if statuses is None else mapping_of("statuses", statuses, "a mapping such as {'Shipped': 'received'}")
        )
        marks = {k: v for k, v in options.items() if k in ("decimal", "thousands")}

        def read(table: pd.DataFrame, names: Mapping[Any, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
            numbers = cls.from_table(table, columns=names, connection=name, **marks)
            return numbers.lines, numbers.issues

        how = {"system": system, "sheet": sheet, "encoding": encoding, "separator": separator, "header": header}
        tables, files, got, doubts = read_all(path, orders, receipts, read, columns, how)
        parts: list[FileRead | FileBeside] = [got, *files]
        said = {k: v for part in reversed(parts) for k, v in part.statuses.items()} | dict(own_statuses)
        made = cls.from_table(got.table, columns=got.columns, connection=name, statuses=said, **tables, **options)
        left_out = stack([part.left_out for part in parts])
        left_out = left_out.assign(connection=name).astype(left_out.dtypes.to_dict())
        told = [" ".join([*(part.notes for part in parts), n]).strip() for n in made.sources["notes"].fillna("")]
        sources = made.sources.assign(source=str(path), notes=told).astype(made.sources.dtypes.to_dict())
        return replace(made, issues=stack([made.issues, doubts, left_out]), sources=sources)
