"""All accounts of exported logs on a screen: an overview first, details of the grave ones, who else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console

from bot.artefacts.old_records import age_of
from bot.artefacts.overview import first_words
from bot.cli import terminal
from bot.messages import parts
from bot.messages.escape import cut, visible
from commands.analyze.pivot import pivots
from commands.report import Report
from commands.sigma.results import MATCHED, told
from commands.sigma.shapes import NO_RULES

if TYPE_CHECKING:
    from commands.analyze import Analysis

LISTED: Final = 50
"""How many accounts are listed that are neither compromised nor suspicious."""

DETAILED: Final = 5
"""Of how many accounts the whole report is shown."""

_WORDS: Final = 160
_SHARED: Final = 30
_RULES: Final = 40
"""How many rules are named that were not run for one reason; --format json names all."""


def show(analysis: Analysis, *, timeline: bool, tenant_wide: bool) -> None:
    """Print the overview, then whole reports where there is something to report."""
    reports = analysis.users
    if len(reports) > 1:
        _overview(reports)
        typer.echo()
    if tenant_wide:
        _who_else(reports)
        typer.echo()
    if analysis.rules is not NO_RULES:
        _rules(analysis)
        typer.echo()
    grave = [one for one in reports if len(reports) == 1 or one.verdict.answer in parts.DECIDED]
    for report in grave[:DETAILED]:
        terminal.show_report(report, Console(), timeline=timeline)
    if len(grave) > DETAILED:
        typer.echo(
            f"{len(grave) - DETAILED} more of them are compromised or suspicious; "
            "--user shows one of them, --output DIR writes the report of each"
        )


def _overview(reports: Sequence[Report]) -> None:
    counts = Counter(parts.VERDICT[report.verdict.answer][1].lower() for report in reports)
    typer.echo(
        f"{len(reports):,} account{'' if len(reports) == 1 else 's'}: "
        f"{', '.join(f'{count:,} {word}' for word, count in counts.items())}"
    )
    if age := age_of(max(reports, key=lambda one: one.window.end)):
        typer.echo(f"The newest analyzed record is {age}: check each account’s present state first.")
    typer.echo()
    grave = [one for one in reports if one.verdict.answer in parts.DECIDED]
    others = [one for one in reports if one.verdict.answer not in parts.DECIDED]
    # Those of whom there is something to tell come first.
    shown = [*grave, *sorted(others[:], key=lambda one: not one.findings)[:LISTED]]
    wide = max(len(visible(one.subject.user_principal_name)) for one in shown)
    for report in shown:
        word = parts.VERDICT[report.verdict.answer][1]
        name = visible(report.subject.user_principal_name)
        told = cut(visible(first_words(report)), _WORDS)
        typer.echo(f"{word:13} {report.verdict.points:>3}  {name:{wide}}  {told}".rstrip())
    left = len(grave) + len(others) - len(shown)
    if left:
        typer.echo(f"… {left:,} more accounts like these; --format json lists them all")


def _who_else(reports: Sequence[Report]) -> None:
    found = pivots(reports)
    typer.echo("Who else: what the compromised and suspicious accounts show, and the others that show it too")
    if not found:
        typer.echo("  nothing that leads from one account to another")
    for one in found[:_SHARED]:
        whom = parts.few((visible(name) for name in one.accounts), 3)
        others = parts.few((visible(name) for name in one.others), 5)
        also = f"also {others}" if others else "no other account"
        events = f"{one.events:,} event{'' if one.events == 1 else 's'}"
        typer.echo(f"  {one.kind} {cut(visible(one.value), _WORDS)}: {whom}; {also} ({events})")
    if len(found) > _SHARED:
        typer.echo(f"  … {len(found) - _SHARED:,} more; --format json lists them all")
    if found:
        typer.echo("  --output DIR draws it as who_else.png")


def _rules(analysis: Analysis) -> None:
    """Name the rules that matched, and every rule that was not run by the reason."""
    rules = told(analysis.rules, analysis.matches)
    counts = Counter(one.state for one in rules)
    typer.echo(f"Sigma rules: {', '.join(f'{count:,} {state}' for state, count in counts.items())}")
    for one in rules:
        if one.state == MATCHED:
            whom = parts.few((visible(name) for name in one.accounts), 3)
            records = parts.counted(one.records, "record")
            typer.echo(
                f"  {cut(visible(one.title or one.file), _WORDS)} ({visible(one.id)}): {records} of {whom}"
            )
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in rules:
        if one.reason:
            reasons.setdefault((one.state, one.reason), []).append(
                cut(visible(one.title or one.file), _WORDS)
            )
    for (state, reason), names in reasons.items():
        typer.echo(f"  {state}: {parts.few(names, _RULES)}: {visible(reason)}")
