"""Lets the product judge a case, as `compromise analyze` would, with sign-ins and on the audit log alone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from commands.analyze import analyze
from evaluation.corpus import make, script_named

NOW: Final = datetime(2026, 11, 29, tzinfo=UTC)
BOTH: Final = "with sign-ins"
ALONE: Final = "audit log alone"
LOGS: Final = (BOTH, ALONE)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the product says about one case.

    Attributes:
        script: The script's name. `truth`: What the case is. `held_out`: Whether it is for testing only.
        draw: The draw's number. `around`: That of the quiet months. `logs`: Which logs were given.
        verdict: The verdict word, or ``absent`` where the product says nothing about the subject.
        points: Its points. `confidence`: Its confidence.
        signs: The signs that decide it, the gravest first, each as ``sign (severity)``.
        bystanders: How many other people it calls compromised, and how many suspicious.
        others: How many other people there are.
    """

    script: str
    truth: str
    held_out: bool
    draw: int
    logs: str
    verdict: str
    points: int
    confidence: str
    signs: tuple[str, ...]
    bystanders: tuple[int, int]
    others: int
    around: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return asdict(self)


def judge(
    name: str, draw: int, around: int = 0, *, logs: Iterable[str] = LOGS, keep: Path | None = None
) -> list[Judged]:
    """Make a case and let the product judge it.

    Args:
        name: The script's name.
        draw: The number of the draw.
        around: The number of the quiet months' draw.
        logs: Which logs are given, one judgement for each.
        keep: A folder to leave the files in; None for none.
    """
    script = script_named(name)
    case = make(script, draw, around)
    audit, sign_ins = case.scribe.sorted_logs()
    found = []
    with tempfile.TemporaryDirectory(prefix="evaluation-") as folder:
        place = keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        number = f"{name}-{draw}.{around}" if around else f"{name}-{draw}"
        files = [place / f"{number}.audit.jsonl", place / f"{number}.sign-ins.jsonl"]
        for path, records in zip(files, (audit, sign_ins), strict=True):
            path.write_text(
                "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8"
            )
        for which in logs:
            users = analyze(files if which == BOTH else files[:1], user=None, now=NOW, processes=1).users
            by_name = {one.subject.user_principal_name.casefold(): one for one in users}
            mine = by_name.get(case.victim.upn.casefold())
            words = [
                by_name[one.upn.casefold()].verdict.answer.value
                for one in case.firm.people
                if one.upn not in case.involved and one.upn.casefold() in by_name
            ]
            found.append(
                Judged(
                    script=name,
                    truth=script.truth.value,
                    held_out=script.held_out,
                    draw=draw,
                    logs=which,
                    verdict=mine.verdict.answer.value if mine else "absent",
                    points=mine.verdict.points if mine else 0,
                    confidence=mine.verdict.confidence if mine else "low",
                    signs=tuple(f"{one.sign.id} ({one.severity.word})" for one in mine.verdict.reasons)
                    if mine
                    else (),
                    bystanders=(words.count("compromised"), words.count("suspicious")),
                    others=len(words),
                    around=around,
                )
            )
    return found
