"""The app's manifest is valid and asks for no more than it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sandbox.workspace import manifest
from sandbox.workspace.methods import METHODS
from tests.examples import REFERENCE

from .bolt import MANIFEST

# Why each scope is there: the method that needs it, or None for what no method names.
SCOPES = {
    "commands": None,  # slash commands and shortcuts carry it, no method does
    "chat:write": "chat.postMessage",
    "files:write": "files.completeUploadExternal",
    "users:read": "users.info",
    "users:read.email": "users.lookupByEmail",
    "im:write": "conversations.open",
    "channels:read": "conversations.info",
    "groups:read": "conversations.members",
    "usergroups:read": "usergroups.users.list",
}

RAW = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
READ = manifest.read(MANIFEST)


SCHEMA = json.loads(Path(__file__).with_name("manifest_schema.json").read_text(encoding="utf-8"))


def test_the_manifest_is_valid_against_what_slack_takes():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.Draft7Validator(SCHEMA).validate(RAW)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("display_information", "name"), "n" * 36),
        (("display_information", "long_description"), "too short"),
        (("features", "slash_commands", 0, "command"), "compromise"),
        (("features", "shortcuts", 0, "name"), "n" * 25),
        (("settings", "interactivity", "is_enable"), True),
    ],
)
def test_a_manifest_that_slack_would_refuse_is_noticed(place, value):
    wrong = deepcopy(RAW)
    *way, last = place
    reduce(getitem, way, wrong)[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(wrong)


if REFERENCE.is_dir():  # Slack's own schema, which checks ours where it is at hand

    def test_the_manifest_is_valid_against_slacks_schema():
        theirs = json.loads((REFERENCE / "slack_manifest_schema_v1.json").read_text(encoding="utf-8"))
        jsonschema.Draft7Validator(theirs).validate(RAW)

    def test_our_schema_says_what_slacks_says():
        theirs = json.loads((REFERENCE / "slack_manifest_schema_v1.json").read_text(encoding="utf-8"))
        assert list(differences(SCHEMA, theirs, theirs["definitions"], "")) == []


def differences(
    ours: dict[str, Any], theirs: dict[str, Any], known: dict[str, Any], at: str
) -> Iterator[str]:
    """Where a rule of ours is not Slack's; what we leave out is none, and the form of a color is our own."""
    if "$ref" in theirs:
        theirs = known[theirs["$ref"].rsplit("/", 1)[1]]
    for rule in (
        "type",
        "required",
        "additionalProperties",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    ):
        if rule in ours and ours[rule] != theirs.get(rule):
            yield f"{at}: {rule}"
    for name, inner in ours.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            yield from differences(inner, theirs["properties"][name], known, f"{at}/{name}")
        else:
            yield f"{at}: {name}"
    if "items" in ours:
        yield from differences(ours["items"], theirs["items"], known, f"{at}[]")


def test_the_manifest_asks_for_exactly_the_scopes_in_the_table():
    assert READ.scopes == set(SCOPES)


@pytest.mark.parametrize(("scope", "method"), [(s, m) for s, m in SCOPES.items() if m])
def test_each_scope_is_one_that_a_method_of_ours_needs(scope, method):
    assert scope in METHODS[method].scopes


def test_each_scope_says_why_it_is_asked_for():
    lines = MANIFEST.read_text(encoding="utf-8").splitlines()
    for scope in SCOPES:
        line = next(n for n in lines if n.strip().startswith(f"- {scope} "))
        assert "# " in line


def test_the_command_and_the_shortcuts_are_the_ones_the_listeners_know():
    assert READ.commands["/compromise"].should_escape
    assert {s.callback_id: s.type for s in READ.shortcuts.values()} == {
        "report_account": "global",
        "check_message": "message",
    }


def test_it_runs_by_socket_mode_in_one_workspace_without_rotating_tokens():
    assert READ.socket_mode
    assert READ.interactivity
    assert READ.home_enabled
    assert READ.events == {"app_home_opened"}
    assert RAW["settings"]["org_deploy_enabled"] is False
    assert RAW["settings"]["token_rotation_enabled"] is False
