"""The Graph client against a service that misbehaves in every way that Graph is known to."""

from __future__ import annotations

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest
from structlog.testing import capture_logs

from graph.connection import Connection
from graph.errors import (
    Broken,
    CannotSignIn,
    GraphError,
    InDoubt,
    NoPermission,
    NotFound,
    NotJson,
    OutOfTime,
    Refused,
    Throttled,
    Unreachable,
)
from graph.limits import Deadline, Rates
from graph.request import Limit, Request
from tests.graph.service import STILL, Got, Reply, Service, an_error
from tests.growing import growing

USERS = Request("GET", "/users")
WRITE = Request("PATCH", "/users/1", body={"accountEnabled": False})
HTML = Reply(
    503, b"<html><body>Our services aren't available right now</body></html>", {"Content-Type": "text/html"}
)


def soon(seconds: float = 600.0) -> Deadline:
    return Deadline(seconds)


def page(*ids: str, link: str = "") -> Reply:
    return Reply(body={"value": [{"id": one} for one in ids], **({"@odata.nextLink": link} if link else {})})


def test_links_are_followed_as_they_are_also_behind_an_empty_page(
    service: Service, connection: Connection
) -> None:
    base = f"{service.url}/graph/v1.0/users?$skiptoken="
    service.answers(page("1", link=base + "a%2Fb"), page(link=base + "c"), page("2"))
    assert [item["id"] for item in connection.fetch(USERS, soon())] == ["1", "2"]
    assert [got.path.partition("?")[2] for got in service.got] == ["", "$skiptoken=a%2Fb", "$skiptoken=c"]


def test_a_circle_of_pages_is_noticed(service: Service, connection: Connection) -> None:
    service.answers(page("1", link=f"{service.url}/graph/v1.0/users?$skiptoken=same"))
    with pytest.raises(Broken, match="Graph returned the same page twice"):
        connection.fetch(USERS, soon())


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2:9/graph/v1.0/users",
        "http://127.0.0.1:1/graph/v1.0/users",
        "https://graph.fabrikam.example/v1.0/users",
        "{url}/elsewhere/users",
        "{url}.fabrikam.example/graph/users",
        "http://127.0.0.1:notaport/graph",
    ],
)
def test_the_token_is_not_sent_to_another_address(
    service: Service, connection: Connection, link: str
) -> None:
    service.answers(page("1", link=link.replace("{url}", service.url)))
    with pytest.raises(Refused, match="token was not sent"):
        connection.fetch(USERS, soon())
    assert len(service.got) == 1


def test_a_single_object_is_a_list_of_one_and_nothing_is_an_empty_list(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(body={"id": "1"}))
    assert connection.fetch(USERS, soon()) == [{"id": "1"}]
    service.answers(Reply(204))
    assert connection.fetch(WRITE, soon()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "0"},
        {"Retry-After": "0.05"},
        {"Retry-After": format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)},
        {"Retry-After": "soon"},
        {},
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_read_is_sent_again_after_any_form_of_retry_after(
    service: Service, connection: Connection, status: int, headers: dict[str, str]
) -> None:
    service.answers(an_error(status, "TooManyRequests", **headers), page("1"))
    assert len(connection.fetch(USERS, soon())) == 1


def test_a_pause_longer_than_the_time_left_is_not_waited_for(
    service: Service, connection: Connection
) -> None:
    service.answers(an_error(429, "TooManyRequests", Retry_After="600"))
    # Whoever waited for it would wait for ten minutes.
    with pytest.raises(Throttled) as caught:
        connection.fetch(USERS, soon(500))
    assert caught.value.retry_after == 600


