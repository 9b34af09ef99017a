"""One tree of errors, and one mapping from an HTTP status to an error.

Policy: an error is better than part of the truth. Whatever goes wrong while fetching raises, with how far it got and what to do, and
carries the same seven fields, so that one ``except MakiniError as e`` can decide
by ``e.retryable`` or ``e.status`` without knowing the subclasses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "ApiError",
    "AuthError",
    "ConfigError",
    "IncompleteDataError",
    "MakiniError",
    "MakiniWarning",
    "MixedCurrencyError",
    "NetworkError",
    "OfflineMissError",
    "OptionError",
    "RateLimitError",
    "SchemaError",
    "ServerError",
    "support_report",
]


def __dir__() -> list[str]:
    return sorted(__all__)


class MakiniError(Exception):
    """Root of every error of this package.

    Attributes
    ----------
    status : int or None
        HTTP status of the answer.
    code : str or None
        The API's own error code, for example ``RATE_LIMIT_EXCEEDED``. Branch on it, not on the text.
    request_id : str or None
        What to quote to Makini's support.
    retry_after : float or None
        Seconds that the server asked to wait.
    retryable : bool
        Whether the same request may well succeed later, unchanged.
    connection : str or None
        Name of the connection concerned.
    operation : str or None
        What was asked, for example ``GET /api/erp/purchase-orders?page=3``.
    when : datetime
        When it was raised, in UTC.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        connection: str | None = None,
        operation: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.retryable = retryable
        self.connection = connection
        self.operation = operation
        self.when = datetime.now(UTC)


class ConfigError(MakiniError, ValueError):
    """A setting or an argument is missing or can't be right."""


class OptionError(ConfigError, TypeError):
    """A function was called with an option that it does not have; the message gives the near names."""


class ApiError(MakiniError):
    """The API answered with an error, or with something that is no answer."""


class AuthError(ApiError):
    """401 or 403: the token is not accepted, or may not see this."""


class RateLimitError(ApiError):
    """429: too many requests, and waiting the allowed number of times did not help."""


class ServerError(ApiError):
    """5xx: a fault on Makini's side or the source system's, still there after the retries."""


class NetworkError(MakiniError):
    """No answer: connection refused or reset, timeout, or a body that broke off each time."""


class IncompleteDataError(MakiniError):
    """The pages of a list don't add up to the whole, so nothing is returned."""


class OfflineMissError(MakiniError):
    """``offline=True``, and what was asked for is not in the cache."""


class SchemaError(MakiniError, ValueError):
    """A table lacks columns or values that are needed; the message names them."""


class MixedCurrencyError(SchemaError):
    """One figure was asked of amounts in several currencies."""


class MakiniWarning(UserWarning):
    """Something that a reader of the figures should know, but no error."""


def error_class(status: int) -> type[ApiError]:
    """Return the error class for an HTTP status.

    >>> error_class(403).__name__, error_class(503).__name__, error_class(404).__name__
    ('AuthError', 'ServerError', 'ApiError')
    """
    if status in (401, 403):
        return AuthError
    if status == 429:
        return RateLimitError
    return ServerError if status >= 500 else ApiError


def one_of(name: str, value: Any, good: Iterable[str]) -> None:
    """Raise `ConfigError` with the list of good values where an option is none of them."""
    names = tuple(good)
    try:
        known = value in set(names)
    except TypeError:  # a list or a frame is no name
        known = False
    if not known:
        shown = " ".join(repr(value).split())  # of a frame, too, in one line
        raise ConfigError(f"{name}={shown}: pass one of {', '.join(map(repr, names))}")


# What the reader can do. 5xx is missing: those are Makini's or the source system's to mend.
_ADVICE = {
    401: (
        "Check the token (complete, not expired, of this connection), whether the source system's credentials were changed "
        "(then reconnect, which gives a new token), whether the connection is active, and its permissions"
    ),
    403: "Check whether the token's connection may read this",
    404: "Check base_url, area and contract: nothing is at this path",
    422: "The API does not accept a parameter of the request",
    429: "Wait, use fewer workers (max_workers=), or ask Makini to raise the limit",
}
#: Asked too late, too early or too often. Those above 500 are temporary, too, also the ones of networks on the way (520 to 530), but for
#: what a server can't do at all.
_TEMPORARY, _LASTING = (408, 425, 429), (501, 505, 506, 508, 510, 511)
# Which header carries the request id is not documented: the common ones, the likeliest first.
_REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "x-makini-request-id",
    "x-correlation-id",
    "x-amzn-trace-id",
    "cf-ray",
)
_LONGEST_ID = 200  # characters of a code or a request id


