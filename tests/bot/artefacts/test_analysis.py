"""What exported logs say, as files for people and programs: the same facts in each, and harmless."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from bot.artefacts.analysis_json import SCHEMA, analysis_csv, analysis_json, analysis_lines
from bot.artefacts.old_records import newest_of
from bot.artefacts.overview_html import overview_html
from bot.artefacts.report_json import report_json
from bot.artefacts.shared_png import shared_data, shared_png
from bot.artefacts.timesketch_csv import timesketch_csv
from bot.cli.output import folder_names
from bot.messages import parts
from commands.analyze import Analysis
from commands.analyze.handed import Handed
from commands.analyze.pivot import Pivot, pivots
from commands.report import Clause, Event, Tie
from graph.audit_log.files import Unreadable
from tests.bot.messages import samples


def test_the_picture_of_what_accounts_share_draws_each_thing_with_a_line_to_each_account():
    first = samples.rich(("rule",))
    other = named(first, "lee@contoso.example")
    data = shared_data([first, other])
    assert data is not None
    names = [one["name"] for one in data["accounts"]]
    assert set(names) == {first.subject.user_principal_name, "lee@contoso.example"}
    assert [(one.kind, one.value[:20]) for one in pivots([first, other])] == [
        (one["what"], one["value"][:20]) for one in data["things"]
    ]
    assert any(len(one["of"]) == 2 for one in data["things"])
    assert shared_png([first, other])[:4] == b"\x89PNG"  # type: ignore[index]
    assert shared_png([samples.clean()]) is None


VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text()))


def named(report: Any, name: str) -> Any:
    return replace(report, subject=replace(report.subject, user_principal_name=name))


def analysis(*texts: str) -> Analysis:
    return Analysis(
        users=(samples.rich(texts or ("rule",)), named(samples.clean(), "lee@contoso.example")),
        unreadable=(Unreadable("log.json", 7, "No time.", "", 3),),
        records=12,
        files=(Handed("log.json", 12, 3),),
    )


def test_the_schema_is_one_and_all_that_is_printed_keeps_to_it():
    VALIDATOR.check_schema(VALIDATOR.schema)
    VALIDATOR.validate(analysis_json(analysis()))
    lines = [json.loads(line) for line in analysis_lines(analysis())]
    assert [one["kind"] for one in lines[:4]] == ["file", "unreadable", "user", "user"]
    for value in (*lines, report_json(samples.rich()), report_json(samples.clean())):
        VALIDATOR.validate(value)


@pytest.mark.parametrize("key", ["verdict", "findings", "story", "sources"])
def test_the_schema_notices_what_is_missing(key):
    report = report_json(samples.rich())
    del report[key]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(report)


def test_every_finding_is_a_row_with_whose_it_is():
    rows = list(csv.DictReader(io.StringIO(analysis_csv(analysis()))))
    assert len(rows) == len(samples.rich(("rule",)).findings) + len(samples.clean().findings)
    assert {row["user"] for row in rows} <= {"adele.vance@contoso.example", "lee@contoso.example"}


def test_timesketch_gets_what_it_needs():
    rows = list(csv.DictReader(io.StringIO(timesketch_csv([samples.rich()]))))
    assert len(rows) == len(samples.rich().timeline)
    assert all(row["message"] and row["timestamp_desc"] for row in rows)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["datetime"]) for row in rows)


def test_the_overview_links_to_each_report_and_shows_nothing_hidden():
    found = analysis("<script>alert(1)</script>\u202e")
    name = found.users[0].subject.user_principal_name
    page = overview_html(found, {name: "folder"})
    assert f'<a href="folder/report.html">{name}</a>' in page
    assert "<script" not in page
    assert "\u202e" not in page
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page


def test_the_overview_says_as_of_when_each_account_is_told():
    found = analysis()
    page = overview_html(found, {})
    assert f"Analyzed {parts.utc(found.users[0].made_at)}; " in page
    assert page.count(f">{parts.utc(newest_of(found.users[0]))}</td>") >= 1
    assert "<th>As of</th>" in page


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a@contoso.example", "a@contoso.example"),
        ("...", "account"),
        ("C:\\Windows", "C_Windows"),
    ],
)
def test_a_name_makes_no_path(name, folder):
    assert folder_names([named(samples.rich(), name)]) == [folder]


@pytest.mark.parametrize("name", ["overview.html", "Report.JSON", "findings.csv.", "timesketch.csv"])
def test_no_folder_is_called_like_a_file_beside_it(name):
    [folder] = folder_names([named(samples.rich(), name)])
    assert folder == f"{name.strip('.')}-2"


def test_two_accounts_never_share_a_folder():
    names = folder_names([named(samples.rich(), one) for one in ("a b", "A_b", "a/b")])
    assert len({one.casefold() for one in names}) == 3


def test_who_else_is_found_by_the_intruders_address():
    grave = samples.rich()
    assert grave.story is not None
    address = grave.story.addresses[0]
    event = replace(grave.timeline[0], address=address, by=grave.subject.user_principal_name)
    other = named(samples.clean(), "lee@contoso.example")
    other = replace(other, timeline=(Event(event.at, "x", "lee@contoso.example", address, "audit_log", "r"),))
    found = pivots([replace(grave, timeline=(event,)), other])
    assert (
        Pivot("IP address", address, ("adele.vance@contoso.example",), ("lee@contoso.example",), 2) in found
    )
    assert pivots([other]) == ()


def test_whom_the_attacker_wrote_to_shows_beside_the_sender():
    grave, other = samples.rich(), named(samples.clean(), "lee@contoso.example")
    other = replace(other, subject=replace(other.subject, mail="lee@contoso.example", addresses=()))
    sender, reader = grave.subject.user_principal_name, other.subject.user_principal_name
    assert grave.story is not None
    lead = Clause(reader, why=Tie.LURED)
    found = pivots([replace(grave, story=replace(grave.story, leads=(lead,))), other])
    assert ("mail from the attacker", sender, (sender,), (reader,), 2) in [
        (one.kind, one.value, one.accounts, one.others, one.events) for one in found
    ]
