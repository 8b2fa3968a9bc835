"""What the judgements come to: confusion, stability, reliability, and what decided the errors; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.judging import LOGS, Judged

WORDS: Final = ("compromised", "suspicious", "no-sign-found", "cannot-tell", "absent")
TRUTHS: Final = ("attack", "look-alike")
STABLE: Final = 0.95
"""Share of draws with the same verdict from which a script counts as stable."""


def found(one: Judged) -> bool:
    """Say whether an account was called compromised or suspicious."""
    return one.verdict in {"compromised", "suspicious"}


def right(one: Judged) -> bool:
    """Say whether a judgement is right: an attack found, a look-alike left alone."""
    return found(one) == (one.truth == "attack")


def matrix(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    """Give how many cases of each truth got which verdict word."""
    counted = Counter((one.truth, one.verdict) for one in judged)
    return {truth: {word: counted[truth, word] for word in WORDS} for truth in TRUTHS}


def stability(judged: Iterable[Judged]) -> tuple[int, int]:
    """Give how many scripts have one verdict in at least 95 % of their draws, and how many there are."""
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for one in judged:
        words[one.script][one.verdict] += 1
    stable = sum(max(kinds.values()) >= STABLE * kinds.total() for kinds in words.values())
    return stable, len(words)


def reliability(judged: Iterable[Judged]) -> dict[str, tuple[int, int]]:
    """Give for each confidence how many judgements were right, of how many."""
    rows: dict[str, list[bool]] = {"high": [], "medium": [], "low": []}
    for one in judged:
        rows[one.confidence].append(right(one))
    return {level: (sum(row), len(row)) for level, row in rows.items()}


def bystanders(judged: Iterable[Judged]) -> tuple[int, int, int]:
    """Give how many uninvolved people were called compromised, how many suspicious, of how many."""
    rows = list(judged)
    return (
        sum(one.bystanders[0] for one in rows),
        sum(one.bystanders[1] for one in rows),
        sum(one.others for one in rows),
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """One script that was judged wrongly in some draws.

    Attributes:
        script: Its name. `logs`: Which logs were given. `truth`: What it is.
        verdicts: How often which verdict was given.
        signs: The signs that stood behind the wrong verdicts, the commonest first, with how often.
        points: The points of the wrong verdicts, least and most.
    """

    script: str
    logs: str
    truth: str
    verdicts: dict[str, int]
    signs: tuple[tuple[str, int], ...]
    points: tuple[int, int]


def faults(judged: Sequence[Judged]) -> list[Fault]:
    """Give every script with a wrong verdict, and what decided it."""
    result = []
    for logs in LOGS:
        for name in sorted({one.script for one in judged}):
            rows = [one for one in judged if one.script == name and one.logs == logs]
            wrong = [one for one in rows if not right(one)]
            if not wrong:
                continue
            signs = Counter(sign for one in wrong for sign in one.signs)
            points = [one.points for one in wrong]
            result.append(
                Fault(
                    name,
                    logs,
                    wrong[0].truth,
                    dict(Counter(one.verdict for one in rows).most_common()),
                    tuple(signs.most_common(6)),
                    (min(points), max(points)),
                )
            )
    return result


def summary(judged: Sequence[Judged]) -> dict[str, object]:
    """Give all numbers for one part of the corpus, by the logs that were given."""
    result: dict[str, object] = {}
    for logs in LOGS:
        rows = [one for one in judged if one.logs == logs]
        result[logs] = {
            "matrix": matrix(rows),
            "stable": stability(rows),
            "reliability": reliability(rows),
            "bystanders": bystanders(rows),
        }
    return result
