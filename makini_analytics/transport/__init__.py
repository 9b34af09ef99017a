"""From the API to whole lists of records: session, page cache, pagination, endpoints. Knows neither frames nor what fields mean."""

from . import contracts
from ._credentials import Bearer, check_base_url, check_token, is_variable, token_in
from ._endpoints import Endpoints, Lookup
from ._page_cache import PageCache, file_name
from ._paged_result import PagedResult, RowList, SinkT
from ._session import RetryPolicy, Session
from ._single_order import key_of
from .contracts import MATCH_ALL, Contract

__all__ = [
    "MATCH_ALL",
    "Bearer",
    "Contract",
    "Endpoints",
    "Lookup",
    "PageCache",
    "PagedResult",
    "RetryPolicy",
    "RowList",
    "Session",
    "SinkT",
    "check_base_url",
    "check_token",
    "contracts",
    "file_name",
    "is_variable",
    "key_of",
    "token_in",
]
