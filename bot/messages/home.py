"""The Home tab: for those who may ask or approve, what is open and how the bot is; for others, how to report.

Pure. Names of people are drawn by Slack itself, from their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.messages import Block, parts
from bot.messages.awaited import Awaited, waits
from bot.messages.escape import said
from bot.messages.parts import VERDICT
from commands.report import VerdictCode

_NAMED: Final = 20
_GAPS: Final = 8

CONFIGURE: Final = "docs/quickstart.md"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that someone should look at.

    Attributes:
        id: Such as ``C-7F3K2``.
        subject: Whose account, by address.
        verdict: The verdict's answer; "" while it is being looked into.
        asked_at: When it was asked for (aware UTC).
        tasks: How many manual tasks are open.
        link: The web address of its card, "" for none.
    """

    id: str
    subject: str
    verdict: str
    asked_at: datetime
    tasks: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits for this person: how many of the needed people said yes, and until when."""

    id: str
    subject: str
    given: int
    needs: int
    expires_at: datetime
    link: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the last look at Microsoft 365, Slack and the settings found.

    Attributes:
        at: When it ended (aware UTC).
        gaps: What was looked at, and a sentence for each thing that is missing in it.
        tenants: Of what is one tenant's, its name.
    """

    at: datetime
    gaps: tuple[tuple[str, tuple[str, ...]], ...]
    tenants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot is: its own state, and what its last look at Microsoft 365 and Slack found missing.

    Attributes:
        last_check: When the last check ended; None when there was none yet.
        last_failed: Whether it could not be made.
        ledger: What is wrong with the ledger, one sentence; "" when it was sound at the start, None while
            no one has looked.
        entries: How many entries it had then.
        enrolled: Whether this person has a second factor.
        checkpoints: The channel that checkpoints go to, "" for none.
        channel: The channel that cards and reports go to, "" for none.
        found: What was found missing when it was last looked for; None when that is still to come.
        awaited: What checks, hunts and rechecks wait for; None for nothing.
    """

    last_check: datetime | None = None
    last_failed: bool = False
    ledger: str | None = None
    entries: int = 0
    enrolled: bool = False
    checkpoints: str = ""
    channel: str = ""
    found: Found | None = None
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What only those see who may ask or approve.

    Attributes:
        approver: Whether this person may approve.
        cases: The open cases, the newest first.
        more_cases: How many more there are.
        waiting: The proposals that wait for this person, the one that ends first before the others.
        elsewhere: How many proposals wait for other people.
        approvers: Who may approve, by Slack user id.
        health: How the bot is.
    """

    approver: bool
    cases: tuple[OpenCase, ...]
    more_cases: int
    waiting: tuple[Waiting, ...]
    elsewhere: int
    approvers: tuple[str, ...]
    health: Health


@dataclass(frozen=True, slots=True)
class HomePage:
    """What the Home tab shows.

    Attributes:
        user: Whose tab it is.
        barred: Why this person may not even report something, "" when they may.
        reports_heard: Whether there is a channel that reports go to.
        responders: Who may ask, by Slack user id.
        details: What only those see who may ask or approve; None for others.
    """

    user: str
    barred: str = ""
    reports_heard: bool = False
    responders: tuple[str, ...] = field(default=())
    details: Details | None = None


def home(page: HomePage) -> dict[str, Any]:
    """Give the argument `view` of `views.publish`."""
    blocks: list[Block] = []
    if page.barred:
        blocks += [parts.header("Compromise Bot"), parts.section(said(page.barred, 300))]
    elif page.details is None:
        blocks += _for_everybody(page)
    else:
        blocks += _for_the_team(page, page.details)
    return {"type": "home", "blocks": [dict(block) for block in blocks]}


def _for_everybody(page: HomePage) -> list[Block]:
    """How to report, and nothing about any case."""
    if page.reports_heard:
        says = "Report it. The responders are notified; nothing is started or changed until they act."
    elif page.responders:
        says = f"Call one of these people: {_named(page.responders)}"
    else:
        says = "Call your IT help desk."
    blocks = [parts.header("Does an account look compromised?"), parts.section(says)]
    if page.reports_heard:
        blocks.append(parts.actions([_report_button()]))
    blocks.append(
        parts.context(
            "Your own account or a colleague's: odd email, unknown rules, sign-ins from "
            "elsewhere. Do not contact the person by chat or email; call them. By command: "
            "`/compromise suspect adele.vance@contoso.example because …`"
        )
    )
    if not page.responders:
        blocks += _first_run(page.user)
    return blocks