def test_one_threads_pause_holds_all_threads_of_the_same_service(
    service: Service, connection: Connection
) -> None:
    service.answers(an_error(429, "TooManyRequests", Retry_After="0.4"), page("1"))
    began = monotonic()
    connection.fetch(USERS, soon())
    assert monotonic() - began >= 0.4
    began = monotonic()
    connection.limits.pauses.ask_for(Limit.DIRECTORY, 0.3)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: connection.fetch(USERS, soon()), range(4)))
    assert monotonic() - began >= 0.3
    connection.limits.pauses.ask_for(Limit.DIRECTORY, 600)
    connection.fetch(Request("GET", "/users/1/messages", limit=Limit.MAILBOX), soon())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (HTML, Broken),
        (Reply(500), Broken),
        (Reply(200, b"<html></html>"), NotJson),
        (Reply(200, b"\0" * 64, {"Content-Encoding": "gzip"}), NotJson),
        (Reply(reset=True), Unreachable),
    ],
)
def test_a_failing_service_is_asked_again_and_then_named(
    service: Service, connection: Connection, reply: Reply, kind: type[GraphError]
) -> None:
    service.answers(reply)
    with pytest.raises(kind):
        connection.fetch(USERS, soon())
    assert len(service.got) == 3
    service.answers(reply, page("1"))
    assert len(connection.fetch(USERS, soon())) == 1


def test_an_answer_that_is_json_and_no_object_is_not_asked_for_again(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(200, b'"text"'))
    with pytest.raises(NotJson):
        connection.fetch(USERS, soon())
    assert len(service.got) == 1


def test_what_is_really_compressed_is_read(service: Service, connection: Connection) -> None:
    service.answers(Reply(200, gzip.compress(b'{"value": [{"id": "1"}]}'), {"Content-Encoding": "gzip"}))
    assert connection.fetch(USERS, soon()) == [{"id": "1"}]


@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_in_pieces_is_read_whole(service: Service, connection: Connection, packed: bool) -> None:
    content = json.dumps({"value": [{"id": str(number)} for number in range(300)]}).encode()
    body = gzip.compress(content) if packed else content
    service.answers(Reply(200, body, {"Content-Encoding": "gzip"} if packed else {}, chunked=True))
    for _ in range(2):
        assert len(connection.fetch(USERS, soon())) == 300


def test_an_answer_that_breaks_off_is_not_taken_for_the_whole(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(body={"value": []}, cut=10), page("1"))
    assert len(connection.fetch(USERS, soon())) == 1


def test_slowness_ends_at_the_deadline(service: Service, connection: Connection) -> None:
    service.answers(page("1"))
    connection.fetch(USERS, soon())
    service.answers(Reply(body={"value": []}, wait=600))
    began = monotonic()
    with pytest.raises(OutOfTime):
        connection.fetch(USERS, soon(0.3))
    assert monotonic() - began < 30
    service.answers(Reply(body={"value": []}, drip=5))
    began = monotonic()
    with pytest.raises(OutOfTime):
        connection.fetch(USERS, soon(0.3))
    assert monotonic() - began < 30


@pytest.mark.parametrize(
    "reply",
    [
        an_error(429, "TooManyRequests", Retry_After="0"),
        HTML,
        Reply(502),
        Reply(reset=True),
    ],
)
def test_a_write_is_sent_once_and_then_in_doubt(
    service: Service, connection: Connection, reply: Reply
) -> None:
    service.answers(reply)
    with pytest.raises(InDoubt):
        connection.fetch(WRITE, soon())
    assert [got.method for got in service.got] == ["PATCH"]


def test_a_write_whose_answer_does_not_come_in_time_is_in_doubt(
    service: Service, connection: Connection
) -> None:
    service.answers(page("1"))
    connection.fetch(USERS, soon())
    service.got.clear()
    service.answers(Reply(204, wait=600))
    for seconds in growing(0.4):
        with suppress(OutOfTime):  # the time was over before it was sent
            with pytest.raises(InDoubt):
                connection.fetch(WRITE, soon(seconds))
            break
    assert [got.method for got in service.got] == ["PATCH"]


