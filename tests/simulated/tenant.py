"""A tenant of any size under attack, answering over a simulated wire in simulated time.

It keeps the published limits of its own accord and by its own clock: whoever asks too often is refused with
429, and the refusals are counted. It holds nothing: each answer is made from what was asked.
Source of the limits: Microsoft Graph, "Microsoft Graph service-specific throttling limits"; of the searches a
day, "auditLogQuery": 200. How long things take is published nowhere: see `Shape`.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from graph.limits import Deadline
from graph.times import time_of
from graph.wire import Reply
from sandbox.tenant.audit_search import on_the_wire
from tests.simulated.clock import Simulated

DOMAIN: Final = "fabrikam.example"
PAGE: Final = 1_000
RISK_PAGE: Final = 500
RECORDS_PAGE: Final = 999
QUIET: Final = 50
"""Of so many records of rare operations one raises a doubt; the others change mailboxes and hide nothing."""
_SPAN: Final = re.compile(r"createdDateTime ge (\S+) and createdDateTime le (\S+)")
_PATH: Final = re.compile(r"/(?:v1\.0|beta)(/.*)")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the tenant is, what happens in it, and how long answers take (our assumptions, in seconds).

    Attributes:
        mailboxes: How many there are.
        attacked: How many accounts' passwords are tried and found, each from other addresses.
        risky: Sign-ins at risk a day and mailbox of the tenant, all of the attacked ones.
        rare: Records of rare operations a day and mailbox, such as new sign-in methods.
        forwarding: How many mailboxes forward, each to another one in the tenant.
        page: Seconds for a page of Graph.
        batch: Seconds for a batch of twenty.
        cmdlet: Seconds for a cmdlet.
        hidden: Seconds for one that reads hidden rules.
        search: Seconds that an audit search takes.
    """

    mailboxes: int = 100_000
    attacked: int = 500
    risky: float = 3.0
    rare: float = 0.05
    forwarding: int = 300
    page: float = 0.8
    batch: float = 1.5
    cmdlet: float = 0.3
    hidden: float = 1.5
    search: float = 300.0


