"""Switch the automatic reply off.

Source: Microsoft Graph v1.0, "Update user mailbox settings". Only the status is sent. What a request does not
name keeps its value, so the texts of the reply stay with Microsoft, and never come into a plan: they are
content of the mailbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, Look, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import asks_for, because, name_of, refusals
from graph.evidence import Known
from graph.parts.reading import segment
from graph.request import Cmdlet, Limit, Request

TITLE = "Turn off automatic replies"
SOURCE = "step 3, extended"
PHASE = Phase.ERADICATE
PLANS = "one change that turns automatic replies off and keeps the text"
UNDO = "the previous setting"
PEOPLE = "one"
NEEDS: Final = ("auto_reply",)
WRITES: tuple[Request | Cmdlet, ...] = (Request("PATCH", "/users/{id}/mailboxSettings"),)

_ID: Final = "turn_off_auto_reply"
_STATUS: Final = "automaticRepliesSetting/status"
_AS: Final = {"alwaysEnabled": "always on"}


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off a reply that is on or scheduled."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = []
    if isinstance(planning.evidence.auto_reply, Known):
        status = planning.evidence.auto_reply.value.status
        if status.casefold() not in {"", "disabled"}:
            changes.append(_change(planning, status))
    yield from with_gaps(_ID, planning, changes, "Automatic replies are off.", *NEEDS)


def _change(planning: PlanningInput, status: str) -> Change:
    subject = planning.subject
    path = f"/users/{segment(subject.id)}/mailboxSettings"
    look = Look(
        Request("GET", path, {"$select": "automaticRepliesSetting"}, limit=Limit.MAILBOX), fields=(_STATUS,)
    )
    finding = next(planning.findings("auto_reply"), None)
    return Change(
        id=f"{_ID}:reply",
        step=_ID,
        says=f"Turn off automatic replies for {name_of(planning)}",
        why=because(finding, "Automatic replies are on; no finding is about them."),
        do=_patch(path, "disabled"),
        look=look,
        expects={_STATUS: status},
        wants={_STATUS: "disabled"},
        undo=Undo(
            says=f"Turn on automatic replies for {name_of(planning)} again ({_AS.get(status, status)})",
            do=_patch(path, status),
            look=look,
            wants={_STATUS: status},
            note="The reply's text and schedule are not changed.",
        ),
        suggested=asks_for(planning, finding),
    )


def _patch(path: str, status: str) -> Request:
    return Request("PATCH", path, body={"automaticRepliesSetting": {"status": status}}, limit=Limit.MAILBOX)
