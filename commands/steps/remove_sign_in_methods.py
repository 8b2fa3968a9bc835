"""Remove ways to sign in that somebody else registered; never the password, and the default one last.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365", step 3; Microsoft Graph v1.0,
"Delete phoneAuthenticationMethod" and its siblings. Only a telephone and a mail address can be registered
again by somebody else than the user.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final, Literal

from commands.clues.sign_in_methods import described
from commands.plans.plan import Change, Look, ManualTask, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.parts import (
    asks_for,
    because,
    gaps,
    name_of,
    privileges,
    refusals,
    registered,
    user_path,
)
from commands.symptoms import credential_changes, strong_authentication
from graph.evidence import Unavailable
from graph.parts.reading import segment
from graph.request import Cmdlet, Request
from graph.resources.sign_ins import AuthenticationMethod

TITLE = "Remove unknown sign-in methods"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = (
    "one change for each method besides the password, the default one last; those with a finding are "
    "preselected"
)
UNDO = "phone and email address can be registered again; other methods cannot be undone"
PEOPLE = "one or two"
NEEDS: tuple[str, ...] = ("authentication_methods",)

SEGMENTS: Final = {
    "phone": "phoneMethods",
    "email": "emailMethods",
    "microsoftAuthenticator": "microsoftAuthenticatorMethods",
    "fido2": "fido2Methods",
    "softwareOath": "softwareOathMethods",
    "temporaryAccessPass": "temporaryAccessPassMethods",
    "windowsHelloForBusiness": "windowsHelloForBusinessMethods",
    "platformCredential": "platformCredentialMethods",
    "external": "externalAuthenticationMethods",
    "hardwareOath": "hardwareOathMethods",
}
"""Where each kind of method lies in Graph; the list of all methods removes nothing."""


def _version(kind: str) -> Literal["v1.0", "beta"]:
    """The version of Graph that has a kind of method."""
    return "beta" if kind == "hardwareOath" else "v1.0"


_METHODS: Final = "/users/{id}/authentication"
WRITES: tuple[Request | Cmdlet, ...] = (
    *(
        Request(
            "DELETE",
            f"{_METHODS}/{where}/{{method}}{'/$ref' if kind == 'external' else ''}",
            version=_version(kind),
        )
        for kind, where in SEGMENTS.items()
    ),
    Request("POST", f"{_METHODS}/{SEGMENTS['phone']}"),
    Request("POST", f"{_METHODS}/{SEGMENTS['email']}"),
)

_ID: Final = "remove_sign_in_methods"
_NEAR: Final = timedelta(minutes=5)
"""How far the record of a method and its time of creation may lie apart to mean the same."""

_ADDING: Final = frozenset(
    {
        strong_authentication.BY_INTRUDER,
        strong_authentication.ADDED,
        strong_authentication.PASS,
        credential_changes.METHOD_BY_SUSPECT,
        credential_changes.METHOD_UNFAMILIAR,
        credential_changes.METHOD_AFTER_SUSPECT,
        credential_changes.METHOD_UNRECORDED,
        credential_changes.PASS_MADE,
    }
)
"""The findings that tell of a method being made; the others tell of passwords, or of methods taken away."""

_DEFAULTS: Final = {
    "push": ("microsoftAuthenticator", ""),
    "oath": ("softwareOath", ""),
    "sms": ("phone", "mobile"),
    "voicemobile": ("phone", "mobile"),
    "voicealternatemobile": ("phone", "alternateMobile"),
    "voiceoffice": ("phone", "office"),
    "fido2": ("fido2", ""),
}
"""What each name of a default method means, in any case: the kind, and for telephones which one."""

_LAST: Final = (
    "It is or may be the default method, which Microsoft does not remove while others are registered",
    (
        "Once no method is left, anyone who knows the password can register one: keep sign-in "
        "blocked, or issue a Temporary Access Pass"
    ),
)
"""What people should know about removing the default method."""


_OTHER_WAY: Final = (
    "If Microsoft refuses this, remove the method in the Microsoft Entra admin center, Users, the user, "
    "Authentication methods: Microsoft's documents name two addresses for this request"
)
"""What people should know about removing an external method. Source: see the contract."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to remove each method that can be removed; those that findings name are suggested."""
    refused = refusals(planning, _ID, NEEDS)
    source = planning.evidence.authentication_methods
    if refused or isinstance(source, Unavailable):
        yield from refused
        return
    methods = [one for one in source.value.methods if one.kind != "password"]
    if not methods:
        yield Nothing(_ID, f"{name_of(planning)} has no sign-in methods besides the password.")
        return
    # Where Entra chooses, nothing says whose default it refuses to remove: the user's, or its own.
    default = frozenset({source.value.default_method, *source.value.system_preferred})
    told = {one.id: finding_on(planning, one) for one in methods}
    # An alternate number stands on the mobile one: it goes before that, and comes back after it.
    methods.sort(key=lambda one: (is_default(one, default), told[one.id] is None, one.phone_type == "mobile"))
    warns = (*privileges(planning), *gaps(planning, *NEEDS))
    for method in methods:
        if method.kind in SEGMENTS:
            last = is_default(method, default) and len(methods) > 1
            yield _change(planning, method, told[method.id], warns, last=last)
        else:
            yield _by_hand(planning, method, told[method.id])