class Tenant:
    """Carries what is sent to such a tenant.

    Attributes:
        calls: How often each kind of thing was asked for.
        refused: How often a limit was not kept.
    """

    def __init__(self, shape: Shape, clock: Simulated) -> None:
        self.shape = shape
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._clock = clock
        self._searches: list[tuple[float, datetime, datetime]] = []
        self._times: dict[str, deque[float]] = {"reports": deque(), "risk": deque(), "search": deque()}
        self._under_way: Counter[str] = Counter()

    def close(self) -> None:
        """Nothing is open."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: Deadline,
    ) -> Reply:
        """Answer, when it is time."""
        found = urlsplit(url)
        if "/oauth2/" in found.path or "openid-configuration" in found.path:
            return _login(url)
        sent = orjson.loads(body) if body else {}
        if found.path.endswith("/InvokeCommand"):
            return self._cmdlet(sent["CmdletInput"], parse_qs(found.query))
        path = _PATH.match(found.path)
        assert path is not None, url
        return self._graph(method, unquote(path[1]), parse_qs(found.query), sent)

    # --- Graph ---------------------------------------------------------------------------------------------

    def _graph(self, method: str, path: str, query: Mapping[str, list[str]], sent: Any) -> Reply:
        shape = self.shape
        if path == "/auditLogs/signIns":
            return self._after("sign-ins", shape.page, self._rate("reports", 5, 10) or self._sign_ins(query))
        if path.startswith("/identityProtection/"):
            return self._after("risk", shape.page, self._rate("risk", 1, 1) or self._risk(path, query))
        if path == "/security/auditLog/queries" and method == "POST":
            return self._after("audit search", 0.1, self._rate("search", 200, 86_400) or self._search(sent))
        if path.endswith("/records"):
            return self._after("audit records", shape.page, self._records(path, query))
        if path.startswith("/security/auditLog/queries/"):
            at, *_ = self._searches[int(path.rpartition("/")[2])]
            status = "succeeded" if self._clock.now() >= at + shape.search else "running"
            return self._after("audit status", 0.1, _json({"id": path.rpartition("/")[2], "status": status}))
        if path == "/domains":
            return self._after("domains", shape.page, _json({"value": [{"id": DOMAIN, "isVerified": True}]}))
        if path == "/$batch":
            return self._batch(sent["requests"])
        if path.startswith("/users/"):
            return self._after("of a mailbox", shape.page, _json(_of_mailbox(path)))
        raise AssertionError(path)

    def _sign_ins(self, query: Mapping[str, list[str]]) -> Reply:
        span = _SPAN.search(query["$filter"][0])
        assert span is not None
        start, end = map(time_of, span.groups())
        kind = "nonInteractiveUser" if "nonInteractiveUser" in query["$filter"][0] else "interactiveUser"
        total = sign_ins_of(self.shape, (end - start).total_seconds())
        begin = int(query.get("$skiptoken", ["0"])[0])
        number = min(PAGE, total - begin)
        seconds = (end - start).total_seconds() / max(1, total)
        first = end.timestamp()
        rows = []
        for place in range(begin, begin + number):
            who = place % self.shape.attacked
            rows.append(
                {
                    "id": f"{kind}{first:.0f}-{place}",
                    "createdDateTime": _time(first - place * seconds),
                    "userId": f"c0ffee00-0000-4000-8000-{who:012d}",
                    "userPrincipalName": attacked(who),
                    "ipAddress": f"203.0.113.{place % 250}",
                    "appDisplayName": "Office 365 Exchange Online",
                    "isInteractive": kind == "interactiveUser",
                    "riskState": "atRisk",
                    "riskLevelDuringSignIn": "medium",
                    "status": {"errorCode": 50126 if place // self.shape.attacked % 50 else 0},
                    "location": {"countryOrRegion": "NG"},
                }
            )
        more = {"$skiptoken": str(begin + PAGE)} if begin + PAGE < total else {}
        return _list(rows, self._link("/beta/auditLogs/signIns", query, more))

    def _risk(self, path: str, query: Mapping[str, list[str]]) -> Reply:
        begin = int(query.get("$skiptoken", ["0"])[0])
        rows = [
            {
                "id": f"{path}{who}",
                "userPrincipalName": attacked(who),
                "riskLevel": "medium",
                "riskState": "atRisk",
                "riskEventType": "passwordSpray",
                "detectedDateTime": "2026-11-28T10:00:00Z",
                "activityDateTime": "2026-11-28T10:00:00Z",
                "riskLastUpdatedDateTime": "2026-11-28T10:00:00Z",
            }
            for who in range(begin, min(begin + RISK_PAGE, self.shape.attacked))
        ]
        more = {"$skiptoken": str(begin + RISK_PAGE)} if begin + RISK_PAGE < self.shape.attacked else {}
        return _list(rows, self._link(f"/v1.0{path}", query, more))

    def _search(self, sent: Any) -> Reply:
        span = time_of(sent["filterStartDateTime"]), time_of(sent["filterEndDateTime"])
        self._searches.append((self._clock.now(), *span))
        return _json({"id": str(len(self._searches) - 1), "status": "notStarted"}, 201)

    def _records(self, path: str, query: Mapping[str, list[str]]) -> Reply:
        _, start, end = self._searches[int(path.split("/")[-2])]
        total = records_of(self.shape, (end - start).total_seconds())
        begin = int(query.get("$skiptoken", ["0"])[0])
        rows = []
        for place in range(begin, min(begin + RECORDS_PAGE, total)):
            who = place * 7919 % self.shape.mailboxes
            given = {
                "Id": f"{start.timestamp():.0f}-{place}",
                "CreationTime": f"{start:%Y-%m-%dT%H:%M:%S}",
                "Operation": "Set-Mailbox" if place % QUIET else "User registered security info",
                "UserId": f"user{who}@{DOMAIN}",
                "UserType": 0,
                "Workload": "Exchange" if place % QUIET else "AzureActiveDirectory",
            }
            rows.append(on_the_wire(given))
        more = {"$skiptoken": str(begin + RECORDS_PAGE)} if begin + RECORDS_PAGE < total else {}
        return _list(rows, self._link(f"/beta{path}", query, more))

    def _batch(self, requests: list[dict[str, Any]]) -> Reply:
        names = [one["url"].split("/")[2] for one in requests]
        for name in names:
            self._under_way[name] += 1
        late = {name for name in names if self._under_way[name] > 4}
        self.refused["mailbox"] += len(late)
        self._clock.sleep(self.shape.batch, threading.Event())
        for name in names:
            self._under_way[name] -= 1
        self.calls["batch"] += 1
        answers = []
        for one, name in zip(requests, names, strict=True):
            self.calls["of a mailbox"] += 1
            found = _of_mailbox(one["url"])
            answers.append({"id": one["id"], "status": 429 if name in late else 200, "body": found})
        return _json({"responses": answers})

    # --- Exchange ------------------------------------------------------------------------------------------

    def _cmdlet(self, given: Mapping[str, Any], query: Mapping[str, list[str]]) -> Reply:
        name, parameters = given["CmdletName"], given["Parameters"]
        begin = int(query.get("$skiptoken", ["0"])[0])
        rows: list[Any] = []
        link = ""
        if name == "Get-Mailbox" and "Filter" in parameters:
            rows = [
                {
                    "PrimarySmtpAddress": f"user{place}@{DOMAIN}",
                    "ForwardingAddress": f"user{place + 1}",
                    "ForwardingSmtpAddress": None,
                    "DeliverToMailboxAndForward": True,
                }
                for place in range(begin, min(begin + PAGE, self.shape.forwarding))
            ]
            if begin + PAGE < self.shape.forwarding:
                link = (
                    f"https://outlook.office365.com/adminapi/beta/t/InvokeCommand?$skiptoken={begin + PAGE}"
                )
        elif name == "Get-Recipient":
            own = f"{parameters['Identity']}@{DOMAIN}"
            rows = [{"PrimarySmtpAddress": own, "ExternalEmailAddress": None}]
        elif name == "Get-MailboxFolderStatistics":
            rows = [{"Name": parameters["FolderScope"], "FolderType": parameters["FolderScope"]}]
        hidden = name == "Get-InboxRule"
        took = self.shape.hidden if hidden else self.shape.cmdlet
        return self._after("hidden rules" if hidden else "cmdlet", took, _list(rows, link))

    # --- both ----------------------------------------------------------------------------------------------

    def _after(self, kind: str, seconds: float, reply: Reply) -> Reply:
        self.calls[kind] += 1
        self._clock.sleep(seconds, threading.Event())
        return reply

    def _rate(self, kind: str, most: int, seconds: float) -> Reply | None:
        """Refuse what comes too early; what is refused counts as well."""
        now, times = self._clock.now(), self._times[kind]
        while times and times[0] <= now - seconds:
            times.popleft()
        times.append(now)
        if len(times) <= most:
            return None
        self.refused[kind] += 1
        return _json({"error": {"code": "TooManyRequests", "message": "Too many."}}, 429)

    @staticmethod
    def _link(path: str, query: Mapping[str, list[str]], more: Mapping[str, str]) -> str:
        if not more:
            return ""
        told = {**{name: values[0] for name, values in query.items()}, **more}
        return f"https://graph.microsoft.com{path}?" + "&".join(f"{name}={told[name]}" for name in told)


def attacked(who: int) -> str:
    """The name of one of the accounts under attack."""
    return f"user{who}@{DOMAIN}"


def sign_ins_of(shape: Shape, seconds: float) -> int:
    """How many sign-ins at risk of one of the two kinds there are in so long a span."""
    return round(shape.mailboxes * shape.risky * seconds / 86_400 / 2)


def records_of(shape: Shape, seconds: float) -> int:
    """How many records of rare operations there are in so long a span."""
    return round(shape.mailboxes * shape.rare * seconds / 86_400)


def pages(number: int, page: int) -> int:
    """How many pages so many items fill; an empty list is a page as well."""
    return max(1, ceil(number / page))


def _of_mailbox(path: str) -> Any:
    """The inbox rules or the settings of a mailbox: nothing is set."""
    if "mailboxSettings" in path:
        return {"automaticRepliesSetting": {"status": "disabled"}}
    return {"value": []}


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _json(found: Any, status: int = 200) -> Reply:
    return Reply(status, {}, orjson.dumps(found))


def _list(rows: list[Any], link: str = "") -> Reply:
    return _json({"value": rows, **({"@odata.nextLink": link} if link else {})})


def _login(url: str) -> Reply:
    if "openid-configuration" in url:
        base = url.partition("/v2.0/")[0]
        return _json(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }
        )
    return _json({"access_token": "a" * 40, "expires_in": 86_400, "token_type": "Bearer"})
