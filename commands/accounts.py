"""Who is who: one account for everything that a log calls the same person, mailbox or service. Pure.

The names that records show beside one id belong to one account, also when the account was renamed between
them. Two different object ids are never one account, whatever else they share. A name without domain (an
Exchange alias, the end of an identity path, a display name) belongs to the one account that has it, and to
nobody where several do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from graph.audit_log.ids import id_of
from graph.audit_log.names import MAILBOX, NAMES, SHOWN, Names
from graph.audit_log.pieces import GUID, mailbox_name
from graph.audit_log.record import ActorType, AuditRecord
from graph.evidence import Evidence
from graph.question import AccountKind, Subject


@dataclass(frozen=True, slots=True)
class Account:
    """One account, under all the names that evidence gives it.

    Attributes:
        name: What it is called: its latest address, else the name without domain, else an id.
        id: Its directory object id, "" where nothing tells.
        names: Every name and id, lower-cased.
    """

    name: str
    id: str = ""
    names: frozenset[str] = frozenset()

    def subject(self, kind: AccountKind = AccountKind.UNKNOWN) -> Subject:
        """Give it as the subject of an investigation."""
        addresses = sorted(name for name in self.names if "@" in name and name != self.name)
        others = sorted(name for name in self.names if "@" not in name and name != self.id)
        return Subject(
            id=self.id or self.name,
            user_principal_name=self.name,
            mail=self.name,
            addresses=(self.name, *addresses),
            names=tuple(others),
            kind=kind,
        )


@dataclass(frozen=True, slots=True)
class Directory:
    """All accounts of a log.

    Attributes:
        accounts: Every account that has more than one name, by what it is called.
        called: What the account is called that a name or id, lower-cased, belongs to.
    """

    accounts: Mapping[str, Account]
    called: Mapping[str, str]

    def name_of(self, name: str) -> str:
        """Say what the account is called that a name or an id means; the name itself where nothing tells."""
        plain = name.casefold()
        return self.called.get(plain) or self.called.get(id_of(name)) or name

    def account_of(self, name: str) -> Account:
        """Give the account that a name or an id means."""
        called = self.name_of(name)
        return self.accounts.get(called) or Account(called, "", frozenset({called.casefold()}))


class _Groups:
    """Names and ids that are one account; joins nothing that would make two object ids one."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._object: dict[str, str] = {}

    def root(self, name: str) -> str:
        parent = self._parent
        if name not in parent:
            parent[name] = name
            if GUID.fullmatch(name):
                self._object[name] = name
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        first, second = self.root(one), self.root(other)
        if first == second:
            return
        mine, theirs = self._object.get(first), self._object.get(second)
        if mine and theirs:
            return
        self._parent[second] = first
        if theirs:
            self._object[first] = theirs

    def object_of(self, name: str) -> str:
        return self._object.get(self.root(name), "")

    def members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in list(self._parent):
            found[self.root(name)].append(name)
        return found


def directory_of(names: Names, seen: Iterable[str]) -> Directory:
    """Put together who is who.

    Args:
        names: What the records show.
        seen: Every name that acted or was acted on.
    """
    groups = _Groups()
    last: dict[str, str] = {}
    telling = [(id_, found) for id_, found in names.by_id.items() if len(found) < NAMES]
    # What an object id says comes first: it is the one id that no two accounts share.
    telling.sort(key=lambda one: (GUID.fullmatch(one[0]) is None, one[0]))
    for id_, found in telling:
        for name, at in sorted(found.items()):
            if not id_.startswith(SHOWN):
                groups.join(id_, name)
            last[name] = max(at, last.get(name, ""))
    bare = []
    for name in sorted(set(seen)):
        plain = name.casefold()
        groups.root(plain)
        if "@" not in plain and not id_of(plain):
            bare.append(plain)
    _place(bare, groups, names)
    accounts: dict[str, Account] = {}
    called: dict[str, str] = {}
    spelled = {name.casefold(): name for name in seen}
    for members in groups.members().values():
        if len(members) == 1:
            continue
        best = max(members, key=lambda one: ("@" in one, not id_of(one), last.get(one, ""), one))
        name = best if "@" in best else spelled.get(best, best)
        known = {one.removeprefix(MAILBOX) for one in members if not one.startswith(SHOWN)}
        accounts[name] = Account(name, groups.object_of(best), frozenset(known))
        called |= dict.fromkeys(known, name)
    return Directory(accounts, called)


