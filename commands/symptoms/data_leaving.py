"""Ways by which mail and data leave the organization: exports, journal rules, connectors, flows and sharing.

Source: Microsoft Purview, "Search for eDiscovery activities in the audit log" (operations and the cmdlets
that they stand for), "Use sharing auditing in the audit log" (TargetUserOrGroupType), "Audit log activities"
(sharing, Power Automate); Exchange PowerShell, New-JournalRule, New-OutboundConnector,
New-MailboxExportRequest and Set-MailboxCalendarFolder (PublishEnabled, DetailLevel); detections D26, D27 and
D75 of the public rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from commands.clues.actions import AUDITS, at_own_place, given, graded, off, on, once
from commands.clues.records import (
    address_of,
    by_service,
    by_subject,
    by_way_of,
    changing,
    found,
    listed,
    named,
    one_line,
    verb_of,
    whence,
)
from commands.report import Finding, Sign, weighed
from commands.sentence import Sentence, ending, sentence, thing
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Mail or data exported or shared externally"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

BY_INTRUDER = weighed("data_leaving_by_intruder")
SHARED_BY_INTRUDER = weighed("shared_by_intruder")
EXPORT = weighed("mail_exported")
EXPORT_ALL = weighed("everybodys_mail_exported")
JOURNAL = weighed("journal_rule_changed")
CONNECTOR = weighed("mail_connector_changed")
SEARCH = weighed("content_search_made")
FLOW = weighed("flow_made")
LINK = weighed("anonymous_link_made")
WORK = weighed("data_leaving_at_own_place")
CALENDAR_BY_INTRUDER = weighed("calendar_published_by_intruder")
CALENDAR = weighed("calendar_published")
GUEST = weighed("shared_with_guest")
GUESTS = weighed("shared_with_many_guests")
SIGNS: Final = (
    BY_INTRUDER,
    SHARED_BY_INTRUDER,
    EXPORT,
    EXPORT_ALL,
    JOURNAL,
    CONNECTOR,
    SEARCH,
    FLOW,
    LINK,
    CALENDAR_BY_INTRUDER,
    CALENDAR,
    WORK,
    GUEST,
    GUESTS,
)

MANY_GUESTS: Final = 20
"""Guests invited on one day, away from where the user works, from which on it looks like a lure for all of
them. Source: Microsoft Security Blog, "File hosting services misused for identity phishing" (8 October 2024):
one file is shared with many, and Microsoft itself sends the notices.
"""

_SETTINGS: Final = {
    "new-mailboxexportrequest": EXPORT,
    "searchexported": EXPORT,
    "searchexportdownloaded": EXPORT,
    "new-journalrule": JOURNAL,
    "set-journalrule": JOURNAL,
    "new-outboundconnector": CONNECTOR,
    "set-outboundconnector": CONNECTOR,
    "searchcreated": SEARCH,
    "searchstarted": SEARCH,
    "searchpreviewed": SEARCH,
    "new-compliancesearch": SEARCH,
    "start-compliancesearch": SEARCH,
    "createflow": FLOW,
    "editflow": FLOW,
    "set-mailboxcalendarfolder": CALENDAR,
}
"""What opens a way out, one record each, by operation in lower case."""

_SAYS: Final = {
    EXPORT: ("An export was requested or downloaded: ", ""),
    EXPORT_ALL: ("An export of every mailbox was requested or downloaded: ", ""),
    JOURNAL: ("The journal rule ", " was {verb}"),
    CONNECTOR: ("The outbound connector ", " was {verb}"),
    SEARCH: ("A content search was created or run: ", ""),
    FLOW: ("The flow ", " was {verb}"),
    CALENDAR: ("The calendar ", " was published, so that anyone with the link can read {what}"),
}
"""What stands before and behind the name of what was opened."""
_CALENDAR_SHOWS: Final = {"limiteddetails": "subjects and places", "fulldetails": "all details"}
"""What a published calendar shows, by DetailLevel in lower case; what else there is shows no text."""

_LINKS: Final = frozenset({"anonymouslinkcreated", "anonymouslinkupdated"})
_INVITATIONS: Final = frozenset({"addedtosecurelink", "sharinginvitationcreated", "sharingset"})


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what this account opened in the window; sharing is counted by place and day."""
    yield from once(_settings(evidence, usual))
    groups: dict[tuple[Sign, str], list[AuditRecord]] = defaultdict(list)
    for record in _own(evidence):
        if sign := _shared(record, usual):
            groups[sign, f"{address_of(record) or record.session_id} {record.at:%Y-%m-%d}"].append(record)
    for (sign, _), records in groups.items():
        many = sign is GUEST and len(_guests(records)) >= MANY_GUESTS
        away = many and not at_own_place(records[0], usual)
        yield found(
            "data_leaving",
            GUESTS if away else sign,
            sentence(_counted(records), whence(records[0], usual)),
            records[0],
            records=[record.id for record in records],
        )


def _own(evidence: Evidence) -> Iterator[AuditRecord]:
    for record in changing(evidence):
        if by_subject(record, evidence.subject) and not by_service(record):
            yield record


