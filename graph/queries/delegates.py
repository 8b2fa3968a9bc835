r"""Who else may open the mailbox, send from it, or read its folders.

Source: Exchange PowerShell, "Get-MailboxPermission", "Get-RecipientPermission", "Get-Mailbox" and
"Get-MailboxFolderPermission". The owner's own entry, inherited and denying entries, and what everybody has by
default are left out. Of the folders, the top, the inbox and the calendar are looked at, under the names that
"Get-MailboxFolderStatistics" gives for their types; where it tells none, under the English ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graph.effects import Asking, Item, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import apart, lacking, listed, needing, untold
from graph.parts.recipients import NEEDED, addresses_called, addresses_of
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.mailbox import Delegate, DelegateKind

ASKS = (Cmdlet("Get-MailboxPermission"),)
LICENSE = ""

TOP = "\\"
TYPES = ("Inbox", "Calendar")
"""The folders that are looked at beside the top one, as `FolderType` has them in every language."""
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
    kept = [Cmdlet("Get-MailboxFolderStatistics", {"Identity": name, "FolderScope": one}) for one in TYPES]
    first = yield from try_each([*whole, *kept])
    folders = {TOP: "", **_folders(first[len(whole) :])}
    rights = yield from try_each(
        [
            Cmdlet("Get-MailboxFolderPermission", {"Identity": f"{name}:{folder}"}, anchor=name)
            for folder in folders
        ]
    )
    answers = [*first[: len(whole)], *rights]
    errors = [answer for answer in answers if isinstance(answer, GraphError)]
    if len(errors) == len(answers):
        raise errors[0]
    kinds = (
        "full access",
        "the Send As permission",
        "the Send on Behalf permission",
        *(f"permissions on {folder}" for folder in folders),
    )
    missing = tuple(
        lacking(kind, answer)
        for kind, answer in zip(kinds, answers, strict=True)
        if isinstance(answer, GraphError)
    )
    for rows, holder in (
        (answers[0], "User"),
        (answers[1], "Trustee"),
        *((one, "User") for one in rights),
    ):
        missing += () if isinstance(rows, GraphError) else untold(rows, holder, "AccessRights")
    full, send_as, behalf, *on_folders = [
        [] if isinstance(answer, GraphError) else answer for answer in answers
    ]
    ids, shown = _ids_of(behalf), _shown_names(on_folders)
    people = yield from addresses_of(ids)
    called = yield from addresses_called(shown)
    if unknown := sum(name not in people for name in ids):
        missing += (needing(f"the names of {unknown} who may send on behalf", NEEDED),)
    found = [
        *_full_access(full),
        *_send_as(send_as),
        *_send_on_behalf(behalf, people),
        *(
            found
            for (folder, type_), rows in zip(folders.items(), on_folders, strict=True)
            for found in _folder(folder, type_, rows, called)
        ),
    ]
    # Nobody is taken for the owner by a display name, not even one that is the owner's address.
    return Known(
        tuple(one for one in found if one.by_name or not question.subject.is_meant_by(one.who)),
        missing=missing,
    )


def _folders(answers: Sequence[list[Item] | GraphError]) -> Mapping[str, str]:
    """The path of each of `TYPES` in the language of the mailbox, with its type."""
    found = {}
    for type_, rows in zip(TYPES, answers, strict=True):
        own = [] if isinstance(rows, GraphError) else [row for row in rows if row.get("FolderType") == type_]
        found[TOP + str(next((row.get("Name") for row in own if row.get("Name")), type_))] = type_
    return found


def _full_access(rows: Iterable[Item]) -> Iterator[Delegate]:
    for row in rows:
        who = _who(row.get("User"))
        if row.get("Deny") is not True and row.get("IsInherited") is not True and who not in _SELF:
            yield Delegate(kind=DelegateKind.FULL_ACCESS, who=who, rights=apart(row.get("AccessRights")))


def _send_as(rows: Iterable[Item]) -> Iterator[Delegate]:
    for row in rows:
        who = _who(row.get("Trustee"))
        allowed = row.get("AccessControlType", "Allow") == "Allow" and row.get("IsInherited") is not True
        if allowed and who not in _SELF:
            yield Delegate(kind=DelegateKind.SEND_AS, who=who, rights=apart(row.get("AccessRights")))


def _ids_of(rows: Iterable[Item]) -> tuple[str, ...]:
    names = (_who(who) for row in rows for who in listed(row.get("GrantSendOnBehalfTo")))
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))


def _send_on_behalf(rows: Iterable[Item], people: Mapping[str, str]) -> Iterator[Delegate]:
    """Exchange holds directory ids here; the right is told, and found again, by both id and address."""
    for row in rows:
        for who in listed(row.get("GrantSendOnBehalfTo")):
            held = _who(who)
            yield Delegate(
                kind=DelegateKind.SEND_ON_BEHALF,
                who=people.get(held, held),
                held_as=held,
                rights=("SendOnBehalf",),
            )


def _holders(rows: Iterable[Item]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Each holder of rights on a folder with whether an address is known, and the rights.

    What everybody has stands first. Whoever has such a name as well is a person.
    """
    everybody: set[str] = set()
    for row in rows:
        who, rights = _who(row.get("User")), apart(row.get("AccessRights"))
        name = who.casefold()
        stands = name in _EVERYBODY and name not in everybody
        everybody |= {name} if stands else set()
        yield who, stands or _address_in(row.get("User")) == who, rights


def _shown_names(answers: Iterable[list[Item]]) -> tuple[str, ...]:
    """The display names in rights on folders: Exchange shows nothing else there, and two may share one.

    One that looks like an address is a display name too, and anybody's.
    """
    return tuple(
        dict.fromkeys(who for rows in answers for who, known, _ in _holders(rows) if who and not known)
    )


def _folder(folder: str, type_: str, rows: Iterable[Item], called: Mapping[str, str]) -> Iterator[Delegate]:
    holders = list(_holders(rows))
    shown = Counter(who.casefold() for who, _, _ in holders)
    for who, known, rights in holders:
        everybody = known and who.casefold() in _EVERYBODY
        if set(rights) <= {"None"} or (everybody and set(rights) <= _HARMLESS):
            continue
        address = who if known else called.get(who, "")
        # A change finds its entry again by what Exchange shows, so two of one name cannot be told apart.
        alone = everybody or shown[who.casefold()] == 1
        yield Delegate(
            kind=DelegateKind.FOLDER,
            who=address or (f"someone named {who}" if who.casefold() in _EVERYBODY else who),
            held_as=who if address != who and address else "",
            by_name=not (address and alone),
            rights=rights,
            folder=folder,
            folder_type=type_,
        )


def _who(value: object) -> str:
    """Exchange gives a name, or an object around one."""
    if isinstance(value, dict):
        return _address_in(value) or str(value.get("DisplayName") or value.get("RawIdentity") or "")
    return str(value or "")


def _address_in(value: object) -> str:
    """The address of a holder, where Exchange gives one; a display name may only look like one."""
    inner = value.get("ADRecipient") if isinstance(value, dict) else None
    return str((inner.get("PrimarySmtpAddress") if isinstance(inner, dict) else None) or "")
