"""What a finished check offers to do: as a window with checkboxes, and as a dry run that only shows it.

The steps stand in the order of Microsoft's document, with its numbering; a change is a checkbox.
Slack gives a checkbox 75 characters, so what is longer stands in full above its group, by number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.messages import Block, Message, Modal, names, parts
from bot.messages.choices import Choice, groups
from bot.messages.escape import cut, plain, said
from bot.messages.limits import characters, fit, pack
from bot.messages.plans import (
    change_line,
    described,
    offer_reference,
    ordered,
    shared_lines,
    shared_warnings,
    step_title,
    without_shared,
)
from commands.containment.propose import without_done
from commands.plans.plan import AlreadyDone, Change, ManualTask, Nothing, Planned
from graph.question import Subject

_BLOCKS = 100
_CHARACTERS = 200_000
"""How long the blocks of a window may be as JSON; Slack takes 250 KB with everything around them."""

_NUMBERS_NAMED = 40
_SAID = 300
"""How many characters of a sentence a dry run says."""


@dataclass(frozen=True)
class _Offer:
    """The offer with everything that is needed to write it down."""

    case_id: str
    subject: Subject | str
    items: Sequence[Planned]
    titles: Mapping[str, str]
    sources: Mapping[str, str]
    needs: Callable[[Change], int]
    chosen: frozenset[int]

    @property
    def ours(self) -> frozenset[str]:
        return parts.domains_of(self.subject)

    @property
    def name(self) -> str:
        """Whose account it is, as plain text."""
        return plain(names.title(self.subject), 100, self.ours)

    @cached_property
    def shared(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The warnings that are said once for several changes, by their numbers."""
        return shared_warnings(
            {place + 1: item for place, item in _to_do(self.items) if isinstance(item, Change)}
        )

    def steps(self) -> Iterator[tuple[str, str, list[tuple[int, Planned]]]]:
        """Give each step with its title and what it planned, by place in the offer."""
        found: dict[str, list[tuple[int, Planned]]] = {}
        for place, item in enumerate(self.items):
            found.setdefault(item.step, []).append((place, item))
        for step in ordered(found, self.titles):
            yield step, step_title(step, self.titles, self.sources), found[step]


def propose_modal(
    case_id: str,
    subject: Subject | str,
    offer: Sequence[Planned],
    *,
    titles: Mapping[str, str],
    sources: Mapping[str, str],
    needs: Callable[[Change], int],
    chosen: Collection[int] | None = None,
    done: Collection[str] = (),
) -> Modal:
    """Draw the window in which people choose what is proposed.

    The value of a checkbox is the place of its change in the offer as text; its block id is
    ``step:<step id>:<n>`` and its action id ``chosen``. The reason is in the block ``reason``.

    Args:
        case_id: The case.
        subject: The account.
        offer: What the steps planned.
        titles: The steps' titles by step id, in the document's order.
        sources: Where each step comes from, by step id, such as ``step 5``.
        needs: How many people a change needs.
        chosen: Which places of the offer are ticked; None for those that the findings ask for.
        done: The ids of the changes that have taken effect since the offer was made.
    """
    left = without_done(offer, done)
    ticked = _suggested(left) if chosen is None else frozenset(chosen)
    whole = _Offer(case_id, subject, left, titles, sources, needs, ticked)
    choosable = [place for place, item in enumerate(left) if not isinstance(item, Nothing)]
    # What no one asks for goes first, and of that the last; what the findings ask for is kept to the end.
    droppable = [place for place in reversed(choosable) if place not in ticked]
    droppable += [place for place in reversed(choosable) if place in ticked]
    fewest = bisect_left(
        range(len(droppable)), 1, key=lambda count: int(_fits(_window(whole, droppable[:count])))
    )
    blocks = _window(whole, droppable[:fewest])
    return Modal(
        callback_id="propose",
        title="Contain account",
        blocks=tuple(blocks),
        submit="Propose" if choosable else "",
        close="Cancel" if choosable else "Close",
        private_metadata=offer_reference(case_id, offer),
    )


def dry_run(
    case_id: str,
    subject: Subject | str,
    offer: Sequence[Planned],
    *,
    titles: Mapping[str, str],
    sources: Mapping[str, str],
    needs: Callable[[Change], int],
    done: Collection[str] = (),
) -> tuple[Message, ...]:
    """Say the same as the window says, as messages: nothing is proposed and nothing is done."""
    left = without_done(offer, done)
    whole = _Offer(case_id, subject, left, titles, sources, needs, _suggested(left))
    lines = [f"{place + 1}. {said(item.says, 120, whole.ours)}" for place, item in _to_do(left)]
    text = f"Available remediation for {said(whole.name, 100)} (nothing is done yet): " + (
        "\n".join(lines) or "nothing"
    )
    hint = "in the dialog that “Contain account” opens"
    return tuple(fit(message, hint=hint) for message in pack(list(_dry(whole)), text))


