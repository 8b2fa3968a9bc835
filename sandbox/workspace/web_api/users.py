"""The users.* and usergroups.* methods."""

from __future__ import annotations

from typing import Any

from sandbox.workspace import directory, wire
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.web_api.common import Arguments, Run, page_of, yes


def _reads_mail(state: WorkspaceState) -> bool:
    return "users:read.email" in state.manifest.scopes


def _users_info(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    person = state.person(str(args["user"]))
    if person is None or person.id != args["user"]:
        raise RefusedError("user_not_found")
    return {"user": wire.user(person, with_email=_reads_mail(state))}


def _users_lookup(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    wanted = str(args["email"]).lower()
    for person in state.people.values():
        if person.email.lower() == wanted and not person.deleted and person.team_id == directory.TEAM_ID:
            return {"user": wire.user(person, with_email=True)}
    raise RefusedError("users_not_found")


def _users_list(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    everybody = [p for p in (*state.people.values(), state.bot) if not p.is_stranger]
    members, metadata = page_of(everybody, args)
    return {
        "members": [wire.user(p, with_email=_reads_mail(state)) for p in members],
        "cache_ts": int(state.seconds()),
        "response_metadata": metadata,
    }


def _groups_list(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    with_users = yes(args.get("include_users"))
    return {"usergroups": [wire.user_group(g, with_users=with_users) for g in state.user_groups.values()]}


def _groups_users(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    for group in state.user_groups.values():
        if group.id == args["usergroup"]:
            return {"users": list(group.users)}
    raise RefusedError("no_such_subteam")


RUNS: dict[str, Run] = {
    "users.info": _users_info,
    "users.lookupByEmail": _users_lookup,
    "users.list": _users_list,
    "usergroups.list": _groups_list,
    "usergroups.users.list": _groups_users,
}
