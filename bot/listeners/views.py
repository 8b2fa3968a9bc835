"""What is sent from a window. It is made into the words that someone could type as well.

Only the code of a second factor is looked at right here: it must not be written down, and a wrong one is told
in the window itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.errors import NotUnderstood
from bot.messages import Modal
from bot.messages.password_modal import password_waits
from bot.messages.plans import places_of
from bot.slack.intake import Asked
from bot.verbs.registry import read
from bot.verbs.spelling import escaped, somebody, spelled

log = structlog.get_logger(__name__)

_CHANNEL: Final = re.compile(r" [CDG][A-Z0-9]{2,20}\Z", re.ASCII)

WRONG: Final = 150
"""How long a sentence below a field may be that everyone can read in full."""


def register(app: App, desk: Desk) -> None:
    """Listen to the windows."""

    @app.view("propose")
    def propose(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        _chosen(ack, desk, body, view, "contain")

    @app.view("restore")
    def restore(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        _chosen(ack, desk, body, view, "restore")

    @app.view("strike")
    def strike(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        _chosen(ack, desk, body, view, "strike")

    @app.view("deny")
    def deny(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        why = typed(view, "reason")
        _take(ack, desk, body, view, f"deny {_about(view)}{f' because {escaped(why)}' if why else ''}")

    @app.view("task_done")
    def task_done(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        case_id, _, number = _about(view).partition(" ")
        _take(ack, desk, body, view, f"tasks {case_id} done {number} {escaped(typed(view, 'note'))}".rstrip())

    @app.view("report_account")
    def report_account(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        account, person = typed(view, "account"), chosen(view, "person", "selected_user")
        if bool(account) is bool(person):
            both = "Choose a colleague or type an address, not both." if account else "Choose an account."
            ack(response_action="errors", errors={"account": both})
            return
        noticed, since = typed(view, "noticed"), chosen(view, "since")
        more = (f" since {since}" if since else "") + (f" because {escaped(noticed)}" if noticed else "")
        _about_somebody(
            ack, desk, body, view, field="account", who=account or f"<@{person}>", verb="suspect", more=more
        )

    @app.view("check_message")
    def check_message(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        who = typed(view, "other") or chosen(view, "account")
        _about_somebody(ack, desk, body, view, field="other", who=who, verb="check")

    @app.view("approve")
    def approve(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        # Whether a code is needed is decided when the vote is written; here only one that came is looked at.
        with_code = "code" in view["state"]["values"]
        wrong = desk.wrong_code(str(body["user"]["id"]), typed(view, "code")) if with_code else ""
        if wrong:
            ack(response_action="errors", errors={"code": wrong})
            return
        _hand_over(ack, desk, _about_plan(desk, body, view, "approve", factor=with_code))

    @app.view("password_code")
    def password_code(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        wrong = desk.wrong_code(str(body["user"]["id"]), typed(view, "code"))
        if wrong:
            ack(response_action="errors", errors={"code": wrong})
            return
        # The window stays, because the password is shown in it.
        question = replace(_about_plan(desk, body, view, "password", factor=True), view=str(view["id"]))
        _hand_over(ack, desk, question, becomes=password_waits())

    @app.view("enrol")
    def enrol(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        # Nothing of this becomes words; the window only remembers in which channel it was asked for.
        question = replace(submitted(desk, body, view, "enrol"), channel=_about(view))
        wrong = desk.enrol(question, typed(view, "code"))
        if wrong:
            ack(response_action="errors", errors={"code": wrong})
        else:
            ack()


def _chosen(ack: Ack, desk: Desk, body: dict[str, Any], view: dict[str, Any], verb: str) -> None:
    """Hand over what was ticked: people count the places from one."""
    places = sorted(set(ticked(view)))
    if not places:
        boxes = (b for b in view["blocks"] if (b.get("element") or {}).get("type") == "checkboxes")
        first = next((str(block["block_id"]) for block in boxes), "")
        ack(response_action="errors", errors={first: "Choose at least one."})
        return
    case_id, _, offer = _about(view).partition(" ")
    numbers = ",".join(str(place + 1) for place in places)
    why = escaped(typed(view, "reason"))
    _take(ack, desk, body, view, f"{verb} {case_id} {numbers} {offer} because {why}", clear=True)


def _about_somebody(
    ack: Ack,
    desk: Desk,
    body: dict[str, Any],
    view: dict[str, Any],
    *,
    field: str,
    who: str,
    verb: str,
    more: str = "",
) -> None:
    """Hand over words about the account that was named; what cannot be read is told in the window.

    The window remembers in which channel it was asked for.
    """
    try:
        words = f"{verb} {spelled(somebody(who))}{more}"
        read(words)
    except NotUnderstood as error:
        ack(response_action="errors", errors={field: str(error)[:WRONG]})
        return
    _hand_over(ack, desk, replace(submitted(desk, body, view, words), channel=_about(view)))


def _take(
    ack: Ack,
    desk: Desk,
    body: dict[str, Any],
    view: dict[str, Any],
    words: str,
    *,
    factor: bool = False,
    clear: bool = False,
) -> None:
    _hand_over(ack, desk, submitted(desk, body, view, words, factor=factor), clear=clear)


def _about_plan(desk: Desk, body: dict[str, Any], view: dict[str, Any], verb: str, *, factor: bool) -> Asked:
    """Read the question about a proposal that a window is about."""
    return submitted(desk, body, view, f"{verb} {_about(view)}", factor=factor)


def _hand_over(
    ack: Ack, desk: Desk, question: Asked, *, clear: bool = False, becomes: Modal | None = None
) -> None:
    """Take the question; with `clear`, the windows below it close as well, and `becomes` takes its place."""
    why_not = desk.take(question)
    if why_not:
        desk.say_no(question, why_not)
    if becomes:
        ack(response_action="update", view=becomes.view)
    elif clear:
        ack(response_action="clear")
    else:
        ack()


def submitted(
    desk: Desk, body: Mapping[str, Any], view: Mapping[str, Any], words: str, *, factor: bool = False
) -> Asked:
    """Read the question out of the payload of a window; `view` names one state of it exactly."""
    user = body["user"]
    name, team = str(user["id"]), str(user.get("team_id") or "")
    return Asked(
        id=question_id(team, name, str(view["id"]), str(view.get("hash") or "")),
        user=name,
        team=team,
        channel=_asked_in(view) or desk.channel_of(_about(view)),
        words=words,
        factor=factor,
    )


def ticked(view: Mapping[str, Any]) -> Iterator[int]:
    """Give the places that were ticked, over all groups of checkboxes."""
    for block in view["state"]["values"].values():
        for option in (block.get("chosen") or {}).get("selected_options") or ():
            yield from places_of(str(option["value"]))


def chosen(view: Mapping[str, Any], name: str, kind: str = "selected_option") -> str:
    """Give what was chosen in a menu: the value of an option, or the id of a person; "" for nothing."""
    found = ((view["state"]["values"].get(name) or {}).get(name) or {}).get(kind)
    return str((found or {}).get("value") or "") if kind == "selected_option" else str(found or "")


def typed(view: Mapping[str, Any], name: str) -> str:
    """Give what was typed into a field."""
    found = ((view["state"]["values"].get(name) or {}).get(name) or {}).get("value")
    return str(found or "").strip()


def _about(view: Mapping[str, Any]) -> str:
    """What the window is about, as it was opened; everything behind it is read from the ledger again."""
    return _CHANNEL.sub("", str(view.get("private_metadata") or ""))


def _asked_in(view: Mapping[str, Any]) -> str:
    """The channel in which the window was asked for, "" where it does not say."""
    found = _CHANNEL.search(str(view.get("private_metadata") or ""))
    return found[0].strip() if found else ""
