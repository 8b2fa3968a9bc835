"""What the judgements come to: confusion, stability, reliability, and what decided the errors; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How much luck is in the verdicts of the same scripts, drawn again and again.

    Attributes:
        same: How many verdicts are their script's most frequent one. `verdicts`: How many there are.
        stable: How many scripts have one verdict in at least 95 % of their draws. `scripts`: How many there
            are.
    """

    same: int
    verdicts: int
    stable: int
    scripts: int


def stability(judged: Iterable[Judged]) -> Steadiness:
    """Say how steady the verdicts of each script are."""
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for one in judged:
        words[one.script][one.verdict] += 1
    most = {script: max(kinds.values()) for script, kinds in words.items()}
    return Steadiness(
        same=sum(most.values()),
        verdicts=sum(kinds.total() for kinds in words.values()),
        stable=sum(most[script] >= STABLE * kinds.total() for script, kinds in words.items()),
        scripts=len(words),
    )


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


def summary(judged: Sequence[Judged], around: Sequence[Judged]) -> dict[str, object]:
    """Give all numbers for one part of the corpus, by the logs that were given.

    Args:
        judged: Every draw of everything.
        around: One draw of each script, in several draws of the months around it.
    """
    result: dict[str, object] = {}
    for logs in LOGS:
        rows = [one for one in judged if one.logs == logs]
        result[logs] = {
            "matrix": matrix(rows),
            "steady": asdict(stability(rows)),
            "steady_around": asdict(stability(one for one in around if one.logs == logs)),
            "reliability": reliability(rows),
            "bystanders": bystanders(rows),
        }
    return result
