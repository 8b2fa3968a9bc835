"""The window in which people choose what is undone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Block, Modal, parts
from bot.messages.escape import cut, plain, said
from bot.messages.limits import characters
from bot.messages.plans import offer_reference
from commands.plan import Change
from commands.proposals import Action
from graph.question import Subject

_MOST = 300
_CHARACTERS = 200_000


def restore_modal(case_id: str, subject: Subject | str, done: Sequence[tuple[Change, Action]]) -> Modal:
    """Offer the undo of each change that was made; nothing is ticked from the start.

    The value of a checkbox is its place in `done` as text; its block id is ``undo:<n>`` and its action id
    ``chosen``. The reason is in the block ``reason``. What carries no undo is left out.
    """
    ours = parts.domains_of(subject)
    name = subject if isinstance(subject, str) else subject.display_name or subject.mail
    places = [place for place, (change, _) in enumerate(done) if change.undo is not None]
    most = min(len(places), _MOST)
    body = _groups(done, places[:most], ours)
    while len(body) > 90 or characters(body) > _CHARACTERS:
        most = most * 3 // 4
        body = _groups(done, places[:most], ours)
    some = "Choose the changes to undo. Nothing is changed until it is approved."
    blocks = [
        parts.section(
            f"*{said(name, 100, ours)}* · case {said(case_id, 40)}\n"
            + (some if places else "There are no changes to undo.")
        ),
        *body,
    ]
    if len(places) > most:
        blocks.append(parts.section(f"… {len(places) - most} more; available once these are undone."))
    if places:
        blocks.append(parts.reason("Reason (shown to approvers)"))
    return Modal(
        callback_id="restore",
        title="Undo changes",
        blocks=tuple(blocks),
        submit="Propose" if places else "",
        close="Cancel" if places else "Close",
        private_metadata=offer_reference(case_id, [change for change, _ in done]),
    )


def _groups(
    done: Sequence[tuple[Change, Action]], places: Sequence[int], ours: frozenset[str]
) -> list[Block]:
    blocks: list[Block] = []
    for n, begin in enumerate(range(0, len(places), parts.CHECKBOXES)):
        options = []
        in_full = []
        for place in places[begin : begin + parts.CHECKBOXES]:
            change, action = done[place]
            undo = change.undo
            if undo is None:
                continue
            words = f"{place + 1}. {plain(undo.says, 600, ours)}"
            note = f" · ⚠ {undo.note}" if undo.note else ""
            below = plain(f"changed {parts.utc(action.ended_at)}{note}", 600, ours)
            options.append(
                parts.option(cut(words, parts.OPTION_TEXT), str(place), cut(below, parts.OPTION_TEXT))
            )
            if len(words) > parts.OPTION_TEXT or len(below) > parts.OPTION_TEXT:
                in_full.append(f"*{place + 1}.* {said(undo.says, 400, ours)} ({said(below, 400, ours)})")
        blocks += parts.small_print(in_full)
        label = "Changes to undo" if n == 0 else "Changes to undo (continued)"
        blocks.append(parts.checkboxes(label, f"undo:{n}", options, ()))
    return blocks
