"""Rules as the mailbox lists them: by Graph, by Exchange with the hidden ones, and sweep rules."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from commands.clues.records import addresses_in
from commands.clues.rules.rule import Rule, is_in_every_mail, name_key, place_of, tidy
from commands.usual.folders import Hiding, by_id
from graph.evidence import Evidence
from graph.resources.mail import MailFolder, Recipient
from graph.resources.rules import HiddenInboxRule, InboxRule, RuleActions, SweepRule


def _from_graph(rule: InboxRule, folders: Mapping[str, MailFolder]) -> Rule:
    actions, conditions = rule.actions, dict(rule.conditions or {})
    target = actions.move_to_folder or actions.copy_to_folder
    hiding, folder = place_of(target, folders)
    return Rule(
        name=rule.display_name,
        kind="inbox rule",
        ids=(rule.id,),
        enabled=rule.is_enabled,
        destinations=_people(actions.forward_to, actions.forward_as_attachment_to, actions.redirect_to),
        hiding=hiding,
        folder=folder,
        deletes=actions.delete or actions.permanent_delete or hiding is Hiding.DELETED,
        marks_read=actions.mark_as_read,
        moves=bool(target),
        words=_graph_words(conditions),
        narrow=any(conditions.get(name) for name in ("fromAddresses", "sentToAddresses", "senderContains")),
        matches_everything=_matches_everything(conditions),
    )


def _people(*groups: Iterable[Recipient]) -> tuple[str, ...]:
    found = (person.email_address.address.strip().casefold() for group in groups for person in group)
    return tuple(dict.fromkeys(address for address in found if address))


def _is_address(text: str) -> bool:
    return "@" in text


_WORD_CONDITIONS: Final = (
    "bodyContains", "bodyOrSubjectContains", "subjectContains", "senderContains", "recipientContains",
    "headerContains",
)  # fmt: skip


def _graph_words(conditions: Mapping[str, Any]) -> tuple[str, ...]:
    words = [str(word) for name in _WORD_CONDITIONS for word in conditions.get(name) or ()]
    words += [
        str((person.get("emailAddress") or {}).get("address") or "")
        for person in conditions.get("fromAddresses") or ()
        if isinstance(person, Mapping)
    ]
    if conditions.get("isNonDeliveryReport"):
        words.append("undeliverable")
    return tidy(words)


def _matches_everything(conditions: Mapping[str, Any]) -> bool:
    """No condition; a word that every mail holds; or a size from below one kilobyte on."""
    real = {name: value for name, value in conditions.items() if value not in (None, False, [], (), {}, "")}
    if not real:
        return True
    if len(real) > 1:
        return False
    (name, value), *_ = real.items()
    if name in _WORD_CONDITIONS:
        return any(is_in_every_mail(str(word), name) for word in value)
    if name == "withinSizeRange" and isinstance(value, Mapping):
        return int(value.get("minimumSize") or 0) < 1
    return False


def paired(
    evidence: Evidence,
) -> tuple[list[tuple[InboxRule, HiddenInboxRule | None]], Sequence[HiddenInboxRule]]:
    """Each rule of Graph's with the same one in Exchange's list, and Exchange's rules that are left.

    The lists share no id. Two rules are the same when they have one name and nothing that they do differs;
    of several such, the one that is most alike. What Graph lists without saying what it does may be any of
    its name. A rule that Exchange calls hidden is never one that Graph shows.
    """
    folders = by_id(evidence.mail_folders.seen(()))
    listed = evidence.hidden_inbox_rules.seen(())
    # Whoever attacks may give hundreds of rules one name, so those that do the same are compared as one.
    left: dict[str, dict[_Deeds, deque[int]]] = defaultdict(lambda: defaultdict(deque))
    for place, one in enumerate(listed):
        if not one.is_hidden:
            left[name_key(one.name)][_deeds_in_exchange(one)].append(place)
    taken: set[int] = set()
    pairs: list[tuple[InboxRule, HiddenInboxRule | None]] = []
    # Those that say what they do choose first.
    for rule in sorted(evidence.inbox_rules.seen(()), key=_is_bare):
        named = left.get(name_key(rule.display_name), {})
        deeds = _most_alike(_deeds_in_graph(rule, folders), named, bare=_is_bare(rule))
        twin = None
        if deeds is not None:
            place = named[deeds].popleft()
            if not named[deeds]:
                del named[deeds]
            taken.add(place)
            twin = listed[place]
        pairs.append((rule, twin))
    return pairs, [one for place, one in enumerate(listed) if place not in taken]


@dataclass(frozen=True, slots=True)
class _Deeds:
    """What a rule does, as far as both lists tell; Exchange gives no address for its own recipients.

    Attributes:
        sends: Whether it sends mail on.
        targets: To which addresses.
        unnamed: How many recipients it names without an address.
        deletes: Whether it deletes mail.
        moves: Whether it moves or copies mail.
        folder: The name of the folder, None where it is not known.
        words: What a message has to say.
        senders: Whether it asks who sent a message.
        reads: Whether it marks mail as read.
        enabled: Whether it is switched on.
    """

    sends: bool
    targets: frozenset[str]
    unnamed: int
    deletes: bool
    moves: bool
    folder: str | None
    words: frozenset[str]
    senders: bool
    reads: bool
    enabled: bool


def _deeds_in_graph(rule: InboxRule, folders: Mapping[str, MailFolder]) -> _Deeds:
    actions, conditions = rule.actions, dict(rule.conditions or {})
    targets = _people(actions.forward_to, actions.forward_as_attachment_to, actions.redirect_to)
    moves = actions.move_to_folder or actions.copy_to_folder
    folder = folders.get(moves)
    return _Deeds(
        sends=bool(targets),
        targets=frozenset(filter(_is_address, targets)),
        unnamed=sum(not _is_address(one) for one in targets),
        deletes=bool(actions.delete or actions.permanent_delete),
        moves=bool(moves),
        folder=folder.display_name.casefold() if folder is not None else None,
        words=frozenset(tidy(str(word) for name in _EXCHANGES_WORDS for word in conditions.get(name) or ())),
        senders=bool(conditions.get("fromAddresses")),
        reads=bool(actions.mark_as_read),
        enabled=bool(rule.is_enabled),
    )


def _deeds_in_exchange(rule: HiddenInboxRule) -> _Deeds:
    targets = (*rule.forward_to, *rule.forward_as_attachment_to, *rule.redirect_to)
    moves = rule.move_to_folder or rule.copy_to_folder
    words = (*rule.subject_contains_words, *rule.body_contains_words, *rule.subject_or_body_contains_words)
    return _Deeds(
        sends=bool(targets),
        targets=frozenset(addresses_in(";".join(targets))),
        unnamed=0,
        deletes=bool(rule.delete_message or rule.soft_delete_message),
        moves=bool(moves),
        folder=moves.rpartition("\\")[2].rpartition(":")[2].casefold(),
        words=frozenset(tidy(words)),
        senders=bool(rule.from_),
        reads=bool(rule.mark_as_read),
        enabled=bool(rule.enabled),
    )


def _most_alike(rule: _Deeds, others: Mapping[_Deeds, Sequence[int]], *, bare: bool) -> _Deeds | None:
    """Give what those do that are most alike, of those that do nothing else; the first of several."""
    fitting = (other for other in others if bare or not _differ(rule, other))
    return min(fitting, key=lambda other: (_unlike(rule, other), others[other][0]), default=None)


def _is_bare(rule: InboxRule) -> bool:
    """Whether Graph lists a rule without what it does, as it may with one that it cannot change."""
    return rule.actions == RuleActions() and not rule.conditions


def _differ(rule: _Deeds, other: _Deeds) -> bool:
    """Whether a rule of Graph's and one of Exchange's do different things.

    Exchange gives no address for recipients of the organization, so only what it names must be in Graph's, or
    be one that Graph names without an address.
    """
    return (
        rule.sends is not other.sends
        or rule.deletes is not other.deletes
        or rule.moves is not other.moves
        or len(other.targets - rule.targets) > rule.unnamed
    )


def _unlike(rule: _Deeds, other: _Deeds) -> int:
    """In how many things two rules of one name differ that the lists may write differently.

    That alone makes no rule hidden, so it only chooses among several.
    """
    return (
        (rule.folder is not None and rule.folder != other.folder)
        + (rule.words != other.words)
        + (rule.senders is not other.senders)
        + (rule.reads is not other.reads)
        + (rule.enabled is not other.enabled)
    )


def visible(rule: InboxRule, twin: HiddenInboxRule | None, folders: Mapping[str, MailFolder]) -> Rule:
    """A rule that Graph lists; what Graph does not say of it, Exchange's copy does.

    A recipient of the organization may have its legacy name in Graph's list, and behind it may be a contact.
    Source: Microsoft Graph v1.0, "List messages", the sender of a response; Exchange, "Get-InboxRule".
    """
    shown = _from_graph(rule, folders)
    if twin is None:
        return shown
    told = _from_exchange(twin, folders, hidden=False)
    if not _is_bare(rule):
        named = tuple(filter(_is_address, shown.destinations))
        others = told.destinations or shown.destinations
        return replace(shown, destinations=tuple(dict.fromkeys((*named, *others))))
    return replace(told, ids=(rule.id, *told.ids), enabled=rule.is_enabled)


def hidden_rules(
    evidence: Evidence, others: Iterable[HiddenInboxRule], folders: Mapping[str, MailFolder]
) -> Iterator[Rule]:
    """Rules that only Exchange lists. Where Graph's list is not whole, nothing follows from that."""
    whole = not getattr(evidence.inbox_rules, "missing", ("unavailable",))
    for rule in others:
        hidden = rule.is_hidden if rule.is_hidden is not None else whole
        yield _from_exchange(rule, folders, hidden=bool(hidden))


