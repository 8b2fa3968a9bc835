"""Rights on the mailbox, or a folder of it, that were given to somebody else; and those that it was given.

Source: Exchange PowerShell, "Add-MailboxPermission", "Add-RecipientPermission",
"Add-MailboxFolderPermission" and "Set-Mailbox"; detections D11 to D13 of the public rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commands.clues.actions import AUDITS, actions, concerns, given, graded, on, to_subject, whom
from commands.clues.records import addresses_in, by_service, changing, found, named, one_line, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import HAS, WAS, Kind, Piece, Sentence, sentence, thing, which, whole
from commands.usual import Usual
from commands.usual.folders import Hiding, hiding_of_name
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.question import Subject
from graph.resources.mailbox import DelegateKind

TITLE = "Delegate access to the mailbox"
SOURCE = "additional indicator"
NEEDS: Final = ("delegates", ("audit_log_on_mailbox", "audit_log"))
HELPS: Final = AUDITS[2:]

BY_INTRUDER = weighed("delegate_by_intruder")
OUTSIDE = weighed("delegate_outside")
ADDED = weighed("delegate_added")
SENDS = weighed("send_rights_added")
TAKEN = weighed("access_to_others")
EVERYBODY = weighed("folder_for_everybody")
FOLDER = weighed("folder_shared")
WORK = weighed("access_to_others_at_work")
STANDING = weighed("delegate_standing")
RECEIVED = weighed("rights_received")
SIGNS: Final = (BY_INTRUDER, OUTSIDE, ADDED, SENDS, TAKEN, WORK, EVERYBODY, FOLDER, STANDING, RECEIVED)

_MAILBOX: Final = frozenset({"add-mailboxpermission", "set-mailboxpermission", "add-recipientpermission"})
_FOLDER: Final = frozenset(
    {
        "add-mailboxfolderpermission",
        "set-mailboxfolderpermission",
        "addfolderpermissions",
        "modifyfolderpermissions",
        "updatefolderpermissions",
        "updatecalendardelegation",
    }
)
_WIDE: Final = ("fullaccess", "changepermission", "changeowner", "sendas", "externalaccount")
_EVERYBODY: Final = frozenset({"default", "anonymous", "everyone"})
_MEANS: Final = {
    "default": "Everyone in the organization (Default)",
    "anonymous": "Anyone outside the organization (Anonymous)",
}
"""Names that stand for more than one person. Source: Exchange PowerShell, "Add-MailboxFolderPermission"."""

_HARMLESS: Final = frozenset({"", "none", "availabilityonly", "limiteddetails"})
"""What a calendar shows to everybody without anybody's doing."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield rights given in the window, by the subject or on the subject's mailbox, and those that stand."""
    told: set[str] = set()
    for record in actions(evidence, _MAILBOX | _FOLDER | {"set-mailbox"}):
        operation = record.operation.casefold()
        if operation in _MAILBOX:
            findings = list(_mailbox(record, evidence, usual))
        elif operation in _FOLDER:
            findings = list(_folder(record, usual))
        else:
            findings = list(_on_behalf(record, evidence, usual))
        told.update(finding.after for finding in findings if finding.after)
        yield from findings
    yield from _received(evidence, usual)
    known = Holders(told)
    for delegate in evidence.delegates.seen(()):
        who, rights = named(delegate.who), ", ".join(delegate.rights) or delegate.kind.value
        if known.may_have(who):
            continue
        everybody = who.casefold() in _EVERYBODY
        if everybody and {right.casefold() for right in delegate.rights} <= _HARMLESS:
            continue
        outside = usual.is_outside(delegate.who) and delegate.kind is not DelegateKind.FOLDER
        where = which(f" on {one_line(delegate.folder)}" if delegate.folder else "")
        says = sentence(thing(spelled(who)), HAS, " ", which(rights), where)
        yield Finding(
            symptom="delegates",
            sign=OUTSIDE if outside else STANDING,
            summary=whole(says),
            after=who,
            records=(f"{delegate.kind}:{delegate.who}:{delegate.folder}",),
            names=addresses_in(who),
            pieces=says,
        )


def may_be_same(one: str, other: str) -> bool:
    """Whether two names may mean one holder; two addresses do only when they are the same."""
    first, second = one_line(one).casefold(), one_line(other).casefold()
    if "@" in first and "@" in second:
        return first == second
    return bool(first) and first.partition("@")[0] == second.partition("@")[0]


def first_part(name: str) -> str:
    """Give what is before the @ of a name; two names that may mean one holder have the same."""
    return one_line(name).casefold().partition("@")[0]


class Holders:
    """Names of holders of rights, among which another one is looked up; there may be thousands.

    Args:
        names: The names.
    """

    def __init__(self, names: Iterable[str]) -> None:
        plain = {one_line(name).casefold() for name in names} - {""}
        self._whole = frozenset(plain)
        self._short = frozenset(name.partition("@")[0] for name in plain)
        self._bare = frozenset(name for name in plain if "@" not in name)

    def may_have(self, name: str) -> bool:
        """Whether one of them may be this holder: see `may_be_same`."""
        plain = one_line(name).casefold()
        if not plain:
            return False
        short, at, _ = plain.partition("@")
        return plain in self._whole or short in self._bare if at else short in self._short


def _received(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield rights on other mailboxes that others gave to the subject."""
    for record in changing(evidence):
        operation = record.operation.casefold()
        if operation not in _MAILBOX | {"set-mailbox"} or concerns(record, evidence.subject):
            continue
        parameters = given(record)
        name = (
            parameters.get("user") or parameters.get("trustee") or parameters.get("grantsendonbehalfto", "")
        )
        if not evidence.subject.is_meant_by(named(name)) or on(parameters.get("deny", "")):
            continue
        rights = "SendOnBehalf" if operation == "set-mailbox" else parameters.get("accessrights") or "access"
        where = which(whom(record, evidence.subject))
        says = sentence(thing(named(name)), WAS, " granted ", which(rights), " on ", where)
        yield found("delegates", RECEIVED, (*says, whence(record, usual)), record, after=named(name))


