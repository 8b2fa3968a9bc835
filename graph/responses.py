"""What an answer means: JSON or not, which error, and how long to wait. Pure.

Codes and quirks: Microsoft Graph, "Microsoft Graph error responses and resource types" and the "Known issues"
of its reports; for Exchange, what public clients of the administration endpoint observed.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from graph.errors import (
    NO_MAILBOX,
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
from graph.needs import MANAGE_AS_APP, role_with, service_of, to_send
from graph.request import Cmdlet, Limit, Request
from graph.wire import Reply

P1 = "Microsoft Entra ID P1"
P2 = "Microsoft Entra ID P2"

_LICENSES = {
    "Authentication_RequestFromNonPremiumTenantOrB2CTenant": P1,
    "AadPremiumLicenseRequired": P2,
}
_NO_MAILBOX = frozenset({"MailboxNotEnabledForRESTAPI", "MailboxNotFound", "ErrorNonExistentMailbox"})
_TOKEN = re.compile(r"eyJ[\w-]+(?:\.[\w-]*){0,2}|(?i:bearer)\s+\S+")
_ROLE_LACKS = (
    "isn't supported in this scenario",
    "is not present in the role definition",
    "CmdletAccessDenied",
)
_LONGEST = 300
_LONGEST_PAUSE = 3600.0


def json_of(reply: Reply) -> Any:
    """Read the body as JSON; an empty one is an empty object.

    Raises:
        NotJson: when it is something else.
    """
    body = reply.body.removeprefix(codecs.BOM_UTF8)
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        with suppress(ValueError, RecursionError):
            return _leniently(reply.text)
        raise NotJson(
            f"Microsoft returned {_kind_of(reply)} instead of JSON.",
            status=reply.status,
            request_id=reply.request_id,
        ) from None


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer holds.

    Attributes:
        items: Its objects.
        link: Where the next page is, "" when there is none.
        listed: Whether it is a list, and not a single object.
    """

    items: list[Mapping[str, Any]]
    link: str = ""
    listed: bool = True


def page_of(answer: Any, *, wrote: bool = False) -> Page:
    """Read an answer's JSON as a page.

    Args:
        answer: The JSON.
        wrote: Whether it answers a change, which often answers with nothing. To a question, nothing at all is
            no empty list: it would read as clean.

    Raises:
        NotJson: when the answer is neither a collection nor an object, or an error.
    """
    if not isinstance(answer, dict):
        raise NotJson("Microsoft returned JSON of an unexpected shape.")
    if not answer and not wrote:
        raise NotJson("Microsoft returned an empty response instead of data.")
    if isinstance(answer.get("error"), dict):
        raise NotJson("Microsoft returned an error in a success response.")
    value = answer.get("value")
    if not isinstance(value, list):
        return Page([answer] if answer else [], listed=False)
    if not all(isinstance(item, dict) for item in value):
        raise NotJson("Microsoft returned an unexpected list.")
    link = answer.get("@odata.nextLink")
    if not isinstance(link, str | None):
        raise NotJson("Microsoft returned a next-page link that is not a URL.")
    return Page(list(value), link or "")


