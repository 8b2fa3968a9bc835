"""Exported logs are judged like a check, for every user in them, in bounded memory."""

from __future__ import annotations

import json
import sys
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.analyze import Analysis, analyze
from commands.analyze.picking import is_person
from commands.analyze.seen import RULES_AS_LISTED, Around, Seen, evidence_of
from commands.check import judge
from commands.report import Coverage, Report, Result, VerdictCode
from graph.audit_log import files
from graph.audit_log.parse import parse
from graph.audit_log.record import AuditRecord
from graph.audit_log.same import keep
from graph.audit_log.tally import UNREADABLE_KEPT
from graph.question import Subject
from tests.benchmarks.analyze.generate import generate
from tests.each import each
from tests.examples import EXAMPLES, needs_examples

NOW = datetime(2026, 9, 1, tzinfo=UTC)
NATIVE = EXAMPLES / "native_formats"

WANTED: Mapping[str, tuple[str, set[str]]] = {
    # file: (whom it must be found for, one of these symptoms)
    "t1098.001_Add a user to company administrator role.csv": ("alex@contoso", {"admin_roles"}),
    "t1098.002_ApplicationImpersonation.csv": ("stinger@contoso", {"admin_roles"}),
    "t1098.002_Mail account delegation-SendAs permission.csv": ("stinger@contoso", {"delegates"}),
    "t1110.003_msolspraywithsuccess_1.csv": ("miriam@contoso", {"password_spray"}),
    "t1110.003_o365spray_reporting.csv": ("lynne@contoso", {"password_spray"}),
    "t1114.002_Enable_POP_IMAP_OWA.csv": ("barbara@contoso", {"mail_protocols"}),
    "t1114_Set-Mailbox-ForwardSMTPAddress.csv": ("matt@contoso", {"mail_forwarding"}),
    "t1482_azurehound_list.csv": ("lidia@contoso", {"directory_enumeration"}),
    "t1531_Remove-Admin members from a group.csv": ("alex@contoso", {"admin_roles"}),
    "t1556.006_Disable Strong Authentication.csv": ("stinger@contoso", {"strong_authentication"}),
    "t1562.001_Remove-DlpCompliancePolicy.csv": ("stinger@contoso", {"protection_policies"}),
    "t1562.001_Set-Mailbox-AuditLogAgeLimitoZero.csv": ("alex@contoso", {"audit_trail"}),
    "t1562.008_Advanced Auditing policy removed from a user.csv": ("matt@contoso", {"audit_trail"}),
    "t1562.008_Disable UAL ingestion.csv": ("stinger@contoso", {"audit_trail"}),
    "t1562.008_Set-MailboxAuditBypassAssociation.csv": ("alex@contoso", {"audit_trail"}),
    "t1564.008_New inbox rule to delete email.csv": ("stinger@contoso", {"inbox_rules"}),
    "t1564.008_Update existing mailbox rule using Set-InboxRule.csv": ("matt@contoso", {"inbox_rules"}),
    "t1592.004_mfa_sweep.csv": ("lidia@contoso", {"password_spray", "sign_ins"}),
}
HARMLESS = "t1098.002_Mail Account Delegation full access permissions.csv"


def logon_of(agent: str) -> dict[str, Any]:
    return {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": "s-1",
        "Operation": "UserLoggedIn",
        "RecordType": 15,
        "UserType": 0,
        "UserId": "adele.vance@contoso.example",
        "UserKey": "7C1F0C5E-3b7a-4f52-9d0e-0f6a2b9f41aa",
        "ClientIP": "203.0.113.7",
        "ErrorNumber": "0",
        "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
    }


def looked_at(*paths: Path, user: str | None = None, processes: int = 1) -> Analysis:
    return analyze(paths, user=user, now=NOW, processes=processes)


def report_of(analysis: Analysis, start: str) -> Report:
    (found,) = [one for one in analysis.users if one.subject.user_principal_name.startswith(start)]
    return found


def present(report: Report) -> set[str]:
    return {one.id for one in report.symptoms if one.result is Result.PRESENT}


@needs_examples
@pytest.mark.parametrize("name", WANTED)
def test_each_example_shows_what_its_name_says(name):
    whom, symptoms = WANTED[name]
    analysis = looked_at(NATIVE / name)
    assert present(report_of(analysis, whom)) & symptoms
    assert analysis.unreadable == ()


