"""What the person who asked is told privately. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from bot.messages import Message, parts
from bot.messages.awaited import Awaited, waits
from bot.messages.escape import address, said
from commands.containment.proposals import Proposal
from commands.ledger import BOT, Case

_MOST_LINES = 12


def noted(*, of_report: bool = False) -> Message:
    """Say at once that the question has arrived, and what comes next."""
    if of_report:
        return parts.sentence("📄 Posting the latest report; its link follows here in a moment.")
    return parts.sentence("🔎 Investigating … The link to the card follows here in a moment.")


def started(case: Case, link: str, *, awaited: Awaited | None = None) -> Message:
    """Say where the new case's card is, and what the check waits for, if for anything."""
    if awaited is not None:
        return parts.sentence(f"{waits(awaited, 'The check')} Case {said(case.id, 40)}: {_card(case, link)}")
    return parts.sentence(f"Investigating. Case {said(case.id, 40)}: {_card(case, link)}")


def hunting(name: str, link: str, *, awaited: Awaited | None, left_out: int = 0) -> Message:
    """Say where the card of a hunt is, what it waits for, if for anything, and how much it leaves out."""
    begins = waits(awaited, "The hunt") if awaited is not None else "Searching the whole tenant."
    text = f"{begins} Hunt {name}: {parts.link(link, 'see its card')}"
    if left_out:
        things = parts.counted(left_out, "further trace")
        text += (
            f"\nThe case shows {things} of the attacker, too many for one hunt: pivot by those one by one."
        )
    return parts.sentence(text)


def hunt_stopped(name: str) -> Message:
    """Say that a hunt is stopped."""
    return parts.sentence(f"Hunt {name} is stopped. Nothing was changed.")


def withheld(case: Case, why: str) -> Message:
    """Tell whoever asked, alone, that nothing more of a case is posted in its channel."""
    whose = address(case.subject.mail)
    return parts.sentence(
        f"✖ {said(case.id, 40)} about {whose}: {said(why, 300)} Nothing else about this case is "
        "posted there. Earlier posts stay: delete them, or stop sharing the channel. For the "
        f"report, type `/compromise report {whose} in #another-channel`."
    )


def already(case: Case, link: str) -> Message:
    """Say that the same account is being looked into by now."""
    who = (
        f"requested by <@{case.asked_by}>"
        if case.asked_by.isalnum() and case.asked_by != BOT
        else "requested earlier"
    )
    return parts.sentence(
        f"{address(case.subject.mail)} is already under investigation, {who} "
        f"{parts.utc(case.asked_at)}: {_card(case, link)}"
    )


def report_posted(case: Case, link: str, warning: str = "") -> Message:
    """Say where the report was posted, and whom to beware of there."""
    beware = f"\n⚠ {said(warning, 300)} Delete the report there if that is not intended." if warning else ""
    return parts.sentence(f"Report of case {said(case.id, 40)}: {_card(case, link)}{beware}")


def tried_to_decide(proposal: Proposal, user: str, *, own: bool) -> Message:
    """Tell the case's thread that someone whose own account is in doubt pressed a button."""
    whose = "it is their own account" if own else "their own account is under investigation"
    return parts.sentence(
        f"⛔ {parts.mention(user)} tried to vote on {said(proposal.id, 40)} and was refused: "
        f"{whose}. Call them to ask whether it was them; an attacker in a mailbox may be in its "
        "owner's Slack as well."
    )


def enrolled(user: str) -> Message:
    """Tell the team that someone enrolled, since whoever holds a stolen Slack account could do it first."""
    return parts.sentence(
        f"{parts.mention(user)} enrolled a second factor for approvals. If this was not them, "
        "remove it on the command line now, and do not rely on their approvals."
    )


def codes_locked(user: str) -> Message:
    """Tell the team that someone's codes are locked, since whoever holds a stolen Slack account may guess."""
    return parts.sentence(
        f"⚠ {parts.mention(user)} entered five wrong codes of the second factor; their codes are locked for "
        "15 minutes. Call them to ask whether it was them."
    )


def no_longer_asked() -> Message:
    """Stand in for the copy of a proposal's card whose reader may no longer approve; tells nothing of it."""
    return parts.sentence("You are no longer asked to approve this.")


