"""What several steps share: refusing, warning, and where the subject is found in Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from commands.clues.consents import is_about_app, keys_of_app
from commands.clues.records import one_line
from commands.plans.plan import Act, Demand, Look, Nothing
from commands.plans.planning_input import PlanningInput
from commands.plans.task_order import AT_ONCE
from commands.report import Finding, Severity, VerdictCode, spoken
from graph.evidence import Known, Source, Unavailable
from graph.parts.reading import segment
from graph.request import Request

ORDINARY_ROLES: Final = frozenset(
    {
        "directory readers",
        "groups administrator",
        "guest inviter",
        "helpdesk administrator",
        "message center reader",
        "password administrator",
        "reports reader",
        "user administrator",
        "usage summary reports reader",
    }
)
"""The roles whose holders a User Administrator may still act on, lower-cased.

Source: Microsoft Graph v1.0, "user resource type", who can perform sensitive actions.
"""

HIGHEST_ROLE: Final = "Privileged Authentication Administrator"
"""The directory role that the application needs for accounts that hold any other role."""

ON_PREMISES_WAIT: Final = "Wait for the next sync, up to 30 minutes"
"""How long the directory on the company's own servers takes to reach the cloud by itself."""


def refusals(planning: PlanningInput, step: str, needs: Sequence[str] = ()) -> tuple[Nothing, ...]:
    """Say why a step may not plan anything, if so: a protected account, or a source that was not seen."""
    if planning.guard.protects(planning.subject):
        why = f"{name_of(planning)} is protected in the settings, so nothing is changed"
        return (Nothing(step, f"{why}.", refused=True),)
    return tuple(
        Nothing(step, f"Not collected: {spoken(need)} ({_plain(source)}).", refused=True)
        for need in needs
        if isinstance(source := _source(planning, need), Unavailable)
    )


def gaps(planning: PlanningInput, *sources: str) -> tuple[str, ...]:
    """What people should know about sources that gave a part only; one sentence each."""
    return tuple(
        f"Partially collected: {spoken(name)} ({'; '.join(source.missing)})"
        for name in sources
        if isinstance(source := _source(planning, name), Known) and source.missing
    )


def _source(planning: PlanningInput, name: str) -> Source[Any]:
    found: Source[Any] = getattr(planning.evidence, name)
    return found


def _plain(source: Unavailable) -> str:
    needs = f" (needs {source.needs})" if source.needs and source.needs not in source.says else ""
    return f"{source.says.rstrip('.')}{needs}"


def name_of(planning: PlanningInput) -> str:
    """The subject for people: the address, since the display name is among what intruders change."""
    return planning.subject.user_principal_name


def user_path(planning: PlanningInput, *below: str) -> str:
    """A path of Graph below the subject."""
    return "/".join(("/users", segment(planning.subject.id), *below))


def user_look(planning: PlanningInput, field: str) -> Look:
    """How to read one property of the user object."""
    return Look(Request("GET", user_path(planning), {"$select": field}), fields=(field,))


def is_compromised(planning: PlanningInput) -> bool:
    """Whether the check found the account compromised."""
    return planning.report.verdict.answer is VerdictCode.COMPROMISED


def judgement(planning: PlanningInput) -> str:
    """Why a step against an account in foreign hands is planned: what the check made of it."""
    verdict = planning.report.verdict
    if not is_compromised(planning):
        return f"The verdict is “{verdict.answer.value}”; this step is for compromised accounts"
    gravest = next(iter(verdict.reasons), None)
    return f"The account is compromised{f': {gravest.summary}' if gravest is not None else ''}"


def because(finding: Finding | None, otherwise: str) -> str:
    """Why a change is planned: what was found, or the given sentence."""
    return finding.summary if finding is not None else otherwise


def asks_for(planning: PlanningInput, finding: Finding | None) -> bool:
    """Whether a finding asks for a change, so that it is selected from the start.

    What fits many harmless things as well asks for nothing as long as nothing else speaks against the
    account: people buy telephones and share calendars.
    """
    if finding is None:
        return False
    accused = planning.report.verdict.answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)
    return finding.severity >= Severity.MEDIUM or accused


