"""The tables of docs/evaluation.md, from the numbers that `make evaluate` wrote beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tables import table

from evaluation.corpus import SCRIPTS
from evaluation.judging import LOGS
from evaluation.scores import TRUTHS, WORDS

NUMBERS = Path(__file__).parent / "evaluation.json"


def measured() -> dict[str, Any]:
    """Give the numbers of the last run."""
    found: dict[str, Any] = json.loads(NUMBERS.read_text(encoding="utf-8"))
    return found


def when() -> str:
    """Say when it was measured, and how much."""
    found = measured()
    cases = found["draws"] * sum(part["scripts"] for part in found["parts"].values())
    return (
        f"\nMeasured on {found['date']}: {cases} cases, {found['draws']} draws of each script; and the first"
        f" draw of each once more in {found['around']} draws of the quiet months.\n"
    )


def confusion() -> str:
    """How many cases got which verdict."""
    rows = []
    for part, numbers in measured()["parts"].items():
        for logs in LOGS:
            counted = numbers[logs]["matrix"]
            for truth in TRUTHS:
                rows.append((part, logs, truth, *(str(counted[truth][word]) for word in WORDS)))
    return table("half | logs | truth | " + " | ".join(word.replace("-", " ") for word in WORDS), rows)


def steadiness() -> str:
    """How steady the verdicts are, where everything is drawn anew and where the quiet months alone are."""
    rows = []
    for part, numbers in measured()["parts"].items():
        for logs in LOGS:
            for what, key in (("the quiet months", "steady_around"), ("everything", "steady")):
                one = numbers[logs][key]
                share = f"{one['same']} of {one['verdicts']} ({one['same'] / one['verdicts']:.1%})"
                rows.append((part, logs, what, share, f"{one['stable']} of {one['scripts']}"))
    return table("half | logs | drawn anew | the script's most frequent verdict | stable scripts", rows)


def confidences() -> str:
    """How often each confidence is right, and what is said of bystanders."""
    rows = []
    for part, numbers in measured()["parts"].items():
        for logs in LOGS:
            one = numbers[logs]
            shares = (f"{right} of {of}" for right, of in one["reliability"].values())
            compromised, suspicious, others = one["bystanders"]
            rows.append((part, logs, *shares, f"{compromised} and {suspicious} of {others}"))
    head = "half | logs | right at high | at medium | at low confidence"
    return table(f"{head} | bystanders called compromised and suspicious", rows)


def scripts() -> str:
    """Every script."""
    rows = [
        (f"`{one.name}`", one.truth.value, "held out" if one.held_out else "development", one.says)
        for one in SCRIPTS
    ]
    return table("script | truth | half | what happens", rows)
