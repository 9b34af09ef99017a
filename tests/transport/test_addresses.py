"""Where a request goes: addresses that hold the token, proxies with a password, hosts that speak another TLS, or none."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from traceback import format_exception

import pytest

from makini_analytics import ApiError, Client, ConfigError, MakiniError, NetworkError
from makini_analytics.transport._credentials import Scrubber
from makini_analytics.transport._wire import tls_advice
from tests.faults.server import FaultServer
from tests.tiers import one_in
from tests.transport.test_pagination import ROWS

TOKEN = "tok/secret+emea-123456789"


@pytest.mark.parametrize("form", [TOKEN, "tok%2Fsecret%2Bemea-123456789", "tok%2fsecret%2bemea-123456789"])
@pytest.mark.parametrize("how", ["link", "cursor"])
def test_an_address_that_holds_the_token_is_not_asked(form, how, caplog):
    caplog.set_level(logging.DEBUG)  # urllib3 logs addresses
    said = {"links": {"next": f"?page=2&access_token={form}"}} if how == "link" else {"next_cursor": TOKEN}
    with FaultServer(ROWS, token=TOKEN) as server:
        server.edit_answer = lambda body, page: {"data": body["data"], **said}
        with pytest.raises(ApiError, match="holds the token, which is sent in the header alone") as e:
            Client(TOKEN, base_url=server.url, per_page=5, progress=False).fetch_purchases()
    for shown in (caplog.text, str(e.value), "".join(format_exception(e.value))):
        assert not any(f in shown for f in (TOKEN, form))


def test_a_short_token_and_a_piece_of_one_are_in_addresses_by_chance():
    for token, address in (("page", "?page=2"), ("eyJhbGciOiJIUzI1NiJ9.secret", "?cursor=eyJhbGciOiJIUzI1NiJ9.other")):
        assert not Scrubber(token).whole_in(address)
    assert Scrubber(TOKEN).whole_in(f"?x={TOKEN}&page=2")


@pytest.mark.parametrize("proxy", ["http://user:pr0xySecret@proxy.corp:99999", "http://user:pr0xy/Se@cret@127.0.0.1:9", "http://user:pr0xySecret@:80"])  # fmt: skip
def test_the_password_of_a_proxy_is_not_shown(monkeypatch, proxy):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NetworkError) as e:
        Client("tok-1234", base_url="https://api.makini.test", cache_dir=None, retries=0, timeout=3).check()
    assert "pr0xy" not in "".join(format_exception(e.value))


def test_https_on_a_port_of_http_is_tried_once_and_told():
    with FaultServer(ROWS) as server, pytest.raises(NetworkError, match=r"tried 1 times\. One end speaks TLS") as e:
        Client("tok-1234", base_url=server.url.replace("http:", "https:"), cache_dir=None).check()
    assert not e.value.retryable


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
@pytest.mark.parametrize("trusted", one_in(2, [False, True]))
def test_a_certificate_that_is_not_trusted_or_another_hosts_is_tried_once_and_told(tmp_path, monkeypatch, trusted):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda *a: None
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        if trusted:  # but as localhost, not by this address
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with pytest.raises(NetworkError, match=r"tried 1 times.*set REQUESTS_CA_BUNDLE") as e:
            Client("tok-1234", base_url=f"https://127.0.0.1:{server.server_port}", cache_dir=None, timeout=5).check()
        assert not e.value.retryable
    finally:
        server.shutdown()
        server.server_close()


def test_a_connection_that_breaks_off_is_no_matter_of_trust():
    assert tls_advice(ssl.SSLError("EOF occurred in violation of protocol")) == ""
    assert tls_advice(ConnectionResetError("reset")) == ""
    assert "REQUESTS_CA_BUNDLE" in tls_advice(
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /x")
    )


def test_port_0_is_no_address():
    with pytest.raises(ConfigError, match="this is no address"):
        Client("tok-1234", base_url="http://127.0.0.1:0", cache_dir=None)


def test_a_host_that_can_be_none_is_not_tried_again():
    with pytest.raises(MakiniError, match="tried 1 times") as e:
        Client("tok-1234", base_url="http://a..b", cache_dir=None, timeout=3).check()
    assert not e.value.retryable