def finding_on(planning: PlanningInput, method: AuthenticationMethod) -> Finding | None:
    """Give the gravest finding on a method: one that names it, else one of a method made at the same time.

    Audit records of security info carry no id of the method, so that time is all there is.
    """
    symptoms = ("strong_authentication", "credential_changes")
    named = planning.finding_on(method.id, *symptoms)
    made = method.created_date_time
    if named is not None or made is None:
        return named
    for finding in planning.findings(*symptoms):
        if finding.sign in _ADDING and finding.at is not None and abs(finding.at - made) <= _NEAR:
            return finding
    return None


def is_default(method: AuthenticationMethod, names: Collection[str]) -> bool:
    """Whether this is, or may be, a method that the user is asked for first."""
    meant = [_DEFAULTS[name.casefold()] for name in names if name.casefold() in _DEFAULTS]
    return any(method.kind == kind and (not which or method.phone_type == which) for kind, which in meant)


def _change(
    planning: PlanningInput,
    method: AuthenticationMethod,
    finding: Finding | None,
    warns: tuple[str, ...],
    *,
    last: bool,
) -> Change:
    name, what = name_of(planning), described(method)
    external = method.kind == "external"
    version = _version(method.kind)
    path = user_path(planning, "authentication", SEGMENTS[method.kind])
    state = _written(method)
    look = Look(Request("GET", path, version=version), where={"id": method.id}, fields=tuple(state))
    undo = Undo(
        says=f"Register {what} for {name} again",
        do=Request("POST", path, body=state),
        look=look,
        wants=state,
        note="It is registered as new; SMS sign-in stays off.",
    )
    return Change(
        id=f"{_ID}:{method.id}",
        step=_ID,
        says=f"Remove {what} from the sign-in methods of {name}",
        why=_why(method, finding),
        do=Request("DELETE", f"{path}/{segment(method.id)}{'/$ref' if external else ''}", version=version),
        look=look,
        expects=state,
        wants=None,
        undo=undo if state else None,
        no_undo="" if state else "Only the user can register this method again.",
        suggested=asks_for(planning, finding),
        warns=(*(_LAST if last else ()), *((_OTHER_WAY,) if external else ()), *warns),
    )


def _written(method: AuthenticationMethod) -> dict[str, str]:
    """What a method is registered with, where an application can do so; empty where only the user can."""
    if method.kind == "phone" and method.phone_number and method.phone_type:
        return {"phoneNumber": method.phone_number, "phoneType": method.phone_type}
    if method.kind == "email" and method.email_address:
        return {"emailAddress": method.email_address}
    return {}


def _why(method: AuthenticationMethod, finding: Finding | None) -> str:
    if finding is None or method.id in finding.records:
        return because(finding, f"{registered(method.created_date_time)}; no finding is about it")
    return f"It was registered within five minutes of this: {finding.summary}"


def _by_hand(planning: PlanningInput, method: AuthenticationMethod, finding: Finding | None) -> ManualTask:
    """A kind that Graph lets no application remove."""
    return ManualTask(
        id=f"{_ID}:{method.id}",
        step=_ID,
        says=(
            f"Review {described(method)} of {name_of(planning)}, and remove it unless the user recognizes it"
        ),
        how=(
            "Microsoft Entra admin center, Users, the user, Authentication methods",
            f"{registered(method.created_date_time)}; call the user",
            "Choose Delete in the method's menu (…)",
        ),
        suggested=asks_for(planning, finding),
    )