def _granted(record: AuditRecord, usual: Usual, plain: Sign, who: str, says: Sentence) -> Finding:
    """A right that a record shows, the intruder's where it came from a suspect address or session."""
    familiar = WORK if plain is TAKEN else None
    sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain, familiar=familiar)
    told = (*says, whence(record, usual))
    return found("delegates", sign, told, record, after=who, names=addresses_in(who))


def _on(record: AuditRecord, subject: Subject) -> Piece:
    """Name the mailbox on which a right was given."""
    return Piece(whom(record, subject), Kind.CHECKED if to_subject(record, subject) else Kind.WHICH)


def _mailbox(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    parameters = given(record)
    who = named(parameters.get("user") or parameters.get("trustee") or "somebody")
    rights = parameters.get("accessrights", "")
    if who.upper().endswith("\\SELF") or on(parameters.get("deny", "")):
        return
    if rights and not any(wide in rights.casefold().replace(" ", "") for wide in _WIDE):
        return
    sends = record.operation.casefold() == "add-recipientpermission"
    plain = (SENDS if sends else ADDED) if to_subject(record, evidence.subject) else TAKEN
    if usual.is_outside(who):
        plain = OUTSIDE
    if by_service(record) and not usual.is_suspect_record(record):
        plain = STANDING
    says = sentence(
        thing(who), WAS, " granted ", which(rights or "access"), " on ", _on(record, evidence.subject)
    )
    yield _granted(record, usual, plain, who, says)


def _on_behalf(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    who = named(given(record).get("grantsendonbehalfto", ""))
    if not who:
        return
    plain = SENDS if to_subject(record, evidence.subject) else TAKEN
    right = which("SendOnBehalf")
    says = sentence(thing(who), WAS, " granted ", right, " on ", _on(record, evidence.subject))
    yield _granted(record, usual, plain, who, says)


def _folder(record: AuditRecord, usual: Usual) -> Iterator[Finding]:
    parameters = given(record)
    details = record.details
    who = named(
        parameters.get("user") or details.get("MemberUpn") or details.get("TargetUserOrGroupName", "")
    )
    rights = parameters.get("accessrights") or details.get("MemberRights", "")
    if not who and record.operation.casefold() != "updatecalendardelegation":
        return
    if rights and _parts(rights) <= _HARMLESS:
        return
    path = parameters.get("identity", "").rpartition(":")[2] if "identity" in parameters else ""
    path = one_line(path if "\\" in path else next((item.folder for item in record.items), ""))
    where = f"the folder {path}" if path.strip("\\") else "a folder"
    plain = EVERYBODY if who.casefold() in _EVERYBODY else FOLDER
    if who.casefold() == "default" and _is_read_only(rights) and hiding_of_name(path) is Hiding.CALENDAR:
        plain = FOLDER
    given_rights = rights or "permissions"
    holder = thing(spelled(who)) if who else "Someone"
    says = sentence(holder, WAS, " granted ", which(given_rights), " on ", which(where))
    yield _granted(record, usual, plain, who, says)


def _parts(rights: str) -> set[str]:
    return {part.strip().casefold() for part in rights.replace(";", ",").split(",")}


def _is_read_only(rights: str) -> bool:
    """Say whether rights let their holder see and change nothing, as colleagues show their calendars."""
    return bool(rights) and _parts(rights) <= _HARMLESS | {"reviewer"}


def spelled(who: str) -> str:
    """Name a holder of rights; a name that stands for many says so."""
    return _MEANS.get(who.casefold(), who)