def _leniently(text: str) -> Any:
    """Read JSON that holds halves of characters, each as a question mark.

    Whoever sends a mail chooses its subject; one such sign in it must not hide all other mail of the page.

    Raises:
        ValueError: when it is no JSON all the same.
    """
    found = json.loads(text, strict=False)
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After as seconds, from a number or an HTTP date; None when absent or unreadable."""
    text = str(headers.get("Retry-After") or headers.get("retry-after") or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    if seconds != seconds:  # noqa: PLR0124 - the way to recognise NaN, which float() reads
        return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def graph_error(reply: Reply, request: Request, now: datetime) -> GraphError:
    """Make the specific error for a Graph answer that is no success; a refusal names what it needs."""
    path, limit = request.path, request.limit
    code, message = _code_and_message(reply)
    known: dict[str, Any] = {"status": reply.status, "code": code, "request_id": reply.request_id}
    if "AuditingDisabledTenant" in (code, message) or "AuditingDisabledTenant" in message:
        return AuditingOff("Auditing is disabled in this tenant, so there are no records to search.", **known)
    if code in _LICENSES and reply.status in (400, 403):
        return _no_license(_LICENSES[code], known)
    match reply.status:
        case 429:
            wait = retry_after(reply.headers, now)
            return Throttled("Microsoft throttled the request.", retry_after=wait, **known)
        case 401:
            return CannotSignIn("Graph did not accept the application's token for this request.", **known)
        case 403 if code == "Forbidden" and path.startswith("/identityProtection"):
            return _no_license(P1 if path.startswith("/identityProtection/riskDetections") else P2, known)
        case 403 if code or not reply.body.strip():
            return _no_permission(request, known)
        case 404 if code in _NO_MAILBOX or (limit is Limit.MAILBOX and code == "ResourceNotFound"):
            return NoMailbox(NO_MAILBOX, **known)
        case 404:
            return NotFound(_sentence("Microsoft did not find the resource", message), **known)
        case status if status >= 500:
            wait = retry_after(reply.headers, now)
            return Broken(f"Microsoft's service failed with status {status}.", retry_after=wait, **known)
        case status if not code:
            return NotJson(f"A proxy or gateway returned {status} with {_kind_of(reply)}.", **known)
        case _:
            return Refused(_sentence("Microsoft refused the request", message), **known)


def exchange_error(reply: Reply, asked: Cmdlet, now: datetime, named: str = "") -> GraphError:
    """Make the specific error for an answer of the Exchange administration endpoint that is no success.

    Args:
        reply: The answer.
        asked: What was asked for.
        now: The present time (aware UTC).
        named: What it is called where it is no cmdlet.
    """
    cmdlet = named or asked.name
    code, message = _code_and_message(reply)
    known: dict[str, Any] = {"status": reply.status, "code": code, "request_id": reply.request_id}
    match reply.status:
        case 429:
            wait = retry_after(reply.headers, now)
            return Throttled("Exchange throttled the request.", retry_after=wait, **known)
        case 401:
            says = f"Exchange did not accept the application's token for {cmdlet}."
            return NoPermission(says, needs=MANAGE_AS_APP, **known)
        case 403:
            return _no_role(asked, cmdlet, known)
        case 400 if any(fragment in message for fragment in _ROLE_LACKS):
            return _no_role(asked, cmdlet, known)
        case 404:
            return NotFound(_sentence(f"{cmdlet} found nothing", message), **known)
        case status if status >= 500:
            wait = retry_after(reply.headers, now)
            return Broken(
                f"Exchange failed with status {status} while running {cmdlet}.", retry_after=wait, **known
            )
        case status if not code:
            return NotJson(f"A proxy or gateway returned {status} with {_kind_of(reply)}.", **known)
        case _:
            return Refused(_sentence(f"Exchange refused {cmdlet}", message), **known)


def safe_text(text: str) -> str:
    """Make a service's text fit to be shown: one line, no control characters, no token, not long."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    plain = _TOKEN.sub("[token]", " ".join(plain.split()))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _no_license(plan: str, known: dict[str, Any]) -> NoLicense:
    return NoLicense(f"The tenant lacks the license {plan}.", needs=plan, **known)


def _no_permission(request: Request, known: dict[str, Any]) -> NoPermission:
    needs = to_send(request)
    says = "The application lacks a permission for this request."
    if len(needs) == 1:
        says = f"The permission {needs[0]} is missing."
    return NoPermission(says, needs=" and ".join(needs), **known)


def _no_role(asked: Cmdlet, named: str, known: dict[str, Any]) -> NoPermission:
    service = service_of(asked)
    says = f"No {service} role of the application includes {named}."
    return NoPermission(says, needs=role_with(service, named), **known)


def _sentence(beginning: str, message: str) -> str:
    detail = safe_text(message).rstrip(".")
    return f"{beginning}: {detail}." if detail else f"{beginning}."


def _code_and_message(reply: Reply) -> tuple[str, str]:
    """Find code and readable text in an error body of either service; ("", "") when it is no such body."""
    try:
        body = orjson.loads(reply.body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return "", ""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    code = safe_text(str(error.get("code") or ""))
    message = _exchange_text(error) or str(error.get("message") or "")
    if message.lstrip().startswith("{"):
        # Some services put the error that they got from the next one into the message, as JSON text.
        inner_code, inner_message = _code_and_message(Reply(reply.status, reply.headers, _inner(message)))
        code, message = inner_code or code, inner_message or message
    return code, message


def _inner(message: str) -> bytes:
    try:
        inner = orjson.loads(message)
    except orjson.JSONDecodeError:
        return b""
    if not isinstance(inner, dict):
        return b""
    return json.dumps(inner if isinstance(inner.get("error"), dict) else {"error": inner}).encode()


def _exchange_text(error: Mapping[str, Any]) -> str:
    """Take the text where Exchange puts it: the inner exception, else the last part of the first detail."""
    inner = error.get("innererror")
    exception = inner.get("internalexception") if isinstance(inner, dict) else None
    if isinstance(exception, dict) and exception.get("message"):
        return str(exception["message"])
    details = error.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return str(details[0].get("message") or "").rpartition("|")[2]
    return ""


def _kind_of(reply: Reply) -> str:
    start = reply.body[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<")):
        return "a web page"
    return "zero bytes only" if not reply.body.strip(b"\0") else "unreadable content"
