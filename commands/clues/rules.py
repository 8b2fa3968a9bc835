"""One normal form for rules in a mailbox, wherever they were seen, and what can be said about each.

Rules are seen as Graph shows them, as Exchange shows them (hidden ones too), as sweep rules, and in the audit
records of those who made or changed them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from commands.clues.folders import Hiding, by_id, hiding_of, hiding_of_name
from commands.clues.phrases import Plain, group
from commands.clues.records import addresses_in, changing, is_about
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mail import MailFolder, Recipient
from graph.resources.rules import HiddenInboxRule, InboxRule, RuleActions, SweepRule

MAKES: Final = frozenset({"new-inboxrule", "new-sweeprule"})
CHANGES: Final = frozenset({"set-inboxrule", "enable-inboxrule", "set-sweeprule", "enable-sweeprule"})
TAKES_AWAY: Final = frozenset(
    {"remove-inboxrule", "disable-inboxrule", "remove-sweeprule", "disable-sweeprule"}
)
DESKTOP: Final = "updateinboxrules"

RESTAMP_SPAN: Final = timedelta(minutes=1)
RESTAMP_COUNT: Final = 5
"""Outlook for the desktop rewrites its whole set of rules at once; so many changes so close are that."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: Its name as given; "" is a blank name, None is not known.
        kind: What it is called for people.
        ids: The ids of everything it was seen in: the rule's own, and audit records.
        enabled: Whether it is switched on.
        destinations: The mail addresses that it sends to, lower case.
        hiding: Into what kind of folder it moves mail.
        folder: That folder's name, "" when it moves nothing or the name is not known.
        deletes: It deletes, or moves into Deleted Items.
        marks_read: It marks as read.
        moves: It moves or copies mail into any folder.
        words: Every word that it looks for, lower case.
        narrow: It looks at particular senders or recipients.
        matches_everything: It has no condition, or one that every message fulfils.
        hidden: It is left out where visible rules are listed.
        record: The audit record that made it or gave it what it does.
        gone: The audit record that took it away or switched it off.
    """

    name: str | None
    kind: str
    ids: tuple[str, ...]
    enabled: bool = True
    destinations: tuple[str, ...] = ()
    hiding: Hiding = Hiding.NONE
    folder: str = ""
    deletes: bool = False
    marks_read: bool = False
    moves: bool = False
    words: tuple[str, ...] = ()
    narrow: bool = False
    matches_everything: bool = False
    hidden: bool = False
    record: AuditRecord | None = None
    gone: AuditRecord | None = None

    @property
    def is_system(self) -> bool:
        """Whether Exchange or Outlook keeps this rule for itself."""
        return self.name is not None and _SYSTEM_NAME.match(self.name) is not None

    @property
    def is_live(self) -> bool:
        """Whether it was seen in the mailbox and not only in audit records."""
        return self.kind != RECORDED

    @property
    def spoken_name(self) -> str:
        """The name between quotes, or a word for a blank or unknown one."""
        if self.name is None:
            return "without a recorded name"
        return f"“{self.name}”" if self.name.strip() else "with a blank name"


RECORDED: Final = "recorded rule"

# Source: Exchange, rules that Get-InboxRule -IncludeHidden lists in every mailbox.
_SYSTEM_NAME: Final = re.compile(
    r"(?:junk e-?mail rule|microsoft\.exchange\.oof\.|delegate rule -?\d|#net#|clear categories|clutter)",
    re.IGNORECASE,
)

# --- what can be said ----------------------------------------------------------------------------------


def telling_words(rule: Rule) -> tuple[str, ...]:
    """The kinds of words that an intruder hides: ``security``, ``money`` and ``bounces``."""
    text = Plain.of("\n".join(rule.words))
    kinds = (("security", "rule_security"), ("money", "rule_money"), ("bounces", "rule_bounce"))
    return tuple(kind for kind, name in kinds if group(name).is_in(text))


def has_odd_name(rule: Rule) -> bool:
    """Say whether nobody would find a rule again by its name: blank, signs only, or a letter or two.

    Two capitals (HR, IT) are an abbreviation. Names of one or two ideographs are words.
    """
    if rule.name is None:
        return False
    letters = [letter for letter in rule.name if letter.isalnum()]
    if not letters:
        return True
    if not all(letter.isascii() for letter in letters):
        return False
    if len(letters) <= 2:
        return not (len(letters) == 2 and rule.name.strip().isalpha() and rule.name.strip().isupper())
    return len(set(rule.name.strip().casefold())) == 1


def outside_destinations(rule: Rule, usual: Usual) -> tuple[str, ...]:
    """The addresses outside the tenant that a rule sends to."""
    return tuple(address for address in rule.destinations if usual.is_outside(address))


def says(rule: Rule) -> str:
    """What the rule does, as the middle of a sentence."""
    deeds = []
    if rule.destinations:
        deeds.append(f"sends mail to {', '.join(rule.destinations)}")
    if rule.deletes:
        deeds.append("deletes mail")
    elif rule.hiding is not Hiding.NONE:
        shown = f" ({rule.folder})" if rule.folder else ""
        deeds.append(f"moves mail into the {rule.hiding.value}{shown}")
    elif rule.moves:
        deeds.append(f"moves mail into “{rule.folder}”" if rule.folder else "moves mail into another folder")
    if rule.marks_read:
        deeds.append("marks it as read")
    if rule.matches_everything:
        deeds.append("and does so with every message")
    elif rule.words:
        shown = ", ".join(rule.words[:6])
        deeds.append(f"where it says {shown}")
    return ", ".join(deeds) or "does nothing that sends or hides mail"


# --- from the mailbox ----------------------------------------------------------------------------------


def rules_of(evidence: Evidence) -> tuple[Rule, ...]:
    """Every rule once: those in the mailbox with the records that made them, then those only in records."""
    folders = by_id(evidence.mail_folders.seen(()))
    pairs, others = paired(evidence)
    live = [_visible(rule, twin, folders) for rule, twin in pairs]
    live += _hidden(evidence, others, folders)
    live += [_from_sweep(rule, folders) for rule in evidence.sweep_rules.seen(())]
    recorded = recorded_rules(evidence)
    joined: list[Rule] = []
    used: set[str] = set()
    for rule in live:
        match = _maker(rule, recorded)
        if match is None:
            joined.append(rule)
        else:
            used.update(match.ids)
            joined.append(replace(rule, ids=(*rule.ids, *match.ids), record=match.record))
    return (*joined, *(rule for rule in recorded if not used.issuperset(rule.ids)))


def _maker(rule: Rule, recorded: Sequence[Rule]) -> Rule | None:
    """The recorded rule that a live one is: the same name, else (desktop Outlook) the same destinations."""
    if rule.name is not None:
        wanted = _name_key(rule.name)
        for other in recorded:
            if other.name is not None and _name_key(other.name) == wanted and not other.gone:
                return other
    for other in recorded:
        nameless = other.name is None and not other.gone
        if nameless and other.destinations and set(other.destinations) == set(rule.destinations):
            return other
    return None


def _name_key(name: str) -> str:
    return " ".join(name.casefold().split())


def _from_graph(rule: InboxRule, folders: Mapping[str, MailFolder]) -> Rule:
    actions, conditions = rule.actions, dict(rule.conditions or {})
    target = actions.move_to_folder or actions.copy_to_folder
    hiding, folder = _place(target, folders)
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


def _place(target: str, folders: Mapping[str, MailFolder]) -> tuple[Hiding, str]:
    if not target:
        return Hiding.NONE, ""
    if folder := folders.get(target):
        return hiding_of(folder), folder.display_name
    # A long opaque text is an id of a folder that could not be listed; anything else is a name.
    if re.fullmatch(r"[A-Za-z0-9+/_=-]{40,}", target):
        return Hiding.NONE, ""
    return hiding_of_name(target), target.rpartition("\\")[2].rpartition(":")[2]


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
    return _tidy(words)


def _tidy(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip().casefold() for word in words if word.strip(" \0")))


def _matches_everything(conditions: Mapping[str, Any]) -> bool:
    """No condition; a word that every mail holds; or a size from below one kilobyte on."""
    real = {name: value for name, value in conditions.items() if value not in (None, False, [], (), {}, "")}
    if not real:
        return True
    if len(real) > 1:
        return False
    (name, value), *_ = real.items()
    if name in _WORD_CONDITIONS:
        return any(_is_in_every_mail(str(word), name) for word in value)
    if name == "withinSizeRange" and isinstance(value, Mapping):
        return int(value.get("minimumSize") or 0) < 1
    return False


def _is_in_every_mail(word: str, condition: str) -> bool:
    plain = word.strip(" \0").casefold()
    if not plain or plain in {"a", "e", "i", "o", "u"}:
        return True
    return plain in {"@", "."} and "sender" in condition.casefold()


def paired(
    evidence: Evidence,
) -> tuple[list[tuple[InboxRule, HiddenInboxRule | None]], Sequence[HiddenInboxRule]]:
    """Each rule of Graph's with the same one in Exchange's list, and Exchange's rules that are left.

    The lists share no id. Two rules are the same when they have one name and nothing that they do differs;
    of several such, the one that is most alike. What Graph lists without saying what it does may be any of
    its name. A rule that Exchange calls hidden is never one that Graph shows.
    """
    folders = by_id(evidence.mail_folders.seen(()))
    left = list(evidence.hidden_inbox_rules.seen(()))
    pairs: list[tuple[InboxRule, HiddenInboxRule | None]] = []
    # Those that say what they do choose first.
    for rule in sorted(evidence.inbox_rules.seen(()), key=_is_bare):
        wanted = _name_key(rule.display_name)
        fitting = [
            one
            for one in left
            if _name_key(one.name) == wanted
            and not one.is_hidden
            and (_is_bare(rule) or not _differ(rule, one))
        ]
        unlike = {one.identity: _unlike(rule, one, folders) for one in fitting}
        twin = min(fitting, key=lambda one: unlike[one.identity], default=None)
        if twin is not None:
            left.remove(twin)
        pairs.append((rule, twin))
    return pairs, left


def _is_bare(rule: InboxRule) -> bool:
    """Whether Graph lists a rule without what it does, as it may with one that it cannot change."""
    return rule.actions == RuleActions() and not rule.conditions


def _differ(rule: InboxRule, other: HiddenInboxRule) -> bool:
    """Whether two rules do different things, as far as both lists tell.

    Exchange gives no address for recipients of the organization, so only what it names must be in Graph's.
    """
    actions = rule.actions
    sends = set(_people(actions.forward_to, actions.forward_as_attachment_to, actions.redirect_to))
    targets = (*other.forward_to, *other.forward_as_attachment_to, *other.redirect_to)
    deletes = actions.delete or actions.permanent_delete
    moves = actions.move_to_folder or actions.copy_to_folder
    return (
        bool(sends) != bool(targets)
        or not sends.issuperset(addresses_in(";".join(targets)))
        or bool(deletes) != bool(other.delete_message or other.soft_delete_message)
        or bool(moves) != bool(other.move_to_folder or other.copy_to_folder)
    )


def _unlike(rule: InboxRule, other: HiddenInboxRule, folders: Mapping[str, MailFolder]) -> int:
    """In how many things two rules of one name differ that the lists may write differently.

    That alone makes no rule hidden, so it only chooses among several.
    """
    actions, conditions = rule.actions, dict(rule.conditions or {})
    folder = folders.get(actions.move_to_folder or actions.copy_to_folder)
    target = (other.move_to_folder or other.copy_to_folder).rpartition("\\")[2].rpartition(":")[2]
    words = (*other.subject_contains_words, *other.body_contains_words, *other.subject_or_body_contains_words)
    asked = [word for name in _EXCHANGES_WORDS for word in conditions.get(name) or ()]
    return sum(
        (
            folder is not None and folder.display_name.casefold() != target.casefold(),
            set(_tidy(map(str, asked))) != set(_tidy(words)),
            bool(conditions.get("fromAddresses")) != bool(other.from_),
            actions.mark_as_read != bool(other.mark_as_read),
            rule.is_enabled != other.enabled,
        )
    )


_EXCHANGES_WORDS: Final = ("subjectContains", "bodyContains", "bodyOrSubjectContains")
"""The conditions of Graph's whose words are read from Exchange's list as well."""


def _visible(rule: InboxRule, twin: HiddenInboxRule | None, folders: Mapping[str, MailFolder]) -> Rule:
    """A rule that Graph lists; what Graph does not say of it, Exchange's copy does."""
    if twin is None or not _is_bare(rule):
        return _from_graph(rule, folders)
    told = _from_exchange(twin, folders, hidden=False)
    return replace(told, ids=(rule.id, *told.ids), enabled=rule.is_enabled)


