"""What still lets somebody else in, or lets mail out, by what the sources of current settings show. Pure.

Each door is tied to a finding: what the user set up for themselves is none. Whether a door is open now, only
the present state tells: a record says that it was opened once. What no source reads back is the exception
(`commands.story.manual_doors`): it is open from its record until people closed it. Each door also names
the changes and manual tasks of the steps that close it, by the ids that the steps give them.

Longer than other files because it goes through every source of current settings, one function each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from commands.clues.consents import apps_of
from commands.clues.records import addresses_in, ended, listed, named, one_line
from commands.clues.rules import rules_of
from commands.clues.rules.listed import paired
from commands.clues.rules.rule import Rule, says
from commands.clues.sign_in_methods import described
from commands.report import Clause, Finding, spoken
from commands.story.clauses import Told, resting
from commands.story.manual_doors import by_people
from commands.symptoms.delegates import spelled
from commands.symptoms.inbox_rules import LONG
from commands.symptoms.mail_protocols import IMAP, POP, SMTP_AUTH
from commands.symptoms.transport_rules import key_of, names_in
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Unavailable
from graph.resources.directory import DirectoryRole

SOURCES: Final = (
    "user",
    "authentication_methods",
    "oauth_grants",
    "registered_devices",
    "mobile_devices",
    "delegates",
    "mail_protocols",
    "directory_roles",
    "mailbox",
    "hidden_inbox_rules",
)
"""The sources that show current settings; without one of them a door may be open that nobody names."""

FIRST: Final = 5
"""How many doors of one kind are named before those of other kinds."""

_NEAR: Final = timedelta(minutes=10)
"""How far the record of a change and the time that the present state gives for it may lie apart."""

_REVOKED: Final = (("revoke_sessions:sessions", "reset_password:revoke_again"),)
_PASSWORD_SET: Final = ("password", "identity_provider", "on_premises")
_RESET: Final = (tuple(f"reset_password:{where}" for where in _PASSWORD_SET),)
_METHODS: Final = ("strong_authentication", "credential_changes")
_PASSWORDS: Final = frozenset({"password_changed_from_suspect_address", "password_changed_from_new_address"})


class _Deeds:
    """What somebody else did, as far as findings tell.

    Whoever attacks decides how many of them there are, so each is looked up by what it names.

    Args:
        told: The findings.
    """

    def __init__(self, told: Iterable[Told]) -> None:
        self.told = tuple(told)
        self._of: dict[str, list[int]] = defaultdict(list)
        self._naming: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._about: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, one in enumerate(self.told):
            finding = one.finding
            self._of[finding.symptom].append(place)
            for name in {finding.after.casefold(), *(record.casefold() for record in finding.records)}:
                self._naming[finding.symptom, name].append(place)
            self._about[finding.symptom, _short(finding.after)].append(place)

    def of(self, *symptoms: str) -> tuple[Told, ...]:
        return self._told(place for symptom in symptoms for place in self._of.get(symptom, ()))

    def naming(self, *names: str, symptoms: Sequence[str]) -> tuple[Told, ...]:
        """The findings that rest on one of these ids, or have one of these names as what was set up."""
        wanted = {name.casefold() for name in names if name}
        return self._told(
            place
            for symptom in symptoms
            for name in wanted
            for place in self._naming.get((symptom, name), ())
        )

    def of_person(self, name: str, key: str, symptom: str) -> tuple[Told, ...]:
        """The findings that rest on this id, or that mean this person."""
        alike = self._about.get((symptom, _short(name)), ())
        return self._told(
            (
                *self._naming.get((symptom, key.casefold()), ()),
                *(place for place in alike if _is_same(self.told[place].finding.after, name)),
            )
        )

    def about(self, at: datetime | None, *symptoms: str) -> tuple[Told, ...]:
        """The findings of what happened at about this time."""
        return tuple(
            one for one in self.of(*symptoms) if at and one.finding.at and abs(one.finding.at - at) <= _NEAR
        )

    def _told(self, places: Iterable[int]) -> tuple[Told, ...]:
        return tuple(self.told[place] for place in sorted(set(places)))


def _short(name: str) -> str:
    return name.casefold().partition("@")[0]


def still_open(told: Iterable[Told], last: datetime | None, evidence: Evidence) -> Iterator[Clause]:
    """Name every door that is open now: what lets somebody in first, then what lets mail out.

    Args:
        told: The findings of somebody else's doing.
        last: When somebody else was last seen; None where nothing tells.
        evidence: Everything that was seen.
    """
    found = _Deeds(told)
    kinds = (
        _sessions(found, last, evidence),
        *(
            of_kind(found, evidence)
            for of_kind in (
                _methods,
                _apps,
                _devices,
                _delegates,
                _protocols,
                _roles,
                _forwarding,
                _rules,
                _by_people,
            )
        ),
    )
    # A few of each before many of one: a thousand devices do not hide where mail goes.
    rest: list[Clause] = []
    for doors in kinds:
        for count, door in enumerate(doors):
            if count < FIRST:
                yield door
            else:
                rest.append(door)
    yield from rest


def not_seen(evidence: Evidence) -> tuple[str, ...]:
    """Give the sources of current settings that were not seen at all, in words."""
    return tuple(spoken(name) for name in SOURCES if isinstance(getattr(evidence, name), Unavailable))


def _sessions(found: _Deeds, last: datetime | None, evidence: Evidence) -> Iterator[Clause]:
    user = evidence.user.seen(None)
    if user is None or last is None or user.account_enabled is False:
        return
    since = user.sign_in_sessions_valid_from_date_time
    if since is None or since <= last:
        says = f"sessions and refresh tokens (not revoked since {_time(since or last)})"
        yield Clause(says, at=since or last, records=(user.id,), closed_by=_REVOKED)
    changed = user.last_password_change_date_time
    if changed is None or changed > last:
        return
    theirs = [one for one in found.about(changed, "credential_changes") if one.finding.sign.id in _PASSWORDS]
    if theirs:
        yield _door(f"the password that they set on {_time(changed)}", theirs, _RESET, at=changed)
    else:
        says = f"the password (not changed since {_time(changed)})"
        yield Clause(says, at=changed, records=(user.id,), closed_by=_RESET)


def _door(
    says: str, told: Sequence[Told], closed_by: Iterable[Iterable[str]], at: datetime | None = None
) -> Clause:
    """Give a clause that names what closes the door; it was opened `at`, else at its earliest finding."""
    earliest = min((one.finding.at for one in told if one.finding.at), default=None)
    clause = resting(says, told, at=at or earliest)
    return replace(clause, closed_by=tuple(dict.fromkeys(tuple(group) for group in closed_by)))


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _methods(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    registered = evidence.authentication_methods.seen(None)
    for method in registered.methods if registered else ():
        if method.kind == "password":
            continue
        named = found.naming(
            method.id, method.display_name, described(method), method.phone_number, symptoms=_METHODS
        )
        told = named or tuple(
            one
            for one in found.about(method.created_date_time, *_METHODS)
            if one.finding.sign.id not in _PASSWORDS
        )
        if told:
            yield _door(described(method), told, [[f"remove_sign_in_methods:{method.id}"]])


def _apps(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    grants = evidence.oauth_grants.seen(())
    by_id, by_name = _by_application(found.of("oauth_apps"), evidence) if grants else ({}, {})
    for grant in grants:
        name = one_line(grant.app_display_name or grant.client_id)
        ids = (grant.id, grant.app_id, grant.client_id)
        theirs = _each_once(one for id_ in ids for one in by_id.get(id_.casefold(), ()))
        told = theirs or tuple(by_name.get(name.casefold(), ()))
        if told and grant.app_enabled is not False:
            yield _door(
                f"the application {name} ({listed(grant.scopes) or 'no permissions'})",
                told,
                [[f"revoke_oauth_grants:{grant.id}", f"disable_apps:{grant.client_id}"]],
            )


def _by_application(
    told: Iterable[Told], evidence: Evidence
) -> tuple[Mapping[str, Sequence[Told]], Mapping[str, Sequence[Told]]]:
    """Give findings by the ids of the application that they are about, and those without one by its name.

    Anybody can give an application the name of another one.
    """
    records = {record.id: record for record in evidence.records()}
    grants = {grant.id for grant in evidence.oauth_grants.seen(())}
    by_id: dict[str, list[Told]] = defaultdict(list)
    by_name: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        of_records = (apps_of(records[id_]) for id_ in one.finding.records if id_ in records)
        ids = {app for apps in of_records for app in apps}
        ids |= {id_.casefold() for id_ in one.finding.records if id_ in grants}
        for id_ in ids:
            by_id[id_].append(one)
        if not ids:
            by_name[one.finding.after.casefold()].append(one)
    return by_id, by_name


def _each_once(told: Iterable[Told]) -> tuple[Told, ...]:
    return tuple({one.number: one for one in told}.values())


def _devices(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    for device in evidence.registered_devices.seen(()):
        name = one_line(device.display_name or device.operating_system or device.device_id)
        told = found.naming(device.id, device.device_id, name, symptoms=("devices",))
        if told and device.account_enabled is not False:
            yield _door(f"the device {name}", told, [[f"disable_registered_devices:{device.id}"]])
    for phone in evidence.mobile_devices.seen(()):
        name = one_line(phone.friendly_name or phone.device_model or phone.device_type or phone.device_id)
        told = found.naming(phone.identity, phone.device_id, symptoms=("devices",))
        if told and phone.device_access_state.casefold() != "blocked":
            yield _door(f"the mobile device {name}", told, [[f"block_mobile_devices:{phone.device_id}"]])


def _delegates(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    rights: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
    resting_on: dict[str, list[Told]] = defaultdict(list)
    for delegate in evidence.delegates.seen(()):
        who = named(delegate.who)
        key = f"{delegate.kind}:{delegate.who}:{delegate.folder}"
        told = found.of_person(delegate.who, key, "delegates")
        if told:
            where = f" on {one_line(delegate.folder)}" if delegate.folder else ""
            right = f"{', '.join(delegate.rights) or delegate.kind.value}{where}"
            rights[who].setdefault((f"remove_delegates:{key}",), right)
            resting_on[who] += told
    for who, held in rights.items():
        parts = tuple(held.values())
        says = f"{spelled(who)} with {listed(list(dict.fromkeys(parts)))}"
        yield replace(_door(says, resting_on[who], held), parts=parts)


def _is_same(name: str, other: str) -> bool:
    """Say whether a record and the mailbox mean the same person: by address, or by what is before the @."""
    one, two = name.casefold(), other.casefold()
    short = "@" not in one or "@" not in two
    return bool(one) and (one == two or (short and one.partition("@")[0] == two.partition("@")[0]))


def _protocols(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    now = evidence.mail_protocols.seen(None)
    if now is None:
        return
    on = {
        POP: ("PopEnabled", now.pop_enabled),
        IMAP: ("ImapEnabled", now.imap_enabled),
        SMTP_AUTH: (
            "SmtpClientAuthenticationDisabled",
            now.smtp_client_authentication_disabled is False,
        ),
    }
    for one in found.of("mail_protocols"):
        names = [name for name in one.finding.names if name in on and on[name][1]]
        if names:
            yield _door(listed(names), (one,), [[f"disable_mail_protocols:{on[name][0]}"] for name in names])


def _roles(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    held: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for role in evidence.directory_roles.seen(()):
        held[role.name or role.role_definition_id].append(_taken_by(role))
    for step, groups in (
        ("remove_exchange_roles", evidence.exchange_role_groups),
        ("remove_purview_roles", evidence.purview_role_groups),
    ):
        for group in groups.seen(()):
            held[group.name].append((f"{step}:{group.name}",))
    told: dict[str, tuple[Told, ...]] = {}
    closed_by: list[tuple[str, ...]] = []
    for name, ways in held.items():
        if ones := found.naming(name, symptoms=("admin_roles",)):
            told[one_line(name)] = ones
            closed_by += ways
    if told:
        every = [one for ones in told.values() for one in ones]
        word = "role" if len(told) == 1 else "roles"
        yield _door(f"the {word} {listed(list(told))}", every, closed_by)


def _taken_by(role: DirectoryRole) -> tuple[str, ...]:
    """Give the ids of what takes a role away: its assignment, or the account's place in a group."""
    step = "remove_admin_roles"
    if role.through:
        return (f"{step}:group:{role.through}", f"{step}:place:{role.through}")
    return (f"{step}:{role.how}:{role.role_definition_id}:{role.directory_scope_id}",)


