"""Tables as people read them: what one can act on comes first, and keys stay in the files, which keep every column.

A page, a sheet and a slide show an order by its number and a vendor by its name; a file has the ids as well, since programs join by
them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from .. import charts
from ..review import NOTHING_TOLD, TO_CLOSE, also_on_order
from ._exhibits import first_value

#: Letters from which a key is one of a machine: a person's own "MAT-0049" is shown where there is no name, forty hex digits are not.
_MACHINE_KEY = 24
#: States of an open line, in the order in which one settles them.
OVERDUE, SOON, LATER, UNDATED, UNTOLD = "overdue", "due in 30 days", "due later", "no due date", "not known"
_STATES = (OVERDUE, SOON, LATER, UNDATED, TO_CLOSE, UNTOLD)
#: Columns that say by themselves what a row is, so that the connection adds nothing to them.
_NAMES = {"vendor_name", "product_code", "description", "order_number", "site_name", "vendor", "item", "label"}
#: Columns whose values have names of their own where they are read.
_SPELLED = {"effect", "bucket"}
#: Columns of a shown table that have another name in the table behind it.
_BEHIND = {
    "item": ("product_code",),
    "site": ("site_name",),
    "vendor": ("vendor_name",),
    "chance": ("chance_30_days", "chance_on_time"),
    "state": ("bucket",),
}


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a report's table as it is shown; what is not shown of it is in the files."""
    bare = table.copy(deep=False)
    bare.attrs = {k: v for k, v in table.attrs.items() if k == "parameters"}  # pandas copies them all with each column
    out = _LISTS.get(_kind(table), _groups)(bare)
    for column in _SPELLED & set(out.columns):
        words = out[column].map(lambda v, c=column: charts.read_as(c, str(v)), na_action="ignore")
        out = out.assign(**{column: words.astype("string")})
    out.attrs = table.attrs
    return out


def filed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a report's table as a file has it: the same rows and values, in the order of the page, keys and connection last.

    Who opens the file in a spreadsheet sees first what people act on; a program finds a column by its name, wherever it stands.
    """
    read = [c for name in shown(table.head(0)).columns for c in (name, *_BEHIND.get(name, ())) if c in table]
    rest = [c for c in table.columns if c not in read]
    keys = [c for c in rest if f"_{c}".endswith("_id") or "connection" in c]
    out = table[list(dict.fromkeys([*read, *(c for c in rest if c not in keys), *keys]))]
    out.attrs = table.attrs
    return out


def is_list(table: pd.DataFrame) -> bool:
    """Return whether the rows of a table are things to settle one by one, rather than groups to compare."""
    return _kind(table) in _LISTS


def note_of(table: pd.DataFrame) -> str:
    """Return what one has to know to read a list, in a sentence or two."""
    note = _NOTES.get(_kind(table), "")
    if "bucket" in table and (table["bucket"] == UNTOLD).any():
        return f"{NOTHING_TOLD.capitalize()}."
    converted = table.attrs.get("currency") != "as in the documents"
    if not ("price_before" in table and converted):
        return note
    return f"{note} Both prices are at the exchange rates of that year; what was bought in another currency than before is not compared."


def _kind(table: pd.DataFrame) -> str:
    """Return what the rows of a table are: those of its figure, or of a bridge its items."""
    items = bool(table.attrs.get("parameters", {}).get("per_item"))
    return f"{table.attrs.get('metric')}{' of items' if items else ''}"


def open_lines(table: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of ``slippage.open_orders`` as a list to chase by: overdue ones first, then by due date, those to close last.

    The chance is that of an overdue line to arrive within 30 days, of another to arrive by its due date. Overdue lines stand by open
    value, the largest first, where all are in one currency; else by days overdue. Where nothing says what has come, they stand by due
    date, and nothing is said of days overdue.
    """
    overdue = table["days_overdue"].to_numpy(dtype=float)
    late = overdue > 0
    to_close = (table["bucket"] == TO_CLOSE).to_numpy(dtype=bool)
    untold = (table["bucket"] == UNTOLD).to_numpy(dtype=bool)
    state = np.select([untold, to_close, late, overdue >= -30, overdue < -30], [5, 4, 0, 1, 2], default=3)
    chance = np.where(late, table["chance_30_days"], table["chance_on_time"].where(~pd.Series(late, table.index)))
    out = pd.DataFrame(
        {
            "order_number": _order(table),
            "line_number": table["line_number"],
            "item": _named(table, "product_code", "material_id"),
            "description": table["description"],
            "site": _named(table, "site_name", "site_id"),
            "vendor": _vendor(table),
            "due_date": table["due_date"],
            "days_overdue": np.where(late, overdue, np.nan),
            "open_value": table["open_value"],
            "currency": table["currency"],
            "chance": chance,
            "also_on_order": _also_on_order(table),
            "open_quantity": table["open_quantity"],
            "unit_of_measure": table["unit_of_measure"],
            "state": pd.array(_STATES, dtype="string").take(state),
        }
    )
    first = -table["open_value"].fillna(0) if comparable(table) else -table["days_overdue"]
    rank = pd.Series(np.where(late, first, -np.nan_to_num(overdue)), table.index)
    order = pd.DataFrame({"state": state, "rank": rank.to_numpy()}).sort_values(["state", "rank"], kind="stable").index
    judged = out.drop(columns=["days_overdue", "chance", "also_on_order"]) if untold.any() else out
    return judged.iloc[order].reset_index(drop=True)


