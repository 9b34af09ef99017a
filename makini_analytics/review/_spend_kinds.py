"""What there is to know of spend: prices, concentration, single sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import charts, spend
from ..errors import SchemaError
from ..frames import Mask, numbers, values, vendors_hidden_by
from ._accounts import had_another, of_many_vendors
from ._alone import largest
from ._calls import in_currency, this_year, year_before
from ._change_kind import item_keys, without_amount
from ._evidence import NO_VENDOR, OTHER_UNITS, Evidence, decided_by_units, named, price_shift
from ._holes import UNEVEN
from ._kinds import CLEAR, COUNTED, TO_CHECK, UNKNOWN, Finding, count, listed, none_of
from ._told import says_what
from ._view import FEWEST_ORDERS, View

#: A vendor with more than this share of a category is one that the category hangs on.
LIMIT = 0.5
#: A change of prices that reads as 0.0 % is none.
_LEAST_RATE = 0.0005
NOTHING_SAYS_WHAT = "nothing says what was bought"
#: Where vendors of too few items to be tested have more than this share, nothing can be told of prices.
_MOST_UNTESTED = 0.5


def price_evidence(view: View) -> Evidence:
    """Return for each vendor what its items cost above last year's prices, and how sure that is; the last row is all vendors together.

    An item counts once, with the relative change of its price: a vendor's items that rose and fell by chance cancel out (Student's
    test of five items or more). Of all vendors together each counts once, since the prices of one vendor hang together. Where prices
    rose on average and less was paid, or the other way round, nothing is clear.
    """
    if not all(says_what(side) for side in view.sides if len(side)):
        raise SchemaError(view.not_compared or NOTHING_SAYS_WHAT)
    items = view.same_items
    base = (items["after"] - items["price"] - items["currency_effect"]).to_numpy()
    keys = [c for c in ("connection", "vendor_id", "vendor_name") if c in items]
    codes = np.asarray(items.groupby(keys, dropna=False, sort=False).ngroup(), dtype=np.int64)
    n = int(codes.max()) + 1 if len(codes) else 0
    price = items["price"].to_numpy()
    names = items[keys].drop_duplicates().reset_index(drop=True)
    net, of_items = (np.bincount(codes, x, n).astype(np.float64) for x in (price, base))
    p = np.where(named(names), price_shift(codes, price, base, n), np.nan)
    table = names.assign(net=net, base=of_items, p_value=p)
    together = price_shift(np.zeros(n, dtype=np.int64), net, of_items, 1)
    whole = pd.DataFrame({"net": [net.sum()], "base": [float(of_items.sum())], "p_value": together})
    return Evidence(pd.concat([table, whole], ignore_index=True))


def prices(view: View, evidence: Evidence, clear: Mask) -> Finding:
    """Return whether prices moved by more than chance, of all vendors together or of single ones."""
    table, all_clear = evidence.table, bool(clear[-1])
    vendors, moved = table.iloc[:-1], table.iloc[:-1][clear[:-1]]
    total = table.iloc[-1]
    tested = int(vendors["p_value"].notna().sum())
    if not len(vendors) or not total["base"] > 0:
        return Finding("prices", f"prices ({view.not_compared or _no_prices(view)})", certainty=UNKNOWN)
    if n_other := decided_by_units(view.same_items):
        cost = f"{count(n_other, 'item')} {'costs' if n_other == 1 else 'cost'} many times as much, or a fraction"
        why = f"{cost}: more likely another unit, or a price per 100"
        return Finding("prices", f"prices ({why})", certainty=UNKNOWN)
    same = float(view.same_items["after"].sum())
    # beside what returns have left of spend, a share would be more than the whole
    of_spend = (
        f"{charts.percent(same / view.spent)} of spend" if 0 < same <= view.spent * (1 + 1e-9) else view.say(same)
    )
    moved_by = round(float(total["net"]) / float(total["base"]) * 100, 1)
    rate = f"{'+' if moved_by > 0 else '−' if moved_by < 0 else ''}{charts.number(abs(moved_by), 1)} % on {of_spend}"
    # those that moved the other way stand behind the sentence, which tells of one direction
    way = np.sign(float(total["net"] if all_clear else moved["net"].sum()))
    same_way, other_way = moved[np.sign(moved["net"]) == way], moved[np.sign(moved["net"]) == -way]
    told = total if all_clear else same_way[["net", "base"]].sum()
    if abs(float(told["net"])) < _LEAST_RATE * float(told["base"]) or (not len(moved) and not all_clear):
        none = none_of(tested, "vendor", "stands out", "does not stand out")
        stands = none if tested else NO_VENDOR if not named(vendors).any() else "too few items to tell of any vendor"
        if all_clear or len(moved):
            stands = "no change worth telling"
        elif (few := _untested(vendors, total)) and moved_by and tested:
            return Finding("prices", f"prices of the same item and vendor ({rate}; {few})", certainty=UNKNOWN)
        return Finding(
            "prices",
            f"prices of the same item and vendor ({rate}; {stands})",
            why=f"{_other_units(view)}{without_amount(view)}".strip(),
        )
    net = float(told["net"])
    did, rather = ("more", "less") if net > 0 else ("less", "more")
    who = "" if all_clear else f" at {_vendors_of(same_way, view)}"
    tail = (
        f" Of {count(tested, 'vendor')} {len(moved)} {'stands' if len(moved) == 1 else 'stand'} out: {_vendors_of(moved, view)}."
        if len(moved)
        else ""
    )
    if len(other_way):
        tail += f" {view.say(abs(float(other_way['net'].sum())))} {rather} was paid at {_vendors_of(other_way, view)}."
    return Finding(
        "prices",
        f"{view.say(abs(net))} {did} was paid{who} than at last year's prices.",
        net,
        abs(net),
        f"paid {did}, same item and vendor",
        CLEAR,
        f"Prices of the same item and vendor are {rate}.{tail}{_other_units(view)}{without_amount(view)}",
        "spend_prices",
        f"spend.bridge({year_before(view)}, {this_year(view, known=True)}, per_vendor=True, per_item=True, mixed_units='apart'{in_currency(view)})",
    )


def _untested(vendors: pd.DataFrame, total: pd.Series) -> str:
    """Return that most was bought from vendors of too few items to be tested; "" where it was not."""
    few = vendors[vendors["p_value"].isna() & named(vendors)]
    share = float(few["base"].sum()) / float(total["base"])
    of = "is of a vendor" if len(few) == 1 else f"is of {charts.number(len(few))} vendors"
    return f"{charts.percent(share)} of it {of} with too few items to be tested" if share > _MOST_UNTESTED else ""


def _vendors_of(moved: pd.DataFrame, view: View) -> str:
    """Return the names of vendors whose prices moved, the largest effect first."""
    largest = moved.loc[moved["net"].abs().sort_values(ascending=False).index]
    columns = [c for c in ("vendor_id", "vendor_name") if c in largest]
    return listed(charts.group_labels(largest, columns, among=view.vendors.keys))


def _no_prices(view: View) -> str:
    """Return why no price of this year compares with one of the year before."""
    if not view.has_amount.any():
        return "no line has an amount"
    if not view.bridge["n_items"].sum():
        return "no line has a price to compare"
    items = view.items
    if ((items["before"] > 0) & (items["after"] > 0)).any():
        return "no item was bought from the same vendor in both years"
    whole = items.groupby(item_keys(items), dropna=False)[["before", "after"]].sum()
    unit = "the same unit in " if (whole > 0).all(axis=1).any() else ""
    return f"no item was bought in {unit}both years"


def _no_others(view: View) -> str:
    """Return why the data can't tell what other vendors sell; "" where they can."""
    if by := vendors_hidden_by(view.lines):
        return f"filtered by {', '.join(by)}"
    # lines without a vendor may be another's
    return "the data have one vendor only" if len(view.vendors.keys) == 1 else ""


