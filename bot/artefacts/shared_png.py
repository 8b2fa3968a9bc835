"""What several accounts share, as a picture: things that lead from one account to another, and whom to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.artefacts.paper import Typesetter
from bot.messages import parts
from bot.messages.escape import cut
from commands.analyze.pivot import Pivot, pivots
from commands.report import Report, VerdictCode

THINGS: Final = 14
"""How many things are drawn, those of the most accounts first."""

ACCOUNTS: Final = 20
"""How many accounts are drawn, the compromised and suspicious ones first."""

_LONGEST: Final = 96
_VALUE: Final = 50
_SCALE: Final = 2


def shared_png(reports: Sequence[Report]) -> bytes | None:
    """Draw what the grave accounts show and who shows it too, as PNG; None where nothing leads anywhere."""
    data = shared_data(reports)
    return Typesetter("shared", _LONGEST).png(data, _SCALE) if data else None


def shared_data(reports: Sequence[Report]) -> dict[str, Any] | None:
    """Give the data of the picture, as its template reads them."""
    found = pivots(reports)
    if not found:
        return None
    words = {report.subject.user_principal_name: _word(report) for report in reports}
    drawn = found[:THINGS]
    grave = {name for one in drawn for name in one.accounts}
    every = {name for one in drawn for name in (*one.accounts, *one.others)}
    names = sorted(every, key=lambda name: (name not in grave, name))
    places = {name: place for place, name in enumerate(names[:ACCOUNTS])}
    return {
        "kind": "What the compromised and suspicious accounts show, and the other accounts that show it too",
        "things": [_thing(one, places) for one in drawn],
        "accounts": [{"name": name, "word": words.get(name, ""), "grave": name in grave} for name in places],
        "further": _further(len(found) - len(drawn), len(names) - len(places)),
    }


def _word(report: Report) -> str:
    if report.verdict.answer is VerdictCode.NO_SIGN_FOUND:
        return "to be checked"
    return parts.VERDICT[report.verdict.answer][1]


def _thing(one: Pivot, places: dict[str, int]) -> dict[str, Any]:
    of = [places[name] for name in (*one.accounts, *one.others) if name in places]
    return {"what": one.kind, "value": cut(one.value, _VALUE), "of": of}


def _further(things: int, accounts: int) -> str:
    left = [parts.counted(things, "more thing")] if things else []
    left += [parts.counted(accounts, "more account")] if accounts else []
    return f"{' and '.join(left)} in overview.html" if left else ""
