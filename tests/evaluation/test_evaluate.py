"""A small sample of `make evaluate`, and what its numbers mean."""

import json

import pytest

from evaluation.__main__ import main, told
from evaluation.judging import ALONE, BOTH, Judged
from evaluation.scores import Steadiness, faults, matrix, reliability, right, stability


def judged(script: str, truth: str, verdict: str, **more) -> Judged:
    fields = {
        "script": script,
        "truth": truth,
        "held_out": False,
        "draw": 0,
        "logs": BOTH,
        "verdict": verdict,
        "points": 0,
        "confidence": "medium",
        "signs": (),
        "bystanders": (0, 0),
        "others": 8,
    }
    return Judged(**{**fields, **more})


@pytest.mark.parametrize(
    ("truth", "verdict", "good"),
    [
        ("attack", "compromised", True),
        ("attack", "suspicious", True),
        ("attack", "cannot-tell", False),
        ("attack", "absent", False),
        ("look-alike", "compromised", False),
        ("look-alike", "suspicious", False),
        ("look-alike", "no-sign-found", True),
        ("look-alike", "cannot-tell", True),
    ],
)
def test_an_attack_is_to_be_found_and_a_look_alike_to_be_left_alone(truth, verdict, good):
    assert right(judged("x", truth, verdict)) is good


def test_the_matrix_counts_cases_by_truth_and_word():
    counted = matrix([judged("a", "attack", "compromised"), judged("b", "look-alike", "suspicious")])
    assert counted["attack"]["compromised"] == 1
    assert counted["look-alike"]["suspicious"] == 1
    assert sum(sum(row.values()) for row in counted.values()) == 2


def test_a_script_is_stable_when_all_but_a_twentieth_of_its_draws_agree():
    rows = [judged("a", "attack", "compromised", draw=n) for n in range(19)]
    other = judged("a", "attack", "suspicious", draw=19)
    assert stability([*rows, other]) == Steadiness(same=19, verdicts=20, stable=1, scripts=1)
    assert stability([*rows[:9], other]) == Steadiness(same=9, verdicts=10, stable=0, scripts=1)


def test_reliability_is_the_share_of_right_judgements_at_each_confidence():
    rows = [judged("a", "attack", "compromised"), judged("b", "look-alike", "compromised")]
    assert reliability(rows)["medium"] == (1, 2)
    assert reliability(rows)["high"] == (0, 0)


def test_an_error_names_the_signs_behind_it():
    rows = [
        judged("a", "look-alike", "compromised", signs=("forwarding_outside (high)",), points=9),
        judged("a", "look-alike", "cannot-tell", draw=1),
    ]
    (fault,) = faults(rows)
    assert fault.verdicts == {"compromised": 1, "cannot-tell": 1}
    assert fault.signs == (("forwarding_outside (high)", 1),)
    assert fault.points == (9, 9)


def test_the_errors_of_the_held_out_half_are_named_only_when_asked_for():
    rows = [judged("secret-script", "look-alike", "compromised", held_out=True)]
    assert "secret-script" not in "\n".join(told(rows, [], errors_of_held_out=False))
    assert "secret-script" in "\n".join(told(rows, [], errors_of_held_out=True))


@pytest.mark.slow
def test_a_sample_is_judged_from_files_as_analyze_would(tmp_path, capsys):
    output = tmp_path / "numbers.json"
    words = ["--script", "aitm-hosting", "--script", "blocked-consent", "--draws", "1", "--processes", "1"]
    words += ["--around", "2"]
    assert main([*words, "--output", str(output), "--keep", str(tmp_path / "logs")]) == 0
    assert len(list((tmp_path / "logs").glob("*.jsonl"))) == 8
    numbers = json.loads(output.read_text())
    for logs in (BOTH, ALONE):
        counted = numbers["parts"]["development"][logs]["matrix"]
        assert counted["attack"]["compromised"] + counted["attack"]["suspicious"] == 1
        assert counted["look-alike"]["compromised"] == 0
        steady = numbers["parts"]["development"][logs]
        assert (steady["steady"]["verdicts"], steady["steady_around"]["verdicts"]) == (2, 4)
    assert "with sign-ins" in capsys.readouterr().out