def comparable(table: pd.DataFrame) -> bool:
    """Whether the values of a table can be compared: 100,000 yen are no more than 1,000 euros."""
    return len(table["currency"].unique()) <= 1


def _also_on_order(table: pd.DataFrame) -> pd.Series:
    """Return what else of an overdue line's item is on order, in words.

    Of an item of which 10 are overdue, and 15 and 25 come later: ``2 lines, 40 EA, next 12 Mar``.
    """
    texts = pd.Series(pd.NA, index=range(len(table)), dtype="string")
    as_of = (table["due_date"] + pd.to_timedelta(table["days_overdue"], unit="D")).max()
    beside = also_on_order(table).reset_index(drop=True)
    some = beside.assign(unit=table["unit_of_measure"].fillna("").array)[beside["n_lines"] > 0]
    said = []
    for n, quantity, day, unit in zip(
        *(some[c].tolist() for c in ("n_lines", "quantity", "next_due", "unit")), strict=True
    ):
        much = f"{charts.number(quantity, 0 if quantity == round(quantity) else 2)} {unit}" if quantity > 0 else ""
        year = f" {day.year}" if not pd.isna(day) and abs(day - as_of) > pd.Timedelta(days=180) else ""
        when = "" if pd.isna(day) else f"next {day.day} {day:%b}{year}"
        said.append(", ".join(part for part in (charts.counted(n, "line"), much.strip(), when) if part))
    texts[some.index] = said
    texts[(table["bucket"] == TO_CLOSE).to_numpy(dtype=bool)] = "nothing to come: to be closed"
    return pd.Series(texts.array, index=table.index)


def _items(table: pd.DataFrame) -> pd.DataFrame:
    keys = {"item": _named(table, "product_code", "material_id"), "description": _text(table, "description")}
    if "p90_days" in table:  # the slowest tenth of five lines is no half a line
        few = table["n_delivered"] + table["n_open"] < charts.SMALL_N
        table = table.assign(p90_days=table["p90_days"].mask(few))
    return _leading(table, keys | {"vendor": _vendor(table)})


def _price_changes(table: pd.DataFrame) -> pd.DataFrame:
    keys = {"item": _named(table, "product_code", "material_id"), "description": _text(table, "description")}
    first = ("period", "unit", "quantity", "base_price", "price", "ppv_rate", "ppv", "currency")
    keys |= {"vendor": _vendor(table)} if "vendor_name" in table or "vendor_id" in table else {}
    return _leading(table, keys | {c: table[c] for c in first if c in table})


def _duplicates(table: pd.DataFrame) -> pd.DataFrame:
    # two orders of one number differ in nothing but where they stand, so that has to be said where the names do not tell them apart
    here, there = (table[c].fillna("not recorded") for c in ("connection", "other_connection"))
    same = (table["name"] == table["other_name"]).fillna(False).astype(bool) & (here != there)
    names = {}
    for name, of in (("name", here), ("other_name", there)):
        names[name] = table[name].where(~same, table[name] + " (" + of + ")")
    # what agrees in most comes first, of whatever kind it is, and of that the largest: that is what the findings speak of
    return _leading(table, {**names, "kind": table["kind"]}).sort_values(
        ["score", "value"], ascending=False, kind="stable", ignore_index=True
    )


