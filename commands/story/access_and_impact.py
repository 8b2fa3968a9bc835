"""Two questions beside the verdict: was somebody else in, and what was done; and the account's part in it.

The part (`Role`) tells an account that somebody took over from one that was merely exposed: rights on a
mailbox that another account gave away are no way in that was used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from commands import facts
from commands.report import Access, Finding, Impact, Owner, Report, Role, Service, VerdictCode
from graph.question import Subject

GOT_IN: Final = frozenset(
    {"guessing_tool_got_in", "spray_source_got_in", "prompts_then_success", "risk_high"}
)
"""Signs that a stranger certainly got in."""

TRIED: Final = frozenset(
    {
        "many_failures", "sprayed", "many_sources_failed", "guessing_tool_failed", "locked_out",
        "enumeration_tool_failed", "codes_guessed", "stopped_after_password", "disabled_account_tried",
    }
)  # fmt: skip
"""Signs that a stranger tried."""

_ON_OTHERS: Final = frozenset({"account_changes", "federation", "protection_policies", "transport_rules"})
_ON_OTHERS_BY_SIGN: Final = frozenset(
    {
        "access_to_others", "forwarding_of_others", "forwarding_of_others_from_suspect_address",
        "everybodys_mail_exported", "journal_rule_changed", "mail_connector_changed", "consent_for_all",
    }
)  # fmt: skip


def kind_of(finding: Finding) -> str:
    """What a finding amounts to: ``access``, or one of `Impact`'s values."""
    row = facts.questions().get(finding.symptom)
    return row.impact if row else "access"


def access_of(answer: VerdictCode, carried: Sequence[Finding]) -> Access:
    """Say whether somebody else was in; certain only where the account is therefore compromised.

    Whoever is certain that a stranger was in cannot leave open whether the account was taken over.

    Records of the directory alone make nothing certain. One that names the user as initiator, with an address
    and a client, shows that a request came with a token of the user's: somebody held a session. That it was
    somebody else follows from the client alone, whose name whoever sends the request writes, and axios, which
    phishing kits use, is a general library that the user's own programs may use as well. Nothing in such a
    record tells of the mailbox. Source: Microsoft Graph v1.0, "directoryAudit resource type", `initiatedBy`
    and `additionalDetails`.
    """
    own = [finding for finding in carried if finding.owner is not None]
    strange = [finding for finding in own if finding.owner is Owner.STRANGER]
    telling = (one for one in strange if one.seen_in is not Service.DIRECTORY)
    certain = any(finding.certain for finding in telling) or any(one.sign.id in GOT_IN for one in carried)
    compromised = answer is VerdictCode.COMPROMISED
    doubtful = any(finding.owner is Owner.DOUBTFUL for finding in own)
    if certain and compromised:
        return Access.CERTAIN
    if strange or certain or (doubtful and compromised):
        return Access.LIKELY
    accused = answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)
    return Access.POSSIBLE if doubtful or (accused and any(map(is_deed, carried))) else Access.NONE


def impact_of(carried: Sequence[Finding]) -> tuple[Impact, ...]:
    """Say what was done, in the order of `Impact`."""
    kinds = {kind_of(finding) for finding in carried}
    return tuple(one for one in Impact if one.value in kinds)


def only_by_others(carried: Sequence[Finding], subject: Subject | None) -> bool:
    """Say whether everything that weighs was done to the account by other accounts."""
    if subject is None or not carried:
        return False
    return all(one.by and not subject.is_meant_by(one.by) and is_deed(one) for one in carried)


def role_of(
    answer: VerdictCode,
    access: Access,
    carried: Sequence[Finding],
    findings: Sequence[Finding],
    *,
    others: bool,
) -> Role:
    """Say what part the account had; `others`: everything that weighs was done by other accounts."""
    accused = answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)
    if others and access is not Access.CERTAIN:
        return Role.EXPOSED if accused or impact_of(carried) else Role.UNKNOWN
    if answer is VerdictCode.COMPROMISED or access in (Access.CERTAIN, Access.LIKELY):
        return Role.TAKEN_OVER
    if accused and any(one.symptom in _ON_OTHERS or one.sign.id in _ON_OTHERS_BY_SIGN for one in carried):
        return Role.USED
    if access is Access.NONE and any(finding.sign.id in TRIED for finding in findings):
        return Role.ATTACKED
    return Role.CLEAN if answer is VerdictCode.NO_SIGN_FOUND else Role.UNKNOWN


def exposed(report: Report, by: str) -> Report:
    """Give the report of an account that a compromised one changed, where nothing graver is known of it."""
    if report.verdict.role not in (Role.UNKNOWN, Role.CLEAN, Role.ATTACKED):
        return report
    why = f"The account is exposed: {by}, which is compromised, changed its settings or rights."
    says = f"{report.verdict.says} {why}"
    return replace(report, verdict=replace(report.verdict, role=Role.EXPOSED, says=says))


def with_exposure(report: Report, is_compromised: Callable[[str], bool]) -> Report:
    """Give the report of one account again, exposed where an account known as compromised changed it.

    Args:
        report: What was found on it.
        is_compromised: Says of an account's name whether it is known as compromised, from its own case.
    """
    others = (one.by for one in report.findings if is_deed(one) and not report.subject.is_meant_by(one.by))
    by = next((name for name in dict.fromkeys(others) if "@" in name and is_compromised(name)), "")
    return exposed(report, by) if by else report


def with_created(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Give the reports again: an account that a taken-over one made is the attacker's, whatever it did."""
    makers = {
        finding.after.casefold(): report.subject.user_principal_name
        for report in reports
        if report.verdict.answer is VerdictCode.COMPROMISED
        for finding in report.findings
        if finding.sign.id == "account_made_by_intruder" and finding.after
    }
    return tuple(_created(report, makers) for report in reports)


def _created(report: Report, makers: Mapping[str, str]) -> Report:
    maker = next((by for name, by in makers.items() if report.subject.is_meant_by(name)), "")
    if not maker:
        return report
    says = f"This account is compromised: it was created from {maker}, which is compromised."
    confidence = "medium" if report.verdict.confidence == "low" else report.verdict.confidence
    judged = replace(
        report.verdict,
        answer=VerdictCode.COMPROMISED,
        confidence=confidence,
        says=says,
        access=Access.CERTAIN,
        role=Role.CREATED,
    )
    return replace(report, verdict=judged)


def is_deed(finding: Finding) -> bool:
    """Say whether a finding tells of something done, and not of how somebody got in."""
    return kind_of(finding) != "access"
