"""What is wrong with an answer: the error for one that is not whole, or not a 200. The token is taken out before anything is cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from ..errors import ApiError, error_from
from ._credentials import Scrubber
from ._wire import Answer

_SHOWN = 80  # characters of what came in place of JSON
_READ = 20_000  # characters of a web page that are searched for what it says


def answer_error(
    answer: Answer,
    decoded: Any,
    fault: str,
    *,
    base_url: str,
    connection: str,
    operation: str,
    tries: int,
    scrub: Scrubber,
) -> ApiError:
    """Return the error for an answer that is not whole, or not a 200; ``fault`` is what is wrong with JSON that another try won't change."""
    where: dict[str, Any] = {"status": answer.status, "connection": connection, "operation": operation}
    told = f"{operation} on connection {connection!r}"
    if answer.status == 200:
        head = scrub(answer.plain[: 1_000 + 4 * scrub.reach].decode("utf-8", "replace")).lstrip()
        html = head[:1] == "<" or "html" in answer.headers.get("Content-Type", "").lower()
        what = scrub(fault) or ("a web page" if html else "something that is no whole JSON")
        return ApiError(
            f"{told} answered 200 with {what} ({head[:_SHOWN]!r}); tried {tries} times. "
            f"Is base_url ({base_url}) the API, with nothing in between that answers in its place?",
            retryable=not html and not fault and bool(head),
            **where,
        )
    if 300 <= answer.status < 400 and answer.status != 304:
        return ApiError(
            f"{told} is redirected ({answer.status}) to {scrub(_host(answer.headers.get('Location', '')))[:200]}; redirects are not "
            "followed, so that the token reaches nobody else. Set base_url to the API itself.",
            **where,
        )
    text = scrub(answer.plain[: _READ + 4 * scrub.reach].decode("utf-8", "replace"))
    return error_from(
        answer.status,
        {k: scrub(v[: 2_000 + scrub.reach])[:2_000] for k, v in answer.headers.items()},
        scrub.value(decoded) if isinstance(decoded, Mapping | list) else text,
        connection=connection,
        operation=operation,
        retry_after=_retry_after(answer.headers.get("Retry-After")),
        tries=tries,
    )


def _host(location: str) -> str:
    try:
        return urlsplit(location).netloc or "another path"
    except ValueError:
        return "an address that is none"


def _retry_after(given: str | None) -> float | None:
    """Return the seconds that the server asks to wait, given as a number or as a date; None where it is neither."""
    if given is None:
        return None
    try:
        seconds = float(Retry(retry_after_max=10**9).parse_retry_after(given))
    except (InvalidHeader, ValueError, OverflowError):
        return None
    return max(seconds, 0.0)