def _from_exchange(rule: HiddenInboxRule, folders: Mapping[str, MailFolder], *, hidden: bool) -> Rule:
    target = rule.move_to_folder or rule.copy_to_folder
    hiding, folder = place_of(target, folders)
    words = (*rule.subject_contains_words, *rule.body_contains_words, *rule.subject_or_body_contains_words)
    described = bool(words or rule.from_)
    return Rule(
        name=rule.name,
        kind="hidden inbox rule" if hidden else "inbox rule",
        ids=(str(rule.rule_identity or rule.identity),),
        enabled=rule.enabled,
        destinations=addresses_in(
            ";".join((*rule.forward_to, *rule.forward_as_attachment_to, *rule.redirect_to))
        ),
        hiding=hiding,
        folder=folder,
        deletes=bool(rule.delete_message or rule.soft_delete_message) or hiding is Hiding.DELETED,
        marks_read=bool(rule.mark_as_read),
        moves=bool(target),
        words=tidy((*words, *rule.from_)),
        narrow=bool(rule.from_),
        # Exchange lists more conditions than are read here; its description names them all after "If".
        matches_everything=not described
        and bool(rule.description)
        and "if the message" not in rule.description.casefold(),
        hidden=hidden,
    )


def from_sweep(rule: SweepRule, folders: Mapping[str, MailFolder]) -> Rule:
    """Read a sweep rule."""
    hiding, folder = place_of(rule.destination_folder, folders)
    return Rule(
        name=rule.name,
        kind="sweep rule",
        ids=(rule.rule_id or rule.identity or rule.name,),
        enabled=rule.enabled,
        hiding=hiding,
        folder=folder,
        deletes=hiding is Hiding.DELETED,
        moves=bool(rule.destination_folder),
        words=tidy([rule.sender]),
        narrow=bool(rule.sender),
    )


_EXCHANGES_WORDS: Final = ("subjectContains", "bodyContains", "bodyOrSubjectContains")
"""The conditions of Graph's whose words are read from Exchange's list as well."""
