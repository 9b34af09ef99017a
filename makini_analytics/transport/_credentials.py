"""What a session is given: the token, which is sent but never shown, and the base URL."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
from requests.auth import AuthBase

from ..errors import ConfigError

#: A piece of the token of this length is as good as the token: a server, a proxy or a limit of ours may have cut it.
_PIECE = 10
#: Shorter than this it is no secret, and every other word would hold it.
_SHORTEST = 4


class Bearer(AuthBase):
    """A token that is sent but never shown."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(***)"

    def __reduce__(self) -> Any:
        raise ConfigError("a token is not written to disk: make a new Client where it is needed")

    def reveal(self) -> str:
        """Return the token, for the fingerprint of the cache file."""
        return self._token


class Scrubber:
    """Takes the token, and any longer piece of it, out of what a server said, and what a terminal would not show but obey.

    >>> Scrubber("eyJhbGciOiJIUzI1NiJ9.secret")("The token eyJhbGciOiJIUzI1N... is not valid\\x1b[2J")
    'The token ***... is not valid [2J'
    """

    def __init__(self, token: str) -> None:
        forms = {token, quote(token, safe=""), token.replace("/", "\\/")}
        self._forms = forms if len(token) >= _PIECE else set()
        self.reach = max(map(len, forms))  # a text that is to be cut must go on so far when it comes here
        self._length = min(_PIECE, len(token))
        usable = len(token) >= _SHORTEST
        # a host comes back in small letters, and "%2b" is "%2B"
        self._pieces = {
            f[i : i + self._length].lower() for f in forms for i in range(len(f) - self._length + 1) if usable
        }

    def __repr__(self) -> str:
        return "Scrubber(***)"

    def __call__(self, text: str) -> str:
        """Return the text without the token."""
        kept: list[str] = []
        begin = at = 0  # of what is not yet kept, and of what is compared
        n, pieces = self._length, self._pieces
        while at + n <= len(text):
            if text[at : at + n].lower() not in pieces:
                at += 1
                continue
            kept += [text[begin:at], "***"]
            begin = at + n
            while text[begin - n + 1 : begin + 1].lower() in pieces:
                begin += 1
            at = begin
        shown = "".join([*kept, text[begin:]])
        return shown if shown.isprintable() else "".join(c if c.isprintable() else " " for c in shown)

    def whole_in(self, text: str) -> bool:
        """Whether a text holds the whole token, which is no chance: pieces of it are in other things of its kind."""
        return any(form in text or form in unquote(text) for form in self._forms)

    def value(self, decoded: Any, depth: int = 4) -> Any:
        """Return decoded JSON without the token, cut to what an error needs of it."""
        if isinstance(decoded, str):
            return self(decoded[: 2_000 + self.reach])[:2_000]
        if isinstance(decoded, dict):
            pairs = list(decoded.items())[:50]
            return {self(str(k)[: 200 + self.reach])[:200]: self.value(v, depth - 1) for k, v in pairs} if depth else {}
        if isinstance(decoded, list):
            return [self.value(v, depth - 1) for v in decoded[:50]] if depth else []
        return decoded if not isinstance(decoded, int) or abs(decoded) < 10**15 else None


#: As variables are named: MAKINI_TOKEN_EMEA. What is set under no such name may be a token in its place, and is not repeated.
_VARIABLE = re.compile(r"(?=.{1,80}$)[A-Z][A-Z0-9]{0,19}(_[A-Z0-9]{1,19})*")


def is_variable(name: object) -> bool:
    """Whether something is a name as environment variables have them, and not a token in the place of one."""
    return isinstance(name, str) and _VARIABLE.fullmatch(name) is not None


def token_in(variable: str) -> str:
    """Return the token in an environment variable, or raise `ConfigError` where it is not set."""
    if not os.environ.get(variable):
        shown = f"{variable} " if is_variable(variable) else "that it names "
        del variable
        raise ConfigError(f"the environment variable {shown}is not set")
    return os.environ[variable]


def check_token(token: object) -> str:
    """Return the token without outer blanks, that of the variable for "$NAME", or raise `ConfigError`; its text is never repeated."""
    if isinstance(token, str) and token.strip().startswith("$"):
        given = [token.strip()[1:]]
        del token
        token = token_in(given.pop())
    if token is not None and not isinstance(token, str):
        kind = type(token).__name__
        del token
        raise ConfigError(f"token: pass a text, or '$NAME' for an environment variable, not {kind}")
    if token is None or not token.strip():
        del token  # a traceback with local variables would show it
        raise ConfigError(
            "no token: pass Client(token) or set MAKINI_API_TOKEN; Makini's dashboard makes one per connection"
        )
    token = token.strip()
    if not token.isascii() or any(c.isspace() or not c.isprintable() for c in token):
        del token
        raise ConfigError("the token holds blanks, line breaks or characters that no token has: copy it anew")
    return token


def check_base_url(url: str) -> str:
    """Return the base URL without a final slash, or raise `ConfigError`. It may carry a path."""
    wanted = "base_url must be like 'https://api.makini.io', perhaps with a path"
    try:
        parts = urlsplit(url.strip())
        if parts.port == 0:  # the port is read only now, and refused where it is none
            raise ValueError
        requests.Request("GET", url.strip()).prepare()  # what no request can be sent to
    except (ValueError, AttributeError, requests.RequestException):
        raise ConfigError(f"{wanted}; this is no address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{wanted}; got {parts.scheme}://{parts.hostname}")
    return url.strip().rstrip("/")