def error_from(
    status: int,
    headers: Mapping[str, str],
    body: Any,
    *,
    connection: str,
    operation: str,
    retry_after: float | None = None,
    tries: int = 1,
) -> ApiError:
    """Return the error for an answer; ``body`` is the parsed JSON, or the text where it is none.

    The shape of errors is not documented, so code, message and request id are read from every published or likely one: an
    ``error`` object, the same names at the top, Laravel's ``message`` and ``errors``, a list of ``errors``, HTML, nothing.
    """
    top: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    # {"error": {"code": "X", "message": "..."}} and {"code": "X", "message": "..."} are read alike.
    inner = top.get("error")
    box: Mapping[str, Any] = {**top, **inner} if isinstance(inner, Mapping) else top
    lower = {str(k).lower(): str(v) for k, v in headers.items()}

    def first(*names: str) -> str | None:
        return next((str(box[n]) for n in names if isinstance(box.get(n), str | int) and box[n] != ""), None)

    request_id = first("request_id", "requestId", "requestID") or next(
        (lower[h] for h in _REQUEST_ID_HEADERS if lower.get(h)), None
    )
    code = first("code", "error_code", "errorCode")
    request_id, code = request_id and request_id[:_LONGEST_ID], code and code[:_LONGEST_ID]
    message = first("message", "error_description", "detail", "title") or (inner if isinstance(inner, str) else "")
    message += "".join(f"; {d}" for d in _details(box.get("errors")))
    if not message and isinstance(body, str):
        message = _plain_text(body)
    retryable = status in _TEMPORARY or (status >= 500 and status not in _LASTING)
    parts = [f"{operation} on connection {connection!r} answered {status}" + (f" {code}" if code else "")]
    if message:
        parts[0] += f": {message[:300]}"  # some servers send a whole stack trace
    if tries > 1:
        parts.append(f"It was tried {tries} times")
    if retry_after is not None:
        parts.append(f"The server asks to wait {retry_after:g} s")
    if status >= 500:
        usually = "" if status in _LASTING else ", usually for a while"
        quote = f", and quote request id {request_id} to Makini's support" if request_id else " before asking support"
        parts.append(f"The fault is Makini's or the source system's{usually}: check Makini's status page{quote}")
    elif status in _ADVICE:
        parts.append(_ADVICE[status])
    if request_id and status < 500:
        parts.append(f"Request id: {request_id}")
    return error_class(status)(
        ". ".join(part.rstrip(". ") for part in parts) + ".",  # the server's message may end in a full stop
        status=status,
        code=code,
        request_id=request_id,
        retry_after=retry_after,
        retryable=retryable,
        connection=connection,
        operation=operation,
    )


def _details(errors: Any) -> list[str]:
    if isinstance(errors, Mapping):
        return [f"{k}: {', '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in errors.items()]
    if isinstance(errors, list):
        return [str(e.get("message", e)) if isinstance(e, Mapping) else str(e) for e in errors]
    return []


def _plain_text(body: str) -> str:
    # Usually the HTML page of a proxy: keep its text, without scripts, styles and tags.
    text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", body[:20_000])
    return re.sub(r"\s+", " ", text).strip()[:200]


def support_report(errors: MakiniError | Iterable[MakiniError] | Mapping[Any, MakiniError]) -> str:
    """Return the text of a support request: request ids, when it began, how often, which operations and connections.

    Parameters
    ----------
    errors : an error of this package, or several, also as the mapping that `fetch_all` gives

    Returns
    -------
    str, a text of a few lines to send to Makini; it holds no token

    Examples
    --------
    >>> import makini_analytics as ma
    >>> print(ma.support_report(ServerError("x", status=503, request_id="r-1", connection="emea", operation="GET /a")))
    Support request to Makini
    Began: ...
    Errors: 1 (503 x 1)
    Connections affected: emea
    Operations affected: GET /a
    Request ids: r-1
    """
    given = errors.values() if isinstance(errors, Mapping) else errors
    several = [given] if isinstance(given, BaseException) or not isinstance(given, Iterable) else list(given)
    if odd := [e for e in several if not isinstance(e, MakiniError)]:
        raise OptionError(
            f"support_report takes errors of this package, not {type(odd[0]).__name__}: pass a MakiniError, or several, such as got.errors"
        )
    if not several:
        return "No errors to report."

    def each(values: Iterable[Any]) -> str:
        return ", ".join(dict.fromkeys(str(v) for v in values if v is not None)) or "not known"

    times = sorted(e.when for e in several)
    kinds = [str(e.status or type(e).__name__) for e in several]
    lines = ["Support request to Makini", f"Began: {times[0]:%Y-%m-%d %H:%M:%S} UTC"]
    if len(several) > 1:
        lines.append(f"Last: {times[-1]:%Y-%m-%d %H:%M:%S} UTC")
    counts = ", ".join(f"{k} x {kinds.count(k)}" for k in dict.fromkeys(kinds))
    lines.append(f"Errors: {len(several)} ({counts})")
    lines.append(f"Connections affected: {each(e.connection for e in several)}")
    lines.append(f"Operations affected: {each(e.operation for e in several)}")
    lines.append(f"Request ids: {each(e.request_id for e in several)}")
    return "\n".join(lines)
