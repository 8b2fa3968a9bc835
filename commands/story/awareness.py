"""When the organization could first have known: what Microsoft raised since the attacker was in. Pure.

Whether anybody read it, and whether that made the organization aware, is a fact for people to check.
Source: EDPB, "Guidelines 9/2022 on personal data breach notification" (a controller is aware
with a reasonable degree of certainty that a security incident has compromised personal data).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.clues.alerts import alerts_of, risk_in_words
from commands.clues.records import one_line
from commands.report import Clause
from commands.usual.sign_ins import SETTLED
from graph.evidence import Evidence


def first_alert(evidence: Evidence, since: datetime | None) -> Iterator[Clause]:
    """Give the first alert, risk detection or block of sending since the attacker was in; one at most.

    Args:
        evidence: Everything that was seen.
        since: When the attacker was first in; None where nothing tells.
    """
    begins = since or evidence.window.start
    raised = [one for one in _raised(evidence) if one.at and one.at >= begins and one.at in evidence.window]
    if raised:
        yield min(raised, key=lambda one: (one.at or begins, one.says))


def _raised(evidence: Evidence) -> Iterator[Clause]:
    for alert in alerts_of(evidence):
        yield Clause(f"the alert “{one_line(alert.name, 200)}”", alert.record.at, records=alert.records)
    for risk in evidence.risk_detections.seen(()):
        at = risk.detected_date_time or risk.activity_date_time
        if risk.risk_state.casefold() not in SETTLED:
            yield Clause(
                f"the risk detection “{risk_in_words(risk.risk_event_type)}”", at, records=(risk.id,)
            )
    for block in evidence.blocked_senders.seen(()):
        record = f"blocked sender {block.sender_address}"
        yield Clause("the block of sending", block.created_datetime, records=(record,))
