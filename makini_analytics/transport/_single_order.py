"""One order asked for by its key, where the list of orders carries no lines: the order that was meant, or why it is not had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..errors import ApiError, IncompleteDataError, OfflineMissError
from ..records import cut_lines
from ._page_signs import signs_of
from ._session import Session

#: Statuses that say "this order can't be had". With any other the next fetch would have lines where this one has none.
_REFUSED = (403, 404, 410)


def fetch_order(session: Session, path: str, record: Any, refresh: bool, containers: Sequence[str]) -> tuple[Any, str]:
    """Return an order with its lines and "", or the record as the list has it and why its lines, or some of them, are not had.

    ``containers`` are the keys under which an order may have its lines. One that says that it has more lines than it holds is asked for, too.
    """
    if not isinstance(record, Mapping):
        return record, "the list holds something that is no order"
    cut = cut_lines(record, containers)
    if _n_lines(record, containers) and not cut:
        return record, ""
    if not cut:
        return _asked_for(session, path, record, refresh, containers)
    try:
        whole, fault = _asked_for(session, path, record, refresh, containers)
    except OfflineMissError:
        whole, fault = record, "the order on its own is not in the cache"
    return whole, f"the list says that it has more ({session.scrubbed(cut)[:80]}); {fault}" if fault else ""


def _asked_for(
    session: Session, path: str, record: Mapping[str, Any], refresh: bool, containers: Sequence[str]
) -> tuple[Any, str]:
    key = key_of(record)
    if key is None:
        return record, "the order has no key to ask for it by"
    try:
        body = session.get(f"{path}/{quote(key, safe='', errors='replace')}", refresh=refresh).json()
    except ApiError as e:
        if e.status not in _REFUSED:
            raise
        return record, f"asked for on its own, the order was refused ({e.status})"
    found = body.get("data", body) if isinstance(body, Mapping) else body
    if not isinstance(found, Mapping):
        return record, "asked for on its own, no order came"
    if (came := key_of(found)) != key:
        other = "one without a key" if came is None else f"order {session.scrubbed(came)[:80]!r}"
        return record, f"asked for on its own, {other} came in its place"
    if found is not body and (told := signs_of(body)) and (told.more or told.faults or told.pages > 1):
        said = ", ".join([*told.more, *told.faults][:3]) or f"{told.pages} pages"
        return record, f"asked for on its own, its answer says that it is not whole ({session.scrubbed(said)[:80]})"
    # An empty list says that the order has no lines; nothing like a list says nothing of them.
    if not any(isinstance(found.get(c), list) for c in containers):
        return record, "asked for on its own, it came without lines"
    if _n_lines(found, containers) < _n_lines(record, containers):
        return record, "asked for on its own, it came with fewer lines than in the list"
    # What the order leaves out when it is asked for on its own, it has as the list has it.
    whole = {**record, **{k: v for k, v in found.items() if v is not None}}
    # what the list counts is true of the order on its own, too; what else it says is of the list alone
    counts = {k: v for k, v in record.items() if isinstance(v, int) and not isinstance(v, bool)}
    still = cut_lines(found, containers) or cut_lines({**counts, **{c: found.get(c) for c in containers}}, containers)
    if still:
        return whole, f"asked for on its own, it came with a sign of more lines ({session.scrubbed(still)[:80]})"
    return whole, ""


def _n_lines(record: Mapping[str, Any], containers: Sequence[str]) -> int:
    return sum(len(v) for c in containers if isinstance(v := record.get(c), list))


def key_of(record: Any) -> str | None:
    """Return the key of an order, as text."""
    if not isinstance(record, Mapping):
        return None
    key = record.get("key")
    key = record.get("id") if key is None else key
    return str(key) if isinstance(key, str | int) and not isinstance(key, bool) and key != "" else None


def lines_not_had(connection: str, key: str, fault: str) -> IncompleteDataError:
    """Return the error for an order without its lines."""
    return IncompleteDataError(
        f"The list of orders of connection {connection!r} carries no lines, and those of order {key[:80]!r} are not had: {fault}. "
        "Nothing is returned, since the spend of such orders would be missing.",
        retryable=True,
        connection=connection,
        operation="GET orders one by one",
    )
