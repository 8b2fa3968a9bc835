"""What the attacker does while a story runs; each act leaves the traces that it leaves in the scenarios.

The acts happen at the tenant's present moment and act on its state at once, as if they came through another
door than the bot's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.scenarios import attack
from sandbox.scenarios.people import EVERYBODY, Person
from sandbox.scenarios.state import TenantState
from sandbox.scenarios.world import World

_PASSWORD_ACTS = {"Reset user password", "Change user password", "Reset password (self-service)"}
DROP = "fresh@mailbox-relay.example"


def forward_again(state: TenantState, upn: str, address: str = DROP) -> None:
    """Let all mail of someone go on to an address again. Raises KeyError for someone without a mailbox."""
    world, person = _present(state, upn)
    attack.forward(world, state.clock(), person, attack.session_of(person), address)


def rule_again(state: TenantState, upn: str, name: str = ".") -> None:
    """Hide mail about money by a rule again. Raises KeyError for someone without a mailbox."""
    world, person = _present(state, upn)
    attack.hiding_rule(world, state.clock(), person, attack.session_of(person), name)


def sign_in_again(state: TenantState, upn: str) -> bool:
    """Try to sign in and give whether it worked.

    It does not while the account is blocked, nor once someone else has set another password. Raises
    KeyError for an unknown person.
    """
    world, person = _present(state, upn)
    session = attack.session_of(person)
    if not state.users[person.id]["accountEnabled"]:
        error = 50057
    elif _password_is_new(state, person):
        error = 50126
    else:
        error = 0
    attack.sign_in(world, state.clock(), person, session, error=error)
    return error == 0


def _password_is_new(state: TenantState, person: Person) -> bool:
    """Whether someone else set the password since the attacker was last in or set it."""
    seen = [
        str(item["createdDateTime"])
        for item in state.sign_ins
        if item["userId"] == person.id and item["ipAddress"] == attack.IP and item["status"]["errorCode"] == 0
    ]
    theirs = [""]
    for item in state.directory_audits:
        about = person.id in {target["id"] for target in item["targetResources"]}
        if about and item["activityDisplayName"] in _PASSWORD_ACTS:
            actor = item["initiatedBy"]["user"] or {}
            (seen if actor.get("ipAddress") == attack.IP else theirs).append(item["activityDateTime"])
    return max(theirs) >= max(seen, default="")


ACTS: Mapping[str, Callable[[TenantState, str], object]] = {
    "forward_again": forward_again,
    "rule_again": rule_again,
    "sign_in_again": sign_in_again,
}
"""What the attacker can be told to do from outside, by name."""


def _present(state: TenantState, upn: str) -> tuple[World, Person]:
    """A world in which more can happen, and the person."""
    person = next((one for one in EVERYBODY if one.upn == upn.lower()), None)
    if person is None:
        raise KeyError(upn)
    return World(state.scenario, state.clock(), state), person
