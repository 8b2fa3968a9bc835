"""Tools that take stock of a directory or try out where a second factor is missing.

They show by the name they give themselves, in sign-ins and in any other record, and by one address that
poses as several operating systems within a minute or two. Source: the tools' own pages, named in
`commands.usual.agents`; detection D39 of the public rules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

from commands.clues.actions import AUDITS
from commands.clues.records import by_subject, done, one_line
from commands.facts import ProgramKind
from commands.report import Finding, Sign, weighed
from commands.sentence import Sentence, around, sentence, whole
from commands.usual import Usual
from commands.usual.agents import agent_of
from commands.usual.places import spot_of
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

TITLE = "Directory reconnaissance tools"
SOURCE = "additional indicator"
NEEDS: Final = (("sign_ins", "audit_log"),)
HELPS: Final = ("sign_ins_non_interactive", *AUDITS[1:])

TOOL = weighed("enumeration_tool")
TRIED = weighed("enumeration_tool_failed")
CAROUSEL = weighed("posed_as_many_systems")
SIGNS: Final = (TOOL, TRIED, CAROUSEL)

QUICK: Final = timedelta(minutes=2)
"""Within which one address posed as several systems."""

SYSTEMS: Final = 3

_SYSTEM: Final = (
    ("Windows Phone", re.compile(r"windows phone|iemobile", re.IGNORECASE)),
    ("Android", re.compile(r"android", re.IGNORECASE)),
    ("iPhone or iPad", re.compile(r"iphone|ipad|ios/", re.IGNORECASE)),
    ("Windows", re.compile(r"windows", re.IGNORECASE)),
    ("Mac", re.compile(r"mac ?os|macintosh", re.IGNORECASE)),
    ("Linux", re.compile(r"linux|x11", re.IGNORECASE)),
)


@lru_cache(maxsize=4096)
def system_of(user_agent: str) -> str:
    """Give the operating system that an agent claims, "" where it claims none."""
    return next((name for name, pattern in _SYSTEM if pattern.search(user_agent)), "")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield tools by name, one finding an address and outcome, and addresses that posed as many systems."""
    sign_ins = [one for one in usual.sign_ins if one.created_date_time in evidence.window]
    groups: dict[tuple[str, str, bool], list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        agent = agent_of(one.user_agent)
        if agent is not None and agent.kind is ProgramKind.ATTACK:
            groups[agent.name, one.ip_address, one.succeeded].append(one)
    for (name, address, succeeded), used in groups.items():
        times = f"{len(used)} times" if len(used) > 1 else "once"
        what = f"{name} signed in {times}" if succeeded else f"{name} tried to sign in {times}"
        says = sentence(what, around(f" from {address or 'an unknown address'}"))
        yield _finding(TOOL if succeeded else TRIED, says, used)
    known = {one.id for one in sign_ins}
    for record in done(evidence):
        agent = agent_of(record.user_agent) or agent_of(record.client)
        if agent is None or agent.kind is not ProgramKind.ATTACK or record.id in known:
            continue
        if by_subject(record, evidence.subject):
            where = around(f" from {record.address or 'unknown IP address'}")
            says = sentence(f"{agent.name} did “{one_line(record.operation)}”", where)
            yield Finding(
                symptom="directory_enumeration",
                sign=TOOL,
                summary=whole(says),
                at=record.at,
                by=record.actor,
                address=record.address or "",
                records=(record.id,),
                pieces=says,
            )
    yield from _carousels(sign_ins)


def _carousels(sign_ins: Sequence[SignIn]) -> Iterator[Finding]:
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        if one.ip_address and one.is_interactive is not False and system_of(one.user_agent):
            spots[spot_of(one.ip_address)].append(one)
    for used in spots.values():
        if len({system_of(one.user_agent) for one in used}) < SYSTEMS:
            continue  # comparing all of a month's sign-ins with each other took long, and this is cheap
        for number, first in enumerate(used):
            near = [one for one in used[number:] if one.created_date_time - first.created_date_time <= QUICK]
            systems = sorted({system_of(one.user_agent) for one in near})
            if len(systems) >= SYSTEMS:
                what = f"{first.ip_address} appeared as {', '.join(systems)} within two minutes"
                yield _finding(CAROUSEL, sentence(what), near)
                break


def _finding(sign: Sign, says: Sentence, sign_ins: Sequence[SignIn]) -> Finding:
    first = sign_ins[0]
    return Finding(
        symptom="directory_enumeration",
        sign=sign,
        summary=whole(says),
        at=first.created_date_time,
        by=first.user_principal_name,
        address=first.ip_address,
        records=tuple(one.id for one in sign_ins),
        pieces=says,
    )
