"""One tree of errors, and one mapping from an HTTP status to an error.

Policy: an error is better than a part of the truth. Whatever goes wrong while fetching raises, says how far
it got and what to do, and carries the same seven fields, so that one ``except MakiniError as e`` can decide
by ``e.retryable`` or ``e.status`` without knowing the subclasses.
"""

from __future__ import annotations


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


class ConfigError(MakiniError, ValueError):
    """A setting or an argument is missing or can't be right."""


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
    """The pages of a walk don't add up to the whole, so nothing is returned."""


class OfflineMissError(MakiniError):
    """``offline=True`` and what was asked is not in the cache."""


class SchemaError(MakiniError, ValueError):
    """A table has not the columns or values that the request needs; the message says which."""


class MixedCurrencyError(SchemaError):
    """One figure was asked of amounts in several currencies."""


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


class MakiniWarning(UserWarning):
    """Something that a reader of the figures should know, and that is no error."""
