"""The accounts that a typed name may mean, each with a button. Pure.

Names are whatever their owners, or whoever took an account over, made of them: the address stands beside
each, and two of the same name are told apart by it alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bot.messages import Block, Message, parts
from bot.messages.escape import address, said
from bot.messages.limits import fit
from graph.accounts import MOST, Candidate


def candidates(
    request: str, name: str, found: Sequence[Candidate], *, ours: Collection[str], missing: str = ""
) -> Message:
    """Ask which account is meant; a button carries the question's id and the account's name to sign in.

    Args:
        request: The id of the question in the ledger.
        name: What was typed.
        found: The accounts.
        ours: Mail domains of ours, whose addresses stay readable.
        missing: That nobody has the address that was typed, where the name was taken from it; else "".
    """
    shown = found[:MOST]
    typed = said(name, 80)
    accounts = "One account has" if len(found) == 1 else f"{len(shown)} accounts have"
    head = f"{accounts} a name that begins with “{typed}”. Nothing is checked until you pick one."
    if len(found) > MOST:
        head = (
            f"More than {MOST} accounts have a name that begins with “{typed}”: these are the first. "
            "Type more of it, or the address. Nothing is checked until you pick one."
        )
    if missing:
        head = f"{said(missing, 300, ours)} {head}"
    text = f"{head} {parts.few((address(one.user_principal_name) for one in shown), MOST)}"
    return fit(Message(text, (parts.section(head), *_each(request, shown, ours))))


def _each(request: str, found: Sequence[Candidate], ours: Collection[str]) -> Iterator[Block]:
    for one in found:
        facts = [said(one.work, 80, ours)] if one.work else []
        facts += ["*guest*"] if one.guest else []
        facts += ["sign-in blocked"] if one.enabled is False else []
        name = said(one.display_name, 80, ours) or "no name"
        lines = [f"*{name}*", " · ".join([address(one.user_principal_name), *facts])]
        if one.mail and one.mail != one.user_principal_name:
            lines.append(f"mail {address(one.mail)}")
        button = parts.button("Check", "check_candidate", f"{request} {one.user_principal_name}")
        yield {**parts.section("\n".join(lines)), "accessory": button}