@needs_examples
def test_every_example_is_in_the_table():
    assert {path.name for path in NATIVE.glob("*.csv")} == {*WANTED, HARMLESS}


@needs_examples
def test_a_file_with_nothing_but_a_system_record_shows_nothing():
    analysis = looked_at(NATIVE / HARMLESS)
    assert [finding for one in analysis.users for finding in one.findings] == []
    assert analysis.unreadable == ()


@needs_examples
def test_all_examples_together_are_read(tmp_path):
    paths = [path for path in sorted(EXAMPLES.rglob("*")) if path.suffix in {".csv", ".jsonl"}]
    analysis = looked_at(*paths)
    assert {one.reason for one in analysis.unreadable} == {"The sign-in is an application's, not a user's."}
    assert "password_spray" in present(report_of(analysis, "miriam@contoso"))


def test_an_export_never_shows_that_something_is_absent(tmp_path):
    path = tmp_path / "log"
    generate(path, 400, taken_over=0)
    for report in each(looked_at(path).users):
        assert {one.result for one in report.symptoms} <= {Result.PRESENT, Result.UNKNOWN}
        states = {one.id: one for one in report.sources}
        assert states["audit_log"].state is Coverage.PARTIAL
        assert states["mailbox"].state is Coverage.UNAVAILABLE
        assert states["mailbox"].reason == "Not part of the exported files."


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("month") / "audit.jsonl"
    generate(path, 12_000, taken_over=3)
    return path


@pytest.fixture(scope="module")
def all_of_it(month: Path) -> Analysis:
    """What the month says of everybody."""
    return looked_at(month)


def test_of_an_ordinary_month_only_the_taken_over_accounts_stand_out(all_of_it):
    guilty = {
        one.subject.user_principal_name
        for one in all_of_it.users
        if one.verdict.answer is VerdictCode.COMPROMISED
    }
    assert guilty == {f"person00{number}@contoso.example" for number in range(3)}
    assert len(all_of_it.users) == 250
    assert {"inbox_rules", "mail_forwarding"} <= present(report_of(all_of_it, "person000"))


@pytest.mark.slow
def test_two_processes_say_the_same_as_one(month):
    def told(analysis: Analysis) -> list[Any]:
        return [
            (one.subject, one.verdict.answer, [(f.symptom, f.summary, f.records) for f in one.findings])
            for one in analysis.users
        ]

    alone = told(looked_at(month))
    assert told(looked_at(month, processes=2)) == alone
    assert told(looked_at(month, processes=3)) == alone


@pytest.mark.slow
def test_reading_the_quiet_records_as_well_finds_nothing_more(month, monkeypatch):
    """What is passed over because nothing about a user is suspect would have told nothing."""
    in_passing = looked_at(month).users
    monkeypatch.setattr("commands.prefilter.matter", lambda *_: True)
    closely = looked_at(month).users
    assert [one.findings for one in in_passing] == [one.findings for one in closely]
    assert [one.verdict.points for one in in_passing] == [one.verdict.points for one in closely]
    assert sum(len(one.timeline) for one in in_passing) < sum(len(one.timeline) for one in closely)


@pytest.mark.slow
def test_symptoms_that_pass_over_routine_records_would_find_nothing_more_in_them(month, monkeypatch):
    without = looked_at(month).users
    monkeypatch.setattr("commands.clues.records.ROUTINE", frozenset())
    among_all = looked_at(month).users
    assert [one.symptoms for one in without] == [one.symptoms for one in among_all]


def plainly(*paths: Path) -> dict[str, Report]:
    """Read every record of every file closely, pick nothing, and judge everybody who is named by an address.

    Whom a directory id means is told by other records, which a test of its own shows.
    """
    seen: dict[str, Seen] = {}
    for path in paths:
        for entry in files.read(path):
            if not isinstance(entry, AuditRecord) or entry.by_microsoft:
                continue
            for name in {entry.actor, entry.owner} - {""}:
                if is_person(name) and "@" in name:
                    keep(seen.setdefault(name, Seen()).records, entry)
    reports = {}
    for name, one in seen.items():
        subject = Subject(id=name, user_principal_name=name, mail=name, addresses=(name,))
        reports[name] = judge(evidence_of(subject, one, Around(), NOW), NOW)
    return reports


