"""Every known detection is found, each by its own sign, and every sign has its ATT&CK technique."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from commands import check, facts, usual
from commands.analyze import analyze
from commands.report import VerdictCode
from commands.symptoms import (
    SYMPTOMS,
    account_changes,
    data_leaving,
    file_activity,
    rare_operations,
    teams_messages,
)
from graph.audit_log.parse import parse
from graph.audit_log.sign_in import parse as sign_in_of
from graph.evidence import SOURCES, Evidence
from tests.commands.evidence import ADELE, NOON, evidence
from tests.commands.planted import OTHERS, RECORDS, SIGN_INS, own
from tests.each import each

ROOT = Path(__file__).resolve().parents[2]
DETECTIONS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs/detections.toml").read_text("utf-8"))
SIGNS = {sign.id: sign for symptom in SYMPTOMS for sign in symptom.SIGNS}


def with_planted(number: str) -> Evidence:
    """An ordinary past, and then what the detection looks for."""
    records = [parse(raw) for raw in RECORDS.get(number, ())]
    mine = [one for one in records if ADELE.is_meant_by(one.actor)]
    others = [one for one in records if not ADELE.is_meant_by(one.actor)]
    sign_ins = [own(day) for day in range(8, 29)]
    sign_ins += SIGN_INS.get(number, ())
    return evidence(
        sign_ins=[sign_in_of(one) for one in sign_ins],
        # Who guessed at others stands in the log of this one: a check asks for the address.
        audit_log=[*mine, *others] if number == "D30" else mine,
        audit_log_on_mailbox=others,
        **OTHERS.get(number, {}),
    )


def found(seen: Evidence) -> dict[str, int]:
    known = usual.learn(seen)
    return {
        finding.sign.id: int(finding.severity)
        for symptom in SYMPTOMS
        for finding in symptom.detect(seen, known)
    }


def test_all_77_are_known_and_planted_once() -> None:
    assert list(DETECTIONS) == [*(f"D{n:02}" for n in range(1, 76)), "S01", "S02"]
    planted = Counter([*RECORDS, *SIGN_INS, *OTHERS])
    assert planted == Counter(list(DETECTIONS))


@pytest.mark.parametrize("number", DETECTIONS)
def test_a_detection_is_found_by_its_own_sign(number: str) -> None:
    assert DETECTIONS[number]["signs"][0] in found(with_planted(number))


@pytest.mark.parametrize("number", [*RECORDS, *SIGN_INS])
def test_it_is_found_in_exported_logs_too(number: str, tmp_path: Path) -> None:
    logs = {
        "sign-ins": [*map(own, range(8, 29)), *SIGN_INS.get(number, ())],
        "audit": RECORDS.get(number, ()),
    }
    files = [tmp_path / f"{name}.jsonl" for name, records in logs.items() if records]
    for file in files:
        # Microsoft writes no blanks, and the scan looks for fields as they stand in the text.
        file.write_text("\n".join(json.dumps(one, separators=(",", ":")) for one in logs[file.stem]))
    reports = analyze(files, user=ADELE.mail, now=NOON).users
    signs = {finding.sign.id for report in reports for finding in report.findings}
    assert DETECTIONS[number]["signs"][0] in signs


def test_in_the_ordinary_past_alone_none_of_them_is_found() -> None:
    assert found(evidence(sign_ins=[sign_in_of(own(day)) for day in range(29)])) == {}


def test_a_planted_record_alone_compromises_nobody() -> None:
    """A minimal record is one thing; only several, or a stranger in the account, come to more."""
    grave = {
        number
        for number in each(DETECTIONS)
        if check.judge(with_planted(number), NOON).verdict.answer is VerdictCode.COMPROMISED
    }
    assert grave == set()


def test_every_detection_has_a_sign_of_its_own() -> None:
    firsts = Counter(row["signs"][0] for row in DETECTIONS.values())
    assert [name for name, times in firsts.items() if times > 1] == []
    for number, row in each(DETECTIONS.items()):
        assert set(row["signs"]) <= set(SIGNS), number


def test_every_operation_of_the_latest_symptoms_has_its_page() -> None:
    looked_for = {
        *data_leaving._SETTINGS,
        *data_leaving._LINKS,
        *data_leaving._INVITATIONS,
        "new-compliancesearchaction",
        *account_changes._MADE,
        *("update user", "delete user"),
        *rare_operations.OPERATIONS,
        *teams_messages._WRITTEN,
        *(name.casefold() for name in file_activity.FETCHED | file_activity.DELETED_FILES),
        file_activity.SEARCH.casefold(),
    }
    assert looked_for == set(facts.operations())


def test_every_sign_has_its_technique() -> None:
    for sign in each(SIGNS.values()):
        assert re.fullmatch(r"T\d{4}(\.\d{3})?", sign.technique), sign.id


@pytest.mark.parametrize("number", DETECTIONS)
def test_the_row_names_sources_that_exist_and_a_test_that_tries_the_sign(number: str) -> None:
    row = DETECTIONS[number]
    assert set(row["evidence"]) <= set(SOURCES)
    assert row["signs"][0] in (ROOT / row["test"]).read_text("utf-8")
