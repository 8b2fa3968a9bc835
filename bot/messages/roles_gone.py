"""Whether an account still has the roles that the check read, and what it matters for, in words. Pure.

Cards, reports and pictures are made anew after roles were removed; what the account was is told as past then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Final

from bot.messages.escape import said
from commands.importance import ADMINISTRATOR
from commands.plans.plan import Change, Nothing, Planned
from commands.report import Report

ROLE_STEPS: Final = frozenset({"remove_admin_roles", "remove_exchange_roles", "remove_purview_roles"})
"""The steps whose changes take a role away."""


class Gone(Enum):
    """How much of what an account had was taken away since the check."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


def roles_gone(offered: Iterable[Planned], done: Collection[str]) -> Gone:
    """Say how many of the roles that the check found were taken away: the offer takes each of them away.

    Args:
        offered: What the steps planned after the check.
        done: The ids of the changes that have taken effect since, without those that were undone.
    """
    roles = [one for one in offered if one.step in ROLE_STEPS]
    changes = {one.id for one in roles if isinstance(one, Change)}
    gone = changes & set(done)
    if not gone:
        return Gone.NONE
    stays = any(isinstance(one, Nothing) and one.refused for one in roles)
    return Gone.SOME if stays or gone != changes else Gone.ALL


def matters(report: Report, gone: Gone, administrator: str = ADMINISTRATOR) -> str:
    """Say what the account is beside a mailbox: ``administrator, finance``; "" where nothing tells.

    Args:
        report: What the check found.
        gone: How many of its roles were removed since.
        administrator: The word for one.
    """
    admin = f"was {administrator}" if gone is Gone.ALL else administrator
    return ", ".join(admin if one.what == ADMINISTRATOR else said(one.what, 40) for one in report.importance)
