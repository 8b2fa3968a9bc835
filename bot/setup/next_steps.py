"""What the doctor found missing, told again in short: one next step a line, with what it would mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph.needs import cmdlet_of, role_of

_NAMED = 3
"""So many things that one step would mend are named."""


def grant(needs: Iterable[str], whose: str = "the application") -> tuple[str, ...]:
    """What to do about needs of queries and steps that are not met, a step for each."""
    return tuple(_grant(need, whose) for need in needs if need)


def license_for(needs: str) -> str:
    """What to do about a license that the tenant lacks."""
    return f"Buy and assign the license {needs}, or accept the gap"


def _grant(need: str, whose: str) -> str:
    service, cmdlet = cmdlet_of(need)
    if cmdlet:
        return f"Add {cmdlet} to the {service} role group of {whose}"
    if role := role_of(need):
        return f"Assign {whose} the directory role {role}"
    return f"Grant {whose} {need}, with admin consent"


def again(missing: Iterable[tuple[str, str, tuple[str, ...]]]) -> Iterator[str]:
    """Give one line for each next step, in the order of what is missing.

    Args:
        missing: For each thing that is missing its name, what was said of it, and the steps that would mend
            it. What has none is told with its own sentence, which says what to do.
    """
    mends: dict[str, list[str]] = {}
    for what, says, steps in missing:
        if not steps:
            mends.setdefault(f"{what}: {says}" if says else what, [])
        for step in steps:
            mended = mends.setdefault(step, [])
            if what not in mended:
                mended.append(what)
    for step, mended in mends.items():
        more = f" and {len(mended) - _NAMED} more" if len(mended) > _NAMED else ""
        yield f"{step}: {', '.join(mended[:_NAMED])}{more}" if mended else step
