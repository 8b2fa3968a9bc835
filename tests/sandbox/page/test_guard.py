"""The page serves the browser of this machine, and no other page and no other name."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from .conftest import Shown

ACT = {"act": "reload"}


def answered(
    shown: Shown, method: str, path: str, headers: dict[str, str], body: Any = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request with exactly these headers, and the cookie unless another one is given."""
    connection = http.client.HTTPConnection("127.0.0.1", shown.page.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        raw = b"" if body is None else json.dumps(body).encode()
        for name, value in {
            **shown.cookie,
            **headers,
            **({"Content-Length": str(len(raw))} if raw else {}),
        }.items():
            connection.putheader(name, value)
        connection.endheaders(raw or None)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/seen?as=responder", "/static/index.html"])
def test_another_name_of_this_machine_is_refused(shown, host, path):
    response, body = answered(shown, "GET", path, {"Host": host.format(port=shown.page.port)})
    assert response.status in {400, 403}
    assert b"Megan" not in body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}"])
def test_its_two_own_names_are_served(shown, host):
    response, _ = answered(shown, "GET", "/api/people", {"Host": host.format(port=shown.page.port)})
    assert response.status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_origin_is_refused_whatever_it_asks(shown, origin):
    origin = origin.format(port=shown.page.port)
    assert shown.get("/api/people", Origin=origin).status_code == 403
    refused = shown.post("/api/do?as=responder", ACT, Origin=origin)
    assert refused.status_code == 403
    assert refused.json()["says"] == "This page does not answer other pages."


def test_a_picture_or_script_on_another_page_gets_nothing(shown):
    for site in ("cross-site", "same-site"):
        assert shown.get("/api/seen?as=responder", **{"Sec-Fetch-Site": site}).status_code == 403
    # A link to the page is no harm.
    assert shown.get("/", **{"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json", "Sec-Fetch-Site": "none"},
        {"Content-Type": "text/plain", "Origin": "{origin}"},
        {"Content-Type": "application/x-www-form-urlencoded", "Origin": "{origin}"},
        {"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/api/do?as=responder", "/api/tenant/do"])
def test_what_a_form_of_another_page_could_send_changes_nothing(shown, path, headers):
    given = {name: value.format(origin=shown.origin) for name, value in headers.items()}
    before = shown.slack.state.visible_version
    response, body = answered(
        shown,
        "POST",
        path,
        {"Host": f"127.0.0.1:{shown.page.port}", **given},
        {"act": "let_pass", "seconds": 1},
    )
    assert response.status == 403
    assert json.loads(body)["says"].endswith(".")
    assert shown.slack.state.visible_version == before
    assert shown.passed == []


def test_the_browsers_own_word_for_same_origin_is_enough(shown):
    host = {"Host": f"127.0.0.1:{shown.page.port}", "Content-Type": "application/json"}
    response, _ = answered(
        shown, "POST", "/api/do?as=guest", {**host, "Sec-Fetch-Site": "same-origin"}, {"act": "reload"}
    )
    assert response.status == 200


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_another_page_cannot_listen(shown, origin):
    url = f"ws://127.0.0.1:{shown.page.port}/api/live?as=responder"
    with (
        pytest.raises((InvalidStatus, ConnectionClosed)),
        connect(url, origin=origin, additional_headers=shown.cookie) as socket,
    ):
        socket.recv(timeout=60)


def test_nobody_listens_without_the_cookie(shown):
    url = f"ws://127.0.0.1:{shown.page.port}/api/live?as=responder"
    with connect(url, origin=shown.origin, additional_headers=shown.cookie) as socket:
        socket.recv(timeout=60)
    for cookie in ({}, {"Cookie": f"sandbox-{shown.page.port}=guessed"}):
        with (
            pytest.raises((InvalidStatus, ConnectionClosed)),
            connect(url, origin=shown.origin, additional_headers=cookie) as socket,
        ):
            socket.recv(timeout=60)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/?key="),
        ("GET", "/?key=guessed"),
        ("GET", "/?key=gu%C3%A9ssed"),
        ("GET", "/api/people?{key}"),
        ("GET", "/static/app.js"),
        ("GET", "/api/file/F1?as=responder"),
        ("POST", "/?{key}"),
        ("POST", "/api/do?as=responder&{key}"),
    ],
)
@pytest.mark.parametrize("cookie", ["", "sandbox-{port}=", "sandbox-{port}=guess\xe9d", "other={value}"])
def test_another_user_of_this_machine_has_no_key_and_gets_nothing(shown, method, path, cookie):
    """The key counts in the address only where it was printed, and in the cookie only by its name."""
    key = urlsplit(shown.page.url).query
    given = {
        "Host": f"127.0.0.1:{shown.page.port}",
        "Origin": shown.origin,
        "Content-Type": "application/json",
        "Cookie": cookie.format(port=shown.page.port, value=key.partition("=")[2]),
    }
    response, body = answered(shown, method, path.format(key=key), given, ACT if method == "POST" else None)
    assert response.status == 403
    says = body.decode() if path.startswith("/?") or path == "/" else json.loads(body)["says"]
    assert says == "Open the address that the sandbox printed."
    assert response.getheader("Set-Cookie") is None


