"""Mail forwarding: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.check import lacks
from commands.symptoms import mail_forwarding
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.resources.mailbox import Mailbox
from tests.commands.evidence import (
    ADELE,
    DROP,
    INTRUDER,
    NESTOR,
    OFFICE,
    STRANGER,
    USUAL,
    at,
    counting,
    evidence,
    only,
    record,
    told,
)

ALEX = "alex.wilber@contoso.example"


def set_mailbox(address: str | None = OFFICE, /, hours: float = 0, **more: Any) -> AuditRecord:
    actor = more.pop("actor", ADELE.user_principal_name)
    owner = more.pop("owner", ADELE.user_principal_name)
    return record("Set-Mailbox", hours=hours, address=address, actor=actor, owner=owner, parameters=more)


def mailbox(**fields: object) -> Mailbox:
    return Mailbox.model_validate(fields)


OUT: dict[str, Any] = {"ForwardingSmtpAddress": f"smtp:{DROP}"}
WHOLE: dict[str, Any] = {"audit_log": [], "audit_log_on_mailbox": []}

FOUND = [
    (
        "set by the attacker and in force",
        evidence(
            mailbox=mailbox(forwarding_smtp_address=f"smtp:{DROP}"), audit_log=[set_mailbox(INTRUDER, **OUT)]
        ),
        "forwarding_outside_secretly",
    ),
    (
        "keeps no copy",
        evidence(
            mailbox=mailbox(forwarding_smtp_address=f"smtp:{DROP}", deliver_to_mailbox_and_forward=False)
        ),
        "forwarding_outside_secretly",
    ),
    (
        "outside, and the audit log could not be seen",
        evidence(
            mailbox=mailbox(forwarding_smtp_address=f"smtp:{DROP}", deliver_to_mailbox_and_forward=True)
        ),
        "forwarding_outside",
    ),
    (
        "a contact of the directory that lies outside",
        evidence(mailbox=mailbox(forwarding_address="Drop", forwarding_contact_address=DROP)),
        "forwarding_outside",
    ),
    (
        "outside, and older than what was looked at",
        evidence(mailbox=mailbox(forwarding_smtp_address=f"smtp:{DROP}"), **WHOLE),
        "forwarding_outside_for_long",
    ),
    (
        "an administrator sends a leaver's mail on",
        evidence(audit_log=[set_mailbox(OFFICE, actor=NESTOR, **OUT)]),
        "forwarding_outside_by_administrator",
    ),
    ("records alone", evidence(audit_log=[set_mailbox(**OUT)]), "forwarding_outside"),
    (
        "to a colleague, by the attacker",
        evidence(audit_log=[set_mailbox(INTRUDER, ForwardingAddress="Alex Wilber")]),
        "forwarding_inside_from_suspect_address",
    ),
    (
        "to a colleague, by the user",
        evidence(audit_log=[set_mailbox(ForwardingAddress=ALEX)]),
        "forwarding_inside",
    ),
    (
        "the account, in the attacker's hands, sends others' mail out",
        evidence(audit_log=[set_mailbox(INTRUDER, owner=ALEX, **OUT)]),
        "forwarding_of_others_from_suspect_address",
    ),
    (
        "an alert of Microsoft's",
        evidence(
            audit_log=[
                record(
                    "AlertTriggered",
                    actor="SecurityComplianceAlerts",
                    details={"Name": "Suspicious email forwarding activity"},
                )
            ]
        ),
        "forwarding_alert",
    ),
]


@pytest.mark.parametrize(("seen", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_forwarding_is_found(seen: Evidence, sign: str) -> None:
    assert counting(mail_forwarding, seen) == [sign]


NOT_FOUND = [
    ("no forwarding", evidence(mailbox=mailbox(), **WHOLE)),
    (
        "forwarding was cleared",
        evidence(audit_log=[set_mailbox(ForwardingSmtpAddress="", ForwardingAddress="")]),
    ),
    ("a colleague, for long", evidence(mailbox=mailbox(forwarding_address="Alex Wilber"), **WHOLE)),
    (
        "an administrator sends it to a colleague",
        evidence(audit_log=[set_mailbox(actor=NESTOR, ForwardingAddress=ALEX)]),
    ),
    ("another setting of the mailbox", evidence(audit_log=[set_mailbox(AuditEnabled="True")])),
    (
        "Microsoft's service set it",
        evidence(audit_log=[record("Set-Mailbox", parameters=OUT, by_microsoft=True)]),
    ),
    ("someone else's mailbox", evidence(audit_log=[set_mailbox(actor=NESTOR, owner=ALEX, **OUT)])),
]


@pytest.mark.parametrize("seen", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_what_does_not_send_mail_away_is_no_sign(seen: Evidence) -> None:
    assert counting(mail_forwarding, seen) == []


def test_forwarding_in_force_is_told_once_with_the_record_that_added_it() -> None:
    added = set_mailbox(INTRUDER, hours=-3, DeliverToMailboxAndForward="False", **OUT)
    finding = only(
        mail_forwarding,
        evidence(mailbox=mailbox(forwarding_smtp_address=f"SMTP:{DROP}"), audit_log=[added]),
    )
    assert (finding.at, finding.address, finding.after) == (at(-3), INTRUDER, DROP)
    assert finding.records == (added.id,)


def test_forwarding_that_was_taken_away_is_told_with_both_records() -> None:
    seen = evidence(
        mailbox=mailbox(),
        audit_log=[set_mailbox(INTRUDER, **OUT), set_mailbox(hours=5, ForwardingSmtpAddress="")],
    )
    finding = only(mail_forwarding, seen)
    assert "; removed at" in finding.summary
    assert len(finding.records) == 2


def test_an_administrators_forwarding_of_others_is_little() -> None:
    seen = evidence(audit_log=[set_mailbox(owner=ALEX, **OUT)])
    assert told(mail_forwarding, seen) == ["forwarding_of_others"]


def test_an_export_that_names_the_mailbox_by_an_id_is_understood() -> None:
    seen = evidence(
        subject=replace(ADELE, id=""),
        audit_log=[set_mailbox(owner="311b45d6-1a3e-46ac-8434-721367961e19", **OUT)],
    )
    assert counting(mail_forwarding, seen, STRANGER) == ["forwarding_outside"]


def test_without_the_mailbox_nobody_may_call_forwarding_absent() -> None:
    assert lacks(mail_forwarding.NEEDS, evidence(audit_log=[]))
    assert lacks(mail_forwarding.NEEDS, evidence(mailbox=Known(Mailbox(), missing=("forwarding",))))
    assert not lacks(mail_forwarding.NEEDS, evidence(mailbox=Mailbox()))


def test_of_two_forwardings_the_one_in_force_has_its_own_record() -> None:
    plain = set_mailbox(INTRUDER, **OUT)
    contact = set_mailbox(INTRUDER, hours=1, ForwardingAddress="Accounts Archive")
    box = mailbox(
        forwarding_smtp_address=f"smtp:{DROP}",
        forwarding_address="Accounts Archive",
        forwarding_contact_address="archive@fabrikam.example",
    )
    found = list(mail_forwarding.detect(evidence(mailbox=box, audit_log=[plain, contact]), USUAL))
    assert [(one.after, one.records) for one in found] == [
        ("archive@fabrikam.example", (contact.id,)),
        (DROP, (plain.id,)),
    ]
    assert {one.sign.id for one in found} == {"forwarding_outside_secretly"}


def _sends(owner: str, to: str = DROP, actor: str = ADELE.mail) -> AuditRecord:
    return record("Set-Mailbox", owner=owner, actor=actor, parameters={"ForwardingSmtpAddress": f"smtp:{to}"})


def _rule(owner: str) -> AuditRecord:
    return record("New-InboxRule", owner=owner, parameters={"Name": "x", "RedirectTo": DROP})


MEGAN = "megan.bowen@contoso.example"


@pytest.mark.parametrize(
    ("why", "did", "expected"),
    [
        ("two mailboxes, one address", [_sends(MEGAN), _sends(ALEX)], True),
        ("her own and another, by rule and by setting", [_rule(ADELE.mail), _sends(ALEX)], True),
        ("one mailbox twice", [_sends(MEGAN), _sends(MEGAN)], False),
        ("two mailboxes, two addresses", [_sends(MEGAN), _sends(ALEX, "other@fabrikam.example")], False),
        ("two mailboxes, to a colleague", [_sends(MEGAN, NESTOR), _sends(ALEX, NESTOR)], False),
        ("an administrator's work", [_sends(MEGAN, actor=NESTOR), _sends(ALEX, actor=NESTOR)], False),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_mailboxes_that_send_to_one_outside_address_are_told(
    why: str, did: list[AuditRecord], expected: bool
) -> None:
    assert ("forwarding_to_shared_destination" in told(mail_forwarding, evidence(audit_log=did))) is expected


def _contact(cmdlet: str = "New-MailContact", to: str = DROP, **more: str) -> AuditRecord:
    parameters = {"Name": "Archive", "ExternalEmailAddress": f"SMTP:{to}", **more}
    return record(cmdlet, hours=-1, owner="", parameters=parameters)


_PATH = "EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/Archive"
_BY_CONTACT: dict[str, Any] = {"ForwardingAddress": "Archive"}


@pytest.mark.parametrize(
    ("why", "did", "expected"),
    [
        (
            "her own, by a contact made for it",
            [_contact(), set_mailbox(INTRUDER, **_BY_CONTACT)],
            ["forwarding_outside_secretly"],
        ),
        (
            "another's, by a contact",
            [_contact(), set_mailbox(owner=ALEX, **_BY_CONTACT)],
            ["forwarding_of_others"],
        ),
        (
            "the contact is named by its path",
            [_contact(), set_mailbox(owner=ALEX, ForwardingAddress=_PATH)],
            ["forwarding_of_others"],
        ),
        (
            "a mail user with an address of the tenant",
            [
                _contact("New-MailUser", PrimarySmtpAddress="archive@contoso.example"),
                set_mailbox(owner=ALEX, ForwardingAddress="archive@contoso.example"),
            ],
            ["forwarding_of_others"],
        ),
        (
            "a contact that was turned to the outside",
            [
                _contact("Set-MailContact", Name="", Identity="Archive"),
                set_mailbox(owner=ALEX, **_BY_CONTACT),
            ],
            ["forwarding_of_others"],
        ),
        (
            "two mailboxes by one contact",
            [
                _contact(),
                set_mailbox(owner=ALEX, **_BY_CONTACT),
                set_mailbox(owner="megan.bowen@contoso.example", **_BY_CONTACT),
            ],
            ["forwarding_of_others", "forwarding_to_shared_destination"],
        ),
        (
            "her own by a rule and another by its setting, both by one contact",
            [
                _contact(),
                record("New-InboxRule", owner=ADELE.mail, parameters={"Name": "x", "RedirectTo": "Archive"}),
                set_mailbox(owner=ALEX, **_BY_CONTACT),
            ],
            ["forwarding_of_others", "forwarding_to_shared_destination"],
        ),
        ("a contact alone", [_contact()], []),
        ("another contact", [_contact(Name="Printer"), set_mailbox(owner=ALEX, **_BY_CONTACT)], []),
        (
            "a contact of the own organization",
            [_contact(to="archive@contoso.example"), set_mailbox(owner=ALEX, **_BY_CONTACT)],
            [],
        ),
        (
            "an administrator forwards a leaver's mail by a contact",
            [_contact(), set_mailbox(owner=ALEX, actor=NESTOR, **_BY_CONTACT)],
            [],
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_contact_of_the_tenant_is_the_address_behind_it(
    why: str, did: list[AuditRecord], expected: list[str]
) -> None:
    assert told(mail_forwarding, evidence(audit_log=did)) == expected


def test_forwarding_by_a_contact_says_whose_mail_goes_where_and_by_which() -> None:
    finding = only(mail_forwarding, evidence(audit_log=[_contact(), set_mailbox(owner=ALEX, **_BY_CONTACT)]))
    assert finding.after == DROP
    assert f"Forwarding of {ALEX} to {DROP} (by the contact “Archive”) was set" in finding.summary


def test_a_live_forwarding_by_a_contact_has_the_record_that_set_it() -> None:
    added = set_mailbox(INTRUDER, **_BY_CONTACT)
    seen = evidence(mailbox=mailbox(forwarding_address="Archive"), audit_log=[_contact(), added])
    finding = only(mail_forwarding, seen)
    assert (finding.sign.id, finding.after, finding.records) == (
        "forwarding_outside_secretly",
        DROP,
        (added.id,),
    )
