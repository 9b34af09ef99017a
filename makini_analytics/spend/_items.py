"""Which lines have a price that compares, of which item, in which unit: what prices, dispersion and bridge share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import units
from ..compute import (
    ENTITIES,
    Counted,
    FigureResult,
    Groups,
    PandasColumns,
    Selection,
    group_lines,
    once,
    unreadable,
)
from ..errors import SchemaError
from ..frames import AsOf, AsOfDays, categoricals, coalesce, encode, numbers, pairs, values
from ..system import near
from ._goods import no_goods
from ._rule import spend_tally, value_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Items:
    """Every line's item and its price; what has none is named in ``unpriced``, and the selection still counts it."""

    frame: pd.DataFrame
    selection: Selection
    amount: Floats  # in the frame's currency; 0 where the line doesn't count
    paid: Floats  # the same in the currency of the document
    quantity: Floats  # in the base unit, 1000 g being 1 kg
    #: Unit and currency, which are part of what identifies the item, and the document's currency, which isn't.
    keys: pd.DataFrame
    unpriced: list[tuple[npt.NDArray[np.bool_], str]]  # why a line has no price that compares
    item: str  # what identifies an item: as asked for, or the description where no line has a code
    note: str
    as_of: AsOfDays | None

    @property
    def priced(self) -> npt.NDArray[np.bool_]:
        """True where the line counts and has a price that compares."""
        out = self.selection.kept
        for rows, _ in self.unpriced:
            out = out & ~rows
        return out

    def leave_out_unpriced(self) -> None:
        """Exclude what has no price, reason by reason."""
        for rows, reason in self.unpriced:
            self.selection.exclude(rows, reason)

    def groups(self, by: list[str], rows: npt.NDArray[np.bool_]) -> Groups:
        """Return the groups of these rows by ``by`` and by unit and currency, whatever the currency of their documents."""
        frame = self.frame.assign(**{str(c): self.keys[c] for c in self.keys})
        return group_lines(frame, by, also=["unit", "currency"], rows=rows)

    @property
    def converted(self) -> bool:
        """Whether `currency.convert` made the amounts, so that documents may be in several currencies."""
        return "document_currency" in self.keys

    def document_codes(self, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return a number for the document currency of each of these rows."""
        codes, _ = pd.factorize(self.keys["document_currency"][rows], use_na_sentinel=False)
        return codes.astype(np.int64)

    def at_one_rate(self, rows: npt.NDArray[np.bool_], item: npt.NDArray[np.integer[Any]]) -> Floats:
        """Return the amounts of these rows as if each item's documents in one currency had all been converted at one rate.

        It is the rate of all of them together, so that they add up to the same amount: 10 pieces at 5.00 USD were 45.00 EUR in May
        and 40.00 EUR in June. At 85.00 / 100.00 both are 42.50, since in dollars nobody paid less.
        """
        amount, paid = self.amount[rows], self.paid[rows]
        if not self.converted:
            return amount
        _, _, cell = pairs(item, self.document_codes(rows))
        rate = np.bincount(cell, weights=amount) / np.bincount(cell, weights=paid)
        even: Floats = paid * rate[cell] if len(cell) else paid
        # where the rate does not move, the amounts stay as they are to the last digit
        return np.where(np.abs(even - amount) <= 1e-12 * np.abs(amount), amount, even)

    @property
    def counted(self) -> Counted:
        """Which lines count, once the others are left out."""
        return Counted(self.selection, (self.note,) if self.note else ())

    def with_provenance(self, result: pd.DataFrame, *, notes: Sequence[str] = (), **parameters: Any) -> FigureResult:
        """Return a figure of these items; ``parameters`` are those that differ from its arguments."""
        every = (*notes, self.note) if self.note else tuple(notes)
        return FigureResult(
            result, self.selection, self.as_of, notes=every, parameters={"item": self.item, **parameters}
        )


def items_of(
    lines: Any,
    *,
    metric: str,
    item: str,
    currency: str | None,
    intercompany: Collection[str] = (),
    as_of: AsOf | None = None,
) -> Items:
    """Return the items of the lines, told apart by ``item``, or by the description where no line has a code.

    The price that compares is the effective one, amount / quantity, in the unit's base (per kg where some is bought in g). A frame
    that `currency.convert` made keeps the price of the document, so that a move of the rate is not taken for one of the price.
    """
    tally = spend_tally(lines, currency=currency, intercompany=intercompany, as_of=as_of)
    frame, selection, amount = tally.frame, tally.selection, value_of(tally)
    note = ""
    if item == "material" and not any(c in frame and frame[c].notna().any() for c in ENTITIES["material"][0]):
        if "description" in frame and frame["description"].notna().any():
            item, note = "description", "Items are told apart by their description, since no line has a code."
        elif len(frame):
            wanted = ", ".join(ENTITIES["material"][0])
            raise SchemaError(f"{metric} needs to know what was bought: no line has one of {wanted} or a description")
        else:
            frame = frame.assign(material_id=pd.array([], dtype="string"))
    if item not in ENTITIES and item not in frame.columns and len(frame):
        hint = near(item, map(str, frame.columns))
        if metric == "spend.price_history":  # the one that takes an item, too
            hint += f"; item= names a column, and of={item!r} the item"
        raise SchemaError(f"item={item!r}: the lines have no such column{hint}")
    bought = once(frame, ("bought", item), partial(_bought, frame, item))
    paid = amount
    if bought.original is not None:
        # of a line that doesn't count the amount is 0, and of one that counts in part only that part is paid
        share = np.divide(amount, numbers(frame, "amount"), out=np.ones(len(frame)), where=amount != 0)
        paid = np.where(selection.kept, bought.original * share, 0.0)
    if types := bought.types:  # whoever means goods by one of them can see it here, and give these lines another type
        note = f"{note} Types taken for services, charges or frame orders: {', '.join(types)}.".strip()
    # none of these is an error of the data: they are lines whose amount / quantity is the price of nothing that can be compared
    unpriced = [
        (bought.returned | (amount < 0), "return"),
        *bought.unpriced,
        (amount == 0, "zero price"),
    ]
    return Items(frame, selection, amount, paid, bought.quantity, bought.keys, unpriced, item, note, tally.as_of)


@dataclass(frozen=True)
class _Bought:
    """What lines say of their items by themselves, whatever of them counts."""

    quantity: Floats  # in the base unit
    keys: pd.DataFrame
    original: Floats | None  # the amounts of the documents; None where nothing was converted
    returned: npt.NDArray[np.bool_]
    unpriced: list[tuple[npt.NDArray[np.bool_], str]]
    types: Sequence[str]  # that are taken for no goods


def _bought(frame: pd.DataFrame, item: str) -> _Bought:
    # an item is known where any of the columns that identify it has a value
    named = np.zeros(len(frame), dtype=bool)
    for column in ENTITIES[item][0] if item in ENTITIES else (item,):
        named |= values(frame, column, "string").notna().to_numpy(dtype=bool)
    unit, times = units.based(values(frame, "unit_of_measure", "string"))
    given = numbers(frame, "quantity")
    # 500 g and 2 kg are the same unit, kg, and 0.5 and 2 of it: else their prices would differ a thousandfold
    currencies = values(frame, "currency", "string")
    if not isinstance(currencies.dtype, pd.CategoricalDtype):
        currencies = currencies.astype("string")
    keys, original = {"unit": unit, "currency": currencies}, None
    if "original_amount" in frame and "original_currency" in frame:
        document = encode(frame["original_currency"])
        # beside lines that were converted there may be some that need not be: they are their own originals
        own = coalesce(document, encode(currencies))
        keys["document_currency"] = pd.Series(pd.Categorical.from_codes(own.codes, own.labels), index=frame.index)
        original = np.where(document.codes < 0, numbers(frame, "amount"), numbers(frame, "original_amount"))
    nothing, types = no_goods(frame)
    unpriced = [
        (nothing, "service, charge or frame line"),
        (~named, "no material"),
        *unreadable(PandasColumns(frame), {"quantity": "quantity"}),
        (~(given > 0), "no quantity"),
    ]
    told = categoricals.as_labels(pd.DataFrame(keys))  # they are grouped by again and again
    return _Bought(given * times, told, original, _flag(frame) | (given < 0), unpriced, types)


def _flag(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.asarray(values(frame, "is_return", "boolean").astype("boolean").fillna(False), dtype=bool)
