"""Whoever connects and is slow holds nothing up: neither a place for connections nor a thread."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web_server import WebServer, body_of, sender_of
from tests.growing import growing

LONG = 3600.0
HEAD = b"POST /take HTTP/1.1\r\nHost: here\r\n"
Start = Callable[..., WebServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Give a function that starts a server, which answers with what it was sent."""

    async def take(request: Request) -> Response:
        body = await body_of(request, 100)
        return PlainTextResponse("too large", 413) if body is None else PlainTextResponse(body)

    with ExitStack() as stack:

        def run(**bounds: float) -> WebServer:
            site = Starlette(routes=[Route("/take", take, methods=["POST"])])
            server = WebServer(site, "127.0.0.1", 0, "/take", **bounds)  # type: ignore[arg-type]
            server.start()
            stack.callback(server.stop)
            return server

        yield run


def connected(server: WebServer, sends: bytes, by: str = "127.0.0.1") -> socket.socket:
    at = urlsplit(server.url)
    made = socket.create_connection((str(at.hostname), at.port or 0), timeout=60, source_address=(by, 0))
    made.sendall(sends)
    return made


def is_cut_off(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "sends",
    [
        b"",
        b"POST /ta",
        HEAD,
        HEAD + b"Content-Length: 10\r\n\r\n",
        HEAD + b"Content-Length: 10\r\n\r\n12345",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ],
    ids=["nothing", "half a line", "half a head", "no body", "half a body", "an endless body"],
)
def test_a_request_that_does_not_come_to_an_end_is_cut_off(start: Start, sends: bytes) -> None:
    with connected(start(patience=0.1), sends) as slow:
        assert is_cut_off(slow)


def test_a_second_request_on_a_connection_is_waited_for_no_longer_than_the_first(start: Start) -> None:
    whole = HEAD + b"Content-Length: 2\r\n\r\nab"
    for patience in growing(0.3):
        with connected(start(patience=patience), whole + b"POST /ta") as slow:
            answer = b""
            while not answer.endswith(b"ab") and (piece := slow.recv(4096)):
                answer += piece
            if answer:  # else the first was not read in so short a time
                cut_off = is_cut_off(slow)
                break
    else:
        pytest.fail("the first was never answered")
    assert cut_off


def test_slow_senders_make_place_for_others_the_oldest_first(start: Start) -> None:
    server = start(patience=LONG, most=3)
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(server, HEAD)) for _ in range(3)]
        for number in range(3):
            assert requests.post(server.url, data=f"{number}", timeout=60).text == f"{number}"
        assert is_cut_off(slow[0])


def test_a_flood_from_one_address_does_not_displace_who_has_one_connection(start: Start) -> None:
    server = start(patience=LONG, most=3)
    with ExitStack() as stack:
        flood = [stack.enter_context(connected(server, HEAD, "127.0.0.2")) for _ in range(2)]
        slow = stack.enter_context(connected(server, HEAD, "127.0.0.3"))
        for _ in range(5):
            flood.append(stack.enter_context(connected(server, HEAD, "127.0.0.2")))
            assert is_cut_off(flood.pop(0))
        slow.sendall(b"Content-Length: 2\r\n\r\nab")
        assert b" 200 " in slow.recv(4096)


def test_of_ipv6_all_that_one_sender_has_counts_as_one() -> None:
    assert sender_of("2001:db8:1:2::1") == sender_of("2001:db8:1:2:ffff::2") != sender_of("2001:db8:1:3::1")
    assert sender_of("203.0.113.7") != sender_of("203.0.113.8")
    assert sender_of("") == ""


def test_a_larger_body_than_it_may_be_is_refused_before_it_is_read(start: Start) -> None:
    with connected(start(patience=LONG), HEAD + b"Content-Length: 101\r\n\r\n") as large:
        assert b" 413 " in large.recv(4096)


def test_whoever_goes_away_in_the_middle_is_no_error(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    server = start()
    connected(server, HEAD + b"Content-Length: 10\r\n\r\n12345").close()
    assert requests.post(server.url, data="x", timeout=60).text == "x"
    server.stop()
    assert [record for record in caplog.records if record.exc_info] == []