def _hidden(
    evidence: Evidence, others: Iterable[HiddenInboxRule], folders: Mapping[str, MailFolder]
) -> Iterator[Rule]:
    """Rules that only Exchange lists. Where Graph's list is not whole, nothing follows from that."""
    whole = not getattr(evidence.inbox_rules, "missing", ("unavailable",))
    for rule in others:
        hidden = rule.is_hidden if rule.is_hidden is not None else whole
        yield _from_exchange(rule, folders, hidden=bool(hidden))


def _from_exchange(rule: HiddenInboxRule, folders: Mapping[str, MailFolder], *, hidden: bool) -> Rule:
    target = rule.move_to_folder or rule.copy_to_folder
    hiding, folder = _place(target, folders)
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
        words=_tidy((*words, *rule.from_)),
        narrow=bool(rule.from_),
        # Exchange lists more conditions than are read here; its description names them all after "If".
        matches_everything=not described
        and bool(rule.description)
        and "if the message" not in rule.description.casefold(),
        hidden=hidden,
    )


def _from_sweep(rule: SweepRule, folders: Mapping[str, MailFolder]) -> Rule:
    hiding, folder = _place(rule.destination_folder, folders)
    return Rule(
        name=rule.name,
        kind="sweep rule",
        ids=(rule.rule_id or rule.identity or rule.name,),
        enabled=rule.enabled,
        hiding=hiding,
        folder=folder,
        deletes=hiding is Hiding.DELETED,
        moves=bool(rule.destination_folder),
        words=_tidy([rule.sender]),
        narrow=bool(rule.sender),
    )


