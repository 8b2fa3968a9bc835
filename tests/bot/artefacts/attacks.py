"""Reports and what was done about them, with an attack of its own in every text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from enum import Enum
from typing import Any

from bot.artefacts.handled import Handled
from commands.ledger import Head
from commands.plans.plan import Change
from commands.report import Report
from tests.bot.messages import samples

HEAD = Head(42, "ab" * 32)


def handled(texts: tuple[str, ...] = samples.WORDS) -> Handled:
    return Handled("C-7F3K2", tuple(samples.decided(texts)), samples.task_states(texts), HEAD)


def planted(value: Any, plant: Callable[[str], str], path: str = "") -> Any:
    """The same value with every text in it replaced, at any depth; enumerations and the plan's acts stay."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return plant(path) if value else ""  # an empty one has no place on the page
    if isinstance(value, tuple):
        return tuple(planted(one, plant, f"{path}[{n}]") for n, one in enumerate(value))
    if isinstance(value, frozenset):
        return frozenset(planted(one, plant, path) for one in value)
    if isinstance(value, Change):
        texts = {name: planted(getattr(value, name), plant, f"{path}.{name}") for name in ("says", "why")}
        return dataclasses.replace(value, **texts, no_undo=plant(f"{path}.no_undo") if value.no_undo else "")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value,
            **{
                field.name: planted(getattr(value, field.name), plant, f"{path}.{field.name}")
                for field in dataclasses.fields(value)
                if field.init
            },
        )
    return value


SHOWN = {
    "report": {
        ".subject.user_principal_name",
        ".subject.mail",
        ".subject.display_name",
        ".subject.addresses",
        ".verdict.says",
        ".verdict.confidence",
        ".verdict.reasons.summary",
        ".verdict.reasons.sign.why",
        ".symptoms.title",
        ".symptoms.source",
        ".symptoms.findings.summary",
        ".symptoms.findings.by",
        ".symptoms.findings.address",
        ".symptoms.findings.before",
        ".symptoms.findings.after",
        ".symptoms.findings.records",
        ".sources.reason",
        ".sources.needs",
        ".timeline.what",
        ".timeline.by",
        ".timeline.address",
        ".timeline.record",
    },
    "handled": {
        ".case_id",
        ".proposals.id",
        ".proposals.digest",
        ".proposals.proposed_by",
        ".proposals.proposer",
        ".proposals.reason",
        ".proposals.decided_by",
        ".proposals.note",
        ".proposals.votes.voter",
        ".proposals.votes.addresses",
        ".proposals.votes.says",
        ".proposals.plan.subject",
        ".proposals.plan.tenant",
        ".proposals.plan.changes.says",
        ".proposals.plan.changes.why",
        ".proposals.plan.changes.no_undo",
        ".proposals.actions.says",
        ".proposals.actions.request_id",
        ".tasks.says",
        ".tasks.how",
        ".tasks.done_by",
        ".tasks.note",
        ".head.hash",
    },
}
"""Every text that stands on the page, by where it comes from."""

CUT = {
    ".exposure.files",
    ".exposure.mailboxes.folders",
    ".exposure.forwards.says",
    ".exposure.applications.says",
    ".story.origin.says",
    ".story.still_open.says",
    # Ids of ours, of which letters, digits and hyphens alone are told.
    ".sources.id",
    ".timeline.source",
}
"""Texts that the summary cuts short; the story and the tables have them whole."""

ATTACK = (
    "\"'><script>document.title='{0}'</script><img src=//evil.example/{0} onerror=alert(2)>"
    "<a href=javascript:alert(3)>x</a><base href=//evil.example/><svg onload=alert(4)>&lt;b&gt;&#60;i&#62;"
    "{{{{7*7}}}}{{% raw %}}${{x}}<!--</style></title></td></table>--><meta http-equiv=refresh content=0>{0}"
)


def attacked(name: str, value: Any, attack: str = ATTACK) -> tuple[Any, dict[str, str]]:
    """The value with an attack of its own in every text, and each attack's place by its mark."""
    marks: dict[str, str] = {}

    def plant(path: str) -> str:
        mark = f"mark{len(marks)}{name}"
        marks[mark] = re.sub(r"\[\d+\]", "", path)
        return attack.format(mark)

    return planted(value, plant), marks


def voted() -> Handled:
    """Proposals whose every text is there to be replaced, with outcomes that point at their changes."""
    whole = handled()
    vote = dataclasses.replace(samples.vote(), addresses=frozenset({"megan@contoso.example"}), says="fine")
    return dataclasses.replace(
        whole,
        proposals=tuple(dataclasses.replace(one, votes=(vote,)) for one in whole.proposals),
    )


def keyed(whole: Handled, plain: Handled) -> Handled:
    """Attacked proposals whose actions still name their changes, and tasks that still name their steps."""
    return dataclasses.replace(
        whole,
        tasks=tuple(
            dataclasses.replace(one, id=was.id) for one, was in zip(whole.tasks, plain.tasks, strict=True)
        ),
        proposals=tuple(
            dataclasses.replace(
                one,
                actions=tuple(
                    dataclasses.replace(action, change=before.change)
                    for action, before in zip(one.actions, was.actions, strict=True)
                ),
            )
            for one, was in zip(whole.proposals, plain.proposals, strict=True)
        ),
    )


def findings_with_values(report: Report) -> Report:
    """Findings with an old and a new value, and no two reasons alike."""
    return dataclasses.replace(
        report,
        sources=tuple(
            dataclasses.replace(one, reason=one.reason and f"{one.id}: {one.reason}")
            for one in report.sources
        ),
        symptoms=tuple(
            dataclasses.replace(
                one,
                findings=tuple(dataclasses.replace(f, before="old", after="new") for f in one.findings),
            )
            for one in report.symptoms
        ),
    )