def _place(bare: Iterable[str], groups: _Groups, names: Names) -> None:
    """Join each name without domain with the one account that has it."""
    owners: dict[str, set[str]] = defaultdict(set)
    for members in groups.members().values():
        for name in members:
            local, at, domain = name.partition("@")
            if at and (not names.domains or domain in names.domains):
                owners[local].add(groups.root(name))
    for id_, found in names.by_id.items():
        if id_.startswith(SHOWN):
            owners[id_.removeprefix(SHOWN)] |= {groups.root(name) for name in found}
    for name in bare:
        having = {groups.root(one) for one in owners.get(name, ())}
        if len(having) == 1:
            groups.join(having.pop(), name)


def fuller(evidence: Evidence) -> Subject:
    """Give the subject of a check with every name under which its records may speak of it, and its kind."""
    subject, names = evidence.subject, Names()
    records = evidence.records()
    for record in records:
        names.learn(record)
    for address in subject.addresses:
        names.note(subject.id.casefold(), address, "")
    seen = {one for record in records for one in (record.actor, record.owner) if one}
    known = directory_of(names, {*seen, subject.id}).account_of(subject.id).names
    mailbox = evidence.mailbox.seen(None)
    own = [record for record in records if subject.is_meant_by(record.actor)]
    others = [record for record in records if not subject.is_meant_by(record.actor)]
    kind = kind_of(subject, own, others, signed_in=bool(evidence.sign_ins.seen(())))
    if mailbox is not None:
        known |= {mailbox.exchange_guid.casefold(), mailbox_name(mailbox.identity).casefold()}
        if mailbox.recipient_type_details.casefold() in _SHARED_TYPES:
            kind = AccountKind.SHARED_MAILBOX
    further = {one for one in known if one and "@" not in one and one != subject.id.casefold()}
    addresses = {one for one in known if "@" in one} - {*subject.addresses, subject.user_principal_name}
    return replace(
        subject,
        addresses=(*subject.addresses, *sorted(addresses)),
        names=tuple(sorted(further)),
        kind=kind,
    )


_GROUP_MAILBOX: Final = re.compile(r"[^@]+\.\d{6,}\.[a-z]{8}@", re.IGNORECASE)
_SYNC: Final = re.compile(
    r"(?:sync_|on-premises directory sync|adtoaadsyncserviceaccount|dirsync)", re.IGNORECASE
)
_SHARED_TYPES: Final = frozenset(
    {"shared", "sharedmailbox", "room", "roommailbox", "equipment", "equipmentmailbox", "groupmailbox"}
)
_NOT_PEOPLE: Final = {
    ActorType.application: AccountKind.APPLICATION,
    ActorType.service_principal: AccountKind.APPLICATION,
    ActorType.system: AccountKind.SYSTEM,
    ActorType.guest: AccountKind.GUEST,
}


def kind_of(
    subject: Subject, own: Iterable[AuditRecord], others: Iterable[AuditRecord], *, signed_in: bool
) -> AccountKind:
    """Say what kind of account this is, by its names and by what it and others did.

    Args:
        subject: The account.
        own: What it did itself.
        others: What others did to it.
        signed_in: Whether the sign-in log shows it.
    """
    name = subject.user_principal_name
    if any("#ext#" in one or one.startswith("urn:spo:") for one in (name, *subject.addresses)):
        return AccountKind.GUEST
    if _SYNC.match(name):
        return AccountKind.SERVICE
    if _GROUP_MAILBOX.match(name) or any(_is_made_shared(record) for record in others):
        return AccountKind.SHARED_MAILBOX
    kinds = {record.actor_type for record in own}
    if len(kinds) == 1 and not signed_in and (kind := _NOT_PEOPLE.get(next(iter(kinds)))):
        return kind
    return AccountKind.PERSON if "@" in name and (kinds or signed_in) else AccountKind.UNKNOWN


def _is_made_shared(record: AuditRecord) -> bool:
    if record.operation not in {"New-Mailbox", "Set-Mailbox"}:
        return False
    given = {name.casefold(): value.casefold() for name, value in record.parameters.items()}
    switched = any(given.get(name) == "true" for name in ("shared", "room", "equipment"))
    return switched or given.get("type", "") in _SHARED_TYPES