# --- from audit records --------------------------------------------------------------------------------


def recorded_rules(evidence: Evidence) -> tuple[Rule, ...]:
    """Rules as the records of making and changing them tell, one for each name, oldest first."""
    records = [record for record in changing(evidence) if is_about(record, evidence.subject)]
    stamping = _restamping(records)
    folders = by_id(evidence.mail_folders.seen(()))
    rules: dict[str, Rule] = {}
    for record in records:
        operation = record.operation.casefold()
        if operation in MAKES or operation in CHANGES:
            rule = _from_cmdlet(record)
            key = _key_of(rule, record)
            before = rules.get(key)
            rules[key] = _after(before, rule) if before else rule
        elif (
            operation == DESKTOP and record.details.get("RuleOperation", "").casefold() != "removemailboxrule"
        ):
            rule = _from_desktop(record, folders)
            if record.id in stamping and not rule.destinations:
                continue
            key = _key_of(rule, record)
            before = rules.get(key)
            rules[key] = replace(rule, ids=(*before.ids, record.id)) if before else rule
        elif operation in TAKES_AWAY:
            key = _name_key(_rule_name(record) or "")
            for known, rule in rules.items():
                if key and known == key:
                    rules[known] = replace(rule, gone=record, ids=(*rule.ids, record.id))
    return tuple(rules.values())


