"""A host that cannot be reached is named, with the cause and what to check."""

from __future__ import annotations

import ssl
import urllib.error

import pytest

from graph.limits import Deadline
from graph.reach import out_of_reach
from graph.wire import NeverSent, Wire

NOWHERE = "https://login.nowhere.invalid/token"
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def said(url: str) -> str:
    wire = Wire(1)
    try:
        with pytest.raises(NeverSent) as caught:
            wire.send("GET", url, headers={}, deadline=Deadline(600))
    finally:
        wire.close()
    return caught.value.sentence


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


def test_a_name_that_dns_does_not_know_is_told_with_dns():
    sentence = said(NOWHERE)
    assert sentence.startswith("Microsoft could not be reached: DNS does not resolve login.nowhere.invalid;")
    assert "HTTPS_PROXY" in sentence


def test_a_refused_connection_is_told_with_its_host():
    assert "no connection to 127.0.0.1 (connection refused); check the firewall" in said(
        "https://127.0.0.1:9/"
    )


def test_a_proxy_that_does_not_connect_is_told_as_the_proxy(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "the proxy did not connect to login.nowhere.invalid; check HTTPS_PROXY" in said(NOWHERE)


def test_a_certificate_that_is_not_trusted_is_told_with_what_may_stand_in_between():
    error = urllib.error.URLError(ssl.SSLCertVerificationError(1, "self-signed certificate in chain"))
    assert "the certificate of slack.com is not trusted here" in out_of_reach(error, "slack.com")


def test_nothing_is_made_up_where_a_connection_broke_later():
    assert not out_of_reach(TimeoutError("timed out"), "slack.com")
