"""Policies that protect the tenant's mail, data and sign-ins, removed or weakened by this account.

Source: Exchange and Security & Compliance PowerShell, the Remove-, Disable- and Set- cmdlets of each policy;
Microsoft Entra, "Conditional Access audit activities"; detections D09, D69, D71 and D72 of the public rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commands.clues.actions import AUDITS, concerns, given, graded, off, on, once
from commands.clues.records import by_way_of, changing, found, one_line, verb_of, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.audit_log.ids import id_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Protection policy removed or weakened"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

BY_INTRUDER = weighed("policy_by_intruder")
REMOVED = weighed("policy_removed")
WEAKENED = weighed("policy_weakened")
ACCESS = weighed("access_policy_changed")
CONSENT = weighed("consent_policy_changed")
WORK = weighed("policy_changed_at_work")
SIGNS: Final = (BY_INTRUDER, REMOVED, WEAKENED, ACCESS, CONSENT, WORK)

_KINDS: Final = (
    r"antiphish|safelinks|safeattachment|malware|hostedcontent|hostedoutbound|hostedconnection|dlp|"
    r"atp|eopprotection|dkim|retentioncompliance|protectionalert|quarantine|teamsprotection|reportsubmission"
)
_TAKEN_DOWN: Final = re.compile(rf"(?:remove|disable)-\w*(?:{_KINDS})\w*", re.IGNORECASE)
_SET: Final = re.compile(rf"(?:set|new)-\w*(?:{_KINDS})\w*", re.IGNORECASE)
_PROTECTING_SWITCHES: Final = frozenset(
    [
        "enabled",
        "enable",
        "enableatpforspoteamsodb",
        "enablesafelinksforemail",
        "enablesafelinksforteams",
        "enablesafelinksforoffice",
        "scanurls",
        "delivermessageafterscan",
        "enablemailboxintelligence",
        "enablespoofintelligence",
        "enabletargeteduserprotection",
        "enableorganizationdomainsprotection",
        "enablefilefilter",
        "zapenabled",
        "spamzapenabled",
        "phishzapenabled",
        "trackclicks",
    ]
)
_ALLOWING: Final = (
    "allowedsenders",
    "allowedsenderdomains",
    "ipallowlist",
    "excludeddomains",
    "excludedsenders",
    "donotrewriteurls",
    "whitelistedurls",
)
_ACCESS: Final = re.compile(
    r"(?:update|delete) conditional access policy|delete policy|"
    r"disable security defaults|set company information|(?:add|update|delete) named location|"
    r".*\bcross-tenant (?:access|identity sync)\b.*|authentication methods policy (?:update|reset)",
    re.IGNORECASE,
)

_CONSENT: Final = re.compile(
    r"update authorization policy|update (?:admin )?consent (?:request )?policy|"
    r"update permission grant policy",
    re.IGNORECASE,
)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield every protection that this account took down or weakened in the window."""
    yield from once(_all(evidence, usual))


def _all(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in changing(evidence):
        if not concerns(record, evidence.subject):
            continue
        plain = _sign(record)
        if plain is None:
            continue
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain, familiar=WORK)
        name = one_line(given(record).get("identity", "") or record.object_id)
        # The only policy of its kind has an id and no name; then the operation says which it is.
        policy = f"The policy “{name}”" if name and not id_of(name) else "A policy"
        verb = verb_of(record.operation)
        says = sentence(f"{policy} was {verb}", by_way_of(record.operation), whence(record, usual))
        act = f"{record.operation.casefold()}:{'' if id_of(name) else name}"
        yield found("protection_policies", sign, says, record, act=act)


def _sign(record: AuditRecord) -> Sign | None:
    operation = record.operation
    parameters = given(record)
    if _TAKEN_DOWN.fullmatch(operation):
        return REMOVED
    if _SET.fullmatch(operation):
        switched_off = any(off(parameters.get(name, "")) for name in _PROTECTING_SWITCHES)
        opened = any(parameters.get(name, "") for name in _ALLOWING)
        silenced = on(parameters.get("disabled", "")) or parameters.get("mode", "").casefold() in {
            "disable",
            "testwithoutnotifications",
        }
        forwards = parameters.get("autoforwardingmode", "").casefold() == "on"
        return WEAKENED if switched_off or opened or silenced or forwards else None
    if _CONSENT.fullmatch(operation):
        return CONSENT
    return ACCESS if _ACCESS.fullmatch(operation) else None
