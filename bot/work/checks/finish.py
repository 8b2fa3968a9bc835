"""What becomes of what was found, before it is written down: the report and the planned steps, as texts."""

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
from commands.steps import ORDER
from commands.story.access_and_impact import with_exposure
from commands.usual.places import Atlas


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


def finish(
    found: CheckFound,
    guard: Guard,
    is_compromised: Callable[[str], bool],
    case_id: str,
    atlas: Atlas | None = None,
) -> Finished | Failed:
    """Plan for what was found, and make texts of it.

    Args:
        found: What was found.
        guard: Whom no one may touch.
        is_compromised: Says whether an account is compromised by its own latest case.
        case_id: The case, for the log.
        atlas: Where addresses are; the one that the report was made with.

    Raises:
        LedgerError: `is_compromised` cannot read the ledger.
    """
    report = with_exposure(found.report, is_compromised)
    try:
        stored = report_store.dump(report)
        offered = _offered(found, guard, case_id, atlas)
        sources = {source.id: source.state.value for source in report.sources}
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer_run("A check failed: internal error.", "check", case_id)
        return Failed(f"Internal error during this check. Reference: {reference}.", reference)
    return Finished(report.verdict.answer.value, stored, offered, sources, found.answers)


def _offered(found: CheckFound, guard: Guard, case_id: str, atlas: Atlas | None) -> str:
    """Give what the steps plan; a mistake in one of them must not cost the report."""
    try:
        return offer_text(offer(found.evidence, found.report, guard, atlas))
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer("The steps could not be planned.", "steps.not_planned", case=case_id)
        why = f"Internal error: the steps could not be planned. Reference: {reference}."
        return offer_text(Nothing(step, why, refused=True) for step in ORDER)
