"""What an answer means."""

from __future__ import annotations

import codecs
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from graph.errors import (
    AuditingOff,
    Broken,
    CannotSignIn,
    GraphError,
    NoLicense,
    NoMailbox,
    NoPermission,
    NotFound,
    NotJson,
    Refused,
    Throttled,
)
from graph.request import Cmdlet, Limit, Request
from graph.responses import P1, P2, exchange_error, graph_error, json_of, retry_after, safe_text
from graph.wire import Reply

NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
DIRECTORY, MAILBOX, RISK = Limit.DIRECTORY, Limit.MAILBOX, Limit.RISK


def body(code: str, message: str = "m") -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    assert json_of(Reply(200, {}, codecs.BOM_UTF8 + b'{"value": []}')) == {"value": []}
    assert json_of(Reply(204, {}, codecs.BOM_UTF8)) == {}
    refused = graph_error(
        Reply(403, {}, codecs.BOM_UTF8 + body("Authorization_RequestDenied")), Request("GET", "/users"), NOW
    )
    assert isinstance(refused, NoPermission)


NESTED = json.dumps({"error": {"code": "AuditingDisabledTenant", "message": "Auditing is off."}})


@pytest.mark.parametrize(
    ("status", "content", "path", "limit", "kind", "needs"),
    [
        (
            403,
            body("Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
            "/auditLogs/signIns",
            DIRECTORY,
            NoLicense,
            P1,
        ),
        (400, body("AadPremiumLicenseRequired"), "/roleManagement", DIRECTORY, NoLicense, P2),
        (403, body("Forbidden"), "/identityProtection/riskyUsers/1", RISK, NoLicense, P2),
        (
            403,
            body("Authorization_RequestDenied"),
            "/identityProtection/riskyUsers/1",
            RISK,
            NoPermission,
            "IdentityRiskyUser.Read.All",
        ),
        (403, body("Forbidden"), "/users", DIRECTORY, NoPermission, "User.Read.All"),
        (403, body("ErrorAccessDenied"), "/users/1/messages", MAILBOX, NoPermission, "Mail.ReadBasic.All"),
        (403, b"<html>proxy</html>", "/users", DIRECTORY, NotJson, ""),
        (401, body("InvalidAuthenticationToken"), "/users", DIRECTORY, CannotSignIn, ""),
        (404, body("Request_ResourceNotFound"), "/users/1", DIRECTORY, NotFound, ""),
        (404, body("MailboxNotEnabledForRESTAPI"), "/users/1/messages", MAILBOX, NoMailbox, ""),
        (404, body("ResourceNotFound"), "/users/1/messages", MAILBOX, NoMailbox, ""),
        (404, body("ResourceNotFound"), "/identityProtection/riskyUsers/1", RISK, NotFound, ""),
        (404, b"", "/users/1", DIRECTORY, NotFound, ""),
        (400, body("AuditingDisabledTenant"), "/security", DIRECTORY, AuditingOff, ""),
        (400, body("UnknownError", NESTED), "/security", DIRECTORY, AuditingOff, ""),
        (500, body("x", NESTED), "/security", DIRECTORY, AuditingOff, ""),
        (400, body("BadRequest"), "/users", DIRECTORY, Refused, ""),
        (409, b"\0\0\0", "/users", DIRECTORY, NotJson, ""),
        (429, b"", "/users", DIRECTORY, Throttled, ""),
        (503, b"<html></html>", "/users", DIRECTORY, Broken, ""),
    ],
)
def test_each_answer_of_graph_becomes_its_own_error(  # noqa: PLR0917 - the columns of the table
    status: int, content: bytes, path: str, limit: Limit, kind: type[GraphError], needs: str
) -> None:
    error = graph_error(Reply(status, {"request-id": "r-1"}, content), Request("GET", path, limit=limit), NOW)
    assert type(error) is kind
    assert (error.needs, error.status, error.request_id) == (needs, status, "r-1")


EXCHANGE: dict[str, Any] = {
    "error": {
        "code": "BadRequest",
        "message": "Error executing cmdlet",
        "details": [{"message": "Ex6F9304|Microsoft.Exchange.Some.Exception|The mailbox is locked."}],
    }
}


@pytest.mark.parametrize(
    ("status", "content", "kind", "needs"),
    [
        (401, b"", NoPermission, "Exchange.ManageAsApp"),
        (403, b"\0" * 200, NoPermission, "an Exchange role with Get-InboxRule"),
        (403, body("Forbidden"), NoPermission, "an Exchange role with Get-InboxRule"),
        (
            400,
            body("x", "The command isn't supported in this scenario."),
            NoPermission,
            "an Exchange role with Get-InboxRule",
        ),
        (404, body("NotFound"), NotFound, ""),
        (400, json.dumps(EXCHANGE).encode(), Refused, ""),
        (429, b"", Throttled, ""),
        (500, b"", Broken, ""),
        (400, b"\0\0", NotJson, ""),
    ],
)
def test_each_answer_of_exchange_becomes_its_own_error(
    status: int, content: bytes, kind: type[GraphError], needs: str
) -> None:
    error = exchange_error(Reply(status, {}, content), Cmdlet("Get-InboxRule"), NOW)
    assert type(error) is kind
    assert error.needs == needs


def test_the_text_of_exchange_is_the_most_exact_one() -> None:
    reply = Reply(400, {}, json.dumps(EXCHANGE).encode())
    assert (
        str(exchange_error(reply, Cmdlet("Set-Mailbox"), NOW))
        == "Exchange refused Set-Mailbox: The mailbox is locked."
    )
    inner = {"error": {**EXCHANGE["error"], "innererror": {"internalexception": {"message": "Quota."}}}}
    reply = Reply(400, {}, json.dumps(inner).encode())
    assert str(exchange_error(reply, Cmdlet("Set-Mailbox"), NOW)) == "Exchange refused Set-Mailbox: Quota."


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", None),
        ("1e99", 3600.0),
        ("Mon, 14 Sep 2026 12:00:20 GMT", 20.0),
        ("Mon, 14 Sep 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


def test_text_for_people_is_one_line_without_tokens() -> None:
    text = safe_text("bad\r\n\x1b[31m token eyJabc.def.ghi and Bearer xyz " + "long " * 100)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "eyJ" not in text
    assert "xyz" not in text
    assert len(text) <= 300
