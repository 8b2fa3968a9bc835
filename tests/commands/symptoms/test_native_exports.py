"""Real exports: what each file's name says is found from its records alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.symptoms import Symptom, inbox_rules, mail_forwarding
from commands.usual import learn
from graph.audit_log.files import Unreadable, read
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.question import Subject, Window
from tests.examples import EXAMPLES, needs_examples

NATIVE = EXAMPLES / "native_formats"


def seen(name: str) -> Evidence:
    """What an export tells of the one user that it is about: the audit log and nothing else."""
    records = [
        entry
        for entry in read(NATIVE / name)
        if not isinstance(entry, Unreadable) and isinstance(entry, AuditRecord)
    ]
    actor = records[0].actor
    subject = Subject(id="", user_principal_name=actor, mail=actor, addresses=(actor,))
    window = Window(records[0].at - timedelta(days=1), records[-1].at + timedelta(days=1))
    log = Known(tuple(records), missing=("only what the exported files contain",))
    return Evidence(subject=subject, window=window, audit_log=log)


@needs_examples
@pytest.mark.parametrize(
    ("name", "symptom", "sign"),
    [
        ("t1564.008_New inbox rule to delete email.csv", inbox_rules, "rule_hides_telling_mail"),
        (
            "t1564.008_Update existing mailbox rule using Set-InboxRule.csv",
            inbox_rules,
            "rule_hides_telling_mail",
        ),
        ("t1114_Set-Mailbox-ForwardSMTPAddress.csv", mail_forwarding, "forwarding_outside"),
    ],
)
def test_a_real_export_shows_what_its_name_says(name: str, symptom: Symptom, sign: str) -> None:
    evidence = seen(name)
    assert [one.sign.id for one in symptom.detect(evidence, learn(evidence))] == [sign]


@needs_examples
def test_the_file_that_holds_no_attack_shows_nothing() -> None:
    evidence = seen("t1098.002_Mail Account Delegation full access permissions.csv")
    usual = learn(evidence)
    assert [
        one for symptom in (inbox_rules, mail_forwarding) for one in symptom.detect(evidence, usual)
    ] == []
