"""Inbox rules that neither the user nor an administrator made.

Source: Microsoft's document, symptom 3; public detections of rules that forward, hide, or hide themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.actions import at_own_place
from commands.clues.alerts import alerts_of, risk_in_words, tells
from commands.clues.records import address_of, ended, found, is_familiar, one_line, untold, whence
from commands.clues.rules import rules_of
from commands.clues.rules.rule import (
    Rule,
    has_odd_name,
    in_pieces,
    is_bare,
    outside_destinations,
    telling_words,
)
from commands.report import Finding, Owner, Sign, weighed
from commands.sentence import further, sentence, whole
from commands.usual import Usual
from commands.usual.folders import Hiding
from graph.evidence import Evidence

TITLE = "Inbox rules that were not created by the intended user or the administrator"
SOURCE = "symptom 3"
# Exchange lists every rule with its folder's name; Graph leaves the hidden ones out, so it cannot decide
# alone.
NEEDS = ("hidden_inbox_rules",)
HELPS = (
    "inbox_rules",
    "mail_folders",
    "sweep_rules",
    "audit_log",
    "audit_log_on_mailbox",
    "risk_detections",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

FORWARDS_SECRETLY = weighed("rule_forwards_outside_secretly")
FORWARDS_OUTSIDE = weighed("rule_forwards_outside")
FORWARDS_SOME = weighed("rule_forwards_some_outside")
MADE_BY_SUSPECT = weighed("rule_made_from_suspect_address")
HIDDEN_RULE = weighed("hidden_rule")
HIDES_TELLING = weighed("rule_hides_telling_mail")
HIDES_SOME = weighed("rule_hides_mail")
ODD_NAME = weighed("rule_with_odd_name")
MARKS_READ_ODDLY = weighed("rule_with_odd_name_marks_read")
ALERT = weighed("rule_alert")
DELETES = weighed("rule_deletes_mail")
DELETES_AWAY = weighed("rule_deletes_mail_elsewhere")
FORWARDS_INSIDE = weighed("rule_forwards_inside")
FILES_AWAY = weighed("rule_archives_mail")
UNREADABLE = weighed("rule_made_unreadably")
MADE = weighed("rule_made_or_changed")
SIGNS = (
    FORWARDS_SECRETLY,
    FORWARDS_OUTSIDE,
    FORWARDS_SOME,
    MADE_BY_SUSPECT,
    HIDDEN_RULE,
    HIDES_TELLING,
    HIDES_SOME,
    ODD_NAME,
    MARKS_READ_ODDLY,
    ALERT,
    DELETES,
    DELETES_AWAY,
    FORWARDS_INSIDE,
    FILES_AWAY,
    UNREADABLE,
    MADE,
)

LONG: Final = 1000
"""Characters of what a rule does: it names every address that it sends to."""

_RISKS: Final = frozenset({"suspiciousinboxforwarding", "mcassuspiciousinboxmanipulationrules"})


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield one finding for each rule that sends or hides mail or changed, with its gravest sign."""
    for rule in rules_of(evidence):
        if rule.is_system and not outside_destinations(rule, usual):
            continue
        if sign := grade(rule, usual):
            yield _finding(rule, sign, evidence, usual)
    for alert in alerts_of(evidence):
        if tells(alert, "inbox_rule"):
            summary = f"Microsoft raised the alert “{one_line(alert.name)}”"
            yield found("inbox_rules", ALERT, summary, alert.record, records=alert.records)
    for risk in evidence.risk_detections.seen(()):
        if risk.risk_event_type.casefold() in _RISKS and risk.risk_state.casefold() not in {
            "dismissed",
            "confirmedsafe",
        }:
            yield Finding(
                symptom="inbox_rules",
                sign=ALERT,
                summary=f"Identity Protection reported {risk_in_words(risk.risk_event_type)}",
                at=risk.activity_date_time or risk.detected_date_time,
                address=risk.ip_address,
                records=(risk.id,),
            )


def grade(rule: Rule, usual: Usual) -> Sign | None:
    """The gravest sign that a rule is, or None when there is nothing to say about it."""
    suspect = rule.record is not None and usual.is_suspect_record(rule.record)
    odd = has_odd_name(rule)
    telling = bool(telling_words(rule))
    if outside_destinations(rule, usual):
        if suspect or odd or rule.hidden or rule.deletes or rule.hiding is not Hiding.NONE or rule.marks_read:
            return FORWARDS_SECRETLY
        own = rule.record is not None and is_familiar(rule.record, usual)
        return FORWARDS_SOME if own and rule.narrow and not telling else FORWARDS_OUTSIDE
    acts = bool(rule.destinations) or rule.deletes or rule.moves or rule.marks_read
    if suspect and acts:
        return MADE_BY_SUSPECT
    if rule.hidden and acts:
        return HIDDEN_RULE
    if rule.deletes or rule.hiding is not Hiding.NONE:
        sign = _grade_hiding(rule, odd=odd, telling=telling)
        doubtful = rule.record is not None and usual.doubt_of(rule.record).owner is Owner.DOUBTFUL
        gone = sign is DELETES or (sign is FILES_AWAY and rule.marks_read)
        return DELETES_AWAY if gone and doubtful else sign
    if odd and rule.marks_read:
        return MARKS_READ_ODDLY
    if odd and acts:
        return ODD_NAME
    if rule.destinations:
        return FORWARDS_INSIDE
    if rule.record is None:
        return None
    strange = not at_own_place(rule.record, usual)
    return UNREADABLE if is_bare(rule) and strange and rule.gone is None else MADE


def _grade_hiding(rule: Rule, *, odd: bool, telling: bool) -> Sign:
    if rule.deletes or rule.hiding.is_unused:
        if telling or odd or rule.matches_everything:
            return HIDES_TELLING
        if rule.hiding.is_unused:
            return HIDES_TELLING if rule.marks_read else HIDES_SOME
        return DELETES
    if rule.hiding is Hiding.JUNK:
        if odd or rule.matches_everything or (telling and rule.marks_read):
            return HIDES_TELLING
        return HIDES_SOME if telling or rule.marks_read else DELETES
    # The archive is where people put mail that they are done with; only together does it mean something.
    if odd and (telling or rule.marks_read or rule.matches_everything):
        return HIDES_TELLING
    if odd or rule.matches_everything or (telling and rule.marks_read):
        return HIDES_SOME
    return FILES_AWAY


def _finding(rule: Rule, sign: Sign, evidence: Evidence, usual: Usual) -> Finding:
    article = "The" if rule.name is not None or rule.is_live else "An"
    record = rule.record
    if record is None:
        when = untold(evidence, "when it was created or by whom")
    else:
        when = whence(record, usual, "; created or changed")
    off = further("" if rule.enabled else "; it is disabled")
    gone = rule.gone
    removed = further(f"; removed or disabled at {gone.at:%Y-%m-%d %H:%M} UTC" if gone is not None else "")
    does = in_pieces(rule)
    does = does if len(whole(does)) <= LONG else sentence(ended(whole(does), LONG))
    pieces = sentence(f"{article} {rule.kind} {rule.spoken_name} ", does, when, off, removed)
    return Finding(
        symptom="inbox_rules",
        sign=sign,
        summary=whole(pieces),
        at=record.at if record else None,
        by=record.actor if record else "",
        address=address_of(record) if record else "",
        after=whole(does),
        records=rule.ids,
        names=rule.destinations,
        pieces=pieces,
    )
