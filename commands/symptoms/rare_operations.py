"""High-risk operations that this account does not do as a habit.

Only operations that no other symptom tells of. Source: Exchange PowerShell, the cmdlet named in each row;
Microsoft Purview, "Audit log activities" (site permissions and administration); detection D75 of the public
rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from commands.clues.actions import AUDITS, graded, once
from commands.clues.records import by_service, by_subject, by_way_of, changing, found, one_line, whence
from commands.report import Finding, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.evidence import Evidence

TITLE = "Rare high-risk operations"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

BY_INTRUDER = weighed("rare_operation_by_intruder")
RARE = weighed("rare_operation")
WORK = weighed("rare_operation_at_own_place")
SIGNS: Final = (BY_INTRUDER, RARE, WORK)

OPERATIONS: Final = {
    "new-inboundconnector": "An inbound connector lets another server send as the organization",
    "set-inboundconnector": "An inbound connector lets another server send as the organization",
    "new-remotedomain": "A remote domain may allow automatic forwarding",
    "set-remotedomain": "A remote domain may allow automatic forwarding",
    "new-migrationbatch": "A migration copies whole mailboxes",
    "new-moverequest": "A move request takes a mailbox to another database or tenant",
    "new-mailboxrestorerequest": "A restore copies a mailbox's content into another one",
    "new-mailboximportrequest": "An import writes messages into a mailbox",
    "new-managementscope": "A management scope says whose mailboxes a role reaches",
    "new-app": "An add-in for Outlook reads the messages that it is opened on",
    "set-app": "An add-in for Outlook reads the messages that it is opened on",
    "new-sharingpolicy": "A sharing policy opens calendars and contacts to other organizations",
    "set-sharingpolicy": "A sharing policy opens calendars and contacts to other organizations",
    "new-organizationrelationship": "An organization relationship opens mailboxes to another one",
    "set-organizationrelationship": "An organization relationship opens mailboxes to another one",
    "new-authenticationpolicy": "An authentication policy may allow basic authentication",
    "set-authenticationpolicy": "An authentication policy may allow basic authentication",
    "new-applicationaccesspolicy": "An access policy says which mailboxes an application reads",
    "remove-applicationaccesspolicy": "An access policy says which mailboxes an application reads",
    "set-transportconfig": "The transport settings hold for all mail of the organization",
    "set-owamailboxpolicy": "An Outlook on the web policy allows features for many mailboxes",
    "sharingpolicychanged": "The sharing policy of SharePoint says who may share with whom",
    "sitecollectionadminadded": "A site collection administrator reads every file of the site",
}
"""What is seldom done and what it means, by operation in lower case."""


HABIT_DAYS: Final = 3
HABIT_SPAN: Final = timedelta(days=7)
"""Who does a thing on so many days over so long a time does it as a habit."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield each high-risk operation of this account that is no habit of its own."""
    own = [
        record
        for record in changing(evidence)
        if record.operation.casefold() in OPERATIONS
        and by_subject(record, evidence.subject)
        and not by_service(record)
    ]
    days: dict[str, set[date]] = defaultdict(set)
    for record in own:
        days[record.operation.casefold()].add(record.at.date())
    findings = []
    for record in own:
        operation = record.operation.casefold()
        meaning, done_on = OPERATIONS[operation], days[operation]
        if len(done_on) >= HABIT_DAYS and max(done_on) - min(done_on) >= HABIT_SPAN:
            continue
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=RARE, familiar=WORK)
        name = one_line(record.object_id)
        how = f" ({record.operation}, {name})" if name else by_way_of(record.operation)
        says = sentence(meaning, how, whence(record, usual))
        findings.append(found("rare_operations", sign, says, record, act=f"{operation}:{name}"))
    yield from once(findings)
