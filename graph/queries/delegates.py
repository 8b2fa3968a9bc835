r"""Who else may open the mailbox, send from it, or read its folders.

Source: Exchange PowerShell, "Get-MailboxPermission", "Get-RecipientPermission", "Get-Mailbox" and
"Get-MailboxFolderPermission". The owner's own entry, inherited and denying entries, and what everybody has by
default are left out. Of the folders, the top, the inbox and the calendar are looked at; in a mailbox of
another language their names differ, and then the answer says that they were not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph.asking import Asking, Item, try_each
from graph.errors import GraphError
from graph.evidence import Delegate, DelegateKind, Known
from graph.parts.reading import lacking, untold
from graph.parts.recipients import addresses_of
from graph.question import Question, Subject
from graph.request import Cmdlet

PERMISSIONS = ("Exchange.ManageAsApp", "an Exchange role with Get-MailboxPermission")
LICENCE = ""

FOLDERS = ("\\", "\\Inbox", "\\Calendar")
_SELF = ("NT AUTHORITY\\SELF", "S-1-5-10")
_EVERYBODY = ("default", "anonymous")
_HARMLESS = frozenset({"None", "AvailabilityOnly", "LimitedDetails"})


def ask(question: Question) -> Asking[tuple[Delegate, ...]]:
    """Ask for all four kinds at the same time; what one of them does not tell is named as missing."""
    name = question.subject.user_principal_name
    whole = [
        Cmdlet("Get-MailboxPermission", {"Identity": name}, anchor=name),
        Cmdlet("Get-RecipientPermission", {"Identity": name}, anchor=name),
        Cmdlet("Get-Mailbox", {"Identity": name}, anchor=name, select=("GrantSendOnBehalfTo",)),
    ]
    folders = [
        Cmdlet("Get-MailboxFolderPermission", {"Identity": f"{name}:{folder}"}, anchor=name)
        for folder in FOLDERS
    ]
    answers = yield from try_each([*whole, *folders])
    errors = [answer for answer in answers if isinstance(answer, GraphError)]
    if len(errors) == len(answers):
        raise errors[0]
    kinds = (
        "full access",
        "the right to send as",
        "the right to send on behalf",
        *(f"rights on {f}" for f in FOLDERS),
    )
    missing = tuple(
        lacking(kind, answer)
        for kind, answer in zip(kinds, answers, strict=True)
        if isinstance(answer, GraphError)
    )
    for rows, holder in (
        (answers[0], "User"),
        (answers[1], "Trustee"),
        *((one, "User") for one in answers[3:]),
    ):
        missing += () if isinstance(rows, GraphError) else untold(rows, holder, "AccessRights")
    behalf_ids = () if isinstance(answers[2], GraphError) else _ids_of(answers[2])
    shown = _shown_names(answers[3:], question.subject)
    people = yield from addresses_of((*behalf_ids, *shown))
    if unknown := sum(name not in people for name in behalf_ids):
        missing += (
            f"the names of {unknown} who may send on behalf (needs an Exchange role with Get-Recipient)",
        )
    full, send_as, behalf, *rights = [[] if isinstance(answer, GraphError) else answer for answer in answers]
    found = [
        *_full_access(full),
        *_send_as(send_as),
        *_send_on_behalf(behalf, people),
        *(
            found
            for folder, rows in zip(FOLDERS, rights, strict=True)
            for found in _folder(folder, rows, people)
        ),
    ]
    return Known(tuple(one for one in found if not _is_owner(one, question.subject)), missing=missing)


def _full_access(rows: Iterable[Item]) -> Iterator[Delegate]:
    for row in rows:
        who = _who(row.get("User"))
        if row.get("Deny") is not True and row.get("IsInherited") is not True and who not in _SELF:
            yield Delegate(kind=DelegateKind.FULL_ACCESS, who=who, rights=_rights(row))


def _send_as(rows: Iterable[Item]) -> Iterator[Delegate]:
    for row in rows:
        who = _who(row.get("Trustee"))
        allowed = row.get("AccessControlType", "Allow") == "Allow" and row.get("IsInherited") is not True
        if allowed and who not in _SELF:
            yield Delegate(kind=DelegateKind.SEND_AS, who=who, rights=_rights(row))


def _ids_of(rows: Iterable[Item]) -> tuple[str, ...]:
    names = (_who(who) for row in rows for who in row.get("GrantSendOnBehalfTo") or ())
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))


def _send_on_behalf(rows: Iterable[Item], people: Mapping[str, str]) -> Iterator[Delegate]:
    """Exchange holds directory ids here; the right is told, and found again, by both id and address."""
    for row in rows:
        for who in row.get("GrantSendOnBehalfTo") or ():
            held = _who(who)
            yield Delegate(
                kind=DelegateKind.SEND_ON_BEHALF,
                who=people.get(held, held),
                held_as=held,
                rights=("SendOnBehalf",),
            )


def _shown_names(answers: Iterable[list[Item] | GraphError], subject: Subject) -> tuple[str, ...]:
    """The display names in rights on folders: Exchange shows nothing else there, and two may share one."""
    names = (_who(row.get("User")) for rows in answers if not isinstance(rows, GraphError) for row in rows)
    return tuple(
        dict.fromkeys(
            name
            for name in names
            if name and "@" not in name and name.casefold() not in _EVERYBODY and name != subject.display_name
        )
    )


def _folder(folder: str, rows: Iterable[Item], people: Mapping[str, str]) -> Iterator[Delegate]:
    for row in rows:
        who, rights = _who(row.get("User")), _rights(row)
        if set(rights) <= {"None"} or (who.casefold() in _EVERYBODY and set(rights) <= _HARMLESS):
            continue
        known = people.get(who, "")
        yield Delegate(
            kind=DelegateKind.FOLDER,
            who=known or who,
            held_as=who if known else "",
            rights=rights,
            folder=folder,
        )


def _is_owner(one: Delegate, subject: Subject) -> bool:
    return subject.is_meant_by(one.who) or (
        one.kind is DelegateKind.FOLDER and one.who == subject.display_name
    )


def _who(value: object) -> str:
    """Exchange gives a name, or an object around one."""
    if isinstance(value, dict):
        inner = value.get("ADRecipient")
        named = inner.get("PrimarySmtpAddress") if isinstance(inner, dict) else None
        return str(named or value.get("DisplayName") or value.get("RawIdentity") or "")
    return str(value or "")


def _rights(row: Item) -> tuple[str, ...]:
    """The rights, each by itself: one element may hold several with commas between.

    Source: CAPTURE mailbox delegation, ``["FullAccess, ReadPermission"]``.
    """
    value = row.get("AccessRights") or ()
    elements = (value,) if isinstance(value, str) else value
    return tuple(right.strip() for one in elements for right in str(one).split(",") if right.strip())