def by_text(case_id: str, places: Sequence[int]) -> str:
    """What is typed to propose these places of the offer; people count from one."""
    return f"/compromise contain {case_id} {','.join(str(place + 1) for place in places)} because …"


def _suggested(offer: Sequence[Planned]) -> frozenset[int]:
    return frozenset(place for place, item in _to_do(offer) if item.suggested)


def _to_do(offer: Sequence[Planned]) -> Iterator[tuple[int, Change | ManualTask]]:
    for place, item in enumerate(offer):
        if not isinstance(item, Nothing):
            yield place, item


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= _BLOCKS and characters(blocks) <= _CHARACTERS


# --- the window --------------------------------------------------------------------------------------------


def _window(offer: _Offer, left_out: Sequence[int]) -> list[Block]:
    dropped = frozenset(left_out)
    any_choice = any(True for _ in _to_do(offer.items))
    blocks = [
        parts.section(_introduction(offer, any_choice=any_choice)),
        *parts.small_print(shared_lines(offer.shared, 300, offer.ours)),
    ]
    idle: list[str] = []
    for step, title, items in offer.steps():
        kept = [(place, item) for place, item in items if place not in dropped]
        work = [(place, item) for place, item in kept if not isinstance(item, Nothing)]
        if work:
            blocks += parts.small_print(idle)
            idle = []
            blocks += _step(offer, step, title, work)
        idle += [_nothing(title, item, offer) for _, item in kept if isinstance(item, Nothing)]
    blocks += parts.small_print(idle)
    if left_out:
        blocks.append(parts.section(_left_out(offer, sorted(left_out))))
    if any_choice:
        blocks.append(parts.reason("Reason (shown to approvers)"))
    return blocks


def _introduction(offer: _Offer, *, any_choice: bool) -> str:
    case = f"Case {said(offer.case_id, 40)}"
    if not any_choice:
        return f"*{said(offer.name, 100, offer.ours)}* · {case}\nThere is nothing to propose."
    return (
        f"*{said(offer.name, 100, offer.ours)}* · {case}\nChanges that the findings call for are "
        "preselected. Nothing is changed until it is approved."
    )


def _step(
    offer: _Offer, step: str, title: str, work: Sequence[tuple[int, Change | ManualTask]]
) -> Iterator[Block]:
    offered = [
        Choice((place,), item.says, _below(item, offer), ticked=place in offer.chosen) for place, item in work
    ]
    yield from groups(title, f"step:{cut(step, 200)}", offered, offer.subject)


def _below(item: Change | ManualTask, offer: _Offer) -> str:
    if not isinstance(item, Change):
        return "manual task"
    return described(without_shared(item, offer.shared), offer.needs(item))


def _nothing(title: str, item: Nothing, offer: _Offer) -> str:
    mark = "✖ *Refused*" if item.refused else "✔" if isinstance(item, AlreadyDone) else "–"
    return f"{mark} {said(title, 160)}: {said(item.why, 300, offer.ours)}"


def _left_out(offer: _Offer, places: Sequence[int]) -> str:
    case = said(offer.case_id, 40)
    numbers = parts.few((str(place + 1) for place in places), _NUMBERS_NAMED)
    return (
        f"… {len(places)} more do not fit in this dialog: {numbers}. `/compromise plan {case}` "
        f"shows them; propose them by number: `{by_text(case, places[:3])}`"
    )


# --- the dry run -------------------------------------------------------------------------------------------


def _dry(offer: _Offer) -> Iterator[Block]:
    yield parts.header(f"Dry run: {offer.name}")
    yield parts.section(
        f"Available remediation in case {said(offer.case_id, 40)}. Nothing is proposed or "
        "changed. ■ marks what the findings call for."
    )
    yield from parts.small_print(shared_lines(offer.shared, _SAID, offer.ours))
    idle: list[str] = []
    for _, title, items in offer.steps():
        lines = [_dry_line(offer, place, item) for place, item in items if not isinstance(item, Nothing)]
        if lines:
            yield from parts.paragraphs(f"*{said(title, 160)}*", lines)
        idle += [_nothing(title, item, offer) for _, item in items if isinstance(item, Nothing)]
    yield from parts.small_print(idle)


def _dry_line(offer: _Offer, place: int, item: Change | ManualTask) -> str:
    mark = "■" if place in offer.chosen else "□"
    if isinstance(item, ManualTask):
        return f"{mark} {place + 1}. {said(item.says, _SAID, offer.ours)} (manual task)"
    own = without_shared(item, offer.shared)
    words = change_line(place + 1, own, _SAID, offer.ours, warnings=True, needed=offer.needs(item))
    return f"{mark} {words}"