def _for_the_team(page: HomePage, details: Details) -> list[Block]:
    health = details.health
    blocks: list[Block] = [parts.header("Waiting for you")] if details.waiting else []
    blocks += [parts.section(_waiting(one)) for one in details.waiting]
    blocks.append(parts.header("Open cases"))
    if details.cases:
        blocks += parts.paragraphs("", [_case(one) for one in details.cases])
        if details.more_cases:
            blocks.append(parts.context(f"… {details.more_cases} more"))
    elif health.last_check is None:
        blocks.append(
            parts.section(
                "No checks yet. In a channel I am in, type: `/compromise check adele.vance@contoso.example`"
            )
        )
    else:
        blocks.append(parts.section("No account is under investigation or marked compromised."))
    if details.elsewhere:
        count = parts.counted(details.elsewhere, "proposal")
        blocks.append(parts.context(f"{count} {_wait(details.elsewhere)} for others."))
    blocks += [parts.actions([_report_button()]), parts.divider(), parts.header("Roles")]
    blocks.append(
        parts.section(
            f"*Responders:* {_named(page.responders) or 'none'}\n*Approvers:* "
            f"{_named(details.approvers) or 'none, so no remediation is possible'}"
        )
    )
    blocks.append(parts.header("Bot health"))
    blocks += parts.paragraphs("", _health(health, details))
    blocks += [parts.header("Coverage"), *parts.paragraphs("", _abilities(health.found))]
    blocks.append(
        parts.context(
            "`/compromise help` lists all commands; `compromise doctor` also shows which steps are possible."
        )
    )
    return blocks


def _case(one: OpenCase) -> str:
    ours = parts.domains_of(one.subject)
    name = parts.link(one.link, said(one.id, 40))
    if one.verdict:
        mark, words = VERDICT[VerdictCode(one.verdict)]
    else:
        mark, words = "🔎", "Investigating"
    tasks = f" · {parts.counted(one.tasks, 'manual task')} open" if one.tasks else ""
    return f"{mark} *{said(one.subject, 100, ours)}* · {words} · {parts.utc(one.asked_at)} · {name}{tasks}"


def _waiting(one: Waiting) -> str:
    name = parts.link(one.link, f"read and decide {said(one.id, 40)}")
    subject = said(one.subject, 100, parts.domains_of(one.subject))
    until = parts.utc(one.expires_at)
    return f"✋ *{subject}* · {one.given} of {one.needs} approvals · until {until} · {name}"


def _health(health: Health, details: Details) -> Sequence[str]:
    lines = []
    if health.awaited is not None:
        lines.append(f"□ {waits(health.awaited, 'Every check, hunt and recheck')}")
    if health.last_check is None:
        lines.append("□ Last check: none yet")
    else:
        how = "failed, see its card" if health.last_failed else "done"
        lines.append(
            f"{'□' if health.last_failed else '■'} Last check: {how}, {parts.utc(health.last_check)}"
        )
    if health.ledger is None:
        lines.append("? Ledger: not verified since the start")
    elif health.ledger:
        lines.append(f"□ Ledger: ⛔ {said(health.ledger, 300)}")
    else:
        lines.append(f"■ Ledger: verified at start, {health.entries} entries")
    if health.checkpoints:
        lines.append(f"■ Ledger checkpoints: <#{health.checkpoints}>")
    else:
        lines.append("□ Ledger checkpoints: none, so truncation would go unnoticed (`slack.checkpoints`)")
    if health.channel:
        lines.append(f"■ Cards and reports go to: <#{health.channel}>")
    else:
        lines.append(
            "□ Cards go to the channel of the request, and colleagues' reports go nowhere (`slack.channel`)"
        )
    if not details.approvers:
        lines.append("□ Approvers: none, so no remediation is possible (`approvers`)")
    if details.approver:
        lines.append(
            "■ Your second factor: enrolled"
            if health.enrolled
            else "□ Your second factor: none; type `/compromise enroll`"
        )
    return lines


def _abilities(found: Found | None) -> Sequence[str]:
    """What `compromise doctor --check-only` calls missing, a line each."""
    if found is None:
        return ["Checking; reopen this tab in a minute."]
    lines = []
    for title, gaps in found.gaps:
        if not gaps:
            lines.append(f"■ *{said(title, 100)}*: complete")
            continue
        lines.append(f"□ *{said(title, 100)}*: {len(gaps)} missing")
        lines += [f"• {said(gap)}" for gap in gaps[:_GAPS]]
        if len(gaps) > _GAPS:
            lines.append(f"• {len(gaps) - _GAPS} more; `compromise doctor` names them")
    lines.append(f"As of {parts.utc(found.at)}")
    return lines


def _first_run(user: str) -> list[Block]:
    """What is to be done where no one may ask yet."""
    return [
        parts.divider(),
        parts.header("Just installed?"),
        parts.section("No responders yet. The operator adds them to `compromise.toml` and restarts the bot:"),
        parts.preformatted(
            [
                "[responders]",
                f'users = ["{user}"]       # responders; this is your own ID',
                "[approvers]",
                'users = ["U…", "U…"]     # approvers; at least two people',
            ]
        ),
        parts.context(f"See `{CONFIGURE}`; `compromise doctor` then checks that everything is set up."),
    ]


def _named(users: Sequence[str]) -> str:
    return parts.few([parts.mention(user) for user in users], _NAMED)


def _report_button() -> Block:
    return parts.button("Report a compromised account", "open_form", "report", style="danger")


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"