def told(report: Report) -> tuple[VerdictCode, set[tuple[str, str, str]]]:
    findings = {(one.symptom, one.sign.id, one.address) for one in report.findings if one.severity > 0}
    return report.verdict.answer, findings


@pytest.mark.slow
def test_picking_finds_what_reading_everything_finds(month):
    plain = plainly(month)
    fast = {one.subject.user_principal_name: one for one in looked_at(month).users}
    assert fast.keys() == plain.keys()
    for name, report in plain.items():
        answer, findings = told(report)
        # The attempts on other accounts from an address come from their records, not from this user's.
        assert told(fast[name])[1] >= findings, name
        assert told(fast[name])[0] == answer, name


def _at_least(plain: set[tuple[str, str, str]], fast: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Take a doubtful sign-in as found where `fast`, which sees the failures of others, calls it suspect."""
    surer = {address for _, sign, address in fast if sign == "suspect_address_signed_in"}
    return {one for one in plain if one[1] != "doubtful_sign_in" or one[2] not in surer}


@needs_examples
@pytest.mark.parametrize("name", [*WANTED, HARMLESS])
def test_picking_finds_in_the_examples_what_reading_everything_finds(name):
    fast = {one.subject.user_principal_name: told(one)[1] for one in looked_at(NATIVE / name).users}
    slow = plainly(NATIVE / name)
    assert bool(slow) is (name != HARMLESS)
    for person, report in slow.items():
        assert fast.get(person, set()) >= _at_least(told(report)[1], fast.get(person, set())), person


def away(operation: str, number: int, **more: Any) -> dict[str, Any]:
    """An everyday record of somebody whose sign-ins the export does not hold."""
    return {
        "CreationTime": f"2026-08-20T10:{number % 60:02}:00",
        "Id": f"{operation}-{number}",
        "Operation": operation,
        "RecordType": 6,
        "UserType": 0,
        "UserId": "adele.vance@contoso.example",
        "ClientIP": "203.0.113.7",
        "UserAgent": "Mozilla/5.0",
    } | more


def compact(path: Path, *records: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in records))
    return path


@pytest.mark.parametrize(
    ("records", "read"),
    [
        ([away("FileAccessed", number) for number in range(3)], False),
        ([away("FileDownloaded", number) for number in range(20)], False),
        ([away("FileDownloaded", number) for number in range(90)], True),
        ([away("FileAccessed", 0, UserAgent="azurehound/2.1")], True),
        ([away("MailItemsAccessed", 0, ClientInfoString="Client=REST;AADInternals")], True),
        ([away("FileAccessed", 0), logon_of("axios/1.7.9")], True),
        ([away("FileAccessed", 0), logon_of("Mozilla/5.0")], False),
        ([away("FileAccessed", 0, AppAccessContext={"AADSessionId": "s"}),
          away("Set-Mailbox", 1, ClientIP="", AppAccessContext={"AADSessionId": "s"})], True),
        ([away("FileAccessed", 0, AppAccessContext={"AADSessionId": "s"}),
          away("Set-Mailbox", 1, ClientIP="", AppAccessContext={"AADSessionId": "t"})], False),
    ],
    ids=["one file", "some files", "very many files", "a tool's name", "a tool's name in the mailbox",
         "someone else signed in", "the user signed in", "a session to be placed", "another session"],
)  # fmt: skip
def test_quiet_records_are_read_where_they_may_tell_something(tmp_path, records, read):
    # The first and the last are always read.
    around = away("Create", 0), away("Move", 59)
    (report,) = looked_at(compact(tmp_path / "log", around[0], *records, around[1])).users
    (state,) = [one for one in report.sources if one.id == "audit_log"]
    assert ("routine records of this user that were prefiltered: " not in state.reason) is read
    assert report.window.end >= datetime(2026, 8, 20, 10, 59, tzinfo=UTC)


def own_findings(report: Report) -> list[Any]:
    """What a user's own records show; where several mailboxes send to, only all together do."""
    return [one for one in report.findings if one.sign.id != "forwarding_to_shared_destination"]


def test_one_user_alone_is_judged_as_among_all(month, all_of_it):
    among_all = report_of(all_of_it, "person001")
    (alone,) = looked_at(month, user="Person001@contoso.example").users
    assert list(alone.findings) == own_findings(among_all)
    assert alone.verdict.answer is among_all.verdict.answer


def test_a_user_may_be_named_by_the_directory_id_that_the_files_show(month, all_of_it):
    among_all = report_of(all_of_it, "person001")
    (alone,) = looked_at(month, user=among_all.subject.id).users
    assert alone.subject == among_all.subject
    assert list(alone.findings) == own_findings(among_all)


def test_somebody_who_is_not_in_the_files_has_no_report(month):
    assert looked_at(month, user="nobody@contoso.example").users == ()


@pytest.mark.slow
def test_the_same_file_twice_says_nothing_more(month, all_of_it):
    once, twice = all_of_it.users, looked_at(month, month).users
    assert [one.findings for one in twice] == [one.findings for one in once]
    assert [one.timeline for one in twice] == [one.timeline for one in once]


def cmdlet(**more: Any) -> dict[str, Any]:
    return {
        "CreationTime": "2026-08-20T10:00:00",
        "Id": "c-1",
        "Operation": "Set-Mailbox",
        "RecordType": 1,
        "UserType": 2,
        "ResultStatus": "True",
        "UserId": "nestor.wilke@contoso.example",
        "ClientIP": "203.0.113.7:4711",
        "Parameters": [
            {"Name": "Identity", "Value": "a/b/7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa"},
            {"Name": "ForwardingSmtpAddress", "Value": "smtp:drop@fabrikam.example"},
        ],
    } | more


def lines(path: Path, *records: Mapping[str, Any] | str) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
    return path


FAILED_SIGN_IN: Mapping[str, Any] = {
    "id": "e-1",
    "createdDateTime": "2026-08-20T09:00:00Z",
    "userPrincipalName": "adele.vance@contoso.example",
    "userId": "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa",
    "ipAddress": "198.51.100.9",
    "status": {"errorCode": 50126},
}
FAILED_LOGON: Mapping[str, Any] = {
    "CreationTime": "2026-08-20T09:01:00",
    "Id": "f-1",
    "Operation": "UserLoginFailed",
    "RecordType": 15,
    "UserType": 0,
    "UserId": "nestor.wilke@contoso.example",
    "ClientIP": "198.51.100.9",
    "ErrorNumber": "50126",
}


def test_the_same_address_in_both_logs_of_failed_sign_ins_is_judged(tmp_path):
    found = looked_at(lines(tmp_path / "one", FAILED_SIGN_IN), lines(tmp_path / "two", FAILED_LOGON))
    assert [one.subject.user_principal_name for one in found.users] == [
        "adele.vance@contoso.example",
        "nestor.wilke@contoso.example",
    ]
    assert (found.unreadable, found.records) == ((), 2)


@pytest.mark.parametrize("where", ["Parameters", "ExtendedProperties", "Note"])
@pytest.mark.parametrize("form", ["lines", "array"])
def test_a_byte_that_is_no_text_hides_neither_its_record_nor_the_others(tmp_path, where, form):
    spoilt = cmdlet(**{where: [*cmdlet()["Parameters"], {"Name": "Note", "Value": "x~"}]})
    compact = [json.dumps(one, separators=(",", ":")).encode() for one in (spoilt, FAILED_LOGON)]
    whole = b"\n".join(compact) if form == "lines" else b"[" + b",".join(compact) + b"]"
    (tmp_path / "log").write_bytes(whole.replace(b"~", b"\xff"))
    found = looked_at(tmp_path / "log")
    assert (found.unreadable, found.records) == ((), 2)
    assert "mail_forwarding" in {one.id for user in found.users for one in user.symptoms if one.findings}


def test_half_a_character_in_a_name_ends_nothing(tmp_path):
    # As text, because no encoder writes one on purpose.
    text = json.dumps(cmdlet(UserId="half~@contoso.example")).replace("~", r"\ud83d")
    for form in (text + "\n", f"[{text}]"):
        (tmp_path / "log").write_text(form)
        found = looked_at(tmp_path / "log")
        assert found.records + len(found.unreadable) == 1


def test_a_symptom_that_fails_costs_its_own_answer_only(tmp_path, monkeypatch, caplog):
    def broken(*_: object) -> Any:
        raise KeyError("no such thing")

    path = lines(tmp_path / "log", cmdlet())
    monkeypatch.setattr("commands.symptoms.delegates.detect", broken)
    (report,) = looked_at(path).users
    (failed,) = [one for one in report.symptoms if one.failed]
    assert (failed.id, failed.result) == ("delegates", Result.UNKNOWN)
    assert "mail_forwarding" in present(report)
    (logged,) = caplog.records
    reference = failed.reason.rpartition(" ")[2].rstrip(".")
    assert reference in logged.getMessage()
    assert logged.exc_info is not None


def test_a_timeline_that_cannot_be_made_costs_itself_alone(tmp_path, monkeypatch):
    def broken(*_: object, **__: object) -> Any:
        raise KeyError("no such thing")

    monkeypatch.setattr("commands.story.timeline.merge", broken)
    (report,) = looked_at(lines(tmp_path / "log", cmdlet())).users
    assert report.no_timeline.startswith("Internal error while building the timeline.")
    assert report.verdict.answer is VerdictCode.SUSPICIOUS
    assert "mail_forwarding" in present(report)


def test_a_user_who_cannot_be_judged_is_told_as_that(tmp_path, monkeypatch):
    def broken(*_: object, **__: object) -> Any:
        raise KeyError("no such thing")

    monkeypatch.setattr("commands.usual.learn", broken)
    (report,) = looked_at(lines(tmp_path / "log", cmdlet())).users
    assert report.verdict.answer is VerdictCode.CANNOT_TELL
    assert {one.result for one in report.symptoms} == {Result.UNKNOWN}


def test_a_record_that_our_reader_fails_on_is_told_and_the_others_are_judged(tmp_path, monkeypatch):
    def broken(raw: Any) -> AuditRecord:
        if raw["Id"] == "c-2":
            raise KeyError("no such thing")
        return parse(raw)

    monkeypatch.setattr("graph.audit_log.scan.parse", broken)
    found = looked_at(lines(tmp_path / "log", cmdlet(), cmdlet(Id="c-2"), cmdlet(Id="c-3")))
    assert [(one.line, "KeyError" in one.reason) for one in found.unreadable] == [(2, True)]
    assert len(found.users) == 1


def test_an_owner_named_by_a_directory_id_is_found_by_the_sign_ins_that_show_it(tmp_path):
    logon = {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": "s-1",
        "Operation": "UserLoggedIn",
        "RecordType": 15,
        "UserType": 0,
        "UserId": "Adele.Vance@contoso.example",
        "UserKey": "7C1F0C5E-3b7a-4f52-9d0e-0f6a2b9f41aa",
        "ClientIP": "192.0.2.7",
        "ErrorNumber": "0",
    }
    # In another file, and after the record that needs it.
    one, two = lines(tmp_path / "one", cmdlet()), lines(tmp_path / "two", logon)
    report = report_of(looked_at(one, two), "adele.vance")
    assert report.subject.id == "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa"
    assert "mail_forwarding" in present(report)


def test_unreadable_records_are_told_with_file_and_line_whatever_process_read_them(tmp_path, monkeypatch):
    monkeypatch.setattr("commands.analyze.SMALL", 0)
    good = [cmdlet(Id=f"c-{number}") for number in range(40)]
    path = lines(tmp_path / "log", *good[:10], "{broken", *good[10:30], "[]", *good[30:], '{"Operation":"x"}')
    for processes in (1, 2, 3):
        found = looked_at(path, processes=processes).unreadable
        assert [(one.file, one.line) for one in found] == [(str(path), 11), (str(path), 32), (str(path), 43)]


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        looked_at(tmp_path / "missing")


def test_an_empty_file_has_no_users(tmp_path):
    assert looked_at(lines(tmp_path / "log")) == Analysis(users=(), unreadable=(), records=0)


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("adele.vance@contoso.example", True),
        ("user1", True),
        ("guest_fabrikam.example#ext#@contoso.example", True),
        ("", False),
        ("Not Available", False),
        ("S-1-5-18", False),
        ("NT AUTHORITY\\SYSTEM (w3wp)", False),
        ("ServicePrincipal_1d0d3b0e-6f7b-4c3e-9a53-8d2f0b6c8a11", False),
        ("app@sharepoint", False),
        ("SecurityComplianceAlerts", False),
        ("Certificate", False),
        ("NOT-FOUND", False),
        ("FfoServicePartnerUser", False),
        ("DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}", False),
        ("Device Registration Service", False),
    ],
)
def test_services_are_nobody_who_could_be_taken_over(name, person):
    assert is_person(name) is person


