"""The registry of symptoms: whole, in order, and every sign declared once."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from commands import symptoms
from commands.symptoms import SYMPTOMS, Symptom
from graph.evidence import SOURCES
from tests.commands.evidence import USUAL, evidence

FOLDER = Path(symptoms.__file__).parent
THE_TEN = (
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
)


def name_of(symptom: Symptom) -> str:
    return symptom.__name__.rpartition(".")[2]


def test_the_ten_of_microsofts_document_come_first_in_its_order_then_the_sign_ins() -> None:
    names = [name_of(symptom) for symptom in SYMPTOMS]
    assert tuple(names[:11]) == (*THE_TEN, "sign_ins")
    assert [symptom.SOURCE for symptom in SYMPTOMS[:10]] == [f"symptom {number}" for number in range(1, 11)]


def test_no_symptom_is_forgotten_and_none_is_told_twice() -> None:
    files = {
        path.stem
        for path in FOLDER.glob("*.py")
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "detect"
            for node in ast.parse(path.read_text("utf-8")).body
        )
    }
    assert Counter(name_of(symptom) for symptom in SYMPTOMS) == Counter(files)


def test_no_two_signs_share_an_id() -> None:
    signs = Counter(sign.id for symptom in SYMPTOMS for sign in symptom.SIGNS)
    assert [name for name, times in signs.items() if times > 1] == []


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=name_of)
def test_a_symptom_names_only_sources_that_exist(symptom: Symptom) -> None:
    needs = [name for need in symptom.NEEDS for name in ((need,) if isinstance(need, str) else need)]
    assert needs
    assert set(needs) | set(symptom.HELPS) <= set(SOURCES)
    assert not set(needs) & set(symptom.HELPS)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=name_of)
def test_a_symptom_reads_no_source_that_it_does_not_name(symptom: Symptom) -> None:
    named = {name for need in symptom.NEEDS for name in ((need,) if isinstance(need, str) else need)}
    named |= set(symptom.HELPS)
    tree = ast.parse((FOLDER / f"{name_of(symptom)}.py").read_text("utf-8"))
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "evidence"
    }
    assert read & set(SOURCES) <= named


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=name_of)
def test_every_sign_says_why_it_weighs_what_it_weighs(symptom: Symptom) -> None:
    for sign in symptom.SIGNS:
        assert sign.id.replace("_", "").isalnum()
        assert sign.why.endswith(".")
        assert len(sign.why) > 10


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=name_of)
def test_where_nothing_was_asked_nothing_is_found(symptom: Symptom) -> None:
    assert list(symptom.detect(evidence(), USUAL)) == []
