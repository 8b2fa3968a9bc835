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
    makers = _Makers(recorded)
    joined: list[Rule] = []
    used: set[str] = set()
    for rule in live:
        match = makers.of(rule)
        if match is None:
            joined.append(rule)
        else:
            used.update(match.ids)
            joined.append(replace(rule, ids=(*rule.ids, *match.ids), record=match.record))
    return (*joined, *(rule for rule in recorded if not used.issuperset(rule.ids)))


class _Makers:
    """Finds the recorded rule that a live one is, among as many as somebody cared to make.

    Args:
        recorded: The rules that records tell of.
    """

    def __init__(self, recorded: Sequence[Rule]) -> None:
        self._named: dict[str, Rule] = {}
        self._nameless: dict[frozenset[str], Rule] = {}
        for one in recorded:
            if one.gone:
                continue
            if one.name is not None:
                self._named.setdefault(name_key(one.name), one)
            elif one.destinations:
                self._nameless.setdefault(frozenset(one.destinations), one)

    def of(self, rule: Rule) -> Rule | None:
        """Give that with the same name, else (desktop Outlook) that with the same destinations."""
        named = self._named.get(name_key(rule.name)) if rule.name is not None else None
        return named or self._nameless.get(frozenset(rule.destinations))