@pytest.mark.slow
@pytest.mark.skipif(sys.gettrace() is not None, reason="tracing itself takes memory")
def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(records: int) -> int:
        path = tmp_path / str(records)
        generate(path, records)
        tracemalloc.start()
        try:
            looked_at(path, user="person001@contoso.example")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(6_000)  # the tables of facts are read once, whatever the file
    assert peak(30_000) < 2 * peak(6_000) + 2_000_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OPERATIONS = st.sampled_from(
    ["UserLoggedIn", "UserLoginFailed", "Send", "New-InboxRule", "FileModified", "x"]
)
FIELDS = st.sampled_from(
    [
        "UserId",
        "UserKey",
        "ClientIP",
        "ClientIPAddress",
        "MailboxOwnerUPN",
        "ObjectId",
        "ErrorNumber",
        "RecordType",
        "Item",
        "Id",
        "status",
        "ExtendedProperties",
        "Parameters",
        "ModifiedProperties",
        "AffectedItems",
        "auditData",
        "createdDateTime",
        "AuditData",
        "activityDisplayName",
        "targetResources",
        "riskEventType",
        "properties",
    ]
)
TIMES = st.sampled_from(["2026-08-20T10:00:00", "2026-13-45T99:00:00", "", "8/20/2026 1:00:00 PM"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            lambda more, operation, time: {"Operation": operation, "CreationTime": time} | more,
            st.dictionaries(FIELDS | st.text(), JSON, max_size=6),
            OPERATIONS,
            TIMES,
        )
        | JSON,
        max_size=6,
    ),
    st.sampled_from(["lines", "array", "spaced"]),
)
def test_no_content_of_a_file_can_break_the_analysis(tmp_path, values, form):
    path = tmp_path / "log"
    if form == "array":
        path.write_text(json.dumps(values))
    else:
        separators = (",", ":") if form == "lines" else (", ", ": ")
        path.write_text("".join(json.dumps(one, separators=separators) + "\n" for one in values))
    assert isinstance(looked_at(path), Analysis)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8), st.booleans())
