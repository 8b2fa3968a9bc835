"""What is written piece by piece is what pydantic writes at once, and no piece is large."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from bot.artefacts.json_pieces import TOGETHER, pieces
from commands.analyze.folded import Folded
from commands.check import judge
from commands.report import Report
from graph.audit_log.compact import Columns, compact
from graph.evidence import Evidence
from graph.repeated import Repeated
from tests.bot.messages import samples
from tests.commands.evidence import NOON, evidence, message, record, sign_in, traced
from tests.commands.steps import rich

REPORT, EVIDENCE = TypeAdapter(Report), TypeAdapter(Evidence)


@pytest.mark.parametrize(
    "report",
    [samples.rich(), samples.clean(), samples.rich(samples.HOSTILE, each=3)],
    ids=["rich", "clean", "hostile"],
)
def test_a_report_is_written_as_pydantic_writes_it(report):
    assert b"".join(pieces(report)) == REPORT.dump_json(report)
    assert b"".join(pieces(replace(report, timeline=Folded(report.timeline)))) == REPORT.dump_json(report)


@pytest.mark.parametrize("name", rich.NAMES)
def test_evidence_is_written_as_pydantic_writes_it(name):
    seen = rich.named(name).evidence
    assert b"".join(pieces(seen)) == EVIDENCE.dump_json(seen, by_alias=True)


def test_what_is_held_in_little_space_is_written_as_plain_objects():
    plain = replace(record("New-InboxRule", parameters={"Name": "x"}), raw={"Id": "1"})
    assert b"".join(pieces(compact([plain], Repeated()))) == b"".join(pieces([plain]))


def test_half_a_character_becomes_a_question_mark_wherever_it_stands():
    odd = record("New-InboxRule", parameters=Columns({"Na\ud83dme": "\ud83d"}, Repeated()))
    assert b'"parameters":{"Na?me":"?"}' in b"".join(pieces((odd,)))
    assert b'"subject":"?"' in b"".join(pieces((message(subject="\ud83d"),)))


def test_no_piece_of_a_long_timeline_is_large():
    acts = [record("MailItemsAccessed", id=f"r{number}", hours=number / 1_000) for number in range(20_000)]
    found = judge(evidence(audit_log=acts, sign_ins=[sign_in()], message_trace=[traced()]), NOON)
    sizes = [len(piece) for piece in pieces(found)]
    assert sum(sizes) > 4_000_000
    assert max(sizes) < 400 * TOGETHER


def test_what_becomes_of_each_value_is_made_of_one_part_after_the_other():
    made: list[int] = []

    def each(number: int) -> int:
        made.append(number)
        return number + 1

    written = pieces(tuple(range(3 * TOGETHER)), each)
    first = [next(written) for _ in range(2)]
    assert first[1].startswith(b"1,2,")
    assert len(made) == TOGETHER
    assert b"".join(written).endswith(f",{3 * TOGETHER}]".encode())
