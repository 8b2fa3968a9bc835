"""The story says who was in, since when, how, from where and what they did, and what is not known."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.messages.story import brief, sentences
from commands import check
from commands.analyze import analyze
from commands.report import (
    Access,
    Clause,
    Finding,
    Owner,
    Report,
    Result,
    Story,
    SymptomResult,
    Verdict,
    VerdictCode,
    weighed,
)
from commands.sentence import Piece, Sentence, around, sentence, thing, whole
from commands.story import parts as parts_of_story
from commands.story import story
from commands.story.story import PARTS, tell
from commands.usual import Usual, learn
from graph.evidence import Evidence
from graph.question import Window
from graph.resources.mailbox import BlockedSender
from graph.resources.sign_ins import RiskDetection
from tests.commands.evidence import ADELE, INTRUDER, evidence, record, sign_in
from tests.examples import CASES, needs_cases

AT = datetime(2026, 9, 9, 12, tzinfo=UTC)
WINDOW = Window(AT - timedelta(days=7), AT + timedelta(days=1))
NOW = datetime(2026, 11, 29, tzinfo=UTC)
COMPROMISED = Verdict(VerdictCode.COMPROMISED, 20, "high", (), (), "")


def finding(symptom: str, sign: str, says: str | Sentence, minute: int = 0, **more: Any) -> Finding:
    rests_on = more.pop("record", f"{symptom}-{minute}")
    pieces = sentence(says)
    return Finding(
        symptom=symptom, sign=weighed(sign), summary=whole(pieces), pieces=pieces,
        at=AT + timedelta(minutes=minute), by=ADELE.mail, address="203.0.113.7", records=(rests_on,),
        owner=Owner.STRANGER, **more,
    )  # fmt: skip


def told(*findings: Finding) -> Story:
    found = story_of(*findings)
    assert found is not None
    return found


def story_of(*findings: Finding, verdict: Verdict = COMPROMISED) -> Story | None:
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", findings)]
    return tell(Evidence(subject=ADELE, window=WINDOW), Usual(), results, verdict)


def test_what_was_taken_is_told_the_gravest_first_whatever_its_findings_weigh():
    """A whole mailbox or folder before files, and files before messages that were opened one by one."""
    exported = record("New-ComplianceSearchAction", parameters={"Export": "True", "Name": "Q4"})
    found = [
        finding("mail_access", "mail_read_by_intruder", "Opened", 1),
        finding("file_activity", "files_fetched_by_program", "Files", 2),
        finding("data_leaving", "shared_by_intruder", "Shared", 3),
        finding("mail_access", "mail_synced_by_intruder", "Synced", 4),
        finding("data_leaving", "data_leaving_by_intruder", "Exported", 5, record=exported.id),
    ]
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", tuple(found))]
    seen = evidence(audit_log=[exported])
    for order in (results, [dataclasses.replace(results[0], findings=tuple(reversed(found)))]):
        story_told = tell(seen, Usual(), order, COMPROMISED)
        assert story_told is not None
        assert [one.says for one in story_told.read_or_taken] == [
            "Exported", "Synced", "Files", "Shared", "Opened",
        ]  # fmt: skip


def test_microsofts_first_alert_since_the_attacker_was_in_is_told_and_one_before_or_settled_is_not():
    def alert(minutes: float, name: str) -> Any:
        details = {"Name": name, "Data": f"{{'eid': '{ADELE.mail}'}}"}
        return record("AlertTriggered", hours=minutes / 60, details=details, owner="")

    def risk(minutes: float, state: str, kind: str) -> Any:
        at = AT + timedelta(minutes=minutes)
        return RiskDetection(id=kind, risk_event_type=kind, risk_state=state, detected_date_time=at)

    def alerted(**sources: Any) -> list[str]:
        results = [SymptomResult("x", "X", "", Result.PRESENT, "", (FORWARDED,))]
        found = tell(evidence(**sources), Usual(), results, COMPROMISED)
        assert found is not None
        return [one.says for one in found.alerted]

    early, late = alert(-60, "Password spray"), alert(90, "User restricted")
    assert alerted(audit_log=[early, late]) == ["the alert “User restricted”"]
    risks = [risk(30, "dismissed", "generic"), risk(60, "atRisk", "unlikelyTravel"), risk(-9, "atRisk", "x")]
    assert alerted(audit_log=[late], risk_detections=risks) == ["the risk detection “atypical travel”"]
    block = BlockedSender(sender_address=ADELE.mail, created_datetime=AT + timedelta(minutes=45))
    assert alerted(audit_log=[late], risk_detections=risks, blocked_senders=[block]) == [
        "the block of sending"
    ]
    assert alerted(audit_log=[early]) == []


RELAY = "probably a phishing page that relayed the sign-in (adversary in the middle)"
RELAYED = f"{RELAY}; a phishing-kit client signed in"
SIGNED_IN = finding("sign_ins", "suspect_address_signed_in", "Suspicious sign-in, once")
FORWARDED = finding(
    "mail_forwarding", "forwarding_outside",
    sentence("Forwarding to drop@evil.example was added",
             around(f" by {ADELE.mail} from 203.0.113.7 (suspicious IP address)")), 1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("part", "one", "says"),
    [
        ("persistence", FORWARDED, "Forwarding to drop@evil.example was added"),
        ("persistence", finding("inbox_rules", "rule_forwards_outside", "A rule sends"), "A rule sends"),
        ("hidden", finding("inbox_rules", "rule_hides_telling_mail", "A rule hides"), "A rule hides"),
        ("hidden", finding("missing_mail", "mail_deleted_from_suspect_address", "Gone"), "Gone"),
        ("read_or_taken", finding("mail_access", "mail_synced_by_intruder", "Synced"), "Synced"),
        ("sent", finding("hacked_account_messages", "mass_mail_from_suspect_address", "Sent"), "Sent"),
        ("reached", finding("delegates", "access_to_others", "Opened"), "Opened"),
        ("entry", finding("sign_ins", "prompts_then_success", "Prompts"),
         "an MFA prompt that was approved after others were denied or not answered"),
        ("entry", finding("sign_ins", "device_code_sign_in", "Code"),
         "a device code that the user was led to enter"),
        ("entry", finding("sign_ins", "phishing_kit_sign_in", "axios signed in"), RELAYED),
        ("entry", SIGNED_IN, "valid credentials"),
    ],
)  # fmt: skip
def test_each_finding_tells_its_part(part, one, says):
    (clause,) = getattr(told(one), part)
    assert clause.in_full == says
    assert clause.findings == (f"{one.symptom}.1",)
    assert clause.records == one.records
    assert one.sign.technique in clause.techniques


AXIOS = finding("sign_ins", "phishing_kit_sign_in", "axios signed in", 5)
OR_GUESSED = f"{RELAY} or a guessed password; a phishing-kit client signed in after wrong passwords"
GUESSED = "a guessed or phished password, one factor was enough; the client is one that phishing kits use"


@pytest.mark.parametrize(
    ("minute", "address", "agent", "factors", "says"),
    [
        (1, "203.0.113.7", "curl/8", "single", GUESSED),  # the same address
        (1, "203.0.113.99", "axios/1.6", "single", GUESSED),  # the same client
        (1, "203.0.113.7", "axios/1.7", "multi", GUESSED.replace(", one factor was enough", "")),
        (1, "203.0.113.99", "curl/8", "single", RELAYED),  # somebody else's
        (9, "203.0.113.7", "axios/1.7", "single", RELAYED),  # afterwards
    ],
)
def test_a_client_of_kits_after_wrong_passwords_is_no_proof_of_a_relay(minute, address, agent, factors, says):
    tried = sign_in(hours=0, address=address, error_code=50126, user_agent=agent)
    got_in = sign_in(
        hours=0, address="203.0.113.7", user_agent="axios/1.7",
        authentication_requirement=f"{factors}FactorAuthentication",
    )  # fmt: skip
    usual = Usual(
        sign_ins=(
            tried.model_copy(update={"created_date_time": AT + timedelta(minutes=minute)}),
            got_in.model_copy(update={"created_date_time": AT + timedelta(minutes=5)}),
        )
    )
    continued = finding("sign_ins", "session_in_two_countries", "A session went on elsewhere", 6)
    relayed = RELAYED if says == RELAYED else OR_GUESSED
    for found, expected in (([AXIOS], says), ([AXIOS, continued], relayed)):
        results = [SymptomResult("x", "X", "", Result.PRESENT, "", tuple(found))]
        whole = tell(Evidence(subject=ADELE, window=WINDOW), usual, results, COMPROMISED)
        assert whole is not None
        assert [one.in_full for one in whole.entry] == [expected]
        unsure = "how they obtained the credentials" in {one.says for one in whole.unknown}
        assert unsure is not expected.startswith(RELAY)


SCRIPT = finding("sign_ins", "scripted_sign_in", "Python (script) signed in", 5)
A_PROGRAM = "a program that signed in with valid credentials"
A_GUESS = "probably a guessed password; a program signed in after wrong passwords"


@pytest.mark.parametrize(
    ("minute", "address", "error", "says"),
    [
        (1, "203.0.113.7", 50126, A_GUESS),
        (9, "203.0.113.7", 50126, A_PROGRAM),  # afterwards
        (1, "203.0.113.7", 50076, A_PROGRAM),  # a code was asked for: the password was known
        (-2000, "203.0.113.7", 50126, A_PROGRAM),  # long before
    ],
)
def test_a_program_after_wrong_passwords_guessed(minute, address, error, says):
    tried = sign_in(hours=0, address=address, error_code=error, user_agent="python-requests/2.31.0")
    got_in = sign_in(hours=0, address="203.0.113.7", user_agent="python-requests/2.31.0")
    usual = Usual(
        sign_ins=tuple(
            one.model_copy(update={"created_date_time": AT + timedelta(minutes=at)})
            for one, at in ((tried, minute), (got_in, 5))
        )
    )
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", (SCRIPT,))]
    whole = tell(Evidence(subject=ADELE, window=WINDOW), usual, results, COMPROMISED)
    assert whole is not None
    assert [one.in_full for one in whole.entry] == [says]


HELP_DESK = "help.desk@contoso.example"


@pytest.mark.parametrize(
    ("minute", "operation", "sign", "tells"),
    [
        (-30, "Reset user password.", "password_reset_by_administrator", True),
        (30, "Reset user password.", "password_reset_by_administrator", False),  # after: containment
        (-3000, "Reset user password.", "password_reset_by_administrator", False),  # days before
        (-30, "Admin deleted security info.", "password_reset_by_administrator", False),
        (-30, "Change user password.", "password_changed_at_own_place", False),  # the user's own change
    ],
)
def test_a_reset_shortly_before_the_first_sign_in_is_told_with_it(minute, operation, sign, tells):
    reset = dataclasses.replace(
        finding("credential_changes", "password_reset_by_administrator", "The password was changed", minute),
        by=HELP_DESK,
    )
    if sign != reset.sign.id:
        reset = dataclasses.replace(reset, sign=dataclasses.replace(reset.sign, id=sign))
    seen = evidence(audit_log=[record(operation, id=reset.records[0], actor=HELP_DESK)])
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", (SIGNED_IN, reset))]
    whole = tell(seen, Usual(), results, COMPROMISED)
    assert whole is not None
    (entry,) = whole.entry
    assert entry.says.startswith("valid credentials")
    assert (f", after {HELP_DESK} had reset the password (" in entry.says) is tells
    assert (set(reset.records) <= set(entry.records)) is tells
    assert entry.techniques == (SIGNED_IN.sign.technique,)
    assert "how they obtained the credentials" in {one.says for one in whole.unknown}


@pytest.mark.parametrize(
    ("verdict", "begins"),
    [
        (dataclasses.replace(COMPROMISED, access=Access.CERTAIN), "Someone else got into this account"),
        (dataclasses.replace(COMPROMISED, access=Access.LIKELY), "Someone else probably got into"),
        (Verdict(VerdictCode.SUSPICIOUS, 5, "low", (), (), "", access=Access.POSSIBLE), "Someone else may"),
    ],
)
def test_the_way_in_is_told_as_surely_as_the_verdict_and_the_records_do(verdict, begins):
    found = story_of(AXIOS, verdict=verdict)
    assert found is not None
    first, *_ = sentences(found)
    assert first.startswith(begins)
    assert "with a phishing page that relayed the sign-in" in first
    assert first.count("probably") == (0 if verdict.access is Access.NONE else 1)
    assert brief(found, ())[1].startswith("*Got in* probably with a phishing page")


def test_where_no_log_shows_a_sign_in_nobody_says_how_they_got_in():
    """Two records of the directory, made by a library: what was done with it was no sign-in."""
    made = record("User registered security info", address=INTRUDER, user_agent="axios/1.7.9")
    consent = record(
        "Consent to application", address=INTRUDER, hours=1 / 60, owner="", object_id="eM Client",
        details={"TargetName": "eM Client"},
    )  # fmt: skip
    report = check.judge(evidence(directory_audits_by_user=[made, consent]), NOW)
    assert report.story is not None
    assert report.story.entry == ()
    assert "how they got in" in {one.says for one in report.story.unknown}
    assert "axios (phishing-kit library) acted from there" in " ".join(one.summary for one in report.findings)
    assert not [one.summary for one in report.findings if "signed in" in one.summary]
    whole = report_text(report)
    assert "how is not known" in whole
    assert "a phishing page" not in whole


def test_one_deed_is_told_once_by_its_gravest_finding():
    small = finding("mail_forwarding", "forwarding_outside", "Mail is forwarded", record="same")
    grave = finding("mail_forwarding", "forwarding_outside_secretly", "Forwarding was added", record="same")
    (clause,) = told(small, grave).persistence
    assert (clause.says, clause.findings) == (
        "Forwarding was added",
        ("mail_forwarding.2", "mail_forwarding.1"),
    )


@pytest.mark.parametrize(
    ("symptom", "sign"),
    [
        ("sending_blocked", "sending_blocked"),
        ("sending_blocked", "sending_restricted_alert"),
        ("sending_blocked", "sending_pattern_alert"),
        ("sending_blocked", "sending_bounced_as_blocked"),
        ("inbox_rules", "rule_alert"),
        ("mail_forwarding", "forwarding_alert"),
        ("file_activity", "file_alert"),
        ("oauth_apps", "risky_consent_blocked"),
        ("strong_authentication", "fraud_reported"),
        ("credential_changes", "password_reset_mail_of_several_services"),
    ],
)
def test_what_others_did_is_no_action_of_the_attacker_and_no_sign_that_they_were_still_in(symptom, sign):
    """Microsoft blocks and warns, the user reports and services write: beside the actions, told as theirs."""
    other = finding(symptom, sign, "Microsoft did it", 90, after="x")
    decided = dataclasses.replace(COMPROMISED, reasons=(FORWARDED, other))
    whole = story_of(FORWARDED, other, verdict=decided)
    assert whole is not None
    actions = [
        one for part in ("persistence", "hidden", "read_or_taken", "sent") for one in getattr(whole, part)
    ]
    assert [one.says for one in actions] == ["Forwarding to drop@evil.example was added"]
    assert [one.says for one in whole.by_others] == ["Microsoft did it"]
    assert whole.last_seen[0].at == FORWARDED.at
    assert "Microsoft did it" in " ".join(sentences(whole))
    alone = story_of(other, verdict=dataclasses.replace(COMPROMISED, reasons=(other,)))
    assert alone is not None
    assert alone.since == ()
    assert "Microsoft did it" in " ".join(sentences(alone))


def test_a_setting_that_was_changed_and_stands_is_one_action():
    """What the automatic reply says now is what was set: no second action."""
    change = finding("auto_reply", "auto_reply_by_intruder", "The automatic reply was set", 5)
    stands = dataclasses.replace(
        finding("auto_reply", "auto_reply_scam", "The automatic reply matches a lure"),
        at=None,
        records=("now",),
    )
    (clause,) = told(stands, change).sent
    assert clause.says == "The automatic reply was set"
    assert clause.records == (*change.records, "now")
    (alone,) = told(stands).sent
    assert alone.says == "The automatic reply matches a lure"


def test_a_message_that_was_sent_and_left_no_copy_is_one_action():
    lure = finding(
        "hacked_account_messages", "mass_mail_from_suspect_address", "“Doc” went to 24", 1, record="m"
    )
    gone = finding(
        "mail_missing_from_sent_items", "missing_mail_sent_from_suspect_address", "No copy", record="m"
    )
    whole = told(lure, gone)
    assert [one.findings for one in whole.sent] == [
        ("hacked_account_messages.1", "mail_missing_from_sent_items.2")
    ]
    assert whole.hidden == ()


def test_a_sum_of_messages_tells_of_those_that_nothing_else_tells_of_and_else_adds_no_action():
    mass = finding(
        "hacked_account_messages", "mass_mail_from_suspect_address", "“Doc” went to 24", 1, record="m"
    )
    whole = dataclasses.replace(
        finding("hacked_account_messages", "mail_sent_from_suspect_address", "One more message was sent"),
        records=("m", "n"),
    )
    assert [(one.says, one.records) for one in told(mass, whole).sent] == [
        ("“Doc” went to 24", ("m",)),
        ("One more message was sent", ("n",)),
    ]
    covered = dataclasses.replace(whole, records=("m",))
    assert [one.says for one in told(mass, covered).sent] == ["“Doc” went to 24"]


@pytest.mark.parametrize("answer", [VerdictCode.NO_SIGN_FOUND, VerdictCode.CANNOT_TELL])
def test_where_nobody_else_was_in_there_is_no_story(answer):
    assert story_of(SIGNED_IN, verdict=dataclasses.replace(COMPROMISED, answer=answer)) is None


def test_what_the_user_did_at_home_is_no_part_of_it():
    own = dataclasses.replace(FORWARDED, owner=Owner.OWNER, sign=weighed("forwarding_inside"))
    assert told(SIGNED_IN, own).persistence == ()


def test_what_is_not_known_is_said():
    says = {one.says for one in told(FORWARDED).unknown}
    assert {"how they got in", "what they read", "what they sent"} <= says
    assert any("still in" in one for one in says)


def test_who_got_an_automatic_reply_of_theirs_is_not_known():
    says = "who wrote to this mailbox and received the automatic reply"
    reply = finding("auto_reply", "auto_reply_by_intruder", "The automatic reply was set")
    assert says in {one.says for one in told(reply).unknown}
    assert says not in {one.says for one in told(FORWARDED).unknown}


def test_at_most_eight_sentences_say_it_and_no_name_is_cut_off():
    name = f"{'x' * 90}@evil.example"
    parts: dict[str, Any] = {
        part: tuple(Clause(says=f"{part} {number} {name}", at=AT) for number in range(12)) for part in PARTS
    }
    whole = Story(certain=True, **parts)
    said = sentences(whole)
    assert 5 <= len(said) <= 8
    assert all(name in one for one in said)
    assert "persistence 2" in " ".join(said)
    assert "and 9 more actions" in " ".join(said)


def lines(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def analyzed(path: Path) -> dict[str, Report]:
    analysis = analyze([path], user=None, now=NOW, processes=1)
    return {one.subject.user_principal_name: one for one in analysis.users}


@needs_cases
@pytest.mark.parametrize("name", ["00_control_base", "16_not_available_signin"])
def test_the_story_of_a_case_answers_the_questions_of_an_investigator(name):
    (report,) = analyzed(CASES / "exports" / f"{name}.jsonl").values()
    found = report.story
    assert found is not None
    assert [f"{one.at:%Y-%m-%d %H:%M}" for one in found.since] == ["2026-06-16 13:05"]
    assert [f"{one.at:%Y-%m-%d %H:%M}" for one in found.last_seen] == ["2026-06-16 13:40"]
    assert found.addresses == ("203.0.113.77",)
    assert "phishing page" in found.entry[0].says
    assert any("drop.box77@mailbox.example.net" in one.says for one in found.persistence)
    assert any("RSS" in one.says for one in found.hidden)
    assert found.read_or_taken
    assert found.sent
    text = report_text(report)
    assert text.index("What happened") < text.index("Why") < text.index("Symptoms")
    written = report_json(report)
    ids = {one["id"] for one in written["findings"]}
    clauses = [clause for part in PARTS for clause in written["story"][part]]
    assert {one for clause in clauses for one in clause["findings"]} <= ids
    assert len(written["story"]["sentences"]) <= 8


@needs_cases
def test_other_accounts_at_the_intruders_address_are_leads(tmp_path):
    text = (CASES / "exports" / "00_control_base.jsonl").read_text().splitlines()
    stolen = [
        json.loads(one) for one in text if '"ClientIP":"203.0.113.77"' in one and "UserLoggedIn" in one
    ][:1]
    assert stolen
    other = [
        one | {"UserId": "lee@fabrikam.example", "UserKey": "", "Actor": [], "Id": f"lee-{number}"}
        for number, one in enumerate(stolen)
    ]
    reports = analyzed(lines(tmp_path / "log", *(json.loads(one) for one in text), *other))
    found = reports["megan.bowen@fabrikam.example"].story
    assert found is not None
    assert [one.says for one in found.leads] == ["lee@fabrikam.example"]
    assert sentences(found)[-1] == "Also check: lee@fabrikam.example (acted in the attacker's session)."


def test_every_symptom_has_its_part():
    from commands.symptoms import SYMPTOMS  # noqa: PLC0415 - only here

    names = {symptom.__name__.rpartition(".")[2] for symptom in SYMPTOMS}
    assert names == {*parts_of_story._PARTS, *story._WAYS_IN}


def test_who_was_acted_on_or_given_rights_is_a_lead_within_one_check():
    given = record(
        "Add-MailboxPermission",
        id="given",
        parameters={"User": "lee@contoso.example", "AccessRights": "FullAccess"},
    )
    taken = record("Add-MailboxPermission", id="taken", owner="megan@contoso.example")
    made = record("Add user", id="made", owner="new@contoso.example")
    other = record("MailItemsAccessed", id="other", actor="diego@contoso.example", address="203.0.113.7")
    abroad = record("Add-MailboxPermission", id="abroad", owner="drop@evil.example")
    seen = evidence(audit_log=[given, taken, made, other, abroad])
    results = [
        SymptomResult("x", "", "", Result.PRESENT, "", (
            SIGNED_IN,
            finding("delegates", "delegate_by_intruder", "Rights", 1, record="given",
                    after="lee@contoso.example"),
            finding("delegates", "access_to_others", "Rights", 2, record="taken"),
            finding("account_changes", "account_made_by_intruder", "New", 3, record="made",
                    after="new@contoso.example"),
            finding("delegates", "access_to_others", "Rights", 4, record="abroad"),
        ))
    ]  # fmt: skip
    found = tell(seen, Usual(internal_domains=frozenset({"contoso.example"})), results, COMPROMISED)
    assert found is not None
    assert [(one.says, one.because) for one in found.leads] == [
        ("diego@contoso.example", "used from the attacker's IP address"),
        ("new@contoso.example", "created from this account"),
        ("lee@contoso.example", "was granted rights by this account"),
        ("megan@contoso.example", "was changed from this account"),
    ]


def owned(one: Finding, owner: Owner, sign: str) -> Finding:
    return dataclasses.replace(one, owner=owner, sign=weighed(sign))


def test_a_small_deed_that_the_verdict_rests_on_is_told():
    flow = owned(finding("data_leaving", "flow_made", "The flow X was created"), Owner.DOUBTFUL, "flow_made")
    assert told(SIGNED_IN, flow).persistence == ()
    found = story_of(SIGNED_IN, flow, verdict=dataclasses.replace(COMPROMISED, reasons=(flow,)))
    assert found is not None
    assert [one.says for one in found.persistence] == ["The flow X was created"]


def test_a_consent_of_the_user_is_the_way_in_only_where_no_session_is_anybody_elses():
    consent = finding(
        "oauth_apps", "risky_consent", "Consent was granted to the application Mailer", after="Mailer"
    )
    consent = owned(consent, Owner.OWNER, "risky_consent")
    decides = dataclasses.replace(COMPROMISED, reasons=(consent,))
    alone = story_of(consent, verdict=decides)
    assert alone is not None
    assert alone.entry[0].says == "an application that the user consented to: Mailer"
    assert "T1528" in alone.entry[0].techniques
    beside = story_of(SIGNED_IN, consent, verdict=decides)
    assert beside is not None
    assert [one.says for one in beside.entry] == ["valid credentials"]
    assert beside.persistence == ()


def test_how_they_got_in_is_told_of_the_first_address_and_not_of_a_later_one():
    later = dataclasses.replace(
        finding("sign_ins", "legacy_sign_in", "A legacy sign-in", 60), address="198.51.100.9"
    )
    assert [one.says for one in told(SIGNED_IN, later).entry] == ["valid credentials"]


def test_a_session_continued_on_another_device_is_a_stolen_one():
    moved = finding("sign_ins", "session_on_another_device", "A session continued there", 1)
    assert "a stolen session of the user" in told(SIGNED_IN, moved).entry[0].says


def test_what_happened_at_several_times_is_placed_at_the_first_and_tells_the_others():
    begins, added = Piece("Mail is forwarded to ", many="Forwarding to "), Piece("", many=" was added")
    archive = sentence(begins, thing("archive@b.example"), added)
    collector = sentence(begins, thing("collector@b.example"), added)
    found = told(
        finding("mail_forwarding", "forwarding_outside", archive, 94, after="archive@b.example"),
        finding("mail_forwarding", "forwarding_outside", collector, 0, after="collector@b.example"),
    )
    (one,) = found.persistence
    assert one.says == "Forwarding to collector@b.example and archive@b.example was added"
    assert (one.at, one.until) == (AT, AT + timedelta(minutes=94))
    assert one.times == (AT, AT + timedelta(minutes=94))


def test_what_one_finding_counts_lasts_until_its_last_record():
    opened = [
        record("MailItemsAccessed", hours=hours, id=f"m{hours}", address="203.0.113.7")
        for hours in (0, 1.5, 3)
    ]
    one = finding("mail_access", "mail_read_by_intruder", "3 messages were opened")
    one = dataclasses.replace(one, at=opened[0].at, records=tuple(each.id for each in opened))
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", (one,))]
    seen = evidence(audit_log=opened)
    found = tell(seen, learn(seen), results, COMPROMISED)
    assert found is not None
    assert found.read_or_taken[0].until == opened[0].at + timedelta(hours=3)


def test_an_address_that_was_used_later_says_since_when():
    found = told(
        finding("inbox_rules", "rule_hides_mail", "A rule", 0),
        dataclasses.replace(
            finding("mail_protocols", "protocol_by_intruder", "POP was enabled", 87), address="198.51.100.9"
        ),
    )
    first, later = (one.says for one in found.origin)
    assert "since" not in first
    assert found.origin[1].at == AT + timedelta(minutes=87)
    assert later.endswith(" since 2026-09-09 13:27 UTC")


def test_an_address_that_microsoft_has_as_anonymized_says_so_beside_its_place():
    risk = RiskDetection(
        id="r", riskEventType="anonymizedIPAddress", ipAddress="203.0.113.7", activityDateTime=AT
    )
    seen = evidence(risk_detections=[risk])
    results = [
        SymptomResult(
            "x", "X", "", Result.PRESENT, "", (finding("inbox_rules", "rule_hides_mail", "A rule"),)
        )
    ]
    found = tell(seen, learn(seen), results, COMPROMISED)
    assert found is not None
    assert found.origin[0].says == "203.0.113.7 (anonymizer; unknown location)"


APP = "b47a1e5a-0000-4000-8000-00000000ca11"
DELEGATE = "diego@contoso.example"


def test_what_another_account_did_is_told_by_whom_and_is_no_action_of_the_attackers():
    """A delegate and an administrator work on this mailbox too; a session of theirs may name any account."""
    granted = finding("delegates", "delegate_outside", "Megan was granted FullAccess", 1)
    by_admin = dataclasses.replace(granted, by=DELEGATE, owner=None, address="198.51.100.9")
    theirs = told(FORWARDED, by_admin)
    (clause,) = theirs.by_others
    assert clause.says == f"Megan was granted FullAccess (by {DELEGATE}, not attributed to the attacker)"
    assert all("Megan" not in one.says for one in theirs.persistence)
    tied = told(FORWARDED, dataclasses.replace(by_admin, owner=Owner.STRANGER))
    assert tied.by_others == ()
    assert any("Megan" in one.says for one in tied.persistence)


def test_what_another_account_did_from_the_attackers_address_is_theirs():
    granted = finding("delegates", "delegate_outside", "Megan was granted FullAccess", 1)
    found = told(FORWARDED, dataclasses.replace(granted, by=DELEGATE, owner=None))
    assert found.by_others == ()
    assert any("Megan" in one.says for one in found.persistence)


def test_what_an_account_did_that_the_attacker_made_is_theirs():
    made = finding("account_changes", "account_made_by_intruder", "An account was made", 1, after=DELEGATE)
    granted = finding("delegates", "delegate_outside", "Megan was granted FullAccess", 2)
    found = told(made, dataclasses.replace(granted, by=DELEGATE, owner=None, address="198.51.100.9"))
    assert found.by_others == ()
    assert any("Megan" in one.says for one in found.persistence)


def test_what_weighs_nothing_is_told_where_somebody_else_may_have_done_it():
    """A rule that deletes one sender's mail is everyday work; in a session of somebody else's it hides."""
    found = finding("inbox_rules", "rule_deletes_mail", "The rule deletes mail", 1)
    doubtful = dataclasses.replace(found, owner=Owner.DOUBTFUL)
    mine = dataclasses.replace(found, owner=Owner.OWNER)
    assert [one.says for one in told(FORWARDED, doubtful).hidden] == ["The rule deletes mail"]
    assert told(FORWARDED, mine).hidden == ()


@pytest.mark.parametrize("after", [APP, "another"])
def test_files_that_an_application_took_are_theirs_who_let_it_in(after):
    """No record of a file names the application by its id where its user agent alone tells."""
    consent = finding("oauth_apps", "consent_by_intruder", "Consent was granted", 1, after="rclone")
    took = finding("mail_access", "files_taken_by_new_app", "The application took 9 files", 2, after=after)
    elsewhere = dataclasses.replace(took, owner=Owner.OWNER, address="198.51.100.9")
    seen = evidence(
        audit_log=[
            record("Consent to application", id=consent.records[0], app_id=APP, object_id=APP),
            record("FileDownloaded", id=took.records[0]),
        ]
    )
    results = [SymptomResult("x", "X", "", Result.PRESENT, "", (consent, elsewhere))]
    story_told = tell(seen, Usual(), results, COMPROMISED)
    assert story_told is not None
    said = [one.says for one in story_told.read_or_taken]
    assert said == ([took.summary] if after == APP else [])


def test_what_an_application_reads_that_somebody_else_let_in_is_theirs():
    """It reads from its maker's address, where the attacker never signed in."""
    consent = finding("oauth_apps", "consent_by_intruder", "Consent was granted", 1, after="Mail Copier")
    read = finding("mail_access", "mail_read_by_new_app", "The application Mail Copier opened 9 messages", 2)
    elsewhere = dataclasses.replace(read, owner=Owner.OWNER, address="198.51.100.9")
    seen = evidence(
        audit_log=[
            record("Consent to application", id=consent.records[0], app_id=APP, object_id=APP),
            record("MailItemsAccessed", id=read.records[0], app_id=APP),
        ]
    )
    for found, says in (((consent, elsewhere), [read.summary]), ((FORWARDED, elsewhere), [])):
        results = [SymptomResult("x", "X", "", Result.PRESENT, "", found)]
        story_told = tell(seen, Usual(), results, COMPROMISED)
        assert story_told is not None
        assert [one.says for one in story_told.read_or_taken] == says


def test_a_kit_is_known_by_its_sign_and_no_word_of_a_sentence_makes_one():
    """Whoever names an application “phishing-kit” would else choose what the way in is told as."""
    word = finding("sign_ins", "scripted_sign_in", "The application “phishing-kit” signed in")
    assert told(word).entry[0].says == "a program that signed in with valid credentials"
