"""The tables of facts are sound: every row has a source and a day, every name leads to a row."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from pydantic import ValidationError

from commands import facts
from commands.symptoms import SYMPTOMS
from commands.usual import points
from graph.contract import Row
from graph.evidence import SOURCES
from tests.each import each

ROOT = Path(__file__).resolve().parents[2]


def rows() -> Iterator[Row]:
    yield from facts.groups().values()
    for words in facts.phrases().values():
        yield from words.values()
    yield from facts.families().values()
    yield from facts.folder_names()
    yield from facts.programs()
    yield from facts.networks().values()
    yield from facts.alert_names().values()
    yield from facts.weights().values()
    yield from facts.operations().values()
    yield from facts.points().values()
    yield from facts.questions().values()
    yield from facts.deciding()


WHOLE: dict[type[Row], dict[str, Any]] = {
    facts.Phrases: {"phrases": ["faktura"]},
    facts.Group: {"means": "An invoice."},
    facts.Family: {"id": "one", "name": "One", "ways": [["pay"]]},
    facts.Use: {"families": ["one"]},
    facts.FolderNames: {"language": "de", "names": {"archive": ["archiv"]}},
    facts.Program: {"name": "curl", "kind": "script", "pattern": "^curl/"},
    facts.Network: {"number": 64496, "name": "Example", "kind": "hosting"},
    facts.Names: {"names": ["imap"]},
    facts.Weight: {"id": "one", "severity": "low", "why": "So it is.", "technique": "T1114"},
    facts.Operation: {"id": "add user"},
    facts.Points: {"points": 1, "why": "so it is"},
    facts.Question: {"id": "inbox_rules", "impact": "fraud", "ask": "Was it you?"},
    facts.Deciding: {"any_of": ["user"], "why": "So it is."},
}


def test_every_class_of_rows_is_tried() -> None:
    classes = {one for one in vars(facts).values() if isinstance(one, type) and issubclass(one, Row)}
    assert set(WHOLE) == classes - {Row}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("lacking", ["source", "read"])
def test_a_row_without_a_source_or_a_day_is_refused_with_the_name_of_its_file(
    kind: type[Row], lacking: str
) -> None:
    whole = {"source": "OWN", "read": "2026-11-29", **WHOLE[kind]}
    facts.row(kind, "words.toml", **whole)
    with pytest.raises(ValidationError, match=lacking) as caught:
        facts.row(kind, "words.toml", **{name: value for name, value in whole.items() if name != lacking})
    assert "in words.toml" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (facts.Phrases, {"phrases": []}),
        (facts.Phrases, {"phrases": [""]}),
        (facts.Phrases, {"words": ["faktura"]}),
        (facts.Family, {"ways": []}),
        (facts.FolderNames, {"names": {"attic": ["dachboden"]}}),
        (facts.Program, {"kind": "spaceship"}),
        (facts.Network, {"kind": "pigeon"}),
        (facts.Weight, {"severity": "huge"}),
        (facts.Weight, {"why": "No full stop"}),
        (facts.Weight, {"technique": "Email Collection"}),
        (facts.Weight, {"technique": ""}),
    ],
)
def test_a_row_that_does_not_fit_is_refused(kind: type[Row], wrong: dict[str, object]) -> None:
    whole = {"source": "OWN", "read": "2026-11-29", **WHOLE[kind]}
    with pytest.raises(ValidationError):
        facts.row(kind, "words.toml", **{**whole, **wrong})


def test_every_source_begins_with_a_name_that_says_where_it_is_found() -> None:
    for row in each(rows()):
        for part in each(re.split(r";\s*", row.source)):
            assert part.split()[0].rstrip(",:") in facts.sources(), row


def test_every_group_of_a_language_is_described_and_every_one_described_has_words() -> None:
    used = {group for words in facts.phrases().values() for group in words}
    assert used == set(facts.groups())
    with pytest.raises(KeyError):
        facts.phrases_of("no such group")


def test_families_are_made_of_groups_and_each_is_looked_for() -> None:
    for family in facts.families().values():
        assert {name for way in family.ways for name in way} | set(family.unless) <= set(facts.groups())
    looked_for = {one.id for one in (*facts.families_for("mail"), *facts.families_for("signature"))}
    assert looked_for == set(facts.families())


@pytest.mark.parametrize("language", facts.phrases())
def test_phrases_are_in_lower_case_and_each_once(language: str) -> None:
    for name, words in each(facts.phrases()[language].items()):
        assert [one for one in words.phrases if one.lower() != one] == [], name
        assert [one for one, times in Counter(words.phrases).items() if times > 1] == [], name


@pytest.mark.parametrize("row", facts.folder_names(), ids=lambda row: row.language)
def test_names_of_folders_are_in_lower_case_and_mean_one_kind(row: facts.FolderNames) -> None:
    names = [name for kind in row.names.values() for name in kind]
    assert [name for name in names if name.lower() != name] == []
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_no_name_of_a_folder_means_another_kind_in_another_language() -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in facts.folder_names():
        for kind, names in row.names.items():
            for name in names:
                kinds[name].add(kind)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


def test_every_language_with_words_has_names_of_folders_that_hide() -> None:
    named = {row.language for row in facts.folder_names()}
    assert set(facts.phrases()) - named == set()


def test_every_sign_has_its_weight_and_every_weight_its_sign() -> None:
    assert {sign.id for symptom in SYMPTOMS for sign in symptom.SIGNS} == set(facts.weights())


def test_every_point_for_or_against_an_address_is_given_somewhere() -> None:
    code = "".join(file.read_text("utf-8") for file in Path(points.__file__).parent.glob("*.py"))
    assert [name for name in facts.points() if f'"{name}"' not in code] == []


def test_what_decides_are_sources_that_exist() -> None:
    assert {name for row in facts.deciding() for name in row.any_of} <= set(SOURCES)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    code = "import commands.facts as facts, sys; print(sum(one.cache_info().currsize for one in vars(facts).values() if hasattr(one, 'cache_info')))"  # noqa: E501
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert read.stdout.strip() == "0"


def test_the_wheel_holds_every_table() -> None:
    packed = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    for package in ("commands.facts", "graph.contract"):
        folder = Path(str(files(package)))
        tables = {str(path.relative_to(ROOT)) for path in folder.rglob("*.toml")}
        assert tables
        assert tables <= packed


def test_every_symptom_has_its_question_and_every_question_its_symptom() -> None:
    assert {symptom.__name__.rpartition(".")[2] for symptom in SYMPTOMS} == set(facts.questions())


def test_whatever_speaks_against_an_address_says_what_would_make_it_harmless() -> None:
    assert [name for name, row in facts.points().items() if (row.points > 0) is not bool(row.harmless)] == []