def test_no_spoilt_byte_of_a_file_can_break_the_analysis(tmp_path, spoilt, one_array):
    records = [cmdlet(), logon_of("python-requests/2.31"), FAILED_LOGON, FAILED_SIGN_IN]
    texts = [json.dumps(one, separators=(",", ":")).encode() for one in records]
    content = bytearray(b"[" + b",".join(texts) + b"]" if one_array else b"\n".join(texts))
    for at, byte in spoilt:
        content[at % len(content)] = byte
    (tmp_path / "log").write_bytes(content)
    assert isinstance(looked_at(tmp_path / "log"), Analysis)


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        (b"\x1f\x8b broken", True),
        (b"[" * 5000, True),
        (b'{"a":' * 5000, True),
        (b"a,b\n1,2\n", True),
        # Nothing in these begins a record, and like an export without a match they count as no records.
        (b"\x00" * 50, False),
        (b"\xff\xfe\x00", True),
        (b'"Operation":"Send"', True),
    ],
)
def test_what_is_no_log_at_all_breaks_nothing_and_what_begins_like_one_is_told(tmp_path, content, is_told):
    path = tmp_path / "log"
    path.write_bytes(content)
    found = looked_at(path)
    assert (found.users, found.records) == ((), 0)
    assert bool(found.unreadable) is is_told


