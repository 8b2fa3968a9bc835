"""Inbox rules: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from commands.check import lacks
from commands.clues.rules import rules_of
from commands.story.clauses import in_short
from commands.symptoms import inbox_rules
from commands.usual import learn
from commands.usual.folders import Hiding, hiding_of, hiding_of_name, hiding_within
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.resources.rules import HiddenInboxRule, InboxRule, SweepRule
from graph.resources.sign_ins import RiskDetection
from tests.commands.evidence import (
    ADELE,
    DROP,
    INTRUDER,
    NEW_PLACE,
    OFFICE,
    STRANGER,
    USUAL,
    at,
    counting,
    evidence,
    folder,
    only,
    record,
    sign_in,
    told,
)
from tests.commands.symptoms.judging import past

FOLDERS = [
    folder("RSS-Abonnements", "rss"),
    folder("Gelöschte Elemente", "bin", "deleteditems"),
    folder("Archiv", "archive", "archive"),
    folder("Junk-E-Mail", "junk", "junkemail"),
    folder("Notizen", "notes"),
    folder("Newsletters", "news"),
    folder("Rechnungen", "invoices"),
    folder("Archive", "own-archive", "inbox"),
]


def rule(
    name: str = "Newsletters", /, conditions: Mapping[str, object] | None = None, **actions: object
) -> InboxRule:
    people = ("forwardTo", "redirectTo", "forwardAsAttachmentTo")
    given = {
        key: [{"emailAddress": {"address": one}} for one in value] if key in people else value  # type: ignore[attr-defined]
        for key, value in actions.items()
    }
    return InboxRule.model_validate(
        {"id": f"rule {name}", "displayName": name, "conditions": conditions or {}, "actions": given}
    )


def live(*rules: InboxRule, records: tuple[AuditRecord, ...] = ()) -> Evidence:
    return evidence(inbox_rules=list(rules), mail_folders=FOLDERS, audit_log=list(records))


def made(address: str | None = OFFICE, /, operation: str = "New-InboxRule", **parameters: str) -> AuditRecord:
    return record(operation, address=address, parameters=parameters)


def desktop(*actions: dict[str, object], operation: str = "AddMailboxRule", **fields: object) -> AuditRecord:
    details = {"RuleOperation": operation, "RuleActions": json.dumps(actions), "RuleName": ""}
    return record("UpdateInboxRules", details=details, **fields)  # type: ignore[arg-type]


FROM_SHOP = {"fromAddresses": [{"emailAddress": {"address": "news@shop.example"}}]}
ABOUT_MONEY = {"bodyOrSubjectContains": ["invoice", "payment"]}

FOUND = [
    ("forwards all mail outside", live(rule("Copy", forwardTo=[DROP])), "rule_forwards_outside"),
    ("redirects outside", live(rule("Copy", redirectTo=[DROP])), "rule_forwards_outside"),
    (
        "sends invoices outside and deletes them",
        live(rule("Copy", ABOUT_MONEY, forwardTo=[DROP], delete=True)),
        "rule_forwards_outside_secretly",
    ),
    (
        "the user himself sends one sender's mail outside, from the office",
        live(
            rule("Club", FROM_SHOP, forwardTo=[DROP]),
            records=(made(Name="Club", From="news@shop.example", ForwardTo=DROP),),
        ),
        "rule_forwards_some_outside",
    ),
    (
        "forwards to a contact of the tenant that is somebody outside",
        evidence(
            audit_log=[
                record(
                    "New-MailContact",
                    owner="",
                    hours=-1,
                    parameters={"Name": "Archive", "ExternalEmailAddress": f"SMTP:{DROP}"},
                ),
                made(
                    INTRUDER, Name="Club", ForwardTo='"Archive" [EX:/o=ExchangeLabs/cn=Recipients/cn=Archive]'
                ),
            ]
        ),
        "rule_forwards_outside_secretly",
    ),
    (
        "the same, made from the attacker's address",
        live(
            rule("Club", FROM_SHOP, forwardTo=[DROP]),
            records=(made(INTRUDER, Name="Club", From="news@shop.example", ForwardTo=DROP),),
        ),
        "rule_forwards_outside_secretly",
    ),
    (
        "hides money matters under a name of dots, in the RSS folder, in German",
        live(rule("..", ABOUT_MONEY, moveToFolder="rss", markAsRead=True)),
        "rule_hides_telling_mail",
    ),
    ("moves into Notes", live(rule("Shopping", FROM_SHOP, moveToFolder="notes")), "rule_hides_mail"),
    ("deletes everything", live(rule("Tidy", delete=True)), "rule_hides_telling_mail"),
    (
        "deletes whatever has a byte",
        live(rule("Tidy", {"withinSizeRange": {"minimumSize": 0}}, delete=True)),
        "rule_hides_telling_mail",
    ),
    (
        "deletes warnings, by the folder's fixed name",
        live(rule("Alerts", {"subjectContains": ["hacked", "phishing"]}, moveToFolder="bin")),
        "rule_hides_telling_mail",
    ),
    (
        "deletes bounces",
        live(rule("Bounces", {"senderContains": ["postmaster"]}, permanentDelete=True)),
        "rule_hides_telling_mail",
    ),
    ("a blank name and junk", live(rule(" ", FROM_SHOP, moveToFolder="junk")), "rule_hides_telling_mail"),
    ("money into junk", live(rule("Bills", ABOUT_MONEY, moveToFolder="junk")), "rule_hides_mail"),
    (
        "an odd name, marks as read",
        live(rule("a", FROM_SHOP, markAsRead=True)),
        "rule_with_odd_name_marks_read",
    ),
    ("an odd name, own folder", live(rule(",,,", FROM_SHOP, moveToFolder="news")), "rule_with_odd_name"),
    (
        "an ordinary looking rule, made from the attacker's address",
        live(
            rule("Newsletters", FROM_SHOP, moveToFolder="news"),
            records=(made(INTRUDER, Name="Newsletters", MoveToFolder="Newsletters"),),
        ),
        "rule_made_from_suspect_address",
    ),
    (
        "records alone: a rule that deletes warnings",
        evidence(
            audit_log=[made(NEW_PLACE, Name="Direct", SubjectContainsWords="Attention", DeleteMessage="True")]
        ),
        "rule_hides_telling_mail",
    ),
    (
        "records alone: a changed rule that deletes invoices",
        evidence(
            audit_log=[
                made(
                    NEW_PLACE,
                    "Set-InboxRule",
                    Identity="Accounts",
                    Name="Accounts",
                    MoveToFolder="Deleted Items",
                    SubjectContainsWords="invoice",
                )
            ]
        ),
        "rule_hides_telling_mail",
    ),
    (
        "records alone: a blank name, known from the object behind the backslash",
        evidence(
            audit_log=[made(None, Name="", From="boss@contoso.example", MoveToFolder="adele:\\RSS Feeds")]
        ),
        "rule_hides_telling_mail",
    ),
    (
        "desktop Outlook forwards outside, without a rule name",
        evidence(audit_log=[desktop({"ActionType": "Forward", "Recipients": [DROP]})]),
        "rule_forwards_outside",
    ),
    (
        "desktop Outlook, in a burst that rewrites the rules, but to the outside",
        evidence(
            audit_log=[
                desktop(
                    {"ActionType": "Forward", "Recipients": [DROP]},
                    operation="ModifyMailboxRule",
                    hours=n / 900,
                )
                for n in range(6)
            ]
        ),
        "rule_forwards_outside",
    ),
    (
        "a sweep rule that clears warnings away",
        evidence(
            sweep_rules=[
                SweepRule(name="s", sender="security@contoso.example", destination_folder="Deleted Items")
            ]
        ),
        "rule_hides_telling_mail",
    ),
    (
        "an alert of Microsoft's",
        evidence(
            audit_log=[
                record(
                    "AlertTriggered",
                    actor="SecurityComplianceAlerts",
                    address=None,
                    details={"Name": "Creation of forwarding/redirect rule"},
                )
            ]
        ),
        "rule_alert",
    ),
    (
        "a risk that Identity Protection saw",
        evidence(
            risk_detections=[RiskDetection(id="r", risk_event_type="mcasSuspiciousInboxManipulationRules")]
        ),
        "rule_alert",
    ),
]


@pytest.mark.parametrize(("seen", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_rule_that_sends_or_hides_mail_is_found(seen: Evidence, sign: str) -> None:
    assert counting(inbox_rules, seen) == [sign]


NOT_FOUND = [
    ("files newsletters in a folder of its own", live(rule("Newsletters", FROM_SHOP, moveToFolder="news"))),
    ("files invoices in a folder of its own", live(rule("Invoices", ABOUT_MONEY, moveToFolder="invoices"))),
    ("moves mail into the archive", live(rule("Projects", FROM_SHOP, moveToFolder="archive"))),
    ("deletes a shop's mail", live(rule("No ads", FROM_SHOP, delete=True))),
    ("an abbreviation is a name", live(rule("HR", FROM_SHOP, moveToFolder="news"))),
    ("two ideographs are a word", live(rule("通知", FROM_SHOP, moveToFolder="news"))),
    (
        "sends mail to a colleague",
        live(rule("To Alex", FROM_SHOP, forwardTo=["alex.wilber@contoso.example"])),
    ),
    (
        "a subdomain of the tenant is inside",
        live(rule("Desk", FROM_SHOP, forwardTo=["a@help.contoso.example"])),
    ),
    (
        "a folder called Archive that is the inbox by its fixed name",
        live(rule("x1y", FROM_SHOP, moveToFolder="own-archive")),
    ),
    (
        "Outlook's own rules",
        evidence(
            hidden_inbox_rules=[
                HiddenInboxRule(
                    identity="1", name="Junk E-mail Rule", move_to_folder="Junk Email", is_hidden=True
                ),
                HiddenInboxRule(
                    identity="2", name="Microsoft.Exchange.OOF.KnownExternal", delete_message=True
                ),
                HiddenInboxRule(
                    identity="3", name="Delegate Rule -12345", forward_to=("alex.wilber@contoso.example",)
                ),
            ],
            inbox_rules=[],
        ),
    ),
    (
        "Outlook writes its rules again",
        evidence(
            audit_log=[
                desktop({"ActionType": "Delete"}, operation="ModifyMailboxRule", hours=n / 900)
                for n in range(8)
            ]
        ),
    ),
    (
        "Microsoft's service made it",
        evidence(audit_log=[record("New-InboxRule", parameters={"ForwardTo": DROP}, by_microsoft=True)]),
    ),
    (
        "it was refused",
        evidence(audit_log=[record("New-InboxRule", parameters={"ForwardTo": DROP}, succeeded=False)]),
    ),
    (
        "it is another mailbox's rule",
        evidence(
            audit_log=[
                record("New-InboxRule", parameters={"ForwardTo": DROP}, owner="alex.wilber@contoso.example")
            ]
        ),
    ),
    (
        "a risk that was dismissed",
        evidence(
            risk_detections=[
                RiskDetection(id="r", risk_event_type="suspiciousInboxForwarding", risk_state="dismissed")
            ]
        ),
    ),
]


@pytest.mark.parametrize("seen", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_an_ordinary_rule_is_no_sign(seen: Evidence) -> None:
    assert counting(inbox_rules, seen) == []


def test_a_rule_in_force_is_told_with_the_record_that_made_it() -> None:
    maker = made(INTRUDER, Name="..", SubjectOrBodyContainsWords="invoice", MoveToFolder="RSS-Abonnements")
    finding = only(inbox_rules, live(rule("..", ABOUT_MONEY, moveToFolder="rss"), records=(maker,)))
    assert (finding.at, finding.address, finding.by) == (at(), INTRUDER, ADELE.user_principal_name)
    assert finding.records == ("rule ..", maker.id)


def test_a_rule_without_a_record_says_that_the_time_is_not_known() -> None:
    seen = evidence(inbox_rules=[rule("Copy", forwardTo=[DROP])], audit_log=[], audit_log_on_mailbox=[])
    finding = only(inbox_rules, seen)
    assert finding.at is None
    assert "no record shows when" in finding.summary


def test_a_rule_that_only_exchange_lists_is_hidden() -> None:
    hidden = HiddenInboxRule(identity="a\\9", name="Sync", mark_as_read=True, move_to_folder="Newsletters")
    assert counting(inbox_rules, evidence(inbox_rules=[], hidden_inbox_rules=[hidden])) == ["hidden_rule"]


def test_a_rule_that_both_lists_show_is_told_once_and_is_not_hidden() -> None:
    shown = HiddenInboxRule(identity="a\\9", name="Copy", forward_to=(f'"Drop" [SMTP:{DROP}]',))
    seen = evidence(inbox_rules=[rule("Copy", forwardTo=[DROP])], hidden_inbox_rules=[shown])
    assert told(inbox_rules, seen) == ["rule_forwards_outside"]


def test_without_graphs_list_nothing_is_called_hidden() -> None:
    shown = HiddenInboxRule(identity="a\\9", name="Sync", mark_as_read=True, move_to_folder="Newsletters")
    assert counting(inbox_rules, evidence(hidden_inbox_rules=[shown])) == []
    partial = Known((), missing=("the second page",))
    assert counting(inbox_rules, evidence(inbox_rules=partial, hidden_inbox_rules=[shown])) == []


def test_a_rule_that_was_taken_away_is_still_told() -> None:
    seen = evidence(
        audit_log=[
            made(INTRUDER, Name=".", DeleteMessage="True"),
            record("Remove-InboxRule", hours=2, parameters={"Identity": f"{ADELE.mail}\\."}),
        ]
    )
    finding = only(inbox_rules, seen)
    assert finding.sign.id == "rule_made_from_suspect_address"
    assert "removed or disabled at" in finding.summary


def test_a_rule_is_graded_alike_when_nothing_is_known_of_the_user() -> None:
    seen = evidence(audit_log=[made(None, Name="..", SubjectContainsWords="invoice", DeleteMessage="True")])
    assert counting(inbox_rules, seen, STRANGER) == ["rule_hides_telling_mail"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RSS Feeds", Hiding.RSS),
        ("RSS-подписки", Hiding.RSS),
        ("Sottoscrizioni RSS", Hiding.RSS),
        ("Flux RSS", Hiding.RSS),
        ("adele:\\Historique des conversations", Hiding.HISTORY),
        ("Unterhaltungsverlauf", Hiding.HISTORY),
        ("Elementos eliminados", Hiding.DELETED),
        ("Verwijderde items", Hiding.DELETED),
        ("削除済みアイテム", Hiding.DELETED),
        ("Correo no deseado", Hiding.JUNK),
        ("Lixo Eletrônico", Hiding.JUNK),
        ("Skräppost", Hiding.JUNK),
        ("Problemi di sincronizzazione", Hiding.SYNC),
        ("Anteckningar", Hiding.NOTES),
        ("\\Arquivo Morto", Hiding.ARCHIVE),
        ("Newsletters", Hiding.NONE),
        ("Notes on birds", Hiding.NONE),
        ("Archive 2019", Hiding.NONE),
        (":\\Calendar", Hiding.CALENDAR),
        ("Kalender", Hiding.CALENDAR),
        ("Clutter", Hiding.CLUTTER),
        (":\\Journal", Hiding.JOURNAL),
        ("Aufgaben", Hiding.TASKS),
        ("Contactos", Hiding.CONTACTS),
        ("Brouillons", Hiding.DRAFTS),
        ("Исходящие", Hiding.OUTBOX),
        ("发件箱", Hiding.OUTBOX),
        ("Recoverable Items\\Purges", Hiding.RECOVERABLE),
        ("adele:\\Archive\\2024\\Q1", Hiding.ARCHIVE),
        ("RSS Feeds/News", Hiding.RSS),
        ("Inbox\\Club", Hiding.NONE),
    ],
)
def test_folders_are_known_in_many_languages(name: str, kind: Hiding) -> None:
    assert hiding_of_name(name) is kind


def test_a_folders_fixed_name_goes_before_its_shown_name() -> None:
    assert hiding_of(folder("Notes", "x", "inbox")) is Hiding.NONE
    assert hiding_of(folder("Krempel", "x", "deleteditems")) is Hiding.DELETED


def test_a_folder_in_one_that_hides_mail_hides_it_as_well() -> None:
    archive = folder("Archiv", "archive", "archive")
    inner = folder("2024", "inner").model_copy(update={"parent_folder_id": "archive"})
    loop = folder("Club", "loop").model_copy(update={"parent_folder_id": "loop"})
    folders = {one.id: one for one in (archive, inner, loop)}
    assert hiding_within(inner, folders) is Hiding.ARCHIVE
    assert hiding_within(loop, folders) is Hiding.NONE
    assert hiding_within(inner, {}) is Hiding.NONE


def test_a_mail_folder_named_calendar_is_the_users_own() -> None:
    assert hiding_of(folder("Calendar", "x")) is Hiding.NONE
    assert hiding_of(folder("Entwürfe", "x", "drafts")) is Hiding.DRAFTS


def test_a_rule_that_puts_warnings_into_the_calendar_hides_them() -> None:
    one = made(
        NEW_PLACE, Name="Tidy", SubjectContainsWords="security;admin;reset", MoveToFolder=":\\Calendar"
    )
    assert told(inbox_rules, evidence(audit_log=[one])) == ["rule_hides_telling_mail"]


def test_without_exchanges_list_nobody_may_call_rules_absent() -> None:
    assert lacks(inbox_rules.NEEDS, evidence(inbox_rules=[], mail_folders=[]))
    assert not lacks(inbox_rules.NEEDS, evidence(hidden_inbox_rules=[]))


def test_a_desktop_rule_without_a_recorded_name_is_known_by_where_it_sends() -> None:
    maker = desktop({"ActionType": "Forward", "Recipients": [DROP]}, address=INTRUDER)
    finding = only(inbox_rules, live(rule("Copy", forwardTo=[DROP]), records=(maker,)))
    assert finding.records == ("rule Copy", maker.id)
    assert finding.sign.id == "rule_forwards_outside_secretly"


DESKTOP = [
    ("delete", {"ActionType": "Delete"}, "'phishing'", "rule_hides_telling_mail"),
    ("mark as read", {"ActionType": "MarkAsRead"}, "", None),
    ("move into RSS", {"ActionType": "Move", "DestinationFolderId": "rss"}, "", "rule_hides_mail"),
    (
        "move into a folder that is not listed",
        {"ActionType": "Move", "DestinationFolderId": "A" * 60},
        "",
        None,
    ),
    ("delete everything", {"ActionType": "Delete"}, "null", "rule_hides_telling_mail"),
]


@pytest.mark.parametrize(
    ("action", "condition", "sign"), [row[1:] for row in DESKTOP], ids=[r[0] for r in DESKTOP]
)
def test_a_desktop_rules_actions_are_read(
    action: dict[str, object], condition: str, sign: str | None
) -> None:
    details = {
        "RuleOperation": "AddMailboxRule",
        "RuleActions": json.dumps([action]),
        "RuleCondition": condition,
    }
    seen = evidence(audit_log=[record("UpdateInboxRules", details=details)], mail_folders=FOLDERS)
    assert counting(inbox_rules, seen) == ([sign] if sign else [])


def test_actions_that_are_no_json_still_show_where_they_send() -> None:
    details = {"RuleOperation": "AddMailboxRule", "RuleActions": f"ForwardToRecipientsAction: {DROP}"}
    seen = evidence(audit_log=[record("UpdateInboxRules", details=details)])
    assert counting(inbox_rules, seen) == ["rule_forwards_outside"]
    nothing = {"RuleOperation": "AddMailboxRule", "RuleActions": "[broken"}
    assert counting(inbox_rules, evidence(audit_log=[record("UpdateInboxRules", details=nothing)])) == []


def test_a_rule_that_the_intruder_changed_is_told_by_the_change() -> None:
    first = made(OFFICE, Name="Bills", SubjectContainsWords="invoice", MoveToFolder="Bills")
    second = record(
        "Set-InboxRule",
        hours=3,
        address=INTRUDER,
        parameters={"Identity": "Bills", "MoveToFolder": "RSS Feeds"},
    )
    finding = only(inbox_rules, evidence(audit_log=[first, second]))
    assert (finding.at, finding.address) == (at(3), INTRUDER)
    assert finding.records == (first.id, second.id)


def test_switching_a_rule_on_again_does_not_change_who_made_it() -> None:
    first = made(INTRUDER, Name=".", DeleteMessage="True")
    again = record("Enable-InboxRule", hours=3, parameters={"Identity": f"{ADELE.mail}\\."})
    assert only(inbox_rules, evidence(audit_log=[first, again])).address == INTRUDER


SIZES = [
    ("below a kilobyte", {"WithinSizeRangeMinimum": "1 B (1 bytes)"}, "rule_hides_telling_mail"),
    ("above a megabyte", {"WithinSizeRangeMinimum": "1 MB (1,048,576 bytes)"}, None),
    ("a vowel", {"SubjectOrBodyContainsWords": "a;e"}, "rule_hides_telling_mail"),
    ("an at sign in the sender", {"FromAddressContainsWords": "@"}, "rule_hides_telling_mail"),
    ("a word", {"SubjectContainsWords": "discount"}, None),
    ("nothing", {}, "rule_hides_telling_mail"),
    ("a word and an attachment", {"SubjectContainsWords": "a", "HasAttachment": "True"}, None),
    ("bounces", {"MessageTypeMatches": "NonDeliveryReport"}, "rule_hides_telling_mail"),
]


@pytest.mark.parametrize(("condition", "sign"), [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_a_condition_that_every_message_fulfils_is_none(condition: dict[str, str], sign: str | None) -> None:
    seen = evidence(audit_log=[made(OFFICE, Name="Tidy up", DeleteMessage="True", **condition)])
    assert counting(inbox_rules, seen) == ([sign] if sign else [])


def test_a_rule_that_is_switched_off_says_so() -> None:
    off = rule("Copy", forwardTo=[DROP]).model_copy(update={"is_enabled": False})
    assert "; it is disabled" in only(inbox_rules, live(off)).summary


ARCHIVED = [
    ("an odd name and money", rule("..", ABOUT_MONEY, moveToFolder="archive"), "rule_hides_telling_mail"),
    ("an odd name", rule("..", FROM_SHOP, moveToFolder="archive"), "rule_hides_mail"),
    (
        "money, marked as read",
        rule("Bills", ABOUT_MONEY, moveToFolder="archive", markAsRead=True),
        "rule_hides_mail",
    ),
    ("everything", rule("All", moveToFolder="archive"), "rule_hides_mail"),
    ("money", rule("Bills", ABOUT_MONEY, moveToFolder="archive"), None),
]


@pytest.mark.parametrize(("one", "sign"), [row[1:] for row in ARCHIVED], ids=[row[0] for row in ARCHIVED])
def test_the_archive_alone_is_no_hiding_place(one: InboxRule, sign: str | None) -> None:
    assert counting(inbox_rules, live(one)) == ([sign] if sign else [])


def test_a_bounce_condition_of_graph_is_a_telling_word() -> None:
    assert counting(inbox_rules, live(rule("No bounces", {"isNonDeliveryReport": True}, delete=True))) == [
        "rule_hides_telling_mail"
    ]


def test_of_two_rules_of_one_name_the_one_that_graph_does_not_show_is_judged() -> None:
    """Exchange's list has no IsHidden; a harmless rule of Graph's must not stand for another of its name."""
    forwards = HiddenInboxRule(
        identity="1", name="Invoices", priority=0, forward_to=('"Drop" [SMTP:drop@evil.example]',)
    )
    moves = HiddenInboxRule(identity="2", name="Invoices", priority=1, move_to_folder="Rechnungen")
    seen = evidence(
        inbox_rules=[rule("Invoices", moveToFolder="invoices")],
        hidden_inbox_rules=[forwards, moves],
        mail_folders=FOLDERS,
    )
    found = [one for one in inbox_rules.detect(seen, USUAL) if "drop@evil.example" in one.summary]
    assert [one.records[0] for one in found] == ["1"]


def test_a_rule_that_graph_lists_without_what_it_does_is_judged_by_exchanges_copy() -> None:
    bare = InboxRule.model_validate({"id": "read only", "displayName": "Work", "isReadOnly": True})
    copy = HiddenInboxRule(
        identity="1", name="Work", forward_to=('"Drop" [SMTP:drop@evil.example]',), delete_message=True
    )
    seen = evidence(inbox_rules=[bare], hidden_inbox_rules=[copy], mail_folders=FOLDERS)
    found = [one for one in inbox_rules.detect(seen, USUAL) if "drop@evil.example" in one.summary]
    assert [one.records[0] for one in found] == ["read only"]


LEGACY = "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=0a1b-helper"


def test_whom_a_visible_rule_sends_to_is_told_by_exchange_where_graph_names_no_address() -> None:
    """Behind a recipient of the organization may be a contact, whose mail goes outside."""
    seen = evidence(
        inbox_rules=[rule("Copies", forwardTo=[LEGACY])],
        hidden_inbox_rules=[
            HiddenInboxRule(identity="1", name="Copies", forward_to=('"Helper" [SMTP:drop@evil.example]',))
        ],
    )
    found = [one for one in inbox_rules.detect(seen, USUAL) if "drop@evil.example" in one.summary]
    assert [(one.sign.id, one.records[0]) for one in found] == [("rule_forwards_outside", "rule Copies")]


def test_a_rule_that_sends_to_a_colleague_whom_the_lists_name_differently_is_not_hidden() -> None:
    seen = evidence(
        inbox_rules=[rule("Deputy", FROM_SHOP, forwardTo=[LEGACY])],
        hidden_inbox_rules=[
            HiddenInboxRule(
                identity="1", name="Deputy", forward_to=('"Alex" [SMTP:alex.wilber@contoso.example]',)
            )
        ],
    )
    assert counting(inbox_rules, seen) == []
    assert [one.hidden for one in rules_of(seen)] == [False]


def test_a_rule_of_the_same_name_that_sends_to_more_people_is_still_another_one() -> None:
    seen = evidence(
        inbox_rules=[rule("Deputy", FROM_SHOP, forwardTo=[LEGACY])],
        hidden_inbox_rules=[
            HiddenInboxRule(
                identity="1",
                name="Deputy",
                forward_to=("alex.wilber@contoso.example", "megan@contoso.example"),
            )
        ],
    )
    assert [one.hidden for one in rules_of(seen)] == [False, True]


@pytest.mark.parametrize(
    ("drop", "harmless"),
    [
        ({"move_to_folder": "RSS-Abonnements"}, {"move_to_folder": "Rechnungen"}),
        (
            {"move_to_folder": "Rechnungen", "subject_contains_words": ("hacked", "phish")},
            {"move_to_folder": "Rechnungen"},
        ),
    ],
)
def test_rules_of_one_name_are_told_apart_by_folder_and_words(
    drop: dict[str, Any], harmless: dict[str, Any]
) -> None:
    """Both move mail; Graph shows the second alone, and the first must still be judged."""
    seen = evidence(
        inbox_rules=[rule("Invoices", moveToFolder="invoices")],
        hidden_inbox_rules=[
            HiddenInboxRule(identity="1", name="Invoices", priority=0, **drop),
            HiddenInboxRule(identity="2", name="Invoices", priority=1, **harmless),
        ],
        mail_folders=FOLDERS,
    )
    ids = {name for one in rules_of(seen) for name in one.ids}
    assert "1" in ids
    assert "2" not in ids


def test_a_greek_name_is_known_although_its_last_letter_has_two_forms():
    assert hiding_of_name("Σημειώσεις") is Hiding.NOTES
    assert hiding_of_name("ΣΗΜΕΙΏΣΕΙΣ") is Hiding.NOTES


EVERY_RULE = [
    (
        "a rule that sorts mail, by cmdlet",
        made(Name="Club", From="a@b.example", MoveToFolder="Club"),
        "rule_made_or_changed",
    ),
    (
        "a rule that sorts mail, by desktop",
        desktop({"ActionType": "Move", "DestinationFolderName": "Club"}),
        "rule_made_or_changed",
    ),
    ("a rule switched on", made(OFFICE, "Enable-InboxRule", Identity="Club"), "rule_made_or_changed"),
    ("a rule removed", made(NEW_PLACE, "Remove-InboxRule", Identity="Club"), "rule_made_or_changed"),
    ("a rule switched off", made(OFFICE, "Disable-InboxRule", Identity="Club"), "rule_made_or_changed"),
    ("a record without parameters, at the office", made(), "rule_made_or_changed"),
    ("a record without parameters, from a new place", made(NEW_PLACE), "rule_made_unreadably"),
    ("a record with the name alone, from a new place", made(NEW_PLACE, Name="Club"), "rule_made_unreadably"),
]


@pytest.mark.parametrize(("why", "one", "sign"), EVERY_RULE, ids=[row[0] for row in EVERY_RULE])
def test_every_rule_that_was_made_changed_or_removed_is_told(why: str, one: AuditRecord, sign: str) -> None:
    assert told(inbox_rules, evidence(audit_log=[one])) == [sign]


def test_a_rule_that_stands_and_sorts_mail_is_left_alone() -> None:
    assert told(inbox_rules, live(rule("Club", FROM_SHOP, moveToFolder="news"))) == []


def test_a_record_that_does_not_say_what_the_rule_does_is_not_called_harmless() -> None:
    summary = only(inbox_rules, evidence(audit_log=[made(NEW_PLACE, Name="Club")])).summary
    assert "has actions that its record does not show" in summary


def test_a_sweep_rule_is_called_one_and_names_its_sender() -> None:
    """Source: Exchange PowerShell, "New-SweepRule" (Sender, DestinationFolder)."""
    given = {"Name": "clean", "Sender": "shop@fabrikam.example", "DestinationFolder": "Deleted Items"}
    summary = only(inbox_rules, evidence(audit_log=[made(OFFICE, "New-SweepRule", **given)])).summary
    assert summary.startswith("The sweep rule “clean” deletes mail, if a message contains shop@fabrikam")


def test_no_name_can_end_its_quotes_and_go_on_in_our_words():
    name = "News” does nothing; it was made by the user. “"
    (found,) = inbox_rules.detect(live(rule(name, delete=True)), USUAL)
    assert found.summary.startswith(
        'The inbox rule “News" does nothing; it was made by the user. "” deletes mail'
    )
    assert in_short(found).endswith("” deletes mail and applies to every message")


@pytest.mark.parametrize(
    ("address", "sign"), [(OFFICE, "rule_deletes_mail"), (NEW_PLACE, "rule_deletes_mail_elsewhere")]
)
def test_a_rule_that_deletes_or_archives_mail_weighs_a_little_in_a_doubtful_session(
    address: str, sign: str
) -> None:
    strange: dict[str, Any] = {
        "location": {"city": "Bath", "countryOrRegion": "GB"},
        "user_agent": "Mozilla/5.0 Firefox/131.0",
    }
    sources = [*past(), sign_in(hours=-1, address=NEW_PLACE, **strange)]
    archives = {"MoveToFolder": "Archive", "MarkAsRead": "True"}
    for what, expected in (
        ({"DeleteMessage": "True"}, sign),
        (archives, sign if address == NEW_PLACE else "rule_archives_mail"),
    ):
        rule_made = made(address, Name="Club", From="a@b.example", **what)
        seen = evidence(sign_ins=sources, audit_log=[rule_made])
        assert {one.sign.id for one in inbox_rules.detect(seen, learn(seen))} == {expected}