def recheck_waits(awaited: Awaited) -> Message:
    """Tell that a recheck is due and has not begun, and what it waits for."""
    return parts.sentence(f"⏳ {waits(awaited, 'A recheck of this account')}")


def plan_waits(proposal_id: str, at_most: timedelta) -> Message:
    """Tell that an approved plan has not begun, and what it waits for."""
    minutes = int(at_most.total_seconds() // 60)
    return parts.sentence(
        f"⏳ {proposal_id} is approved and not carried out yet: Microsoft could not be asked who the"
        " approvers are. It starts as soon as Microsoft answers, and is stopped"
        f" {minutes} minutes after the last vote."
    )


def plan_stuck(proposal_id: str, why: str) -> Message:
    """Tell that an approved plan does not go on, and why; `why` is a sentence or more."""
    return parts.sentence(f"⛔ {proposal_id} is not carried on. {said(why, 600)}")


def changed(user: str) -> Message:
    """Tell the team that someone is not who was named, since it may be whoever holds a stolen account."""
    return parts.sentence(
        f"⛔ The Slack email address or Microsoft 365 account of {parts.mention(user)} changed since their"
        " identity was recorded, so they cannot run checks or vote. Ask them by phone whether they changed"
        f" it. If so, the bot's operator confirms it: `compromise people confirm {user}`"
    )


def looked_again(text: str, case: Case) -> Message:
    """Say what was seen when a case was looked at again."""
    return parts.sentence(_lines(text, case))


def nothing_open(text: str, case: Case) -> Message:
    """Say that nothing is open that a change could close, and what was seen."""
    return parts.sentence(f"Nothing reappeared, and nothing is new.\n{_lines(text, case)}")


def left_open(names: Collection[str], subject: str) -> Message:
    """Say what is open and has no change that would close it."""
    ours = parts.domains_of(subject)
    return parts.sentence(
        f"⚠ Not in the proposal, because no change could be planned: "
        f"{parts.few((said(name, 150, ours) for name in names), 5)}. Check these manually."
    )


def came_back(text: str, case: Case, link: str, *, late: bool = False) -> Message:
    """Say that something came back to whoever asked for the check first; the link leads to its card.

    Its button proposes to close exactly that. `late` says that it is nothing but what the check did not see.
    """
    asked = f"{parts.mention(case.asked_by)}: " if case.asked_by not in ("", BOT) else ""
    whose = said(case.subject.mail, 120, parts.domains_of(case.subject))
    what = "persistence that the check did not collect" if late else "persistence reappeared, or is new,"
    head = f"⛔ {asked}{what} {'is open ' if late else ''}on {whose}: {_card(case, link)}."
    said_so = parts.sentence(f"{head}\n{_lines(text, case)}")
    button = parts.button("Close what is open", "close_open", case.id, style="danger")
    return Message(text=said_so.text, blocks=(*said_so.blocks, parts.actions([button])))


def _lines(text: str, case: Case) -> str:
    ours = parts.domains_of(case.subject)
    lines = text.splitlines()
    more = [f"… {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return "\n".join([*(said(line, 200, ours) for line in lines[:_MOST_LINES]), *more])


PUT_OFF: Final = (
    "Your request is recorded: it goes on by itself as soon as that is possible. Do not repeat it."
)
"""What is said of a request whose outcome cannot be recorded for a while."""

REPEAT: Final = "Repeat your request then."
"""What is said of one that could not be recorded itself."""


def broken(reference: str) -> Message:
    """Say that something of ours failed, with the id under which the log has it."""
    return parts.sentence(f"✖ Internal error. Nothing was done. Reference: `{said(reference, 40)}`")


def no(sentence: str, ours: Collection[str]) -> Message:
    """Say no, and why."""
    return parts.sentence(f"✖ {said(sentence, 900, ours)}")


def _card(case: Case, link: str) -> str:
    # The link comes from Slack itself; its signs are those of a web address.
    safe = link if link.startswith(("https://", "http://127.0.0.1")) and not set(link) & set("<>| ") else ""
    return f"<{safe}|see its card>" if safe else f"case {said(case.id, 40)} in <#{case.channel}>"