TRACE = "Received,SenderAddress,RecipientAddress,Subject,Status,MessageTraceId,MessageId,FromIP"


def traced(sender: str, recipient: str, number: int) -> str:
    at = f"2026-08-20T09:{number:02}:00"
    return f"{at},{sender},{recipient},Invoice 7,Delivered,t-{number},<m-{number}@x>,"


def test_mail_of_a_trace_counts_for_who_sent_it_from_within(tmp_path):
    path = tmp_path / "trace.csv"
    rows = [
        traced("adele@contoso.example", f"kim{number}@client{number}.example", number) for number in range(40)
    ]
    rows += [traced(f"lee{number}@shop.example", "adele@contoso.example", 40 + number) for number in range(3)]
    path.write_text("\n".join([TRACE, *rows]))
    analysis = looked_at(path)
    (report,) = analysis.users
    assert report.subject.user_principal_name == "adele@contoso.example"
    assert present(report) == {"hacked_account_messages"}
    assert "40 external recipients" in report.findings[0].summary
    sources = {one.id: one for one in report.sources}
    assert (sources["message_trace"].state, sources["message_trace"].records) == (Coverage.PARTIAL, 40)
    (file,) = analysis.files
    assert file.says() == (
        "Message trace: 43 records, 2026-08-20 to 2026-08-20;"
        " 3 of its messages were sent from outside contoso.example"
    )


