"""The case card: one message a case, posted once and edited in place until the check is over.

It is made for a phone: one header, a few lines, everything longer goes to the thread or to a file. Every mark
is a shape and a word, so it does not lean on color.

Longer than other files because the card is one composition: what one line gains in words another has to lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bot.messages import Block, Message, parts
from bot.messages.awaited import Awaited, waits
from bot.messages.escape import address, plain, said
from bot.messages.limits import fit
from bot.messages.names import first_change
from bot.messages.roles_gone import ROLE_STEPS, Gone, matters
from bot.messages.story import brief, situation_in_short
from bot.messages.what_now import WhatNow
from bot.messages.what_now import line as what_now_in_short
from commands.importance import ADMINISTRATOR
from commands.ledger.entries import RECHECKED
from commands.report import (
    Clause,
    Coverage,
    Finding,
    Report,
    Result,
    SourceState,
    SymptomResult,
    VerdictCode,
    spoken,
)
from commands.story.doors import Standing
from graph.evidence import Reason
from graph.question import Window

if TYPE_CHECKING:  # a check brings the whole network with it, which drawing a card does not need
    from commands.check import Progress

_WAITING_NAMED = 4
_FIRST_FINDINGS = 3
_REASONS = 3
_REASON = 150
_GAPS = 5
_GAPS_BESIDE_REASONS = 1
_UNKNOWN = 4
_FILES = 1
_PROPOSALS = 4
_SHORT_NAME = 20
"""How long a display name is shown, so that it fits in one line with the confidence and a role."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything that the card shows of one case.

    Attributes:
        case_id: The case, such as ``C-7Q2M``.
        subject: The address of the account that is asked about, as it is known so far.
        subject_name: Its display name, "" while no one has looked it up.
        asked_by: The Slack user id of who asked, "" where no one in Slack did.
        window: The span of time looked at.
        state: ``looking``, ``done`` or ``failed``.
        started_at: When it was asked (aware UTC).
        progress: How far the check has come, while looking.
        awaited: What it waits for before it begins, while looking; None for nothing.
        report: What it found, once done.
        files: The names of the files attached in the thread.
        finished_at: When it ended (aware UTC), None while looking.
        note: One sentence: why it failed, or something that the card must say beside the report.
        proposals: One line for each proposal, as `proposal_words.proposal_line` writes it: harmless mrkdwn.
        doors: What was seen when looking again after the account was taken back, one or two sentences, such
            as what `all_closed` says; "" where no one looked again.
        raised: Whether something came back, so that the card says so first.
        late: Whether that is nothing but what the check did not collect.
        left: Whether something that was suggested against a way back in was never carried out.
        offers: Whether there is something to do, and with it the button that contains the account; None for
            a card without buttons.
        now: Whether the smallest plan that stops an attacker can be proposed.
        stands: What is open now of all that the check found open; None while nobody looked that up.
        portals: Microsoft's own pages about the account, as name and address; from our own table.
        what_now: What is left to do once a plan was carried out; None before.
        roles: How many of the account's roles were removed since the check.
        name_restored: Whether the display name was given back since the check.
    """

    case_id: str
    subject: str
    subject_name: str
    asked_by: str
    window: Window
    state: Literal["looking", "done", "failed"]
    started_at: datetime
    progress: Progress | None = None
    awaited: Awaited | None = None
    report: Report | None = None
    files: tuple[str, ...] = ()
    finished_at: datetime | None = None
    note: str = ""
    proposals: tuple[str, ...] = ()
    doors: str = ""
    raised: bool = False
    late: bool = False
    left: bool = False
    offers: bool | None = None
    now: bool = False
    stands: Standing | None = None
    portals: tuple[tuple[str, str], ...] = ()
    what_now: WhatNow | None = None
    roles: Gone = Gone.NONE
    name_restored: bool = False


def all_closed(doors: int) -> str:
    """What a card says when looking again found every change in effect, of those that left a setting.

    A card that says "40 done" and "37 still hold" would read as three lost.
    """
    holds = "1 change still holds" if doors == 1 else f"all {doors} changes that can be read again still hold"
    return f"{RECHECKED}{holds}."


def case_card(view: CaseView) -> Message:
    """Draw the card for the case as it stands."""
    match view.state:
        case "looking":
            text, blocks = _looking(view)
        case "done" if view.report is not None:
            text, blocks = _done(view, view.report)
        case _:
            text, blocks = _failed(view)
    buttons = list(_buttons(view))
    if buttons:
        blocks.append(parts.actions(buttons))
    return fit(Message(text=text, blocks=(*blocks, parts.context(_small_print(view)))))


def situation(report: Report, roles: Gone = Gone.NONE) -> str:
    """What a check says of an account in one or two sentences, as harmless mrkdwn.

    Args:
        report: What the check found.
        roles: How many of the roles that it found were removed since.
    """
    mark, word = parts.VERDICT[report.verdict.answer]
    ours = parts.domains_of(report.subject)
    says = situation_in_short(report.story, ours) if report.story else said(report.verdict.says, 240, ours)
    confidence = report.verdict.confidence
    doubt = "" if confidence == "high" else f", confidence {said(confidence, 20)}"
    return f"{mark} *{word}*{_matters(report, roles)}{doubt}. {says}"


def _buttons(view: CaseView) -> Iterator[Block]:
    """What can be done next; a check that still runs comes first."""
    if view.state == "looking" or view.offers is None:
        return
    if view.raised:
        # What the check offered is older than what reappeared.
        yield parts.button("Close what is open", "close_open", view.case_id, style="danger")
    elif view.offers and view.report is not None:
        grave = view.report.verdict.answer is VerdictCode.COMPROMISED
        style: Literal["danger", ""] = "danger" if grave else ""
        if view.now:
            yield parts.button("Contain now", "contain_now", view.case_id, style=style)
        yield parts.button("Contain account", "contain", view.case_id, style="" if view.now else style)
    if view.what_now is not None and view.what_now.tasks:
        yield parts.button("Manual tasks", "tasks", view.case_id)
    yield parts.button("Check again", "check_again", view.case_id)
    if view.report is not None:
        yield parts.button("Report", "report", view.case_id)
        if view.report.story is not None and (
            view.report.story.addresses or view.report.story.sessions or view.report.story.applications
        ):
            yield parts.button("Find others", "pivot", view.case_id)


def _looking(view: CaseView) -> tuple[str, list[Block]]:
    blocks = [parts.header(f"🔎 Investigating {_title(view)}"), *_known_as(view)]
    progress = view.progress
    if view.awaited is not None:
        blocks.append(parts.section(f"⏳ {waits(view.awaited, 'The check')}"))
        return f"{_name(view)}: the check has not started", blocks
    if progress is None:
        blocks.append(parts.section(f"`{parts.bar(0, 1)}` starting"))
        return f"Investigating {_name(view)} …", blocks
    done = len(progress.sources)
    total = done + len(progress.waiting)
    lines = [f"`{parts.bar(done, total)}` {done} of {total} sources"]
    unseen = sum(1 for source in progress.sources if source.state is not Coverage.COMPLETE)
    if unseen:
        lines[0] += f", {unseen} not or partially collected"
    if progress.waiting:
        waiting = (spoken(source) for source in progress.waiting)
        lines.append(f"Waiting for {parts.few(waiting, _WAITING_NAMED)}")
    blocks.append(parts.section("\n".join(lines)))
    so_far = progress.so_far()
    if so_far.reasons:
        found = "\n".join(_reason(finding, view) for finding in so_far.reasons[:_FIRST_FINDINGS])
        _, word = parts.VERDICT[so_far.answer]
        weighs = f"so far: {word.lower()}" if so_far.answer in parts.DECIDED else "no verdict yet"
        blocks.append(parts.section(f"*First findings* ({weighs})\n{found}"))
    return f"Investigating {_name(view)}: {done} of {total} sources", blocks


def _done(view: CaseView, report: Report) -> tuple[str, list[Block]]:
    mark, word = parts.VERDICT[report.verdict.answer]
    who = _title(view)
    title = f"⛔ {_again(view)}: {who}" if view.raised else f"{mark} {word}: {who}"
    title += _matters(report, view.roles)
    blocks = [
        parts.header(title),
        parts.section(" · ".join(_under_the_title(view, report))),
    ]
    blocks += _taken_back(view)
    if report.verdict.answer not in parts.DECIDED:
        blocks.append(parts.section(said(report.verdict.says, 600, _ours(view))))
    elif report.story is not None:
        blocks.append(parts.section("\n".join(brief(report.story, _ours(view), view.stands))))
    else:
        reasons = [_reason(finding, view) for finding in report.verdict.reasons]
        more = len(reasons) - _REASONS
        shown = reasons[:_REASONS] + ([f"… {more} more in the thread"] if more > 0 else [])
        blocks.append(parts.section("*Why*\n" + "\n".join(shown)))
    blocks.append(parts.section(_symptoms(report)))
    gaps = list(_gap_lines(report, view))
    if gaps:
        beside = report.verdict.answer in parts.DECIDED
        most = _GAPS_BESIDE_REASONS if beside else _GAPS
        left = [f"… {len(gaps) - most} more in the thread"] if len(gaps) > most else []
        told = "\n".join([*gaps[:most], *left])
        blocks.append(parts.section(f"*Not collected*{': ' if beside else chr(10)}{told}"))
    if view.note:
        blocks.append(parts.section(said(view.note, 600, _ours(view))))
    whose = ", ".join((_name(view), *(said(one.what, 40) for one in report.importance)))
    says = f"{word}: {whose}. {said(report.verdict.says, 300, _ours(view))}"
    return (f"{_again(view)}: {_doors(view)} {says}" if view.raised else says), blocks


def _doors(view: CaseView) -> str:
    """What a recheck saw, behind a word that says that it was one."""
    return said(view.doors.removeprefix(RECHECKED), 600, _ours(view))


def _again(view: CaseView) -> str:
    """What a recheck found: what the check did not collect may be as old as the takeover."""
    return "Persistence found by a recheck" if view.late else "Persistence reappeared"


def _matters(report: Report, gone: Gone = Gone.NONE) -> str:
    """What the account is beside a mailbox, in brackets and short, so that it fits beside the name."""
    told = matters(report, gone, "admin")
    return f" ({told})" if told else ""


def _weight(report: Report, view: CaseView) -> str:
    """The first role of an administrator, and how many more there are; a job is told well enough above.

    What the account got during the takeover is told apart from what it had. What it got is told as removed
    once none of it is left open to the attacker, and what it had as past once every role was removed.
    """
    roles = next((one.told_by for one in report.importance if one.what == ADMINISTRATOR), ())
    more = f" +{len(roles) - 1}" if len(roles) > 1 else ""
    gained, every = report.roles_assigned, view.roles is Gone.ALL
    held = f" · {'had ' if every else ''}{said(roles[0], 60, _ours(view))}{more}" if roles else ""
    removed = " (removed since)" if _roles_removed(report, view) or (every and gained) else ""
    if held and gained:
        return f"{held}, got {len(gained)} more{' (all removed)' if every else removed}"
    if held and every:
        return f"{held} (removed since)"
    rest = f" +{len(gained) - 1}" if len(gained) > 1 else ""
    return f" · got {said(gained[0], 60, _ours(view))}{rest}{removed}" if gained else held


def _roles_removed(report: Report, view: CaseView) -> bool:
    """Whether all roles that the check found open to the attacker are known to be removed."""
    if view.stands is None or report.story is None:
        return False
    roles = [one for one in report.story.still_open if _is_of_roles(one)]
    return bool(roles) and not any(one in view.stands.left for one in roles)


def _is_of_roles(clause: Clause) -> bool:
    return any(id_.partition(":")[0] in ROLE_STEPS for group in clause.closed_by for id_ in group)


def _taken_back(view: CaseView) -> Iterator[Block]:
    """What was proposed and done about it, and what was seen when looking again."""
    if view.doors:
        # What was never carried out, or is closed by people alone, is open though every change holds.
        is_open = view.left or (view.stands is not None and bool(view.stands.left))
        title = f"⛔ {_again(view)}" if view.raised else "⚠ Rechecked" if is_open else "✔ Rechecked"
        yield parts.section(f"*{title}*: {_doors(view)}")
    if view.proposals:
        more = len(view.proposals) - _PROPOSALS
        # The newest are the ones to act on.
        shown = [*([f"… {more} earlier ones"] if more > 0 else []), *view.proposals[-_PROPOSALS:]]
        yield from parts.paragraphs("*Remediation*", shown)
    if view.what_now is not None:
        yield parts.section(what_now_in_short(view.what_now, _ours(view)))


def _failed(view: CaseView) -> tuple[str, list[Block]]:
    why = said(view.note or "The check ended without a result.", 600, _ours(view))
    blocks = [
        parts.header(f"✖ Could not investigate {_title(view)}"),
        *_known_as(view),
        parts.section(f"{why}\nThis is not a verdict on the account. Reference: `{said(view.case_id, 40)}`"),
    ]
    return f"Could not investigate {_name(view)}: {why}", blocks


def _symptoms(report: Report) -> str:
    """How many symptoms are there, in one line; which ones and why is in the thread."""
    named, beyond = parts.split(report)
    facts = [_share(named, "symptom")]
    present = sum(1 for one in beyond if one.result is Result.PRESENT)
    if present:
        facts.append(parts.counted(present, "additional indicator"))
    unknown = [spoken(one.id) for one in (*named, *beyond) if one.result is Result.UNKNOWN]
    line = f"*Symptoms*: {', '.join(facts)}"
    if unknown:
        line += f"; unknown: {parts.few(unknown, _UNKNOWN)}"
    return f"{line}; the audit log has gaps" if parts.unrecorded(report) else line


def _share(symptoms: Sequence[SymptomResult], what: str) -> str:
    present = [one for one in symptoms if one.result is Result.PRESENT]
    share = f"{len(present)} of {parts.counted(len(symptoms), what)}"
    names = ", ".join(spoken(one.id) for one in present)
    return f"{share} ({names})" if 0 < len(present) < len(symptoms) else share


def _gap_lines(report: Report, view: CaseView) -> Iterator[str]:
    """What was not seen: sources that lack the same thing share a line, so the remedy is read once."""
    groups: dict[tuple[Coverage, str, str], list[SourceState]] = {}
    for source in report.sources:
        if source.state is Coverage.COMPLETE:
            continue
        key = (source.state, source.needs, "" if source.needs else source.reason)
        groups.setdefault(key, []).append(source)
    for (state, needs, _), sources in sorted(groups.items(), key=lambda group: -len(group[1])):
        if sources[0].why is Reason.NO_MAILBOX:
            yield f"{parts.STATE[state]} {parts.no_mailbox([spoken(one.id) for one in sources], 4)}"
            continue
        names = parts.few((spoken(source.id) for source in sources), 4)
        why = said(sources[0].reason, 160, _ours(view)).rstrip(".")
        mend = f" Grant {said(needs, 100)} to fix." if needs and needs not in sources[0].reason else ""
        yield f"{parts.STATE[state]} {names} ({state}): {why}.{mend}"


def _reason(finding: Finding, view: CaseView) -> str:
    moment = f" ({parts.utc(finding.at)})" if finding.at else ""
    return f"▸ *{finding.severity.word}* {said(finding.summary, _REASON, _ours(view))}{moment}"


def _small_print(view: CaseView) -> str:
    facts = [f"Case {said(view.case_id, 40)}"]
    if view.asked_by:
        facts.append(f"by <@{_slack_id(view.asked_by)}>")
    days = max(1, round((view.window.end - view.window.start) / timedelta(days=1)))
    reach = _reach(view.report) if view.report else ""
    facts.append(f"Searched {parts.counted(days, 'day')} up to {parts.utc(view.window.end)}{reach}")
    if not view.finished_at:
        facts.append(f"started {parts.utc(view.started_at)}")
    if view.files:
        # The bot's own names, so they are shown as they are, though `.zip` is a top-level domain as well.
        names = parts.few((f"`{name}`" for name in view.files), _FILES)
        facts.insert(0, f"Files in the thread: {names}")
    if view.portals:
        facts.append(f"open in {', '.join(f'<{url}|{name}>' for name, url in view.portals)}")
    return " · ".join(facts)


def _reach(report: Report) -> str:
    """How far the audit log reaches, where Microsoft had not yet delivered all of it; "" where it had."""
    reached = parts.audit_until(report)
    if reached is None:
        return ""
    at = reached.astimezone(UTC)
    day = "" if at.date() == report.window.end.astimezone(UTC).date() else f"{at:%d %b} "
    return f", audit log until {day}{at:%H:%M}"


def _title(view: CaseView) -> str:
    """The account's address: whoever took an account over chooses its display name, and not its address."""
    return plain(view.subject, 100, _ours(view))


