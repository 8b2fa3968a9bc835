"""What becomes of what was found, before it is written down: the report and the planned steps, as texts.

In two parts, for what was collected is needed for planning and not for the report: whoever lets go of it in
between has its memory for the report, and that of a full mailbox is both large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.artefacts import report_store
from bot.failing import refer, refer_run
from bot.work.checks.task import CheckFound
from bot.work.crossing.failed import Failed
from commands.containment.propose import offer
from commands.plans.plan import Nothing, offer_text
from commands.plans.planning_input import Guard
from commands.report import Report
from commands.steps import ORDER
from commands.story.access_and_impact import with_exposure
from commands.usual.places import Atlas


@dataclass(frozen=True, slots=True)
class Planned:
    """A check that was judged and planned for; nothing in it holds what was collected.

    Attributes:
        report: The report.
        offer: What the steps plan, as text.
        answers: What Microsoft answered, as a ZIP; empty where it was not kept.
    """

    report: Report
    offer: str
    answers: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """A check as it is written down.

    Attributes:
        verdict: The answer's code.
        report: The report, as `report_store` writes it.
        offer: What the steps plan, as text.
        sources: How each source ended, by its id.
        answers: What Microsoft answered, as a ZIP; empty where it was not kept.
    """

    verdict: str
    report: bytes
    offer: str
    sources: Mapping[str, str]
    answers: bytes = b""


def plan(found: CheckFound, guard: Guard, case_id: str, atlas: Atlas | None = None) -> Planned:
    """Plan for what was found; a mistake in one of the steps must not cost the report.

    Args:
        found: What was found.
        guard: Whom no one may touch.
        case_id: The case, for the log.
        atlas: Where addresses are; the one that the report was made with.
    """
    try:
        offered = offer_text(offer(found.evidence, found.report, guard, atlas))
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer("The steps could not be planned.", "steps.not_planned", case=case_id)
        why = f"Internal error: the steps could not be planned. Reference: {reference}."
        offered = offer_text(Nothing(step, why, refused=True) for step in ORDER)
    return Planned(found.report, offered, found.answers)


def finish(planned: Planned, is_compromised: Callable[[str], bool], case_id: str) -> Finished | Failed:
    """Write the report of what was judged and planned for.

    Args:
        planned: What was.
        is_compromised: Says whether an account is compromised by its own latest case.
        case_id: The case, for the log.

    Raises:
        LedgerError: `is_compromised` cannot read the ledger.
    """
    report = with_exposure(planned.report, is_compromised)
    try:
        stored = report_store.dump(report)
        sources = {source.id: source.state.value for source in report.sources}
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer_run("A check failed: internal error.", "check", case_id)
        return Failed(f"Internal error during this check. Reference: {reference}.", reference)
    return Finished(report.verdict.answer.value, stored, planned.offer, sources, planned.answers)