def test_defender_says_itself_what_went_out(tmp_path):
    path = tmp_path / "mail.json"
    rows = [
        {
            "Timestamp": "2026-08-20T09:00:00Z",
            "NetworkMessageId": f"n-{number}",
            "InternetMessageId": f"<m-{number}@x>",
            "SenderFromAddress": "adele@contoso.example" if number else "lee@shop.example",
            "RecipientEmailAddress": "kim@client.example" if number else "adele@contoso.example",
            "EmailDirection": "Outbound" if number else "Inbound",
        }
        for number in range(3)
    ]
    path.write_text(json.dumps(rows))
    (report,) = looked_at(path).users
    assert report.subject.user_principal_name == "adele@contoso.example"
    assert {one.id: one.records for one in report.sources}["message_trace"] == 2


def test_five_thousand_unknown_rows_are_one_reason(tmp_path):
    path = tmp_path / "unknown.csv"
    path.write_text("shape,colour,size\n" + "round,red,5\n" * 5_000)
    analysis = looked_at(path)
    assert {one.reason for one in analysis.unreadable} == {
        "The record has no known format; its fields are colour, shape, size."
    }
    assert sum(one.count for one in analysis.unreadable) == 5_000
    assert len(analysis.unreadable) == UNREADABLE_KEPT + 1


def test_what_a_file_says_is_missing_stands_in_the_sources(tmp_path):
    path = tmp_path / "search.json"
    row = {"ResultIndex": 28, "ResultCount": 4312, "RecordType": 15, "AuditData": json.dumps(logon_of("x"))}
    path.write_text(json.dumps([row]))
    (report,) = looked_at(path).users
    (source,) = [one for one in report.sources if one.id == "audit_log"]
    assert source.state is Coverage.PARTIAL
    assert "its rows go up to number 28 of 4,312 results" in source.reason


def test_a_record_in_two_files_counts_once(tmp_path):
    lines = [json.dumps({**logon_of("x"), "Id": f"s-{number}"}) for number in range(5)]
    one, two = tmp_path / "one.jsonl", tmp_path / "two.json"
    one.write_text("\n".join(lines[:4]))
    two.write_text(f"[{','.join(lines[2:])}]")
    analysis = looked_at(one, two)
    assert analysis.records == 5
    assert [(file.records, file.repeated) for file in analysis.files] == [(4, 0), (3, 2)]
    assert "2 of them also in earlier files" in analysis.files[1].says()


def test_records_whose_time_stands_elsewhere_are_all_read(tmp_path):
    path = tmp_path / "log.json"
    rows = []
    for number in range(6):
        data = {**logon_of("x"), "Id": f"s-{number}"}
        del data["CreationTime"]
        rows.append(data | {"TimeGenerated [UTC]": f"8/{20 + number}/2026, 9:00:00.000 AM"})
    path.write_text(json.dumps(rows))
    (report,) = looked_at(path).users
    assert {one.id: one.records for one in report.sources}["audit_log"] == 6