def concentration(view: View) -> Finding:
    """Return the categories of which one vendor has more than half."""
    lines = view.year_lines
    if lines.empty:
        return Finding("concentration", f"concentration ({view.none_in_year})", certainty=UNKNOWN)
    if not values(lines, "category", "string").notna().any():
        return Finding("concentration", "concentration (no categories)", certainty=UNKNOWN)
    if by := _no_others(view):
        return Finding("concentration", f"concentration ({by})", certainty=UNKNOWN)
    category_known = lines["category"].notna().to_numpy(dtype=bool)
    lines = lines[category_known]
    table = spend.concentration(view.asked(lines), by="category", currency=view.unit, as_of=view.day)
    table = table[table["spend"] > 0]
    if table.empty:
        return Finding("concentration", "concentration (no spend by vendor and category)", certainty=UNKNOWN)
    # what else is bought in another currency, or for an amount that nobody knows, may be bought from somebody else
    amount, counted = numbers(lines, "amount"), lines[view.counted[view.year_of_order == 1][category_known]]
    unknown = pd.Series(np.isnan(amount) | (~view.in_unit(lines) & (amount != 0)), lines.index)[counted.index]
    lacking = unknown.groupby(counted["category"], observed=True).mean()
    of_others = table["category"].isin(lacking.index[lacking > UNEVEN])
    many = pd.Series(of_many_vendors(lines), lines.index)[counted.index].groupby(counted["category"], observed=True)
    of_many = table["category"].isin((shared := many.mean()).index[shared > UNEVEN]) & ~of_others
    whys = [
        (int(of_others.sum()), f"also bought in other currencies than {view.unit}, or without an amount"),
        (int(of_many.sum()), "bought on accounts of many vendors"),
    ]
    left_out = "; ".join(f"{count(n, 'category')} {'is' if n == 1 else 'are'} {why}" for n, why in whys if n)
    table = table[~(of_others | of_many)]
    if table.empty:
        return Finding("concentration", f"concentration ({left_out})", certainty=UNKNOWN)
    apart_from = f" Not told: {left_out}." if left_out else ""
    above = table[table["top_1_share"] > LIMIT]
    over = (above["top_1_share"] - LIMIT) * above["spend"]
    if above.empty:
        of = f"of one of {count(len(table), 'category')}" if len(table) > 1 else "of the one category"
        most = charts.percent(table["top_1_share"].max())
        return Finding(
            "concentration",
            f"concentration (no vendor has half {of}; the largest share is {most}{f'; {left_out}' if left_out else ''})",
        )
    first = above.iloc[int(over.to_numpy().argmax())]
    vendors = spend.by_vendor(lines[lines["category"] == first["category"]], currency=view.unit, as_of=view.day)
    # the share is one of the vendors that are known and whose net is positive, and so is what it is said to be of
    known = vendors[(vendors["spend"] > 0) & vendors[["vendor_id", "vendor_name"]].notna().any(axis=1)]
    name = charts.group_labels(known, charts.group_columns(known, "currency"), among=view.vendors.keys)[0]
    rest = float(vendors["spend"].sum() - known["spend"].sum())
    apart = f"; beside them {view.say(rest)} without a vendor, or net of returns" if abs(rest) >= 0.005 else ""
    which = f"what has a vendor in {charts.label(first['category'])}" if apart else charts.label(first["category"])
    several = (
        f"In {len(above)} of {count(len(table), 'category')} one vendor has more than half. " if len(above) > 1 else ""
    )
    n_lacking = int(unknown[(counted["category"] == first["category"]).to_numpy(dtype=bool)].sum())
    lacks = (
        f"; {count(n_lacking, 'line')} of it {'has' if n_lacking == 1 else 'have'} no amount{f' in {view.unit}' if view.unit else ''}"
        if n_lacking
        else ""
    )
    its = counted[(counted["category"] == first["category"]).to_numpy(dtype=bool) & view.in_unit(counted)]
    what, order, alone = largest(its, np.nan_to_num(numbers(its, "amount")), float(first["spend"]) / 2)
    lacks += f"; one {what}{order} alone is {view.say(alone)}" if what else ""
    whole = f"{'What is known' if n_lacking else 'All'} of {'it' if apart else which} is {view.say(first['spend'])}"
    return Finding(
        "concentration",
        f"{charts.percent(first['top_1_share'])} of {which} is bought from {name}.",
        float(first["top_1_share"] * first["spend"]),
        float(over.sum()),
        "above half of a category",
        COUNTED,
        f"{several}{whole}, from {count(int(first['n_vendors']), 'vendor')}{apart}{lacks}.{apart_from}",
        "spend_by_vendor",
        f"spend.concentration({this_year(view)}, by='category'{in_currency(view)})",
    )


