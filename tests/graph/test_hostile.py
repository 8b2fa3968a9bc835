"""A service that lies, sends too much or names other hosts gets neither token nor secret nor our memory."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest
from pydantic import ValidationError

from graph import auth, wire
from graph.accounts import find_subject
from graph.auth import Resource, SignIn
from graph.client import is_below
from graph.collect import collect
from graph.connection import Connection
from graph.errors import Broken, CannotSignIn, GraphError, NoSuchUser, NotJson, OutOfTime, Refused
from graph.evidence import Known
from graph.exchange import region_of
from graph.limits import Deadline
from graph.question import Question, Subject, Window
from graph.request import Cmdlet, Request
from graph.settings import TenantSettings, place_of
from graph.wire import Reply as WireReply
from tests.graph.service import QUICK, TENANT_ID, Reply, Service
from tests.graph.test_collect import Memory

USERS = Request("GET", "/users")
DAY = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC))
COMPLIANCE = "https://ps.compliance.protection.outlook.com"
BANNER = f"{COMPLIANCE}/adminapi/beta/t/EXOBanner"
LOGIN = "http://127.0.0.1:9"
SECRET = "hush-hush"


@pytest.mark.parametrize(
    "location",
    [
        # One library ends the host at the backslash, another reads on: the token would go to evil.example.
        "https://evil.example\\.ps.compliance.protection.outlook.com/adminapi/x",
        "https://evil.example%5c.ps.compliance.protection.outlook.com/adminapi/x",
        "https://evil.example%2f.ps.compliance.protection.outlook.com/adminapi/x",
        "https://evil.example\uff0f.ps.compliance.protection.outlook.com/adminapi/x",
        "https://evil-ps.compliance.protection.outlook.com/adminapi/x",
        "https://:word@eur.ps.compliance.protection.outlook.com/adminapi/x",
        "https://eur.ps.compliance.protection.outlook.com:8443/adminapi/x",
        "https://eur.ps.compliance.protection.outlook.com:99999/adminapi/x",
        "https://[/adminapi/x",
        "http://eur.ps.compliance.protection.outlook.com/adminapi/x",
    ],
)
def test_a_region_whose_host_can_be_read_in_two_ways_is_refused(location: str) -> None:
    with pytest.raises(Refused, match="token was not sent"):
        region_of(location, BANNER, COMPLIANCE)


@pytest.mark.parametrize(
    "link",
    [
        "https://[bad",
        "https://graph.microsoft.com\\@evil.example/v1.0",
        "https://evil.example\\@graph.microsoft.com/v1.0",
        "https://@graph.microsoft.com/v1.0",
        "https://graph.microsoft.com\uff0fevil/",
        "https://graph.microsoft.com:999999/",
        "https://graph.microsoft.com.evil.example/",
        "5",
    ],
)
def test_a_link_whose_host_can_be_read_in_two_ways_is_not_ours(link: str) -> None:
    assert not is_below(link, "https://graph.microsoft.com")


def test_the_same_place_may_be_written_with_and_without_its_port() -> None:
    assert place_of("https://Graph.Microsoft.com/x") == place_of("https://graph.microsoft.com:443/y")
    assert place_of("http://[::1]:8080/") == ("http", "::1", 8080)


class _Login:
    """A login service that answers with these."""

    def __init__(self, about: bytes, token: bytes) -> None:
        self.about = about
        self.answer = token
        self.sent: list[tuple[str, bytes]] = []

    def send(self, method: str, url: str, *, body: bytes | None = None, **_: Any) -> WireReply:
        self.sent.append((url, body or b""))
        return WireReply(200, {}, self.about if method == "GET" else self.answer)


def _about(host: str = "127.0.0.1:9") -> bytes:
    base = f"https://{host}/{TENANT_ID}"
    return json.dumps({"token_endpoint": f"{base}/token", "authorization_endpoint": f"{base}/a"}).encode()


@pytest.fixture(autouse=True)
def _no_second_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "ATTEMPTS", 1)


def _sign_in(login: _Login) -> str:
    settings = TenantSettings(tenant_id=TENANT_ID, client_id="the-app", client_secret=SECRET, login_url=LOGIN)
    return SignIn(settings, login).token(Resource.GRAPH, Deadline(600))  # type: ignore[arg-type]


def test_the_secret_goes_to_no_address_but_the_login_services() -> None:
    login = _Login(_about("evil.example"), b'{"access_token": "x", "expires_in": 3600}')
    with pytest.raises(Refused, match="another address"):
        _sign_in(login)
    assert [url for url, body in login.sent if SECRET.encode() in body or "evil" in url] == []


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"null", b"<html>", b"\0", b'{"x": 5}'])
def test_a_login_service_that_describes_itself_badly_is_told_as_such(body: bytes) -> None:
    with pytest.raises(NotJson, match=r"login service|instead of JSON"):
        _sign_in(_Login(body, b"{}"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", NotJson),
        (b"[]", NotJson),
        (b"null", NotJson),
        (b"<html>", NotJson),
        (b"\0\0", NotJson),
        (b'{"access_token": "x", "expires_in": "soon"}', NotJson),
        (b'{"access_token": 5, "expires_in": 3600}', CannotSignIn),
        (b'{"access_token": "x\\ny", "expires_in": 3600}', CannotSignIn),
        (b'{"access_token": "\\u2603", "expires_in": 3600}', CannotSignIn),
        (b'{"error": "x", "error_codes": 5}', CannotSignIn),
        (b'{"error": 5}', CannotSignIn),
    ],
)
def test_an_answer_that_is_no_token_is_never_blamed_on_the_certificate(
    body: bytes, kind: type[GraphError]
) -> None:
    with pytest.raises(kind) as caught:
        _sign_in(_Login(_about(), body))
    assert "certificate" not in caught.value.sentence


def test_an_answer_that_unpacks_to_more_than_memory_holds_is_refused(
    service: Service, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1_000_000)
    service.answers(Reply(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}))
    with pytest.raises(Broken, match="larger"):
        connection.fetch(USERS, Deadline(600))
    service.answers(Reply(200, b" " * 1_000_001))
    with pytest.raises(Broken, match="larger"):
        connection.fetch(USERS, Deadline(600))


def test_a_compressed_answer_that_breaks_off_is_not_taken_for_the_whole(
    service: Service, connection: Connection
) -> None:
    packed = gzip.compress(b'{"value": []}' + b" " * 5_000)
    service.answers(Reply(200, packed[:-9], {"Content-Encoding": "gzip"}))
    with pytest.raises(NotJson):
        connection.fetch(USERS, Deadline(600))


@pytest.mark.parametrize(("body", "drip"), [(b"{}", 60.0), (b" " * 60, 0.7)])
def test_silence_in_the_middle_of_an_answer_ends_at_the_deadline_too(
    service: Service, connection: Connection, body: bytes, drip: float
) -> None:
    # Either one byte never comes, or each comes just in time, so that the waits would add up to 42 seconds.
    service.answers(Reply(200, body, drip=drip))
    connection.sign_in.token(Resource.GRAPH, Deadline(600))
    began = monotonic()
    with pytest.raises(OutOfTime):
        connection.fetch(USERS, Deadline(0.8))
    assert monotonic() - began < 30


@pytest.mark.parametrize(
    "part",
    [
        {"id": "0", "status": "abc"},
        {"id": "0", "status": 200, "headers": ["x"], "body": {"value": [{"n": 10**30}]}},
        {"id": "0", "status": 400, "headers": "x", "body": {"error": {"code": "\ud800", "message": 5}}},
        {"id": "0", "status": None},
    ],
)
def test_a_part_of_a_batch_of_any_shape_spoils_no_other_part(
    service: Service, connection: Connection, part: dict[str, Any]
) -> None:
    good = {"id": "1", "status": 200, "body": {"value": [{"n": 1}]}}
    service.answer = lambda _: Reply(body={"responses": [part, good]})
    first, second = connection.fetch_batch([USERS, USERS], Deadline(600))
    assert isinstance(first, GraphError | list)
    assert second == [{"n": 1}]


@pytest.mark.parametrize("subject", [b"half \\ud83d", b"half \xed\xa0\xbd", b"tab \t and \x01", b"\xff"])
def test_a_sign_that_is_no_text_hides_nothing_else(
    service: Service, connection: Connection, subject: bytes
) -> None:
    service.answers(Reply(200, b'{"value": [{"subject": "' + subject + b'"}, {"subject": "plain"}]}'))
    first, second = connection.fetch(USERS, Deadline(600))
    assert str(first["subject"]).encode("utf-8")
    assert second == {"subject": "plain"}


@pytest.mark.parametrize("what", [USERS, Cmdlet("Get-Mailbox")], ids=["Graph", "Exchange"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b""),
        Reply(200, b" \r\n"),
        Reply(200, b"{}"),
        Reply(202),
        Reply(204),
        Reply(200, {"error": {"code": "Forbidden", "message": "No."}}),
        Reply(200, {"value": [], "error": {"code": "Forbidden", "message": "No."}}),
        Reply(200, {"value": [], "@odata.nextLink": {"url": "https://graph.example/2"}}),
        Reply(200, {"value": [], "@odata.nextLink": 2}),
    ],
    ids=lambda reply: f"{reply.status} {reply.content[:40]!r}",
)
def test_no_answer_to_a_question_is_no_empty_list(
    service: Service, connection: Connection, what: Request | Cmdlet, reply: Reply
) -> None:
    service.answers(reply)
    with pytest.raises(NotJson):
        connection.fetch(what, Deadline(600))


@pytest.mark.parametrize("body", [None, {}])
def test_a_part_of_a_batch_without_an_answer_is_no_empty_list(
    service: Service, connection: Connection, body: Any
) -> None:
    service.answers(Reply(body={"responses": [{"id": "0", "status": 200, "body": body}]}))
    (answer,) = connection.fetch_batch([USERS], Deadline(600))
    assert isinstance(answer, NotJson)


def test_nothing_at_all_from_every_service_leaves_no_source_complete(service: Service) -> None:
    service.answers(Reply(204))
    question = Question(Subject("1", "adele@contoso.example", "adele@contoso.example", ()), DAY)
    with Connection(service.settings(), pacing=QUICK) as connection:
        arrived = list(collect(question, connection, Memory(), patience=600))
    assert [one.source for one in arrived if isinstance(one.answer, Known)] == []


def test_nesting_without_end_is_no_answer(service: Service, connection: Connection) -> None:
    service.answers(Reply(200, b'{"value": ' + b"[" * 200_000))
    with pytest.raises(NotJson):
        connection.fetch(USERS, Deadline(600))


@pytest.mark.parametrize("mark", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("deep", [50, 990])
def test_a_mail_of_brackets_alone_hides_nothing(
    service: Service, connection: Connection, deep: int, mark: tuple[str, str]
) -> None:
    opens, closes = mark
    brackets = opens * deep + "1" + closes * deep
    mails = [
        {"id": "1", "body": {"contentType": "text", "content": brackets}},
        {"id": "2", "subject": "plain"},
    ]
    service.answers(Reply(body={"value": mails}))
    asked = Request("GET", "/users/x/mailFolders/sentitems/messages", {"$select": "id,subject,body"})
    assert connection.fetch(asked, Deadline(600)) == mails


def test_a_name_that_no_header_can_hold_is_asked_for_all_the_same(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(body={"value": []}))
    for name in ("łukasz@contoso.example", "a\r\nX-Evil: 1@contoso.example"):
        assert connection.fetch(Cmdlet("Get-Mailbox", anchor=name), Deadline(600)) == []
    assert all(got.headers["x-anchormailbox"].startswith("APP:") for got in service.got)
    assert all("x-evil" not in got.headers for got in service.got)


def test_warnings_of_any_shape_are_no_failure(service: Service, connection: Connection) -> None:
    service.answers(Reply(body={"value": [], "@adminapi.warnings": 5}))
    assert connection.fetch(Cmdlet("Get-Mailbox"), Deadline(600)) == []


@pytest.mark.parametrize("text", ["..", ".", "delta", "$count", "me", "a@b@c", "\ud800@contoso.example"])
def test_words_that_graph_reads_as_something_else_are_not_sent(
    service: Service, connection: Connection, text: str
) -> None:
    with pytest.raises(NoSuchUser):
        find_subject(text, connection)
    assert service.got == []


@pytest.mark.parametrize("body", [{"x": 1}, {"value": [{"id": "1"}]}, {"id": "", "userPrincipalName": "x"}])
def test_what_is_no_account_is_told_as_such(service: Service, connection: Connection, body: Any) -> None:
    service.answers(Reply(body=body))
    with pytest.raises(NotJson, match="other than an account"):
        find_subject("adele@contoso.example", connection)


def test_quotes_stay_inside_the_filter(service: Service, connection: Connection) -> None:
    service.answers(Reply(404, {"error": {"code": "x"}}), Reply(body={"value": []}))
    with pytest.raises(NoSuchUser):
        find_subject("x'or'1'eq'1@contoso.example", connection)
    assert "x''or''1''eq''1" in service.got[1].path
    assert service.got[0].path.startswith("/graph/v1.0/users/x%27or%271")


def test_settings_that_are_wrong_do_not_repeat_the_secret() -> None:
    with pytest.raises(ValidationError) as caught:
        TenantSettings(tenant_id="t", client_id="c", client_secret=SECRET, certificate="x.pem")
    assert SECRET[:4] not in str(caught.value)