def test_what_was_judged_before_changes_nothing(tmp_path):
    path = tmp_path / "log"
    rows = [
        {**logon_of("x"), "Id": f"s-{day}", "CreationTime": f"2026-08-{day:02}T09:00:00"}
        for day in range(1, 9)
    ]
    path.write_text("\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
    first = looked_at(path)
    assert looked_at(path) == first
    (source,) = [one for one in first.users[0].sources if one.id == "audit_log"]
    assert source.records > 2


def test_a_search_over_several_files_and_parts_is_whole_when_all_of_it_is_there(tmp_path):
    def row(number: int, results: int) -> str:
        data = {**logon_of("x"), "Id": f"s-{results}-{number}"}
        return json.dumps({"ResultIndex": number, "ResultCount": results, "AuditData": json.dumps(data)})

    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("\n".join(row(number, 9) for number in range(1, 6)))
    two.write_text("\n".join([*(row(number, 9) for number in range(6, 10)), row(3, 7)]))
    analysis = looked_at(one, two)
    assert [file.notes for file in analysis.files] == [[], ["its rows go up to number 3 of 7 results"]]
    assert not looked_at(one).saw_all


def test_a_listing_of_inbox_rules_is_evidence_of_how_they_stand(tmp_path):
    path = tmp_path / "MailboxRules.csv"
    path.write_text(
        "UserName,RuleName,RuleEnabled,CopytoFolder,MovetoFolder,RedirectTo,ForwardTo,TextDescription\n"
        'adele.vance@contoso.example,..,True,,,,drop@evil.example,"If the message: …"\n'
        'lee.gu@contoso.example,News,True,,Newsletters,,,"If the message: …"\n'
    )
    analysis = looked_at(path)
    found = [one.sign.id for one in report_of(analysis, "adele").findings if one.symptom == "inbox_rules"]
    assert found == ["rule_forwards_outside_secretly"]
    states = {one.id: one for one in report_of(analysis, "lee").sources}
    assert states["hidden_inbox_rules"].state is Coverage.PARTIAL
    assert RULES_AS_LISTED in states["hidden_inbox_rules"].reason
    assert states["audit_log"].state is Coverage.UNAVAILABLE


def test_a_listed_rule_is_of_the_account_whose_alias_it_names(tmp_path):
    log, rules = tmp_path / "log.jsonl", tmp_path / "rules.json"
    log.write_text(json.dumps(logon_of("Outlook")))
    rule = {
        "Name": "..",
        "Enabled": True,
        "Priority": 1,
        "RuleIdentity": 7,
        "MailboxOwnerId": "adele.vance",
        "ForwardTo": ['"drop" [SMTP:drop@evil.example]'],
    }
    rules.write_text(json.dumps([rule]))
    (report,) = looked_at(log, rules).users
    assert report.subject.user_principal_name == "adele.vance@contoso.example"
    assert "inbox_rules" in present(report)


def test_the_line_of_a_file_says_under_which_fields_its_records_were_found(tmp_path):
    frame = {"response": {"data": {"items": [cmdlet(Id="1"), cmdlet(Id="2")], "total": 2}}}
    (tmp_path / "log.json").write_text(json.dumps(frame))
    (file,) = looked_at(tmp_path / "log.json").files
    assert (file.records, file.whole) == (2, True)
    assert file.says().endswith("; records under response.data.items")


def test_an_archive_that_was_cut_off_is_read_in_part(tmp_path):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as packed:
        packed.writestr("first.json", json.dumps(cmdlet(Id="1")))
        packed.writestr("second.json", "\n".join(json.dumps(cmdlet(Id=f"{n}")) for n in range(2, 9)))
    whole = (tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) * 2 // 3])
    first, second, archive = looked_at(tmp_path / "cut.zip").files
    assert (first.records, first.whole) == (1, True)
    assert (0 < second.records < 7, second.whole) == (True, False)
    assert "what comes before the cut was read" in second.says()
    assert "damaged or truncated" in archive.says()


def test_two_records_that_share_id_time_and_operation_both_count_and_the_report_says_so(tmp_path: Path):
    """Some tools number records anew: only the object tells them apart. The same file twice adds nothing."""
    taken = {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": "1",
        "Operation": "AnonymousLinkCreated",
        "RecordType": 6,
        "UserType": 0,
        "UserId": "adele.vance@contoso.example",
        "Workload": "OneDrive",
        "ClientIP": "203.0.113.7",
    }
    names = [f"https://contoso.example/{name}.xlsx" for name in ("a", "b")]
    one, other = (lines(tmp_path / f"{name[-6]}.json", {**taken, "ObjectId": name}) for name in names)
    same = {**taken, "ObjectId": names[0]}
    again = lines(tmp_path / "again.json", same, {**same, "Id": "2"})
    found = looked_at(one, other, again)
    assert found.records == 3
    assert [each.repeated for each in found.files] == [0, 0, 1]
    (report,) = found.users
    (state,) = [each for each in report.sources if each.id == "audit_log"]
    assert state.records == 3
    assert "records that share an ID with another one, each counted: 2" in state.reason
