"""One order asked for by its key, where the list of orders carries no lines: the order that was meant, or why it is not had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..errors import ApiError, IncompleteDataError
from ._page_signs import signs_of
from ._session import Session

#: Statuses that say "this order can't be had". With any other the next fetch would have lines where this one has none.
_REFUSED = (403, 404, 410)


def fetch_order(session: Session, path: str, record: Any, refresh: bool, containers: Sequence[str]) -> tuple[Any, str]:
    """Return an order with its lines and "", or the record as the list has it and why its lines are not had.

    ``containers`` are the keys under which an order may have its lines.
    """
    if not isinstance(record, Mapping):
        return record, "the list holds something that is no order"
    if any(record.get(c) for c in containers):
        return record, ""
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
    # What the order leaves out when it is asked for on its own, it has as the list has it.
    return {**record, **{k: v for k, v in found.items() if v is not None}}, ""


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