@pytest.mark.parametrize(
    ("planned", "sent"),
    [
        ("https://graph.microsoft.com/v1.0/directoryObjects/1", "{url}/graph/v1.0/directoryObjects/1"),
        (
            "https://graph.microsoft.com.fabrikam.example/v1.0/x",
            "https://graph.microsoft.com.fabrikam.example/v1.0/x",
        ),
        ("https://graph.microsoft.us/v1.0/x", "https://graph.microsoft.us/v1.0/x"),
    ],
)
def test_what_is_referred_to_by_its_address_is_named_as_in_the_cloud_of_the_connection(
    service: Service, connection: Connection, planned: str, sent: str
) -> None:
    service.answers(Reply(204))
    write = Request("POST", "/groups/1/members/$ref", body={"@odata.id": planned})
    connection.fetch(write, soon())
    assert service.got[0].body == {"@odata.id": sent.replace("{url}", service.url)}
    assert write.body == {"@odata.id": planned}, "the plan stays as it is"


def test_a_write_that_never_left_is_not_in_doubt(service: Service) -> None:
    with service.connect(graph_url="http://127.0.0.1:9/graph") as connection, pytest.raises(Unreachable):
        connection.fetch(WRITE, soon())


def test_a_refused_write_is_refused_and_not_in_doubt(service: Service, connection: Connection) -> None:
    service.answers(an_error(400, "Request_BadRequest", "Unable to update."))
    with pytest.raises(Refused, match="Unable to update"):
        connection.fetch(WRITE, soon())


def test_a_refused_token_is_replaced_once(service: Service, connection: Connection) -> None:
    service.answers(an_error(401, "InvalidAuthenticationToken"), page("1"))
    assert len(connection.fetch(USERS, soon())) == 1
    assert service.tokens == 2
    service.answers(an_error(401, "InvalidAuthenticationToken"))
    with pytest.raises(CannotSignIn):
        connection.fetch(USERS, soon())
    assert service.tokens == 3


def test_each_request_has_its_own_id_and_options_are_encoded(
    service: Service, connection: Connection
) -> None:
    service.answers(page("1"))
    for _ in range(2):
        connection.fetch(Request("GET", "/users", {"$filter": "mail eq 'a+b&c@contoso.example'"}), soon())
    assert len({got.headers["client-request-id"] for got in service.got}) == 2
    assert service.got[0].path == "/graph/v1.0/users?$filter=mail%20eq%20'a%2Bb%26c@contoso.example'"


def test_four_at_a_time_and_mailbox(service: Service, connection: Connection) -> None:
    # Nobody is answered before four are there, so the most at once is neither luck nor speed.
    four = threading.Barrier(4)

    def answer(_: Got) -> Reply:
        four.wait()
        return Reply(body={"value": []})

    service.answer = answer

    def read(number: int) -> Any:
        return connection.fetch(Request("GET", f"/users/{number % 1}/messages", limit=Limit.MAILBOX), soon())

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(read, range(12)))
    assert service.most_at_once == 4


def test_reports_keep_to_five_in_ten_seconds(service: Service) -> None:
    service.answers(page("1"))
    request = Request("GET", "/auditLogs/signIns", limit=Limit.REPORTS)
    with service.connect(clock=STILL) as connection:
        for _ in range(5):
            connection.fetch(request, soon())
        with pytest.raises(OutOfTime, match="published limit"):
            connection.fetch(request, Deadline(9, clock=STILL))
    assert len(service.got) == 5


@pytest.mark.parametrize(
    ("rates", "most"), [({Limit.REPORTS: (7, 10_500)}, 7), ({Limit.REPORTS: (2, 10_500)}, 2)]
)
def test_a_service_is_asked_as_fast_as_is_given(service: Service, rates: Rates, most: int) -> None:
    service.answers(page("1"))
    request = Request("GET", "/auditLogs/signIns", limit=Limit.REPORTS)
    with service.connect(rates=rates, clock=STILL) as connection:
        for _ in range(most):
            connection.fetch(request, soon())
        with pytest.raises(OutOfTime, match="published limit"):
            connection.fetch(request, Deadline(9, clock=STILL))
    assert len(service.got) == most


