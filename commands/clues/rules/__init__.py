"""The rules of a mailbox, each once, wherever it was seen.

Rules are seen as Graph shows them, as Exchange shows them (hidden ones too), as sweep rules, and in the audit
records of those who made or changed them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from commands.clues.rules.listed import from_sweep, hidden_rules, paired, visible
from commands.clues.rules.recorded import recorded_rules
from commands.clues.rules.rule import Rule, name_key
from commands.usual.folders import by_id
from graph.evidence import Evidence


def rules_of(evidence: Evidence) -> tuple[Rule, ...]:
    """Every rule once: those in the mailbox with the records that made them, then those only in records."""
    folders = by_id(evidence.mail_folders.seen(()))
    pairs, others = paired(evidence)
    live = [visible(rule, twin, folders) for rule, twin in pairs]
    live += hidden_rules(evidence, others, folders)
    live += [from_sweep(rule, folders) for rule in evidence.sweep_rules.seen(())]
    recorded = recorded_rules(evidence)
    joined: list[Rule] = []
    used: set[str] = set()
    for rule in live:
        match = _maker(rule, recorded)
        if match is None:
            joined.append(rule)
        else:
            used.update(match.ids)
            joined.append(replace(rule, ids=(*rule.ids, *match.ids), record=match.record))
    return (*joined, *(rule for rule in recorded if not used.issuperset(rule.ids)))


def _maker(rule: Rule, recorded: Sequence[Rule]) -> Rule | None:
    """The recorded rule that a live one is: the same name, else (desktop Outlook) the same destinations."""
    if rule.name is not None:
        wanted = name_key(rule.name)
        for other in recorded:
            if other.name is not None and name_key(other.name) == wanted and not other.gone:
                return other
    for other in recorded:
        nameless = other.name is None and not other.gone
        if nameless and other.destinations and set(other.destinations) == set(rule.destinations):
            return other
    return None
