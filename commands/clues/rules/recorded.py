"""Rules as audit records tell of them: what made, changed and removed them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from commands.clues.contacts import recipients_in
from commands.clues.records import addresses_in, changing, is_about
from commands.clues.rules.rule import Rule, is_in_every_mail, name_key, place_of, tidy
from commands.usual.folders import Hiding, by_id
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mail import MailFolder

MAKES: Final = frozenset({"new-inboxrule", "new-sweeprule"})
CHANGES: Final = frozenset({"set-inboxrule", "enable-inboxrule", "set-sweeprule", "enable-sweeprule"})

TAKES_AWAY: Final = frozenset(
    {"remove-inboxrule", "disable-inboxrule", "remove-sweeprule", "disable-sweeprule"}
)

DESKTOP: Final = "updateinboxrules"
RESTAMP_SPAN: Final = timedelta(minutes=1)

RESTAMP_COUNT: Final = 5
"""Outlook for the desktop rewrites its whole set of rules at once; so many changes so close are that."""


def recorded_rules(evidence: Evidence) -> tuple[Rule, ...]:
    """Rules as the records of making and changing them tell, one for each name, oldest first."""
    records = [record for record in changing(evidence) if is_about(record, evidence.subject)]
    stamping = _restamping(records)
    folders = by_id(evidence.mail_folders.seen(()))
    rules: dict[str, Rule] = {}
    for record in records:
        operation = record.operation.casefold()
        if operation in MAKES or operation in CHANGES:
            rule = _from_cmdlet(record, evidence)
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
            key = name_key(_rule_name(record) or "")
            for known, rule in rules.items():
                if key and known == key:
                    rules[known] = replace(rule, gone=record, ids=(*rule.ids, record.id))
                    break
            else:  # made before the records begin
                name = _rule_name(record)
                removed = Rule(name, _kind(record), (record.id,), record=record, gone=record, is_live=False)
                rules[f"removed {record.id}"] = removed
    return tuple(rules.values())


def _key_of(rule: Rule, record: AuditRecord) -> str:
    return (
        name_key(rule.name) or "blank"
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
        told=before.told or change.told,
        record=before.record if same else change.record,
        gone=None,
    )


def _kind(record: AuditRecord) -> str:
    return "sweep rule" if record.operation.casefold().endswith("sweeprule") else "inbox rule"


def _acts(rule: Rule) -> bool:
    return bool(rule.destinations or rule.deletes or rule.moves or rule.marks_read)


def _rule_name(record: AuditRecord) -> str | None:
    """The rule's name: the parameter, else what stands behind the backslash of the object.

    An object without one is the mailbox, whose name is none of the rule's.
    """
    if "Name" in record.parameters:
        return record.parameters["Name"]
    behind = record.object_id if "\\" in record.object_id else ""
    for text in (record.parameters.get("Identity", ""), behind):
        name = text.rpartition("\\")[2] if "\\" in text else (text if "@" not in text else "")
        if name and not re.fullmatch(r"[0-9]{6,}|[0-9a-f-]{36}", name, re.IGNORECASE):
            return name
    return None


def _from_cmdlet(record: AuditRecord, evidence: Evidence) -> Rule:
    given = {name.casefold(): value for name, value in record.parameters.items()}
    target = given.get("movetofolder") or given.get("copytofolder") or given.get("destinationfolder") or ""
    hiding, folder = place_of(target, {})
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
    told = given.keys() - _IDENTIFYING
    return Rule(
        name=_rule_name(record),
        kind=_kind(record),
        is_live=False,
        ids=(record.id,),
        destinations=recipients_in(
            ";".join(given.get(name, "") for name in ("forwardto", "forwardasattachmentto", "redirectto")),
            evidence,
        ),
        hiding=hiding,
        folder=folder,
        deletes="True" in (given.get("deletemessage"), given.get("softdeletemessage"))
        or hiding is Hiding.DELETED,
        marks_read=given.get("markasread") == "True",
        moves=bool(target),
        words=tidy(words),
        narrow=bool(given.get("from") or given.get("fromaddresscontainswords") or given.get("sender")),
        matches_everything=makes and bool(told) and _cmdlet_matches_everything(conditions),
        record=record,
        told=bool(told),
    )


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
            is_in_every_mail(word, "sender" if name.startswith("from") else name)
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
    hiding, folder = place_of(target, folders)
    condition = record.details.get("RuleCondition", "")
    return Rule(
        # Outlook for the desktop often leaves the name out of the record; a missing name says nothing.
        name=record.details.get("RuleName") or None,
        kind=_kind(record),
        is_live=False,
        ids=(record.id,),
        destinations=tuple(dict.fromkeys(recipients)),
        hiding=hiding,
        folder=folder,
        deletes=deletes or hiding is Hiding.DELETED,
        marks_read=marks,
        moves=moves,
        words=tidy(_QUOTED.findall(condition)),
        narrow="sender" in condition.casefold() or "from" in condition.casefold(),
        matches_everything=condition.strip().casefold() in {"null", "true"},
        record=record,
        told=bool(actions),
    )


def _actions(text: str) -> list[Mapping[str, Any]]:
    """The actions of a desktop rule: JSON inside a text; anything else holds none that can be read."""
    try:
        value = json.loads(text) if text else []
    except ValueError:
        return [{"ActionType": "forward", "text": text}] if "forward" in text.casefold() else []
    value = value if isinstance(value, list) else [value]
    return [one for one in value if isinstance(one, Mapping)]


_WORD_PARAMETERS: Final = (
    "SubjectContainsWords", "BodyContainsWords", "SubjectOrBodyContainsWords", "FromAddressContainsWords",
    "HeaderContainsWords", "RecipientAddressContainsWords", "From", "Sender",
)  # fmt: skip

_IDENTIFYING: Final = frozenset({"name", "identity", "mailbox", "force", "alwaysdeleteoutlookrulesblob"})
"""Parameters that say which rule and not what it does."""

_NO_CONDITIONS: Final = frozenset(
    {
        "name", "identity", "mailbox", "force", "alwaysdeleteoutlookrulesblob", "forwardto",
        "forwardasattachmentto", "redirectto", "movetofolder", "copytofolder", "deletemessage",
        "softdeletemessage", "markasread", "markimportance", "stopprocessingrules", "priority", "enabled",
        "applycategory", "confirm", "domaincontroller", "validateonly", "pinmessage", "fromsubscription",
        "deletesystemcategory", "sendtextmessagenotificationto",
    }
)  # fmt: skip

_SIZE: Final = re.compile(r"([\d,.]+)\s*(?:bytes?|b)?\s*$|\(([\d,]+) bytes\)", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"'“]([^\"'”]{2,})[\"'”]")