def _forwarding(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    mailbox = evidence.mailbox.seen(None)
    if mailbox is None:
        return
    targets = (
        mailbox.forwarding_contact_address or mailbox.forwarding_address,
        mailbox.forwarding_smtp_address,
    )
    for target in filter(None, targets):
        plain_target = next(iter(addresses_in(target.casefold().replace("smtp:", " "))), target)
        if ones := found.naming(target, plain_target, symptoms=("mail_forwarding",)):
            says = f"mail is forwarded to {one_line(plain_target)}"
            yield _door(says, ones, [["remove_forwarding:mailbox"]])


def _rules(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    ones = found.of("inbox_rules")
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(ones):
        for id_ in one.finding.records:
            places[id_].append(place)
    twins = _twins(evidence)
    for rule in rules_of(evidence):
        # What names the rule itself, if anything does: hundreds of one name share the record of their making.
        own = places.get(rule.ids[0]) if rule.ids else None
        told = [
            ones[place]
            for place in own or sorted({place for id_ in rule.ids for place in places.get(id_, ())})
        ]
        if told and rule.is_live and rule.enabled and rule.gone is None:
            yield _door(_rule(rule), told, [_off(rule, twins)])
    records = {record.id: record for record in evidence.records()}
    for flow in evidence.transport_rules.seen(()):
        name = one_line(flow.name)
        names = {key_of(one) for one in (flow.name, flow.guid)} - {""}
        told = [
            one
            for one in found.of("transport_rules")
            if not names.isdisjoint(_names_of(one.finding, records))
        ]
        if told and flow.state.casefold() != "disabled":
            closed_by = f"disable_transport_rules:{flow.guid or flow.name}"
            yield _door(f"the mail flow rule “{name}”", told, [[closed_by]])


def _names_of(finding: Finding, records: Mapping[str, AuditRecord]) -> set[str]:
    """Give the ids that a finding on a mail flow rule rests on, and what its records call the rule."""
    named_so = (name for id_ in finding.records if id_ in records for name in names_in(records[id_]))
    return {key_of(one) for one in (*finding.records, *named_so)}


def _twins(evidence: Evidence) -> dict[str, list[str]]:
    """Give the ids that Exchange has for the rules of each id."""
    pairs, others = paired(evidence)
    twins: dict[str, list[str]] = defaultdict(list)
    for one, twin in pairs:
        if twin:
            twins[one.id].append(twin.identity)
    for other in others:
        twins[str(other.rule_identity or other.identity)].append(other.identity)
    return twins


def _off(rule: Rule, twins: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Give the ids of what switches a rule off, under the id of each list that it is in."""
    for id_ in rule.ids:
        yield f"disable_inbox_rules:{id_}"
        yield f"disable_sweep_rules:{id_}"
    for id_ in rule.ids:
        for identity in twins.get(id_, ()):
            yield f"disable_inbox_rules:{identity}"


def _rule(rule: Rule) -> str:
    return f"the {rule.kind} {rule.spoken_name}, which {ended(says(rule), LONG)}"


def _by_people(found: _Deeds, evidence: Evidence) -> Iterator[Clause]:
    """Give what only people close, one door for each thing; a manual task closes it."""
    for what, told, task in by_people(found.told, evidence):
        yield _door(what, told, [[task]])