def _known_as(view: CaseView) -> Iterator[Block]:
    """The display name, quoted; nothing while no one has looked it up."""
    if view.subject_name:
        yield parts.section(f"“{said(view.subject_name, 100, _ours(view))}”")


def _under_the_title(view: CaseView, report: Report) -> Iterator[str]:
    """The display name and whether somebody changed it, how sure the verdict is, and the account's roles."""
    if view.subject_name:
        name = f"“{said(view.subject_name, _SHORT_NAME, _ours(view))}”"
        if first_change(report):
            name = f"was renamed to {name}, restored" if view.name_restored else f"⚠ renamed to {name}"
        yield name
    yield f"confidence {said(report.verdict.confidence, 20)}{_weight(report, view)}"


def _name(view: CaseView) -> str:
    """The account for a plain text: a display name that somebody changed is told as that."""
    name = said(view.subject_name, 100, _ours(view))
    if not name:
        return address(view.subject)
    changed = view.report is not None and first_change(view.report)
    what = "" if not changed else "was renamed to " if view.name_restored else "renamed to "
    return f"{address(view.subject)} ({what}“{name}”)"


def _ours(view: CaseView) -> frozenset[str]:
    return parts.domains_of(view.report.subject if view.report else view.subject)


def _slack_id(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())[:20]
