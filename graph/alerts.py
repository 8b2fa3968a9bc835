"""Alerts that Microsoft raised in a tenant: Defender's, and what Entra ID Protection detected and concluded.

Each source is asked for what is new since a moment, and gives one value for each account that an alert names.
Microsoft files alerts late and out of order, so whoever asks begins a little earlier than it read until, and
knows an alert by its key. Sources: Microsoft Graph v1.0, "List alerts_v2", "List riskDetection", "List
riskyUsers".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from graph.connection import Connection
from graph.effects import Item
from graph.errors import TooMuch, UnreadableRecord
from graph.limits import Deadline
from graph.needs import to_send
from graph.parts.reading import graph_time
from graph.request import Limit, Request
from graph.times import time_of

SECONDS: Final = 120.0
"""Seconds in which a source must answer; risk sources are asked once a second, for all who ask together."""

MOST_ACCOUNTS: Final = 10
"""How many accounts of one alert are told apart; a campaign's alert may name hundreds of mailboxes."""

_USER: Final = "#microsoft.graph.security.userEvidence"
_MAILBOX: Final = "#microsoft.graph.security.mailboxEvidence"
_AT_RISK: Final = frozenset({"atrisk", "confirmedcompromised"})


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """What one alert says of one account.

    Attributes:
        key: The same for the same alert and account at every reading.
        source: Which source has it: a key of `SOURCES`, or ``webhook``.
        title: What Microsoft, or whoever sent it, calls it.
        severity: ``high``, ``medium``, ``low``, ``informational`` or ``unknown``.
        at: When it was raised (aware UTC).
        account: The account as the alert names it: a user principal name, an address or an object id; ""
            where it names none.
        link: The alert's page in Microsoft's portal, "" for none.
        more: How many further accounts it names that are not told apart.
    """

    key: str
    source: str
    title: str
    severity: str
    at: datetime
    account: str = ""
    link: str = ""
    more: int = 0


_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """One place where alerts come from.

    Attributes:
        says: Its name for people.
        ask: Makes the request for what came since a moment.
        read: Reads one item.
        late: How far before what was read last each reading begins, for alerts are filed late and out of
            order; what came before is known by its key.
    """

    says: str
    ask: Callable[[datetime], Request]
    read: Callable[[Item], Iterator[RaisedAlert]]
    late: timedelta = timedelta(hours=1)  # others allow for a quarter of an hour

    @property
    def needs(self) -> str:
        """The application permission that reads it, from the contract."""
        return " and ".join(to_send(self.ask(_EVER)))


def raised(source: str, connection: Connection, since: datetime) -> tuple[tuple[RaisedAlert, ...], int]:
    """Ask a source for what is new since a moment; give it oldest first, and how many could not be read.

    Raises:
        GraphError: the source did not answer.
    """
    one = SOURCES[source]
    try:
        items = connection.fetch(one.ask(since), Deadline(SECONDS))
    except TooMuch as error:
        # A storm: what was read of it is more than anyone can look at, and the cursor must go on.
        items = list(error.items)
    found, unread = _read(one, items)
    return tuple(sorted(found, key=lambda alert: (alert.at, alert.key))), unread


def _read(source: Source, items: Iterable[Item]) -> tuple[list[RaisedAlert], int]:
    found: list[RaisedAlert] = []
    unread = 0
    for item in items:
        try:
            found += source.read(item)
        except (KeyError, TypeError, AttributeError, UnreadableRecord):
            # One that has another form than the contract's must not keep the others waiting.
            unread += 1
    return found, unread


def _defender(item: Item) -> Iterator[RaisedAlert]:
    accounts = list(dict.fromkeys(filter(None, map(_account_of, item.get("evidence") or ()))))
    for account in accounts[:MOST_ACCOUNTS] or [""]:
        yield RaisedAlert(
            key=f"defender:{item['id']}:{account}",
            source="defender",
            title=str(item.get("title") or item.get("category") or "Alert"),
            severity=str(item.get("severity") or "unknown"),
            at=_time(item["createdDateTime"]),
            account=account,
            link=str(item.get("alertWebUrl") or ""),
            more=max(0, len(accounts) - MOST_ACCOUNTS),
        )


def _account_of(evidence: Mapping[str, Any]) -> str:
    """The account that a piece of evidence is, "" for anything else."""
    kind, user = evidence.get("@odata.type"), evidence.get("userAccount") or {}
    if kind == _USER:
        found = user.get("userPrincipalName") or user.get("azureAdUserId")
    elif kind == _MAILBOX:
        found = evidence.get("primaryAddress") or evidence.get("upn") or user.get("userPrincipalName")
    else:
        found = None
    return str(found or "").casefold()


def _detection(item: Item) -> Iterator[RaisedAlert]:
    kind = str(item.get("riskEventType") or "generic")
    yield RaisedAlert(
        key=f"risk_detections:{item['id']}",
        source="risk_detections",
        title=f"Risk detection: {_spoken(kind)}",
        severity=_level(item),
        at=_time(item["detectedDateTime"]),
        account=_who(item, str(item.get("userId") or "")),
    )


def _risky_user(item: Item) -> Iterator[RaisedAlert]:
    if str(item.get("riskState") or "").casefold() not in _AT_RISK or item.get("isDeleted"):
        return
    state = "confirmed compromised" if str(item["riskState"]).casefold() != "atrisk" else "at risk"
    yield RaisedAlert(
        key=f"risky_users:{item['id']}:{item['riskLastUpdatedDateTime']}",
        source="risky_users",
        title=f"Risky user: {state}",
        severity=_level(item),
        at=_time(item["riskLastUpdatedDateTime"]),
        account=_who(item, str(item["id"])),
    )


def _who(item: Item, otherwise: str) -> str:
    return str(item.get("userPrincipalName") or otherwise).casefold()


def _level(item: Item) -> str:
    level = str(item.get("riskLevel") or "unknown").casefold()
    return level if level in ("high", "medium", "low") else "unknown"


def _time(value: Any) -> datetime:
    return time_of(str(value))


def _spoken(name: str) -> str:
    """An identifier of Microsoft's as words: ``unfamiliarFeatures`` becomes ``unfamiliar features``."""
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).strip()


def _ask_defender(since: datetime) -> Request:
    query = {"$filter": f"createdDateTime ge {graph_time(since)}"}
    return Request("GET", "/security/alerts_v2", query)


def _ask_detections(since: datetime) -> Request:
    query = {
        "$filter": f"detectedDateTime ge {graph_time(since)}",
        "$orderby": "detectedDateTime desc",
        "$top": "500",
    }
    return Request("GET", "/identityProtection/riskDetections", query, limit=Limit.RISK)


def _ask_risky_users(since: datetime) -> Request:
    query = {"$filter": f"riskLastUpdatedDateTime ge {graph_time(since)}", "$top": "500"}
    return Request("GET", "/identityProtection/riskyUsers", query, limit=Limit.RISK)


SOURCES: Final[Mapping[str, Source]] = {
    "defender": Source("Microsoft Defender", _ask_defender, _defender),
    # What is found offline is filed up to 48 hours late, and counts as new all the same.
    "risk_detections": Source("Entra ID Protection", _ask_detections, _detection, late=timedelta(days=2)),
    "risky_users": Source("Entra ID Protection", _ask_risky_users, _risky_user),
}
"""The sources that can be polled, by the name that the settings have for them."""