def _key_of(rule: Rule, record: AuditRecord) -> str:
    return (
        _name_key(rule.name) or "blank"
        if rule.name is not None
        else f"id {record.details.get('RuleId', record.id)}"
    )


def _after(before: Rule, change: Rule) -> Rule:
    """The rule after a change: what it does not mention stays; the record is the one that gave it teeth."""
    same = not _acts(change) or (
        (change.destinations, change.hiding, change.deletes)
        == (before.destinations, before.hiding, before.deletes)
    )
    return replace(
        change,
        ids=(*before.ids, *change.ids),
        destinations=change.destinations or before.destinations,
        hiding=change.hiding if change.moves else before.hiding,
        folder=change.folder or before.folder,
        deletes=change.deletes or (before.deletes and not change.moves),
        marks_read=change.marks_read or before.marks_read,
        moves=change.moves or before.moves,
        words=change.words or before.words,
        narrow=change.narrow or before.narrow,
        matches_everything=before.matches_everything and not change.words and not change.narrow,
        record=before.record if same else change.record,
        gone=None,
    )


def _acts(rule: Rule) -> bool:
    return bool(rule.destinations or rule.deletes or rule.moves or rule.marks_read)


def _rule_name(record: AuditRecord) -> str | None:
    """The rule's name: the parameter, else what stands behind the backslash of the object."""
    if "Name" in record.parameters:
        return record.parameters["Name"]
    for text in (record.parameters.get("Identity", ""), record.object_id):
        name = text.rpartition("\\")[2] if "\\" in text else (text if "@" not in text else "")
        if name and not re.fullmatch(r"[0-9]{6,}|[0-9a-f-]{36}", name, re.IGNORECASE):
            return name
    return None


