"""The views.* methods: windows and the Home tab."""

from __future__ import annotations

from typing import Any

from sandbox.workspace import wire
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.values import View
from sandbox.workspace.web_api.common import Arguments, Run


def _trigger(args: Arguments) -> str:
    found = args.get("trigger_id") or args.get("interactivity_pointer")
    if not found:
        raise RefusedError.because("invalid_arguments", "[ERROR] missing required field: trigger_id")
    return str(found)


def _views_open(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    body = state.checked_view(args["view"], "modal")
    trigger = state.use_trigger(_trigger(args))
    return {"view": wire.view(state.open_modal(trigger.user, body))}


def _views_push(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    body = state.checked_view(args["view"], "modal")
    trigger = state.use_trigger(_trigger(args))
    if trigger.view_id is None:
        raise RefusedError("not_found")
    return {"view": wire.view(state.push_modal(trigger.user, body))}


def _known_view(state: WorkspaceState, args: Arguments) -> View:
    for view in state.all_views():
        if args.get("view_id") == view.id or (
            args.get("external_id") and args["external_id"] == view.body.get("external_id")
        ):
            return view
    raise RefusedError("not_found")


def _views_update(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    old = _known_view(state, args)
    if args.get("hash") and args["hash"] != old.hash:
        raise RefusedError("hash_conflict")
    body = state.checked_view(args["view"], old.type)
    return {"view": wire.view(state.update_view(old, body))}


def _views_publish(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if not state.manifest.home_enabled:
        raise RefusedError("not_enabled")
    person = state.person(str(args["user_id"]))
    if person is None or person.id != args["user_id"] or person.is_bot:
        raise RefusedError.because("invalid_arguments", "[ERROR] user_not_found [json-pointer:/user_id]")
    body = state.checked_view(args["view"], "home")
    old = state.homes.get(person.id)
    if args.get("hash") and old and args["hash"] != old.hash:
        raise RefusedError("hash_conflict")
    return {"view": wire.view(state.publish_home(person.id, body))}


RUNS: dict[str, Run] = {
    "views.open": _views_open,
    "views.push": _views_push,
    "views.update": _views_update,
    "views.publish": _views_publish,
}
