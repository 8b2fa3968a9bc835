"""A secret is found wherever it lies, and where nobody could be asked nothing is told as good."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.supply import audit, secrets

TOKEN = "-".join(("xoxb", "123456789012", "1234567890123", "a" * 24))
KEY = "-----{} RSA PRIVATE KEY-----".format("BEGIN")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for words in (
        ["init", "-q"],
        ["config", "user.email", "a@contoso.example"],
        ["config", "user.name", "a"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def commit(folder: Path) -> None:
    for words in (["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


@pytest.mark.parametrize(("text", "kind"), [(TOKEN, "SlackDetector"), (KEY, "PrivateKeyDetector")])
def test_a_secret_is_found_in_the_tree_and_in_what_was_removed_long_ago(
    repository: Path, text: str, kind: str
) -> None:
    (repository / "settings.toml").write_text(f'token = "{text}"\n')
    assert [one.kind for one in secrets.found_in(secrets.tree(repository))] == [kind]
    commit(repository)
    (repository / "settings.toml").write_text("")
    commit(repository)
    assert list(secrets.found_in(secrets.tree(repository))) == []
    [found] = secrets.found_in(secrets.history(repository))
    assert found.kind == kind
    assert text not in str(found)


def test_what_is_no_secret_is_none(repository: Path) -> None:
    (repository / "a.md").write_text(
        'The token begins with xoxb-…, and password = "invented" is one of ours.\n'
    )
    (repository / "b").write_bytes(b"\0\1" + TOKEN.encode())
    commit(repository)
    assert list(secrets.found_in(secrets.history(repository))) == []


def one(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": "1", **more}


@pytest.mark.parametrize(
    ("packages", "status", "says"),
    [
        ([one("a", vulns=[])], audit.CLEAN, "No known vulnerabilities in 1 packages"),
        ([one("a", vulns=[]), one("b", vulns=[{"id": "PYSEC-1"}])], audit.VULNERABLE, "b 1: PYSEC-1"),
        ([{"name": "a", "skip_reason": "not found"}], audit.COULD_NOT_LOOK, "1 of 1"),
        ([one("a", vulns=[]), {"name": "b", "skip_reason": "not found"}], audit.COULD_NOT_LOOK, "1 of 2"),
        ([], audit.COULD_NOT_LOOK, "0 of 0"),
    ],
)
def test_only_what_was_looked_up_counts_as_clean(packages: list[Any], status: int, says: str) -> None:
    got, told = audit.told(json.dumps({"dependencies": packages, "fixes": []}))
    assert (got, says in told) == (status, True)


@pytest.mark.parametrize("answer", ["", "Traceback", "[]", "{}", "null"])
def test_no_answer_is_no_good_news(answer: str) -> None:
    assert audit.told(answer)[0] == audit.COULD_NOT_LOOK
