"""The automatic reply: an intruder uses it to answer everybody who asks, or to spread a lure.

Source: Microsoft Graph v1.0, "automaticRepliesSetting resource type"; Exchange PowerShell,
"Set-MailboxAutoReplyConfiguration".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commands.clues.actions import AUDITS, actions, given, graded
from commands.clues.lures import families_in, sent_families
from commands.clues.records import addresses_in, found, listed, one_line, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import Piece, further, sentence, whole
from commands.usual import Usual
from graph.evidence import Evidence

TITLE = "Malicious automatic reply"
SOURCE = "additional indicator"
NEEDS: Final = ("auto_reply",)
HELPS: Final = AUDITS

BY_INTRUDER = weighed("auto_reply_by_intruder")
SCAM = weighed("auto_reply_scam")
ELSEWHERE = weighed("auto_reply_sends_elsewhere")
CHANGED = weighed("auto_reply_set")
SIGNS: Final = (BY_INTRUDER, SCAM, ELSEWHERE, CHANGED)

_LONG: Final = 400
"""Characters of a reply that are told: what is to be paid where stands at its end as often as not."""

_TAGS: Final = re.compile(r"<[^>]+>")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield changes of the reply in the window, and what the reply that stands says."""
    for record in actions(evidence, {"set-mailboxautoreplyconfiguration"}):
        parameters = given(record)
        if parameters.get("autoreplystate", "").casefold() == "disabled":
            continue
        texts = [parameters.get(name, "") for name in ("internalmessage", "externalmessage")]
        plain = _sign(texts, usual) or CHANGED
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain)
        said = one_line(_TAGS.sub(" ", texts[1] or texts[0]), _LONG)
        more = _essentials(texts, parameters.get("externalaudience", ""), usual)
        says = sentence("The automatic reply was set", whence(record, usual), more)
        yield found("auto_reply", sign, says, record, after=said)
    reply = evidence.auto_reply.seen(None)
    if reply is None or reply.status.casefold() in {"", "disabled"}:
        return
    texts = [reply.internal_reply_message, reply.external_reply_message]
    standing = _sign(texts, usual)
    if standing is not None:
        text = one_line(_TAGS.sub(" ", texts[1] or texts[0]), _LONG)
        kinds = _families(texts)
        what = f"matches the lure “{'” and “'.join(kinds)}”" if kinds else "has an external address"
        says = sentence(f"The automatic reply {what}", _essentials(texts, reply.external_audience, usual))
        yield Finding("auto_reply", standing, whole(says), after=text, records=("auto_reply",), pieces=says)


def _essentials(texts: list[str], audience: str, usual: Usual) -> Piece:
    """Say which addresses outside the reply gives, in full, and that everybody outside gets it."""
    given_out = _outside(texts, usual)
    names = f"; it gives the address {listed(given_out)}" if given_out else ""
    everybody = "; everyone outside who writes gets it" if audience.casefold() == "all" else ""
    return further(f"{names}{everybody}")


def _families(texts: list[str]) -> list[str]:
    text = " ".join(_TAGS.sub(" ", one) for one in texts)
    return [family.name for family in families_in(text, sent_families())]


def _sign(texts: list[str], usual: Usual) -> Sign | None:
    if _families(texts):
        return SCAM
    return ELSEWHERE if _outside(texts, usual) else None


def _outside(texts: list[str], usual: Usual) -> list[str]:
    named = (address for text in texts for address in addresses_in(_TAGS.sub(" ", text)))
    return list(dict.fromkeys(address for address in named if usual.is_outside(address)))
