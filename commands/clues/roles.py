"""How a directory role is held, in words."""

from __future__ import annotations

from commands.clues.records import one_line
from graph.resources.directory import DirectoryRole


def way(role: DirectoryRole) -> str:
    """How the role is held, in words: ``direct``, ``eligible with the group Help Desk``."""
    group = one_line(role.through_name) or one_line(role.through)
    return {
        "group": f"group {group}".rstrip(),
        "eligible_group": f"eligible through the group {group}",
        "eligible_place": f"eligible to join the group {group}",
    }.get(role.how, one_line(role.how))