def at_once(says: str) -> str:
    """What a manual task says that cannot wait until the attacker is locked out, or comes right after it."""
    return f"{AT_ONCE}: {says}"


def first_line(*texts: str) -> str:
    """The first of these texts of which something is left on one line; "" where nothing is.

    Whoever names a thing may give it a name that nobody can see.
    """
    return next((line for line in map(one_line, texts) if line), "")


def ad_user(planning: PlanningInput) -> str:
    """How an administrator finds the account in Active Directory; a name like O'Brien's stays one text."""
    upn = planning.subject.user_principal_name.replace("'", "''")
    return f"Get-ADUser -Filter \"UserPrincipalName -eq '{upn}'\""


def mail_of(planning: PlanningInput) -> str:
    """The subject's mail address; the sign-in name where the account has none."""
    return planning.subject.mail or planning.subject.user_principal_name


def day(moment: datetime | None) -> str:
    """A time for people, or that it is not known."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "an unknown time"


def registered(moment: datetime | None) -> str:
    """When a method or device was registered, as a sentence without its stop."""
    return (
        f"It was registered on {day(moment)}"
        if moment is not None
        else "No record shows when it was registered"
    )


# --- accounts that only the highest role may touch ---------------------------------------------------------


def privileges(planning: PlanningInput) -> tuple[str, ...]:
    """Say what the application must hold to change this account, where its roles or their absence tell.

    The rule holds for the password, for blocking sign-in, for sessions and for sign-in methods. A role held
    through a group counts whatever its name is: such a group can be given roles, and that is enough. A role
    that is only eligible is not held.

    Source: Microsoft Graph v1.0, "user resource type", who can perform sensitive actions.
    """
    roles = planning.evidence.directory_roles
    held = [role for role in roles.seen(()) if not role.at_rest]
    reasons = [
        role for role in held if role.how == "group" or role.name.strip().casefold() not in ORDINARY_ROLES
    ]
    if reasons:
        names = ", ".join(
            dict.fromkeys(
                first_line(role.name, role.role_definition_id)
                + (" through a group" if role.how == "group" else "")
                for role in reasons
            )
        )
        return (
            (
                f"The account has {names}: Microsoft refuses this unless the application has the "
                f"role {HIGHEST_ROLE}"
            ),
        )
    if isinstance(roles, Unavailable):
        return (
            (
                "The account's directory roles were not collected; if it has one, Microsoft "
                f"refuses this unless the application has the role {HIGHEST_ROLE}"
            ),
        )
    return gaps(planning, "directory_roles")


# --- applications ------------------------------------------------------------------------------------------


def finding_on_app(planning: PlanningInput, record: str, *ids: str, name: str = "") -> Finding | None:
    """Give the gravest finding on an application: on this record, or on an audit record that is about it.

    Args:
        planning: What the check found.
        record: The id of the grant or assignment.
        ids: The application's ids, as audit records may have them.
        name: What it is called.
    """
    findings = planning.about_apps
    keys = {record, *keys_of_app(ids, name)}
    for place in sorted({place for key in keys for place in planning.places_of_apps.get(key, ())}):
        finding = findings[place]
        told = (planning.records[one] for one in finding.records if one in planning.records)
        if record in finding.records or any(is_about_app(seen, ids, name) for seen in told):
            return finding
    return None


def is_own_app(planning: PlanningInput, app_id: str) -> bool:
    """Whether this is an application that the bot itself signs in with."""
    return app_id.casefold() in {own.casefold() for own in planning.guard.own_apps}


def not_own_app(planning: PlanningInput, principal_id: str) -> Iterator[Demand]:
    """Demand that an application, of which only the object id is known, is none that the bot signs in with.

    It is looked at right before the change, because the evidence does not tell.
    """
    ask: Act = Request("GET", f"/servicePrincipals/{segment(principal_id)}", {"$select": "id,appId"})
    for own in sorted(planning.guard.own_apps):
        yield Demand(
            Look(ask, unless={"appId": own}),
            "The application could not be read, or is the bot's own; review it in the Entra admin center.",
        )
