"""The windows in which an account is contained: the smallest plan, and the whole offer with one box a step.

Both fit on a phone. Single changes are chosen in the window of `propose_modal`, which this one leads to. What
is ticked comes back as places in the offer; a box that stands for several carries all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from bot.messages import Block, Modal, parts
from bot.messages.choices import Choice, groups
from bot.messages.escape import said
from bot.messages.names import title
from bot.messages.plans import PHASES, left_out_line, offer_reference, places_text
from bot.messages.turns import in_short
from commands.containment.propose import DONE, contain_now, is_irreversible, left_out, phase_of, without_done
from commands.plans.plan import AlreadyDone, Change, ManualTask, Nothing, Planned
from commands.report import spoken
from graph.question import Subject

_VALUE = 150
"""How long the value of an option may be. Source: Slack, "Option object"."""

_REFUSED = 6


def contain_modal(
    case_id: str,
    subject: Subject,
    offer: Sequence[Planned],
    *,
    titles: Mapping[str, str],
    needs: Callable[[Change], int],
    done: Collection[str] = (),
) -> Modal:
    """Draw the window over the whole offer: reason first, then one box for each step, by phase.

    A box stands for those changes of its step that the findings ask for, and is ticked then; where they ask
    for none, it stands for all of them. Manual tasks share one box.

    Args:
        case_id: The case.
        subject: The account.
        offer: What the steps planned.
        titles: The steps' titles by step id, in the document's order.
        needs: How many people a change needs.
        done: The ids of the changes that have taken effect since the offer was made.
    """
    ours = parts.domains_of(subject)
    left = without_done(offer, done)
    boxes = _boxes(left, titles)
    name = said(title(subject), 100, ours)
    told = [*_done(left, titles), *_refused(left, ours)]
    if not any(boxes.values()):
        nothing = parts.section(f"*{name}* · Case {said(case_id, 40)}\nThere is nothing to propose.")
        return Modal("propose", "Contain account", (nothing, *told), close="Close")
    head = dict(
        parts.section(
            f"*{name}* · Case {said(case_id, 40)}\nWhat the findings call for is preselected. "
            f"Nothing changes until {_approved_by(left, needs)}."
        )
    )
    head["accessory"] = parts.button("Choose single changes", "choose_changes", case_id)
    blocks: list[Block] = [head, parts.reason("Reason (shown to approvers)")]
    for heading, group in boxes.items():
        blocks += groups(heading, f"group:{heading}", group, subject)
    blocks += told
    return _window("Contain account", blocks, offer_reference(case_id, offer))


def _window(heading: str, blocks: Sequence[Block], offer: str) -> Modal:
    return Modal(
        callback_id="propose",
        title=heading,
        blocks=tuple(blocks),
        submit="Propose",
        close="Cancel",
        private_metadata=offer,
    )


def contain_now_modal(
    case_id: str,
    subject: Subject,
    offer: Sequence[Planned],
    *,
    needs: Callable[[Change], int],
    done: Collection[str] = (),
) -> Modal:
    """Draw the window for the smallest plan that stops an attacker: its changes, all ticked, and a reason."""
    ours = parts.domains_of(subject)
    places = contain_now(without_done(offer, done))
    changes = _changes(offer, places)
    name = said(title(subject), 100, ours)
    people = parts.people(max(needs(change) for change in changes))
    by_place = dict(zip(places, changes, strict=True))
    offered = [
        Choice((place,), change.says, _consequences([change]) or "can be undone", ticked=True)
        for place, change in by_place.items()
    ]
    warnings: dict[str, list[int]] = {}
    for place, change in by_place.items():
        for warning in change.warns:
            warnings.setdefault(warning, []).append(place + 1)
    # Below the boxes and each once: what there is to choose is seen without scrolling.
    warned = [f"⚠ {', '.join(map(str, at))}: {said(warning, 300, ours)}" for warning, at in warnings.items()]
    blocks = [
        parts.section(
            f"*{name}* · Case {said(case_id, 40)}\nTakes sign-in, sessions and password from "
            f"the attacker. It needs approval by {people}.\n"
            + left_out_line(_left_beside(offer, places, done), ours)
        ),
        parts.reason("Reason (shown to approvers)"),
        *groups("Changes", "now", offered[: parts.CHECKBOXES], subject),
        *parts.small_print(warned),
    ]
    return _window("Contain now", blocks, offer_reference(case_id, offer))


def _left_beside(offer: Sequence[Planned], places: Iterable[int], done: Collection[str]) -> list[str]:
    """What else the findings ask for, which stays as the attacker left it after the smallest plan."""
    chosen = {change.id for change in _changes(offer, places)}
    return [change.says for change in left_out(offer, {*chosen, *done})]


def _changes(offer: Sequence[Planned], places: Iterable[int]) -> list[Change]:
    return [item for place in places if isinstance(item := offer[place], Change)]


def _boxes(offer: Sequence[Planned], titles: Mapping[str, str]) -> dict[str, list[Choice]]:
    """Group the offer by heading: one box a step, and one for all manual tasks."""
    steps: dict[str, list[int]] = {}
    tasks: list[int] = []
    for place, item in enumerate(offer):
        if isinstance(item, Change):
            steps.setdefault(item.step, []).append(place)
        elif isinstance(item, ManualTask):
            tasks.append(place)
    boxes: dict[str, list[Choice]] = {heading: [] for heading in PHASES.values()}
    for step, places in steps.items():
        asked = _suggested(offer, places)
        for some in _small_enough(asked or places):
            count = f" ({len(some)})" if len(some) > 1 else ""
            says = f"{_title(step, titles)}{count}"
            below = _consequences(_changes(offer, some))
            boxes[PHASES[phase_of(step)]].append(Choice(some, says, below, number="", ticked=bool(asked)))
    if tasks:
        asked = _suggested(offer, tasks)
        boxes["Manual tasks"] = [
            Choice(
                some,
                f"Add {parts.counted(len(some), 'manual task')} to the case",
                _by_turn(offer, some),
                number="",
                ticked=bool(asked),
            )
            for some in _small_enough(asked or tasks)
        ]
    return {heading: group for heading, group in boxes.items() if group}


def _approved_by(offer: Sequence[Planned], needs: Callable[[Change], int]) -> str:
    """How many people must approve what is preselected; all of it where nothing is."""
    changes = [item for item in offer if isinstance(item, Change)]
    asked = [needs(change) for change in changes if change.suggested] or [needs(change) for change in changes]
    most = max(asked, default=1)
    return f"{parts.people(most)} approve" if most > 1 else "one person approves"


def _title(step: str, titles: Mapping[str, str]) -> str:
    return titles.get(step, "") or spoken(step).capitalize()


def _by_turn(offer: Sequence[Planned], places: Iterable[int]) -> str:
    """How many of the manual tasks come first, then, and can wait, grouped as cards and reports have them."""
    return in_short([item for place in places if isinstance(item := offer[place], ManualTask)])


def _suggested(offer: Sequence[Planned], places: Iterable[int]) -> list[int]:
    return [
        place for place in places if isinstance(item := offer[place], Change | ManualTask) and item.suggested
    ]


def _small_enough(places: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Cut places so that each piece fits into the value of a box; nearly always into one."""
    piece: tuple[int, ...] = ()
    for place in places:
        if len(places_text((*piece, place))) > _VALUE:
            yield piece
            piece = ()
        piece = (*piece, place)
    yield piece


