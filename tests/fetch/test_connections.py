"""Several connections side by side: isolated in rows, caches and failures."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import makini_analytics as ma
from makini_analytics import AuthError, Client, ConfigError
from makini_analytics.reporting import content
from tests.faults.server import FaultServer, order, rate_limit, status

A, B = [order(i) for i in range(12)], [order(i, department="x") for i in range(5, 30)]


@pytest.fixture
def server():
    with FaultServer() as server:
        server.orders = {"tok-a": A, "tok-b": B}
        yield server


def options(server):
    return {"base_url": server.url, "backoff": 0.01, "progress": False, "per_page": 5}


def test_each_keeps_its_own_rows(server, monkeypatch):
    monkeypatch.setenv("TOKEN_B", "tok-b")
    for _ in range(2):  # the second time with a warm cache
        got = ma.fetch_all({"a": "tok-a", "b": "$TOKEN_B"}, **options(server))
        assert got.errors == {}
        assert got.data.orders.groupby("connection").size().to_dict() == {"a": 12, "b": 25}
        assert got.data.orders.groupby("connection")["custom.department"].count().to_dict() == {"a": 0, "b": 25}


def test_one_that_fails_leaves_the_others_whole(server):
    got = ma.fetch_all({"a": "tok-a", "gone": "tok-unknown"}, **options(server))
    assert len(got.data.orders) == 12
    assert isinstance(got.errors["gone"], AuthError)
    assert got.errors["gone"].connection == "gone"
    warning = "Warning: 'gone' could not be fetched and is not among these data."
    assert warning in repr(got.data) and content(got.data, sections=["left_out"]).notes[0].endswith(warning)
    assert "FAILED gone" in repr(got)
    server.always = status(404)
    none = ma.fetch_all({"a": "tok-x"}, **options(server))
    assert none.data is None
    assert list(none.errors) == ["a"]


def test_a_file_names_variables_and_never_holds_tokens(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN_A", "tok-a")
    path = tmp_path / "connections.toml"
    path.write_text('[emea]\ntoken_env = "TOKEN_A"\ndelivery_date = "planned"\n')
    got = ma.fetch_all(path, since="2025-01-01", **options(server))
    assert got.data.sources.delivery_date.tolist() == ["planned"]
    path.write_text('[emea]\ntoken = "tok-a"\n')
    with pytest.raises(ConfigError, match="never holds a token") as e:
        ma.fetch_all(path)
    assert "tok-a" not in str(e.value)


@pytest.mark.parametrize(
    "bad", [{}, {"a": None}, {"a": "$NOT_SET_ANYWHERE"}, {"a": {"token": "t", "colour": 1}}, "nowhere.toml"]
)
def test_what_can_not_be_right_teaches(bad):
    with pytest.raises(ConfigError):
        ma.fetch_all(bad)


def test_a_fault_of_ours_on_one_connection_leaves_the_others_whole(server, monkeypatch):
    own = Client.fetch_purchases

    def broken(self, *args):
        if self.connection == "b":
            raise ZeroDivisionError("a bug")
        return own(self, *args)

    monkeypatch.setattr(Client, "fetch_purchases", broken)
    got = ma.fetch_all({"a": "tok-a", "b": "tok-b"}, **options(server))
    assert len(got.data.orders) == 12
    assert "ZeroDivisionError" in str(got.errors["b"])
    assert got.errors["b"].connection == "b"


@pytest.mark.full
def test_one_display_for_all(server, capsys):
    server.faults.extend([rate_limit(1)])
    got = ma.fetch_all({"a": "tok-a", "b": "tok-b"}, **options(server) | {"progress": True})
    assert len(got.data.orders) == 37
    shown = capsys.readouterr().err
    assert "2 connections: " in shown
    assert re.search(r"[ab]: waiting 1 s \(rate limit\)", shown)
    assert "purchase-orders" not in shown  # no bar of one connection beside it
    assert re.search(r"8/8", shown)  # 3 pages and 5 pages


@pytest.mark.usefixtures("ctrl_c_reaches_children")
def test_ctrl_c_ends_all(server):
    script = """
import sys
import makini_analytics as ma
try:
    ma.fetch_all({"a": "tok-a", "b": "tok-b"}, base_url=sys.argv[1], per_page=5, backoff=30, progress=False)
except KeyboardInterrupt:
    print("interrupted")
"""
    server.always = status(503)
    process = subprocess.Popen([sys.executable, "-c", script, server.url], stdout=subprocess.PIPE, text=True)
    while len(server.requests) < 2:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert out == "interrupted\n"


def test_credentials_and_names_that_can_not_be_meant_are_errors_before_anything_is_asked(server, tmp_path):
    same = {"a": {"token": "tok-a", "connection": "x"}, "b": {"token": "tok-b", "connection": "x"}}
    history = ma.History(tmp_path / "h")
    for connections, more, said in (
        (same, {"to": history}, "two connections are called 'x'"),
        ({"a": "tok-a", "b": "tok-b"}, {"connection": "x"}, "two connections are called 'x'"),
        ({"a": "tok-a"}, {"token": "tok-b"}, "token= is no option for all"),
        ({"a": {"token": "tok-a", "token_env": "HOME"}}, {}, "both token and token_env"),
        ({"a": "tok-a"}, {"offline": "false"}, "offline='false': pass True or False"),
    ):
        with pytest.raises(ConfigError, match=said):
            ma.fetch_all(connections, **options(server) | more)
    with pytest.raises(ConfigError, match="base_url=''"):
        Client("t", base_url="")


def test_a_list_is_filtered_by_what_is_sent_as_the_api_writes_it():
    with ma.sandbox() as local:
        client = local.client("us", progress=False)
        client.fetch_table("vendors", isActive=True, since=pd.Timestamp("2025-06-01"), n=3)
        asked = local.requests[-1].query
        assert {k: v for k, v in asked.items() if k.startswith("filter[")} == {
            "filter[isActive]": "true",
            "filter[since]": "2025-06-01",
            "filter[n]": "3",
        }
        for odd in (None, pd.NaT, float("nan"), ["a"], object()):
            with pytest.raises(ConfigError, match="nothing that a list can be filtered by"):
                client.fetch_table("vendors", isActive=odd)
        for name in ("vendors#a", "../../x", "a/../b", "vendors?page=2", "a\x00"):
            with pytest.raises(ConfigError, match="is in no path of a list"):
                client.fetch_table(name)