def test_where_no_rate_is_given_nothing_waits(service: Service) -> None:
    service.answers(page("1"))
    with service.connect(rates={}) as connection:
        for _ in range(12):
            connection.fetch(Request("GET", "/auditLogs/signIns", limit=Limit.REPORTS), soon())
    assert len(service.got) == 12


def test_no_token_reaches_a_log_or_an_error(service: Service, connection: Connection) -> None:
    service.answers(an_error(400, "BadRequest", "Token eyJ0b2tlbg.1.secret is bad.\nBearer abcdef"))
    with capture_logs() as logs, pytest.raises(Refused) as caught:
        connection.fetch(USERS, soon())
    told = f"{logs} {caught.value} {caught.value!r} {connection.settings!r}"
    for secret in ("eyJ0", "abcdef", "the-secret"):
        assert secret not in told


# --- batches ------------------------------------------------------------------------------------------------


def batch(*bodies: tuple[int, Any, dict[str, str]]) -> list[tuple[int, Any, dict[str, str]]]:
    return list(bodies)


def test_a_batch_repeats_only_what_failed_in_passing(service: Service, connection: Connection) -> None:
    tries: dict[str, int] = {}

    def answer(got: Got) -> Reply:
        responses = []
        for part in reversed(got.body["requests"]):
            url = part["url"]
            tries[url] = tries.get(url, 0) + 1
            if url == "/users/2" and tries[url] == 1:
                error = {"error": {"code": "TooManyRequests", "message": "m"}}
                responses.append(
                    {"id": part["id"], "status": 429, "headers": {"Retry-After": "0.1"}, "body": error}
                )
            elif url == "/users/3":
                error = {"error": {"code": "Request_ResourceNotFound", "message": "m"}}
                responses.append({"id": part["id"], "status": 404, "body": error})
            elif url == "/users/4":
                error = {"error": {"code": "Authorization_RequestDenied", "message": "m"}}
                responses.append({"id": part["id"], "status": 403, "body": error})
            else:
                responses.append({"id": part["id"], "status": 200, "body": {"id": url}})
        return Reply(body={"responses": responses})

    service.answer = answer
    answers = connection.fetch_batch([Request("GET", f"/users/{number}") for number in range(25)], soon())
    assert [type(one) for one in answers[2:5]] == [list, NotFound, NoPermission]
    assert answers[24] == [{"id": "/users/24"}]
    assert tries == {**dict.fromkeys(tries, 1), "/users/2": 2}
    assert [len(got.body["requests"]) for got in service.got] == [20, 5, 1]


def test_further_pages_of_a_batched_part_are_read_too(service: Service, connection: Connection) -> None:
    def answer(got: Got) -> Reply:
        if got.method == "GET":
            return page("2")
        link = f"{service.url}/graph/v1.0/users?$skiptoken=x"
        body = {"value": [{"id": "1"}], "@odata.nextLink": link}
        return Reply(
            body={
                "responses": [
                    {"id": part["id"], "status": 200, "body": body} for part in got.body["requests"]
                ]
            }
        )

    service.answer = answer
    assert connection.fetch_batch([USERS], soon()) == [[{"id": "1"}, {"id": "2"}]]


def test_a_batch_of_one_mailbox_takes_all_its_places(service: Service, connection: Connection) -> None:
    def answer(got: Got) -> Reply:
        if got.method == "GET":
            return Reply(body={"value": []}, wait=0.05)
        return Reply(body={"responses": [{"id": "0", "status": 200, "body": {"id": "x"}}]}, wait=0.1)

    service.answer = answer
    request = Request("GET", "/users/1/messages", limit=Limit.MAILBOX)
    batches: list[int] = []
    watched = service.answer

    def watching(got: Got) -> Reply:
        if got.method == "POST":
            batches.append(service.at_once)
        return watched(got)

    service.answer = watching
    threads = [threading.Thread(target=connection.fetch, args=(request, soon())) for _ in range(6)]
    threads += [threading.Thread(target=connection.fetch_batch, args=([request], soon())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert batches == [1, 1]
