"""Which lines count as spend, and with which amount: the one rule that all functions of this room share."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ConfigError
from ..provenance import Selection, frame_of, numbers, values

BASES = ("ordered", "received", "open")


def counted(
    lines: Any, *, metric: str, basis: str, currency: str | None, intercompany: Collection[str] = ()
) -> tuple[pd.DataFrame, Selection, npt.NDArray[Any]]:
    """Return the frame, the selection of lines that count, and each line's value on the basis (0 where it doesn't count)."""
    if basis not in BASES:
        raise ConfigError(f"basis={basis!r}: pass 'ordered', 'received' or 'open'")
    frame = frame_of(lines, "amount", metric=metric)
    state = values(frame, "state", "string").astype("string")
    amount = numbers(frame, "amount")
    selection = Selection(frame)
    selection.exclude(values(frame, "deleted_at", "datetime64[us, UTC]").notna().to_numpy(), "deleted")
    selection.exclude(state == "cancelled", "cancelled")
    selection.exclude(state == "draft", "draft")
    if currency is not None:
        known = values(frame, "currency", "string").astype("string")
        selection.exclude((known != currency).fillna(True), "other currency")
    if intercompany:
        selection.exclude(_among(frame, intercompany), "intercompany")
    selection.exclude(np.isnan(amount), "no amount")
    value = amount
    if basis != "ordered":
        quantity, received = (numbers(frame, c) for c in ("quantity", "received_quantity"))
        if basis == "open":
            selection.exclude(state.isin(["received", "closed_short"]), "closed")
        with np.errstate(divide="ignore", invalid="ignore"):
            share = received / quantity if basis == "received" else np.maximum(quantity - received, 0) / quantity
        selection.exclude(~np.isfinite(share), "no quantity or received quantity")
        value = amount * share
    return frame, selection, np.where(selection.kept, value, 0.0)


def _among(frame: pd.DataFrame, vendors: Collection[str]) -> npt.NDArray[np.bool_]:
    """Return the lines of these vendors, named by name or id."""
    if isinstance(vendors, str):
        raise ConfigError(f"intercompany={vendors!r}: pass a list of vendor names or ids")
    columns = [values(frame, c, "string").astype("string") for c in ("vendor_name", "vendor_id")]
    for vendor in vendors:
        if not any((c == vendor).any() for c in columns):
            known = sorted({str(v) for c in columns for v in c.dropna().unique()})
            near = difflib.get_close_matches(vendor, known, n=3)
            raise ConfigError(
                f"intercompany: no line has the vendor {vendor!r}" + (f"; near: {', '.join(near)}" if near else "")
            )
    return np.asarray(columns[0].isin(list(vendors)) | columns[1].isin(list(vendors)), dtype=bool)
