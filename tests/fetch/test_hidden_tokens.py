"""No token of several connections is repeated, in no message and in no frame of ours, whatever is wrong with the others."""

from __future__ import annotations

import copy
import pickle

import pytest

import makini_analytics as ma
from tests.transport.test_session import everything_said

TOKEN = "eyJhbGciOi0123456789abcdefSECRETxyz.sig"
PIECES = {TOKEN[i : i + 12] for i in range(len(TOKEN) - 11)}
NOWHERE = {"base_url": "http://127.0.0.1:9", "cache_dir": None, "retries": 0, "progress": False}


def repeated(error):
    """Return the pieces of the token in the message, or in frames of the package."""
    frames = [f for f in everything_said(error).split('  File "')[1:] if "makini_analytics/" in f.split('"')[0]]
    assert frames
    return {p for p in PIECES if p in "".join([str(error), *frames])}


FILES = {
    "variable": f'[a]\ntoken_env = "{TOKEN}"',
    "variable in small letters": f'[a]\ntoken_env = "{TOKEN.lower().replace(".", "_")}"',
    "number": "[a]\ntoken_env = 17",
    "nothing": '[a]\ntoken_env = ""',
    "NUL": '[a]\ntoken_env = "a\\u0000b"',
    "value": f'a = "{TOKEN}"',
    "token": f'[a]\ntoken = "{TOKEN}"',
    "other name": f'[a]\napi_token = "{TOKEN}"\ntoken_env = "HOME"',
    "area": f'[a]\narea = "{TOKEN}"\ntoken_env = "HOME"',
    "no TOML": f"[a]\ntoken_env = {TOKEN}",
    "no TOML at all": TOKEN,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_one(tmp_path, name):
    path = tmp_path / "c.toml"
    path.write_text(FILES[name])
    with pytest.raises(ma.ConfigError) as e:
        ma.fetch_all(path)
    assert repeated(e.value) == set()


OTHERS = {
    "no token": {"b": None},
    "no variable": {"b": "$" + TOKEN},
    "misspelt": {"b": {"token": TOKEN, "tokn": 1}},
    "bytes": {"b": TOKEN.encode()},
    "list": {"b": [TOKEN]},
    "with a blank": {"b": TOKEN + " x"},
    "no name": {1: TOKEN},
}


@pytest.mark.parametrize("name", OTHERS)
def test_connections_beside_one_that_is_wrong(name):
    with pytest.raises(ma.ConfigError) as e:
        ma.fetch_all({"a": TOKEN, **OTHERS[name]}, **NOWHERE)
    assert repeated(e.value) == set()


@pytest.mark.parametrize("given", [TOKEN, [TOKEN], {TOKEN}, TOKEN.encode()], ids=lambda v: type(v).__name__)
def test_what_is_no_mapping_is_not_repeated(given):
    with pytest.raises(ma.ConfigError) as e:
        ma.fetch_all(given, **NOWHERE)
    assert repeated(e.value) == set()


def test_an_option_that_is_wrong():
    for wrong in ({"area": "x"}, {"timout": 1}, {"token": TOKEN, "area": "x"}, {"to": 7}):
        with pytest.raises(ma.ConfigError) as e:
            ma.fetch_all({"a": TOKEN}, **NOWHERE | wrong)
        assert repeated(e.value) == set()


@pytest.mark.parametrize("token", [TOKEN + "\nX: y", TOKEN + "é", TOKEN.encode(), [TOKEN]])
def test_a_client_whose_token_is_refused(token):
    with pytest.raises(ma.ConfigError) as e:
        ma.Client(token)
    assert repeated(e.value) == set()
    assert (
        repr(ma.Client.__new__(ma.Client)) == "Client('', '', contract='', cache in memory)"
    )  # as a traceback shows it


@pytest.mark.parametrize("do", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_is_not_copied(do):
    with pytest.raises(ma.ConfigError, match="make a new Client"):
        do(ma.Client(TOKEN, **NOWHERE))


def test_a_client_takes_its_token_from_a_named_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("MAKINI_TOKEN_EMEA", TOKEN)
    one, same, other = (
        ma.Client(t, **NOWHERE | {"cache_dir": tmp_path}) for t in ("$MAKINI_TOKEN_EMEA", TOKEN, "other")
    )
    assert one.cache_path == same.cache_path != other.cache_path  # named after the token
    with pytest.raises(ma.ConfigError, match="variable MAKINI_TOKEN_EMAE is not set"):
        ma.Client("$MAKINI_TOKEN_EMAE")
    with pytest.raises(ma.ConfigError, match="'b': the environment variable B_TOKEN is not set"):
        ma.fetch_all({"b": "$B_TOKEN"}, **NOWHERE)
    with pytest.raises(ma.ConfigError, match="is not set") as e:
        ma.Client("$" + TOKEN)
    assert repeated(e.value) == set()


@pytest.mark.parametrize("token", [123, TOKEN.encode(), [TOKEN]], ids=lambda t: type(t).__name__)
def test_a_token_that_is_no_text_is_not_said_to_be_missing(token):
    with pytest.raises(ma.ConfigError, match=f"pass a text, .* not {type(token).__name__}"):
        ma.Client(token)


def test_a_client_in_the_place_of_its_token():
    with pytest.raises(ma.ConfigError, match=r"connection 'emea': pass a token, .*not a Client"):
        ma.fetch_all({"emea": ma.Client(TOKEN, **NOWHERE)})
