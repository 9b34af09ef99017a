"""What seems to be there twice: suggestions with their evidence. Nothing is ever merged but by a mapping of yours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ..compute import LATER, FigureResult, Selection, figure, group_lines
from ..frames import (
    FIGURE_COLUMNS,
    AsOf,
    AsOfDays,
    Mask,
    counts_as_spend,
    days_of,
    encode,
    numbers,
    pairs,
    values,
)
from ..purchases import Purchases
from ..system import number_of
from ._names import clean_name, similar_names
from ._repeats import repeated_lines, repeated_orders
from ._takes import check_purchases, day_of

#: The kinds of suggestions, in the order in which they are listed.
KINDS = ("order", "repeated line", "repeated order", "vendor", "due date")
#: Two orders agree in value where they differ by at most this share.
_SAME_VALUE = 0.005


@figure()
def duplicates(data: Purchases, *, score: float = 88, as_of: AsOf | None = None) -> FigureResult:
    """What seems to be there twice: orders, order lines, vendors under several names, due dates that copy the delivery.

    An order is suggested when two connections have the same order number and the vendor's name agrees, or order date and total value
    do. A number alone repeats across companies and is never enough; the score says how much of the four agrees. Where an order has no
    total, its value is the sum of its lines; what is not known is neither the same nor another, and the evidence says so.

    Inside a connection an order line is suggested that is there again - the same line id, or the same order, line number, quantity
    and amount - and an order with lines of the same vendor, item, day and amount as those of another number; the score of those is
    the share of the longer order's lines that agree. What is due or came on another day speaks against a second entry, as call-offs
    and instalments do: it counts half, and a line at another site or of another quantity a quarter less. Cancelled, deleted and
    draft lines are no repeats.

    Vendors are compared by their cleaned names - case, accents, punctuation and legal ending (cleanco's list) folded - with the words
    in any order (rapidfuzz's token_sort_ratio; without the extra ``enrich`` only equal cleaned names are found). Names that differ in
    a number ("Plant 1", "Plant 2"), or only in words of one or two letters ("Supplier A", "Supplier B"), are different vendors. A
    subsidiary may look like its parent: look before you merge. Due dates are doubtful where more than 95 % of a connection's
    delivered lines came exactly on theirs. Orders dated after the as-of day
    are not there yet.

    Parameters
    ----------
    data : Purchases
    score : least similarity of two cleaned vendor names, 0..100
    as_of : day from which to look; the data's own by default, each connection's where they differ; all orders where there is none

    Returns
    -------
    DataFrame, one row per suggestion, by kind and falling score
        kind : string; order (in two connections), repeated line and repeated order (within one), vendor or due date
        connection, id, name : string, the one (order number or vendor name)
        other_connection, other_id, other_name : string, the other; missing for due dates
        score : float, 0..100; share of the evidence that agrees, similarity of the names, or share of the lines
        evidence : string, what agrees and what does not
        value : float, in ``currency``, what the lines that are there again count for; missing for vendors and due dates
        currency : string

    Raises
    ------
    SchemaError
        ``data`` is not Purchases.
    ConfigError
        A score outside 0..100.
    """
    check_purchases(data, metric="quality.duplicates")
    number_of("score", score, high=100)
    selection, day = Selection(data.lines), day_of(data, as_of)
    later = _later(data.lines, day)
    selection.exclude(later, LATER)
    orders, lines = data.orders, data.lines
    if later.any():
        orders = orders[~_later(orders, day)]
        lines = lines[[c for c in lines if c in FIGURE_COLUMNS]][~later]  # lines are wide, and copying them is slow
    rows = [*_orders(orders, lines, score), *_vendors(lines, score), *_due_dates(lines)]
    names = ["kind", "connection", "id", "name", "other_connection", "other_id", "other_name", "score", "evidence"]
    dtypes = dict.fromkeys([*names, "currency"], "string") | {"score": "float64", "value": "float64"}
    parts = [pd.DataFrame(rows, columns=list(dtypes)), repeated_lines(lines), repeated_orders(lines)]
    result = pd.concat([p.reindex(columns=[*names, "value", "currency"]).astype(dtypes) for p in parts])
    result = result.reset_index(drop=True)
    rank = result["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    order = pd.DataFrame({"rank": rank, "score": -result["score"], "name": result["name"]}).sort_values(
        ["rank", "score", "name"]
    )
    result = result.loc[order.index].reset_index(drop=True)
    return FigureResult(result, selection, as_of=day)


def _later(frame: pd.DataFrame, day: AsOfDays | None) -> Mask:
    """Return the rows that are dated after the day."""
    if day is None or "order_date" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return days_of(frame, "order_date") > day.of_rows(frame)


# ---- orders ------------------------------------------------------------------------------------------------------------


def _orders(orders: pd.DataFrame, lines: pd.DataFrame, least: float) -> Iterator[dict[str, Any]]:
    texts = {
        "connection": "connection",
        "id": "order_id",
        "name": "order_number",
        "vendor": "vendor_name",
        "currency": "currency",
    }
    number = values(orders, "order_number", "string").astype("string").str.strip().str.casefold()
    table = pd.DataFrame(
        {
            **{name: values(orders, column, "string") for name, column in texts.items()},
            "date": values(orders, "order_date", "datetime64[us]"),
            "value": values(orders, "total_net", "float64"),
            "number": number,
        }
    )
    # numbers are made per system, so the same one twice in one connection is no sign of anything
    code, of = (encode(c, sort=False).codes for c in (number.mask(number == ""), table["connection"]))
    known = (code >= 0) & (of >= 0)
    n_connections = np.bincount(pairs(code[known], of[known])[0], minlength=int(code.max(initial=-1)) + 1)
    twice = np.append(n_connections > 1, False)[code]
    table = _with_sums(table[twice], lines)
    table["value"] = table["value"].fillna(values(orders, "total_gross", "float64"))
    clean = cache(clean_name)  # the vendors of many orders are few
    same: dict[str, list[dict[str, Any]]] = {}
    for record in _records(table.sort_values("number", kind="stable")):
        same.setdefault(record["number"], []).append(record)
    for records in same.values():
        for a, b in combinations(records, 2):
            if a["connection"] == b["connection"]:
                continue
            agrees = {
                "vendor": _known(a, b, "vendor")
                and any(similar_names([clean(a["vendor"]), clean(b["vendor"])], least)),
                "order date": _known(a, b, "date") and a["date"] == b["date"],
                "value": _known(a, b, "value", "currency")
                and a["currency"] == b["currency"]
                and abs(a["value"] - b["value"]) <= _SAME_VALUE * max(abs(a["value"]), abs(b["value"])),
            }
            if agrees["vendor"] or (agrees["order date"] and agrees["value"]):
                alike, odd, unknown = ([k for k, v in agrees.items() if v is want] for want in (True, False, None))
                evidence = f"the same number and {', '.join(alike)}"
                evidence += f"; not the same {', '.join(odd)}" if odd else ""
                evidence += f"; {', '.join(unknown)} not known" if unknown else ""
                pair = _pair("order", a, b, 25 * (1 + len(alike)), evidence)
                yield pair | {"value": b["value"], "currency": b["currency"]}


def _with_sums(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return some orders with the sum of their lines where they have no total, and the lines' currency where they have none.

    Lines that were cancelled or deleted are not in a sum; of lines in several currencies, or without an amount, there is none.
    """
    lacking = orders["value"].isna() | orders["currency"].isna()
    if not lacking.any():
        return orders
    key = ["connection", "id"]
    there = pd.DataFrame(
        {"connection": values(lines, "connection", "string"), "id": values(lines, "order_id", "string")}
    )
    mine = counts_as_spend(lines) & there["id"].isin(orders.loc[lacking, "id"].dropna()).to_numpy(dtype=bool)
    there = there.assign(amount=numbers(lines, "amount"), unit=values(lines, "currency", "string"))[mine]
    groups = there.dropna(subset=["id"]).groupby(key, dropna=False, observed=True)
    # a sum that lacks an amount is not one of the order
    whole = groups["amount"].sum().where(groups["amount"].count() == groups.size())
    units = groups["unit"].agg(["nunique", "count", "first"])
    one = (units["nunique"] == 1) & (units["count"] == groups.size())
    found = pd.DataFrame({"sum": whole.where(one), "unit": units["first"].where(one)}).reset_index()
    of = orders[key].astype("string").merge(found.astype(dict.fromkeys([*key, "unit"], "string")), how="left", on=key)
    of.index = orders.index
    currency = orders["currency"].fillna(of["unit"])
    total = of["sum"].where((currency == of["unit"]).fillna(False))
    return orders.assign(currency=currency, value=orders["value"].fillna(total))


def _known(a: Mapping[str, Any], b: Mapping[str, Any], *names: str) -> bool | None:
    """Return whether both have some values; None where not, since what is missing is neither the same nor another."""
    return True if all(pd.notna(v[name]) for v in (a, b) for name in names) else None


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in record.items()} for record in frame.to_dict("records")]


