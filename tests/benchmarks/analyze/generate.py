"""Make a unified audit log as large as wanted, with the mix of an ordinary tenant and a few takeovers in it.

Seeded: the same number of records gives the same bytes. A record is about 1.5 KB, as in real exports. The mix
follows what mailbox auditing, file auditing and sign-in auditing write for an office of a few hundred people.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

START = datetime(2026, 8, 1, tzinfo=UTC)
DAYS = 30
PEOPLE = 250
DOMAIN = "contoso.example"
TENANT = "11111111-2222-4333-8444-555555555555"

MIX = (
    ("file", 36),
    ("mail_read", 24),
    ("sign_in", 16),
    ("mail_item", 14),
    ("chat", 6),
    ("service", 3),
    ("admin", 1),
)
"""Kinds of records and how many of a hundred they are."""

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139 Safari/537",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Edg/139.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1",
)


WORKLOADS = {6: "SharePoint", 8: "AzureActiveDirectory", 15: "AzureActiveDirectory", 25: "MicrosoftTeams"}


@dataclass(frozen=True)
class Person:
    """One employee with the places and programs that are their own."""

    name: str
    id: str
    mailbox: str
    addresses: tuple[str, ...]
    agents: tuple[str, ...]


def generate(path: Path, records: int, *, seed: int = 7, taken_over: int = 5, accounts: int = PEOPLE) -> None:
    """Write that many records as JSON lines.

    Args:
        path: The file to write.
        records: How many records.
        seed: The same seed gives the same file.
        taken_over: How many accounts are taken over in it.
        accounts: How many there are in all.
    """
    with path.open("w", encoding="utf-8") as stream:
        write = stream.write
        for record in log(records, seed=seed, taken_over=taken_over, accounts=accounts):
            write(json.dumps(record, separators=(",", ":")))
            write("\n")


def log(records: int, *, seed: int, taken_over: int, accounts: int = PEOPLE) -> Iterator[dict[str, Any]]:
    """Yield the records, oldest first."""
    luck = random.Random(seed)
    people = [_person(luck, number) for number in range(accounts)]
    attacks = sorted(
        (one for person in people[:taken_over] for one in _takeover(luck, person, people)),
        key=lambda one: str(one["CreationTime"]),
    )
    kinds = [name for name, share in MIX for _ in range(share)]
    makers: dict[str, Callable[[random.Random, Person, str], dict[str, Any]]] = {
        "file": _file,
        "mail_read": _mail_read,
        "sign_in": _sign_in,
        "mail_item": _mail_item,
        "chat": _chat,
        "service": _service,
        "admin": _admin,
    }
    ordinary = max(0, records - len(attacks))
    step = timedelta(days=DAYS) / max(1, ordinary)
    at = START
    for _ in range(ordinary):
        at += step
        when = at.strftime("%Y-%m-%dT%H:%M:%S")
        while attacks and str(attacks[0]["CreationTime"]) <= when:
            yield attacks.pop(0)
        often = luck.random() < 0.2
        person = people[int(luck.paretovariate(0.6)) % accounts] if often else luck.choice(people)
        yield makers[luck.choice(kinds)](luck, person, when)
    yield from attacks


def _guid(luck: random.Random) -> str:
    text = f"{luck.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _person(luck: random.Random, number: int) -> Person:
    return Person(
        name=f"person{number:03}@{DOMAIN}",
        id=_guid(luck),
        mailbox=_guid(luck),
        addresses=(
            f"192.0.2.{luck.randrange(1, 30)}",
            f"198.51.100.{number % 250 + 1}",
            f"2001:db8:{number:x}::{luck.randrange(1, 9)}",
        ),
        agents=tuple(luck.sample(AGENTS, 2)),
    )


def _common(luck: random.Random, when: str, operation: str, record_type: int, user: str) -> dict[str, Any]:
    return {
        "AppAccessContext": {
            "AADSessionId": _guid(luck),
            "ClientAppId": "d3590ed6-52b3-4102-aeff-aad2292ab01c",
            "IssuedAtTime": when,
            "UniqueTokenId": f"{luck.getrandbits(96):024x}",
        },
        "CreationTime": when,
        "Id": _guid(luck),
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": record_type,
        "UserKey": f"1003{crc32(user.encode()):012X}",
        "UserType": 0,
        "Version": 1,
        "Workload": WORKLOADS.get(record_type, "Exchange"),
        "UserId": user,
    }


def _where(luck: random.Random, person: Person) -> str:
    return person.addresses[0 if luck.random() < 0.7 else luck.randrange(len(person.addresses))]


def _file(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    operation = luck.choice(
        (
            "FileAccessed",
            "FileAccessed",
            "FileModified",
            "FilePreviewed",
            "FileDownloaded",
            "FileSyncDownloadedFull",
        )
    )
    name = f"Report {luck.randrange(5000)}.docx"
    site = f"https://contoso.example/sites/department{luck.randrange(40)}/"
    return _common(luck, when, operation, 6, person.name) | {
        "ResultStatus": "",
        "ClientIP": _where(luck, person),
        "ObjectId": f"{site}Shared Documents/General/Projects/2026/{name}",
        "AuthenticationType": "OAuth",
        "BrowserName": "Chrome",
        "BrowserVersion": "139.0.0",
        "CorrelationId": _guid(luck),
        "EventSource": "SharePoint",
        "GeoLocation": "EUR",
        "IsManagedDevice": True,
        "ItemType": "File",
        "ListId": _guid(luck),
        "Platform": "WinDesktop",
        "Site": _guid(luck),
        "UserAgent": person.agents[0],
        "WebId": _guid(luck),
        "ApplicationDisplayName": "Microsoft Office",
        "ListBaseType": 1,
        "ListServerTemplate": 101,
        "SourceFileExtension": "docx",
        "SiteUrl": site,
        "SourceRelativeUrl": "Shared Documents/General/Projects/2026",
        "SourceFileName": name,
        "HighPriorityMediaProcessing": False,
    }


def _mailbox(luck: random.Random, person: Person, address: str, client: str) -> dict[str, Any]:
    return {
        "ResultStatus": "Succeeded",
        "ClientIPAddress": address,
        "ClientInfoString": client,
        "ClientProcessName": "OUTLOOK.EXE",
        "ClientVersion": "16.0.17928.20114",
        "ExternalAccess": False,
        "InternalLogonType": 0,
        "LogonType": 0,
        "LogonUserSid": "S-1-5-21-1004336348-1177238915-682003330-" + person.id[:4],
        "MailboxGuid": person.mailbox,
        "MailboxOwnerUPN": person.name,
        "OrganizationName": DOMAIN,
        "OriginatingServer": "AM0PR01MB0001 (15.20.9000.012)\r\n",
        "SessionId": _guid(luck),
    }


def _item(luck: random.Random, folder: str) -> dict[str, Any]:
    return {
        "Id": "RgAAAAB" + f"{luck.getrandbits(240):060X}" + "AAAJ",
        "ImmutableId": "LgAAAAD" + f"{luck.getrandbits(160):040X}" + "AAAJ",
        "InternetMessageId": f"<{luck.getrandbits(80):020X}@AM0PR01MB0001.eurprd01.prod.outlook.com>",
        "SizeInBytes": luck.randrange(4_000, 90_000),
        "Subject": f"Re: Meeting {luck.randrange(9000)} about the plan for the next quarter",
        "ParentFolder": {
            "Id": "LgAAAAC" + f"{luck.getrandbits(200):050X}",
            "Name": folder,
            "Path": f"\\{folder}",
        },
    }


def _mail_read(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    address = _where(luck, person)
    items = [_item(luck, "Inbox") for _ in range(1)]
    client = luck.choice(("Client=MSExchangeRPC", "Client=OWA;Action=ViaProxy", "Client=REST;;"))
    return (
        _common(luck, when, "MailItemsAccessed", 50, person.name)
        | _mailbox(luck, person, address, client)
        | {
            "OperationProperties": [
                {"Name": "MailAccessType", "Value": "Bind"},
                {"Name": "IsThrottled", "Value": "False"},
            ],
            "OperationCount": len(items),
            "Folders": [
                {"Id": "LgAAAAC" + f"{luck.getrandbits(200):050X}", "Path": "\\Inbox", "FolderItems": items}
            ],
        }
    )


def _mail_item(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    operation, record_type = luck.choice(
        (("Create", 2), ("Send", 2), ("MoveToDeletedItems", 3), ("SoftDelete", 3), ("Update", 2), ("Move", 3))
    )
    raw = _common(luck, when, operation, record_type, person.name) | _mailbox(
        luck, person, _where(luck, person), "Client=MSExchangeRPC"
    )
    if record_type == 2:
        return raw | {"Item": _item(luck, "Sent Items" if operation == "Send" else "Drafts")}
    path = {"Path": "\\Inbox", "Id": "LgAAAAC" + f"{luck.getrandbits(200):050X}"}
    return raw | {"AffectedItems": [_item(luck, "Inbox")], "CrossMailboxOperation": False, "Folder": path}


def _sign_in(
    luck: random.Random, person: Person, when: str, *, address: str = "", agent: str = "", error: str = ""
) -> dict[str, Any]:
    address = address or _where(luck, person)
    agent = agent or person.agents[0 if luck.random() < 0.8 else 1]
    if not error:
        error = "50126" if luck.random() < 0.03 else "0"
    operation = "UserLoggedIn" if error == "0" else "UserLoginFailed"
    app = "00000002-0000-0ff1-ce00-000000000000"
    raw = _common(luck, when, operation, 15, person.name) | {
        "ResultStatus": "Success",
        "UserKey": person.id,
        "ClientIP": address,
        "ObjectId": app,
        "AzureActiveDirectoryEventType": 1,
        "ExtendedProperties": [
            {"Name": "ResultStatusDetail", "Value": "Success" if error == "0" else "UserError"},
            {"Name": "UserAgent", "Value": agent},
            {"Name": "UserAuthenticationMethod", "Value": "1"},
            {"Name": "RequestType", "Value": "OAuth2:Token"},
        ],
        "ModifiedProperties": [],
        "Actor": [{"ID": person.id, "Type": 0}, {"ID": person.name, "Type": 5}],
        "ActorContextId": TENANT,
        "ActorIpAddress": address,
        "IntraSystemId": _guid(luck),
        "SupportTicketId": "",
        "Target": [{"ID": app, "Type": 0}],
        "TargetContextId": TENANT,
        "ApplicationId": "d3590ed6-52b3-4102-aeff-aad2292ab01c",
        "DeviceProperties": [
            {"Name": "OS", "Value": "Windows10"},
            {"Name": "BrowserType", "Value": "Chrome"},
            {"Name": "IsCompliantAndManaged", "Value": "False"},
            {"Name": "SessionId", "Value": _guid(luck)},
        ],
        "ErrorNumber": error,
    }
    return raw if error == "0" else raw | {"LogonError": "InvalidUserNameOrPassword"}


def _chat(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    raw = _common(
        luck,
        when,
        luck.choice(("MessageSent", "MessageRead", "ReactedToMessage")),
        25,
        person.name,
    )
    return raw | {
        "ClientIP": _where(luck, person),
        "ChatThreadId": f"19:{_guid(luck)}@unq.gbl.spaces",
        "CommunicationType": "GroupChat",
        "ExtraProperties": [
            {"Key": "UserAgent", "Value": person.agents[0]},
            {"Key": "Country", "Value": "de"},
        ],
        "MessageId": str(luck.getrandbits(40)),
        "MessageVersion": str(luck.getrandbits(40)),
        "ParticipantInfo": {
            "HasForeignTenantUsers": False,
            "HasGuestUsers": False,
            "ParticipatingTenantIds": [TENANT],
        },
        "Members": [
            {"DisplayName": f"Person {n}", "Role": 0, "UPN": f"person{n:03}@{DOMAIN}"} for n in range(6)
        ],
        "ItemName": f"19:{_guid(luck)}@unq.gbl.spaces",
    }


def _cmdlet(
    luck: random.Random,
    when: str,
    operation: str,
    *,
    user: str,
    parameters: dict[str, str],
    address: str,
    target: str,
) -> dict[str, Any]:
    raw = _common(luck, when, operation, 1, user)
    del raw["AppAccessContext"]
    return raw | {
        "UserType": 2,
        "ResultStatus": "True",
        "ClientIP": f"{address}:{luck.randrange(1024, 65000)}" if ":" not in address else f"[{address}]:4711",
        "ObjectId": target,
        "AppId": "00000002-0000-0ff1-ce00-000000000000",
        "ClientAppId": "",
        "ExternalAccess": False,
        "OrganizationName": DOMAIN,
        "OriginatingServer": "AM0PR01MB0001 (15.20.9000.012)",
        "Parameters": [{"Name": name, "Value": value} for name, value in parameters.items()],
        "SessionId": _guid(luck),
    }


def _service(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    raw = _cmdlet(
        luck,
        when,
        "Set-Mailbox",
        user="NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)",
        parameters={"Identity": person.mailbox, "Force": "True", "IssueWarningQuota": "98 GB"},
        address="",
        target=person.mailbox,
    )
    return raw | {"UserType": 3, "ClientIP": ""}


def _admin(luck: random.Random, person: Person, when: str) -> dict[str, Any]:
    if luck.random() < 0.5:
        name = f"Newsletter {luck.randrange(99)}"
        parameters = {
            "Name": name,
            "From": f"news{luck.randrange(9)}@fabrikam.example",
            "MoveToFolder": "Newsletters",
        }
        return _cmdlet(
            luck,
            when,
            "New-InboxRule",
            user=person.name,
            parameters=parameters,
            address=person.addresses[0],
            target=f"AM/{DOMAIN}/{person.mailbox}\\{name}",
        )
    raw = _common(luck, when, "Update user.", 8, f"person000@{DOMAIN}")
    return raw | {
        "ResultStatus": "Success",
        "ObjectId": person.name,
        "ExtendedProperties": [{"Name": "additionalDetails", "Value": "{}"}],
        "ModifiedProperties": [
            {"Name": "Department", "OldValue": '["Sales"]', "NewValue": '["Marketing"]'},
            {"Name": "Included Updated Properties", "OldValue": "", "NewValue": "Department"},
        ],
        "Target": [{"ID": person.name, "Type": 5}, {"ID": "User", "Type": 2}],
    }


def _takeover(luck: random.Random, person: Person, people: list[Person]) -> Iterator[dict[str, Any]]:
    """Tell one takeover: guessing, the way in, a hiding rule, forwarding, mail sent, traces deleted."""
    at = START + timedelta(days=luck.randrange(12, 25), hours=luck.randrange(1, 5))
    address = f"203.0.113.{luck.randrange(1, 250)}"

    def when(minutes: float) -> str:
        return (at + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")

    for number, victim in enumerate(luck.sample(people, 12)):
        yield _sign_in(luck, victim, when(number / 4), address=address, agent="BAV2ROPC", error="50126")
    yield _sign_in(luck, person, when(5), address=address, agent="axios/1.7.9", error="0")
    rule = {
        "Name": "..",
        "SubjectOrBodyContainsWords": "invoice;payment",
        "MoveToFolder": "RSS Subscriptions",
        "MarkAsRead": "True",
        "StopProcessingRules": "True",
    }
    target = f"AM/{DOMAIN}/{person.mailbox}\\.."
    yield _cmdlet(
        luck, when(9), "New-InboxRule", user=person.name, parameters=rule, address=address, target=target
    )
    forward = {
        "Identity": person.name,
        "ForwardingSmtpAddress": "smtp:drop@fabrikam.example",
        "DeliverToMailboxAndForward": "True",
    }
    target = person.mailbox
    yield _cmdlet(
        luck, when(11), "Set-Mailbox", user=person.name, parameters=forward, address=address, target=target
    )
    for number in range(40):
        for operation, kind in (("Send", 2), ("HardDelete", 3)):
            raw = _common(luck, when(20 + number), operation, kind, person.name) | _mailbox(
                luck, person, address, "Client=OWA;Action=ViaProxy"
            )
            yield raw | (
                {"Item": _item(luck, "Sent Items")}
                if kind == 2
                else {"AffectedItems": [_item(luck, "Sent Items")], "Folder": {"Path": "\\Sent Items"}}
            )


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
