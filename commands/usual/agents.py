"""Programs that name themselves in a user agent and that people do not sign in with.

The programs are data, in ``commands/facts/programs.toml``. A name is only what the caller claims: its
presence is a sign, its absence says nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from commands import facts
from commands.facts import Program


@lru_cache(maxsize=4096)
def agent_of(user_agent: str) -> Program | None:
    """Recognise a program by its user agent; None for browsers, mail programs and everything unknown."""
    if not user_agent:
        return None
    return next((agent for agent in facts.programs() if agent.pattern.search(user_agent)), None)


def is_scripted(user_agent: str) -> bool:
    """Say whether no person sits behind this agent."""
    return agent_of(user_agent) is not None


_VERSION: Final = re.compile(r"(?:[/ ]v?|_)\d[\w.]*")


@lru_cache(maxsize=4096)
def family_of(user_agent: str) -> str:
    """Give a user agent without its version numbers, so that an update makes no new one."""
    return _VERSION.sub("", user_agent).strip().casefold()


_POCKET: Final = ("mobile", "android", "iphone", "ipad", "-ios", "ios/")


@lru_cache(maxsize=4096)
def is_pocket(user_agent: str) -> bool:
    """Say whether this is a program on a telephone or tablet, which is on another network every hour.

    A family of `family_of` may be given as well.
    """
    plain = user_agent.casefold()
    return any(word in plain for word in _POCKET)


def is_desk_browser(user_agent: str) -> bool:
    """Say whether this is a browser on a computer: a telephone's names no registered device as a rule.

    A family of `family_of` may be given as well.
    """
    return user_agent.casefold().startswith("mozilla") and not is_pocket(user_agent)