def _leading(table: pd.DataFrame, first: dict[str, pd.Series]) -> pd.DataFrame:
    """Return a table that begins with some columns, and then has its others, without the keys."""
    rest = _without_keys(table).drop(columns=["vendor_name", "product_code", "description", "other_connection", "connection", *first],
                                     errors="ignore")  # fmt: skip
    return pd.concat([pd.DataFrame(first, index=table.index), rest], axis=1)


def _groups(table: pd.DataFrame) -> pd.DataFrame:
    """Return the groups of a figure without keys; that of the lines which have no such group is called "not recorded", not a dash."""
    out = _without_keys(table)
    if "by" not in table.attrs.get("parameters", {}):
        return out
    keys = [c for c in charts.group_columns(table, first_value(table)) if c != "connection"]
    none = table[keys].isna().all(axis=1)
    if keys and none.any():
        name = next(c for c in out.columns if c in keys)
        out[name] = out[name].astype("string").mask(none, "not recorded")
    return out


def _without_keys(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the ids beside names, and without the connection where something else says what a row is."""
    named = bool(_NAMES & set(table.columns))
    told = {"material_id"} if {"product_code", "description"} & set(table.columns) else set()
    keys = {c for c in table.columns if c.endswith("_id") and f"{c[:-3]}_name" in table} | {"id", "other_id"} | told
    drop = [c for c in table.columns if c in keys or (c == "connection" and named)]
    out = table.drop(columns=drop)
    if "vendor_name" in out:
        out["vendor_name"] = _vendor(table)
    return out


def _vendor(table: pd.DataFrame) -> pd.Series:
    """Return the vendors' names, with the connection behind a name that two connections of the table use for two vendors."""
    names = _named(table, "vendor_name", "vendor_id")
    if "connection" not in table or "vendor_id" not in table:
        return names
    whose = pd.DataFrame({"name": names, "connection": table["connection"], "id": table["vendor_id"]}).drop_duplicates()
    several = whose.dropna(subset=["name"]).groupby("name")["connection"].nunique()
    twice = names.isin(set(several.index[several > 1])).to_numpy(dtype=bool) & table["connection"].notna().to_numpy()
    return names.where(~twice, names + " (" + table["connection"].astype("string") + ")")


def _named(table: pd.DataFrame, name: str, key: str) -> pd.Series:
    """Return what people call a thing: its name, else a key that a person could have given."""
    names, keys = _text(table, name), _text(table, key)
    return names.fillna(keys.where(keys.str.len() < _MACHINE_KEY))


def _order(table: pd.DataFrame) -> pd.Series:
    """Return the orders' numbers, else their keys, without the vendor that makes two keys of an order of two vendors: "PO0 / Bolt AG"."""
    keys, vendors = _text(table, "order_id"), _text(table, "vendor_id")
    own = [
        k.removesuffix(f" / {v}") if isinstance(k, str) and isinstance(v, str) else k
        for k, v in zip(keys.tolist(), vendors.tolist(), strict=True)
    ]
    return _named(table.assign(order_id=pd.Series(own, index=table.index, dtype="string")), "order_number", "order_id")


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table:
        return pd.Series(pd.NA, index=table.index, dtype="string")
    return table[column].astype("string")


#: How the tables of some figures are shown; of the others only the keys are left out.
_LISTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "slippage.open_orders": open_lines,
    "spend.single_source": _items,
    "spend.price_changes": _price_changes,
    "spend.bridge of items": _items,
    "quality.duplicates": _duplicates,
}

_NOTES = {
    "slippage.open_orders": "Chance: of an overdue line to arrive within 30 days, of another to arrive by its due date. "
    "Also on order: the other open lines of the same item and unit.",
    "spend.bridge of items": "Price effect: what this year's quantity cost more, or less, than at the price of the year before.",
    "quality.duplicates": "Value: what the lines that are there again count for; of vendors what was bought under the smaller entry "
    "in the twelve months.",
    "spend.price_changes": "PPV: what the quantity cost more, or less, than at the base price.",
}