_WORD_PARAMETERS: Final = (
    "SubjectContainsWords", "BodyContainsWords", "SubjectOrBodyContainsWords", "FromAddressContainsWords",
    "HeaderContainsWords", "RecipientAddressContainsWords", "From",
)  # fmt: skip
_NO_CONDITIONS: Final = frozenset(
    {
        "name", "identity", "mailbox", "force", "alwaysdeleteoutlookrulesblob", "forwardto",
        "forwardasattachmentto", "redirectto", "movetofolder", "copytofolder", "deletemessage",
        "softdeletemessage", "markasread", "markimportance", "stopprocessingrules", "priority", "enabled",
        "applycategory", "confirm", "domaincontroller", "validateonly", "pinmessage", "fromsubscription",
        "deletesystemcategory", "sendtextmessagenotificationto",
    }
)  # fmt: skip


def _from_cmdlet(record: AuditRecord) -> Rule:
    given = {name.casefold(): value for name, value in record.parameters.items()}
    target = given.get("movetofolder") or given.get("copytofolder") or given.get("destinationfolder") or ""
    hiding, folder = _place(target, {})
    words = [
        word
        for name in _WORD_PARAMETERS
        if (value := given.get(name.casefold()))
        for word in re.split(r"[;,]", value)
        if word
    ]
    if given.get("messagetypematches", "").casefold() == "nondeliveryreport":
        words.append("undeliverable")
    conditions = {
        name: value
        for name, value in given.items()
        if name not in _NO_CONDITIONS and not name.startswith("exceptif") and value and value != "False"
    }
    makes = record.operation.casefold() == "new-inboxrule"
    return Rule(
        name=_rule_name(record),
        kind=RECORDED,
        ids=(record.id,),
        destinations=addresses_in(
            ";".join(given.get(name, "") for name in ("forwardto", "forwardasattachmentto", "redirectto"))
        ),
        hiding=hiding,
        folder=folder,
        deletes="True" in (given.get("deletemessage"), given.get("softdeletemessage"))
        or hiding is Hiding.DELETED,
        marks_read=given.get("markasread") == "True",
        moves=bool(target),
        words=_tidy(words),
        narrow=bool(given.get("from") or given.get("fromaddresscontainswords") or given.get("sender")),
        matches_everything=makes and _cmdlet_matches_everything(conditions),
        record=record,
    )


