"""Show which second factors the account has, and have somebody see to it that one is demanded.

Source: Microsoft's document, step 1 (its tip); Microsoft, "Respond to a compromised email account in
Microsoft 365", step 1; Microsoft Entra, "Require phishing-resistant multifactor authentication for
administrators". The ways in which a tenant can demand it (Conditional Access, security defaults, for each
user) must not be mixed; that is why a person does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.clues.sign_in_methods import described
from commands.plans.plan import ManualTask, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps.parts import day, gaps, name_of, refusals
from graph.evidence import Unavailable
from graph.request import Cmdlet, Request

TITLE = "Enable multi-factor authentication"
SOURCE = "step 1"
PHASE = Phase.CONTAIN
PLANS = "a manual task with the registered methods and how to require MFA"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

_ID: Final = "multi_factor"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan the manual task, with what is registered now."""
    refused = refusals(planning, _ID, NEEDS)
    if refused:
        yield from refused
        return
    admin = bool(planning.evidence.directory_roles.seen(()))
    name = name_of(planning)
    answer = planning.report.verdict.answer
    yield ManualTask(
        id=f"{_ID}:enforce",
        step=_ID,
        says=(
            f"Require phishing-resistant MFA for {name}, an administrator when checked"
            if admin
            else f"Require MFA for {name} at every sign-in"
        ),
        how=(*_registered(planning), *(_FOR_ADMINS if admin else _FOR_USERS), *_AFTERWARDS),
        suggested=answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS) or _has_only_password(planning),
    )


def _registered(planning: PlanningInput) -> Iterator[str]:
    """What was registered when it was checked, one line each: changes since then may have removed some."""
    when = f"Registered when checked ({day(planning.report.made_at)})"
    source = planning.evidence.authentication_methods
    if isinstance(source, Unavailable):
        yield f"Registered methods were not collected: {source.says.rstrip('.')}"
        return
    methods = [one for one in source.value.methods if one.kind != "password"]
    removed = {one.id.partition(":")[2] for one in planning.planned if one.step == "remove_sign_in_methods"}
    for method in sorted(methods, key=lambda method: method.id in removed):
        also = "; its removal was offered then" if method.id in removed else ""
        yield f"{when}: {described(method)}, since {day(method.created_date_time)}{also}"
    if not methods:
        yield f"{when}: only the password"
    first = one_line(", ".join(source.value.system_preferred))
    chosen = one_line(source.value.default_method)
    if first:
        yield f"Entra prompts for “{first}” first, regardless of the default method"
    if chosen:
        yield f"The default method is “{chosen}”"
    yield from gaps(planning, "authentication_methods")


def _has_only_password(planning: PlanningInput) -> bool:
    source = planning.evidence.authentication_methods
    return not isinstance(source, Unavailable) and all(one.kind == "password" for one in source.value.methods)


_DEFAULTS: Final = (
    "Without Conditional Access (Microsoft Entra ID P1), enable security defaults: Identity, "
    "Overview, Properties"
)
_FOR_ADMINS: Final = (
    (
        "Microsoft Entra admin center, Protection, Conditional Access, Policies: a policy for "
        "administrator roles, all resources, Grant: Require authentication strength "
        "“Phishing-resistant MFA”"
    ),
    "Have the user register a passkey, Windows Hello or a certificate first, in person",
    _DEFAULTS,
)
_FOR_USERS: Final = (
    (
        "Microsoft Entra admin center, Protection, Conditional Access, Policies: a policy for "
        "this user, all resources, Grant: Require multifactor authentication; verify that the "
        "user is not excluded"
    ),
    _DEFAULTS,
)
_AFTERWARDS: Final = (
    (
        "Use one method only: do not enable per-user MFA where policies or security defaults already "
        "require it"
    ),
    (
        "After the attacker's methods are removed: Users, the user, Authentication methods, "
        "Require re-register multifactor authentication"
    ),
    (
        "Give the user a Temporary Access Pass in person, so that the user registers before "
        "anyone who knows the password"
    ),
)
