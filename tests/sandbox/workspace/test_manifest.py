"""The app's manifest is valid and asks for no more than it needs."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from sandbox.workspace import manifest
from tests.examples import REFERENCE, needs_reference

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


@needs_reference
def test_the_manifest_is_valid_against_slacks_schema():
    schema = json.loads((REFERENCE / "slack_manifest_schema_v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(RAW)


def test_the_manifest_asks_for_exactly_the_scopes_in_the_table():
    assert READ.scopes == set(SCOPES)


@needs_reference
@pytest.mark.parametrize(("scope", "method"), [(s, m) for s, m in SCOPES.items() if m])
def test_each_scope_is_one_that_a_method_of_ours_needs(scope, method):
    reference = json.loads((REFERENCE / "slack_methods.json").read_text(encoding="utf-8"))
    assert scope in reference[method]["scope_bot"]


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