def single_source(view: View) -> Finding:
    """Return the items that were ordered often, and from one vendor only."""
    lines = view.year_lines
    if lines.empty:
        return Finding("single source", f"single sources ({view.none_in_year})", certainty=UNKNOWN)
    if not any(lines[c].notna().any() for c in ("vendor_id", "vendor_name") if c in lines):
        return Finding("single source", "single sources (no line has a vendor)", certainty=UNKNOWN)
    if not view.has_amount.any():
        return Finding("single source", "single sources (no line has an amount)", certainty=UNKNOWN)
    if not any(lines[c].notna().any() for c in ("material_id", "product_code") if c in lines):
        why = "no line has an item number" if says_what(lines) else NOTHING_SAYS_WHAT
        return Finding("single source", f"single sources ({why})", certainty=UNKNOWN)
    if by := _no_others(view):
        return Finding("single source", f"single sources ({by})", certainty=UNKNOWN)
    table = view.single_source[view.single_source["spend"] > 0]
    often = f"ordered {FEWEST_ORDERS} times or more"
    if table.empty:
        return Finding("single source", f"single sources (no item {often} came from one vendor only)")
    total = float(table["spend"].sum())
    first = table.iloc[0]
    what = next(
        (first[c] for c in ("description", "product_code", "material_id") if c in first and pd.notna(first[c])), None
    )
    return Finding(
        "single source",
        f"{count(len(table), 'item')} {often} came from one vendor only: {view.say(total)}.",
        total,
        total,
        f"of one vendor {view.in_period}",
        TO_CHECK,
        f"Most is {charts.label(what)}, {view.say(first['spend'])}. {had_another(view, table)}",
        "spend_single_source",
        f"spend.single_source({this_year(view)}, min_orders={FEWEST_ORDERS}{in_currency(view)})",
    )


def _other_units(view: View) -> str:
    n = int(view.same_items.attrs.get(OTHER_UNITS, 0))
    return f" {count(n, 'item')} left out: more likely in another unit, or priced per 100." if n else ""
