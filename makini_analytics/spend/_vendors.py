"""Spend by vendor, or by any other column of the lines."""

from __future__ import annotations

from collections.abc import Collection
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..compute import By, Counted, InSteps, Tally, figure
from ..errors import ConfigError
from ..frames import AsOf
from ._rule import BASIS_COLUMNS, spend_tally


@figure("amount", any_frame=True, basis=BASIS_COLUMNS)
def by_vendor(
    lines: Any,
    *,
    by: By = "vendor",
    basis: str = "ordered",
    currency: str | None = None,
    abc: tuple[float, float] = (0.80, 0.95),
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> InSteps:
    """Ordered spend by vendor, with its share, rank class and numbers of orders and lines.

    Spend is the sum of ``amount`` over the lines whose state is open, received, closed_short or unknown; draft, cancelled and
    deleted lines don't count, nor do those ordered after the as-of day; a later cancellation has not happened. Shares are of the
    grand total in the same currency, the unknown vendor included; nothing is ever converted. ABC class: vendors by falling spend; A
    up to and including the one that crosses 80 % of the cumulative spend, B to 95 %, C the rest (Pareto analysis; 80/20 is a habit,
    not a law). A vendor whose net is negative, such as one with more returns than orders, comes last, without class and cumulative
    share: those run over the others only, so that they end at 1.

    Parameters
    ----------
    lines : DataFrame, one row per order line; of pandas, or with the extra ``lake`` of polars, PyArrow, DuckDB or Spark
        Needs ``amount`` and ``vendor_id`` or ``vendor_name`` (or the columns of ``by``).
    by : "vendor", "material", a column such as "category", "site_id", "payment_terms" or "custom.plant", or several
    basis : "ordered"; "received" takes amount x received / quantity; "open" amount x what is still to come / quantity of
        the lines that are neither closed nor delivered, the whole amount where a quantity is not known
    currency : keeps the lines in that currency and counts the rest; it never converts
    abc : the two shares at which class A and class B end
    intercompany : vendors, by name or id, that belong to the own group: left out and counted apart
    as_of : day from which to look: orders of later days are not there yet, and later cancellations have not happened; by default
        the day that the lines carry, and without one all that they tell

    Returns
    -------
    DataFrame, one row per (vendor, currency), by currency and falling spend
        vendor_id, vendor_name : string; missing for the unknown vendor (or the columns of ``by``)
        currency : string; missing where the source gives none
        spend : float, in ``currency``
        share : float, of the currency's total; missing where that total is not positive
        cumulative_share : float, 0..1, of the vendors whose net is not negative; missing for the others
        abc_class : string; missing where the net is negative
        n_orders, n_lines : int
        connection : string, where the lines have one

    Raises
    ------
    SchemaError
        A column that is needed is missing.
    ConfigError
        An unknown basis, ABC limits out of order, or an intercompany vendor that no line has.

    Examples
    --------
    >>> from makini_analytics import spend
    >>> lines = pd.DataFrame({"vendor_id": ["a", "b", "a"], "currency": "EUR", "amount": [60.0, 10.0, 30.0]})
    >>> spend.by_vendor(lines)[["vendor_id", "spend", "share", "abc_class", "n_lines"]]
      vendor_id  spend  share abc_class  n_lines
    0         a   90.0    0.9         A        2
    1         b   10.0    0.1         B        1
    """
    shares = abc if isinstance(abc, tuple | list) and len(abc) == 2 else ("",)
    if not all(isinstance(s, Real) for s in shares) or not 0 < abc[0] <= abc[1] <= 1:
        raise ConfigError(f"abc={abc!r:.60}: pass two rising shares such as (0.8, 0.95)")
    got = spend_tally(lines, by=by, basis=basis, currency=currency, intercompany=intercompany, orders=True, as_of=as_of)
    yield Counted(got.selection)
    result, _ = ranked_by(got, by, abc)
    return got.with_provenance(result, notes=_on_negatives(result))


def ranked_by(got: Tally, by: By, abc: tuple[float, float]) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Return the table of `by_vendor`, and the row of it that each line that counts belongs to: another figure goes on from it."""
    groups = got.groups(by, "currency")
    n = len(groups) if len(groups.codes) else 0  # by=None makes one group, of nothing
    of_groups = groups.keys.iloc[:n]
    result = of_groups.assign(
        spend=np.bincount(groups.codes, weights=got.kept(got.sums["value"]), minlength=n).astype(float),
        n_orders=got.n_orders(groups.codes, of_groups),
        n_lines=got.count(groups.codes, n),
    )
    if "currency" in result:
        result["currency"] = result["currency"].astype("string")
    result = result.sort_values(["currency", "spend"], ascending=[True, False], kind="stable", na_position="last")
    place = np.empty(n, dtype=np.intp)
    place[result.index.to_numpy()] = np.arange(n)
    result = with_shares(result.reset_index(drop=True), abc)
    keys = [c for c in groups.keys.columns if c not in ("currency", "connection")]
    order = [*keys, "currency", "spend", "share", "cumulative_share", "abc_class", "n_orders", "n_lines"]
    result = result[order + [c for c in result.columns if c not in order]]
    return result, place[groups.codes]


def with_shares(result: pd.DataFrame, abc: tuple[float, float]) -> pd.DataFrame:
    """Return the rows, in falling order within each currency, with share, cumulative share and class."""
    code, currencies = pd.factorize(result["currency"], use_na_sentinel=False)
    spend = result["spend"].to_numpy(dtype=float)
    positive = np.maximum(spend, 0)
    total, ranked = (np.bincount(code, weights=w, minlength=len(currencies))[code] for w in (spend, positive))
    share = np.divide(spend, total, out=np.full(len(spend), np.nan), where=total > 0)
    # with negative nets in the running sum it would rise above 1 and come back: they are ranked last, without a class
    counts = (spend >= 0) & (ranked > 0)
    of_ranked = np.divide(positive, ranked, out=np.zeros(len(spend)), where=ranked > 0)
    cumulative = pd.Series(of_ranked).groupby(code).cumsum().to_numpy()
    before = cumulative - of_ranked
    # the vendor that crosses a limit still belongs to the class, so what counts is the share *before* it: with spends of 60,
    # 25, 10 and 5 these are 0, .60, .85 and .95, and the classes A, A, B, C. The tolerance makes a limit that is reached
    # exactly end the class whatever the last bit of the running sum
    names = np.where(before < abc[0] - 1e-12, "A", np.where(before < abc[1] - 1e-12, "B", "C")).astype(object)
    names[~counts] = None
    return result.assign(
        share=share,
        cumulative_share=np.where(counts, np.minimum(cumulative, 1.0), np.nan),
        abc_class=pd.array(names, dtype="string"),
    )


def _on_negatives(result: pd.DataFrame) -> tuple[str, ...]:
    below = result[result["spend"] < 0]
    if below.empty:
        return ()
    money = below["spend"].groupby(below["currency"].fillna("")).sum()
    amounts = ", ".join(f"{v:,.2f} {c}".strip() for c, v in money.items())
    return (f"{len(below):,} with a negative net, {amounts}: in the total, and ranked last without a class.",)
