"""A check judges each symptom as present, absent or unknown, and never calls unseen things absent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.artefacts import report_store
from bot.artefacts.report_html import report_html
from bot.artefacts.report_text import report_text
from bot.artefacts.timeline_png import picture
from bot.messages.details import details
from commands import check, symptoms, usual
from commands.coverage import state_of
from commands.report import Coverage, Finding, Result, Severity, Sign, VerdictCode
from graph.evidence import NOT_ASKED, SOURCES, Evidence, Known, Reason, Unavailable
from tests.commands.evidence import ADELE, NOON, WINDOW, evidence, record
from tests.commands.symptoms.judging import broken_in

REFUSED = Unavailable(Reason.PERMISSION, "The permission Mail.Read is missing.", "Mail.Read")
GRAVE = Sign("grave", Severity.HIGH, "")
NOTE = Sign("note", Severity.INFO, "")
NAMES = [symptom.__name__.rpartition(".")[2] for symptom in symptoms.SYMPTOMS]


class Symptom:
    """A symptom that finds what it is told to."""

    TITLE = "Invented"
    SOURCE = "nowhere"
    HELPS = ()
    SIGNS = (GRAVE, NOTE)

    def __init__(self, needs: tuple[str | tuple[str, ...], ...], *findings: Finding) -> None:
        self.__name__ = "commands.symptoms.invented"
        self.NEEDS = needs
        self._findings = findings

    def detect(self, evidence: Evidence, usual: usual.Usual) -> Any:
        yield from self._findings


FINDING = Finding("invented", GRAVE, "Something grave.")
REMARK = Finding("invented", NOTE, "Something small.")
WHOLE = Known(())
PART = Known((), missing=("the archive",))

RULE = [
    ("found, all seen", ("mailbox",), {"mailbox": WHOLE}, (FINDING,), Result.PRESENT),
    ("found, not all seen", ("mailbox", "user"), {"mailbox": WHOLE}, (FINDING,), Result.PRESENT),
    ("nothing found, all seen", ("mailbox",), {"mailbox": WHOLE}, (), Result.ABSENT),
    ("only a remark, all seen", ("mailbox",), {"mailbox": WHOLE}, (REMARK,), Result.ABSENT),
    ("nothing found, nothing seen", ("mailbox",), {}, (), Result.UNKNOWN),
    ("nothing found, refused", ("mailbox",), {"mailbox": REFUSED}, (), Result.UNKNOWN),
    ("only a remark, refused", ("mailbox",), {"mailbox": REFUSED}, (REMARK,), Result.UNKNOWN),
    ("nothing found, seen in part", ("mailbox",), {"mailbox": PART}, (), Result.UNKNOWN),
    ("one of two is enough", (("sign_ins", "audit_log"),), {"audit_log": WHOLE}, (), Result.ABSENT),
    (
        "neither of two",
        (("sign_ins", "audit_log"),),
        {"sign_ins": REFUSED, "audit_log": PART},
        (),
        Result.UNKNOWN,
    ),
    ("what helps is not needed", (), {"mailbox": REFUSED}, (), Result.ABSENT),
]


@pytest.mark.parametrize(("why", "needs", "sources", "found", "expected"), RULE, ids=[row[0] for row in RULE])
def test_the_rule_of_three_answers(why, needs, sources, found, expected):
    seen = evidence(**sources)
    answer = check._result(Symptom(needs, *found), seen, usual.Usual())
    assert answer.result is expected
    assert answer.id == "invented"
    assert answer.findings == found


def test_a_present_symptom_gives_its_gravest_finding_as_the_reason():
    answer = check._result(Symptom((), REMARK, FINDING), evidence(), usual.Usual())
    assert answer.reason == "Something grave."


def test_what_was_not_seen_is_said_with_its_reason():
    seen = evidence(mailbox=REFUSED, user=PART, sign_ins=REFUSED)
    assert check.lacks(("mailbox",), seen) == ["mailbox (The permission Mail.Read is missing)"]
    assert check.lacks(("user",), seen) == ["user (incomplete: the archive)"]
    assert check.lacks((("sign_ins", "audit_log"),), seen) == [
        "sign-ins (The permission Mail.Read is missing) and audit log (This source was not queried)"
    ]
    assert check.lacks((), seen) == []


def test_the_state_of_a_source_tells_how_much_it_gave():
    assert state_of("mailbox", REFUSED).state is Coverage.UNAVAILABLE
    assert state_of("mailbox", REFUSED).needs == "Mail.Read"
    assert state_of("user", PART).state is Coverage.PARTIAL
    whole = state_of("sign_ins", Known((1, 2, 3), complete_until=NOON))
    assert (whole.state, whole.records, whole.complete_until) == (Coverage.COMPLETE, 3, NOON)
    assert state_of("sign_ins", Known((), ("earlier ones",), complete_from=NOON)).complete_from == NOON
    assert state_of("risky_user", Known(None)).records == 0


def test_the_symptoms_stand_in_the_documents_order():
    assert NAMES == [
        "missing_mail",
        "mail_missing_from_sent_items",
        "inbox_rules",
        "display_name",
        "sending_blocked",
        "hacked_account_messages",
        "profile_changes",
        "credential_changes",
        "mail_forwarding",
        "signature",
        "sign_ins",
        "delegates",
        "admin_roles",
        "mail_protocols",
        "strong_authentication",
        "audit_trail",
        "protection_policies",
        "password_spray",
        "directory_enumeration",
        "oauth_apps",
        "devices",
        "auto_reply",
        "junk_lists",
        "transport_rules",
        "federation",
        "mail_access",
        "data_leaving",
        "account_changes",
        "sign_in_context",
        "file_activity",
        "teams_messages",
        "rare_operations",
    ]


def test_with_nothing_seen_every_symptom_is_unknown_and_nobody_can_tell():
    report = check.judge(evidence(), NOON)
    assert {result.result for result in report.symptoms} == {Result.UNKNOWN}
    assert report.verdict.answer is VerdictCode.CANNOT_TELL
    assert report.timeline == ()
    assert [source.id for source in report.sources] == list(SOURCES)


def test_the_same_evidence_gives_the_same_report():
    seen = evidence(sign_ins=broken_in(), audit_log=[record("Set-Mailbox")])
    assert check.judge(seen, NOON) == check.judge(seen, NOON)


class Watched:
    """Evidence that notes which of its sources are read."""

    def __init__(self, whole: Evidence) -> None:
        self._whole = whole
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name in SOURCES:
            self.read.add(name)
        return getattr(self._whole, name)

    def records(self) -> Any:
        self.read.update(
            ("audit_log", "audit_log_on_mailbox", "directory_audits_on_user", "directory_audits_by_user")
        )
        return self._whole.records()


@pytest.mark.parametrize("symptom", symptoms.SYMPTOMS, ids=NAMES)
def test_a_symptom_reads_only_what_it_declares(symptom):
    named = {name for need in symptom.NEEDS for name in ((need,) if isinstance(need, str) else need)}
    declared = named | set(symptom.HELPS)
    assert declared <= set(SOURCES)
    for seen in (evidence(), evidence(sign_ins=broken_in(), audit_log=[record("UserLoggedIn", owner="")])):
        watched: Any = Watched(seen)
        list(symptom.detect(watched, usual.learn(seen)))
        assert watched.read <= declared


@pytest.mark.parametrize("symptom", symptoms.SYMPTOMS, ids=NAMES)
def test_a_symptom_finds_nothing_in_nothing_and_has_its_shape(symptom):
    assert list(symptom.detect(evidence(), usual.learn(evidence()))) == []
    assert symptom.TITLE
    assert symptom.SOURCE
    assert symptom.SIGNS
    assert all(sign.why.endswith(".") for sign in symptom.SIGNS)


def test_the_sources_of_the_invented_evidence_are_not_asked_by_default():
    assert all(source is NOT_ASKED for source in evidence().sources.values())
    assert evidence().subject is ADELE
    assert evidence().window == WINDOW


def test_a_timeline_that_cannot_be_made_costs_itself_alone_and_is_told_as_missing():
    report = check.judge(evidence(sign_ins=broken_in(), registered_devices=["no device"]), NOON)
    assert report.findings
    assert report.timeline == ()
    assert report.no_timeline.startswith("Internal error while building the timeline. Reference: ")
    posted = " ".join(str(message.blocks) for message in details(report))
    pages = (posted, report_text(report), report_html(report), picture(report).trouble)
    assert all(report.no_timeline in page for page in pages)
    assert report_store.load(report_store.dump(report)) == report