_SIZE: Final = re.compile(r"([\d,.]+)\s*(?:bytes?|b)?\s*$|\(([\d,]+) bytes\)", re.IGNORECASE)


def _cmdlet_matches_everything(conditions: Mapping[str, str]) -> bool:
    if not conditions:
        return True
    if len(conditions) > 1:
        return False
    (name, value), *_ = conditions.items()
    if name == "withinsizerangeminimum":
        size = _SIZE.search(value)
        return (
            bool(size) and int(re.sub(r"\D", "", size[1] or size[2] or "0") or 0) <= 1023 if size else False
        )
    if name.endswith("containswords"):
        return any(
            _is_in_every_mail(word, "sender" if name.startswith("from") else name)
            for word in re.split(r"[;,]", value)
        )
    return False


def _restamping(records: Iterable[AuditRecord]) -> frozenset[str]:
    """The ids of changes with which Outlook for the desktop wrote its whole set of rules again."""
    changes = [
        record
        for record in records
        if record.operation.casefold() == DESKTOP
        and record.details.get("RuleOperation", "").casefold() == "modifymailboxrule"
    ]
    found: set[str] = set()
    for first in range(len(changes) - RESTAMP_COUNT + 1):
        last = first + RESTAMP_COUNT - 1
        if changes[last].at - changes[first].at <= RESTAMP_SPAN:
            found.update(record.id for record in changes[first : last + 1])
    return frozenset(found)


def _from_desktop(record: AuditRecord, folders: Mapping[str, MailFolder]) -> Rule:
    actions = _actions(record.details.get("RuleActions", ""))
    recipients: list[str] = []
    target, deletes, marks, moves = "", False, False, False
    for action in actions:
        kind = str(action.get("ActionType", "")).casefold()
        if "forward" in kind or "redirect" in kind or kind == "delegate":
            recipients += addresses_in(json.dumps(action, ensure_ascii=False))
        elif kind in {"move", "copy", "movetofolder", "copytofolder"}:
            moves = True
            target = str(action.get("DestinationFolderName") or action.get("DestinationFolderId") or "")
        elif "delete" in kind:
            deletes = True
        elif "markasread" in kind or kind == "mark":
            marks = True
    hiding, folder = _place(target, folders)
    condition = record.details.get("RuleCondition", "")
    return Rule(
        # Outlook for the desktop often leaves the name out of the record; a missing name says nothing.
        name=record.details.get("RuleName") or None,
        kind=RECORDED,
        ids=(record.id,),
        destinations=tuple(dict.fromkeys(recipients)),
        hiding=hiding,
        folder=folder,
        deletes=deletes or hiding is Hiding.DELETED,
        marks_read=marks,
        moves=moves,
        words=_tidy(_QUOTED.findall(condition)),
        narrow="sender" in condition.casefold() or "from" in condition.casefold(),
        matches_everything=condition.strip().casefold() in {"null", "true"},
        record=record,
    )


_QUOTED: Final = re.compile(r"[\"'“]([^\"'”]{2,})[\"'”]")


def _actions(text: str) -> list[Mapping[str, Any]]:
    """The actions of a desktop rule: JSON inside a text; anything else holds none that can be read."""
    try:
        value = json.loads(text) if text else []
    except ValueError:
        return [{"ActionType": "forward", "text": text}] if "forward" in text.casefold() else []
    value = value if isinstance(value, list) else [value]
    return [one for one in value if isinstance(one, Mapping)]
