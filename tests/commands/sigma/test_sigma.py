"""Sigma rules that somebody brings along run over our records, and every one that does not is named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import analyze
from commands.check import judge
from commands.report import Report, Result, Severity, VerdictCode
from commands.sigma import mapping, rows
from commands.sigma.reading import load
from commands.sigma.results import EMPTY, MATCHED, NO_MATCH, NOT_RUN, ruled
from commands.sigma.shapes import NO_RULES, RulesError, Ruleset, Table
from graph.audit_log.contexts import EVERYDAY
from graph.contract import Row
from tests.commands.evidence import evidence
from tests.commands.sigma.given import (
    ADELE,
    ALERT,
    CHANGE,
    ENTRA,
    FORWARD,
    ID,
    M365,
    NOW,
    RISK,
    SIGN_IN,
    SIGN_INS,
    entries,
    outcome,
    read,
    record,
    rule,
)

MATCHING: Mapping[str, tuple[dict[str, Any], Mapping[str, Any]]] = {
    "an operation and a part of its parameters": (
        rule({"Operation": ["Set-InboxRule", "new-inboxrule"], "Parameters|contains": "ForwardTo"}),
        FORWARD,
    ),
    "a parameter by its name": (rule({"Parameters.ForwardTo|endswith": "@evil.example"}), FORWARD),
    "an extended property by its name": (
        rule({"RequestType": "Cmsi:Cmsi"}),
        record(
            "UserLoggedIn",
            ErrorNumber="0",
            ExtendedProperties=[{"Name": "RequestType", "Value": "Cmsi:Cmsi"}],
        ),
    ),
    "an alert by its name, as the rules of Cloud App Security write it": (
        rule(
            {
                "eventSource": "SecurityComplianceCenter",
                "eventName": "Log on from a risky IP address",
                "status": "success",
            },
            {"product": "m365", "service": "threat_management"},
        ),
        ALERT,
    ),
    "a word anywhere": (rule(["evil.example"]), FORWARD),
    "a network": (rule({"ClientIP|cidr": "203.0.113.0/24"}), FORWARD),
    "a regular expression": (rule({"Operation|re": "^New-.*Rule$"}), FORWARD),
    "what is not so": (
        rule(
            {"Operation": "New-InboxRule"},
            condition="selection and not other",
            detection={"other": {"UserId": "x"}},
        ),
        FORWARD,
    ),
    "a service without a row of its own": (
        rule({"Operation": "New-InboxRule"}, {"product": "m365", "service": "sharepoint"}),
        FORWARD,
    ),
    "an activity, as a message": (rule({"properties.message": "Update user"}, ENTRA), CHANGE),
    "two fields of one changed property": (
        rule(
            {
                "TargetResources.ModifiedProperties.DisplayName": "StrongAuthenticationRequirement",
                "TargetResources.ModifiedProperties.NewValue|contains": 'State":0',
                "LoggedByService": "Core Directory",
                "Category": "UserManagement",
                "Status": "Success",
            },
            ENTRA,
        ),
        CHANGE,
    ),
    "an additional detail by its name": (
        rule({"additionalDetails.additionalInfo|contains": "device id"}, ENTRA),
        CHANGE,
    ),
    "a record of the unified log, where Entra's own is asked for": (
        rule({"OperationName": "Add member to role"}, ENTRA),
        record("Add member to role.", RecordType=8, Workload="AzureActiveDirectory"),
    ),
    "an error number": (rule({"ResultType": 50126, "Status": "Failure"}, SIGN_INS), SIGN_IN),
    "an error number that is greater than": (rule({"ResultType|gte": 6000}, SIGN_INS), SIGN_IN),
    "a protocol by the name that rules give it": (
        rule({"properties.message": "Device Code"}, SIGN_INS),
        SIGN_IN,
    ),
    "a program, and an empty field": (
        rule(
            {
                "userAgent|contains": "AXIOS",
                "DeviceDetail.trusttype": "",
                "DeviceDetail.isCompliant": "false",
            },
            SIGN_INS,
        ),
        SIGN_IN,
    ),
    "a risk detection": (
        rule({"riskEventType": "anonymizedIPAddress"}, {"product": "azure", "service": "riskdetection"}),
        RISK,
    ),
}


@pytest.mark.parametrize("given", MATCHING.values(), ids=MATCHING)
def test_a_rule_matches(given, tmp_path):
    one, raw = given
    (found,) = outcome(read(tmp_path, one), raw)
    assert (found.state, found.accounts, found.records, found.reason) == (MATCHED, (ADELE,), 1, "")


OTHER: Mapping[str, tuple[dict[str, Any], Mapping[str, Any], str, str]] = {
    # rule, record, state, reason
    "another operation": (rule({"Operation": "Set-Mailbox"}), FORWARD, NO_MATCH, ""),
    "two fields of different changed properties": (
        rule(
            {
                "TargetResources.ModifiedProperties.DisplayName": "Included Updated Properties",
                "TargetResources.ModifiedProperties.NewValue|contains": 'State":0',
            },
            ENTRA,
        ),
        CHANGE,
        NO_MATCH,
        "",
    ),
    "a network beside it": (rule({"ClientIP|cidr": "203.0.112.0/24"}), FORWARD, NO_MATCH, ""),
    "a field that no record has": (rule({"Shoe": "brown"}), FORWARD, NO_MATCH, "No record has a field Shoe."),
    "other records than there are": (
        rule({"ResultType": 0}, SIGN_INS),
        FORWARD,
        EMPTY,
        "There are no sign-ins.",
    ),
    "a log that is not read": (
        rule({"operationName": "X"}, {"product": "azure", "service": "activitylogs"}),
        FORWARD,
        NOT_RUN,
        "It needs records of Azure's activity log, which are not collected.",
    ),
    "another product": (
        rule({"Image": "x.exe"}, {"product": "windows", "category": "process_creation"}),
        FORWARD,
        NOT_RUN,
        "Its log source (product windows) is neither Microsoft 365 nor Entra.",
    ),
    "a count within a time": (
        rule({"Operation": "X"}, detection={"timeframe": "10m"}, condition="selection | count() > 5"),
        FORWARD,
        NOT_RUN,
        "Its condition counts records within a time; only rules on single records are run.",
    ),
    "a correlation": (
        {
            "title": "Many",
            "correlation": {
                "type": "event_count",
                "rules": ["x"],
                "group-by": ["UserId"],
                "timespan": "1h",
                "condition": {"gte": 5},
            },
        },
        FORWARD,
        NOT_RUN,
        "It is a correlation of other rules; only rules on single records are run.",
    ),
    "no detection": ({"title": "Empty", "logsource": M365}, FORWARD, NOT_RUN, ""),
    "a placeholder that nobody fills": (rule({"UserId|expand": "%admins%"}), FORWARD, NOT_RUN, ""),
}


@pytest.mark.parametrize("given", OTHER.values(), ids=OTHER)
def test_a_rule_that_does_not_match_says_whether_it_could_have(given, tmp_path):
    one, raw, state, reason = given
    (found,) = outcome(read(tmp_path, one), raw)
    assert (found.state, found.title) == (state, one["title"])
    assert found.reason == reason or (state == NOT_RUN and not reason and found.reason.startswith("It "))


def report_of(path: Path, ruleset: Ruleset) -> Report:
    (report,) = analyze([path], user=None, now=NOW, processes=1, rules=ruleset).users
    return report


def lines(path: Path, raws: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(raw) + "\n" for raw in raws))
    return path


def test_a_match_stands_in_the_report_by_title_and_id_and_weighs_nothing(tmp_path):
    log = lines(tmp_path / "log.jsonl", [record("Set-UserPhoto")])
    (tmp_path / "rules").mkdir()
    before = report_of(log, NO_RULES)
    tagged = rule({"Operation": "Set-UserPhoto"}, tags=["attack.persistence", "attack.t1098.002"])
    report = report_of(log, read(tmp_path / "rules", tagged))
    assert report.verdict == before.verdict
    assert report.symptoms[:-1] == before.symptoms
    result = report.symptoms[-1]
    assert (result.id, result.source, result.result) == (
        "sigma_rules",
        "additional indicator",
        Result.PRESENT,
    )
    (finding,) = result.findings
    assert finding.summary == f"Sigma rule “A rule of ours” ({ID}) matched once: Set-UserPhoto"
    assert (finding.sign.id, finding.severity, finding.sign.technique) == (
        f"sigma:{ID}",
        Severity.INFO,
        "T1098.002",
    )
    assert finding.records == ("id-Set-UserPhoto",)
    assert [event.finding for event in report.timeline] == [True]
    assert [event.finding for event in before.timeline] == [False]


def test_the_folder_gives_a_rule_a_weight_by_id_or_title(tmp_path):
    log = lines(tmp_path / "log.jsonl", [record("Set-UserPhoto")])
    for number, weights in enumerate((f'"{ID}" = "critical"', '"A rule of ours" = "critical"')):
        folder = tmp_path / f"rules{number}"
        folder.mkdir()
        report = report_of(log, read(folder, rule({"Operation": "Set-UserPhoto"}), weights=weights))
        assert (report.verdict.answer, report.verdict.points) == (VerdictCode.COMPROMISED, 8)
        assert report.verdict.reasons[0].symptom == "sigma_rules"


@pytest.mark.parametrize("weights", ['"x" = "low"', f'"{ID}" = "grave"', "= 1", f'"{ID}" = 3'])
def test_weights_that_cannot_be_meant_are_refused(weights, tmp_path):
    with pytest.raises(RulesError, match=r"weights\.toml"):
        read(tmp_path, rule({"Operation": "x"}), weights=weights)


def test_a_folder_without_rules_is_refused(tmp_path):
    with pytest.raises(RulesError, match="holds no Sigma rules"):
        load(tmp_path)
    with pytest.raises(RulesError, match="is not a folder"):
        load(tmp_path / "none")


def test_rules_run_over_what_a_check_collected_as_well(tmp_path):
    found = evidence(audit_log=tuple(entries(FORWARD)))
    report = ruled(judge(found, NOW), found, read(tmp_path, rule({"Operation": "New-InboxRule"})))
    assert report.symptoms[-1].findings[0].records == ("id-New-InboxRule",)


def test_every_row_of_the_mapping_has_a_source_and_a_place_that_exists():
    listed: list[Row] = [*mapping.log_sources(), *mapping.rows_of_places()]
    assert all(one.source.startswith(("SIGMAHQ", "LEARN")) for one in listed)
    for one in mapping.rows_of_places():
        assert all(place in rows.OWN for place in one.places if place.startswith("@"))
    assert all((one.table is None) == bool(one.instead) for one in mapping.log_sources())
    assert {one.table for one in mapping.log_sources()} == {*Table, None}


MAY: Mapping[str, tuple[dict[str, Any], set[str]]] = {
    "an operation": (rule({"Operation": "filedownloaded"}), {"FileDownloaded"}),
    "a part of it": (
        rule({"Operation|contains": "Downloaded", "UserId": "x"}),
        {"FileDownloaded", "FileSyncDownloadedFull", "FileSyncDownloadedPartial"},
    ),
    "no operation of everyday work": (rule({"Operation": "New-InboxRule"}), set()),
    "an alert's name": (
        rule({"eventSource": "SecurityComplianceCenter", "eventName": "Unusual volume"}),
        set(),
    ),
    "one or another": (rule([{"Operation": "Send"}, {"Operation": "Move"}]), {"Send", "Move"}),
    "anything but": (
        rule(
            {"Operation|startswith": "Task"},
            condition="selection and not other",
            detection={"other": {"Operation": "TaskRead"}},
        ),
        {"TaskListRead"},
    ),
    "sign-ins": (rule({"ResultType": 0}, SIGN_INS), set()),
}


@pytest.mark.parametrize("given", MAY.values(), ids=MAY)
def test_it_is_told_which_everyday_work_a_rule_has_to_see(given, tmp_path):
    one, operations = given
    assert read(tmp_path, one).wanted == operations


def test_any_everyday_work_may_match_where_a_rule_names_no_operation(tmp_path):
    assert read(tmp_path, rule({"ClientIP": "203.0.113.7"})).wanted == EVERYDAY.keys()


def test_a_rule_sees_every_record_of_everyday_work_and_the_verdict_stays(tmp_path):
    """Of a file that is opened every day the first few are looked at closely, and the others are counted."""
    raws = [
        record(
            "FileDownloaded", RecordType=6, Workload="SharePoint", Id=f"f-{number}", ObjectId=f"/{number}.txt"
        )
        for number in range(20)
    ]
    raws.append({**raws[0], "Id": "f-pst", "ObjectId": "/mail.pst", "CreationTime": "2026-08-25T09:00:00"})
    log = lines(tmp_path / "log.jsonl", raws)
    (tmp_path / "rules").mkdir()
    ruleset = read(tmp_path / "rules", rule({"Operation": "FileDownloaded", "ObjectId|endswith": ".pst"}))
    report = report_of(log, ruleset)
    assert report.symptoms[-1].findings[0].records == ("f-pst",)
    before = report_of(log, NO_RULES)
    assert (report.verdict, report.sources) == (before.verdict, before.sources)


CANNOT_RUN: Mapping[str, dict[str, Any] | str] = {
    "no YAML": "title: x\n  bad: [unclosed\n",
    "another encoding": "title: \udcff",
    "no rule": "",
    "a list": "- a\n- b\n",
    "no detection": {"title": "x", "logsource": M365},
    "an unknown modifier": rule({"Operation|frobnicate": "x"}),
    "a placeholder": rule({"Operation|expand": "%admins%"}),
    "a pattern that RE2 does not know": rule({"Operation|re": "^New-(?=Inbox)"}),
    "a selection that is not there": rule({"Operation": "x"}, condition="selection and other"),
    "a count": rule({"Operation": "x"}, condition="selection | count() by UserId > 5"),
    "a time": rule({"Operation": "x"}, detection={"timeframe": "5m"}),
    "a correlation": {
        "title": "x",
        "correlation": {"type": "event_count", "rules": ["a"], "timespan": "1h", "condition": {"gte": 2}},
    },
    "a filter": {
        "title": "x",
        "logsource": M365,
        "filter": {"rules": ["a"], "selection": {"UserId": "a"}, "condition": "not selection"},
    },
    "another log": rule({"EventID": 1}, {"product": "windows"}),
}


@pytest.mark.parametrize("name", CANNOT_RUN)
def test_what_cannot_run_is_named_and_stops_no_other(name, tmp_path):
    good = rule({"Operation": FORWARD["Operation"]})
    one = CANNOT_RUN[name]
    (tmp_path / "a.yml").write_bytes(
        (one if isinstance(one, str) else json.dumps(one)).encode(errors="surrogateescape")
    )
    found = outcome(read(tmp_path, good), FORWARD)
    assert [(told.state, told.file) for told in found] == [(MATCHED, "rule0.yml"), (NOT_RUN, "a.yml")]
    assert found[1].reason


def test_a_filter_by_a_field_that_no_record_has_is_told_with_the_match(tmp_path):
    one = rule(
        {"Operation": FORWARD["Operation"]},
        detection={"known": {"Shoe": "brown"}},
        condition="selection and not known",
    )
    (found,) = outcome(read(tmp_path, one), FORWARD)
    assert (found.state, found.reason) == (MATCHED, "No record has a field Shoe.")