def test_the_printed_address_lets_a_browser_in_and_leaves_no_key_in_its_address_bar(shown):
    path = shown.page.url.removeprefix(shown.origin)
    response, body = answered(
        shown, "GET", path, {"Host": f"127.0.0.1:{shown.page.port}", "Cookie": "theme=dark"}
    )
    assert (response.status, response.getheader("Location"), body) == (303, "/", b"")
    kept = (response.getheader("Set-Cookie") or "").split("; ")
    assert kept[0] == shown.cookie["Cookie"]
    assert kept[0].startswith(f"sandbox-{shown.page.port}=")
    assert kept[1:] == ["HttpOnly", "SameSite=Strict", "Path=/"]
    assert response.getheader("Cache-Control") == "no-store"
    assert shown.get("/", Cookie=f"theme=dark; {kept[0]}").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/api/people", "/api/seen?as=nobody", "/api/nothing", "/static/nothing.js", "/favicon.ico"],
)
def test_every_answer_forbids_foreign_content_sniffing_and_keeping(shown, path):
    headers = shown.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/..%2Fserver.py", "/static/server.py", "/static/%2e%2e/server.py"],
)
def test_only_the_pages_own_files_are_served(shown, path):
    response, body = answered(shown, "GET", path, {"Host": f"127.0.0.1:{shown.page.port}"})
    assert response.status == 404
    assert b"Starlette" not in body


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/api/do?as=nobody", ACT, 404),
        ("/api/do?as=it_admin", ACT, 404),
        ("/api/do", ACT, 404),
        ("/api/do?as=guest", [], 400),
        ("/api/do?as=guest", {}, 400),
        ("/api/do?as=guest", {"act": "fly"}, 400),
        ("/api/do?as=guest", {"act": "say", "channel": 7, "text": "x"}, 400),
        ("/api/do?as=guest", {"act": "say", "channel": "C0FABRIKAM", "text": "   "}, 400),
        ("/api/do?as=guest", {"act": "submit", "view_id": "V1", "values": []}, 200),
        ("/api/do?as=guest", {"act": "say", "channel": "C0FABRIKAM", "text": "x" * 300_000}, 413),
        ("/api/tenant/do", {"act": "fly"}, 400),
        ("/api/tenant/do", {"act": "let_pass", "seconds": -1}, 400),
        ("/api/tenant/do", {"act": "let_pass", "seconds": "all of them"}, 400),
        ("/api/tenant/do", {"act": "fault", "name": "flood"}, 400),
        ("/api/tenant/do", {"act": "attack", "name": "forward_again", "user": "nobody@contoso.example"}, 400),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(shown, path, asked, status):
    answer = shown.post(path, asked)
    assert answer.status_code == status
    assert answer.json()["says"].endswith(".")


@pytest.mark.parametrize(
    "raw", [b"{", b"", b'{"act": "say", "text": "\\ud800"}', b"[" * 20_000, b'{"a": NaN}']
)
def test_text_that_is_no_json_is_refused_with_a_sentence(shown, raw):
    host = {
        "Host": f"127.0.0.1:{shown.page.port}",
        "Content-Type": "application/json",
        "Origin": shown.origin,
        **shown.cookie,
    }
    connection = http.client.HTTPConnection("127.0.0.1", shown.page.port, timeout=60)
    connection.request("POST", "/api/do?as=guest", raw, host)
    response = connection.getresponse()
    assert response.status == 400
    assert json.loads(response.read())["says"] == "What was sent is no JSON."
    connection.close()