def _pair(kind: str, a: Mapping[str, Any], b: Mapping[str, Any], score: float, evidence: str) -> dict[str, Any]:
    one = {k: a[k] for k in ("connection", "id", "name")}
    return {"kind": kind, **one, **{f"other_{k}": b[k] for k in one}, "score": score, "evidence": evidence}


# ---- vendors -----------------------------------------------------------------------------------------------------------


def _vendors(lines: pd.DataFrame, least: float) -> Iterator[dict[str, Any]]:
    columns = {"connection": "connection", "id": "vendor_id", "name": "vendor_name"}
    table = pd.DataFrame({name: values(lines, c, "string") for name, c in columns.items()})
    named = table["name"].notna().to_numpy(dtype=bool)
    groups = group_lines(table, list(columns), rows=named)
    vendor, vendors = groups.codes, groups.keys.assign(n=np.bincount(groups.codes, minlength=len(groups)))
    cleaned = [clean_name(n) for n in vendors["name"]]
    found = list(similar_names(cleaned, least))
    # what each of these few vendors delivers; of all vendors it would take a second for a million lines
    materials: dict[int, set[int]] = {v: set() for i, j, _ in found for v in (i, j)}
    product = encode(values(lines, "product_code", "string"), sort=False).codes[named]
    few = np.isin(vendor, [*materials]) & (product >= 0)
    for v, p in zip(*(x.tolist() for x in pairs(vendor[few], product[few])[:2]), strict=True):
        materials[v].add(p)
    records = _records(vendors)
    for i, j, similarity in found:
        a, b = records[i], records[j]
        evidence = [f"{a['n']:,} and {b['n']:,} lines"]
        if cleaned[i] == cleaned[j]:
            evidence.append(
                "the same name but for spelling and legal ending" if a["name"] != b["name"] else "the same name"
            )
        either = materials[i] | materials[j]
        if materials[i] and materials[j]:
            evidence.append(f"{len(materials[i] & materials[j]):,} of {len(either):,} product codes in common")
        if a["connection"] == b["connection"]:
            evidence.append("two keys in one connection")
        yield _pair("vendor", a, b, similarity, "; ".join(evidence))


# ---- due dates ---------------------------------------------------------------------------------------------------------


def _due_dates(lines: pd.DataFrame) -> Iterator[dict[str, Any]]:
    due, came = (values(lines, c, "datetime64[us]") for c in ("required_date", "delivered_date"))
    # real deliveries scatter around their due date; a column that agrees to the day was copied from the other
    both = (due.notna() & came.notna()).to_numpy(dtype=bool)
    equal = (due == came)[both]
    for connection, part in equal.groupby(values(lines, "connection", "string")[both]):
        share = float(part.mean())
        if len(part) >= 20 and share > 0.95:
            evidence = f"{int(part.sum()):,} of {len(part):,} delivered lines came exactly on their due date: it may be filled in from the receipt"
            yield {
                "kind": "due date",
                "connection": connection,
                "name": "required_date",
                "score": 100 * share,
                "evidence": evidence,
            }