def _settings(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in _own(evidence):
        plain = _plain(record)
        if plain is None:
            continue
        if plain is EXPORT and _of_all(record):
            plain = EXPORT_ALL
        parameters = given(record)
        name = one_line(parameters.get("name", "") or record.object_id or "not named")
        suspect = BY_INTRUDER
        if plain is CALENDAR:
            name = one_line(parameters.get("identity", "")) or name
            suspect = CALENDAR_BY_INTRUDER
        what = _CALENDAR_SHOWS.get(parameters.get("detaillevel", "").casefold(), "what it shows")
        sign = graded(record, usual, suspect=suspect, plain=plain, familiar=WORK)
        before, after = _SAYS[plain]
        done = after.format(verb=verb_of(record.operation), what=what)
        how = by_way_of(record.operation)
        says = sentence(before, thing(name), done, how, whence(record, usual))
        act = f"{plain.id}:{record.operation.casefold()}"
        yield found("data_leaving", sign, says, record, after=name, act=act)


def _plain(record: AuditRecord) -> Sign | None:
    operation = record.operation.casefold()
    parameters = given(record)
    if operation == "new-compliancesearchaction":
        return EXPORT if not off(parameters.get("export", "false")) else None
    if operation.startswith("set-") and off(parameters.get("enabled", "")):
        return None  # it was closed
    if operation == "set-mailboxcalendarfolder" and not _publishes(parameters):
        return None
    return _SETTINGS.get(operation)


def _publishes(parameters: Mapping[str, str]) -> bool:
    """Say whether a calendar is published with more than when somebody is busy."""
    level = parameters.get("detaillevel", "").casefold()
    return on(parameters.get("publishenabled", "")) and level != "availabilityonly"


def is_export(record: AuditRecord) -> bool:
    """Say whether a record is of an export of mail, which takes whole mailboxes."""
    return _plain(record) is EXPORT


def is_link(record: AuditRecord) -> bool:
    """Say whether a record is of a link with which anyone can open a file or folder."""
    return record.operation.casefold() in _LINKS


def is_search(record: AuditRecord) -> bool:
    """Say whether a record is of a search or an export of mail, which may reach every mailbox."""
    return _plain(record) in {EXPORT, SEARCH}


def _of_all(record: AuditRecord) -> bool:
    """Say whether every mailbox is meant, as cmdlets and the compliance center write it."""
    named = {
        name.casefold(): value
        for values in (record.parameters, record.details)
        for name, value in values.items()
    }
    places = (named.get(name, "") for name in ("exchangelocation", "exchangelocations"))
    return any(place.strip(' "').casefold() == "all" for place in places)


def _shared(record: AuditRecord, usual: Usual) -> Sign | None:
    operation = record.operation.casefold()
    if is_link(record):
        return graded(record, usual, suspect=SHARED_BY_INTRUDER, plain=LINK, familiar=WORK)
    to_guest = record.details.get("TargetUserOrGroupType", "").casefold() == "guest"
    if operation in _INVITATIONS and to_guest:
        return graded(record, usual, suspect=SHARED_BY_INTRUDER, plain=GUEST)
    return None


def _counted(records: Sequence[AuditRecord]) -> Sentence:
    """Count what was shared, and say for whom: whoever has a link, or which guests."""
    links = [record for record in records if is_link(record)]
    invitations = [record for record in records if not is_link(record)]
    if not (links and invitations):
        what, many = _things(records)
        number = f"{many} files or folders were" if many > 1 else "1 file or folder was"
        how = (
            _for_whom(invitations) or f"so that anyone with the link can open {'them' if many > 1 else 'it'}"
        )
        return sentence(f"{number} shared {how}", ending(f" ({what})"))
    by_link, with_guests = _things(links)[0], _things(invitations)[0]
    return sentence(
        f"{_things(records)[1]} files or folders were shared: so that anyone with the link can open them",
        ending(f" ({by_link})"),
        f", and {_for_whom(invitations)}",
        ending(f" ({with_guests})"),
    )


def _things(records: Sequence[AuditRecord]) -> tuple[str, int]:
    things = list(dict.fromkeys(one_line(file_of(record)) for record in records))
    return listed(things, 3), len(things)


def _for_whom(invitations: Sequence[AuditRecord]) -> str:
    """Name the guests that records name; "" where nobody was invited."""
    if not invitations:
        return ""
    names = _guests(invitations)
    if not names:
        return "with guests"
    return f"with the guest{'s' if len(names) > 1 else ''} {listed(names, 3)}"


def _guests(records: Iterable[AuditRecord]) -> list[str]:
    """Name the guests that records of sharing name, each once."""
    names = (record.details.get("TargetUserOrGroupName", "") for record in records)
    return list(dict.fromkeys(named(one) for one in names if one))


def file_of(record: AuditRecord) -> str:
    """Name the file or folder that a record of sharing is about; may hold text from the tenant."""
    return record.details.get("SourceFileName", "") or record.object_id or record.id
