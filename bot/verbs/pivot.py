"""`/compromise pivot`: who else was touched by an address, a session, an application and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.artefacts import report_store
from bot.errors import NotUnderstood
from bot.people.meant import CaseId
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.hunts import Begun, MayHunt, begin, shown, tenant_named
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import Days, Since
from bot.verbs.terms import SLACK, term_of, what
from commands.hunts.hunt import terms_of
from graph.hunting import MOST_TERMS, Term

NAME = "pivot"
USAGE = "<case, or address | session | application | message | rule, and what> [since 7d] [in tenant]"
SAYS = "Finds every account in the tenant that was touched by the same attacker."
EXAMPLE = "/compromise pivot 203.0.113.77 since 14d"

_CASE: Final = re.compile(r"C-[0-9A-Z]{5}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pivot:
    """Find who else was touched: by one thing, or by what a case's own attacker used."""

    terms: tuple[Term, ...] = ()
    case_id: str = ""
    when: Since | Days | None = None
    tenant: str = ""


def read(words: list[str], text: str) -> Pivot:
    """Read the thing or the case, since when, and the tenant."""
    left = list(words)
    when: Since | Days | None = None
    tenant = ""
    kept: list[str] = []
    while left:
        word = left.pop(0)
        name = word.casefold().lstrip("-")
        if name in ("since", "in") and not left:
            raise NotUnderstood(f"Something is missing after “{spelling.said(word)}”. {what(SLACK)}")
        if name == "since":
            when = spelling.since(left.pop(0))
        elif name == "in" and kept:
            tenant, left = " ".join(left), []
        else:
            kept.append(word)
    if not kept:
        raise NotUnderstood(f"Say what to look for. {what(SLACK)}")
    if len(kept) == 1 and _CASE.fullmatch(kept[0]):
        return Pivot(case_id=kept[0].upper(), when=when, tenant=tenant)
    return Pivot((term_of(kept),), when=when, tenant=tenant)


def may(wish: Pivot, asked: Asked, tools: Tools) -> MayHunt:
    """Let responders; from a case, about any account but their own."""
    if wish.case_id:
        case = tools.gate.finished_case(CaseId(wish.case_id), asked)
        asker = tools.gate.asker_about(asked, case)
        if wish.tenant and tenant_named(wish.tenant, asked, tools) != case.tenant:
            raise NotUnderstood(
                "What a case shows is searched for in its own tenant only. Leave “in …” out, or name what to "
                "look for."
            )
        return MayHunt(asker.id, case.tenant, case.id)
    tenant = tenant_named(wish.tenant, asked, tools)
    return MayHunt(tools.gate.asker(asked, tenant).id, tenant)


def do(wish: Pivot, may: MayHunt, asked: Asked, tools: Tools) -> Begun:
    """Begin the hunt."""
    terms = wish.terms
    if wish.case_id:
        case = tools.ledger.case(wish.case_id)
        terms = terms_of(report_store.load(case.report)) if case.report else ()
        if not terms:
            raise NotUnderstood(
                f"The check of case {wish.case_id} shows no address, session or application of an attacker."
            )
    span = spelling.window(wish.when, tools.clock(), tools.usual)
    left_out = max(0, len(terms) - MOST_TERMS)
    return begin(NAME, terms[:MOST_TERMS], span, may, asked=asked, tools=tools, left_out=left_out)


def shows(done: Begun, tools: Tools) -> Answer:
    """Say where the card is."""
    return shown(done, tools)
