"""What several steps share: refusing, warning, and where the subject is found in Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from commands.clues.records import one_line
from commands.plan import Act, Demand, Look, Nothing
from commands.report import Answer, Finding, Severity, spoken
from commands.situation import Situation
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

ON_PREMISES_WAIT: Final = "Wait until the next synchronisation has run, which takes up to 30 minutes"
"""How long the directory on the company's own servers takes to reach the cloud by itself."""


def refusals(situation: Situation, step: str, needs: Sequence[str] = ()) -> tuple[Nothing, ...]:
    """Say why a step may not plan anything, if so: a protected account, or a source that was not seen."""
    if situation.guard.protects(situation.subject):
        why = f"{name_of(situation)} is protected by the settings, so that nothing is done to this account"
        return (Nothing(step, f"{why}.", refused=True),)
    return tuple(
        Nothing(step, f"The {spoken(need)} could not be seen: {_plain(source)}.", refused=True)
        for need in needs
        if isinstance(source := _source(situation, need), Unavailable)
    )


def gaps(situation: Situation, *sources: str) -> tuple[str, ...]:
    """What people should know about sources that gave a part only; one sentence each."""
    return tuple(
        f"Not everything of the {spoken(name)} could be seen: {'; '.join(source.missing)}"
        for name in sources
        if isinstance(source := _source(situation, name), Known) and source.missing
    )


def _source(situation: Situation, name: str) -> Source[Any]:
    found: Source[Any] = getattr(situation.evidence, name)
    return found


def _plain(source: Unavailable) -> str:
    needs = f" (needs {source.needs})" if source.needs and source.needs not in source.says else ""
    return f"{source.says.rstrip('.')}{needs}"


def name_of(situation: Situation) -> str:
    """The subject for people: the address, since the display name is among what intruders change."""
    return situation.subject.user_principal_name


def user_path(situation: Situation, *below: str) -> str:
    """A path of Graph below the subject."""
    return "/".join(("/users", segment(situation.subject.id), *below))


def user_look(situation: Situation, field: str) -> Look:
    """How to read one property of the user object."""
    return Look(Request("GET", user_path(situation), {"$select": field}), fields=(field,))


def is_compromised(situation: Situation) -> bool:
    """Whether the check found the account compromised."""
    return situation.report.verdict.answer is Answer.COMPROMISED


def judgement(situation: Situation) -> str:
    """Why a step against an account in foreign hands is planned: what the check made of it."""
    verdict = situation.report.verdict
    if not is_compromised(situation):
        return f"The check says “{verdict.answer.value}”; this is for an account in foreign hands"
    gravest = next(iter(verdict.reasons), None)
    return f"The account is compromised{f': {gravest.summary}' if gravest is not None else ''}"


def because(finding: Finding | None, otherwise: str) -> str:
    """Why a change is planned: what was found, or the given sentence."""
    return finding.summary if finding is not None else otherwise


def asks_for(situation: Situation, finding: Finding | None) -> bool:
    """Whether a finding asks for a change, so that it is selected from the start.

    What fits many harmless things as well asks for nothing as long as nothing else speaks against the
    account: people buy telephones and share calendars.
    """
    if finding is None:
        return False
    accused = situation.report.verdict.answer in (Answer.COMPROMISED, Answer.SUSPICIOUS)
    return finding.severity >= Severity.MEDIUM or accused


def first_line(*texts: str) -> str:
    """The first of these texts of which something is left on one line; "" where nothing is.

    Whoever names a thing may give it a name that nobody can see.
    """
    return next((line for line in map(one_line, texts) if line), "")


def ad_user(situation: Situation) -> str:
    """How an administrator finds the account in Active Directory; a name like O'Brien's stays one text."""
    upn = situation.subject.user_principal_name.replace("'", "''")
    return f"Get-ADUser -Filter \"UserPrincipalName -eq '{upn}'\""


def mail_of(situation: Situation) -> str:
    """The subject's mail address; the sign-in name where the account has none."""
    return situation.subject.mail or situation.subject.user_principal_name


def day(moment: datetime | None) -> str:
    """A time for people, or that it is not known."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment is not None else "an unknown time"


# --- accounts that only the highest role may touch ---------------------------------------------------------


def privileges(situation: Situation) -> tuple[str, ...]:
    """Say what the application must hold to change this account, where its roles or their absence tell.

    The rule holds for the password, for blocking sign-in, for sessions and for sign-in methods. A role held
    through a group counts whatever its name is: such a group can be given roles, and that is enough. A role
    that is only eligible is not held.

    Source: Microsoft Graph v1.0, "user resource type", who can perform sensitive actions.
    """
    roles = situation.evidence.directory_roles
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
                f"The account holds {names}: Microsoft refuses this unless the application has the role "
                f"{HIGHEST_ROLE}"
            ),
        )
    if isinstance(roles, Unavailable):
        return (
            (
                "The account's directory roles could not be seen; if it holds one, Microsoft refuses this "
                f"unless the application has the role {HIGHEST_ROLE}"
            ),
        )
    return gaps(situation, "directory_roles")


# --- applications ------------------------------------------------------------------------------------------


def finding_on_app(situation: Situation, record: str, *names: str) -> Finding | None:
    """Give the gravest finding on an application: on this record, or on an audit record that names it.

    Args:
        situation: What the check found.
        record: The id of the grant or assignment.
        names: The application's ids and its name, as audit records may have them.
    """
    wanted = {name.casefold() for name in names if name}
    records = {one.id: one for one in situation.evidence.records()}
    for finding in situation.findings("oauth_apps"):
        if record in finding.records:
            return finding
        for seen in (records[name] for name in finding.records if name in records):
            if {seen.object_id.casefold(), seen.details.get("TargetName", "").casefold()} & wanted:
                return finding
    return None


def is_own_app(situation: Situation, app_id: str) -> bool:
    """Whether this is an application that the bot itself signs in with."""
    return app_id.casefold() in {own.casefold() for own in situation.guard.own_apps}


def not_own_app(situation: Situation, principal_id: str) -> Iterator[Demand]:
    """Demand that an application, of which only the object id is known, is none that the bot signs in with.

    It is looked at right before the change, because the evidence does not tell.
    """
    ask: Act = Request("GET", f"/servicePrincipals/{segment(principal_id)}", {"$select": "id,appId"})
    for own in sorted(situation.guard.own_apps):
        yield Demand(
            Look(ask, unless={"appId": own}),
            "The application could not be read, or it is the one that this bot signs in with; look at it in "
            "the Entra admin center.",
        )