def _consequences(changes: Sequence[Change]) -> str:
    """What is special about these changes; "" where nothing is. How many people it takes stands above."""
    final = sum(1 for change in changes if is_irreversible(change))
    wide = sum(1 for change in changes if change.tenant_wide)
    facts = []
    if final:
        facts.append("cannot be undone" if final == len(changes) else f"{final} cannot be undone")
    if wide:
        facts.append("affects more than this account")
    return " · ".join(facts)


def _done(offer: Sequence[Planned], titles: Mapping[str, str]) -> list[Block]:
    """The steps of which something was carried out since the check: no change is needed there."""
    steps = dict.fromkeys(item.step for item in offer if isinstance(item, AlreadyDone))
    names = ", ".join(said(_title(step, titles), 120) for step in steps)
    return [parts.context(f"✔ {DONE}, no change needed: {names}")] if steps else []


def _refused(offer: Sequence[Planned], ours: frozenset[str]) -> list[Block]:
    why = dict.fromkeys(item.why for item in offer if isinstance(item, Nothing) and item.refused)
    lines = [f"✖ *Refused*: {said(sentence, 300, ours)}" for sentence in list(why)[:_REFUSED]]
    if len(why) > _REFUSED:
        lines.append(f"… {len(why) - _REFUSED} more in the plan")
    return list(parts.small_print(lines))
