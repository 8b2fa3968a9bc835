"""A report and the progress of a check on a terminal; plain text where the output is not one.

What the tenant wrote goes through `visible`, so it cannot steer the terminal, and is never read as rich's
markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bot.artefacts.report_text import report_text
from bot.messages import names, parts
from bot.messages.escape import cut, visible
from commands.report import Coverage, Finding, Report, Result, SymptomResult, VerdictCode, spoken

if TYPE_CHECKING:
    from commands import check
    from commands.analyze import progress as reading

_COLORS = {
    VerdictCode.COMPROMISED: "red",
    VerdictCode.SUSPICIOUS: "yellow",
    VerdictCode.NO_SIGN_FOUND: "green",
    VerdictCode.CANNOT_TELL: "magenta",
}
_RESULTS = {Result.PRESENT: "bold red", Result.ABSENT: "green", Result.UNKNOWN: "magenta"}
_FINDINGS = 6
_FINDINGS_EACH = 3


class Tell(Protocol):
    """What a check calls after every source that has answered."""

    def __call__(self, progress: check.Progress) -> None:
        """Show how far the check has come."""
        ...


def show_report(report: Report, console: Console, *, timeline: bool = False) -> None:
    """Write a report: drawn on a terminal, as plain text anywhere else.

    Args:
        report: What to write.
        console: Where to.
        timeline: Whether all of the timeline comes at the end.
    """
    if not console.is_terminal:
        console.file.write(report_text(report, timeline=timeline))
        return
    console.print(_head(report))
    named, beyond = parts.split(report)
    console.print(_symptoms("Symptoms", named))
    told = [symptom for symptom in beyond if symptom.result is not Result.ABSENT]
    if told:
        console.print(_symptoms("Additional indicators", told))
    unseen = [source for source in report.sources if source.state is not Coverage.COMPLETE]
    if unseen:
        table = Table("Not collected", "", "Why", "Grant to fix", box=None, pad_edge=False)
        for source in unseen:
            table.add_row(
                spoken(source.id),
                source.state.value,
                Text(visible(source.reason)),
                Text(visible(source.needs)),
            )
        console.print(Padding(table, (1, 0)))
    if timeline:
        for event in report.timeline:
            mark = "*" if event.finding else " "
            line = f"{mark} {parts.utc(event.at)}  {visible(event.what)}"
            console.print(Text(line, style="bold" if event.finding else ""))


@contextmanager
def progress_on(console: Console) -> Iterator[Tell]:
    """Show a bar while a check runs; nothing at all where the console is no terminal."""
    if not console.is_terminal:
        yield _silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Looking", total=None)

        def tell(progress: check.Progress) -> None:
            done = len(progress.sources)
            waiting = parts.few((spoken(source) for source in progress.waiting), 2)
            description = f"Waiting for {waiting}" if waiting else "Judging"
            bar.update(task, completed=done, total=done + len(progress.waiting), description=description)

        yield tell


def _silent(progress: check.Progress) -> None:
    """Show nothing."""


@contextmanager
def reading_on(console: Console) -> Iterator[Callable[[reading.Progress], None] | None]:
    """Show a bar with records and seconds left while files are read; None where nobody watches."""
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[records]:,} records"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[reading.Stage, TaskID] = {}

        def tell(progress: reading.Progress) -> None:
            task = tasks.get(progress.stage)
            if task is None:
                task = tasks[progress.stage] = bar.add_task(progress.stage.value, total=None, records=0)
            done = min(progress.done, progress.total)
            bar.update(task, completed=done, total=progress.total, records=progress.records)

        yield tell


def _head(report: Report) -> RenderableType:
    verdict = report.verdict
    mark, word = parts.VERDICT[verdict.answer]
    color = _COLORS[verdict.answer]
    title = Text(f"{mark} {word}", style=f"bold {color}")
    lines: list[RenderableType] = [Text(names.title(report.subject), style="bold")]
    if known_as := names.display_name(report):
        lines.append(Text(f"Display name {known_as}", style="dim"))
    if verdict.answer in parts.DECIDED:
        lines += [_finding(finding) for finding in verdict.reasons[:_FINDINGS]]
    else:
        lines.append(Text(visible(verdict.says)))
    window = f"{parts.utc(report.window.start)} to {parts.utc(report.window.end)}"
    lines.append(
        Text(f"Confidence {verdict.confidence}, {verdict.points} points; window {window}", style="dim")
    )
    return Panel(Group(*lines), title=title, border_style=color, title_align="left")


def _symptoms(heading: str, symptoms: list[SymptomResult] | tuple[SymptomResult, ...]) -> RenderableType:
    table = Table(heading, "", "", box=None, pad_edge=False, header_style="bold")
    for symptom in symptoms:
        name = spoken(symptom.id)
        if symptom.number is not None:
            name = f"{symptom.number:>2}. {name}"
        shown = [_finding(finding) for finding in parts.some_of_each(symptom.findings)[:_FINDINGS_EACH]]
        left = len(symptom.findings) - len(shown)
        if left:
            shown.append(Text(f"… {left} more", style="dim"))
        if symptom.result is Result.UNKNOWN and not shown:
            shown.append(Text(visible(symptom.reason), style="dim"))
        result = Text(
            f"{parts.RESULT[symptom.result]} {symptom.result.value}", style=_RESULTS[symptom.result]
        )
        table.add_row(Text(name), result, Group(*shown))
    return Padding(table, (1, 0, 0, 0))


def _finding(finding: Finding) -> Text:
    text = Text(f"▸ {finding.severity.word} ", style="bold")
    text.append(cut(visible(finding.summary), 300), style="not bold")
    facts = [parts.utc(finding.at)] if finding.at else []
    if finding.address and finding.address not in finding.summary:
        facts.append(f"from {visible(finding.address)}")
    if facts:
        text.append(f" ({', '.join(facts)})", style="dim not bold")
    return text
